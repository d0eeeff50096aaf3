//! A store: what a merchant has set. Read by every isolate and cached there for a few seconds.
//!
//! Credentials and webhook secrets arrive here already sealed under the deployment's master key;
//! API keys arrive as hashes. Nothing in this database opens anything.

pub mod model;

use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use self::model::{Price, StoreChange, StoreConfig};
use crate::sql::{Sql, SqlError};

/// What is asked of a store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreCall {
    /// Change a setting.
    Change(Box<StoreChange>),
    /// Read all settings but the price book.
    Read,
    /// Set or replace a price.
    PutPrice(Price),
    /// Read prices: those named, or all when none is named.
    Prices {
        /// Which.
        skus: Vec<String>,
    },
    /// Delete a price.
    RemovePrice {
        /// Which.
        sku: String,
    },
}

/// A store's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreAnswer {
    /// The settings, after a change where there was one.
    Config(Box<StoreConfig>),
    /// There is no such thing to change.
    NotFound,
    /// The change does not fit.
    Refused {
        /// Why, in words for the merchant.
        detail: String,
    },
    /// The prices asked for, by sku.
    Prices {
        /// They.
        prices: Vec<Price>,
    },
}

/// The most products of a price book.
const MAX_PRICES: i64 = 10_000;
/// The most bytes of a price book.
const MAX_BOOK: i64 = 8_000_000;
/// The most bytes of all settings: SQLite takes two million in a row, and every isolate reads them.
const MAX_CONFIG: usize = 1_000_000;

/// Answers one call.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back.
pub fn call(sql: &dyn Sql, now: UnixTime, request: &str) -> Result<String, SqlError> {
    let call = serde_json::from_str(request)?;
    // Anybody can name a store that does not exist: asking for it must not store anything.
    if !matches!(call, StoreCall::Read) {
        make_tables(sql)?;
    }
    let answer = match call {
        StoreCall::Read => StoreAnswer::Config(Box::new(read(sql)?)),
        StoreCall::Change(change) => apply(sql, *change, now)?,
        StoreCall::PutPrice(price) => put_price(sql, price)?,
        StoreCall::Prices { skus } => StoreAnswer::Prices {
            prices: prices(sql, &skus)?,
        },
        StoreCall::RemovePrice { sku } => {
            let query = "DELETE FROM prices WHERE sku = ? RETURNING doc";
            let gone = sql.run(query, &[sku.into()])?;
            if gone.is_empty() {
                StoreAnswer::NotFound
            } else {
                StoreAnswer::Prices { prices: Vec::new() }
            }
        }
    };
    Ok(serde_json::to_string(&answer)?)
}

fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)",
        &[],
    )?;
    sql.run(
        "CREATE TABLE IF NOT EXISTS prices (sku TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID",
        &[],
    )?;
    Ok(())
}

fn read(sql: &dyn Sql) -> Result<StoreConfig, SqlError> {
    let rows = match sql.run("SELECT doc FROM config WHERE id = 1", &[]) {
        Err(error) if error.0.contains("no such table") => Vec::new(),
        rows => rows?,
    };
    rows.first().map_or(Ok(StoreConfig::default()), |row| {
        Ok(serde_json::from_str(row.text(0)?)?)
    })
}

fn apply(sql: &dyn Sql, change: StoreChange, now: UnixTime) -> Result<StoreAnswer, SqlError> {
    let mut config = read(sql)?;
    match config.apply(change, now) {
        Ok(true) => {
            config.version += 1;
            let doc = serde_json::to_string(&config)?;
            if doc.len() > MAX_CONFIG {
                return Ok(StoreAnswer::Refused {
                    detail: "all settings together may have 1000000 bytes".to_owned(),
                });
            }
            sql.run(
                "INSERT OR REPLACE INTO config (id, doc) VALUES (1, ?)",
                &[doc.into()],
            )?;
            Ok(StoreAnswer::Config(Box::new(config)))
        }
        Ok(false) => Ok(StoreAnswer::NotFound),
        Err(detail) => Ok(StoreAnswer::Refused {
            detail: detail.to_owned(),
        }),
    }
}

fn put_price(sql: &dyn Sql, price: Price) -> Result<StoreAnswer, SqlError> {
    // It is read whole.
    let doc = serde_json::to_string(&price)?;
    let others = sql.run(
        "SELECT coalesce(sum(length(doc)), 0) FROM prices WHERE sku <> ?",
        &[price.sku.as_str().into()],
    )?;
    let others = others.first().map_or(Ok(0), |row| row.integer(0))?;
    if others + i64::try_from(doc.len()).unwrap_or(MAX_BOOK) > MAX_BOOK {
        return Ok(StoreAnswer::Refused {
            detail: "the price book is full (8000000 bytes)".to_owned(),
        });
    }
    // What is in the book can always be priced anew.
    let count = sql.run(
        "SELECT count(*) FROM prices WHERE NOT EXISTS (SELECT 1 FROM prices WHERE sku = ?)",
        &[price.sku.as_str().into()],
    )?;
    if count.first().map_or(Ok(0), |row| row.integer(0))? >= MAX_PRICES {
        return Ok(StoreAnswer::Refused {
            detail: "the price book is full (10000)".to_owned(),
        });
    }
    sql.run(
        "INSERT OR REPLACE INTO prices (sku, doc) VALUES (?, ?)",
        &[price.sku.as_str().into(), doc.into()],
    )?;
    Ok(StoreAnswer::Prices {
        prices: vec![price],
    })
}

fn prices(sql: &dyn Sql, skus: &[String]) -> Result<Vec<Price>, SqlError> {
    let rows = sql.run(
        "SELECT doc FROM prices WHERE ?1 = '[]' OR sku IN (SELECT value FROM json_each(?1))
         ORDER BY sku",
        &[serde_json::to_string(skus)?.into()],
    )?;
    rows.iter()
        .map(|row| Ok(serde_json::from_str(row.text(0)?)?))
        .collect()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(ask(StoreCall::RemovePrice { sku }), "\"not_found\"");
        assert!(!tables().is_empty());
        assert!(ask(StoreCall::Read).contains("\"version\":0"));
    }

    #[test]
    fn a_price_book_has_a_size_that_can_be_read() {
        let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
        let price = serde_json::json!({ "sku": "1", "name": "x".repeat(1_000_000), "prices": [] });
        let request = serde_json::json!({ "put_price": price }).to_string();
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
            let request = serde_json::json!({ "put_price": price }).to_string();
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
}
