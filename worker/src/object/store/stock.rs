//! How many pieces are left of products that are counted, and who holds some.
//!
//! In scope: counting, in the one object that a store has. Out of scope: prices; what a refund
//! brings back, which the shop counts by hand.
//!
//! `stock` has a row for each product that is counted: how many can still be sold, and how many
//! orders have taken, less what came back. An order takes its pieces out before it is made
//! (*held*). Once it is paid they stay out (*sold*), once it ends without payment they come back
//! (*returned*). The order's till is the truth of which: it owes the store the news as it owes a
//! channel its effects, and repeats it until it was heard. So:
//!
//! - Two who want the last piece: both are asked here, one after the other, and a row that is out
//!   cannot be taken out twice. Nothing is oversold.
//! - A repeated call finds the rows of its order, and changes nothing.
//! - News overtake each other: they carry the order's version, and old ones are not heard.
//! - A crash after the pieces were taken out and before the order was made: nobody will ever bring
//!   news. When `until` has passed, which is after the order would have expired, whoever takes
//!   pieces next is told of it, asks the till, and settles what the till says: an order that is not
//!   there returns its pieces, and will never be there: a till makes no order that holds pieces
//!   after its expiry. Time alone returns nothing, because the till may be late.
//! - A crash after the order was made, before the maker heard of it: the order is there and will
//!   expire, and its till tells.
//! - A crash of the till between an order's end and the news: the row that owes them was written
//!   with the end.
//! - An expired order that is paid after all takes its pieces again; there may be fewer left, and
//!   then the count stays at zero: the payment was accepted by the shop's own rule.

use causeway_shared::id::OrderId;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::StoreAnswer;
use crate::sql::{Sql, SqlError};

/// A price as it is stored, with its count.
pub(super) const DOC: &str = "CASE WHEN stock.pieces IS NULL THEN doc
    ELSE json_set(doc, '$.stock', stock.pieces, '$.stock_taken', stock.taken) END";

/// How many orders are told of at once, of which no news came.
const MAX_LAPSED: i64 = 5;
/// Seconds until such an order is told of again.
const AGAIN_S: i64 = 600;
/// How long it is remembered what became of an order's pieces, in seconds: longer than a payment
/// can be late.
const MEMORY_S: i64 = 90 * 24 * 3600;

/// What is asked about stock.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockCall {
    /// Take pieces out for an order that is about to be made.
    Hold {
        /// The order.
        order: OrderId,
        /// When it will certainly be over, if it is not paid.
        until: UnixTime,
        /// Sku and quantity, each sku once. Products that are not counted cost nothing.
        items: Vec<(String, u32)>,
    },
    /// Hear what became of an order.
    Settle {
        /// The order.
        order: OrderId,
        /// Its version at that time.
        version: u64,
        /// Whether it is paid; else it ended without.
        sold: bool,
    },
}

/// The answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAnswer {
    /// Whether the order holds any pieces.
    pub holds: bool,
    /// A product of which there are too few, and how many there are. Nothing was taken out then.
    pub short: Option<(String, u32)>,
    /// Orders that should be over, and of which nothing was heard.
    pub lapsed: Vec<OrderId>,
}

pub(super) fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    for statement in [
        "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, pieces INTEGER NOT NULL,
         taken INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS held (order_id TEXT NOT NULL, sku TEXT NOT NULL,
         quantity INTEGER NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL,
         until INTEGER NOT NULL, PRIMARY KEY (order_id, sku)) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS held_by_time ON held (state, until)",
    ] {
        sql.run(statement, &[])?;
    }
    Ok(())
}

/// Sets how many pieces there are of a product, or that it is not counted.
pub(super) fn put(sql: &dyn Sql, sku: &str, pieces: Option<u32>) -> Result<(), SqlError> {
    let statement = match pieces {
        Some(_) => {
            "INSERT INTO stock (sku, pieces) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET pieces = excluded.pieces"
        }
        None => "DELETE FROM stock WHERE sku = ?1 AND ?2 IS NULL",
    };
    sql.run(statement, &[sku.into(), pieces.map(i64::from).into()])?;
    Ok(())
}

/// Whether any product is counted.
pub(super) fn counts_any(sql: &dyn Sql) -> Result<bool, SqlError> {
    let rows = super::missing_is_empty(sql.run("SELECT 1 FROM stock LIMIT 1", &[]))?;
    Ok(!rows.is_empty())
}

