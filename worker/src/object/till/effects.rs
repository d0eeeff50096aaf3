//! What is owed to channels, and when. The rows follow from the orders; see
//! `causeway_shared::order::Effect`.

use std::sync::LazyLock;

use causeway_shared::channel::channel;
use causeway_shared::id::{AttemptId, OrderId};
use causeway_shared::json;
use causeway_shared::order::Effect;
use causeway_shared::time::UnixTime;

use super::call::{AttemptContext, ChannelWork, OrderRecord, TillAnswer, Work};
use super::orders::order_id;
use super::search;
use super::stock;
use super::sweep;
use super::{MAX_TOGETHER, Till};
use crate::sql::{Row, SqlError};

/// The row that makes an order expire.
const EXPIRE: &str = r#"{"type":"expire"}"#;

/// Seconds until work that was handed out is handed out again if nothing is heard: longer than
/// the longest exchange (three requests of ten seconds).
const LEASE_S: i64 = 40;

/// Seconds between tries of what was not answered; the last repeats.
const RETRY_S: &[i64] = &[3, 10, 30, 60, 120, 300, 600];

impl Till<'_> {
    /// A new order owes nothing but its end.
    pub(super) fn expect_expiry(&self, record: &OrderRecord) -> Result<(), SqlError> {
        self.insert_effect(record.order.id(), EXPIRE, false, record.order.expires_at())
    }

    fn insert_effect(
        &self,
        order: &OrderId,
        effect: &str,
        leased: bool,
        due: UnixTime,
    ) -> Result<(), SqlError> {
        self.sql.write(
            "INSERT INTO effects (order_id, effect, tries, due_at) VALUES (?, ?, ?, ?)",
            &[
                order.as_str().into(),
                effect.into(),
                i64::from(leased).into(),
                due.millis().into(),
            ],
        )?;
        Ok(())
    }

    /// Brings the rows in line with what an order owes: new ones are due at once (queries by the
    /// channel's plan), what is owed no longer goes. Answers the first [`MAX_TOGETHER`] that are due
    /// now, leased. `performed` was just tried and is put off instead; `context` is that of a new
    /// attempt.
    pub(super) fn reconcile(
        &mut self,
        record: &OrderRecord,
        context: Option<&AttemptContext>,
        performed: Option<&Effect>,
    ) -> Result<Vec<Work>, SqlError> {
        let order = record.order.id();
        let mut wanted = Vec::new();
        for effect in record
            .order
            .effects()
            .into_iter()
            .chain(record.order.fee_questions())
        {
            wanted.push((serde_json::to_string(&effect)?, Some(effect)));
        }
        if record.order.state().is_unpaid() && record.order.ending().is_none() {
            wanted.push((EXPIRE.to_owned(), None));
        }
        wanted.extend(stock::owed(record).map(|name| (name, None)));
        let mut work = Vec::new();
        let mut done = Vec::new();
        for row in self.sql.run(
            "SELECT id, order_id, effect, tries, due_at FROM effects WHERE order_id = ?",
            &[order.as_str().into()],
        )? {
            let name = row.text(2)?;
            let Some(known) = wanted.iter().position(|(wanted, _)| wanted == name) else {
                done.push(row.integer(0)?);
                continue;
            };
            let (_, effect) = wanted.swap_remove(known);
            match effect {
                Some(effect) if performed == Some(&effect) => {
                    self.put_off(&effect, record, &row)?;
                }
                _ if row.integer(4)? <= self.now.millis() && work.len() < MAX_TOGETHER => {
                    work.extend(self.lease_effect(&row, Some(record))?);
                }
                _ => {}
            }
        }
        if !done.is_empty() {
            let query = "DELETE FROM effects WHERE id IN (SELECT value FROM json_each(?))";
            let ids = serde_json::to_string(&done)?;
            self.sql.write(query, &[ids.into()])?;
        }
        for (name, effect) in wanted {
            let due = match &effect {
                Some(effect) if performed == Some(effect) => self.next_due(record, effect, 0),
                Some(effect) => self.first_due(record, effect),
                None if name.starts_with(stock::OWED) => self.now,
                None => record.order.expires_at(),
            };
            if due > self.now || work.len() >= MAX_TOGETHER {
                self.insert_effect(order, &name, false, due)?;
                continue;
            }
            self.insert_effect(order, &name, true, self.now.plus_seconds(LEASE_S))?;
            work.extend(match effect {
                Some(effect) => Some(self.channel_work(effect, 0, record.clone(), context)?),
                None if name.starts_with(stock::OWED) => stock::news(record),
                None => Some(Work::Expire {
                    order: order.clone(),
                }),
            });
        }
        Ok(work)
    }

    /// An effect with all that is needed to perform it. `context` is that of the attempt which the
    /// call has just started; of every other one it is stored.
    fn channel_work(
        &self,
        effect: Effect,
        tries: u32,
        record: OrderRecord,
        context: Option<&AttemptContext>,
    ) -> Result<Work, SqlError> {
        let mut item = ChannelWork {
            effect,
            tries,
            record: Some(record),
            context: AttemptContext::default(),
        };
        let order = item.record.as_ref().map(|r| &r.order);
        let attempt = item.attempt_id().and_then(|a| order?.attempt(a));
        if let (Some(order), Some(number)) = (order, attempt.map(|a| a.number)) {
            let newest = order.attempts().last().map(|a| a.number);
            item.context = match context {
                Some(context) if newest == Some(number) => context.clone(),
                _ => self.context(order.id(), number)?,
            };
        }
        Ok(Work::Channel(Box::new(item)))
    }

    fn first_due(&self, record: &OrderRecord, effect: &Effect) -> UnixTime {
        match effect {
            Effect::Query {
                attempt,
                doubted: false,
            } => self.next_query(record, attempt).unwrap_or(self.now),
            Effect::Fee { attempt } => self.next_fee(record, attempt, 0).unwrap_or(self.now),
            Effect::Query { doubted: true, .. }
            | Effect::Capture { .. }
            | Effect::Close { .. }
            | Effect::Create { .. }
            | Effect::Refund { .. } => self.now,
        }
    }

    /// The next time in the channel's plan, counted from when the attempt began.
    fn next_query(&self, record: &OrderRecord, attempt: &AttemptId) -> Option<UnixTime> {
        let attempt = record.order.attempt(attempt)?;
        let plan = channel(attempt.channel).declaration().query_after_s;
        let age_s = self.now.seconds() - attempt.created_at.seconds();
        if let Some(next) = plan.iter().map(|s| i64::from(*s)).find(|s| *s > age_s) {
            return Some(attempt.created_at.plus_seconds(next));
        }
        let interval = match plan {
            [.., before, last] => i64::from(last - before),
            [only] => i64::from(*only),
            [] => 60,
        };
        Some(self.now.plus_seconds(interval.max(1)))
    }

    /// When a fee is asked for that was asked for so often.
    fn next_fee(&self, record: &OrderRecord, attempt: &AttemptId, tries: i64) -> Option<UnixTime> {
        let attempt = record.order.attempt(attempt)?;
        let plan = channel(attempt.channel).declaration().fee_after_s;
        let after_s = plan.get(usize::try_from(tries).ok()?)?;
        Some(self.now.plus_seconds(i64::from(*after_s)))
    }

    /// Hands out due work, of one order or of all, and leases it.
    pub(super) fn lease_effects(
        &mut self,
        order: Option<&OrderId>,
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX >> 11);
        let rows = self.sql.run(
            "SELECT id, order_id, effect, tries FROM effects
             WHERE due_at <= ?1 AND (?2 IS NULL OR order_id = ?2) ORDER BY due_at LIMIT ?3",
            &[
                self.now.millis().into(),
                order.map(OrderId::as_str).into(),
                limit.into(),
            ],
        )?;
        let mut work = Vec::with_capacity(rows.len());
        for row in rows {
            match self.lease_effect(&row, None) {
                Ok(item) => work.extend(item),
                // One order that cannot be read must not silence the alarm for all others.
                Err(_) if order.is_none() => self.unreadable.push(row.text(1)?.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(work)
    }

    /// Leases one row; `record` is its order, where the caller has it.
    fn lease_effect(
        &mut self,
        row: &Row,
        record: Option<&OrderRecord>,
    ) -> Result<Option<Work>, SqlError> {
        let (id, order, tries) = (row.integer(0)?, order_id(row.text(1)?)?, row.integer(3)?);
        self.sql.write(
            "UPDATE effects SET tries = tries + 1, due_at = ? WHERE id = ?",
            &[self.now.plus_seconds(LEASE_S).millis().into(), id.into()],
        )?;
        if row.text(2)? == EXPIRE {
            return Ok(Some(Work::Expire { order }));
        }
        let record = match record {
            Some(record) => Some(record.clone()),
            None => self.load(&order)?,
        };
        let Some(record) = record else {
            return Ok(None);
        };
        if row.text(2)?.starts_with(stock::OWED) {
            return Ok(stock::news(&record));
        }
        let effect = json::from_str(row.text(2)?)?;
        let tries = u32::try_from(tries).unwrap_or(u32::MAX);
        self.channel_work(effect, tries, record, None).map(Some)
    }

    /// Makes what is to be asked about an order due now. The caller limits how often.
    pub(super) fn hurry(&mut self, order: &OrderId) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        self.sql.write(
            "UPDATE effects SET due_at = ?1 WHERE order_id = ?2 AND due_at > ?1
             AND json_extract(effect, '$.type') = 'query'",
            &[self.now.millis().into(), order.as_str().into()],
        )?;
        Ok((
            self.read(order)?,
            self.lease_effects(Some(order), MAX_TOGETHER)?,
        ))
    }

    /// After an exchange that changed nothing: if the effect is still owed, when it is tried again.
    /// It is named by what it is: SQLite gives the row id of a deleted effect to the next one.
    pub(super) fn reschedule(&self, effect: &Effect, record: &OrderRecord) -> Result<(), SqlError> {
        let query = "SELECT id, order_id, effect, tries FROM effects
                     WHERE order_id = ? AND effect = ?";
        let order = record.order.id().as_str();
        let name = serde_json::to_string(effect)?;
        let rows = self.sql.run(query, &[order.into(), name.into()])?;
        rows.first()
            .map_or(Ok(()), |row| self.put_off(effect, record, row))
    }

    /// Sets when an effect that was tried and is still owed is tried again.
    fn put_off(&self, effect: &Effect, record: &OrderRecord, row: &Row) -> Result<(), SqlError> {
        let due = self.next_due(record, effect, row.integer(3)?);
        self.sql.write(
            "UPDATE effects SET due_at = ? WHERE id = ?",
            &[due.millis().into(), row.integer(0)?.into()],
        )?;
        Ok(())
    }

    /// When an effect that was tried so often, and is still owed, is tried again.
    fn next_due(&self, record: &OrderRecord, effect: &Effect, tries: i64) -> UnixTime {
        let planned = match effect {
            Effect::Query {
                attempt,
                doubted: false,
            } => self.next_query(record, attempt),
            Effect::Fee { attempt } => self.next_fee(record, attempt, tries),
            Effect::Query { doubted: true, .. }
            | Effect::Capture { .. }
            | Effect::Close { .. }
            | Effect::Create { .. }
            | Effect::Refund { .. } => None,
        };
        planned.unwrap_or_else(|| self.now.plus_seconds(retry_after_s(tries)))
    }

    /// The earliest time at which something is due.
    pub(super) fn next_timer(&self) -> Result<Option<UnixTime>, SqlError> {
        let lives = [
            sweep::EVENT_LIFE_MS.into(),
            sweep::NOTICE_LIFE_MS.into(),
            search::REST_MS.into(),
        ];
        let rows = self.sql.run(&NEXT, &lives)?;
        Ok(rows
            .first()
            .and_then(|row| row.integer(0).ok())
            .map(UnixTime::from_millis))
    }
}

/// When the first thing of all is due.
static NEXT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT min(t) FROM (SELECT min(due_at) AS t FROM effects
         UNION ALL SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL
         UNION ALL SELECT min(due_at) FROM messages WHERE due_at IS NOT NULL
         UNION ALL {} UNION ALL {})",
        sweep::NEXT,
        search::NEXT
    )
});

/// Whether it only asks a channel where things stand.
pub(super) fn asks(effect: &Effect) -> bool {
    match effect {
        Effect::Fee { .. } | Effect::Query { .. } => true,
        Effect::Capture { .. }
        | Effect::Close { .. }
        | Effect::Create { .. }
        | Effect::Refund { .. } => false,
    }
}

fn retry_after_s(tries: i64) -> i64 {
    let tries = usize::try_from(tries).unwrap_or(usize::MAX);
    let index = tries.saturating_sub(1).min(RETRY_S.len() - 1);
    RETRY_S.get(index).copied().unwrap_or(600)
}
