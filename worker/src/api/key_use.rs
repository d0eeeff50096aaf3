//! Noting on which day a key was last used: once for each key, day and isolate, after the answer.

use std::cell::RefCell;
use std::collections::HashMap;

use causeway_shared::id::StoreId;
use serde_json::json;

use crate::app::App;
use crate::object::store::uses::{UseCall, day};
use crate::random::now;

/// The most keys that are remembered; beyond it some are noted again.
const MAX_KEYS: usize = 10_000;

thread_local! {
    /// The day on which each key was last noted.
    static NOTED: RefCell<HashMap<String, i64>> = RefCell::new(HashMap::new());
}

/// Notes that a key is used. Costs the request nothing but a look into memory.
pub fn note(app: &App, store: &StoreId, key: &str) {
    if !is_first(key, day(now())) {
        return;
    }
    let (background, store, key) = (app.clone(), store.clone(), key.to_owned());
    app.later(async move {
        let call = UseCall::Note { key: key.clone() };
        if let Err(error) = background.objects.uses(&store, call).await {
            // The next request tries again.
            NOTED.with(|noted| noted.borrow_mut().remove(&key));
            background.log("key_use_not_noted", json!({ "code": error.code() }));
        }
    });
}

/// Whether a key was not noted on this day yet; from now on it was.
fn is_first(key: &str, today: i64) -> bool {
    NOTED.with(|noted| {
        let mut noted = noted.borrow_mut();
        if noted.get(key) == Some(&today) {
            return false;
        }
        if noted.len() >= MAX_KEYS {
            noted.clear();
        }
        noted.insert(key.to_owned(), today);
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_noted_once_a_day() {
        assert!(is_first("key_1", 20_000));
        assert!(!is_first("key_1", 20_000));
        assert!(is_first("key_2", 20_000));
        assert!(is_first("key_1", 20_001));
        assert!(!is_first("key_1", 20_001));
    }

    #[test]
    fn so_many_keys_are_remembered() {
        for n in 0..=MAX_KEYS {
            assert!(is_first(&format!("key_{n}"), 1));
        }
        assert!(NOTED.with(|noted| noted.borrow().len()) <= MAX_KEYS);
    }
}
