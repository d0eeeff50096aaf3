//! When API keys were used: to the day, and in a table of its own.

use causeway_shared::time::UnixTime;

use crate::object::store::uses::UseCall;
use crate::object::store::{StoreAnswer, StoreCall, call};
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

const DAY_S: i64 = 24 * 3600;

fn ask(sql: &Sqlite, at: i64, what: UseCall) -> Vec<(String, i64)> {
    let request = serde_json::to_string(&StoreCall::Uses(what)).unwrap();
    let answer = call(sql, UnixTime::from_seconds(at), &request).unwrap();
    let StoreAnswer::Uses(uses) = serde_json::from_str(&answer).unwrap() else {
        panic!("{answer}")
    };
    uses.into_iter()
        .map(|(key, at)| (key, at.seconds()))
        .collect()
}

#[test]
fn a_key_was_used_on_the_latest_day_that_was_noted() {
    let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    let tables = || {
        sql.run("SELECT name FROM sqlite_master", &[])
            .unwrap()
            .len()
    };
    assert!(ask(&sql, 0, UseCall::Read).is_empty());
    assert_eq!(tables(), 0, "asking stores nothing");
    let note = |key: &str, at| {
        let key = key.to_owned();
        ask(&sql, at, UseCall::Note { key })
    };
    note("key_1", 3 * DAY_S + 5);
    assert_eq!(
        note("key_1", 4 * DAY_S - 1),
        [("key_1".to_owned(), 3 * DAY_S)]
    );
    note("key_2", 5 * DAY_S);
    // An isolate whose clock is behind takes nothing back.
    note("key_2", 4 * DAY_S);
    note("key_1", 4 * DAY_S);
    assert_eq!(
        ask(&sql, 9 * DAY_S, UseCall::Read),
        [
            ("key_1".to_owned(), 4 * DAY_S),
            ("key_2".to_owned(), 5 * DAY_S)
        ]
    );
    assert_eq!(tables(), 1);
}
