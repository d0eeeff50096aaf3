//! Sending an endpoint again what it has missed: in bulk, oldest first, a handful at a time.

use super::Till;
use super::call::{Replay, TillAnswer};
use super::outbox::{LEASE_S, event_id};
use crate::sql::{SqlError, Value};
use causeway_shared::time::UnixTime;

/// The most events of one call, so that a till is not kept from its shoppers.
const MAX_EVENTS: usize = 1_000;

/// How many go at a time.
const HANDFUL: usize = 5;

/// Left out is what waits for its first try or will be tried again within a lease: it is on its
/// way already.
pub(super) const MISSED: &str = "SELECT e.id, e.created_at FROM events AS e
    LEFT JOIN deliveries AS d ON d.event_id = e.id AND d.endpoint = ?1
    WHERE e.mode = ?2 AND e.created_at >= ?3 AND e.created_at < ?4
    AND (e.created_at, e.id) > (?5, ?6)
    AND (?7 = '[]' OR e.kind IN (SELECT value FROM json_each(?7)))
    AND (d.event_id IS NULL OR d.state = 'failed' OR (?8 AND d.state = 'delivered')
        OR (d.state = 'pending' AND d.tries > 0 AND d.due_at > ?9))
    ORDER BY e.created_at, e.id LIMIT ?10";

/// `key` is the place in the list.
const SCHEDULE: &str = "INSERT INTO deliveries (event_id, endpoint, state, tries, first_at, due_at)
    SELECT value, ?2, 'pending', 0, ?3 + key / ?4 * ?5, ?3 + key / ?4 * ?5
    FROM json_each(?1) WHERE true
    ON CONFLICT DO UPDATE SET state = 'pending', tries = 0, first_at = excluded.first_at,
        due_at = excluded.due_at";

impl Till<'_> {
    /// Schedules events for one endpoint. The alarm sends them.
    pub(super) fn replay(&self, replay: &Replay) -> Result<TillAnswer, SqlError> {
        let (after_at, after_id) = match &replay.after {
            Some((at, id)) => (at.millis(), id.as_str()),
            None => (i64::MIN / 2048, ""),
        };
        let limit = i64::try_from(MAX_EVENTS).unwrap_or(i64::MAX >> 11);
        let endpoint = replay.endpoint.as_str();
        let values: [Value; 10] = [
            endpoint.into(),
            replay.mode.as_str().into(),
            replay.from.millis().into(),
            replay.to.millis().into(),
            after_at.into(),
            after_id.into(),
            serde_json::to_string(&replay.kinds)?.into(),
            u32::from(replay.delivered_too).into(),
            self.now.plus_seconds(LEASE_S).millis().into(),
            limit.into(),
        ];
        let rows = self.sql.run(MISSED, &values)?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            ids.push(row.text(0)?);
        }
        let handful = u32::try_from(HANDFUL).unwrap_or(1);
        self.sql.run(
            SCHEDULE,
            &[
                serde_json::to_string(&ids)?.into(),
                endpoint.into(),
                replay.start_at.millis().into(),
                handful.into(),
                replay.pause_ms.into(),
            ],
        )?;
        let handfuls = i64::try_from(ids.len().div_ceil(HANDFUL)).unwrap_or(0);
        let took_ms = handfuls * i64::from(replay.pause_ms);
        let last = match rows.last() {
            Some(row) if rows.len() == MAX_EVENTS => {
                let at = UnixTime::from_millis(row.integer(1)?);
                Some((at, event_id(row.text(0)?)?))
            }
            _ => None,
        };
        Ok(TillAnswer::Replayed {
            queued: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            last,
            next_at: UnixTime::from_millis(replay.start_at.millis() + took_ms),
        })
    }
}
