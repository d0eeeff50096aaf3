//! What a till owes to the store's count of pieces (`crate::object::store::stock`): the news that an
//! order which holds some was paid, or ended without. It is owed as effects are, from the moment
//! that it is true until the count was told.

use causeway_shared::id::OrderId;
use causeway_shared::order::{Order, State};

use super::Till;
use super::call::{OrderRecord, TillAnswer, Work};
use super::orders::added_column;
use crate::sql::SqlError;

/// Begins the name of the row that owes it.
pub(super) const OWED: &str = r#"{"type":"stock""#;

/// Whether an order has sold what it held; `None` as long as it may still be paid.
#[must_use]
pub fn sold(order: &Order) -> Option<bool> {
    match order.state() {
        State::Paid(_) | State::PartlyRefunded(_) | State::Refunded(_) => Some(true),
        State::Cancelled { .. } | State::Expired { .. } => Some(false),
        State::Created
        | State::Processing { .. }
        | State::RequiresAction { .. }
        | State::Authorized { .. } => None,
    }
}

/// The name of the row, where news are owed. News of another kind have another row, so that the
/// lease of the one does not hold the other back.
pub(super) fn owed(record: &OrderRecord) -> Option<String> {
    let news = sold(&record.order).filter(|_| record.details.holds_stock)?;
    (record.added.stock_sold != Some(news)).then(|| row(news))
}

fn row(sold: bool) -> String {
    format!("{OWED},\"sold\":{sold}}}")
}

/// The news.
pub(super) fn news(record: &OrderRecord) -> Option<Work> {
    Some(Work::Stock {
        order: record.order.id().clone(),
        version: record.order.version(),
        sold: sold(&record.order)?,
    })
}

impl Till<'_> {
    /// The count was told.
    pub(super) fn stock_told(
        &mut self,
        order: &OrderId,
        sold: bool,
    ) -> Result<TillAnswer, SqlError> {
        let Some(mut record) = self.load(order)? else {
            return Ok(TillAnswer::NotFound);
        };
        record.added.stock_sold = Some(sold);
        self.sql.write(
            "UPDATE orders SET added = ? WHERE id = ?",
            &[added_column(&record.added)?, order.as_str().into()],
        )?;
        self.sql.write(
            "DELETE FROM effects WHERE order_id = ? AND effect = ?",
            &[order.as_str().into(), row(sold).into()],
        )?;
        Ok(TillAnswer::Done)
    }
}
