//! What the frame is told about its order: nothing that the shopper may not know.

use causeway_shared::channel::Action;
use causeway_shared::json;
use causeway_shared::order::{Attempt, AttemptState, Order};
use causeway_shared::time::UnixTime;
use serde_json::{Value, json};

use super::methods::Offer;
use super::qr;
use crate::object::till::call::OrderRecord;

/// The snapshot as it is pushed: without methods, which depend on the device.
#[must_use]
pub fn of(record: &OrderRecord, token: &str, now: UnixTime) -> Value {
    let order = &record.order;
    json!({
        "version": order.version(),
        "state": order.state().name(),
        "total": order.total(),
        "captured": order.captured(),
        "refunded": order.refunded(),
        "expires_at": order.expires_at(),
        "now": now,
        "attempt": shown(order).map(|a| attempt(a, token)),
        "return_url": record.details.return_url,
    })
}

/// The snapshot as it is asked for.
#[must_use]
pub fn with_methods(record: &OrderRecord, token: &str, now: UnixTime, offers: &[Offer]) -> Value {
    let mut snapshot = of(record, token, now);
    if let Some(object) = snapshot.as_object_mut() {
        object.insert("methods".to_owned(), json!(offers));
    }
    snapshot
}

/// The attempt that matters to the shopper: the winner, else the newest.
fn shown(order: &Order) -> Option<&Attempt> {
    order.winner().or_else(|| order.attempts().last())
}

fn attempt(attempt: &Attempt, token: &str) -> Value {
    let (action, decline) = match &attempt.state {
        AttemptState::RequiresAction { action } => (shown_action(action, attempt, token), None),
        AttemptState::Declined { decline } => (None, Some(json!({ "reason": decline.reason }))),
        AttemptState::Started
        | AttemptState::Pending
        | AttemptState::Authorized
        | AttemptState::Paid
        | AttemptState::Closing
        | AttemptState::Closed => (None, None),
    };
    json!({
        "id": attempt.id,
        "number": attempt.number,
        "method": attempt.method,
        "flow": attempt.flow,
        "state": attempt.state.name(),
        "action": action,
        "decline": decline,
        "card": attempt.card,
    })
}

/// Gateways' addresses stay here: the frame gets pages of ours, which have their own CSP.
fn shown_action(action: &Action, attempt: &Attempt, token: &str) -> Option<Value> {
    let page = |name: &str| format!("/{name}/{token}/{}", attempt.id);
    match action {
        Action::Bridge { parameters } => {
            let parameters: Value = json::from_str(parameters).ok()?;
            Some(json!({ "type": "bridge", "parameters": parameters }))
        }
        Action::Challenge { .. } => Some(json!({ "type": "challenge", "href": page("challenge") })),
        Action::FormPost { .. } => Some(json!({ "type": "form_post", "href": page("leave") })),
        Action::Qr {
            content,
            expires_at,
        } => {
            let qr = qr::draw(content)?;
            Some(json!({
                "type": "qr", "svg_path": qr.path, "size": qr.size, "expires_at": expires_at,
            }))
        }
        Action::Redirect { .. } => Some(json!({ "type": "redirect", "href": page("leave") })),
    }
}
