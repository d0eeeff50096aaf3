//! `tests/transcripts`, read once: accounts, payments, refunds, and messages to begin with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use causeway_shared::card::CardPlain;
use causeway_shared::channel::{
    Account, CaptureMode, ChannelId, Credentials, Flow, Fresh, Method, Payment, RefundOrder,
    Shopper,
};
use causeway_shared::id::{AccountId, AttemptId, Mode, OrderId, Reference, RefundId};
use causeway_shared::money::Money;
use causeway_shared::time::UnixTime;
use serde::Deserialize;

/// One exchange that was recorded; `shared/tests/transcripts.rs` says what each field is.
#[derive(Deserialize)]
pub(crate) struct Transcript {
    #[serde(skip)]
    pub name: String,
    pub base: String,
    pub account: AccountIs,
    pub now: UnixTime,
    pub nonce: String,
    pub payment: PaymentIs,
    pub refund: Option<RefundIs>,
    pub operation: Operation,
    pub amount: Option<Money>,
    pub notice: Option<RequestIs>,
    pub exchanges: Vec<Exchange>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Create,
    Query,
    Capture,
    Close,
    Refund,
    QueryRefund,
    ReadNotice,
}

#[derive(Deserialize)]
pub(crate) struct AccountIs {
    pub id: AccountId,
    pub channel: ChannelId,
    pub mode: Mode,
    pub credentials: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct PaymentIs {
    pub order: OrderId,
    pub attempt: AttemptId,
    pub number: u8,
    pub amount: Money,
    pub method: Method,
    pub flow: Flow,
    pub description: String,
    pub created_at: UnixTime,
    pub expires_at: UnixTime,
    #[serde(default)]
    pub capture: CaptureMode,
    pub notice_url: String,
    pub return_url: String,
    #[serde(default)]
    pub shopper: ShopperIs,
    pub channel_number: Option<String>,
    pub card: Option<CardIs>,
}

#[derive(Default, Deserialize)]
pub(crate) struct ShopperIs {
    pub email: Option<String>,
    pub ip: Option<String>,
    pub locale: Option<String>,
    pub openid: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct CardIs {
    pub number: String,
    pub expiry_month: u8,
    pub expiry_year: u16,
    pub cvc: String,
    pub holder: String,
}

#[derive(Deserialize)]
pub(crate) struct RefundIs {
    pub refund: RefundId,
    pub amount: Money,
    pub captured: Money,
    pub reason: Option<String>,
    pub channel_number: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Exchange {
    pub answer: AnswerIs,
}

#[derive(Deserialize)]
pub(crate) struct RequestIs {
    pub url: String,
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
}

#[derive(Deserialize)]
pub(crate) struct AnswerIs {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub body: String,
}

impl Transcript {
    /// The account that it is about.
    pub fn account(&self) -> Account {
        Account {
            id: self.account.id.clone(),
            channel: self.account.channel,
            mode: self.account.mode,
            credentials: Credentials::new(self.account.credentials.clone()),
        }
    }

    /// Its time and randomness.
    pub fn fresh(&self) -> Fresh {
        Fresh {
            now: self.now,
            nonce: self.nonce.clone(),
        }
    }

    /// Its payment, handed to `then`.
    pub fn with_payment<T>(&self, account: &Account, then: impl FnOnce(&Payment<'_>) -> T) -> T {
        let is = &self.payment;
        let reference = Reference::make(&is.order, is.number).unwrap();
        let card = is.card.as_ref().map(|card| CardPlain {
            number: card.number.clone(),
            expiry_month: card.expiry_month,
            expiry_year: card.expiry_year,
            cvc: card.cvc.clone(),
            holder: card.holder.clone(),
        });
        then(&Payment {
            account,
            order: &is.order,
            attempt: &is.attempt,
            reference: &reference,
            amount: is.amount,
            method: is.method,
            flow: is.flow,
            description: &is.description,
            expires_at: is.expires_at,
            created_at: is.created_at,
            capture: is.capture,
            notice_url: &is.notice_url,
            return_url: &is.return_url,
            shopper: Shopper {
                email: is.shopper.email.as_deref(),
                ip: is.shopper.ip.as_deref(),
                locale: is.shopper.locale.as_deref(),
                openid: is.shopper.openid.as_deref(),
            },
            channel_number: is.channel_number.as_deref(),
            refused_captures: 0,
            card: card.as_ref(),
        })
    }

    /// Its refund, if it has one.
    pub fn refund(&self) -> Option<RefundOrder<'_>> {
        self.refund.as_ref().map(|refund| RefundOrder {
            refund: &refund.refund,
            amount: refund.amount,
            captured: refund.captured,
            reason: refund.reason.as_deref(),
            channel_number: refund.channel_number.as_deref(),
        })
    }
}

/// Those of a folder of `tests/transcripts`: notices, or all else.
pub(crate) fn of(folder: &str, notices: bool) -> Vec<&'static Transcript> {
    let prefix = format!("{folder}/");
    let fits = |one: &&Transcript| {
        one.name.starts_with(&prefix) && (one.operation == Operation::ReadNotice) == notices
    };
    let found: Vec<_> = all().iter().filter(fits).collect();
    assert!(!found.is_empty(), "{folder} has transcripts");
    found
}

/// The one of this name, or some one for any other name.
pub(crate) fn named<'a>(name: &[u8], all: &[&'a Transcript]) -> &'a Transcript {
    let is_named = |one: &&&Transcript| one.name.as_bytes() == name;
    let sum = || name.iter().fold(0, |sum: usize, b| sum + usize::from(*b));
    all.iter()
        .find(is_named)
        .copied()
        .unwrap_or_else(|| all[sum() % all.len()])
}

fn all() -> &'static [Transcript] {
    static ALL: OnceLock<Vec<Transcript>> = OnceLock::new();
    ALL.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../transcripts");
        let mut found: Vec<_> = list(&root).iter().flat_map(|f| list(f)).collect();
        found.sort();
        found.iter().map(|path| read(path)).collect()
    })
}

fn read(path: &Path) -> Transcript {
    let text = std::fs::read_to_string(path).unwrap();
    let mut transcript: Transcript = serde_json::from_str(&text).unwrap();
    let folder = path.parent().unwrap().file_name().unwrap();
    let (folder, stem) = (folder.to_string_lossy(), path.file_stem().unwrap());
    transcript.name = format!("{folder}/{}", stem.to_string_lossy());
    transcript
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
