//! Evidence that money moved. Only channel files make it, but for what an operator vouches for:
//! that has its own constructors, and says so for ever.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
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
    /// No channel: a person of the store, who gave a reason.
    Operator,
}

/// Who vouches for a payment that no channel proves, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// Who does.
    pub by: Actor,
    /// Their words.
    pub reason: String,
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

/// Evidence that a channel holds or took money for one attempt, or an operator's word for it.
///
/// Its fields are private, and the constructor for what a channel says is visible in `channel`
/// alone; the other one makes nothing that could be taken for a channel's. It is stored with
/// the order and crosses to the till as JSON; nothing but the deployment's own worker can call a
/// till. Whether it fits the order is for [`crate::order::Order::apply`] to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProof {
    kind: ProofKind,
    source: Source,
    /// None where the money came outside of channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    attempt: Option<AttemptId>,
    channel_number: String,
    amount: Money,
    at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_hand: Option<ByHand>,
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
            account: Some(evidence.account.clone()),
            reference: Some(evidence.reference),
            attempt: evidence.attempt,
            channel_number: evidence.channel_number.to_owned(),
            amount: evidence.amount,
            at: evidence.at,
            by_hand: None,
        }
    }

    /// An operator's word that `amount` was taken: at an account under one of our references, or,
    /// without `place`, outside of all channels. Who may say so is for the caller to decide.
    #[must_use]
    pub fn by_hand(
        by_hand: ByHand,
        place: Option<(&AccountId, &Reference)>,
        amount: Money,
        at: UnixTime,
    ) -> Self {
        Self {
            kind: ProofKind::Captured,
            source: Source::Operator,
            account: place.map(|(account, _)| account.clone()),
            reference: place.map(|(_, reference)| reference.clone()),
            attempt: None,
            channel_number: String::new(),
            amount,
            at,
            by_hand: Some(by_hand),
        }
    }

    /// Who vouches for it, where no channel does.
    #[must_use]
    pub fn vouched(&self) -> Option<&ByHand> {
        self.by_hand.as_ref()
    }

    /// Taken or held.
    #[must_use]
    pub fn kind(&self) -> ProofKind {
        self.kind
    }

    /// Notice, answer or operator.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The account that got the money; none got it where an operator says so.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// Order and attempt number, as the channel repeated them.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
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

/// Evidence that a channel gave money back; or that an operator did, of what came by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundProof {
    source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
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
            account: Some(account.clone()),
            refund: refund.clone(),
            amount,
            at,
        }
    }

    /// Of a payment that came outside of channels: whoever asks for the refund makes it.
    pub(crate) fn by_hand(refund: &RefundId, amount: Money, at: UnixTime) -> Self {
        Self {
            source: Source::Operator,
            account: None,
            refund: refund.clone(),
            amount,
            at,
        }
    }

    /// Notice, answer or operator.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The account that gave it; none did where an operator says so.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
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
