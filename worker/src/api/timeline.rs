//! `/v1/orders/{id}/timeline`: what happened to an order.

use causeway_shared::id::OrderId;
use serde_json::json;
use worker::Response;

use super::acts::refusal;
use super::auth::Caller;
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::object::till::desk::{Desk, DeskAct, DeskAnswer};
use crate::object::till::history::Entry;
use crate::reply::json_response;

/// `GET /v1/orders/{id}/timeline`: oldest first, all on one page.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let data = entries(app, caller, &OrderId::parse(id)?).await?;
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// What happened to an order of the caller's store and mode.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn entries(app: &App, caller: &Caller, id: &OrderId) -> Result<Vec<Entry>, AppError> {
    let desk = Desk {
        by: caller.actor.clone(),
        act: DeskAct::Timeline { order: id.clone() },
    };
    let call = TillCall::Desk(Box::new(desk));
    let reply = app.objects.order_till(&caller.store, id, call).await?;
    let TillAnswer::Desk(desk) = reply.answer else {
        return Err(refusal(reply.answer));
    };
    match *desk {
        DeskAnswer::Timeline { mode, entries } if mode == caller.mode => Ok(entries),
        _ => Err(AppError::NotFound),
    }
}
