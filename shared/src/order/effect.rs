//! What is owed to channels.
//!
//! Effects are derived from an order, not listed beside it: they cannot be lost, and cannot
//! disagree with the state. The till keeps a timer for each, adds what is new and deletes what is
//! no longer owed, in the transaction that stores the order.

use serde::{Deserialize, Serialize};

use super::{Attempt, AttemptState, Hold, Order, RefundState, State};
use crate::channel::channel;
use crate::id::{AttemptId, RefundId};
use crate::money::Money;
use crate::tagged;

/// A call to a channel that is owed as long as the order is as it is. It may be made twice, with
/// the same idempotency key, and is never forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Effect {
    /// Take held money.
    Capture {
        /// Of which attempt.
        attempt: AttemptId,
        /// How much.
        amount: Money,
    },
    /// Make sure that an attempt cannot be paid any more, or release what it holds.
    Close {
        /// Which.
        attempt: AttemptId,
    },
    /// Start an attempt at its channel.
    Create {
        /// Which.
        attempt: AttemptId,
    },
    /// Ask what a payment has cost; due by the channel's plan.
    Fee {
        /// Which attempt took it.
        attempt: AttemptId,
    },
    /// Ask where an attempt stands; due by the channel's plan, at once when a notice raised doubt.
    Query {
        /// Which.
        attempt: AttemptId,
        /// Whether to ask at once.
        doubted: bool,
    },
    /// Give money back, then ask until it has settled or failed.
    Refund {
        /// Which.
        refund: RefundId,
    },
}

tagged!(Effect, "type");

impl Order {
    /// All that is owed to channels now.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let attempts = self.attempts.iter().filter_map(|a| {
            let attempt = a.id.clone();
            match &a.state {
                AttemptState::Started => Some(Effect::Create { attempt }),
                AttemptState::Pending | AttemptState::RequiresAction { .. } => {
                    Some(Effect::Query {
                        attempt,
                        doubted: a.doubted,
                    })
                }
                AttemptState::Closing => Some(Effect::Close { attempt }),
                AttemptState::Closed if a.unseen => Some(Effect::Close { attempt }),
                AttemptState::Authorized => self.held_effect(a),
                AttemptState::Paid | AttemptState::Declined { .. } | AttemptState::Closed => {
                    a.ask_at_once()
                }
            }
        });
        let refunds = self.refunds.iter().filter_map(|r| match r.state {
            RefundState::Failed { .. } if !r.doubted => None,
            RefundState::Settled { .. } => None,
            RefundState::Pending | RefundState::Failed { .. } => Some(Effect::Refund {
                refund: r.id.clone(),
            }),
        });
        attempts.chain(refunds).collect()
    }

    /// The questions for fees that are not known. No money rests on them, so that they are no part
    /// of [`Order::effects`]: an order that owes nothing else is at rest.
    pub fn fee_questions(&self) -> impl Iterator<Item = Effect> {
        self.attempts.iter().filter_map(Attempt::ask_fee)
    }

    fn held_effect(&self, held: &Attempt) -> Option<Effect> {
        let attempt = held.id.clone();
        match &self.state {
            State::Authorized {
                attempt: winner,
                hold,
                ..
            } if *winner == attempt => match hold {
                // It rests until the merchant acts, whose act meets whatever has become of it.
                Hold::Waiting => held.ask_at_once(),
                Hold::Capturing { amount } => Some(Effect::Capture {
                    attempt,
                    amount: *amount,
                }),
                Hold::Voiding { .. } => Some(Effect::Close { attempt }),
            },
            // Held by an attempt that did not win: it is to be released.
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Authorized { .. }
            | State::Paid(_)
            | State::PartlyRefunded(_)
            | State::Refunded(_)
            | State::Cancelled { .. }
            | State::Expired { .. } => Some(Effect::Close { attempt }),
        }
    }
}

impl Attempt {
    fn ask_at_once(&self) -> Option<Effect> {
        self.doubted.then(|| Effect::Query {
            attempt: self.id.clone(),
            doubted: true,
        })
    }

    /// What came by hand has no number at the channel, and cost nothing there.
    fn ask_fee(&self) -> Option<Effect> {
        let plan = channel(self.channel).declaration().fee_after_s;
        let answered = self.fee.is_some() || self.fee_untold;
        let asks = self.state == AttemptState::Paid && self.channel_number.is_some() && !answered;
        (asks && !plan.is_empty()).then(|| Effect::Fee {
            attempt: self.id.clone(),
        })
    }
}