pub(super) fn call(sql: &dyn Sql, now: UnixTime, call: StockCall) -> Result<StoreAnswer, SqlError> {
    let answer = match call {
        StockCall::Hold {
            order,
            until,
            items,
        } => hold(sql, now, &order, until, &items)?,
        StockCall::Settle {
            order,
            version,
            sold,
        } => {
            settle(sql, &order, version, sold)?;
            answer(false, None)
        }
    };
    Ok(StoreAnswer::Stock(answer))
}

fn answer(holds: bool, short: Option<(String, u32)>) -> StockAnswer {
    StockAnswer {
        holds,
        short,
        lapsed: Vec::new(),
    }
}

fn hold(
    sql: &dyn Sql,
    now: UnixTime,
    order: &OrderId,
    until: UnixTime,
    items: &[(String, u32)],
) -> Result<StockAnswer, SqlError> {
    let known = "SELECT 1 FROM held WHERE order_id = ?";
    if !sql.run(known, &[order.as_str().into()])?.is_empty() {
        return Ok(answer(true, None));
    }
    let lapsed = lapsed(sql, now)?;
    let wanted = serde_json::to_string(items)?;
    let rows = sql.run(
        "SELECT sku, pieces FROM json_each(?1) JOIN stock ON sku = json_extract(value, '$[0]')
         WHERE pieces < json_extract(value, '$[1]') ORDER BY key LIMIT 1",
        &[wanted.as_str().into()],
    )?;
    if let Some(row) = rows.first() {
        let left = u32::try_from(row.integer(1)?).unwrap_or(0);
        let mut answer = answer(false, Some((row.text(0)?.to_owned(), left)));
        answer.lapsed = lapsed;
        return Ok(answer);
    }
    let taken = sql.run(
        "INSERT INTO held (order_id, sku, quantity, state, version, until)
         SELECT ?2, sku, json_extract(value, '$[1]'), 'held', 0, ?3
         FROM json_each(?1) JOIN stock ON sku = json_extract(value, '$[0]') RETURNING sku",
        &[wanted.into(), order.as_str().into(), until.millis().into()],
    )?;
    sql.run(
        "UPDATE stock SET pieces = pieces - quantity, taken = taken + quantity FROM held
         WHERE held.order_id = ?1 AND held.sku = stock.sku",
        &[order.as_str().into()],
    )?;
    let mut answer = answer(!taken.is_empty(), None);
    answer.lapsed = lapsed;
    Ok(answer)
}

/// Orders that should be over, and of which nothing was heard. What is long settled is forgotten.
fn lapsed(sql: &dyn Sql, now: UnixTime) -> Result<Vec<OrderId>, SqlError> {
    let long_ago = now.plus_seconds(-MEMORY_S).millis();
    sql.run(
        "DELETE FROM held WHERE state IN ('returned', 'sold') AND until < ?",
        &[long_ago.into()],
    )?;
    let rows = sql.run(
        "UPDATE held SET until = ?2 WHERE state = 'held' AND order_id IN (
             SELECT DISTINCT order_id FROM held WHERE state = 'held' AND until < ?1 LIMIT ?3)
         RETURNING order_id",
        &[
            now.millis().into(),
            now.plus_seconds(AGAIN_S).millis().into(),
            MAX_LAPSED.into(),
        ],
    )?;
    let mut orders = Vec::new();
    for row in &rows {
        let order = OrderId::parse(row.text(0)?).map_err(|e| SqlError(e.to_string()))?;
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    Ok(orders)
}

/// Brings an order's pieces back, or keeps them out. What was sold stays sold.
fn settle(sql: &dyn Sql, order: &OrderId, version: u64, sold: bool) -> Result<(), SqlError> {
    let (from, to, change) = match sold {
        // From what was held, nothing changes: it is out already.
        true => (
            "returned",
            "sold",
            "pieces = max(0, pieces - quantity), taken = taken + quantity",
        ),
        // Of a product that was deleted and is there again, fewer may have been taken.
        false => (
            "held",
            "returned",
            "pieces = pieces + quantity, taken = max(0, taken - quantity)",
        ),
    };
    let version = i64::try_from(version).unwrap_or(i64::MAX >> 11);
    let heard = "held.order_id = ?1 AND held.version <= ?2";
    let values = [order.as_str().into(), version.into()];
    sql.run_made(
        &format!(
            "UPDATE stock SET {change} FROM held
             WHERE held.sku = stock.sku AND held.state = '{from}' AND {heard}"
        ),
        &values,
    )?;
    sql.run_made(
        &format!(
            "UPDATE held SET state = '{to}', version = ?2
             WHERE {heard} AND state IN ('held', '{from}')"
        ),
        &values,
    )?;
    Ok(())
}
