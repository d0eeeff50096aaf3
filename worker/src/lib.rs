//! The Cloudflare Worker: everything that touches Cloudflare.
//!
//! A request comes in here, is routed by its path, and leaves with the headers that every
//! response carries. What is decided about orders is decided in `causeway-shared`.

pub mod actor;
pub mod api;
pub mod app;
pub mod checkout;
pub mod config;
pub mod core;
pub mod csv;
pub mod dashboard;
pub mod error;
pub mod gate;
pub mod keys;
pub mod mail;
pub mod notices;
pub mod object;
pub mod objects;
pub mod page;
pub mod perform;
pub mod place;
pub mod random;
pub mod reply;
pub mod sealing;
pub mod shopper;
pub mod site;
pub mod sql;
pub mod token;

use serde_json::json;
use worker::{Context, Env, Method, Request, RequestInit, Response};

use crate::app::App;
use crate::error::AppError;
use crate::page::Problem;

/// The longest address, in bytes: four times the longest of ours, a frame with its parent.
const MAX_ADDRESS: usize = 8 * 1024;
/// The most header fields; a browser sends some twenty, Cloudflare adds ten.
const MAX_HEADERS: usize = 100;
/// The most bytes of all header fields.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Every request; `entry.js` hands them over through [`core::Core`]. Not through a class that
/// worker-build makes: a proxy stands in for that, and the runtime takes a fifth of a millisecond to
/// construct what a proxy describes.
///
/// # Errors
/// Only when the runtime cannot make a response.
pub async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let request_id = random::random_text(16);
    let began_ms = random::now().millis();
    let path = request.path();
    let method = request.method().to_string();
    let brotli = site::takes_brotli(&request);
    let app = match App::new(env, &request_id, context) {
        Ok(app) => app,
        Err(error) => return reply::secure(error.respond(&request_id)?, &request_id),
    };
    let is_head = request.method() == Method::Head;
    let response = match admit(request) {
        Ok(request) => route(&app, request, &path).await,
        Err(error) => Err(error),
    };
    let mut response = match response {
        Ok(response) => response,
        Err(error) => {
            if let AppError::Internal(message) = &error {
                app.log("internal", json!({ "message": message }));
            }
            error.respond(&request_id)?
        }
    };
    // Written by hand, each time: nothing in it can need an escape.
    worker::console_log!(
        r#"{{"event":"request","method":"{method}","request_id":"{request_id}","route":"{}","status":{},"waited_ms":{}}}"#,
        logged_route(&path),
        response.status_code(),
        random::now().millis() - began_ms,
    );
    if brotli {
        reply::compress_page(&mut response)?;
    }
    let mut response = reply::secure(response, &request_id)?;
    if let Some(cookie) = app.cookie.take() {
        response.headers_mut().append("set-cookie", &cookie)?;
    }
    if is_head {
        return reply::without_body(response);
    }
    Ok(response)
}

/// Refuses what is too large to be looked at, and makes HEAD a GET whose answer loses its body.
fn admit(request: Request) -> Result<Request, AppError> {
    if request.inner().url().len() > MAX_ADDRESS {
        return Err(AppError::AddressTooLong { limit: MAX_ADDRESS });
    }
    let sizes = request.headers().entries().map(|(n, v)| n.len() + v.len());
    let (count, size) = sizes.fold((0, 0), |(count, size), one| (count + 1, size + one));
    if count > MAX_HEADERS || size > MAX_HEADER_BYTES {
        return Err(AppError::HeadersTooLarge { limit: MAX_HEADERS });
    }
    if request.method() != Method::Head {
        return Ok(request);
    }
    let headers = request.headers().clone();
    // There is no socket without an answer to it.
    headers.delete("upgrade")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers);
    Ok(Request::new_with_init(&request.inner().url(), &init)?)
}

/// The first words of a path that is one of ours. What follows may be a token, and a path that is
/// not ours may be anything.
fn logged_route(path: &str) -> &'static str {
    const ROUTES: &[&str] = &[
        "/v1/",
        "/checkout/",
        "/notices/",
        "/return/",
        "/leave/",
        "/challenge/",
        "/orders/",
        "/about/",
        "/logos/",
        "/dashboard",
        "/assets/",
        "/causeway.js",
        "/openapi.json",
        "/healthz",
    ];
    let known = ROUTES.iter().find(|route| path.starts_with(**route));
    known.copied().unwrap_or("other")
}

