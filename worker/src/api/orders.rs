//! `/v1/orders`: create, read, capture, cancel.

use causeway_shared::id::{OrderId, Till};
use causeway_shared::money::Money;
use causeway_shared::order::{CancelReason, Event, IrregularPolicy};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{OrderDraft, OrderView};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use worker::{Request, Response};

use super::acts::perform_act;
use super::auth::Caller;
use super::body::{MAX_BODY, idempotency_key, parse_json, read_bytes, read_optional_json};
use super::stock;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{KEY_LIFE_S, StoreConfig};
use crate::object::till::call::{Create, Idempotency, OrderRecord, TillAnswer, TillCall};
use crate::object::till::desk::DeskAct;
use crate::objects::hex;
use crate::random::{now, random};
use crate::reply::json_response;

/// `POST /v1/orders`
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    if caller.config.profile.is_none() {
        let detail = "set the store up first: PUT /v1/store".to_owned();
        return Err(AppError::Conflict {
            code: "store_not_set_up",
            detail,
        });
    }
    let key = idempotency_key(request)?;
    let body = read_bytes(request, MAX_BODY).await?;
    let draft: OrderDraft = parse_json(&body)?;
    let names_sku = draft.items.iter().any(|item| item.sku.is_some());
    let counted = caller.config.counts_stock && names_sku;
    let (record, made) = make(app, caller, (draft, counted), key.as_deref(), &body).await?;
    let mut response = respond(app, caller, &record, if made { 201 } else { 200 })?;
    if !made {
        response.headers_mut().set("idempotent-replayed", "true")?;
    }
    Ok(response)
}

/// Makes an order, or finds the one that the key has made before. With the draft comes whether any
/// of its products may be counted.
///
/// # Errors
/// A problem document.
pub async fn make(
    app: &App,
    caller: &Caller,
    (draft, counted): (OrderDraft, bool),
    key: Option<&str>,
    body: &[u8],
) -> Result<(OrderRecord, bool), AppError> {
    let now = now();
    let idempotency = key.map(|key| idempotency(caller, key, body));
    let config = &caller.config;
    let (total, capture, expires_at) = (draft.total, draft.capture, draft.expiry(now));
    let store = caller.store.clone();
    let details = match draft.check(store, caller.mode, app.config.allow_http, now) {
        Ok(details) => details,
        // A draft that was right when it was first sent may since have expired.
        Err(error) => {
            let known = find_key(app, caller, idempotency.as_ref(), now).await?;
            return known
                .map(|record| (record, false))
                .ok_or_else(|| error.into());
        }
    };
    if let Some(known) = leave_old_tills(app, caller, config, idempotency.as_ref(), now).await? {
        return Ok((known, false));
    }
    let till = choose_till(config, idempotency.as_ref());
    let profile = config.profile.as_ref();
    let mut create = Create {
        id: make_id(now, till),
        total,
        capture,
        policy: profile.map_or(IrregularPolicy::default(), |p| p.irregular_payments),
        expires_at,
        details,
        idempotency,
    };
    let again = create.idempotency.is_some().then(|| create.clone());
    let counted = counted && stock::counts(caller);
    match (send(app, caller, till, create, counted).await?, again) {
        // The number of tills was raised, and these settings are from before.
        (TillAnswer::KeyMoved, Some(again)) => {
            let config = app.objects.read_config(&caller.store).await?;
            create = again;
            let key = create.idempotency.as_ref();
            if let Some(known) = leave_old_tills(app, caller, &config, key, now).await? {
                return Ok((known, false));
            }
            let till = choose_till(&config, key);
            create.id = make_id(now, till);
            made(send(app, caller, till, create, counted).await?)
        }
        (answer, _) => made(answer),
    }
}

async fn send(
    app: &App,
    caller: &Caller,
    till: Till,
    create: Create,
    counted: bool,
) -> Result<TillAnswer, AppError> {
    if counted {
        return stock::create(app, caller, till, create).await;
    }
    let call = TillCall::Create(Box::new(create));
    Ok(app.objects.till(&caller.store, till, call).await?.answer)
}

fn made(answer: TillAnswer) -> Result<(OrderRecord, bool), AppError> {
    match answer {
        TillAnswer::Order { record, changed } => Ok((*record, changed)),
        TillAnswer::KeyConflict => Err(key_conflict()),
        _ => Err(AppError::Internal("unexpected answer of a till".to_owned())),
    }
}

fn make_id(now: UnixTime, till: Till) -> OrderId {
    let time_ms = u64::try_from(now.millis()).unwrap_or(0);
    OrderId::make(time_ms, till, random())
}

fn idempotency(caller: &Caller, key: &str, body: &[u8]) -> Idempotency {
    let mode = caller.mode.as_str();
    Idempotency {
        key: hex(&Sha256::digest(format!("{mode}\0{key}"))),
        body: hex(&Sha256::digest(body)),
    }
}

fn key_conflict() -> AppError {
    AppError::Conflict {
        code: "idempotency_conflict",
        detail: "this Idempotency-Key was used with another body; use a new key".to_owned(),
    }
}

