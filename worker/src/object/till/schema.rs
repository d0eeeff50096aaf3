//! The tables of a till.

use causeway_shared::id::StoreId;

use crate::sql::{Sql, SqlError};

/// The first layout.
const TABLES: &[&str] = &[
    // `money` is the JSON of `order::Order`, `details` that of `wire::Details`. The other columns
    // repeat what is searched by.
    "CREATE TABLE orders (
        id TEXT PRIMARY KEY, mode TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL,
        money TEXT NOT NULL, details TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX orders_by_time ON orders (mode, id)",
    "CREATE INDEX orders_by_state ON orders (mode, state, id)",
    // `context` holds the sealed card until the channel has answered.
    "CREATE TABLE attempts (
        order_id TEXT NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL,
        channel_number TEXT, context TEXT NOT NULL,
        PRIMARY KEY (order_id, number)) WITHOUT ROWID",
    "CREATE INDEX attempts_by_channel_number ON attempts (account, channel_number)
        WHERE channel_number IS NOT NULL",
    // What is owed to channels, and each order's expiry. A lease is a later `due_at`.
    "CREATE TABLE effects (
        id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, effect TEXT NOT NULL,
        tries INTEGER NOT NULL, due_at INTEGER NOT NULL, UNIQUE (order_id, effect))",
    "CREATE INDEX effects_by_time ON effects (due_at)",
    "CREATE TABLE idempotency (
        key TEXT PRIMARY KEY, body TEXT NOT NULL, order_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX idempotency_by_time ON idempotency (expires_at)",
    "CREATE TABLE notices (
        account TEXT NOT NULL, id TEXT NOT NULL, order_id TEXT NOT NULL, seen_at INTEGER NOT NULL,
        PRIMARY KEY (account, id)) WITHOUT ROWID",
    // The outbox. `body` is what is sent; it is signed afresh at each try.
    "CREATE TABLE events (
        id TEXT PRIMARY KEY, mode TEXT NOT NULL, order_id TEXT NOT NULL, kind TEXT NOT NULL,
        created_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX events_by_time ON events (mode, created_at, id)",
    "CREATE INDEX events_by_order ON events (order_id, created_at)",
    "CREATE TABLE deliveries (
        event_id TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
        tries INTEGER NOT NULL, first_at INTEGER NOT NULL, due_at INTEGER, last_status INTEGER,
        PRIMARY KEY (event_id, endpoint)) WITHOUT ROWID",
    "CREATE INDEX deliveries_by_time ON deliveries (due_at) WHERE due_at IS NOT NULL",
];

