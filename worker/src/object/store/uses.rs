//! On which day each API key was last used. A table of its own: the settings, which every isolate
//! reads, do not change with it.

use std::collections::BTreeMap;

use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::{StoreAnswer, missing_is_empty};
use crate::sql::{Sql, SqlError};

/// Seconds of a day.
const DAY_S: i64 = 24 * 3600;

/// What is asked about uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseCall {
    /// A key is used today.
    Note {
        /// Its id.
        key: String,
    },
    /// When all keys were last used.
    Read,
}

/// The day of a time, in days since 1970.
#[must_use]
pub fn day(at: UnixTime) -> i64 {
    at.seconds().div_euclid(DAY_S)
}

pub(super) fn call(sql: &dyn Sql, now: UnixTime, call: UseCall) -> Result<StoreAnswer, SqlError> {
    match call {
        UseCall::Note { key } => {
            sql.run(
                "CREATE TABLE IF NOT EXISTS key_uses (key TEXT PRIMARY KEY, day INTEGER NOT NULL)
                 WITHOUT ROWID",
                &[],
            )?;
            sql.run(
                "INSERT INTO key_uses (key, day) VALUES (?, ?)
                 ON CONFLICT DO UPDATE SET day = excluded.day WHERE excluded.day > day",
                &[key.into(), day(now).into()],
            )?;
            read(sql)
        }
        UseCall::Read => read(sql),
    }
}

fn read(sql: &dyn Sql) -> Result<StoreAnswer, SqlError> {
    let rows = missing_is_empty(sql.run("SELECT key, day FROM key_uses", &[]))?;
    let mut uses = BTreeMap::new();
    for row in &rows {
        let begun = UnixTime::from_seconds(row.integer(1)? * DAY_S);
        uses.insert(row.text(0)?.to_owned(), begun);
    }
    Ok(StoreAnswer::Uses(uses))
}