async fn route(app: &App, request: Request, path: &str) -> Result<Response, AppError> {
    let method = request.method();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    // The crate takes a method that it does not know for GET.
    if method == Method::Get && request.inner().method() != "GET" {
        return Err(refusal(&parts));
    }
    match (&method, parts.as_slice()) {
        (_, ["v1", rest @ ..]) => api::route(app, request, rest).await,
        (Method::Post, ["notices", account]) => notices::take(app, request, account).await,
        (_, ["checkout", token, rest @ ..]) => checkout(app, request, token, rest).await,
        (Method::Get, ["leave", token, attempt]) => {
            let page = checkout::pages::leave(app, &request, token, attempt).await;
            or_problem(app, &request, page).await
        }
        (Method::Get, ["challenge", token, attempt]) => {
            let page = checkout::pages::challenge(app, &request, token, attempt).await;
            or_problem(app, &request, page).await
        }
        (Method::Get, ["return", account, reference]) => {
            let page = checkout::pages::returned(app, &request, account, reference).await;
            or_problem(app, &request, page).await
        }
        (_, parts @ ["orders" | "about" | "logos", ..]) => {
            let page = shopper::route(app, request.clone()?, parts).await;
            or_problem(app, &request, page).await
        }
        (_, ["dashboard", rest @ ..]) => dashboard::route(app, request, rest).await,
        (Method::Get, ["healthz"]) => reply::json_response(200, &json!({ "status": "ok" })),
        (Method::Get, ["openapi.json"]) => site::document(app, &request).await,
        (Method::Get, ["causeway.js"] | ["assets", ..]) => site::file(app, &request, path).await,
        (_, parts) => Err(refusal(parts)),
    }
}

/// Why a path that has no such method is refused.
fn refusal(parts: &[&str]) -> AppError {
    methods(parts).map_or(AppError::NotFound, |allow| AppError::MethodNotAllowed {
        allow,
    })
}

/// The methods of a path outside the API, as `Allow` names them.
fn methods(parts: &[&str]) -> Option<&'static str> {
    match parts {
        ["v1", rest @ ..] => api::methods(rest),
        ["orders" | "about" | "logos", ..] => shopper::methods(parts),
        ["dashboard", rest @ ..] => dashboard::methods(rest),
        ["notices", _] | ["checkout", _, "attempts"] | ["checkout", _, "attempts", _, "close"] => {
            Some("POST")
        }
        ["checkout", _]
        | ["checkout", _, "status"]
        | ["leave" | "challenge" | "return", _, _]
        | ["healthz" | "openapi.json" | "causeway.js"]
        | ["assets", _] => Some("GET, HEAD"),
        _ => None,
    }
}

async fn checkout(
    app: &App,
    request: Request,
    token: &str,
    rest: &[&str],
) -> Result<Response, AppError> {
    match (request.method(), rest) {
        (Method::Get, []) => {
            let page = checkout::frame::frame(app, &request, token).await;
            or_problem(app, &request, page).await
        }
        (Method::Get, ["status"]) => checkout::status::status(app, request, token).await,
        (Method::Post, ["attempts"]) => checkout::attempts::start(app, request, token).await,
        (Method::Post, ["attempts", attempt, "close"]) => {
            checkout::attempts::give_up(app, &request, token, attempt).await
        }
        (_, rest) => Err(refusal(&[&["checkout", token], rest].concat())),
    }
}

/// Where a person looks, a failure is a page.
async fn or_problem(
    app: &App,
    request: &Request,
    page: Result<Response, AppError>,
) -> Result<Response, AppError> {
    let error = match page {
        Ok(page) => return Ok(page),
        Err(error) => error,
    };
    let problem = match &error {
        AppError::NotFound => Problem::LinkInvalid,
        AppError::TooMany { .. } => Problem::TooMany,
        AppError::Internal(message) => {
            app.log("internal", json!({ "message": message }));
            Problem::Unavailable
        }
        _ => Problem::Unavailable,
    };
    checkout::pages::problem(app, request, problem, error.status()).await
}
