//! `/v1`: what a merchant's programs use. One file per resource: parse, decide, perform, respond.

pub mod accounts;
pub mod acts;
pub mod audit;
pub mod auth;
#[cfg(not(target_arch = "wasm32"))]
pub mod bodies;
pub mod body;
pub mod carts;
pub mod cause;
pub mod channels;
pub mod check;
pub mod days;
pub mod deliveries;
pub mod endpoint_test;
pub mod endpoints;
pub mod events;
pub mod export;
pub mod key_use;
pub mod keys;
pub mod may;
pub mod messages;
pub mod onboarding;
pub mod operators;
pub mod orders;
pub mod passkeys;
pub mod pointer;
pub mod price_book;
pub mod prices;
pub mod profile;
pub mod refund_requests;
pub mod refunds;
pub mod replay;
pub mod sealing_keys;
pub mod search;
pub mod sessions;
pub mod stock;
pub mod stores;
pub mod timeline;
pub mod views;

use worker::{Method, Request, Response};

use self::auth::Caller;
use crate::app::App;
use crate::error::AppError;

/// Routes a request below `/v1`.
///
/// # Errors
/// A problem document.
pub async fn route(app: &App, request: Request, path: &[&str]) -> Result<Response, AppError> {
    if let ["carts"] = path {
        return carts::route(app, request).await;
    }
    let caller = auth::caller(app, &request).await?;
    serve(app, caller, request, path).await
}