/// What each layout adds to the one before it; their number is the layout that this code reads and
/// writes.
const LAYOUTS: &[&[&str]] = &[
    TABLES,
    &[
        "CREATE INDEX notices_by_time ON notices (seen_at)",
        // Before this time nothing is swept.
        "ALTER TABLE meta ADD COLUMN sweep_after INTEGER NOT NULL DEFAULT 0",
    ],
    &[
        // The JSON of `wire::Added`.
        "ALTER TABLE orders ADD COLUMN added TEXT",
        "CREATE TABLE refund_requests (
            id TEXT PRIMARY KEY, order_id TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL,
            doc TEXT NOT NULL) WITHOUT ROWID",
        "CREATE INDEX refund_requests_by_time ON refund_requests (mode, id)",
        "CREATE INDEX refund_requests_by_state ON refund_requests (mode, state, id)",
        "CREATE INDEX refund_requests_by_order ON refund_requests (order_id, mode, id)",
    ],
    &[
        // What shoppers are told. It names no address: that stands with the order.
        "CREATE TABLE messages (
            id TEXT PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL, locale TEXT,
            data TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
            first_at INTEGER NOT NULL, due_at INTEGER, last_status INTEGER) WITHOUT ROWID",
        "CREATE INDEX messages_by_order ON messages (order_id, first_at)",
        "CREATE INDEX messages_by_age ON messages (first_at)",
        "CREATE INDEX messages_by_time ON messages (due_at) WHERE due_at IS NOT NULL",
        "CREATE INDEX orders_by_email ON orders
            (mode, lower(json_extract(details, '$.shopper.email')), id)
            WHERE json_extract(details, '$.shopper.email') IS NOT NULL",
    ],
    &[
        // `actor` is the JSON of `Actor` or NULL, `data` JSON.
        "CREATE TABLE history (
            order_id TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
            code TEXT NOT NULL, actor TEXT, data TEXT NOT NULL,
            PRIMARY KEY (order_id, seq)) WITHOUT ROWID",
    ],
    &[
        // Which change of the till an order's last one was.
        "ALTER TABLE orders ADD COLUMN change INTEGER NOT NULL DEFAULT 0",
        "UPDATE orders SET change = n FROM (
            SELECT id AS of, row_number() OVER (ORDER BY id) AS n FROM orders) WHERE of = id",
        "CREATE INDEX orders_by_change ON orders (change)",
        // What orders are found by. It lags behind: `indexed` is the last change that is in it.
        "CREATE TABLE found (
            mode TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, channel TEXT, method TEXT,
            country TEXT, currency TEXT NOT NULL, risk TEXT NOT NULL,
            PRIMARY KEY (mode, id)) WITHOUT ROWID",
        "CREATE TABLE words (
            word TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (word, id)) WITHOUT ROWID",
        "ALTER TABLE meta ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE meta ADD COLUMN index_after INTEGER NOT NULL DEFAULT 0",
    ],
    &[
        // How the last answer began, where it was a refusal.
        "ALTER TABLE deliveries ADD COLUMN response TEXT",
        // What was given up is looked for, and costs nothing as long as all goes well.
        "CREATE INDEX deliveries_failed ON deliveries (endpoint, event_id)
            WHERE state = 'failed'",
    ],
    &[
        // What people and programs did, for the audit log.
        "CREATE INDEX history_acts ON history (at) WHERE kind = 'act'",
    ],
];

/// Makes the tables on first use, and brings those of an older layout up to date.
///
/// # Errors
/// When a statement fails, or a newer version of Causeway wrote this database.
pub fn ensure(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.write(
        "CREATE TABLE IF NOT EXISTS meta (version INTEGER NOT NULL, store TEXT)",
        &[],
    )?;
    let rows = sql.run("SELECT version FROM meta", &[])?;
    let known = rows.first().map(|r| r.integer(0)).transpose()?;
    let found = usize::try_from(known.unwrap_or(0)).unwrap_or(usize::MAX);
    let latest = LAYOUTS.len();
    if found == latest {
        return Ok(());
    }
    let missing = LAYOUTS
        .get(found..)
        .ok_or_else(|| SqlError(format!("the till has layout {found}, not {latest}")))?;
    for statement in missing.iter().copied().flatten() {
        sql.write(statement, &[])?;
    }
    let latest = i64::try_from(latest).unwrap_or(i64::MAX);
    let query = match known {
        None => "INSERT INTO meta (version) VALUES (?)",
        Some(_) => "UPDATE meta SET version = ?",
    };
    sql.write(query, &[latest.into()])?;
    Ok(())
}

/// Makes what the first layout had.
#[cfg(test)]
pub(super) fn ensure_first(sql: &dyn Sql) {
    let meta = "CREATE TABLE meta (version INTEGER NOT NULL, store TEXT)";
    let mark = "INSERT INTO meta (version) VALUES (1)";
    for statement in [meta, mark].iter().chain(TABLES) {
        sql.run(statement, &[]).unwrap();
    }
}

/// Notes whose till this is: an alarm has no request to learn it from.
///
/// # Errors
/// When the statement fails.
pub fn remember_store(sql: &dyn Sql, store: &StoreId) -> Result<(), SqlError> {
    sql.write(
        "UPDATE meta SET store = ?1 WHERE store IS NOT ?1",
        &[store.as_str().into()],
    )?;
    Ok(())
}

/// Whose till this is, once it was told.
///
/// # Errors
/// When the row cannot be read.
pub fn store(sql: &dyn Sql) -> Result<Option<StoreId>, SqlError> {
    let rows = sql.run("SELECT store FROM meta", &[])?;
    let Some(text) = rows
        .first()
        .map(|r| r.optional_text(0))
        .transpose()?
        .flatten()
    else {
        return Ok(None);
    };
    StoreId::parse(text)
        .map(Some)
        .map_err(|e| SqlError(e.to_string()))
}
