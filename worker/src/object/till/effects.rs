//! What is owed to channels, and when. The rows follow from the orders; see
//! `causeway_shared::order::Effect`.

use causeway_shared::channel::channel;
use causeway_shared::id::OrderId;
use causeway_shared::order::Effect;
use causeway_shared::time::UnixTime;

use super::Till;
use super::call::{AttemptContext, ChannelWork, OrderRecord, TillAnswer, Work};
use super::orders::order_id;
use super::sweep;
use crate::sql::{Row, SqlError};

/// The row that makes an order expire.
const EXPIRE: &str = r#"{"type":"expire"}"#;

/// Seconds until work that was handed out is handed out again if nothing is heard: longer than
/// the longest exchange (three requests of ten seconds).
const LEASE_S: i64 = 40;

/// Seconds between tries of what was not answered; the last repeats.
const RETRY_S: &[i64] = &[3, 10, 30, 60, 120, 300, 600];

impl Till<'_> {
    /// Brings the rows in line with what an order owes: new ones are due at once (queries by the
    /// channel's plan), what is owed no longer goes.
    pub(super) fn reconcile(&self, record: &OrderRecord) -> Result<(), SqlError> {
        let id = record.order.id().as_str();
        let mut wanted = Vec::new();
        for effect in record.order.effects() {
            let due = self.first_due(record, &effect);
            wanted.push((serde_json::to_string(&effect)?, due));
        }
        if record.order.state().is_unpaid() && record.order.ending().is_none() {
            wanted.push((EXPIRE.to_owned(), record.order.expires_at()));
        }
        for row in self.sql.run(
            "SELECT id, effect FROM effects WHERE order_id = ?",
            &[id.into()],
        )? {
            let effect = row.text(1)?;
            match wanted.iter().position(|(w, _)| w == effect) {
                Some(known) => drop(wanted.swap_remove(known)),
                None => {
                    let row_id = row.integer(0)?;
                    self.sql
                        .run("DELETE FROM effects WHERE id = ?", &[row_id.into()])?;
                }
            }
        }
        for (effect, due) in wanted {
            self.sql.run(
                "INSERT INTO effects (order_id, effect, tries, due_at) VALUES (?, ?, 0, ?)",
                &[id.into(), effect.into(), due.millis().into()],
            )?;
        }
        Ok(())
    }

    fn first_due(&self, record: &OrderRecord, effect: &Effect) -> UnixTime {
        match effect {
            Effect::Query {
                attempt,
                doubted: false,
            } => self.next_query(record, attempt).unwrap_or(self.now),
            Effect::Query { doubted: true, .. }
            | Effect::Capture { .. }
            | Effect::Close { .. }
            | Effect::Create { .. }
            | Effect::Refund { .. } => self.now,
        }
    }

    /// The next time in the channel's plan, counted from when the attempt began.
    fn next_query(
        &self,
        record: &OrderRecord,
        attempt: &causeway_shared::id::AttemptId,
    ) -> Option<UnixTime> {
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
            match self.lease_effect(&row) {
                Ok(item) => work.extend(item),
                // One order that cannot be read must not silence the alarm for all others.
                Err(_) if order.is_none() => self.unreadable.push(row.text(1)?.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(work)
    }

    fn lease_effect(&mut self, row: &Row) -> Result<Option<Work>, SqlError> {
        let (id, order, tries) = (row.integer(0)?, order_id(row.text(1)?)?, row.integer(3)?);
        self.sql.run(
            "UPDATE effects SET tries = tries + 1, due_at = ? WHERE id = ?",
            &[self.now.plus_seconds(LEASE_S).millis().into(), id.into()],
        )?;
        if row.text(2)? == EXPIRE {
            return Ok(Some(Work::Expire { order }));
        }
        let Some(record) = self.load(&order)? else {
            return Ok(None);
        };
        let mut item = ChannelWork {
            effect: serde_json::from_str(row.text(2)?)?,
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            record,
            context: AttemptContext::default(),
        };
        let attempt = item.attempt_id().and_then(|a| item.record.order.attempt(a));
        if let Some(number) = attempt.map(|a| a.number) {
            item.context = self.context(&order, number)?;
        }
        Ok(Some(Work::Channel(Box::new(item))))
    }

    /// Makes what is to be asked about an order due now. The caller limits how often.
    pub(super) fn hurry(&mut self, order: &OrderId) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        self.sql.run(
            "UPDATE effects SET due_at = ?1 WHERE order_id = ?2 AND due_at > ?1
             AND json_extract(effect, '$.type') = 'query'",
            &[self.now.millis().into(), order.as_str().into()],
        )?;
        Ok((
            self.read(order)?,
            self.lease_effects(Some(order), super::MAX_TOGETHER)?,
        ))
    }

    /// After an exchange: if the effect is still owed, when it is tried again. It is named by what
    /// it is: SQLite gives the row id of a deleted effect to the next one.
    pub(super) fn reschedule(&self, effect: &Effect, record: &OrderRecord) -> Result<(), SqlError> {
        let query = "SELECT id, tries FROM effects WHERE order_id = ? AND effect = ?";
        let order = record.order.id().as_str();
        let name = serde_json::to_string(effect)?;
        let rows = self.sql.run(query, &[order.into(), name.into()])?;
        let Some(row) = rows.first() else {
            return Ok(());
        };
        let due = match effect {
            Effect::Query {
                attempt,
                doubted: false,
            } => self.next_query(record, attempt),
            Effect::Query { doubted: true, .. }
            | Effect::Capture { .. }
            | Effect::Close { .. }
            | Effect::Create { .. }
            | Effect::Refund { .. } => None,
        };
        let due = due.unwrap_or_else(|| self.now.plus_seconds(retry_after_s(row.integer(1))));
        self.sql.run(
            "UPDATE effects SET due_at = ? WHERE id = ?",
            &[due.millis().into(), row.integer(0)?.into()],
        )?;
        Ok(())
    }

    /// The earliest time at which something is due.
    pub(super) fn next_timer(&self) -> Result<Option<UnixTime>, SqlError> {
        let query = format!(
            "SELECT min(t) FROM (SELECT min(due_at) AS t FROM effects
             UNION ALL SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL
             UNION ALL {})",
            sweep::NEXT
        );
        let lives = [sweep::EVENT_LIFE_MS.into(), sweep::NOTICE_LIFE_MS.into()];
        let rows = self.sql.run(&query, &lives)?;
        Ok(rows
            .first()
            .and_then(|row| row.integer(0).ok())
            .map(UnixTime::from_millis))
    }
}

fn retry_after_s(tries: Result<i64, SqlError>) -> i64 {
    let tries = tries
        .ok()
        .and_then(|t| usize::try_from(t).ok())
        .unwrap_or(usize::MAX);
    let index = tries.saturating_sub(1).min(RETRY_S.len() - 1);
    RETRY_S.get(index).copied().unwrap_or(600)
}
