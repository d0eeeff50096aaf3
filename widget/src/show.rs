//! Writing a [`View`] into the page.

use crate::browser::{self, show_panel};
use crate::frame::{Frame, TIMER_LONG};
use crate::view::View;

/// After how long a wait is called long, in milliseconds.
const LONG_MS: u32 = 20_000;
/// The way out of an attempt that waits for the shopper.
const OTHER: &str = "other.method";

/// Shows a view. The focus follows where the shopper has acted.
pub(crate) fn show(frame: &mut Frame, view: &View) {
    if matches!(frame.shown, Some(View::Challenge(_))) {
        browser::close_challenge();
    }
    browser::hide_code();
    browser::timer(TIMER_LONG, 0);
    match view {
        View::Form(alert) => return show_form(frame, alert),
        View::Wait | View::Challenge(_) => panel("wait", "", "", ""),
        View::Closing => panel("closing", "", "", ""),
        View::Leave(_) => panel("leave", "", "", OTHER),
        View::Bridge(_) => panel("bridge", "", "bridge.go", OTHER),
        View::Qr(_) => panel("qr", "qr.hint", "", OTHER),
        View::Ended(state) => panel(state, paid_by(frame, state), "", ""),
    }
    if frame.engaged {
        browser::focus("status");
    }
    begin(frame, view);
}

/// What goes with a view besides its words. An attempt that was started here goes on by itself,
/// once.
fn begin(frame: &mut Frame, view: &View) {
    let goes_on = match view {
        View::Leave(_) | View::Bridge(_) => std::mem::take(&mut frame.fresh),
        _ => false,
    };
    match view {
        View::Wait => browser::timer(TIMER_LONG, LONG_MS),
        View::Qr(_) => {
            if !browser::show_code() {
                code_expired();
            }
        }
        View::Challenge(href) => browser::open_challenge(href),
        View::Leave(href) => {
            browser::show_leave(href);
            if goes_on {
                // Where it cannot leave by itself, the link is there.
                browser::leave(href);
            }
        }
        View::Bridge(_) if goes_on => browser::call_bridge(),
        View::Ended(_) => browser::show_return(),
        View::Bridge(_) | View::Closing | View::Form(_) => {}
    }
}

/// The code's time is over: offers a new one.
pub(crate) fn code_expired() {
    browser::hide_code();
    show_panel(
        "qr-expired",
        "qr.title",
        "qr.expired",
        "",
        "qr.refresh",
        OTHER,
    );
    browser::announce("qr.expired", "");
}

fn show_form(frame: &Frame, alert: &str) {
    if !alert.is_empty()
        && let Some(attempt) = frame.latest.as_ref().and_then(|s| s.attempt.as_ref())
    {
        browser::choose(&attempt.method);
    }
    // A reason that only a newer worker knows.
    let is_known = alert.is_empty() || browser::knows(alert);
    browser::show_form(if is_known {
        alert
    } else {
        "decline.card_declined"
    });
    if frame.engaged && !alert.is_empty() {
        browser::focus("alert");
    }
}

/// A panel whose heading and text are those of its kind.
fn panel(kind: &str, hint: &str, again: &str, other: &str) {
    let title = [kind, ".title"].concat();
    let text = [kind, ".text"].concat();
    show_panel(kind, &title, &text, hint, again, other);
    browser::announce(&title, &text);
}

fn paid_by(frame: &Frame, state: &str) -> &'static str {
    let attempt = frame
        .latest
        .as_ref()
        .and_then(|snapshot| snapshot.attempt.as_ref());
    if state == "paid" && attempt.is_some_and(|attempt| attempt.has_card) {
        "paid.card"
    } else {
        ""
    }
}
