//! `GET /v1/orders` and `/v1/orders/changes`: finding orders in all tills side by side, newest
//! first, and following what changes.

use std::cell::Cell;

use causeway_shared::id::{OrderId, Till};
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use causeway_shared::wire::OrderView;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{bad_query, limit, only_known, query};
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{OrderQuery, OrderRecord, TillAnswer, TillCall};
use crate::object::till::search::{Risk, SearchQuery};
use crate::reply::json_response;

/// The states of an order that can be asked for.
pub const STATES: &[&str] = &[
    "created",
    "processing",
    "requires_action",
    "authorized",
    "paid",
    "partly_refunded",
    "refunded",
    "cancelled",
    "expired",
];

/// What the lists of orders can be asked for, besides pages.
pub const FILTERS: &[&str] = &[
    "q", "state", "channel", "method", "country", "currency", "risk", "from", "to",
];

/// The most characters that are searched for.
const MAX_TEXT: usize = 200;
/// How often a till is asked again that has its index to bring up to date: enough for a till of
/// which nothing was indexed.
const MAX_ASKED: usize = 400;

/// `GET /v1/orders`
///
/// # Errors
/// [`AppError::BadRequest`] for a filter that is not one.
pub async fn list(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, &[FILTERS, &["limit", "cursor"]].concat())?;
    let limit = limit(request)?;
    let mut wanted = filters(caller, request)?;
    wanted.before = cursor(request)?;
    wanted.limit = limit;
    let (records, next) = find(app, caller, &wanted).await?;
    let data: Vec<Value> = records
        .iter()
        .map(|r| json!(OrderView::new(r.parts())))
        .collect();
    json_response(200, &json!({ "data": data, "next_cursor": next }))
}

fn cursor(request: &Request) -> Result<Option<OrderId>, AppError> {
    let before = query(request, "cursor").map(|c| OrderId::parse(&c));
    let before = before.transpose();
    before.map_err(|_| bad_query("bad_cursor", "use the cursor of a page before"))
}

/// Reads the filters of a request: all orders of the caller's mode, where there are none.
///
/// # Errors
/// [`AppError::BadRequest`] for one that is not of its form.
pub fn filters(caller: &Caller, request: &Request) -> Result<SearchQuery, AppError> {
    let text = query(request, "q");
    if text.as_ref().is_some_and(|t| t.chars().count() > MAX_TEXT) {
        return Err(bad_query("bad_text", "q may have at most 200 characters"));
    }
    let state = query(request, "state");
    if state.as_deref().is_some_and(|s| !STATES.contains(&s)) {
        let detail = format!("state must be one of {}", STATES.join(", "));
        return Err(bad_query("bad_state", &detail));
    }
    let risk = word::<Risk>(request, "risk", "bad_risk", &Risk::NAMES.join(", "))?;
    let currency = word(request, "currency", "bad_currency", "an ISO 4217 code")?;
    let currency = currency.map(causeway_shared::money::Currency::code);
    let country = query(request, "country");
    let is_country = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
    if country.as_ref().is_some_and(|c| !is_country(c)) {
        let detail = "country must be an ISO 3166-1 code of two capital letters";
        return Err(bad_query("bad_country", detail));
    }
    Ok(SearchQuery {
        mode: caller.mode,
        text: text.filter(|t| !t.trim().is_empty()),
        state,
        channel: word(
            request,
            "channel",
            "bad_channel",
            "a channel of the API's document",
        )?,
        method: word(
            request,
            "method",
            "bad_method",
            "a method of the API's document",
        )?,
        country,
        currency: currency.map(str::to_owned),
        risk,
        from: time(request, "from")?,
        to: time(request, "to")?,
        before: None,
        limit: 0,
    })
}

fn word<T: DeserializeOwned>(
    request: &Request,
    name: &str,
    code: &'static str,
    what: &str,
) -> Result<Option<T>, AppError> {
    let text = query(request, name);
    let read = text.map(|text| json::from_word(&text));
    let read = read.transpose();
    read.map_err(|_| bad_query(code, &format!("{name} must be one of: {what}")))
}

fn time(request: &Request, name: &str) -> Result<Option<UnixTime>, AppError> {
    let Some(text) = query(request, name) else {
        return Ok(None);
    };
    UnixTime::parse_rfc3339(&text).map(Some).map_err(|_| {
        bad_query(
            "bad_time",
            "from and to must be times such as 2026-11-22T03:04:05Z",
        )
    })
}

