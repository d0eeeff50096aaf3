//! Outgoing events and their deliveries.

use std::collections::BTreeMap;

use causeway_shared::id::{EndpointId, EventId, OrderId};
use causeway_shared::order::Topic;
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{EventBody, event_type};
use sha2::{Digest, Sha256};

use super::Till;
use super::call::{
    DeliverWork, Delivered, DeliveryRecord, EventQuery, EventRecord, OrderRecord, TillAnswer, Work,
};
use super::orders::order_id;
use crate::sql::{MAX_SAFE, Row, SqlError};

/// Seconds after the first try at which a webhook is tried again: 76 hours in all.
const RETRY_AT_S: &[i64] = &[
    5, 60, 300, 1_800, 7_200, 18_000, 36_000, 64_800, 93_600, 129_600, 172_800, 216_000, 259_200,
    273_600,
];

/// Seconds until a delivery that was handed out is handed out again if nothing is heard.
pub(in crate::object) const LEASE_S: i64 = 40;

/// The most webhooks that one alarm hands out for one endpoint: as many as can wait for their
/// answer at a time. The alarm rings again at once for the rest.
const MAX_PER_ENDPOINT: usize = 5;

/// Later than every event.
const AFTER_ALL: (i64, &str) = (MAX_SAFE, "~");

