//! The frame as a whole: what happened comes in, what the browser has to do goes out.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::browser::{self, get};
use crate::card_form::{CardForm, Which};
use crate::live::{Live, TIMER_ASK, TIMER_PING};
use crate::pay::{Pending, TIMER_REPEAT};
use crate::snapshot::{Attempt, Snapshot};
use crate::view::{View, decide};
use crate::{attempt, show};

/// The timer that calls a wait long.
pub(crate) const TIMER_LONG: u8 = 3;
/// The timer that asks when the order's time is over.
const TIMER_EXPIRY: u8 = 4;
/// The longest time that a browser's timer reaches, in milliseconds.
const TIMER_MS_MAX: f64 = 2_147_000_000.0;

/// The frame, as the page's script holds it.
#[wasm_bindgen]
pub struct Frame {
    pub(crate) order: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) seal_key: String,
    pub(crate) card: CardForm,
    pub(crate) live: Live,
    pub(crate) latest: Option<Snapshot>,
    pub(crate) shown: Option<View>,
    /// The attempt whose request has no answer yet.
    pub(crate) pending: Option<Pending>,
    /// The attempt that the shopper gave up.
    pub(crate) closing: Option<String>,
    /// The attempt that goes on by itself, because it was started here and now.
    pub(crate) fresh: bool,
    /// Why the last try could not be started: the key of a text.
    pub(crate) refusal: Option<&'static str>,
    /// Whether the shopper has acted here: only then may the focus move.
    pub(crate) engaged: bool,
    /// What the shop's page was told last, so that it hears everything once.
    told: [String; 3],
}

impl Frame {
    /// The frame of a page, from what the worker wrote into it; `None` if it wrote nothing.
    pub fn adopt(data: &JsValue) -> Option<Self> {
        Some(Self {
            order: get(data, "order_id")?,
            amount_minor: get(data, "amount_minor")?.parse().ok()?,
            currency: get(data, "currency")?,
            seal_key: get(data, "seal.public_key").unwrap_or_default(),
            card: CardForm::default(),
            live: Live::new(
                get(data, "poll_ms")
                    .and_then(|ms| ms.parse().ok())
                    .unwrap_or(2000),
            ),
            latest: None,
            shown: None,
            pending: None,
            closing: None,
            fresh: false,
            refusal: None,
            engaged: false,
            told: Default::default(),
        })
    }

    /// Shows what the latest snapshot asks for.
    pub(crate) fn refresh(&mut self) {
        let Some(latest) = &self.latest else { return };
        let mut view = decide(latest, self.pending.is_some(), self.closing.as_deref());
        if let (View::Form(alert), Some(refusal)) = (&mut view, self.refusal) {
            refusal.clone_into(alert);
        }
        if self.shown.as_ref() != Some(&view) {
            show::show(self, &view);
            self.shown = Some(view);
        }
    }

    /// What an attempt's news mean for what was remembered.
    fn settle(&mut self, attempt: &Attempt) {
        if self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.id == attempt.id)
        {
            // The worker knows it: from here on the snapshots tell.
            self.settled();
        }
        if attempt.is_over() && self.pending.is_none() {
            attempt::forget(&self.order);
        }
        if self.closing.as_ref().is_some_and(|id| *id != attempt.id) {
            self.closing = None;
        }
    }

    /// Tells the shop's page what changed.
    fn tell(&mut self, snapshot: &Snapshot) {
        let (id, method, state) = match &snapshot.attempt {
            Some(attempt) => (
                attempt.id.as_str(),
                attempt.method.as_str(),
                attempt.state.as_str(),
            ),
            None => ("", "", ""),
        };
        let now = [snapshot.state.as_str(), id, state];
        if self.told == now {
            return;
        }
        let is_news = self.told[0] != snapshot.state;
        self.told = now.map(str::to_owned);
        browser::tell_change(&snapshot.state, method, state);
        // A decline is told once: the attempt stays declined.
        if let Some(reason) = snapshot.attempt.as_ref().and_then(|a| a.decline.as_deref()) {
            browser::tell("failed", "reason", reason);
        }
        match snapshot.state.as_str() {
            "paid" if is_news => browser::tell("paid", "order", &self.order),
            "cancelled" if is_news => browser::tell("cancelled", "", ""),
            "expired" if is_news => browser::tell("failed", "reason", "expired"),
            _ => {}
        }
    }
}

#[wasm_bindgen]
impl Frame {
    /// Begins with the snapshot that came with the page. Returns whether it was one.
    pub fn begin(&mut self, snapshot: &JsValue) -> bool {
        if browser::has("number") {
            self.card.adopt();
        }
        self.apply(snapshot);
        // An order at rest is not watched.
        self.live.connect();
        self.latest.is_some()
    }

    /// Takes a snapshot in. An older one than the latest is passed over.
    pub fn apply(&mut self, value: &JsValue) {
        let Some(snapshot) = Snapshot::read(value) else {
            return;
        };
        if self
            .latest
            .as_ref()
            .is_some_and(|latest| snapshot.version < latest.version)
        {
            return;
        }
        browser::note(value);
        if let Some(attempt) = &snapshot.attempt {
            self.settle(attempt);
        }
        if snapshot.is_final() {
            self.settled();
            attempt::forget(&self.order);
            self.live.end();
            browser::timer(TIMER_EXPIRY, 0);
        } else {
            // The worker's clock decides, not this one: it is asked once the time is over.
            let ms = browser::left_ms();
            let ms = if ms > 0.0 && ms < TIMER_MS_MAX {
                ms as u32 + 1000
            } else {
                0
            };
            browser::timer(TIMER_EXPIRY, ms);
        }
        self.tell(&snapshot);
        self.latest = Some(snapshot);
        self.refresh();
    }

    /// Something was typed into the field at this place.
    pub fn typed(&mut self, place: u8) {
        if let Some(which) = Which::at(place) {
            self.card.typed(which);
        }
    }

    /// The field at this place was left.
    pub fn left(&mut self, place: u8) {
        if let Some(which) = Which::at(place) {
            self.card.left(which);
        }
    }

    /// The socket is open.
    pub fn opened(&mut self) {
        self.live.opened();
    }

    /// The socket said something; `null` if it was no snapshot.
    pub fn heard(&mut self, snapshot: &JsValue) {
        self.live.heard();
        self.apply(snapshot);
    }

    /// The socket is gone.
    pub fn lost(&mut self) {
        self.live.lost();
    }

    /// The question for the status has an answer; status 0 is none.
    pub fn asked(&mut self, status: u16, body: &JsValue) {
        let is_good = status == 200;
        if is_good {
            self.apply(body);
        }
        self.live.asked(is_good);
    }

    /// Something may have changed: the browser is back on the net or in front.
    pub fn hurry(&mut self) {
        self.live.hurry();
    }

    /// A timer has run out.
    pub fn fired(&mut self, name: u8) {
        match name {
            TIMER_ASK | TIMER_PING => self.live.fired(name),
            TIMER_REPEAT => self.repeat(),
            TIMER_LONG => {
                browser::say("status-text", "wait.long");
                browser::announce("wait.long", "");
            }
            _ => self.live.hurry(),
        }
    }

    /// The code's time is over.
    pub fn code_expired(&mut self) {
        show::code_expired();
    }
}
