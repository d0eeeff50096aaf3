//! An order's money: what may happen to it, and in which order.
//!
//! In scope: attempts, authorization, capture, refunds, cancelling, expiry, payments that do not
//! fit, and which calls to channels are still owed. [`Order::apply`] is pure and total: the same
//! order, event and time give the same outcome, a replay is [`Outcome::Unchanged`], a conflict is
//! a named [`Rejected`]. Out of scope: items, addresses, webhooks, storage; the till keeps those
//! beside the order and commits them together with it.

mod apply;
mod attempt;
mod effect;
mod event;
mod hand;
mod hold;
mod irregular;
mod payment;
mod refund;
mod rejected;
mod report;
#[cfg(test)]
mod tests;

pub use attempt::{Attempt, AttemptState, NewAttempt};
pub use effect::Effect;
pub use event::{Event, Outcome, Topic};
pub use irregular::{Irregular, IrregularKind, IrregularPolicy, Policy, Resolution};
pub use refund::{Refund, RefundState};
pub use rejected::Rejected;

use serde::{Deserialize, Serialize};

use crate::channel::{CaptureMode, PaymentProof};
use crate::id::{AttemptId, OrderId, RefundId};
use crate::money::Money;
use crate::tagged;
use crate::time::UnixTime;

/// The most attempts that one order can have: enough for a person, few for a card tester.
pub const MAX_ATTEMPTS: usize = 20;

/// An order, as far as money is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    id: OrderId,
    /// Grows by one with every change.
    version: u64,
    total: Money,
    capture: CaptureMode,
    policy: IrregularPolicy,
    created_at: UnixTime,
    updated_at: UnixTime,
    expires_at: UnixTime,
    state: State,
    /// Set while the order is to end but an attempt may still be paid.
    ending: Option<Ending>,
    attempts: Vec<Attempt>,
    refunds: Vec<Refund>,
    irregular: Vec<Irregular>,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum State {
    /// Nothing is under way; it can be paid.
    Created,
    /// An attempt is under way whose outcome is not known.
    Processing {
        /// Which.
        attempt: AttemptId,
    },
    /// An attempt waits for the shopper.
    RequiresAction {
        /// Which.
        attempt: AttemptId,
    },
    /// The money is held.
    Authorized {
        /// The winner.
        attempt: AttemptId,
        /// The evidence.
        proof: PaymentProof,
        /// What was asked of the channel about it.
        hold: Hold,
    },
    /// The money was taken.
    Paid(Payment),
    /// The money was taken and a part of it given back.
    PartlyRefunded(Payment),
    /// The money was taken and all of it given back.
    Refunded(Payment),
    /// Ended unpaid by the merchant or a lapsed authorization.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// When.
        at: UnixTime,
    },
    /// Ended unpaid because the time was up.
    Expired {
        /// When.
        at: UnixTime,
    },
}

tagged!(State, "name");

/// The attempt that paid an order, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The winner; of money that came outside of channels, an id that no attempt has.
    pub attempt: AttemptId,
    /// The evidence; its amount is what was captured.
    pub proof: PaymentProof,
}

/// What is being done with held money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Hold {
    /// Nothing: it waits for the merchant.
    Waiting,
    /// A capture was asked for.
    Capturing {
        /// How much of it.
        amount: Money,
    },
    /// Its release was asked for.
    Voiding {
        /// Why the order is cancelled.
        reason: CancelReason,
    },
}

tagged!(Hold, "type");

/// Why an order was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The channel let a held payment lapse.
    AuthorizationLapsed,
    /// The merchant says it looks fraudulent.
    Fraudulent,
    /// The merchant cancelled.
    Merchant,
    /// The shopper asked the merchant to.
    Shopper,
}

/// How an order is to end once no attempt can be paid any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Ending {
    /// As cancelled.
    Cancel {
        /// Why.
        reason: CancelReason,
    },
    /// As expired.
    Expire,
}

tagged!(Ending, "type");

/// What is needed to make an order.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its id.
    pub id: OrderId,
    /// What is to be paid; positive.
    pub total: Money,
    /// Take or hold.
    pub capture: CaptureMode,
    /// What is done with payments that do not fit.
    pub policy: IrregularPolicy,
    /// From when it cannot be paid any more.
    pub expires_at: UnixTime,
}

