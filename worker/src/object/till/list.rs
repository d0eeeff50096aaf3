//! Lists of orders, newest first. An order id begins with its time, so that it is its own cursor.

use causeway_shared::id::{OrderId, Till as TillNumber};
use causeway_shared::time::UnixTime;

use super::Till;
use super::call::{OrderQuery, OrderRecord, TillAnswer};
use crate::sql::SqlError;

impl Till<'_> {
    pub(super) fn list(&self, query: &OrderQuery) -> Result<TillAnswer, SqlError> {
        let rows = self.sql.run(
            "SELECT money, details FROM orders
             WHERE mode = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR id >= ?3)
             AND (?4 IS NULL OR id < ?4) AND (?5 IS NULL OR id < ?5)
             ORDER BY id DESC LIMIT ?6",
            &[
                query.mode.as_str().into(),
                query.state.as_deref().into(),
                query.from.map(lowest_id).into(),
                query.to.map(lowest_id).into(),
                query.before.as_ref().map(OrderId::as_str).into(),
                query.limit.into(),
            ],
        )?;
        let orders = rows
            .iter()
            .map(|row| {
                Ok(OrderRecord {
                    order: serde_json::from_str(row.text(0)?)?,
                    details: serde_json::from_str(row.text(1)?)?,
                })
            })
            .collect::<Result<_, SqlError>>()?;
        Ok(TillAnswer::Orders { orders })
    }
}

/// The smallest id that an order of this time can have.
fn lowest_id(at: UnixTime) -> String {
    let time_ms = u64::try_from(at.millis()).unwrap_or(0);
    // Among one till there is only the first.
    OrderId::make(time_ms, TillNumber::choose(&[], 1), [0; 10])
        .as_str()
        .to_owned()
}
