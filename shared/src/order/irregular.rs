//! The second axis of an order's state: money that came but does not fit.

use serde::{Deserialize, Serialize};

use crate::channel::PaymentProof;
use crate::id::{AttemptId, RefundId};
use crate::money::Money;
use crate::object_only;
use crate::tagged;

/// A payment that does not fit its order. It is never dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Irregular {
    /// In what it does not fit.
    pub kind: IrregularKind,
    /// Which attempt it paid.
    pub attempt: AttemptId,
    /// The evidence.
    pub proof: PaymentProof,
    /// How much of it does not fit.
    pub amount: Money,
    /// What was done about it.
    pub resolution: Resolution,
}

/// In what a payment does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IrregularKind {
    /// The order was already paid by another attempt.
    Duplicate,
    /// More than the total.
    Excess,
    /// The order had been cancelled or had expired.
    Late,
    /// Less than the total.
    Short,
}

/// What was done about an irregular payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Resolution {
    /// The order was paid by it after all.
    Accepted,
    /// It waits for the merchant.
    Held,
    /// It is given back.
    Refunded {
        /// By this refund.
        refund: RefundId,
    },
    /// It was only held and is released, or not captured.
    Released,
}

tagged!(Resolution, "type");

/// What a store wants done with irregular payments. A duplicate is always given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct IrregularPolicy {
    /// With one that comes after expiry. After a cancellation it is never accepted.
    #[serde(default = "refund")]
    pub late: Policy,
    /// With one below the total. It is never accepted as payment.
    #[serde(default = "refund")]
    pub short: Policy,
    /// With what is above the total.
    #[serde(default = "refund")]
    pub excess: Policy,
}

object_only!(IrregularPolicy, both);

impl Default for IrregularPolicy {
    fn default() -> Self {
        Self {
            late: Policy::Refund,
            short: Policy::Refund,
            excess: Policy::Refund,
        }
    }
}

fn refund() -> Policy {
    Policy::Refund
}

/// One choice of an [`IrregularPolicy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Reopen the order and count it as paid.
    Accept,
    /// Keep it until the merchant decides.
    Hold,
    /// Give it back.
    Refund,
}
