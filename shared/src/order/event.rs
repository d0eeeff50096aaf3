//! What happens to an order, and what comes of it.

use serde::{Deserialize, Serialize};

use super::{CancelReason, NewAttempt, Order};
use crate::channel::{Decline, PaymentProof, RefundReported, Reported};
use crate::id::{AttemptId, RefundId};
use crate::money::Money;
use crate::tagged;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Event {
    /// The merchant cancels.
    Cancel {
        /// Why.
        reason: CancelReason,
    },
    /// The merchant takes held money.
    Capture {
        /// How much of it; the rest is released.
        amount: Money,
    },
    /// The channel refused a capture, definitely.
    CaptureFailed {
        /// Of which attempt.
        attempt: AttemptId,
        /// Its reason.
        decline: Decline,
    },
    /// An operator vouches for the payment.
    ConfirmByHand {
        /// The attempt that paid; left out when the money came outside of channels.
        attempt: Option<AttemptId>,
        /// Who vouches, and why.
        proof: PaymentProof,
    },
    /// The shopper chooses to leave an attempt.
    GiveUp {
        /// Which.
        attempt: AttemptId,
    },
    /// The time is up.
    Expire,
    /// The channel was asked for its fee as often as it is to be, and has not told it.
    FeeUntold {
        /// Of which attempt.
        attempt: AttemptId,
    },
    /// A channel said something about a refund.
    RefundReport {
        /// Which.
        refund: RefundId,
        /// What.
        reported: RefundReported,
    },
    /// A channel said something about an attempt.
    Report {
        /// The attempt's number within the order.
        number: u8,
        /// What.
        reported: Reported,
    },
    /// Money is to be given back.
    RequestRefund {
        /// The new refund's id.
        refund: RefundId,
        /// Whose payment it is taken from; the winner's, or one that is held back, when left out.
        attempt: Option<AttemptId>,
        /// How much.
        amount: Money,
        /// The merchant's words; may be blank.
        reason: String,
    },
    /// The shopper presses Pay.
    StartAttempt(NewAttempt),
}

tagged!(Event, "type");

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The order changed.
    Moved {
        /// The order as it is now.
        order: Box<Order>,
        /// What the merchant is to be told, in order.
        topics: Vec<Topic>,
    },
    /// The event had been applied before, or says nothing new.
    Unchanged,
}

/// What a merchant is told about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Topic {
    /// The money is held.
    Authorized,
    /// The order ended unpaid.
    Cancelled,
    /// A capture was refused by the channel; the money is still held.
    CaptureFailed,
    /// The time was up.
    Expired,
    /// Money came that does not fit the order.
    IrregularPayment,
    /// The money was taken.
    Paid,
    /// An attempt was declined.
    PaymentFailed {
        /// Which.
        attempt: AttemptId,
    },
    /// A refund was refused by the channel.
    RefundFailed {
        /// Which.
        refund: RefundId,
    },
    /// A refund has reached the shopper.
    RefundSettled {
        /// Which.
        refund: RefundId,
    },
}

tagged!(Topic, "type");
