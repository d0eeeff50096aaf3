//! `GET /v1/webhook_endpoints/{id}/deliveries`: what was sent to an endpoint, and how it went.

use causeway_shared::id::EventId;
use futures_util::StreamExt;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{bad_query, limit, only_known, query};
use super::endpoints::find;
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::object::till::deliveries::{DeliveryQuery, DeliveryState, SentRecord};
use crate::reply::json_response;

/// Asks all tills side by side, and merges what they know, newest first.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::BadRequest`] for a filter that is not one.
pub async fn list(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: &str,
) -> Result<Response, AppError> {
    let endpoint = find(caller, id)?;
    only_known(request, &["state", "limit", "cursor"])?;
    let limit = limit(request)?;
    let state = query(request, "state")
        .map(|text| read_state(&text))
        .transpose()?;
    let before = query(request, "cursor").map(|c| EventId::parse(&c));
    let before = before
        .transpose()
        .map_err(|_| bad_query("bad_cursor", "use the cursor of a page before"))?;
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let call = || {
        TillCall::Deliveries(DeliveryQuery {
            endpoint: endpoint.id.clone(),
            state,
            before: before.clone(),
            limit: limit + 1,
        })
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut records = Vec::new();
    let mut replies = app.objects.ask(&caller.store, tills, call);
    while let Some(reply) = replies.next().await {
        if let TillAnswer::Deliveries { deliveries } = reply?.answer {
            records.extend(deliveries);
            records.sort_unstable_by(|a, b| b.event.cmp(&a.event));
            records.truncate(limit + 1);
        }
    }
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|r| r.event.clone());
    let data: Vec<Value> = records.iter().map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": next }))
}

fn read_state(text: &str) -> Result<DeliveryState, AppError> {
    match text {
        "done" => Ok(DeliveryState::Done),
        "failed" => Ok(DeliveryState::Failed),
        "waiting" => Ok(DeliveryState::Waiting),
        _ => Err(bad_query(
            "bad_state",
            "state must be done, failed or waiting",
        )),
    }
}

fn view(record: &SentRecord) -> Value {
    json!({
        "event": record.event,
        "type": record.kind,
        "order": record.order,
        "created_at": record.created_at,
        "state": record.state,
        "tries": record.tries,
        "last_status": record.last_status,
        "last_error": last_error(record),
        "response": record.response,
        "first_tried_at": record.first_at,
        "next_try_at": record.next_at,
    })
}

/// Why the last try failed; nothing where it did not, or there was none.
fn last_error(record: &SentRecord) -> Option<&'static str> {
    match (record.state, record.last_status) {
        (DeliveryState::Done, _) => None,
        (DeliveryState::Failed | DeliveryState::Waiting, Some(_)) => Some("bad_status"),
        (DeliveryState::Failed, None) => Some("no_answer"),
        // The first try may be under way.
        (DeliveryState::Waiting, None) => (record.tries > 1).then_some("no_answer"),
    }
}
