//! Requests for refunds: asked for at an order, decided at the desk.

use causeway_shared::id::{OrderId, RefundRequestId};
use causeway_shared::json;
use causeway_shared::money::Money;
use causeway_shared::wire::ItemShare;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::acts::{check_count, check_prose, refusal};
use super::auth::Caller;
use super::body::{MAX_BODY, bad_query, limit, only_known, query, read_json, read_optional_json};
use super::orders::load;
use crate::actor::Actor;
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::object::till::desk::{
    Approve, Ask, Desk, DeskAct, DeskAnswer, RefundRequest, RequestQuery, RequestState,
};
use crate::object::till::requests::view;
use crate::perform::perform_all;
use crate::random::{now, random};
use crate::reply::json_response;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRequest {
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    items: Vec<ItemShare>,
    reason: String,
}

/// `POST /v1/orders/{id}/refund_requests`
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: NewRequest = read_json(request, MAX_BODY).await?;
    check_prose("/reason", &body.reason, 200)?;
    check_count(&body.items)?;
    let order = load(app, caller, id).await?.order.id().clone();
    let (request, made) = ask(
        app,
        caller,
        Ask {
            id: make_id(&order),
            order,
            items: body.items,
            amount: body.amount,
            reason: body.reason,
        },
    )
    .await?;
    json_response(if made { 201 } else { 200 }, &view(&request))
}

/// Makes a request for the caller, or finds the same one.
async fn ask(app: &App, caller: &Caller, ask: Ask) -> Result<(RefundRequest, bool), AppError> {
    let till = ask.order.clone();
    let desk = Desk {
        by: caller.actor.clone(),
        act: DeskAct::Ask(ask),
    };
    let call = TillCall::Desk(Box::new(desk));
    let reply = app.objects.order_till(&caller.store, &till, call).await?;
    perform_all(app, &caller.store, reply.work).await;
    requested(reply.answer)
}

/// An id for a request about an order, in the order's till.
#[must_use]
pub fn make_id(order: &OrderId) -> RefundRequestId {
    let time_ms = u64::try_from(now().millis()).unwrap_or(0);
    RefundRequestId::of_till(time_ms, order.till(), random())
}

/// `GET /v1/orders/{id}/refund_requests`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn of_order(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let order = load(app, caller, id).await?.order.id().clone();
    let act = DeskAct::Requests(RequestQuery {
        mode: caller.mode,
        state: None,
        order: Some(order.clone()),
        before: None,
        limit: 100,
    });
    let call = TillCall::Desk(Box::new(Desk {
        by: Actor::system("list"),
        act,
    }));
    let reply = app.objects.order_till(&caller.store, &order, call).await?;
    let data: Vec<Value> = listed(reply.answer)?.iter().map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `GET /v1/refund_requests`: all tills side by side, merged, newest first.
///
/// # Errors
/// [`AppError::BadRequest`] for a filter that is not one.
pub async fn list(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, &["state", "limit", "cursor"])?;
    let state = query(request, "state").map(|text| {
        json::from_word::<RequestState>(&text).map_err(|_| {
            let names = RequestState::NAMES.join(", ");
            bad_query("bad_state", &format!("state must be one of {names}"))
        })
    });
    let (state, limit) = (state.transpose()?, limit(request)?);
    let before = query(request, "cursor").map(|c| RefundRequestId::parse(&c));
    let before = before.transpose();
    let before = before.map_err(|_| bad_query("bad_cursor", "use the cursor of a page before"))?;
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let query = || {
        let act = DeskAct::Requests(RequestQuery {
            mode: caller.mode,
            state,
            order: None,
            before: before.clone(),
            limit: limit + 1,
        });
        TillCall::Desk(Box::new(Desk {
            by: Actor::system("list"),
            act,
        }))
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut requests: Vec<RefundRequest> = Vec::new();
    let mut replies = app.objects.ask(&caller.store, tills, query);
    while let Some(reply) = replies.next().await {
        requests.extend(listed(reply?.answer)?);
        requests.sort_unstable_by(|a, b| b.id.cmp(&a.id));
        requests.truncate(limit + 1);
    }
    let more = requests.len() > limit;
    requests.truncate(limit);
    let next = requests.last().filter(|_| more).map(|r| r.id.clone());
    let data: Vec<Value> = requests.iter().map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": next }))
}

/// `GET /v1/refund_requests/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let request = RefundRequestId::parse(id)?;
    let mode = caller.mode;
    let act = DeskAct::Request {
        request: request.clone(),
        mode,
    };
    json_response(200, &view(&perform(app, caller, &request, act).await?))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ApproveBody {
    amount: Option<Money>,
    items: Option<Vec<ItemShare>>,
}

/// `POST /v1/refund_requests/{id}/approve`
///
/// # Errors
/// A problem document.
pub async fn approve(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: ApproveBody = read_optional_json(request).await?;
    check_count(body.items.as_deref().unwrap_or_default())?;
    let request = RefundRequestId::parse(id)?;
    let act = DeskAct::Approve(Approve {
        request: request.clone(),
        mode: caller.mode,
        amount: body.amount,
        items: body.items,
    });
    perform(app, caller, &request, act).await?;
    // The channel may have answered meanwhile.
    read(app, caller, id).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclineBody {
    explanation: String,
}

/// `POST /v1/refund_requests/{id}/decline`
///
/// # Errors
/// A problem document.
pub async fn decline(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: DeclineBody = read_json(request, MAX_BODY).await?;
    check_prose("/explanation", &body.explanation, 1000)?;
    let request = RefundRequestId::parse(id)?;
    let act = DeskAct::Decline {
        request: request.clone(),
        mode: caller.mode,
        explanation: body.explanation,
    };
    json_response(200, &view(&perform(app, caller, &request, act).await?))
}

/// Carries out an act on a request at the till that its id names.
async fn perform(
    app: &App,
    caller: &Caller,
    request: &RefundRequestId,
    act: DeskAct,
) -> Result<RefundRequest, AppError> {
    let till = request.till();
    // Anybody can make up an id, and an object that is called comes into being.
    if !app.objects.tills(&caller.store).await?.contains(&till) {
        return Err(AppError::NotFound);
    }
    let desk = Desk {
        by: caller.actor.clone(),
        act,
    };
    let (task, store) = (app.clone(), caller.store.clone());
    app.finish(async move {
        let call = TillCall::Desk(Box::new(desk));
        let reply = task.objects.till(&store, till, call).await?;
        perform_all(&task, &store, reply.work).await;
        requested(reply.answer).map(|(request, _)| request)
    })
    .await?
}

fn requested(answer: TillAnswer) -> Result<(RefundRequest, bool), AppError> {
    match answer {
        TillAnswer::Desk(desk) => match *desk {
            DeskAnswer::Request { request, changed } => Ok((*request, changed)),
            other => Err(refusal(TillAnswer::Desk(Box::new(other)))),
        },
        other => Err(refusal(other)),
    }
}

fn listed(answer: TillAnswer) -> Result<Vec<RefundRequest>, AppError> {
    match answer {
        TillAnswer::Desk(desk) => match *desk {
            DeskAnswer::Requests { requests } => Ok(requests),
            other => Err(refusal(TillAnswer::Desk(Box::new(other)))),
        },
        other => Err(refusal(other)),
    }
}
