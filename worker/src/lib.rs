//! The Cloudflare Worker: everything that touches Cloudflare.
//!
//! A request comes in here, is routed by its path, and leaves with the headers that every
//! response carries. What is decided about orders is decided in `causeway-shared`.

pub mod api;
pub mod app;
pub mod checkout;
pub mod config;
pub mod core;
pub mod error;
pub mod keys;
pub mod notices;
pub mod object;
pub mod objects;
pub mod page;
pub mod perform;
pub mod random;
pub mod reply;
pub mod site;
pub mod sql;

use serde_json::json;
use worker::{Context, Env, Method, Request, Response, event};

use crate::app::App;
use crate::error::AppError;
use crate::page::Problem;

/// Every request.
///
/// # Errors
/// Only when the runtime cannot make a response.
#[event(fetch, respond_with_errors)]
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
    let mut response = match route(&app, request, &path).await {
        Ok(response) => response,
        Err(error) => {
            if let AppError::Internal(message) = &error {
                app.log("internal", json!({ "message": message }));
            }
            error.respond(&request_id)?
        }
    };
    app.log(
        "request",
        json!({
            "method": method,
            "route": logged_route(&path),
            "status": response.status_code(),
            "waited_ms": random::now().millis() - began_ms,
        }),
    );
    if brotli {
        reply::compress_page(&mut response)?;
    }
    reply::secure(response, &request_id)
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
    // The crate takes a method that it does not know for GET.
    if method == Method::Get && request.inner().method() != "GET" {
        return Err(AppError::MethodNotAllowed);
    }
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
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
        (Method::Get, ["healthz"]) => reply::json_response(200, &json!({ "status": "ok" })),
        (Method::Get, ["openapi.json"]) => openapi(),
        (Method::Get, ["causeway.js"] | ["assets", ..]) => site::file(app, &request, path).await,
        (
            _,
            ["notices", _]
            | ["leave" | "challenge" | "return", _, _]
            | ["healthz"]
            | ["openapi.json"]
            | ["causeway.js"],
        ) => Err(AppError::MethodNotAllowed),
        _ => Err(AppError::NotFound),
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
        (_, [] | ["status"] | ["attempts"] | ["attempts", _, "close"]) => {
            Err(AppError::MethodNotAllowed)
        }
        _ => Err(AppError::NotFound),
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

fn openapi() -> Result<Response, AppError> {
    let headers = worker::Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "public, max-age=300")?;
    let body = include_str!("../../www/openapi.json").as_bytes().to_vec();
    Ok(Response::from_bytes(body)?.with_headers(headers))
}
