//! How often one client token may be used: counted in the isolate, so that it costs no call.
//!
//! Attempts have a strict limit of their own, kept by a counter object. This one only holds off a
//! holder of a genuine token who would keep a till, and with it other shoppers, busy.

use std::cell::RefCell;
use std::collections::HashMap;

use causeway_shared::id::OrderId;
use causeway_shared::time::UnixTime;

use crate::error::AppError;

/// Requests per order, minute and isolate. A frame that polls makes 30.
const PER_MINUTE: u32 = 1_200;

thread_local! {
    static GATE: RefCell<Gate> = RefCell::default();
}

/// What came in this minute.
#[derive(Default)]
struct Gate {
    minute: i64,
    counts: HashMap<OrderId, u32>,
}

impl Gate {
    fn admits(&mut self, order: &OrderId, now: UnixTime) -> bool {
        let minute = now.seconds() / 60;
        if minute != self.minute {
            self.minute = minute;
            self.counts.clear();
        }
        let count = self.counts.entry(order.clone()).or_default();
        *count = count.saturating_add(1);
        *count <= PER_MINUTE
    }
}

/// Counts a request.
///
/// # Errors
/// [`AppError::TooMany`].
pub(super) fn pass(order: &OrderId, now: UnixTime) -> Result<(), AppError> {
    if GATE.with(|gate| gate.borrow_mut().admits(order, now)) {
        return Ok(());
    }
    let left_s = 60 - now.seconds().rem_euclid(60);
    Err(AppError::TooMany {
        retry_after_s: u32::try_from(left_s).unwrap_or(60),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_shared::id::Till;

    #[test]
    fn one_order_is_held_off_for_the_rest_of_the_minute_and_no_other() {
        let order = |n| OrderId::make(1, Till::new(0).unwrap(), [n; 10]);
        let mut gate = Gate::default();
        let at = UnixTime::from_seconds(120);
        for _ in 0..PER_MINUTE {
            assert!(gate.admits(&order(1), at));
        }
        assert!(!gate.admits(&order(1), at.plus_seconds(59)));
        assert!(gate.admits(&order(2), at));
        assert!(gate.admits(&order(1), at.plus_seconds(60)));
    }
}