/// The key chooses the till; without a key, chance does.
fn choose_till(config: &StoreConfig, key: Option<&Idempotency>) -> Till {
    let tills = config.profile.as_ref().map_or(1, |p| p.tills);
    match key {
        Some(key) => Till::choose(key.key.as_bytes(), tills),
        None => Till::choose(&random::<16>(), tills),
    }
}

/// The tills that numbers of the last days would have chosen for a key, without today's.
fn old_tills(config: &StoreConfig, key: &Idempotency, now: UnixTime) -> Vec<Till> {
    let today = choose_till(config, Some(key));
    let before = config.profile.iter().flat_map(|p| &p.tills_before);
    let mut tills: Vec<Till> = before
        .filter(|b| b.changed_at.plus_seconds(KEY_LIFE_S) >= now)
        .map(|b| Till::choose(key.key.as_bytes(), b.tills))
        .filter(|till| *till != today)
        .collect();
    tills.sort_unstable();
    tills.dedup();
    tills
}

/// While keys of the time before the number of tills was raised are valid, their till is asked,
/// and makes no order with the key from then on: an isolate that has not heard of the new number
/// may be about to have it do so.
async fn leave_old_tills(
    app: &App,
    caller: &Caller,
    config: &StoreConfig,
    key: Option<&Idempotency>,
    now: UnixTime,
) -> Result<Option<OrderRecord>, AppError> {
    let Some(key) = key else { return Ok(None) };
    for till in old_tills(config, key, now) {
        let call = TillCall::MoveKey(key.clone());
        let answer = app.objects.till(&caller.store, till, call).await?.answer;
        if let Some(known) = found(answer)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// The order that a key has made.
async fn find_key(
    app: &App,
    caller: &Caller,
    key: Option<&Idempotency>,
    now: UnixTime,
) -> Result<Option<OrderRecord>, AppError> {
    let Some(key) = key else { return Ok(None) };
    let mut tills = old_tills(&caller.config, key, now);
    tills.push(choose_till(&caller.config, Some(key)));
    for till in tills {
        let call = TillCall::FindKey(key.clone());
        let answer = app.objects.till(&caller.store, till, call).await?.answer;
        if let Some(known) = found(answer)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

fn found(answer: TillAnswer) -> Result<Option<OrderRecord>, AppError> {
    match answer {
        TillAnswer::Order { record, .. } => Ok(Some(*record)),
        TillAnswer::KeyConflict => Err(key_conflict()),
        _ => Ok(None),
    }
}

/// `GET /v1/orders/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    respond(app, caller, &load(app, caller, id).await?, 200)
}

/// Reads an order of the caller's store and mode.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn load(app: &App, caller: &Caller, id: &str) -> Result<OrderRecord, AppError> {
    let id = OrderId::parse(id)?;
    let record = crate::checkout::read(app, &caller.store, &id).await?;
    if record.details.mode == caller.mode {
        Ok(record)
    } else {
        Err(AppError::NotFound)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CaptureBody {
    amount: Option<Money>,
}

/// `POST /v1/orders/{id}/capture`
///
/// # Errors
/// A problem document.
pub async fn capture(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: CaptureBody = read_optional_json(request).await?;
    let record = load(app, caller, id).await?;
    let amount = body.amount.unwrap_or(record.order.total());
    let record = act(app, caller, &record, Event::Capture { amount }).await?;
    respond(app, caller, &record, 200)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CancelBody {
    reason: Option<AskedReason>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AskedReason {
    Fraudulent,
    Merchant,
    Shopper,
}

/// `POST /v1/orders/{id}/cancel`
///
/// # Errors
/// A problem document.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: CancelBody = read_optional_json(request).await?;
    let record = load(app, caller, id).await?;
    let reason = match body.reason {
        None | Some(AskedReason::Merchant) => CancelReason::Merchant,
        Some(AskedReason::Fraudulent) => CancelReason::Fraudulent,
        Some(AskedReason::Shopper) => CancelReason::Shopper,
    };
    let record = act(app, caller, &record, Event::Cancel { reason }).await?;
    respond(app, caller, &record, 200)
}

/// Applies an event, and brings what it owes to channels as far as their first answer.
///
/// # Errors
/// The rejection as a problem document.
pub async fn act(
    app: &App,
    caller: &Caller,
    record: &OrderRecord,
    event: Event,
) -> Result<OrderRecord, AppError> {
    let order = record.order.id().clone();
    let act = DeskAct::Event {
        order: order.clone(),
        event,
    };
    perform_act(app, caller, &order, act).await
}

/// The order as JSON, with the token for the shopper's page.
///
/// # Errors
/// When the response cannot be made.
pub fn respond(
    app: &App,
    caller: &Caller,
    record: &OrderRecord,
    status: u16,
) -> Result<Response, AppError> {
    let token = app.client_token(&caller.store, record.order.id());
    let url = format!("{}/checkout/{}", app.origin, token.expose());
    let view = OrderView::new(record.parts()).with_notes(&record.added);
    let view = view.with_token(token.expose(), &url);
    json_response(status, &view)
}
