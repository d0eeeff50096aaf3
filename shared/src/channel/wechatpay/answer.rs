//! What WeChat Pay says of payments and refunds, and what its errors mean.
//!
//! States confirmed in wechatpay-java (`payments/model/Transaction.java`,
//! `refund/model/Status.java`, `refund/model/RefundNotification.java`) and on the pages of
//! pay.weixin.qq.com for each call, which also list the error codes.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::proof::PaymentEvidence;
use super::credentials::Merchant;
use crate::channel::{
    ChannelCode, ChannelError, Decline, DeclineReason, Diagnosis, PaymentProof, ProofKind,
    RefundProof, RefundReported, RefundStatus, Reported, Source, Status,
};
use crate::id::{Reference, RefundId};
use crate::json;
use crate::money::{Currency, Money};
use crate::time::UnixTime;

/// An answer of the gateway.
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether a signature was verified over it. Always so for a success.
    pub authentic: bool,
}

/// What was asked, as far as errors mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Close,
    Create,
    Query,
    QueryRefund,
    Refund,
}

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Refused, but an earlier request with this number may have been accepted: ask for it, and
    /// if there is none, the refusal is all there is.
    Ask,
    /// A definite no to a refund.
    Declined(DeclineReason),
    /// There is something of this number already, in a state that forbids the request: ask for it.
    Exists,
    /// No such payment or refund.
    NotFound,
    /// Refused as such.
    Refused,
    /// Not now, or not known: nothing may be concluded.
    Unknown,
}

impl Answer {
    /// 200 with a body, or 204 without.
    pub fn is_success(&self) -> bool {
        self.authentic && matches!(self.status, 200 | 204)
    }

    /// The error's code, or `HTTP_` and the status where the body has none.
    pub fn code(&self) -> ChannelCode {
        #[derive(Deserialize)]
        struct ErrorBody {
            code: String,
        }
        let code = json::from_slice(&self.body).map(|body: ErrorBody| body.code);
        match code {
            Ok(code) if !code.trim().is_empty() => ChannelCode::new(&code),
            _ => ChannelCode::new(&format!("HTTP_{}", self.status)),
        }
    }

    /// What the error means for `call`.
    pub fn meaning(&self, call: Call) -> Meaning {
        // Both spellings are met with: ORDER_NOT_EXIST and ORDERNOTEXIST.
        let code = self.code().as_str().replace('_', "");
        match self.status {
            400..=499 if self.authentic => meaning(call, &code),
            // "Requests without a signature, or with a wrong one, are not executed and answered
            // with 401": such an answer cannot be signed. It is believed where nothing hangs on
            // it: no code or link reached a shopper.
            401 if call == Call::Create && code == "SIGNERROR" => Meaning::Refused,
            _ => Meaning::Unknown,
        }
    }

    /// The error as it is where it is not a statement about a payment or refund.
    pub fn error(&self, call: Call) -> ChannelError {
        match self.meaning(call) {
            // A refused question says nothing of what it asked for.
            _ if matches!(call, Call::Query | Call::QueryRefund) => {
                ChannelError::Unavailable(self.code())
            }
            Meaning::Ask | Meaning::Declined(_) | Meaning::Refused => {
                ChannelError::Refused(self.code())
            }
            Meaning::Exists | Meaning::NotFound | Meaning::Unknown => {
                ChannelError::Unavailable(self.code())
            }
        }
    }
}

