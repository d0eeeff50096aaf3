//! `/v1/orders/{id}/refunds`: money back, with a reason.

use causeway_shared::id::{AttemptId, RefundId};
use causeway_shared::money::Money;
use causeway_shared::order::Order;
use causeway_shared::wire::{ItemShare, RefundView};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use worker::{Request, Response};

use super::acts::{check_count, check_prose, perform_act};
use super::auth::Caller;
use super::body::{MAX_BODY, idempotency_key, read_json};
use super::orders::load;
use crate::app::App;
use crate::error::AppError;
use crate::object::till::desk::{self, DeskAct};
use crate::reply::json_response;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRefund {
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    attempt: Option<AttemptId>,
    #[serde(default)]
    items: Vec<ItemShare>,
    reason: String,
}

/// `GET /v1/orders/{id}/refunds`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn list(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let record = load(app, caller, id).await?;
    let refunds = record.order.refunds().iter();
    let data: Vec<Value> = refunds
        .map(|r| json!(RefundView::new(r, &record.added)))
        .collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `POST /v1/orders/{id}/refunds`. Without an amount, what the items cost, or all that is left;
/// without an attempt, of the payment that won the order. The key is required: a refund without one would
/// be made twice by a client that sends it again because the answer was lost.
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let key = idempotency_key(request)?.ok_or_else(key_missing)?;
    let body: NewRefund = read_json(request, MAX_BODY).await?;
    check_prose("/reason", &body.reason, 200)?;
    check_count(&body.items)?;
    let record = load(app, caller, id).await?;
    let refund = derive_refund_id(&record.order, &key);
    let status = if record.order.refund(&refund).is_some() {
        200
    } else {
        201
    };
    let order = record.order.id().clone();
    let act = DeskAct::Refund(desk::NewRefund {
        order: order.clone(),
        refund: refund.clone(),
        attempt: body.attempt,
        amount: body.amount,
        items: body.items,
        reason: body.reason,
    });
    let record = perform_act(app, caller, &order, act).await?;
    let made = record.order.refund(&refund).ok_or(AppError::NotFound)?;
    json_response(status, &RefundView::new(made, &record.added))
}

fn key_missing() -> AppError {
    AppError::BadRequest {
        code: "idempotency_key_missing",
        detail: "send an Idempotency-Key, the same one whenever you repeat this refund".to_owned(),
    }
}

/// The key is the refund's identity: the same key finds the same refund.
fn derive_refund_id(order: &Order, key: &str) -> RefundId {
    let mut hash = Sha256::new();
    hash.update(b"causeway refund key v1\0");
    hash.update(order.id().as_str());
    hash.update(b"\0");
    hash.update(key);
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 16];
    random.copy_from_slice(&digest[..16]);
    RefundId::make(random)
}
