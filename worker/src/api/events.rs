//! `/v1/events`: what was told to the merchant, and telling it again.

use causeway_shared::id::{EventId, OrderId};
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use futures_util::StreamExt;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{bad_query, limit, only_known, query};
use super::endpoints::EVENTS;
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{EventQuery, EventRecord, TillAnswer, TillCall};
use crate::perform::perform_all;
use crate::reply::json_response;

/// `GET /v1/events`: all tills side by side, merged, newest first.
///
/// # Errors
/// [`AppError::BadRequest`] for a filter that is not one.
pub async fn list(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, &["type", "order", "limit", "cursor"])?;
    let limit = limit(request)?;
    let order = query(request, "order")
        .map(|o| OrderId::parse(&o))
        .transpose();
    let order = order.map_err(|_| bad_query("bad_order", "order must be an order id"))?;
    let before = query(request, "cursor")
        .map(|c| parse_cursor(&c))
        .transpose()?;
    let kind = query(request, "type");
    if kind.as_deref().is_some_and(|k| !EVENTS.contains(&k)) {
        let detail = format!("type must be one of {}", EVENTS.join(", "));
        return Err(bad_query("bad_type", &detail));
    }
    let mut tills = app.objects.tills(&caller.store).await?;
    // Where one order is asked for, its till alone knows.
    tills.retain(|till| order.as_ref().is_none_or(|order| order.till() == *till));
    caller.asks(&tills)?;
    let query = || {
        TillCall::Events(EventQuery {
            mode: caller.mode,
            kind: kind.clone(),
            order: order.clone(),
            before: before.clone(),
            limit: limit + 1,
        })
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut records = Vec::new();
    let mut replies = app.objects.ask(&caller.store, tills, query);
    while let Some(reply) = replies.next().await {
        if let TillAnswer::Events { events } = reply?.answer {
            records.extend(events);
            records.sort_unstable_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
            records.truncate(limit + 1);
        }
    }
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(make_cursor);
    let data: Result<Vec<Value>, AppError> = records.iter().map(view).collect();
    json_response(200, &json!({ "data": data?, "next_cursor": next }))
}

/// `GET /v1/events/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let record = find(app, caller, &EventId::parse(id)?).await?;
    json_response(200, &view(&record)?)
}

/// `POST /v1/events/{id}/redeliver`: to every endpoint that wants it now.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn redeliver(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    // Found first, so that an event of the other mode is not sent.
    let EventRecord { id, order, .. } = find(app, caller, &EventId::parse(id)?).await?;
    let call = TillCall::Redeliver { event: id };
    let reply = app.objects.order_till(&caller.store, &order, call).await?;
    let TillAnswer::Event(record) = reply.answer else {
        return Err(AppError::NotFound);
    };
    perform_all(app, &caller.store, reply.work).await;
    json_response(202, &view(&record)?)
}

/// Asks the till that the id names, then all others: older ids do not name theirs.
async fn find(app: &App, caller: &Caller, event: &EventId) -> Result<EventRecord, AppError> {
    let tills = app.objects.tills(&caller.store).await?;
    let (named, others): (Vec<_>, Vec<_>) =
        tills.into_iter().partition(|till| *till == event.till());
    for tills in [named, others] {
        caller.asks(&tills)?;
        let call = || TillCall::Event {
            event: event.clone(),
        };
        let mut replies = app.objects.ask(&caller.store, tills, call);
        while let Some(reply) = replies.next().await {
            if let TillAnswer::Event(record) = reply?.answer {
                let body = parse(&record)?;
                let same = body["data"]["order"]["mode"] == caller.mode.as_str();
                return if same {
                    Ok(*record)
                } else {
                    Err(AppError::NotFound)
                };
            }
        }
    }
    Err(AppError::NotFound)
}

fn view(record: &EventRecord) -> Result<Value, AppError> {
    Ok(json!({
        "id": record.id,
        "type": record.kind,
        "order": record.order,
        "created_at": record.created_at,
        "body": parse(record)?,
        "deliveries": record.deliveries,
    }))
}

fn parse(record: &EventRecord) -> Result<Value, AppError> {
    json::from_str(&record.body)
        .map_err(|_| AppError::Internal("an event cannot be read".to_owned()))
}

fn make_cursor(record: &EventRecord) -> String {
    cursor_text(record.created_at, &record.id)
}

/// Where a page ends: before the event of this time and id.
#[must_use]
pub fn cursor_text(at: UnixTime, id: &EventId) -> String {
    format!("{}_{id}", at.millis())
}

/// Reads what [`cursor_text`] writes.
///
/// # Errors
/// [`AppError::BadRequest`].
pub fn parse_cursor(text: &str) -> Result<(UnixTime, EventId), AppError> {
    let parsed = text.split_once('_').and_then(|(at, id)| {
        Some((
            UnixTime::from_millis(at.parse().ok()?),
            EventId::parse(id).ok()?,
        ))
    });
    parsed.ok_or_else(|| bad_query("bad_cursor", "use the cursor of a page before"))
}
