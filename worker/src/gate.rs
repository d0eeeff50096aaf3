//! How often something may be asked, counted in the isolate, so that it costs no call.
//!
//! Limits that have to hold everywhere (attempts, carts, wrong keys) are kept by counter objects.
//! These only hold off one who would keep an isolate, and the objects behind it, busy.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use causeway_shared::id::{AccountId, OrderId};
use causeway_shared::time::UnixTime;

use crate::error::AppError;

/// Requests per order, minute and isolate. A frame that polls makes 30.
const PER_ORDER: u32 = 1_200;

/// Calls of tills per API key, minute and isolate: a thousand a second, which is what one till can
/// take. A list asks all tills of the store.
const PER_KEY: u32 = 60_000;

/// False notices per account, address, minute and isolate. Only those count: a stranger who sends
/// them cannot use up what the channel, which has another address, may send.
const FALSE_NOTICES: u32 = 60;

/// The most names that one minute counts; an attacker with many must not fill the memory.
const MAX_NAMES: usize = 10_000;

thread_local! {
    static GATES: RefCell<Gates> = RefCell::default();
}

#[derive(Default)]
struct Gates {
    orders: Gate<OrderId>,
    keys: Gate<String>,
    notices: Gate<(Option<AccountId>, String)>,
}

/// What came in this minute.
struct Gate<K> {
    minute: i64,
    counts: HashMap<K, u32>,
}

impl<K> Default for Gate<K> {
    fn default() -> Self {
        Self {
            minute: 0,
            counts: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash> Gate<K> {
    /// Counts, and returns the count.
    fn count(&mut self, who: K, weight: u32, now: UnixTime) -> u32 {
        self.turn(now);
        if self.counts.len() >= MAX_NAMES && !self.counts.contains_key(&who) {
            return weight;
        }
        let count = self.counts.entry(who).or_default();
        *count = count.saturating_add(weight);
        *count
    }

    /// The count so far.
    fn counted(&mut self, who: &K, now: UnixTime) -> u32 {
        self.turn(now);
        self.counts.get(who).copied().unwrap_or(0)
    }

    fn turn(&mut self, now: UnixTime) {
        let minute = now.seconds().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.counts.clear();
        }
    }
}

/// Counts a request with an order's token.
///
/// # Errors
/// [`AppError::TooMany`].
pub fn pass_order(order: &OrderId, now: UnixTime) -> Result<(), AppError> {
    let count = GATES.with(|g| g.borrow_mut().orders.count(order.clone(), 1, now));
    within(count, PER_ORDER, now)
}

/// Counts a request with a key that calls so many tills.
///
/// # Errors
/// [`AppError::TooMany`].
pub fn pass_key(hash: &str, tills: u32, now: UnixTime) -> Result<(), AppError> {
    let count = GATES.with(|g| g.borrow_mut().keys.count(hash.to_owned(), tills, now));
    within(count, PER_KEY, now)
}

/// Lets a notice pass unless too many from this address were false. Without an address (a `workerd`
/// that faces the channel itself) there is no limit: it could be turned against the channel.
///
/// # Errors
/// [`AppError::TooMany`].
pub fn pass_notice(
    account: Option<&AccountId>,
    address: Option<&str>,
    now: UnixTime,
) -> Result<(), AppError> {
    let Some(address) = address else {
        return Ok(());
    };
    let who = (account.cloned(), address.to_owned());
    let count = GATES.with(|g| g.borrow_mut().notices.counted(&who, now));
    within(count.saturating_add(1), FALSE_NOTICES, now)
}

/// Counts a notice that was false; without an account one for an account that is not known.
pub fn count_false_notice(account: Option<&AccountId>, address: Option<&str>, now: UnixTime) {
    if let Some(address) = address {
        let who = (account.cloned(), address.to_owned());
        GATES.with(|g| g.borrow_mut().notices.count(who, 1, now));
    }
}

fn within(count: u32, most: u32, now: UnixTime) -> Result<(), AppError> {
    if count <= most {
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
    use causeway_shared::id::{StoreId, Till};

    const AT: UnixTime = UnixTime::from_seconds(120);

    #[test]
    fn one_order_is_held_off_for_the_rest_of_the_minute_and_no_other() {
        let order = |n| OrderId::make(1, Till::new(0).unwrap(), [n; 10]);
        for _ in 0..PER_ORDER {
            assert!(pass_order(&order(1), AT).is_ok());
        }
        let held = pass_order(&order(1), AT.plus_seconds(50)).unwrap_err();
        assert!(matches!(held, AppError::TooMany { retry_after_s: 10 }));
        assert!(pass_order(&order(2), AT).is_ok());
        assert!(pass_order(&order(1), AT.plus_seconds(60)).is_ok());
    }

    #[test]
    fn a_key_has_so_many_calls_of_tills() {
        for _ in 0..60 {
            assert!(pass_key("a", 1_000, AT).is_ok());
        }
        assert!(pass_key("a", 1, AT).is_err());
        assert!(pass_key("b", 1, AT).is_ok());
        assert!(pass_key("a", 1, AT.plus_seconds(60)).is_ok());
    }

    #[test]
    fn false_notices_hold_off_their_sender_at_their_account_alone() {
        let account = |n| AccountId::make(&StoreId::parse("tea").unwrap(), [n; 8]);
        let pass = |n, from: Option<&str>| pass_notice(Some(&account(n)), from, AT).is_ok();
        let stranger = Some("203.0.113.1");
        for _ in 0..FALSE_NOTICES {
            assert!(pass(1, stranger));
            count_false_notice(Some(&account(1)), stranger, AT);
            count_false_notice(Some(&account(1)), None, AT);
        }
        assert!(!pass(1, stranger));
        assert!(pass(1, Some("198.51.100.1")), "the channel itself");
        assert!(pass(2, stranger));
        assert!(pass(1, None));
        for _ in 0..1_000 {
            assert!(pass(1, Some("198.51.100.1")), "true notices do not count");
        }
    }

    #[test]
    fn an_attacker_with_many_names_does_not_fill_the_memory() {
        let mut gate = Gate::default();
        for n in 0..2 * MAX_NAMES {
            gate.count(n, 1, AT);
        }
        assert_eq!(gate.counts.len(), MAX_NAMES);
        assert_eq!(gate.count(0, 1, AT), 2);
    }
}
