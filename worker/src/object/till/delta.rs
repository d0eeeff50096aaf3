//! What an act changes of an order, before and after, for the history and the audit log.
//!
//! In scope: what [`standing`] lists, and no more: states, sums and counts, nothing of a person.
//! Out of scope: what was said with the act, which stands beside it; and all that happens without
//! an act, for which nothing is compared.

use causeway_shared::order::{Hold, Order, State};
use serde_json::{Map, Value, json};

use super::Till;

/// The two sides of a change.
#[derive(Debug, Default)]
pub(super) struct Delta {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Delta {
    /// Puts both sides beside what was said with an act, if anything has changed.
    pub(super) fn write(self, data: &mut Value) {
        if !self.after.is_empty() {
            data["before"] = Value::Object(self.before);
            data["after"] = Value::Object(self.after);
        }
    }
}

impl Till<'_> {
    /// Remembers that an act has changed something. What was changed twice is told once, from the
    /// first state to the last.
    pub(super) fn note_delta(&mut self, name: &str, before: Value, after: Value) {
        if self.by.is_some() && before != after {
            self.delta.before.entry(name).or_insert(before);
            self.delta.after.insert(name.to_owned(), after);
        }
    }

    /// Remembers what an act has changed of an order's money.
    pub(super) fn note_deltas(&mut self, before: &Order, after: &Order) {
        if self.by.is_none() {
            return;
        }
        let sides = standing(before).into_iter().zip(standing(after));
        for ((name, before), (_, after)) in sides {
            self.note_delta(name, before, after);
        }
    }
}

/// How it stands with an order: all that is ever told of it.
fn standing(order: &Order) -> [(&'static str, Value); 6] {
    let attempts: Vec<_> = order.attempts().iter().map(|a| a.state.name()).collect();
    let mut held = None;
    if let State::Authorized { hold, .. } = order.state() {
        held = Some(match hold {
            Hold::Waiting => "waiting",
            Hold::Capturing { .. } => "capturing",
            Hold::Voiding { .. } => "voiding",
        });
    }
    [
        ("state", json!(order.state().name())),
        ("hold", json!(held)),
        ("attempts", json!(attempts)),
        ("captured", json!(order.captured())),
        ("refunded", json!(order.refunded())),
        ("refund_pending", json!(order.refund_pending())),
    ]
}
