//! `/dashboard`: what operators see. Pages are made here and work without a script.

mod acts;
mod body;
mod browser;
mod change;
mod desk;
mod doc;
mod fields;
mod filled;
pub mod form;
mod pages;
pub mod passkey;
mod preview;
mod serve;
pub mod session;
pub mod sign_in;

use causeway_shared::id::Mode;
use worker::{Method, Request, Response};

use crate::app::App;
use crate::error::AppError;
use crate::page::Part;
use crate::reply::see_other;
use crate::site::load_texts;

/// Routes a request below `/dashboard`.
///
/// # Errors
/// A problem document, where there is no page to show.
pub async fn route(app: &App, request: Request, path: &[&str]) -> Result<Response, AppError> {
    load_texts(app, Part::Dashboard).await?;
    match (request.method(), path) {
        (Method::Get, []) => serve::home(app, &request, "").await,
        (Method::Get, ["me"]) => serve::home(app, &request, "/me").await,
        (Method::Get, ["language"]) => serve::language(app, &request),
        (Method::Get | Method::Post, ["test", place @ ..]) => {
            serve::page(app, request, Mode::Test, place).await
        }
        (Method::Get | Method::Post, ["live", place @ ..]) => {
            serve::page(app, request, Mode::Live, place).await
        }
        (Method::Post, ["passkey", "options"]) => passkey::options(app, &request),
        (Method::Post, ["passkey"]) => passkey::submit(app, request).await,
        (Method::Get, ["sign-in"]) => sign_in::form(app, &request).await,
        (Method::Post, ["sign-in"]) => sign_in::submit(app, request).await,
        (Method::Get, ["sign-in", token]) => sign_in::link::show(app, &request, token).await,
        (Method::Post, ["sign-in", token]) => sign_in::link::follow(app, &request, token).await,
        (Method::Post, ["sign-out"]) => sign_in::sign_out(app, request).await,
        // Where a sign-out was reloaded.
        (Method::Get, ["sign-out"]) => see_other("/dashboard/sign-in"),
        (_, path) => Err(refusal(path)),
    }
}

/// Why a path that has no such method is refused.
fn refusal(path: &[&str]) -> AppError {
    methods(path).map_or(AppError::NotFound, |allow| AppError::MethodNotAllowed {
        allow,
    })
}

/// The methods of a path below `/dashboard`, as `Allow` names them.
#[must_use]
pub fn methods(path: &[&str]) -> Option<&'static str> {
    match path {
        [] | ["language" | "me"] => Some("GET, HEAD"),
        ["test" | "live", ..] => Some("GET, HEAD, POST"),
        ["passkey"] | ["passkey", "options"] => Some("POST"),
        ["sign-in"] | ["sign-in", _] | ["sign-out"] => Some("GET, HEAD, POST"),
        _ => None,
    }
}
