//! What the worker says of the order, read from its JSON.
//!
//! What is missing or of another form reads as absent: a newer worker may say more, and what is
//! not understood is shown as waiting, never as paid.

use wasm_bindgen::prelude::JsValue;

use crate::browser::get;

/// The state of an order at one moment.
pub struct Snapshot {
    /// Grows with each change of the order.
    pub version: u64,
    /// The order's state, in the API's words.
    pub state: String,
    /// The latest attempt.
    pub attempt: Option<Attempt>,
}

/// One try to pay.
pub struct Attempt {
    /// Its id.
    pub id: String,
    /// The method, in the API's words.
    pub method: String,
    /// Its state, in the API's words.
    pub state: String,
    /// What the shopper has to do.
    pub action: Option<Action>,
    /// Why it was declined.
    pub decline: Option<String>,
    /// Whether it was paid by a card that is known.
    pub has_card: bool,
}

/// What the shopper has to do next.
pub enum Action {
    /// Call WeChat's script bridge.
    Bridge,
    /// Show this page of ours, which holds the issuer's, in a frame.
    Challenge(String),
    /// Leave for this page of ours, which leads to the gateway.
    Leave(String),
    /// Scan a code.
    Qr,
}

impl Snapshot {
    /// Reads a snapshot; `None` if it is none.
    pub fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            version: get(value, "version")?.parse().ok()?,
            state: get(value, "state")?,
            attempt: Attempt::read(value),
        })
    }

    /// Whether the order can no longer be paid, or was paid.
    pub fn is_final(&self) -> bool {
        !matches!(
            self.state.as_str(),
            "created" | "processing" | "requires_action"
        )
    }
}

impl Attempt {
    fn read(value: &JsValue) -> Option<Self> {
        Some(Self {
            id: get(value, "attempt.id")?,
            method: get(value, "attempt.method")?,
            state: get(value, "attempt.state")?,
            action: Action::read(value),
            decline: get(value, "attempt.decline.reason"),
            has_card: get(value, "attempt.card.last4").is_some(),
        })
    }

    /// Whether nothing can come of it any more.
    pub fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "declined" | "closed")
    }
}

impl Action {
    fn read(value: &JsValue) -> Option<Self> {
        let href = || get(value, "attempt.action.href").filter(|href| is_own_path(href));
        match get(value, "attempt.action.type")?.as_str() {
            "bridge" => Some(Self::Bridge),
            "challenge" => href().map(Self::Challenge),
            "form_post" | "redirect" => href().map(Self::Leave),
            "qr" => Some(Self::Qr),
            _ => None,
        }
    }
}

/// Whether an address is a path on the pay origin: `//host` and `/\host` would leave it.
fn is_own_path(href: &str) -> bool {
    let mut bytes = href.bytes();
    bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'))
}