/// A page of orders, newest first, and its cursor where there are more.
///
/// # Errors
/// [`AppError::TooMany`]; when a till does not answer.
pub async fn find(
    app: &App,
    caller: &Caller,
    wanted: &SearchQuery,
) -> Result<(Vec<OrderRecord>, Option<OrderId>), AppError> {
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let mut records = Vec::new();
    let more = SearchQuery {
        limit: wanted.limit.saturating_add(1),
        ..wanted.clone()
    };
    ask(app, caller, tills, &more, |_, orders| {
        records.extend(orders);
        OrderRecord::sort_newest_first(&mut records);
        records.truncate(limit + 1);
    })
    .await?;
    let has_more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| has_more);
    let next = next.map(|r| r.order.id().clone());
    Ok((records, next))
}

/// Asks tills side by side for their orders, each until its index is up to date.
///
/// # Errors
/// When a till does not answer.
pub async fn ask(
    app: &App,
    caller: &Caller,
    tills: Vec<Till>,
    wanted: &SearchQuery,
    mut take: impl FnMut(Till, Vec<OrderRecord>),
) -> Result<(), AppError> {
    let mut left = tills;
    for _ in 0..MAX_ASKED {
        let mut behind = Vec::new();
        let mut numbers = left.clone().into_iter();
        let mut replies = app.objects.ask(&caller.store, left, || call(wanted));
        while let (Some(reply), Some(till)) = (replies.next().await, numbers.next()) {
            match reply?.answer {
                TillAnswer::Orders { orders } => take(till, orders),
                TillAnswer::Behind => behind.push(till),
                _ => return Err(unexpected()),
            }
        }
        if behind.is_empty() {
            return Ok(());
        }
        left = behind;
    }
    Err(AppError::Busy)
}

/// What the index is not needed for is asked of the orders themselves.
fn call(wanted: &SearchQuery) -> TillCall {
    if !wanted.is_plain() {
        return TillCall::Search(Box::new(wanted.clone()));
    }
    TillCall::List(OrderQuery {
        mode: wanted.mode,
        state: wanted.state.clone(),
        from: wanted.from,
        to: wanted.to,
        before: wanted.before.clone(),
        limit: wanted.limit,
    })
}

/// `GET /v1/orders/changes`: what has changed since a cursor; without one, the cursor of now.
///
/// # Errors
/// [`AppError::BadRequest`] for a cursor that is not one.
pub async fn changes(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, &["since", "limit"])?;
    let limit = limit(request)?;
    let tills = app.objects.tills(&caller.store).await?;
    let all = tills.clone();
    let since = query(request, "since").map(|text| parse_since(&text));
    let since = since.transpose()?;
    caller.asks(&tills)?;
    // Tills that were added since then have only orders that are new.
    let of_till = |till: Till| {
        let since = since.as_ref()?;
        let place = usize::from(till.number());
        Some(since.get(place).copied().unwrap_or(0))
    };
    // They are asked in their order.
    let asked = Cell::new(0_usize);
    let next_call = || {
        let place = asked.replace(asked.get() + 1);
        TillCall::Changes {
            mode: caller.mode,
            since: all.get(place).copied().and_then(of_till),
            limit,
        }
    };
    let mut records: Vec<OrderRecord> = Vec::new();
    let mut lasts = Vec::with_capacity(all.len());
    let mut more = false;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut replies = app.objects.ask(&caller.store, tills, next_call);
    while let Some(reply) = replies.next().await {
        let TillAnswer::Changes { orders, last } = reply?.answer else {
            return Err(unexpected());
        };
        more |= orders.len() >= most;
        records.extend(orders);
        lasts.push(last.to_string());
    }
    records.sort_by_key(|r| r.order.updated_at());
    let data: Vec<Value> = records
        .iter()
        .map(|r| json!(OrderView::new(r.parts())))
        .collect();
    let next = lasts.join("-");
    json_response(200, &json!({ "data": data, "since": next, "more": more }))
}

/// A number for each till.
fn parse_since(text: &str) -> Result<Vec<i64>, AppError> {
    let numbers = text.split('-').map(|n| {
        let fits = (1..=15).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| n.parse().ok()).flatten()
    });
    let numbers: Option<Vec<i64>> = numbers.collect();
    let numbers = numbers.filter(|n| n.len() <= usize::from(Till::COUNT_MAX));
    numbers.ok_or_else(|| bad_query("bad_since", "use the `since` of an answer before"))
}

fn unexpected() -> AppError {
    AppError::Internal("unexpected answer of a till".to_owned())
}
