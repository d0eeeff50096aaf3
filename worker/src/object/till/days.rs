//! How many orders each day brought, counted in the indexes alone.

use causeway_shared::id::Mode;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::Till;
use super::call::TillAnswer;
use super::list::lowest_id;
use crate::sql::SqlError;

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3600 * 1000;
/// The most days that are counted at once.
pub const MAX_DAYS: u8 = 62;

pub(super) const MADE: &str =
    "SELECT count(*) FROM orders WHERE mode = ?1 AND id >= ?2 AND id < ?3";
pub(super) const PAID: &str = "SELECT count(*) FROM orders
    WHERE mode = ?1 AND state IN ('paid', 'partly_refunded', 'refunded') AND id >= ?2 AND id < ?3";

/// Which days.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct DayQuery {
    /// Test or live.
    pub mode: Mode,
    /// When the first one begins.
    pub from: UnixTime,
    /// How many, at most [`MAX_DAYS`].
    pub days: u8,
}

/// What a day brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Orders that were made.
    pub made: i64,
    /// Those of them that are paid, whatever was given back since.
    pub paid: i64,
}

impl Till<'_> {
    pub(super) fn days(&self, query: DayQuery) -> Result<TillAnswer, SqlError> {
        let start = |day: i64| lowest_id(UnixTime::from_millis(query.from.millis() + day * DAY_MS));
        let count = |statement, day: i64| {
            let range = [
                query.mode.as_str().into(),
                start(day).into(),
                start(day + 1).into(),
            ];
            let rows = self.sql.run(statement, &range)?;
            rows.first().map_or(Ok(0), |row| row.integer(0))
        };
        let days = (0..i64::from(query.days.min(MAX_DAYS))).map(|day| {
            Ok(Day {
                made: count(MADE, day)?,
                paid: count(PAID, day)?,
            })
        });
        Ok(TillAnswer::Days {
            days: days.collect::<Result<_, SqlError>>()?,
        })
    }
}
