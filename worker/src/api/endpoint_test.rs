//! `POST /v1/webhook_endpoints/{id}/test`: sends a test event now, and shows what came back.

use causeway_shared::id::{EventId, Till};
use serde_json::json;
use worker::Response;

use super::auth::Caller;
use super::endpoints::find;
use crate::app::App;
use crate::error::AppError;
use crate::objects::Limit;
use crate::perform::{TIMEOUT, excerpt, send_for_excerpt, signed};
use crate::random::{now, random};
use crate::reply::json_response;

/// The type of a test event. No endpoint has to ask for it, and it is about no order.
const KIND: &str = "endpoint.test";
/// Tests per endpoint and ten minutes.
const TESTS: u32 = 30;

/// Sends the event once, signed as all others are, also to an endpoint that is off. It is not
/// kept, and what comes of it changes nothing.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::TooMany`].
pub async fn send(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let endpoint = find(caller, id)?;
    app.limit(Limit {
        store: caller.store.as_str(),
        what: "endpoint tests",
        who: endpoint.id.as_str(),
        most: TESTS,
        window_s: 600,
    })
    .await?;
    let began = now();
    let time_ms = u64::try_from(began.millis()).unwrap_or(0);
    let event = EventId::of_till(time_ms, Till::new(0)?, random());
    let body = json!({
        "type": KIND,
        "timestamp": began,
        "data": { "endpoint": endpoint.id, "mode": endpoint.mode },
    });
    let request = signed(app, endpoint, &event, body.to_string())?;
    let answer = send_for_excerpt(&request, TIMEOUT, |_| true).await.ok();
    let duration_ms = now().millis() - began.millis();
    let status = answer.as_ref().map(|(status, _)| *status);
    json_response(
        200,
        &json!({
            "event": event,
            "request": { "url": endpoint.url, "body": body },
            "ok": status.is_some_and(|s| (200..300).contains(&s)),
            "status": status,
            "duration_ms": duration_ms,
            "response": answer.and_then(|(_, body)| excerpt(&body)),
        }),
    )
}