/// Serves one who has proved who they are: a program, or a page of the dashboard.
///
/// # Errors
/// A problem document.
pub async fn serve(
    app: &App,
    caller: Caller,
    mut request: Request,
    path: &[&str],
) -> Result<Response, AppError> {
    let method = request.method();
    let refusal = || {
        methods(path).map_or(AppError::NotFound, |allow| AppError::MethodNotAllowed {
            allow,
        })
    };
    caller.allow(may::act_of(&method, path).ok_or_else(refusal)?)?;
    let request = &mut request;
    match (&method, path) {
        (Method::Get, ["store"]) => stores::read(&caller),
        (Method::Put, ["store"]) => stores::put(app, &caller, request).await,
        (Method::Get, ["store", "profile"]) => profile::read(app, &caller).await,
        (Method::Put, ["store", "profile"]) => profile::put(app, &caller, request).await,
        (Method::Get, ["mail"]) => messages::read(&caller),
        (Method::Put, ["mail"]) => messages::put(app, &caller, request).await,
        (Method::Delete, ["mail"]) => messages::remove(app, &caller).await,
        (Method::Post, ["mail", "test"]) => messages::test(app, &caller, request).await,
        (Method::Get, ["mail", "templates"]) => messages::templates(app, &caller).await,
        (Method::Put, ["mail", "templates", kind, locale]) => {
            messages::put_template(app, &caller, request, (kind, locale)).await
        }
        (Method::Delete, ["mail", "templates", kind, locale]) => {
            messages::remove_template(app, &caller, (kind, locale)).await
        }
        (Method::Post, ["mail", "templates", kind, locale, "preview"]) => {
            messages::preview(app, &caller, request, (kind, locale)).await
        }
        (Method::Get, ["orders", id, "messages"]) => messages::of_order(app, &caller, id).await,
        (Method::Get, ["api_keys"]) => keys::list(app, &caller).await,
        (Method::Post, ["api_keys"]) => keys::create(app, &caller, request).await,
        (Method::Post, ["api_keys", id, "roll"]) => keys::roll(app, &caller, request, id).await,
        (Method::Delete, ["api_keys", id]) => keys::remove(app, &caller, id).await,
        (Method::Get, ["accounts"]) => accounts::list(app, &caller),
        (Method::Post, ["accounts"]) => accounts::create(app, &caller, request).await,
        (Method::Get, ["accounts", id]) => accounts::read(app, &caller, id),
        (Method::Patch, ["accounts", id]) => accounts::edit(app, &caller, request, id).await,
        (Method::Delete, ["accounts", id]) => accounts::remove(app, &caller, id).await,
        (Method::Post, ["accounts", id, "check"]) => check::check(app, &caller, id).await,
        (Method::Get, ["channels"]) => channels::list(),
        (Method::Get, ["onboarding"]) => onboarding::list(app, &caller).await,
        (Method::Get, ["sealing_keys"]) => sealing_keys::list(app, &caller),
        (Method::Post, ["sealing_keys"]) => sealing_keys::create(app, &caller).await,
        (Method::Delete, ["sealing_keys", id]) => sealing_keys::remove(app, &caller, id).await,
        (Method::Get, ["webhook_endpoints"]) => endpoints::list(&caller),
        (Method::Post, ["webhook_endpoints"]) => endpoints::create(app, &caller, request).await,
        (Method::Get, ["webhook_endpoints", id]) => endpoints::read(&caller, id),
        (Method::Patch, ["webhook_endpoints", id]) => {
            endpoints::edit(app, &caller, request, id).await
        }
        (Method::Delete, ["webhook_endpoints", id]) => endpoints::remove(app, &caller, id).await,
        (Method::Post, ["webhook_endpoints", id, "rotate_secret"]) => {
            endpoints::rotate(app, &caller, id).await
        }
        (Method::Post, ["webhook_endpoints", id, "test"]) => {
            endpoint_test::send(app, &caller, id).await
        }
        (Method::Get, ["webhook_endpoints", id, "deliveries"]) => {
            deliveries::list(app, &caller, request, id).await
        }
        (Method::Post, ["webhook_endpoints", id, "redeliver"]) => {
            replay::replay(app, &caller, request, id).await
        }
        (Method::Get, ["prices"]) => prices::list(app, &caller).await,
        (Method::Get, ["prices.csv"]) => price_book::read(app, &caller).await,
        (Method::Put, ["prices.csv"]) => price_book::put(app, &caller, request).await,
        (Method::Put, ["prices", sku]) => prices::put(app, &caller, request, sku).await,
        (Method::Delete, ["prices", sku]) => prices::remove(app, &caller, sku).await,
        (Method::Get, ["orders"]) => search::list(app, &caller, request).await,
        (Method::Get, ["orders", "changes"]) => search::changes(app, &caller, request).await,
        (Method::Get, ["orders", "export.csv"]) => export::export(app, caller, request).await,
        (Method::Post, ["orders"]) => orders::create(app, &caller, request).await,
        (Method::Get, ["orders", "days"]) => days::days(app, &caller, request).await,
        (Method::Get, ["orders", id]) => orders::read(app, &caller, id).await,
        (Method::Post, ["orders", id, "capture"]) => {
            orders::capture(app, &caller, request, id).await
        }
        (Method::Post, ["orders", id, "cancel"]) => orders::cancel(app, &caller, request, id).await,
        (Method::Get, ["orders", id, "refunds"]) => refunds::list(app, &caller, id).await,
        (Method::Post, ["orders", id, "refunds"]) => {
            refunds::create(app, &caller, request, id).await
        }
        (Method::Post, ["orders", id, "ship"]) => acts::ship(app, &caller, request, id).await,
        (Method::Post, ["orders", id, "notes"]) => acts::note(app, &caller, request, id).await,
        (Method::Post, ["orders", id, "confirm"]) => acts::confirm(app, &caller, request, id).await,
        (Method::Get, ["orders", id, "timeline"]) => timeline::read(app, &caller, id).await,
        (Method::Get, ["orders", id, "refund_requests"]) => {
            refund_requests::of_order(app, &caller, id).await
        }
        (Method::Post, ["orders", id, "refund_requests"]) => {
            refund_requests::create(app, &caller, request, id).await
        }
        (Method::Get, ["views"]) => views::list(app, &caller).await,
        (Method::Get, ["views", name]) => views::read(app, &caller, name).await,
        (Method::Put, ["views", name]) => views::put(app, &caller, request, name).await,
        (Method::Delete, ["views", name]) => views::remove(app, &caller, name).await,
        (Method::Get, ["refund_requests"]) => refund_requests::list(app, &caller, request).await,
        (Method::Get, ["refund_requests", id]) => refund_requests::read(app, &caller, id).await,
        (Method::Post, ["refund_requests", id, "approve"]) => {
            refund_requests::approve(app, &caller, request, id).await
        }
        (Method::Post, ["refund_requests", id, "decline"]) => {
            refund_requests::decline(app, &caller, request, id).await
        }
        (Method::Get, ["events"]) => events::list(app, &caller, request).await,
        (Method::Get, ["events", id]) => events::read(app, &caller, id).await,
        (Method::Post, ["events", id, "redeliver"]) => events::redeliver(app, &caller, id).await,
        (Method::Get, ["operators"]) => operators::list(app, &caller).await,
        (Method::Post, ["operators"]) => operators::create(app, &caller, request).await,
        (Method::Get, ["operators", id]) => operators::read(app, &caller, id).await,
        (Method::Patch, ["operators", id]) => operators::edit(app, &caller, request, id).await,
        (Method::Delete, ["operators", id]) => operators::remove(app, &caller, id).await,
        (Method::Post, ["operators", id, "token"]) => operators::make_token(app, &caller, id).await,
        (Method::Delete, ["operators", id, "token"]) => {
            operators::remove_token(app, &caller, id).await
        }
        (Method::Post, ["operators", id, "sign_in_link"]) => {
            sessions::make_link(app, &caller, id).await
        }
        (Method::Delete, ["operators", id, "sessions"]) => {
            sessions::remove_all_of(app, &caller, id).await
        }
        (Method::Delete, ["operators", id, "passkeys"]) => {
            passkeys::remove_all_of(app, &caller, id).await
        }
        (Method::Get, ["passkeys"]) => passkeys::list(app, &caller).await,
        (Method::Post, ["passkeys"]) => passkeys::create(app, &caller, request).await,
        (Method::Post, ["passkeys", "options"]) => passkeys::options(app, &caller).await,
        (Method::Delete, ["passkeys", id]) => passkeys::remove(app, &caller, id).await,
        (Method::Get, ["audit"]) => audit::list(app, &caller, request).await,
        (Method::Get, ["me"]) => sessions::me(app, &caller),
        (Method::Get, ["sessions"]) => sessions::list(app, &caller).await,
        (Method::Delete, ["sessions"]) => sessions::remove_others(app, &caller).await,
        (Method::Delete, ["sessions", id]) => sessions::remove(app, &caller, id).await,
        _ => Err(refusal()),
    }
}