impl Order {
    /// A new order in state `Created`.
    ///
    /// # Errors
    /// [`Rejected::AmountNotPositive`]; [`Rejected::AlreadyExpired`] when it would be born dead.
    pub fn new(new: NewOrder, now: UnixTime) -> Result<Self, Rejected> {
        if !new.total.is_positive() {
            return Err(Rejected::AmountNotPositive);
        }
        if new.expires_at <= now {
            return Err(Rejected::AlreadyExpired);
        }
        Ok(Self {
            id: new.id,
            version: 1,
            total: new.total,
            capture: new.capture,
            policy: new.policy,
            created_at: now,
            updated_at: now,
            expires_at: new.expires_at,
            state: State::Created,
            ending: None,
            attempts: Vec::new(),
            refunds: Vec::new(),
            irregular: Vec::new(),
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &OrderId {
        &self.id
    }

    /// Grows by one with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What is to be paid.
    #[must_use]
    pub fn total(&self) -> Money {
        self.total
    }

    /// Take or hold.
    #[must_use]
    pub fn capture(&self) -> CaptureMode {
        self.capture
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> UnixTime {
        self.created_at
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_at(&self) -> UnixTime {
        self.updated_at
    }

    /// From when it cannot be paid any more.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How it is to end, while it waits for an attempt to be closed.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// All attempts, oldest first.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// All refunds, oldest first.
    #[must_use]
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// Payments that did not fit, oldest first.
    #[must_use]
    pub fn irregular(&self) -> &[Irregular] {
        &self.irregular
    }

    /// The attempt with this id.
    #[must_use]
    pub fn attempt(&self, id: &AttemptId) -> Option<&Attempt> {
        self.attempts.iter().find(|a| &a.id == id)
    }

    /// The attempt with this number.
    #[must_use]
    pub fn attempt_by_number(&self, number: u8) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.number == number)
    }

    /// The refund with this id.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|r| &r.id == id)
    }

    /// The attempt that took or holds the money. None where it came outside of channels.
    #[must_use]
    pub fn winner(&self) -> Option<&Attempt> {
        if let State::Authorized { attempt, .. } = &self.state {
            return self.attempt(attempt);
        }
        self.state.payment().and_then(|p| self.attempt(&p.attempt))
    }

    /// Names what took or holds the money: the winner, or a payment outside of channels.
    pub(crate) fn winning(&self) -> Option<&AttemptId> {
        if let State::Authorized { attempt, .. } = &self.state {
            return Some(attempt);
        }
        self.state.payment().map(|p| &p.attempt)
    }

    fn is_won(&self) -> bool {
        self.winning().is_some()
    }

    /// The same order after a change beside its money, such as a shipment.
    #[must_use]
    pub fn touched(mut self, now: UnixTime) -> Self {
        self.version += 1;
        self.updated_at = now;
        self
    }

    /// Whether a shopper could start an attempt at this time, were no other open.
    #[must_use]
    pub fn is_payable(&self, now: UnixTime) -> bool {
        self.state.is_unpaid() && self.ending.is_none() && now < self.expires_at
    }

    /// What the winner captured; zero before.
    #[must_use]
    pub fn captured(&self) -> Money {
        self.state
            .payment()
            .map_or(Money::zero(self.total.currency()), |p| p.proof.amount())
    }

    pub(crate) fn attempt_mut(&mut self, id: &AttemptId) -> Result<&mut Attempt, Rejected> {
        self.attempts
            .iter_mut()
            .find(|a| &a.id == id)
            .ok_or(Rejected::UnknownAttempt)
    }
}

impl State {
    /// The state's name in the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Processing { .. } => "processing",
            Self::RequiresAction { .. } => "requires_action",
            Self::Authorized { .. } => "authorized",
            Self::Paid(_) => "paid",
            Self::PartlyRefunded(_) => "partly_refunded",
            Self::Refunded(_) => "refunded",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
        }
    }

    /// The payment, once money was taken, refunded or not.
    #[must_use]
    pub fn payment(&self) -> Option<&Payment> {
        match self {
            Self::Paid(p) | Self::PartlyRefunded(p) | Self::Refunded(p) => Some(p),
            Self::Created
            | Self::Processing { .. }
            | Self::RequiresAction { .. }
            | Self::Authorized { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// Whether the order is neither paid nor ended.
    #[must_use]
    pub fn is_unpaid(&self) -> bool {
        match self {
            Self::Created | Self::Processing { .. } | Self::RequiresAction { .. } => true,
            Self::Authorized { .. }
            | Self::Paid(_)
            | Self::PartlyRefunded(_)
            | Self::Refunded(_)
            | Self::Cancelled { .. }
            | Self::Expired { .. } => false,
        }
    }
}
