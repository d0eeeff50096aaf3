//! Evidence that money moved. Only channel files make it.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AttemptId, Reference, RefundId};
use crate::money::Money;
use crate::time::UnixTime;

/// Where a statement of a channel came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The authenticated answer to a request of ours.
    Answer,
    /// A notice whose signature holds.
    Notice,
}

/// Whether the money was taken or is only held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    /// Held, to be captured.
    Authorized,
    /// Taken.
    Captured,
}

/// Evidence that a channel holds or took money for one attempt.
///
/// Its fields are private and its constructor is visible in `channel` alone. It is stored with
/// the order and crosses to the till as JSON; nothing but the deployment's own worker can call a
/// till. Whether it fits the order is for [`crate::order::Order::apply`] to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProof {
    kind: ProofKind,
    source: Source,
    account: AccountId,
    reference: Reference,
    attempt: Option<AttemptId>,
    channel_number: String,
    amount: Money,
    at: UnixTime,
}

/// What a channel file has read and verified about a payment.
pub(in crate::channel) struct PaymentEvidence<'a> {
    pub kind: ProofKind,
    pub source: Source,
    pub account: &'a AccountId,
    pub reference: Reference,
    /// Where the channel carries it.
    pub attempt: Option<AttemptId>,
    pub channel_number: &'a str,
    /// What the order is credited with: before the channel's fees and coupons.
    pub amount: Money,
    /// When the channel says it happened.
    pub at: UnixTime,
}

impl PaymentProof {
    /// To be called only after a signature was verified or an authenticated answer was read.
    pub(in crate::channel) fn new(evidence: PaymentEvidence<'_>) -> Self {
        Self {
            kind: evidence.kind,
            source: evidence.source,
            account: evidence.account.clone(),
            reference: evidence.reference,
            attempt: evidence.attempt,
            channel_number: evidence.channel_number.to_owned(),
            amount: evidence.amount,
            at: evidence.at,
        }
    }

    /// Taken or held.
    #[must_use]
    pub fn kind(&self) -> ProofKind {
        self.kind
    }

    /// Notice or answer.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The account that got the money.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Order and attempt number, as the channel repeated them.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The attempt, where the channel carries it.
    #[must_use]
    pub fn attempt(&self) -> Option<&AttemptId> {
        self.attempt.as_ref()
    }

    /// The channel's own number of the payment.
    #[must_use]
    pub fn channel_number(&self) -> &str {
        &self.channel_number
    }

    /// How much.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// When, by the channel's clock.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
}

/// Evidence that a channel gave money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundProof {
    source: Source,
    account: AccountId,
    refund: RefundId,
    amount: Money,
    at: UnixTime,
}

impl RefundProof {
    /// To be called only after a signature was verified or an authenticated answer was read.
    pub(in crate::channel) fn new(
        source: Source,
        account: &AccountId,
        refund: &RefundId,
        amount: Money,
        at: UnixTime,
    ) -> Self {
        Self {
            source,
            account: account.clone(),
            refund: refund.clone(),
            amount,
            at,
        }
    }

    /// Notice or answer.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The account that gave it.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Which refund.
    #[must_use]
    pub fn refund(&self) -> &RefundId {
        &self.refund
    }

    /// How much.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// When, by the channel's clock.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
}

/// Evidence without a channel, for the tests of what is done with it.
#[cfg(test)]
impl PaymentProof {
    pub(crate) fn for_test(
        (kind, source): (ProofKind, Source),
        account: &AccountId,
        reference: Reference,
        amount: Money,
        at: UnixTime,
    ) -> Self {
        Self::new(PaymentEvidence {
            kind,
            source,
            account,
            reference,
            attempt: None,
            channel_number: "ch_1",
            amount,
            at,
        })
    }

    /// As where the channel carries the attempt.
    pub(crate) fn naming(mut self, attempt: &AttemptId) -> Self {
        self.attempt = Some(attempt.clone());
        self
    }

    /// As where the channel numbers the payment otherwise.
    pub(crate) fn numbered(mut self, channel_number: &str) -> Self {
        self.channel_number = channel_number.to_owned();
        self
    }
}

/// Evidence without a channel, for the tests of what is done with it.
#[cfg(test)]
impl RefundProof {
    pub(crate) fn for_test(
        source: Source,
        account: &AccountId,
        refund: &RefundId,
        amount: Money,
        at: UnixTime,
    ) -> Self {
        Self::new(source, account, refund, amount, at)
    }
}
