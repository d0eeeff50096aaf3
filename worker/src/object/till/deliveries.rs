//! What was sent to one endpoint, and how it went.

use causeway_shared::id::{EndpointId, EventId, OrderId};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::Till;
use super::call::TillAnswer;
use super::orders::order_id;
use super::outbox::event_id;
use crate::sql::SqlError;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// The endpoint took it.
    Done,
    /// Given up.
    Failed,
    /// It is tried again, or for the first time.
    Waiting,
}

/// Which deliveries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveryQuery {
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// In this state only.
    pub state: Option<DeliveryState>,
    /// Of events before this one: the cursor.
    pub before: Option<EventId>,
    /// The most.
    pub limit: u32,
}

/// One event at the endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentRecord {
    /// Which event.
    pub event: EventId,
    /// Such as `order.paid`.
    pub kind: String,
    /// Of which order.
    pub order: OrderId,
    /// When it happened.
    pub created_at: UnixTime,
    /// Where the delivery stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// How the last answer began, where it was a refusal.
    pub response: Option<String>,
    /// When it was tried first.
    pub first_at: UnixTime,
    /// When it is tried next.
    pub next_at: Option<UnixTime>,
}

const ALL: &str = "true";
const DONE: &str = "d.state = 'delivered'";
const FAILED: &str = "d.state = 'failed'";
const WAITING: &str = "d.state = 'pending' AND d.due_at IS NOT NULL";

/// The query for a state. Ids of events begin with their time, so that they are its order.
pub(super) fn statement(state: Option<DeliveryState>) -> String {
    let condition = match state {
        None => ALL,
        Some(DeliveryState::Done) => DONE,
        Some(DeliveryState::Failed) => FAILED,
        Some(DeliveryState::Waiting) => WAITING,
    };
    format!(
        "SELECT d.event_id, e.kind, e.order_id, e.created_at, d.state, d.tries, d.last_status,
            d.response, d.first_at, d.due_at
         FROM deliveries d CROSS JOIN events e ON e.id = d.event_id
         WHERE d.endpoint = ?1 AND d.event_id < ?2 AND {condition}
         ORDER BY d.event_id DESC LIMIT ?3"
    )
}

impl Till<'_> {
    pub(super) fn deliveries(&self, query: &DeliveryQuery) -> Result<TillAnswer, SqlError> {
        // After every id.
        let before = query.before.as_ref().map_or("~", EventId::as_str);
        let values = [
            query.endpoint.as_str().into(),
            before.into(),
            query.limit.into(),
        ];
        let rows = self.sql.run_made(&statement(query.state), &values)?;
        let deliveries = rows.iter().map(|row| {
            Ok(SentRecord {
                event: event_id(row.text(0)?)?,
                kind: row.text(1)?.to_owned(),
                order: order_id(row.text(2)?)?,
                created_at: UnixTime::from_millis(row.integer(3)?),
                state: state(row.text(4)?),
                tries: u32::try_from(row.integer(5)?).unwrap_or(u32::MAX),
                last_status: row.integer(6).ok().and_then(|s| u16::try_from(s).ok()),
                response: row.optional_text(7)?.map(str::to_owned),
                first_at: UnixTime::from_millis(row.integer(8)?),
                next_at: row.integer(9).ok().map(UnixTime::from_millis),
            })
        });
        Ok(TillAnswer::Deliveries {
            deliveries: deliveries.collect::<Result<_, SqlError>>()?,
        })
    }
}

fn state(stored: &str) -> DeliveryState {
    match stored {
        "delivered" => DeliveryState::Done,
        "failed" => DeliveryState::Failed,
        _ => DeliveryState::Waiting,
    }
}
