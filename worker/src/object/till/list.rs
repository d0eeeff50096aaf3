//! Lists of orders, newest first. An order id begins with its time, so that it is its own cursor.

use causeway_shared::id::{OrderId, Till as TillNumber};
use causeway_shared::time::UnixTime;

use super::Till;
use super::call::{EmailQuery, OrderQuery, TillAnswer};
use super::orders::read_record;
use crate::sql::{SqlError, Value};

/// Greater than every order id.
pub(super) const AFTER_ALL: &str = "~";

pub(super) const IN_TIME: &str = "SELECT money, details, added FROM orders
    WHERE mode = ?1 AND id >= ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";

pub(super) const IN_STATE: &str =
    "SELECT money, details, added FROM orders INDEXED BY orders_by_state
    WHERE mode = ?1 AND id >= ?2 AND id < ?3 AND state = ?5 ORDER BY id DESC LIMIT ?4";

pub(super) const OF_EMAIL: &str = "SELECT money, details, added FROM orders
    WHERE mode = ?1 AND lower(json_extract(details, '$.shopper.email')) = lower(?2)
    AND json_extract(details, '$.shopper.email') IS NOT NULL ORDER BY id DESC LIMIT ?3";

impl Till<'_> {
    /// The orders that were placed with an address, newest first.
    pub(super) fn of_email(&self, query: &EmailQuery) -> Result<TillAnswer, SqlError> {
        let values: [Value; 3] = [
            query.mode.as_str().into(),
            query.email.as_str().into(),
            query.limit.into(),
        ];
        let rows = self.sql.run(OF_EMAIL, &values)?;
        let orders = rows.iter().map(read_record);
        Ok(TillAnswer::Orders {
            orders: orders.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn list(&self, query: &OrderQuery) -> Result<TillAnswer, SqlError> {
        // One range of one index: a till that reads all its rows keeps shoppers waiting.
        let from = query.from.map(lowest_id).unwrap_or_default();
        let to = query.to.map_or_else(|| AFTER_ALL.to_owned(), lowest_id);
        let before = query.before.as_ref().map_or(AFTER_ALL, OrderId::as_str);
        let range: [Value; 4] = [
            query.mode.as_str().into(),
            from.into(),
            to.as_str().min(before).into(),
            query.limit.into(),
        ];
        let rows = match &query.state {
            None => self.sql.run(IN_TIME, &range)?,
            Some(state) => {
                let [mode, from, to, limit] = range;
                let state = state.as_str().into();
                self.sql.run(IN_STATE, &[mode, from, to, limit, state])?
            }
        };
        let orders = rows
            .iter()
            .map(read_record)
            .collect::<Result<_, SqlError>>()?;
        Ok(TillAnswer::Orders { orders })
    }
}

/// The smallest id that an order of this time can have.
pub(super) fn lowest_id(at: UnixTime) -> String {
    let time_ms = u64::try_from(at.millis()).unwrap_or(0);
    // Among one till there is only the first.
    OrderId::make(time_ms, TillNumber::choose(&[], 1), [0; 10])
        .as_str()
        .to_owned()
}
