//! What passes between the parts of the model, and how a channel's word becomes evidence.

use std::fmt;

use causeway_shared::channel::{
    Decline, DeclineReason, Flow, PaymentProof, ProofKind, RefundProof, RefundReported, Reported,
    Source, Status,
};
use causeway_shared::id::{AccountId, AttemptId, IdError, Reference, RefundId};
use causeway_shared::money::{Money, MoneyError};
use causeway_shared::order::{Event, Rejected};
use causeway_shared::time::UnixTime;
use serde::Serialize;

/// An invariant does not hold. What it says is what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// What a step of the simulation answers.
pub type Checked<T = ()> = Result<T, Violation>;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<MoneyError> for Violation {
    fn from(error: MoneyError) -> Self {
        Self(error.to_string())
    }
}

impl From<IdError> for Violation {
    fn from(error: IdError) -> Self {
        Self(error.to_string())
    }
}

impl From<Rejected> for Violation {
    fn from(error: Rejected) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Violation {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// A violation unless `holds`.
pub fn must(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Violation(what()))
    }
}

/// A request on its way to a channel.
#[derive(Clone, Debug)]
pub struct Call {
    /// The order's place in the world.
    pub order: usize,
    /// The attempt's number.
    pub number: u8,
    /// The idempotency key of a creation.
    pub key: String,
    pub attempt: AttemptId,
    pub reference: Reference,
    pub account: AccountId,
    pub flow: Flow,
    /// Whether the worker knows the channel's number of the payment.
    pub numbered: bool,
    pub amount: Money,
    pub expires_at: UnixTime,
    pub is_manual: bool,
    pub ask: Ask,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Capture(Money),
    Close,
    Create,
    Query,
    QueryRefund(RefundId),
    Refund(RefundId, Money),
}

/// What comes back.
#[derive(Clone, Debug)]
pub enum Answer {
    Payment(Box<Reported>),
    Refund(RefundReported),
    /// Definite: nothing moved.
    Refused,
    /// No answer, or an error that says nothing.
    Unknown,
}

/// What a channel posts to us.
#[derive(Clone, Debug)]
pub struct Notice {
    pub id: u64,
    pub order: usize,
    pub event: Event,
    /// False for a stranger's: its signature does not hold.
    pub is_signed: bool,
}

/// A definite no.
pub fn decline() -> Decline {
    Decline::new(DeclineReason::CardDeclined, "simulated")
}

/// A report about an attempt.
pub fn said(number: u8, channel_number: Option<String>, status: Status) -> Event {
    Event::Report {
        number,
        reported: Reported {
            channel_number,
            card: None,
            fee: None,
            status,
        },
    }
}

/// What evidence of a payment is made of; as `PaymentProof` writes itself.
#[derive(Serialize)]
pub struct Evidence<'a> {
    pub kind: ProofKind,
    pub source: Source,
    pub account: &'a AccountId,
    pub reference: &'a Reference,
    pub attempt: Option<&'a AttemptId>,
    pub channel_number: &'a str,
    pub amount: Money,
    pub at: UnixTime,
}

impl Evidence<'_> {
    /// The evidence, by way of JSON: its constructor is for channel files alone.
    pub fn proof(&self) -> Checked<PaymentProof> {
        Ok(serde_json::from_slice(&serde_json::to_vec(self)?)?)
    }
}

/// What evidence of a refund is made of; as `RefundProof` writes itself.
#[derive(Serialize)]
pub struct RefundEvidence<'a> {
    pub source: Source,
    pub account: &'a AccountId,
    pub refund: &'a RefundId,
    pub amount: Money,
    pub at: UnixTime,
}

impl RefundEvidence<'_> {
    /// The evidence, by way of JSON.
    pub fn proof(&self) -> Checked<RefundProof> {
        Ok(serde_json::from_slice(&serde_json::to_vec(self)?)?)
    }
}
