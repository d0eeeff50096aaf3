//! What the shopper sees for a snapshot: a decision without a browser.

use crate::snapshot::{Action, Snapshot};

/// One of the things that the frame can show. Two that are equal look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// WeChat asks the shopper; the attempt's id.
    Bridge(String),
    /// The issuer's page, at this path of ours.
    Challenge(String),
    /// The shopper gave the attempt up; its channel is being told.
    Closing,
    /// The order has come to rest in this state.
    Ended(String),
    /// Method and card form, with what went wrong before: the key of a text, or empty.
    Form(String),
    /// The way to the gateway: our path that leads there.
    Leave(String),
    /// A code to scan; the attempt's id.
    Qr(String),
    /// An answer is on its way.
    Wait,
}

/// Decides what to show. `pending` says that a request has no answer yet; `closing` is the attempt
/// that the shopper gave up.
pub fn decide(snapshot: &Snapshot, pending: bool, closing: Option<&str>) -> View {
    if snapshot.is_final() {
        return View::Ended(snapshot.state.clone());
    }
    // Our own request may still arrive: no form meanwhile that invites to pay twice, and no older
    // attempt that it replaces.
    if pending {
        return View::Wait;
    }
    let Some(attempt) = &snapshot.attempt else {
        return View::Form(String::new());
    };
    match attempt.state.as_str() {
        "declined" => {
            let reason = attempt.decline.as_deref().unwrap_or("card_declined");
            View::Form(["decline.", reason].concat())
        }
        "closed" => View::Form("notice.closed".to_owned()),
        "closing" => View::Closing,
        "authorized" | "paid" => View::Wait,
        _ if closing == Some(attempt.id.as_str()) => View::Closing,
        "requires_action" => match &attempt.action {
            Some(Action::Bridge) => View::Bridge(attempt.id.clone()),
            Some(Action::Challenge(href)) => View::Challenge(href.clone()),
            Some(Action::Leave(href)) => View::Leave(href.clone()),
            Some(Action::Qr) => View::Qr(attempt.id.clone()),
            None => View::Wait,
        },
        // Started, pending, or a state of a newer worker.
        _ => View::Wait,
    }
}
