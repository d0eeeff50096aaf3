//! `POST /v1/webhook_endpoints/{id}/redeliver`: what an endpoint has missed, in bulk.

use causeway_shared::id::Till;
use causeway_shared::time::UnixTime;
use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::json;
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{invalid, read_optional_json};
use super::endpoints::{EVENTS, find};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::EndpointDoc;
use crate::object::till::call::{Replay, TillAnswer, TillCall};
use crate::objects::TILLS_AT_ONCE;
use crate::random::now;
use crate::reply::json_response;

/// The most calls of one till: 10,000 events. The caller repeats for the rest.
const MAX_ROUNDS: usize = 10;

/// Milliseconds between two handfuls (of five) to one endpoint, whatever the number of tills: ten
/// webhooks a second.
const PAUSE_MS: u32 = 500;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    from: Option<UnixTime>,
    #[serde(default)]
    to: Option<UnixTime>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    only: Only,
}

/// What counts as missed.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Only {
    /// Also what was delivered.
    All,
    /// What was not delivered since the endpoint was made: given up, waiting for another try, or
    /// never tried because the endpoint was off.
    #[default]
    Failed,
}

/// Queues events at all tills side by side. The tills send them, oldest first.
///
/// # Errors
/// [`AppError::Conflict`] for an endpoint that is off.
pub async fn replay(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let endpoint = find(caller, id)?;
    let wanted: Wanted = read_optional_json(request).await?;
    if !endpoint.enabled {
        return Err(AppError::Conflict {
            code: "endpoint_disabled",
            detail: "the endpoint is off: switch it on first".to_owned(),
        });
    }
    // An endpoint that never wanted a type does not get it now.
    let Some(kinds) = kinds(endpoint, &wanted.types)? else {
        return json_response(202, &json!({ "queued": 0, "next_from": null }));
    };
    let from = match wanted.only {
        Only::All => wanted.from,
        Only::Failed => wanted.from.max(Some(endpoint.created_at)),
    };
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let pause_ms = PAUSE_MS * u32::try_from(tills.len()).unwrap_or(1);
    let at = now();
    let asked = tills.into_iter().map(|till| {
        let lead_ms = i64::from(PAUSE_MS) * i64::from(till.number());
        let replay = Replay {
            endpoint: endpoint.id.clone(),
            mode: caller.mode,
            kinds: kinds.clone(),
            from: from.unwrap_or(UnixTime::from_millis(0)),
            to: wanted.to.unwrap_or(at.plus_seconds(1)),
            delivered_too: matches!(wanted.only, Only::All),
            after: None,
            start_at: UnixTime::from_millis(at.millis() + lead_ms),
            pause_ms,
        };
        of_till(app, caller, till, replay).boxed_local()
    });
    let mut results = stream::iter(asked).buffered(TILLS_AT_ONCE);
    let (mut queued, mut next_from) = (0_u32, None::<UnixTime>);
    while let Some(result) = results.next().await {
        let (count, next) = result?;
        queued = queued.saturating_add(count);
        next_from = match (next_from, next) {
            (Some(known), Some(next)) => Some(known.min(next)),
            (known, next) => known.or(next),
        };
    }
    json_response(202, &json!({ "queued": queued, "next_from": next_from }))
}

/// How many were queued at a till, and from when on there are more.
async fn of_till(
    app: &App,
    caller: &Caller,
    till: Till,
    mut replay: Replay,
) -> Result<(u32, Option<UnixTime>), AppError> {
    let mut total = 0_u32;
    for _ in 0..MAX_ROUNDS {
        let call = TillCall::Replay(replay.clone());
        let TillAnswer::Replayed {
            queued,
            last,
            next_at,
        } = app.objects.till(&caller.store, till, call).await?.answer
        else {
            return Err(AppError::Internal("unexpected answer of a till".to_owned()));
        };
        total = total.saturating_add(queued);
        let Some(last) = last else {
            return Ok((total, None));
        };
        replay.after = Some(last);
        replay.start_at = next_at;
    }
    Ok((total, replay.after.map(|(at, _)| at)))
}

/// The types that are asked for and that the endpoint wants; none at all where they have none in
/// common. Empty for all.
fn kinds(endpoint: &EndpointDoc, types: &[String]) -> Result<Option<Vec<String>>, AppError> {
    for (i, kind) in types.iter().enumerate() {
        if !EVENTS.contains(&kind.as_str()) {
            let detail = format!("must be one of {}", EVENTS.join(", "));
            return Err(invalid(&format!("/types/{i}"), "unknown_event", &detail));
        }
    }
    if types.is_empty() || endpoint.events.is_empty() {
        let listed = if types.is_empty() {
            &endpoint.events
        } else {
            types
        };
        return Ok(Some(listed.to_vec()));
    }
    let common: Vec<String> = types
        .iter()
        .filter(|kind| endpoint.events.contains(kind))
        .cloned()
        .collect();
    Ok((!common.is_empty()).then_some(common))
}
