//! Runs every `tests/transcripts/CHANNEL/*.json` through its channel, byte for byte.
//!
//! A transcript is one exchange: what is known of account, payment and refund, the operation, each
//! request as it has to be built with the answer that was given to it, and what comes of it.
//! `base` stands for the gateway's address. Bodies are text; headers are compared in order.

// Clippy knows the tests of a crate by `cfg(test)`, which a test target need not say.
#![allow(clippy::panic, clippy::unwrap_used)]

#[path = "../src/channel/testing.rs"]
#[allow(dead_code)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use causeway_shared::card::CardPlain;
use causeway_shared::channel::{
    Account, CaptureMode, Channel, ChannelId, Credentials, Flow, Fresh, Method, Payment,
    RefundOrder, Shopper, channel,
};
use causeway_shared::http::{Method as HttpMethod, Request, Response};
use causeway_shared::id::{AccountId, AttemptId, Mode, OrderId, Reference, RefundId};
use causeway_shared::money::Money;
use causeway_shared::sign::Next;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One exchange with a channel.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transcript {
    /// What it shows, and where the answers come from.
    pub(crate) about: String,
    /// The gateway's address.
    pub(crate) base: String,
    pub(crate) account: AccountIs,
    pub(crate) now: UnixTime,
    pub(crate) nonce: String,
    pub(crate) payment: PaymentIs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refund: Option<RefundIs>,
    pub(crate) operation: Operation,
    /// How much is to be captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Money>,
    /// What is to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notice: Option<RequestIs>,
    pub(crate) exchanges: Vec<Exchange>,
    /// The result as JSON, or `{"error": "…"}`.
    pub(crate) result: Value,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
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

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountIs {
    pub(crate) id: AccountId,
    pub(crate) channel: ChannelId,
    pub(crate) mode: Mode,
    pub(crate) credentials: BTreeMap<String, String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentIs {
    pub(crate) order: OrderId,
    pub(crate) attempt: AttemptId,
    /// The attempt's number.
    pub(crate) number: u8,
    pub(crate) amount: Money,
    pub(crate) method: Method,
    pub(crate) flow: Flow,
    pub(crate) description: String,
    pub(crate) created_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    #[serde(default)]
    pub(crate) capture: CaptureMode,
    pub(crate) notice_url: String,
    pub(crate) return_url: String,
    #[serde(default)]
    pub(crate) shopper: ShopperIs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<CardIs>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ShopperIs {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) openid: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardIs {
    pub(crate) number: String,
    pub(crate) expiry_month: u8,
    pub(crate) expiry_year: u16,
    pub(crate) cvc: String,
    pub(crate) holder: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundIs {
    pub(crate) refund: RefundId,
    pub(crate) amount: Money,
    pub(crate) captured: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) channel_number: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    pub(crate) request: RequestIs,
    pub(crate) answer: AnswerIs,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestIs {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerIs {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
}

impl RequestIs {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            method: request.method.as_str().to_owned(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: String::from_utf8(request.body.clone()).unwrap(),
        }
    }

    fn to_request(&self) -> Request {
        Request {
            method: match self.method.as_str() {
                "GET" => HttpMethod::Get,
                "POST" => HttpMethod::Post,
                other => panic!("unknown method {other}"),
            },
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.clone().into_bytes(),
        }
    }
}

impl AnswerIs {
    fn to_response(&self) -> Response {
        Response {
            status: self.status,
            headers: self.headers.clone(),
            body: self.body.clone().into_bytes(),
        }
    }
}

impl Transcript {
    /// Carries out the operation, each request answered by `answer`; gives the result as JSON.
    pub(crate) fn perform(&self, answer: impl FnMut(Request) -> Response) -> Value {
        let account = Account {
            id: self.account.id.clone(),
            channel: self.account.channel,
            mode: self.account.mode,
            credentials: Credentials::new(self.account.credentials.clone()),
        };
        let channel: &dyn Channel = channel(account.channel);
        let fresh = Fresh {
            now: self.now,
            nonce: self.nonce.clone(),
        };
        let (base, fresh) = (self.base.as_str(), &fresh);
        if let Operation::ReadNotice = self.operation {
            let notice = self.notice.as_ref().unwrap().to_request();
            return outcome(channel.read_notice(base, &account, &notice, fresh), answer);
        }
        let is = &self.payment;
        let reference = Reference::make(&is.order, is.number).unwrap();
        let card = is.card.as_ref().map(|card| CardPlain {
            number: card.number.clone(),
            expiry_month: card.expiry_month,
            expiry_year: card.expiry_year,
            cvc: card.cvc.clone(),
            holder: card.holder.clone(),
        });
        let payment = Payment {
            account: &account,
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
        };
        let refund = self.refund.as_ref().map(|refund| RefundOrder {
            refund: &refund.refund,
            amount: refund.amount,
            captured: refund.captured,
            reason: refund.reason.as_deref(),
            channel_number: refund.channel_number.as_deref(),
        });
        match self.operation {
            Operation::Create => outcome(channel.create(base, &payment, fresh), answer),
            Operation::Query => outcome(channel.query(base, &payment, fresh), answer),
            Operation::Capture => {
                let amount = self.amount.unwrap();
                outcome(channel.capture(base, &payment, amount, fresh), answer)
            }
            Operation::Close => outcome(channel.close(base, &payment, fresh), answer),
            Operation::Refund => outcome(
                channel.refund(base, &payment, &refund.unwrap(), fresh),
                answer,
            ),
            Operation::QueryRefund => outcome(
                channel.query_refund(base, &payment, &refund.unwrap(), fresh),
                answer,
            ),
            Operation::ReadNotice => unreachable!("read above"),
        }
    }
}

fn outcome<T: Serialize>(next: Next<T>, answer: impl FnMut(Request) -> Response) -> Value {
    match testing::run(next, answer) {
        Ok(result) => serde_json::to_value(result).unwrap(),
        Err(error) => json!({"error": error.to_string()}),
    }
}

/// Every transcript, by path, in order.
fn transcripts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts");
    let entries = |folder: &Path| {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let mut files: Vec<_> = entries(&root)
        .iter()
        .flat_map(|folder| entries(folder))
        .collect();
    files.sort();
    files
}

#[test]
fn every_transcript_runs_as_it_was_recorded() {
    let mut seen = BTreeSet::new();
    for file in transcripts() {
        let name = file.display();
        let text = std::fs::read_to_string(&file).unwrap();
        let transcript: Transcript =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut exchanges = transcript.exchanges.iter();
        let result = transcript.perform(|request| {
            let Some(exchange) = exchanges.next() else {
                panic!("{name}: {request:?} was not expected")
            };
            assert_eq!(RequestIs::of(&request), exchange.request, "{name}");
            exchange.answer.to_response()
        });
        assert_eq!(exchanges.len(), 0, "{name}: not all requests were made");
        assert_eq!(result, transcript.result, "{name}");
        seen.insert(transcript.account.channel);
    }
    // An empty folder must not look like success.
    let all: BTreeSet<_> = ChannelId::all().iter().copied().collect();
    assert_eq!(seen, all, "each channel has transcripts");
}