/// The methods of a path, as `Allow` names them.
#[must_use]
pub fn methods(path: &[&str]) -> Option<&'static str> {
    match path {
        ["carts"] => Some("OPTIONS, POST"),
        ["store"] | ["store", "profile"] | ["prices.csv"] => Some("GET, HEAD, PUT"),
        [
            "api_keys" | "accounts" | "webhook_endpoints" | "orders" | "operators" | "sealing_keys",
        ]
        | ["orders", _, "refunds" | "refund_requests"] => Some("GET, HEAD, POST"),
        ["mail"] => Some("DELETE, GET, HEAD, PUT"),
        ["mail", "templates"] | ["orders", _, "messages"] => Some("GET, HEAD"),
        ["mail", "templates", _, _] => Some("DELETE, PUT"),
        ["mail", "test"] | ["mail", "templates", _, _, "preview"] => Some("POST"),
        ["views", _] => Some("DELETE, GET, HEAD, PUT"),
        ["views" | "prices" | "events" | "refund_requests" | "channels" | "onboarding"]
        | ["orders" | "events" | "refund_requests", _]
        | ["orders", _, "timeline"]
        | ["webhook_endpoints", _, "deliveries"] => Some("GET, HEAD"),
        ["accounts" | "webhook_endpoints" | "operators", _] => Some("DELETE, GET, HEAD, PATCH"),
        ["passkeys", "options"] => Some("POST"),
        ["api_keys" | "sealing_keys" | "sessions" | "passkeys", _]
        | ["operators", _, "sessions" | "passkeys"] => Some("DELETE"),
        ["prices", _] => Some("DELETE, PUT"),
        ["audit" | "me"] => Some("GET, HEAD"),
        ["passkeys"] => Some("GET, HEAD, POST"),
        ["sessions"] => Some("DELETE, GET, HEAD"),
        ["operators", _, "token"] => Some("DELETE, POST"),
        ["accounts", _, "check"]
        | ["api_keys", _, "roll"]
        | [
            "webhook_endpoints",
            _,
            "redeliver" | "rotate_secret" | "test",
        ]
        | [
            "orders",
            _,
            "capture" | "cancel" | "confirm" | "notes" | "ship",
        ]
        | ["operators", _, "sign_in_link"]
        | ["refund_requests", _, "approve" | "decline"]
        | ["events", _, "redeliver"] => Some("POST"),
        _ => None,
    }
}
