//! The price book: a row for each product.

use std::collections::BTreeMap;

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::StoreAnswer;
use super::audit::{self, Entry};
use super::model::Price;
use super::stock;
use crate::actor::Actor;
use crate::sql::{Sql, SqlError};

/// The most products of a price book.
pub const MAX_PRICES: i64 = 10_000;
/// The most bytes of a price book.
const MAX_BOOK: i64 = 8_000_000;

/// Many prices at once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Book {
    /// The prices, each sku once.
    pub prices: Vec<Price>,
    /// Whether products that are not among them stay.
    pub keep_others: bool,
    /// Whether it is only counted what would change.
    pub dry_run: bool,
}

/// How many products a new book changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookCounts {
    /// New ones.
    pub added: u32,
    /// Those that have another price, name or picture now.
    pub changed: u32,
    /// Those that are gone.
    pub removed: u32,
    /// Those that are as they were.
    pub unchanged: u32,
}

/// Sets many prices, or none where the book would become too large.
pub(super) fn put_book(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    book: Book,
) -> Result<StoreAnswer, SqlError> {
    let mut known = BTreeMap::new();
    let doc = stock::DOC;
    let all = format!("SELECT sku, {doc} FROM prices LEFT JOIN stock USING (sku)");
    for row in sql.run_made(&all, &[])? {
        known.insert(row.text(0)?.to_owned(), row.text(1)?.to_owned());
    }
    let mut counts = BookCounts::default();
    let (mut count, mut size) = (0, 0);
    let mut changes = Vec::new();
    for mut price in book.prices {
        let before = known.remove(&price.sku);
        let stored: Option<Price> = before.as_deref().map(json::from_str).transpose()?;
        price.count_from(stored.as_ref());
        (count, size) = (count + 1, size + serde_json::to_string(&price)?.len());
        match &before {
            Some(before) if is_same(before, &price) => {
                counts.unchanged += 1;
                continue;
            }
            Some(_) => counts.changed += 1,
            None => counts.added += 1,
        }
        changes.push((price.sku.clone(), before, Some(price)));
    }
    if book.keep_others {
        count += known.len();
        size += known.values().map(String::len).sum::<usize>();
        counts.unchanged += u32::try_from(known.len()).unwrap_or(u32::MAX);
    } else {
        counts.removed = u32::try_from(known.len()).unwrap_or(u32::MAX);
        changes.extend(known.into_iter().map(|(sku, doc)| (sku, Some(doc), None)));
    }
    if let Some(refused) = too_large(count, size) {
        return Ok(refused);
    }
    if !book.dry_run {
        for (sku, before, after) in changes {
            store(sql, now, actor, &sku, before.as_deref(), after.as_ref())?;
        }
    }
    Ok(StoreAnswer::Book(counts))
}

/// Whether nothing changes: the order of currencies says nothing.
fn is_same(doc: &str, price: &Price) -> bool {
    let sorted = |price: &Price| {
        let mut price = price.clone();
        price.prices.sort_by_key(|money| money.currency());
        price
    };
    json::from_str(doc).is_ok_and(|known: Price| sorted(&known) == sorted(price))
}

fn too_large(count: usize, size: usize) -> Option<StoreAnswer> {
    let (count, size) = (i64::try_from(count).ok(), i64::try_from(size).ok());
    let detail = if count.is_none_or(|count| count > MAX_PRICES) {
        "the price book would have more than 10000 products"
    } else if size.is_none_or(|size| size > MAX_BOOK) {
        "the price book would have more than 8000000 bytes"
    } else {
        return None;
    };
    Some(StoreAnswer::Refused {
        detail: detail.to_owned(),
    })
}

/// Writes or deletes one product, and records it.
fn store(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    sku: &str,
    before: Option<&str>,
    after: Option<&Price>,
) -> Result<(), SqlError> {
    let entry = Entry {
        actor,
        act: if after.is_some() {
            "price.put"
        } else {
            "price.delete"
        },
        target: sku,
        before: before.map(json::from_str).transpose()?,
        after: after.map(serde_json::to_value).transpose()?,
    };
    match after {
        Some(price) => write(sql, price)?,
        None => delete(sql, sku)?,
    }
    audit::record(sql, now, &entry)
}

pub(super) fn put(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    mut price: Price,
) -> Result<StoreAnswer, SqlError> {
    let before = find(sql, &price.sku)?;
    let stored: Option<Price> = before.as_ref().map(Price::deserialize).transpose()?;
    price.count_from(stored.as_ref());
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
    write(sql, &price)?;
    let entry = Entry {
        actor,
        act: "price.put",
        target: &price.sku,
        before,
        after: Some(serde_json::to_value(&price)?),
    };
    audit::record(sql, now, &entry)?;
    Ok(StoreAnswer::Prices {
        prices: vec![price],
    })
}

pub(super) fn remove(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    sku: &str,
) -> Result<StoreAnswer, SqlError> {
    let Some(before) = find(sql, sku)? else {
        return Ok(StoreAnswer::NotFound);
    };
    delete(sql, sku)?;
    let entry = Entry {
        actor,
        act: "price.delete",
        target: sku,
        before: Some(before),
        after: None,
    };
    audit::record(sql, now, &entry)?;
    Ok(StoreAnswer::Prices { prices: Vec::new() })
}

/// The count stands in a table of its own, which orders change.
fn write(sql: &dyn Sql, price: &Price) -> Result<(), SqlError> {
    let doc = serde_json::to_string(price)?;
    sql.run(
        "INSERT OR REPLACE INTO prices (sku, doc)
         VALUES (?, json_remove(?, '$.stock', '$.stock_taken'))",
        &[price.sku.as_str().into(), doc.into()],
    )?;
    stock::put(sql, &price.sku, price.pieces())
}

fn delete(sql: &dyn Sql, sku: &str) -> Result<(), SqlError> {
    sql.run("DELETE FROM prices WHERE sku = ?", &[sku.into()])?;
    stock::put(sql, sku, None)
}

fn find(sql: &dyn Sql, sku: &str) -> Result<Option<serde_json::Value>, SqlError> {
    let doc = stock::DOC;
    let query = format!("SELECT {doc} FROM prices LEFT JOIN stock USING (sku) WHERE sku = ?");
    let rows = sql.run_made(&query, &[sku.into()])?;
    let row = rows.first();
    row.map_or(Ok(None), |row| Ok(json::from_str(row.text(0)?)?))
}

pub(super) fn read(sql: &dyn Sql, skus: &[String]) -> Result<Vec<Price>, SqlError> {
    let doc = stock::DOC;
    let rows = sql.run_made(
        &format!(
            "SELECT {doc} FROM prices LEFT JOIN stock USING (sku)
             WHERE ?1 = '[]' OR sku IN (SELECT value FROM json_each(?1)) ORDER BY sku"
        ),
        &[serde_json::to_string(skus)?.into()],
    )?;
    rows.iter()
        .map(|row| Ok(json::from_str(row.text(0)?)?))
        .collect()
}
