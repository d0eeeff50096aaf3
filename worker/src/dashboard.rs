//! `/dashboard`: what operators see. Pages are made here and work without a script.

pub mod form;
pub mod session;
pub mod sign_in;

use worker::{Method, Request, Response};

use crate::app::App;
use crate::error::AppError;
use crate::reply::see_other;

/// Routes a request below `/dashboard`.
///
/// # Errors
/// A problem document, where there is no page to show.
pub async fn route(app: &App, request: Request, path: &[&str]) -> Result<Response, AppError> {
    match (request.method(), path) {
        (Method::Get, []) => match session::require(app, &request).await? {
            Ok(caller) => sign_in::signed_in(app, &request, &caller).await,
            Err(elsewhere) => Ok(elsewhere),
        },
        (Method::Get, ["sign-in"]) => sign_in::form(app, &request).await,
        (Method::Post, ["sign-in"]) => sign_in::submit(app, request).await,
        (Method::Get, ["sign-in", token]) => sign_in::link(app, &request, token).await,
        (Method::Post, ["sign-in", token]) => sign_in::use_link(app, &request, token).await,
        (Method::Post, ["sign-out"]) => sign_in::sign_out(app, request).await,
        // Where a sign-out was reloaded.
        (Method::Get, ["sign-out"]) => see_other("/dashboard/sign-in"),
        (_, path) => {
            Err(
                methods(path).map_or(AppError::NotFound, |allow| AppError::MethodNotAllowed {
                    allow,
                }),
            )
        }
    }
}

/// The methods of a path below `/dashboard`, as `Allow` names them.
#[must_use]
pub fn methods(path: &[&str]) -> Option<&'static str> {
    match path {
        [] => Some("GET, HEAD"),
        ["sign-in"] | ["sign-in", _] | ["sign-out"] => Some("GET, HEAD, POST"),
        _ => None,
    }
}
