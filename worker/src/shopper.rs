//! The shopper's pages: an order, asking for a refund, finding one's orders, what a store says about
//! itself.
//!
//! An order's page is opened with its client token. The address is a key: no page tells it to
//! another host, and none loads anything from elsewhere.

mod about;
mod ask;
mod find;
mod form;
pub mod letters;
pub mod merchant;
mod order;

use worker::{Method, Request, Response};

use crate::app::App;
use crate::error::AppError;
use crate::page::{Locale, OrderAssets, Part, Problem};
use crate::reply::html_response;
use crate::site::{self, Style};

/// Routes a request for one of the shopper's pages.
///
/// # Errors
/// [`AppError::NotFound`] and what else a page cannot say.
pub async fn route(app: &App, mut request: Request, parts: &[&str]) -> Result<Response, AppError> {
    if methods(parts).is_some() {
        site::load_texts(app, Part::Orders).await?;
    }
    let page = match (request.method(), parts) {
        (Method::Get, ["orders", token]) => order::page(app, &request, token).await,
        (Method::Post, ["orders", token, "refund"]) => ask::post(app, &mut request, token).await,
        (Method::Get, ["orders", "find", store]) => find::form(app, &request, store).await,
        (Method::Post, ["orders", "find", store]) => find::send(app, &mut request, store).await,
        (Method::Get, ["orders", "link", token]) => find::link(app, &request, token).await,
        (Method::Post, ["orders", "link", token]) => find::use_link(app, &request, token).await,
        (Method::Get, ["orders", "mine", token]) => find::mine(app, &request, token).await,
        (Method::Get, ["about", store]) => about::page(app, &request, store).await,
        (Method::Get, ["logos", store, file]) => return about::logo(app, store, file).await,
        (_, parts) => {
            return Err(methods(parts).map_or(AppError::NotFound, |allow| {
                AppError::MethodNotAllowed { allow }
            }));
        }
    };
    match page {
        Err(AppError::NotFound) => problem(app, &request, Problem::NoOrder, 404).await,
        other => other,
    }
}

/// The methods of a path, as `Allow` names them.
#[must_use]
pub fn methods(parts: &[&str]) -> Option<&'static str> {
    match parts {
        ["orders", "find" | "link", _] => Some("GET, HEAD, POST"),
        ["orders", _, "refund"] => Some("POST"),
        ["orders" | "about", _] | ["orders", "mine", _] | ["logos", _, _] => Some("GET, HEAD"),
        _ => None,
    }
}

async fn problem(
    app: &App,
    request: &Request,
    problem: Problem,
    status: u16,
) -> Result<Response, AppError> {
    crate::checkout::pages::problem(app, request, problem, status).await
}

/// The language of a page: as the address says, then the order's, the browser's, the store's.
fn locale(request: &Request, order: Option<&str>, store: Option<&str>) -> Locale {
    let asked = super::api::body::query(request, "locale");
    let accepted = request.headers().get("accept-language").ok().flatten();
    Locale::choose(asked.as_deref(), order, accepted.as_deref(), store)
}

async fn assets(app: &App) -> Result<OrderAssets, AppError> {
    let site = site::manifest(app).await?;
    Ok(OrderAssets {
        css: site.path("orders.css")?,
        js: site.path("orders.js")?,
    })
}

/// A page of ours alone: our own files, and the store's colours by their hash.
fn respond(html: String, style: &str) -> Result<Response, AppError> {
    respond_with(200, html, style)
}

fn respond_with(status: u16, html: String, style: &str) -> Result<Response, AppError> {
    let colours = if style.is_empty() {
        String::new()
    } else {
        format!(" {}", Style::new(style)?.source)
    };
    let csp = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{colours}; img-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    html_response(status, html, &csp)
}
