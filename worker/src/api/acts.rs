//! Acts on an order beside its money: `/v1/orders/{id}/ship`, `/notes`, `/confirm`; and how acts are
//! carried out.

use causeway_shared::id::{AttemptId, OrderId};
use causeway_shared::wire::{ItemShare, is_web_url};
use serde::Deserialize;
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use super::orders::{load, respond};
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{OrderRecord, TillAnswer, TillCall};
use crate::object::till::desk::{Conflict, Desk, DeskAct, DeskAnswer, Invalid, Ship};
use crate::perform::perform_all;

/// The most items that a list of shares can name.
const MAX_SHARES: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShipBody {
    carrier: String,
    number: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    items: Vec<ItemShare>,
}

/// `POST /v1/orders/{id}/ship`
///
/// # Errors
/// A problem document.
pub async fn ship(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: ShipBody = read_json(request, MAX_BODY).await?;
    check_line("/carrier", &body.carrier, 100)?;
    check_line("/number", &body.number, 100)?;
    let allow_http = app.config.allow_http;
    if body
        .url
        .as_ref()
        .is_some_and(|u| !is_web_url(u, allow_http))
    {
        let detail = "must be an https address of at most 2048 characters";
        return Err(invalid("/url", "not_a_url", detail));
    }
    check_count(&body.items)?;
    let order = load(app, caller, id).await?.order.id().clone();
    let act = DeskAct::Ship(Ship {
        order: order.clone(),
        carrier: body.carrier,
        number: body.number,
        url: body.url,
        items: body.items,
    });
    let record = perform_act(app, caller, &order, act).await?;
    respond(app, caller, &record, 200)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteBody {
    text: String,
}

/// `POST /v1/orders/{id}/notes`
///
/// # Errors
/// A problem document.
pub async fn note(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: NoteBody = read_json(request, MAX_BODY).await?;
    check_prose("/text", &body.text, 1000)?;
    let order = load(app, caller, id).await?.order.id().clone();
    let act = DeskAct::Note {
        order: order.clone(),
        text: body.text,
    };
    let record = perform_act(app, caller, &order, act).await?;
    respond(app, caller, &record, 200)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmBody {
    #[serde(default)]
    attempt: Option<AttemptId>,
    reason: String,
}

/// `POST /v1/orders/{id}/confirm`
///
/// # Errors
/// A problem document.
pub async fn confirm(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let body: ConfirmBody = read_json(request, MAX_BODY).await?;
    check_prose("/reason", &body.reason, 200)?;
    let order = load(app, caller, id).await?.order.id().clone();
    let act = DeskAct::Confirm {
        order: order.clone(),
        attempt: body.attempt,
        reason: body.reason,
    };
    let record = perform_act(app, caller, &order, act).await?;
    respond(app, caller, &record, 200)
}

/// Carries out an act of the caller's on an order, brings what it owes to channels as far as their
/// first answer. Answers the order as it is then.
///
/// # Errors
/// Why it does not fit, as a problem document.
pub async fn perform_act(
    app: &App,
    caller: &Caller,
    order: &OrderId,
    act: DeskAct,
) -> Result<OrderRecord, AppError> {
    let desk = Desk {
        by: caller.actor.clone(),
        act,
    };
    let (task, store, order) = (app.clone(), caller.store.clone(), order.clone());
    app.finish(async move {
        let call = TillCall::Desk(Box::new(desk));
        let reply = task.objects.order_till(&store, &order, call).await?;
        let last = perform_all(&task, &store, reply.work).await;
        match reply.answer {
            TillAnswer::Order { record, .. } => Ok(last.unwrap_or(*record)),
            other => Err(refusal(other)),
        }
    })
    .await?
}

/// Why a till did not do what the desk was asked for.
#[must_use]
pub fn refusal(answer: TillAnswer) -> AppError {
    match answer {
        TillAnswer::Rejected { rejected, .. } => rejected.into(),
        TillAnswer::Desk(desk) => match *desk {
            DeskAnswer::Conflict { code } => conflict(code),
            DeskAnswer::Invalid { pointer, code } => invalid_share(&pointer, code),
            DeskAnswer::Request { .. }
            | DeskAnswer::Requests { .. }
            | DeskAnswer::Timeline { .. } => {
                AppError::Internal("unexpected answer of a till".to_owned())
            }
        },
        _ => AppError::NotFound,
    }
}

fn conflict(code: Conflict) -> AppError {
    let (code, detail) = match code {
        Conflict::RequestDecided => ("request_decided", "the request was decided otherwise"),
        Conflict::RequestOpen => (
            "request_open",
            "another request for this order waits for a decision; decide that one first",
        ),
        Conflict::TooMany => ("too_many", "the order cannot have more of these"),
    };
    AppError::Conflict {
        code,
        detail: detail.to_owned(),
    }
}

fn invalid_share(pointer: &str, code: Invalid) -> AppError {
    match code {
        Invalid::Item => invalid(pointer, "no_such_item", "names no item, or one twice"),
        Invalid::Quantity => invalid(
            pointer,
            "out_of_range",
            "must be 1 to what the order has left of the item",
        ),
    }
}

/// A line of text: not blank, without control characters.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn check_line(pointer: &str, text: &str, max: usize) -> Result<(), AppError> {
    check_prose(pointer, text, max)?;
    if text.contains('\n') {
        return Err(control_character(pointer));
    }
    Ok(())
}

/// Text of several lines, perhaps: not blank, without other control characters.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn check_prose(pointer: &str, text: &str, max: usize) -> Result<(), AppError> {
    if text.trim().is_empty() || text.chars().count() > max {
        let detail = format!("must have 1 to {max} characters");
        return Err(invalid(pointer, "length", &detail));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(control_character(pointer));
    }
    Ok(())
}

fn control_character(pointer: &str) -> AppError {
    let detail = "must not have control characters";
    invalid(pointer, "control_character", detail)
}

/// # Errors
/// [`AppError::Invalid`] for a list that is too long.
pub fn check_count(items: &[ItemShare]) -> Result<(), AppError> {
    if items.len() > MAX_SHARES {
        return Err(invalid("/items", "count", "must have at most 200 items"));
    }
    Ok(())
}
