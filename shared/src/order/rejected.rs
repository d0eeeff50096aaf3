//! Why an event is refused.

use serde::{Deserialize, Serialize};

use crate::id::AttemptId;
use crate::money::Money;

/// Why an event does not fit an order. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Rejected {
    /// The order is cancelled.
    #[error("the order is cancelled")]
    AlreadyCancelled,
    /// The time to pay is over.
    #[error("the order has expired")]
    AlreadyExpired,
    /// The money was already taken.
    #[error("the order is already paid")]
    AlreadyPaid,
    /// The money is already held.
    #[error("the order is already authorized")]
    AlreadyAuthorized,
    /// The amount is zero or negative.
    #[error("the amount must be above zero")]
    AmountNotPositive,
    /// The attempt id stands for an attempt with other data.
    #[error("the attempt id was used for another attempt")]
    AttemptIdReused,
    /// Another attempt may still charge the shopper.
    #[error("another attempt is still open")]
    AttemptOpen(AttemptId),
    /// Another amount is being captured, or was.
    #[error("a capture of another amount is under way or done")]
    CaptureConflict,
    /// More than is held.
    #[error("the capture exceeds what is authorized")]
    CaptureExceedsAuthorized,
    /// The channel now says the opposite of what it proved.
    #[error("the channel contradicts its own proof")]
    ContradictsProof,
    /// The order is being cancelled or is expiring; no new attempt.
    #[error("the order is ending")]
    Ending,
    /// No money is held.
    #[error("the order is not authorized")]
    NotAuthorized,
    /// The time is not up yet.
    #[error("the order has not expired yet")]
    NotYetExpired,
    /// No money was taken.
    #[error("the order is not paid")]
    NotPaid,
    /// More than is left of what was captured.
    #[error("the refund exceeds what is left of the payment")]
    RefundExceedsCaptured {
        /// What can still be refunded.
        left: Money,
    },
    /// The refund id stands for a refund of another amount.
    #[error("the refund id was used for another refund")]
    RefundIdReused,
    /// Too many attempts on one order.
    #[error("the order has had too many attempts")]
    TooManyAttempts,
    /// Too many refunds on one order.
    #[error("the order has had too many refunds")]
    TooManyRefunds,
    /// The order has no such attempt.
    #[error("the order has no such attempt")]
    UnknownAttempt,
    /// The order has no such refund.
    #[error("the order has no such refund")]
    UnknownRefund,
    /// The proof is for another account: another merchant's money.
    #[error("the proof is for another account")]
    WrongAccount,
    /// The proof or report states another amount, and cannot be settled as irregular.
    #[error("the amount does not match")]
    WrongAmount,
    /// The proof is for another attempt.
    #[error("the proof is for another attempt")]
    WrongAttempt,
    /// The channel's number differs from the one it gave before.
    #[error("the channel's number differs from the one it gave before")]
    WrongChannelNumber,
    /// Another currency.
    #[error("the currency does not match")]
    WrongCurrency,
    /// The proof is for another order.
    #[error("the proof is for another order")]
    WrongOrder,
    /// The proof is for another refund.
    #[error("the proof is for another refund")]
    WrongRefund,
}
