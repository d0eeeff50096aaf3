//! Settings, prices, operators and the audit log on an ordinary SQLite.

mod operators;
mod passkeys;
mod prices;
mod reminders;
mod sealing;
mod sessions;
mod stock;
mod uses;

use super::prices::MAX_PRICES;
use super::*;
use crate::object::till::tests::Sqlite;

#[test]
fn asking_for_a_store_that_nobody_set_up_stores_nothing() {
    let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    let now = UnixTime::from_seconds(0);
    let ask = |call_: StoreCall| {
        let request = serde_json::to_string(&call_).unwrap();
        call(&sql, now, &request).unwrap()
    };
    let tables = || sql.run("SELECT name FROM sqlite_master", &[]).unwrap();
    assert!(ask(StoreCall::Read).contains("\"version\":0"));
    assert!(tables().is_empty());
    let sku = "no such".to_owned();
    assert_eq!(
        ask(StoreCall::RemovePrice {
            actor: Actor::owner(),
            sku
        }),
        "\"not_found\""
    );
    assert!(!tables().is_empty());
    assert!(ask(StoreCall::Read).contains("\"version\":0"));
}

#[test]
fn a_price_book_has_a_size_that_can_be_read() {
    let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    let price = serde_json::json!({ "sku": "1", "name": "x".repeat(1_000_000), "prices": [] });
    let request =
        serde_json::json!({ "put_price": { "actor": Actor::owner(), "price": price } }).to_string();
    let put = |n: i64| {
        let request = request.replace("\"1\"", &format!("\"{n}\""));
        call(&sql, UnixTime::from_seconds(0), &request).unwrap()
    };
    let refused = (1..20).find(|n| put(*n).contains("full"));
    assert!(!put(1).contains("full"), "a new price of the same size");
    assert_eq!(refused, Some(8));
}

#[test]
fn a_full_price_book_takes_a_new_price_and_no_new_product() {
    let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    let put = |n: i64, name: &str| {
        let price = serde_json::json!({ "sku": n.to_string(), "name": name, "prices": [] });
        let request =
            serde_json::json!({ "put_price": { "actor": Actor::owner(), "price": price } })
                .to_string();
        call(&sql, UnixTime::from_seconds(0), &request).unwrap()
    };
    assert!(put(1, "Tea").contains("Tea"));
    let fill = "INSERT INTO prices (sku, doc)
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        SELECT i, '' FROM n";
    sql.run(fill, &[MAX_PRICES.into()]).unwrap();
    assert!(put(MAX_PRICES + 1, "Tea").contains("full"));
    assert!(put(1, "Coffee").contains("Coffee"));
}
