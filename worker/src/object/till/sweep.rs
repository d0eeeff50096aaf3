//! Forgetting what has had its time, in small steps, so that no shopper waits for it.
//!
//! In scope: events with their deliveries, messages, seen notices, idempotency keys. Out of scope: orders,
//! which are the merchant's books. What is still owed is never forgotten.

use causeway_shared::time::UnixTime;

use super::Till;
use crate::sql::SqlError;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// How long an event can be read and sent again.
pub(super) const EVENT_LIFE_MS: i64 = 90 * DAY_MS;

/// How long a notice is known to have come. Channels repeat theirs for three days at most, and
/// people can have Stripe send one again within thirty.
pub(super) const NOTICE_LIFE_MS: i64 = 90 * DAY_MS;

/// The most rows of one kind that one step forgets.
const STEP: i64 = 200;

/// Seconds from one step to the next while there is more.
const PAUSE_S: i64 = 1;

/// Seconds until it is looked again once nothing is left: a busy till would else be woken for
/// every single row.
const REST_S: i64 = 3600;

/// When the next step is due: `sweep_after`, or when the first row has had its time.
pub(super) const NEXT: &str =
    "SELECT max(sweep_after, first) FROM meta, (SELECT min(t) AS first FROM (
    SELECT min(created_at) + ?1 AS t FROM events WHERE mode = 'live'
    UNION ALL SELECT min(created_at) + ?1 FROM events WHERE mode = 'test'
    UNION ALL SELECT min(seen_at) + ?2 FROM notices
    UNION ALL SELECT min(first_at) + ?1 FROM messages
    UNION ALL SELECT min(expires_at) FROM idempotency))";

const EVENTS: &str = "DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE mode IN ('live', 'test') AND created_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM deliveries AS d
            WHERE d.event_id = events.id AND d.due_at IS NOT NULL)
        LIMIT ?2)
    RETURNING id";

const NOTICES: &str = "DELETE FROM notices WHERE (account, id) IN (
        SELECT account, id FROM notices WHERE seen_at <= ?1 LIMIT ?2)
    RETURNING id";

const MESSAGES: &str = "DELETE FROM messages WHERE id IN (
        SELECT id FROM messages WHERE first_at <= ?1 AND due_at IS NULL LIMIT ?2)
    RETURNING id";

const KEYS: &str = "DELETE FROM idempotency WHERE key IN (
        SELECT key FROM idempotency WHERE expires_at <= ?1 LIMIT ?2)
    RETURNING key";

impl Till<'_> {
    /// One step, if one is due.
    pub(super) fn sweep(&self) -> Result<(), SqlError> {
        let rows = self.sql.run("SELECT sweep_after FROM meta", &[])?;
        let after = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        if self.now.millis() < after {
            return Ok(());
        }
        let events = self.forget(EVENTS, EVENT_LIFE_MS)?;
        self.sql.run(
            "DELETE FROM deliveries WHERE event_id IN (SELECT value FROM json_each(?))",
            &[serde_json::to_string(&events)?.into()],
        )?;
        let notices = self.forget(NOTICES, NOTICE_LIFE_MS)?;
        let messages = self.forget(MESSAGES, EVENT_LIFE_MS)?;
        let keys = self.forget(KEYS, 0)?;
        let most = usize::try_from(STEP).unwrap_or(usize::MAX);
        let more = [events, notices, messages, keys]
            .iter()
            .any(|ids| ids.len() >= most);
        let next = self.now.plus_seconds(if more { PAUSE_S } else { REST_S });
        self.sql
            .run("UPDATE meta SET sweep_after = ?", &[next.millis().into()])?;
        Ok(())
    }

    /// Deletes rows that are older than `life_ms`, and names them.
    fn forget(&self, query: &'static str, life_ms: i64) -> Result<Vec<String>, SqlError> {
        let until = UnixTime::from_millis(self.now.millis() - life_ms);
        let rows = self.sql.run(query, &[until.millis().into(), STEP.into()])?;
        rows.iter()
            .map(|row| row.text(0).map(str::to_owned))
            .collect()
    }
}