pub(super) const IN_TIME: &str = "SELECT id, kind, order_id, created_at, body FROM events
    WHERE mode = ?1 AND (?2 IS NULL OR kind = ?2) AND (created_at, id) < (?3, ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5";

pub(super) const OF_ORDER: &str = "SELECT id, kind, order_id, created_at, body FROM events
    WHERE order_id = ?6
    AND mode = ?1 AND (?2 IS NULL OR kind = ?2) AND (created_at, id) < (?3, ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5";

impl Till<'_> {
    /// Records what the merchant is to be told, for every endpoint that wants it. Answers the first
    /// `limit` deliveries, leased; the alarm, which rings at once, sends the rest.
    pub(super) fn tell(
        &mut self,
        record: &OrderRecord,
        topics: &[Topic],
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let mut work = Vec::new();
        for (index, topic) in topics.iter().enumerate() {
            let body = EventBody::new(topic, record.parts(), self.now);
            let body = serde_json::to_string(&body)?;
            let left = limit.saturating_sub(work.len());
            work.extend(self.tell_one(record, (index, event_type(topic)), &body, left)?);
            work.extend(self.message_about(record, topic)?);
        }
        let left = limit.saturating_sub(work.len());
        work.extend(self.follow_requests(record, topics, left)?);
        Ok(work)
    }

    /// Records one event of a kind, of which at most `limit` deliveries are leased. `index` counts
    /// the events of one version of an order.
    pub(super) fn tell_one(
        &mut self,
        record: &OrderRecord,
        (index, kind): (usize, &str),
        body: &str,
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let mut work = Vec::new();
        let order = record.order.id();
        let id = derive_event_id(record, index);
        self.sql.write(
            "INSERT INTO events (id, mode, order_id, kind, created_at, body)
             VALUES (?, ?, ?, ?, ?, ?)",
            &[
                id.as_str().into(),
                record.details.mode.as_str().into(),
                order.as_str().into(),
                kind.into(),
                self.now.millis().into(),
                body.into(),
            ],
        )?;
        let wanting = self.endpoints.iter().filter(|e| {
            let wants = e.events.is_empty() || e.events.iter().any(|k| k == kind);
            e.mode == record.details.mode && wants
        });
        for endpoint in wanting {
            let leased = work.len() < limit;
            self.schedule(&id, &endpoint.id, leased)?;
            if leased {
                work.push(Work::Deliver(DeliverWork {
                    event: id.clone(),
                    order: order.clone(),
                    endpoint: endpoint.id.clone(),
                    body: body.to_owned(),
                }));
            }
        }
        Ok(work)
    }

    /// Sets a delivery to its first try: due now, or handed out already.
    fn schedule(
        &self,
        event: &EventId,
        endpoint: &EndpointId,
        leased: bool,
    ) -> Result<(), SqlError> {
        let due = if leased {
            self.now.plus_seconds(LEASE_S)
        } else {
            self.now
        };
        self.sql.write(
            "INSERT INTO deliveries (event_id, endpoint, state, tries, first_at, due_at)
             VALUES (?1, ?2, 'pending', ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET state = 'pending', tries = ?3, first_at = ?4, due_at = ?5",
            &[
                event.as_str().into(),
                endpoint.as_str().into(),
                i64::from(leased).into(),
                self.now.millis().into(),
                due.millis().into(),
            ],
        )?;
        Ok(())
    }

    /// Hands out due deliveries. What has failed least comes first, so that an endpoint which is
    /// down does not delay the others.
    pub(super) fn lease_deliveries(
        &mut self,
        order: Option<&OrderId>,
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX >> 11);
        let rows = self.sql.run(
            "SELECT d.event_id, d.endpoint, e.order_id, e.body
             FROM deliveries d JOIN events e ON e.id = d.event_id
             WHERE d.due_at <= ?1 AND (?2 IS NULL OR e.order_id = ?2)
             ORDER BY d.tries, d.due_at LIMIT ?3",
            &[
                self.now.millis().into(),
                order.map(OrderId::as_str).into(),
                limit.into(),
            ],
        )?;
        let mut work = Vec::with_capacity(rows.len());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let count = counts.entry(row.text(1)?.to_owned()).or_default();
            *count += 1;
            if *count > MAX_PER_ENDPOINT {
                continue;
            }
            let item = DeliverWork {
                event: event_id(row.text(0)?)?,
                order: order_id(row.text(2)?)?,
                endpoint: endpoint_id(row.text(1)?)?,
                body: row.text(3)?.to_owned(),
            };
            self.sql.write(
                "UPDATE deliveries SET tries = tries + 1, due_at = ?
                 WHERE event_id = ? AND endpoint = ?",
                &[
                    self.now.plus_seconds(LEASE_S).millis().into(),
                    item.event.as_str().into(),
                    item.endpoint.as_str().into(),
                ],
            )?;
            work.push(Work::Deliver(item));
        }
        Ok(work)
    }

    /// Any 2xx ends a delivery; anything else is tried again until the plan is through.
    pub(super) fn delivered(&mut self, delivered: &Delivered) -> Result<(), SqlError> {
        let ok = delivered.status.is_some_and(|s| (200..300).contains(&s));
        let next = if ok || delivered.gone {
            None
        } else {
            let rows = self.sql.run(
                "SELECT first_at FROM deliveries WHERE event_id = ? AND endpoint = ?",
                &[
                    delivered.event.as_str().into(),
                    delivered.endpoint.as_str().into(),
                ],
            )?;
            let Some(row) = rows.first() else {
                return Ok(());
            };
            next_try(UnixTime::from_millis(row.integer(0)?), self.now)
        };
        let state = match (ok, next) {
            (true, _) => "delivered",
            (false, Some(_)) => "pending",
            (false, None) => "failed",
        };
        self.sql.write(
            "UPDATE deliveries SET state = ?, due_at = ?, last_status = ?, response = ?
             WHERE event_id = ? AND endpoint = ? AND state = 'pending'",
            &[
                state.into(),
                next.map(UnixTime::millis).into(),
                delivered.status.map(u32::from).into(),
                delivered.response.as_deref().into(),
                delivered.event.as_str().into(),
                delivered.endpoint.as_str().into(),
            ],
        )?;
        Ok(())
    }

    /// Sends an event again to every endpoint that wants it now, whatever became of it before.
    pub(super) fn redeliver(
        &mut self,
        event: &EventId,
    ) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        let query = "SELECT mode, kind, order_id FROM events WHERE id = ?";
        let rows = self.sql.run(query, &[event.as_str().into()])?;
        let Some(row) = rows.first() else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        let (mode, kind) = (row.text(0)?, row.text(1)?);
        let order = order_id(row.text(2)?)?;
        let wanting = self.endpoints.iter().filter(|e| {
            let wants = e.events.is_empty() || e.events.iter().any(|k| k == kind);
            e.mode.as_str() == mode && wants
        });
        for endpoint in wanting {
            self.schedule(event, &endpoint.id, false)?;
        }
        let work = self.lease_deliveries(Some(&order), super::MAX_INLINE)?;
        Ok((self.event(event)?, work))
    }

    pub(super) fn event(&self, event: &EventId) -> Result<TillAnswer, SqlError> {
        let rows = self.sql.run(
            "SELECT id, kind, order_id, created_at, body FROM events WHERE id = ?",
            &[event.as_str().into()],
        )?;
        rows.first().map_or(Ok(TillAnswer::NotFound), |row| {
            Ok(TillAnswer::Event(Box::new(self.event_record(row)?)))
        })
    }

    pub(super) fn events(&self, query: &EventQuery) -> Result<TillAnswer, SqlError> {
        let (before_at, before_id) = match &query.before {
            Some((at, id)) => (at.millis(), id.as_str()),
            None => AFTER_ALL,
        };
        let range = [
            query.mode.as_str().into(),
            query.kind.as_deref().into(),
            before_at.into(),
            before_id.into(),
            query.limit.into(),
        ];
        let rows = match &query.order {
            None => self.sql.run(IN_TIME, &range)?,
            Some(order) => {
                let [mode, kind, at, id, limit] = range;
                let order = order.as_str().into();
                self.sql
                    .run(OF_ORDER, &[mode, kind, at, id, limit, order])?
            }
        };
        let events = rows
            .iter()
            .map(|row| self.event_record(row))
            .collect::<Result<_, _>>()?;
        Ok(TillAnswer::Events { events })
    }

    fn event_record(&self, row: &Row) -> Result<EventRecord, SqlError> {
        let id = event_id(row.text(0)?)?;
        let deliveries = self.sql.run(
            "SELECT endpoint, state, tries, last_status, due_at, response, first_at FROM deliveries
             WHERE event_id = ? ORDER BY endpoint",
            &[id.as_str().into()],
        )?;
        let deliveries = deliveries
            .iter()
            .map(|d| {
                Ok(DeliveryRecord {
                    endpoint: endpoint_id(d.text(0)?)?,
                    state: d.text(1)?.to_owned(),
                    tries: u32::try_from(d.integer(2)?).unwrap_or(u32::MAX),
                    last_status: d.integer(3).ok().and_then(|s| u16::try_from(s).ok()),
                    response: d.optional_text(5)?.map(str::to_owned),
                    first_tried_at: UnixTime::from_millis(d.integer(6)?),
                    next_at: d.integer(4).ok().map(UnixTime::from_millis),
                })
            })
            .collect::<Result<_, SqlError>>()?;
        Ok(EventRecord {
            id,
            kind: row.text(1)?.to_owned(),
            order: order_id(row.text(2)?)?,
            created_at: UnixTime::from_millis(row.integer(3)?),
            body: row.text(4)?.to_owned(),
            deliveries,
        })
    }
}

/// When something that was tried first at `first` is tried again; never once its time is over.
pub(in crate::object) fn next_try(first: UnixTime, now: UnixTime) -> Option<UnixTime> {
    let times = RETRY_AT_S.iter().map(|s| first.plus_seconds(*s));
    times.into_iter().find(|at| *at > now)
}

/// The same whenever it is derived, so that a repeated call cannot tell twice. It names the till,
/// and begins with the time, so that rows are added where others were added last.
fn derive_event_id(record: &OrderRecord, index: usize) -> EventId {
    let order = &record.order;
    let mut hash = Sha256::new();
    hash.update(b"causeway event v1\0");
    hash.update(order.id().as_str());
    hash.update(order.version().to_be_bytes());
    hash.update((index as u64).to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    let time_ms = u64::try_from(order.updated_at().millis()).unwrap_or(0);
    EventId::of_till(time_ms, order.id().till(), random)
}

pub(super) fn event_id(text: &str) -> Result<EventId, SqlError> {
    EventId::parse(text).map_err(|e| SqlError(e.to_string()))
}

fn endpoint_id(text: &str) -> Result<EndpointId, SqlError> {
    EndpointId::parse(text).map_err(|e| SqlError(e.to_string()))
}
