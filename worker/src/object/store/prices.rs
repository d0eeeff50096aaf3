//! The price book: a row for each product.

use std::collections::BTreeMap;

use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::StoreAnswer;
use super::audit::{self, Entry};
use super::model::Price;
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
    for row in sql.run("SELECT sku, doc FROM prices", &[])? {
        known.insert(row.text(0)?.to_owned(), row.text(1)?.to_owned());
    }
    let mut counts = BookCounts::default();
    let (mut count, mut size) = (0, 0);
    let mut changes = Vec::new();
    for price in book.prices {
        let doc = serde_json::to_string(&price)?;
        (count, size) = (count + 1, size + doc.len());
        let before = known.remove(&price.sku);
        match &before {
            Some(before) if is_same(before, &price) => {
                counts.unchanged += 1;
                continue;
            }
            Some(_) => counts.changed += 1,
            None => counts.added += 1,
        }
        changes.push((price.sku, before, Some(doc)));
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
            store(sql, now, actor, &sku, before.as_deref(), after)?;
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
    serde_json::from_str(doc).is_ok_and(|known: Price| sorted(&known) == sorted(price))
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
    after: Option<String>,
) -> Result<(), SqlError> {
    let json = |doc: &str| serde_json::from_str::<serde_json::Value>(doc);
    let before = before.map(json).transpose()?;
    let entry = Entry {
        actor,
        act: if after.is_some() {
            "price.put"
        } else {
            "price.delete"
        },
        target: sku,
        before,
        after: after.as_deref().map(json).transpose()?,
    };
    match &after {
        Some(doc) => sql.run(
            "INSERT OR REPLACE INTO prices (sku, doc) VALUES (?, ?)",
            &[sku.into(), doc.as_str().into()],
        )?,
        None => sql.run("DELETE FROM prices WHERE sku = ?", &[sku.into()])?,
    };
    audit::record(sql, now, &entry)
}

pub(super) fn put(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    price: Price,
) -> Result<StoreAnswer, SqlError> {
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
    let before = find(sql, &price.sku)?;
    sql.run(
        "INSERT OR REPLACE INTO prices (sku, doc) VALUES (?, ?)",
        &[price.sku.as_str().into(), doc.into()],
    )?;
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
    sql.run("DELETE FROM prices WHERE sku = ?", &[sku.into()])?;
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

fn find(sql: &dyn Sql, sku: &str) -> Result<Option<serde_json::Value>, SqlError> {
    let rows = sql.run("SELECT doc FROM prices WHERE sku = ?", &[sku.into()])?;
    let row = rows.first();
    row.map_or(Ok(None), |row| Ok(serde_json::from_str(row.text(0)?)?))
}

pub(super) fn read(sql: &dyn Sql, skus: &[String]) -> Result<Vec<Price>, SqlError> {
    let rows = sql.run(
        "SELECT doc FROM prices WHERE ?1 = '[]' OR sku IN (SELECT value FROM json_each(?1))
         ORDER BY sku",
        &[serde_json::to_string(skus)?.into()],
    )?;
    rows.iter()
        .map(|row| Ok(serde_json::from_str(row.text(0)?)?))
        .collect()
}
