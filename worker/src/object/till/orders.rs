//! Loading and storing orders, their keys and notices.

use causeway_shared::id::{AccountId, OrderId, StoreId};
use causeway_shared::json;
use causeway_shared::order::{Attempt, AttemptState, Effect, NewOrder, Order};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::Added;

use super::Till;
use super::call::{AttemptContext, Create, Idempotency, OrderRecord, TillAnswer, Work};
use crate::object::store::model::KEY_LIFE_S;
use crate::sql::{Row, Sql, SqlError, Value};

/// An idempotency key stands for its order for seven days.
const KEY_LIFE_MS: i64 = KEY_LIFE_S * 1000;

/// Stands in place of the order of a key that has left this till.
const ELSEWHERE: &str = "";

const LOAD: &str = "SELECT money, details, added FROM orders WHERE id = ?";

/// The reply that tells an order as it is stored, without reading what is written there: this is
/// asked for more often than all else. None for an order that is not here.
pub(super) fn stored(
    sql: &dyn Sql,
    store: &StoreId,
    order: &OrderId,
) -> Result<Option<String>, SqlError> {
    let rows = sql.run(LOAD, &[order.as_str().into()])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let added = row.optional_text(2)?.map(|a| format!(r#","added":{a}"#));
    Ok(Some(format!(
        r#"{{"store":"{store}","answer":{{"order":{{"record":{{"order":{},"details":{}{}}},"changed":false}}}},"work":[]}}"#,
        row.text(0)?,
        row.text(1)?,
        added.unwrap_or_default(),
    )))
}

impl Till<'_> {
    pub(super) fn load(&self, order: &OrderId) -> Result<Option<OrderRecord>, SqlError> {
        let rows = self.sql.run(LOAD, &[order.as_str().into()])?;
        rows.first().map(read_record).transpose()
    }

    pub(super) fn read(&self, order: &OrderId) -> Result<TillAnswer, SqlError> {
        Ok(self
            .load(order)?
            .map_or(TillAnswer::NotFound, |record| TillAnswer::Order {
                record: Box::new(record),
                changed: false,
            }))
    }

    pub(super) fn insert(&mut self, create: Create) -> Result<TillAnswer, SqlError> {
        // Once its time is over, the store's count may have given away what it holds.
        if create.details.holds_stock && self.now >= create.expires_at {
            return Err(SqlError("the order comes too late to be made".to_owned()));
        }
        // Lists are searched by id: the time that an order shows is the time in its id.
        let time_ms = i64::try_from(create.id.time_ms()).unwrap_or(i64::MAX);
        let created_at = UnixTime::from_millis(time_ms);
        let new = NewOrder {
            id: create.id,
            total: create.total,
            capture: create.capture,
            policy: create.policy,
            expires_at: create.expires_at,
        };
        // The worker checked the draft; what is still refused here is its mistake.
        let order = Order::new(new, created_at).map_err(|e| SqlError(e.to_string()))?;
        let record = OrderRecord {
            order,
            details: create.details,
            added: Added::default(),
        };
        self.sql.write(
            "INSERT INTO orders (id, mode, state, created_at, money, details, change)
             VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(change), 0) + 1 FROM orders))",
            &[
                record.order.id().as_str().into(),
                record.details.mode.as_str().into(),
                record.order.state().name().into(),
                created_at.millis().into(),
                serde_json::to_string(&record.order)?.into(),
                serde_json::to_string(&record.details)?.into(),
            ],
        )?;
        if let Some(idempotency) = &create.idempotency {
            self.keep_key(idempotency, record.order.id().as_str())?;
        }
        self.expect_expiry(&record)?;
        Ok(TillAnswer::Order {
            record: Box::new(record),
            changed: true,
        })
    }

    /// Stores an order that `apply` changed from `before`, with its attempts and effects. Answers
    /// what is due now, leased; see [`Till::reconcile`].
    pub(super) fn store(
        &mut self,
        record: &OrderRecord,
        before: &Order,
        context: Option<&AttemptContext>,
        performed: Option<&Effect>,
    ) -> Result<Vec<Work>, SqlError> {
        let order = &record.order;
        self.sql.write(
            "UPDATE orders SET state = ?, money = ?, added = ?,
             change = (SELECT max(change) + 1 FROM orders) WHERE id = ?",
            &[
                order.state().name().into(),
                serde_json::to_string(order)?.into(),
                added_column(&record.added)?,
                order.id().as_str().into(),
            ],
        )?;
        for attempt in order.attempts() {
            match before.attempt(&attempt.id) {
                Some(known) if known == attempt => {}
                Some(_) => self.update_attempt(order.id(), attempt)?,
                None => self.insert_attempt(order.id(), attempt, context)?,
            }
        }
        self.changed.push(order.id().clone());
        self.note_deltas(before, order);
        self.trace(before, order);
        self.reconcile(record, context, performed)
    }

    fn insert_attempt(
        &self,
        order: &OrderId,
        attempt: &Attempt,
        context: Option<&AttemptContext>,
    ) -> Result<(), SqlError> {
        let mut context = context.cloned().unwrap_or_default();
        if is_answered(attempt) {
            context.envelope = None;
        }
        self.sql.write(
            "INSERT INTO attempts (order_id, number, account, channel_number, context)
             VALUES (?, ?, ?, ?, ?)",
            &[
                order.as_str().into(),
                i64::from(attempt.number).into(),
                attempt.account.as_str().into(),
                attempt.channel_number.as_deref().into(),
                serde_json::to_string(&context)?.into(),
            ],
        )?;
        Ok(())
    }

    /// Writes only where the row says anything else.
    fn update_attempt(&self, order: &OrderId, attempt: &Attempt) -> Result<(), SqlError> {
        self.sql.write(
            "UPDATE attempts SET channel_number = ?3,
             context = CASE ?4 WHEN 1 THEN json_remove(context, '$.envelope') ELSE context END
             WHERE order_id = ?1 AND number = ?2 AND (channel_number IS NOT ?3
             OR (?4 = 1 AND json_extract(context, '$.envelope') IS NOT NULL))",
            &[
                order.as_str().into(),
                i64::from(attempt.number).into(),
                attempt.channel_number.as_deref().into(),
                i64::from(is_answered(attempt)).into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn context(&self, order: &OrderId, number: u8) -> Result<AttemptContext, SqlError> {
        let query = "SELECT context FROM attempts WHERE order_id = ? AND number = ?";
        let rows = self
            .sql
            .run(query, &[order.as_str().into(), u32::from(number).into()])?;
        rows.first().map_or(Ok(AttemptContext::default()), |row| {
            Ok(json::from_str(row.text(0)?)?)
        })
    }

    fn keep_key(&self, idempotency: &Idempotency, order: &str) -> Result<(), SqlError> {
        self.sql.write(
            "INSERT OR REPLACE INTO idempotency (key, body, order_id, expires_at)
             VALUES (?, ?, ?, ?)",
            &[
                idempotency.key.as_str().into(),
                idempotency.body.as_str().into(),
                order.into(),
                (self.now.millis() + KEY_LIFE_MS).into(),
            ],
        )?;
        Ok(())
    }

    /// The order that a key has made, or that it stood for another body, or has left this till.
    pub(super) fn find_key(&self, key: &Idempotency) -> Result<Option<TillAnswer>, SqlError> {
        let query = "SELECT body, order_id FROM idempotency WHERE key = ? AND expires_at > ?";
        let values = [key.key.as_str().into(), self.now.millis().into()];
        let rows = self.sql.run(query, &values)?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        if row.text(1)? == ELSEWHERE {
            return Ok(Some(TillAnswer::KeyMoved));
        }
        if row.text(0)? != key.body {
            return Ok(Some(TillAnswer::KeyConflict));
        }
        self.read(&order_id(row.text(1)?)?).map(Some)
    }

    pub(super) fn move_key(&self, key: &Idempotency) -> Result<TillAnswer, SqlError> {
        match self.find_key(key)? {
            Some(known) => Ok(known),
            None => {
                self.keep_key(key, ELSEWHERE)?;
                Ok(TillAnswer::KeyMoved)
            }
        }
    }

    /// Remembers a notice; false when it was seen before.
    pub(super) fn is_new_notice(
        &self,
        account: &AccountId,
        notice: &str,
        order: &OrderId,
    ) -> Result<bool, SqlError> {
        let rows = self.sql.run(
            "INSERT INTO notices (account, id, order_id, seen_at) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING RETURNING id",
            &[
                account.as_str().into(),
                notice.into(),
                order.as_str().into(),
                self.now.millis().into(),
            ],
        )?;
        Ok(!rows.is_empty())
    }

    pub(super) fn locate(
        &self,
        account: &AccountId,
        channel_number: &str,
    ) -> Result<TillAnswer, SqlError> {
        let rows = self.sql.run(
            "SELECT order_id, number FROM attempts WHERE account = ? AND channel_number = ?",
            &[account.as_str().into(), channel_number.into()],
        )?;
        rows.first().map_or(Ok(TillAnswer::NotFound), |row| {
            let number =
                u8::try_from(row.integer(1)?).map_err(|_| SqlError("attempt number".to_owned()))?;
            Ok(TillAnswer::Located {
                order: order_id(row.text(0)?)?,
                number,
            })
        })
    }
}

/// The sealed card is needed until the channel has answered, and not a moment longer.
fn is_answered(attempt: &Attempt) -> bool {
    attempt.state != AttemptState::Started
}

/// Reads `money`, `details` and `added`, which are the first columns.
pub(super) fn read_record(row: &Row) -> Result<OrderRecord, SqlError> {
    let added = row.optional_text(2)?.map(json::from_str);
    Ok(OrderRecord {
        order: json::from_str(row.text(0)?)?,
        details: json::from_str(row.text(1)?)?,
        added: added.transpose()?.unwrap_or_default(),
    })
}

pub(super) fn added_column(added: &Added) -> Result<Value, SqlError> {
    if added.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::to_string(added)?.into())
}

pub(super) fn order_id(text: &str) -> Result<OrderId, SqlError> {
    OrderId::parse(text).map_err(|e| SqlError(e.to_string()))
}
