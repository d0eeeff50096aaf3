//! Counters for rate limits: how often something happened in a sliding window.

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use crate::sql::{Sql, SqlError};

/// "This happened once more; is it too often?"
#[derive(Debug, Serialize, Deserialize)]
pub struct Hit {
    /// What is counted: a hash, never an address or a number itself.
    pub key: String,
    /// The window, in seconds.
    pub window_s: u32,
    /// How often it may happen within the window.
    pub limit: u32,
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct HitAnswer {
    /// Whether it is within the limit.
    pub allowed: bool,
    /// Seconds until the window has moved on.
    pub retry_after_s: u32,
}

/// Counts a hit. The count of the window before weighs in by the share of it that the sliding
/// window still covers. Refused hits count too. `known` says that this object has counted since it
/// was started: then the table is there.
///
/// # Errors
/// [`SqlError`] when a statement fails.
pub fn call(sql: &dyn Sql, now: UnixTime, request: &str, known: bool) -> Result<String, SqlError> {
    let hit: Hit = json::from_str(request)?;
    let window_s = i64::from(hit.window_s.max(1));
    if !known {
        make_table(sql)?;
    }
    let slot = now.seconds() / window_s;
    let rows = sql.run(
        "INSERT INTO hits (key, slot, count, expires_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET count = count + 1
         RETURNING count, coalesce(
             (SELECT count FROM hits AS before WHERE before.key = ?1 AND before.slot = ?2 - 1), 0)",
        &[hit.key.into(), slot.into(), ((slot + 2) * window_s).into()],
    )?;
    let Some(row) = rows.first() else {
        return Err(SqlError("no count came back".to_owned()));
    };
    // Rows go as rows come, so that nothing is searched where the row is there already.
    if row.integer(0)? == 1 {
        sql.write(
            "DELETE FROM hits WHERE expires_at <= ?",
            &[now.seconds().into()],
        )?;
    }
    let left_s = window_s - now.seconds() % window_s;
    let count = row.integer(0)? + row.integer(1)? * left_s / window_s;
    Ok(serde_json::to_string(&HitAnswer {
        allowed: count <= i64::from(hit.limit),
        retry_after_s: u32::try_from(left_s).unwrap_or(u32::MAX),
    })?)
}

fn make_table(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.write(
        "CREATE TABLE IF NOT EXISTS hits (key TEXT NOT NULL, slot INTEGER NOT NULL,
         count INTEGER NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (key, slot))
         WITHOUT ROWID",
        &[],
    )?;
    sql.write(
        "CREATE INDEX IF NOT EXISTS hits_by_time ON hits (expires_at)",
        &[],
    )?;
    Ok(())
}