/// The meaning of a code (without underscores) in a signed answer with status 4xx.
fn meaning(call: Call, code: &str) -> Meaning {
    match (call, code) {
        (Call::Query, "ORDERNOTEXIST") => Meaning::NotFound,
        (Call::QueryRefund, "RESOURCENOTEXISTS" | "REFUNDNOTEXIST") => Meaning::NotFound,
        (Call::Create, "OUTTRADENOUSED" | "ORDERPAID" | "ORDERCLOSED") => Meaning::Exists,
        // Also said of a repeated request whose time to pay has run out meanwhile.
        (
            Call::Create,
            "ACCOUNTERROR" | "INVALIDREQUEST" | "OPENIDMISMATCH" | "PARAMERROR" | "TRADEERROR",
        ) => Meaning::Ask,
        (
            Call::Close,
            "INVALIDREQUEST" | "ORDERCLOSED" | "ORDERNOTEXIST" | "ORDERPAID" | "TRADEERROR",
        ) => Meaning::Exists,
        // Also said of a refund number that was used with another amount.
        (Call::Refund, "INVALIDREQUEST" | "PARAMERROR") => Meaning::Ask,
        // "This refund request has failed": the merchant's balance, the shopper's account.
        (Call::Refund, "NOTENOUGH") => Meaning::Declined(DeclineReason::InsufficientFunds),
        (Call::Refund, "USERACCOUNTABNORMAL") => Meaning::Declined(DeclineReason::NotSupported),
        (
            _,
            "APPIDMCHIDNOTMATCH" | "INVALIDREQUEST" | "MCHNOTEXISTS" | "NOAUTH" | "PARAMERROR"
            | "SIGNERROR",
        ) => Meaning::Refused,
        // FREQUENCY_LIMITED, RATELIMIT_EXCEEDED, RULE_LIMIT; RESOURCE_NOT_EXISTS for a refund,
        // which passes when the same request is repeated; whatever we don't know.
        _ => Meaning::Unknown,
    }
}

/// What a refused question points to. One of ours carries nothing but our numbers, so that a
/// parameter which is wrong is one of the account's: the id of the public key, say.
pub(super) fn diagnosis(code: &str) -> Diagnosis {
    match code.replace('_', "").as_str() {
        "APPIDMCHIDNOTMATCH" | "MCHNOTEXISTS" | "PARAMERROR" | "SIGNERROR" => Diagnosis::BadKey,
        _ => Diagnosis::Unknown,
    }
}

/// Reads a documented JSON body.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ChannelError> {
    json::from_slice(body).map_err(|_| ChannelError::Malformed("not the JSON that is documented"))
}

/// A payment, in an answer to a query and in a notice.
#[derive(Deserialize)]
pub(super) struct Transaction {
    mchid: String,
    appid: Option<String>,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: String,
    success_time: Option<String>,
    amount: Option<TransactionAmount>,
}

#[derive(Deserialize)]
struct TransactionAmount {
    /// What the order is worth; `payer_total` is less by the coupons that WeChat Pay pays.
    total: Option<i64>,
    currency: Option<String>,
}

impl Transaction {
    /// Whether it belongs to this merchant and app.
    pub fn is_of(&self, merchant: &Merchant) -> bool {
        self.mchid == merchant.mchid && self.appid.as_ref().is_none_or(|id| *id == merchant.appid)
    }

    /// Our reference, if it is one of ours.
    pub fn reference(&self) -> Option<Reference> {
        Reference::parse(&self.out_trade_no).ok()
    }

    /// Where the payment stands.
    pub fn reported(
        &self,
        reference: &Reference,
        merchant: &Merchant,
        source: Source,
        now: UnixTime,
    ) -> Result<Reported, ChannelError> {
        let channel_number = number(self.transaction_id.as_deref())?;
        let status = match self.trade_state.as_str() {
            // REFUND says that (some of) the money went back: it was taken before. How much went
            // back, the refunds say.
            "SUCCESS" | "REFUND" => {
                let channel_number = channel_number.as_deref().ok_or(ChannelError::Malformed(
                    "a paid order without transaction_id",
                ))?;
                Status::Paid(PaymentProof::new(PaymentEvidence {
                    kind: ProofKind::Captured,
                    source,
                    account: &merchant.account,
                    reference: reference.clone(),
                    attempt: None,
                    channel_number,
                    amount: self.amount()?,
                    at: time(self.success_time.as_deref(), now),
                }))
            }
            "CLOSED" | "REVOKED" => Status::Closed,
            // NOTPAY, USERPAYING, ACCEPT, and PAYERROR, which is documented for barcodes alone: an
            // order of ours can be paid until it is closed.
            _ => Status::Pending,
        };
        Ok(Reported {
            channel_number,
            card: None,
            fee: None,
            status,
        })
    }

