//! Starting, repeating and giving up an attempt.
//!
//! Unknown is not failed: a request without an answer is repeated with the same id until an answer
//! or a snapshot tells what became of it.

use causeway_shared::card::CardPlain;
use causeway_shared::seal::Binding;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::attempt;
use crate::browser::{self, get, get_value};
use crate::frame::Frame;
use crate::live::pause_ms;
use crate::snapshot::Snapshot;
use crate::view::View;

/// The timer that repeats a request.
pub(crate) const TIMER_REPEAT: u8 = 2;
/// The first pause before a request is repeated, in milliseconds.
const REPEAT_MS: u32 = 1000;

/// A request that has no answer yet. It holds nothing that could be read: the card is sealed.
pub(crate) struct Pending {
    pub(crate) id: String,
    method: String,
    account: String,
    envelope: String,
    tries: u32,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The worker knows the attempt.
    Accepted,
    /// Another attempt is open, or the order is closed: the body has the snapshot.
    Elsewhere,
    /// Definitely nothing was started; the key of a text.
    Refused(&'static str),
    /// Nobody knows. The same request is sent again.
    Unknown,
}

impl Meaning {
    /// Reads a status; 0 is no answer at all.
    fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            409 | 410 => Self::Elsewhere,
            429 => Self::Refused("notice.too_many"),
            // Time-outs of something between the worker and us.
            408 | 425 => Self::Unknown,
            400..=499 => Self::Refused("notice.refused"),
            _ => Self::Unknown,
        }
    }
}

#[wasm_bindgen]
impl Frame {
    /// Pay was pressed. Whatever is pressed meanwhile does nothing.
    pub fn submit(&mut self) {
        if !matches!(self.shown, Some(View::Form(_))) || self.pending.is_some() {
            return;
        }
        let choice = browser::chosen();
        if choice.is_empty() {
            return;
        }
        self.engaged = true;
        let mut plain = None;
        if choice.ends_with(" card") {
            plain = self.card.read();
            if plain.is_none() {
                browser::announce("notice.fields", "");
                return;
            }
        }
        self.start_attempt(&choice, plain);
    }

    /// The button that goes on: a new code for an old one, or WeChat once more.
    pub fn go_on(&mut self) {
        self.engaged = true;
        match &self.shown {
            Some(View::Qr(_)) => {
                if let Some(attempt) = self.latest.as_ref().and_then(|s| s.attempt.as_ref()) {
                    browser::choose(&attempt.method);
                }
                attempt::forget(&self.order);
                self.start_attempt(&browser::chosen(), None);
            }
            Some(View::Bridge(_)) => browser::call_bridge(),
            _ => {}
        }
    }

    /// Gives the open attempt up, so that another way can be chosen.
    pub fn give_up(&mut self) {
        let Some(attempt) = self.latest.as_ref().and_then(|s| s.attempt.as_ref()) else {
            return;
        };
        let id = attempt.id.clone();
        self.engaged = true;
        browser::send_close(&id);
        self.closing = Some(id);
        self.refresh();
    }

    /// The start of an attempt has an answer; status 0 is none.
    pub fn start_answered(&mut self, id: &str, status: u16, body: &JsValue) {
        let is_pending = self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.id == id);
        match Meaning::of(status) {
            // Half an answer tells nothing: without a snapshot the form would come back.
            Meaning::Accepted if is_snapshot(body) => {
                if is_pending {
                    self.settled();
                }
                self.apply(body);
                self.refresh();
            }
            // A snapshot has told meanwhile what became of it.
            _ if !is_pending => {}
            Meaning::Elsewhere => {
                self.settled();
                attempt::forget(&self.order);
                self.apply(&get_value(body, "snapshot"));
                self.refresh();
                browser::say("status-notice", "notice.elsewhere");
                self.live.hurry();
            }
            Meaning::Refused(notice) => {
                self.settled();
                attempt::forget(&self.order);
                // The page is older than its key's end: the next try seals to the one in use.
                let Some(key) = get(body, "seal.public_key") else {
                    return self.refuse(notice);
                };
                self.seal_key = key;
                self.refuse("notice.again");
            }
            Meaning::Accepted | Meaning::Unknown => {
                self.say_offline();
                if let Some(pending) = &mut self.pending {
                    browser::timer(TIMER_REPEAT, pause_ms(REPEAT_MS, pending.tries));
                    pending.tries = pending.tries.saturating_add(1);
                }
                self.live.hurry();
            }
        }
    }

    /// Giving an attempt up has an answer; status 0 is none.
    pub fn close_answered(&mut self, id: &str, status: u16, body: &JsValue) {
        match Meaning::of(status) {
            Meaning::Accepted if is_snapshot(body) => {
                browser::say("status-notice", "");
                self.apply(body);
            }
            Meaning::Elsewhere | Meaning::Refused(_) => {
                self.closing = None;
                self.apply(&get_value(body, "snapshot"));
                self.refresh();
                self.live.hurry();
            }
            Meaning::Accepted | Meaning::Unknown if self.closing.as_deref() == Some(id) => {
                self.say_offline();
                browser::timer(TIMER_REPEAT, REPEAT_MS * 2);
            }
            Meaning::Accepted | Meaning::Unknown => {}
        }
    }
}

fn is_snapshot(body: &JsValue) -> bool {
    Snapshot::read(body).is_some()
}

impl Frame {
    /// Repeats what had no answer.
    pub(crate) fn repeat(&mut self) {
        if let Some(pending) = &self.pending {
            pending.send();
        } else if let Some(id) = &self.closing {
            browser::send_close(id);
        }
    }

    /// The pending request needs no repeating any more.
    pub(crate) fn settled(&mut self) {
        self.pending = None;
        browser::timer(TIMER_REPEAT, 0);
        browser::say("status-notice", "");
    }

    /// `choice` is method, account and flow with spaces between them.
    fn start_attempt(&mut self, choice: &str, plain: Option<CardPlain>) {
        self.refusal = None;
        let mut parts = choice.split(' ');
        let (Some(method), Some(account)) = (parts.next(), parts.next()) else {
            return;
        };
        let Some(pending) = self.prepare(method, account, plain) else {
            self.refuse("notice.refused");
            return;
        };
        // The card was wiped in memory; now in the page: only the envelope is left.
        self.card.wipe();
        self.fresh = true;
        pending.send();
        self.pending = Some(pending);
        self.refresh();
    }

    fn prepare(&self, method: &str, account: &str, plain: Option<CardPlain>) -> Option<Pending> {
        let id = attempt::id_for(&self.order, method, account)?;
        let mut envelope = String::new();
        if let Some(card) = plain {
            let binding = Binding {
                order: &self.order,
                attempt: &id,
                account,
                amount_minor: self.amount_minor,
                currency: &self.currency,
            };
            envelope = attempt::sealed(&self.seal_key, &binding, &card).ok()?;
        }
        let (method, account) = (method.to_owned(), account.to_owned());
        Some(Pending {
            id,
            method,
            account,
            envelope,
            tries: 0,
        })
    }

    /// Nothing was started: back to the form, with the reason.
    fn refuse(&mut self, notice: &'static str) {
        self.refusal = Some(notice);
        // The same reason twice is said twice.
        self.shown = None;
        self.refresh();
    }

    fn say_offline(&self) {
        browser::say("status-notice", "notice.offline");
        browser::announce("notice.offline", "");
    }
}

impl Pending {
    fn send(&self) {
        browser::send_start(&self.id, &self.method, &self.account, &self.envelope);
    }
}