    fn amount(&self) -> Result<Money, ChannelError> {
        let amount = self.amount.as_ref();
        money(
            amount.and_then(|amount| amount.total),
            amount.and_then(|amount| amount.currency.as_deref()),
        )
    }
}

/// A refund, in an answer (`status`) and in a notice (`refund_status`).
#[derive(Deserialize)]
pub(super) struct Refund {
    /// In notices alone.
    mchid: Option<String>,
    refund_id: Option<String>,
    out_refund_no: String,
    transaction_id: Option<String>,
    out_trade_no: String,
    #[serde(alias = "refund_status")]
    status: String,
    success_time: Option<String>,
    amount: Option<RefundAmount>,
}

#[derive(Deserialize)]
struct RefundAmount {
    /// What the order's value goes down by; `payer_refund` is less by refunded coupons.
    refund: Option<i64>,
    /// Not in notices: merchants in mainland China have CNY alone.
    currency: Option<String>,
}

impl Refund {
    /// Whether a notice about it is for this merchant.
    pub fn is_of(&self, merchant: &Merchant) -> bool {
        self.mchid.as_ref() == Some(&merchant.mchid)
    }

    /// Our reference of the payment, if it is one of ours.
    pub fn reference(&self) -> Option<Reference> {
        Reference::parse(&self.out_trade_no).ok()
    }

    /// Our id of the refund, if it is one of ours.
    pub fn id(&self) -> Option<RefundId> {
        RefundId::parse(&self.out_refund_no).ok()
    }

    /// The channel's number of the payment.
    pub fn payment_number(&self) -> Result<Option<String>, ChannelError> {
        number(self.transaction_id.as_deref())
    }

    /// Where the refund stands.
    pub fn reported(
        &self,
        refund: &RefundId,
        merchant: &Merchant,
        source: Source,
        now: UnixTime,
    ) -> Result<RefundReported, ChannelError> {
        let status = match self.status.as_str() {
            "SUCCESS" => {
                let amount = self.amount.as_ref();
                let amount = money(
                    amount.and_then(|amount| amount.refund),
                    amount.and_then(|amount| amount.currency.as_deref()),
                )?;
                let at = time(self.success_time.as_deref(), now);
                let account = &merchant.account;
                RefundStatus::Settled(RefundProof::new(source, account, refund, amount, at))
            }
            "CLOSED" => {
                RefundStatus::Failed(Decline::new(DeclineReason::ProcessingError, "CLOSED"))
            }
            // PROCESSING, and ABNORMAL: the shopper's bank sent the money back, and the merchant
            // has to say in the merchant platform where it shall go. It can still succeed.
            _ => RefundStatus::Pending,
        };
        Ok(RefundReported {
            channel_number: number(self.refund_id.as_deref())?,
            status,
        })
    }
}

/// A number of WeChat Pay's: at most 64 printable characters, 32 are documented.
fn number(text: Option<&str>) -> Result<Option<String>, ChannelError> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(text.to_owned()))
        }
        Some(_) => Err(ChannelError::Malformed(
            "a number of the channel is no such number",
        )),
    }
}

/// Amounts are integers of the currency's minor unit; the currency may be left out.
fn money(minor: Option<i64>, currency: Option<&str>) -> Result<Money, ChannelError> {
    const MALFORMED: ChannelError = ChannelError::Malformed("no amount, or no such amount");
    let currency = match currency {
        None | Some("") => Currency::CNY,
        Some(code) => Currency::parse(code).map_err(|_| MALFORMED)?,
    };
    Money::from_minor(minor.ok_or(MALFORMED)?, currency)
        .ok()
        .filter(|money| money.is_positive())
        .ok_or(MALFORMED)
}

/// When it happened, or else when it was said.
fn time(text: Option<&str>, said: UnixTime) -> UnixTime {
    text.and_then(|text| UnixTime::parse_rfc3339(text).ok())
        .unwrap_or(said)
}
