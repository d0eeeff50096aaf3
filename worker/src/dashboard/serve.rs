//! From a request to a page: who asks, what they filled in, what is shown.

use causeway_shared::id::Mode;
use worker::{Headers, Method, Request, Response};

use super::acts::{After, perform};
use super::desk::{Desk, decode};
use super::doc::Doc;
use super::filled::{Filled, Problem};
use super::form::Form;
use super::{pages, preview, session};
use crate::api::auth::Caller;
use crate::app::App;
use crate::error::AppError;
use crate::page::Locale;
use crate::reply::{html_response, see_other};
use crate::site;

/// What pages of the dashboard may load and do. The preview frames our own checkout.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// The cookie that keeps the language which was chosen. It says nothing about who chose it.
const LANGUAGE: &str = "causeway-language";

/// Leads to the store's home, or a `place` below: with live money once the store takes some.
///
/// # Errors
/// When the store does not answer.
pub async fn home(app: &App, request: &Request, place: &str) -> Result<Response, AppError> {
    let caller = match session::require(app, request).await? {
        Ok(caller) => caller,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut accounts = caller.config.accounts.iter();
    let is_live = accounts.any(|a| a.mode == Mode::Live && a.enabled && !a.retired);
    let mode = if is_live { Mode::Live } else { Mode::Test };
    see_other(&format!("/dashboard/{}{place}", mode.as_str()))
}

/// Keeps the language that was chosen, and leads back.
///
/// # Errors
/// When the response cannot be made.
pub fn language(app: &App, request: &Request) -> Result<Response, AppError> {
    let url = request.url()?;
    let parameter = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    };
    if let Some(locale) = parameter("to").as_deref().and_then(Locale::of_tag) {
        let tag = locale.tag();
        let cookie = format!("{LANGUAGE}={tag}; Path=/dashboard; SameSite=Lax; Max-Age=31536000");
        app.cookie.replace(Some(cookie));
    }
    let back = parameter("back").unwrap_or_default();
    match super::sign_in::own_path(&back) {
        "" => see_other("/dashboard"),
        path => see_other(path),
    }
}

/// Shows a page, or does what one of its forms asks for.
///
/// # Errors
/// A problem document, where there is no page to show.
pub async fn page(
    app: &App,
    mut request: Request,
    mode: Mode,
    place: &[&str],
) -> Result<Response, AppError> {
    let mut caller = match session::require(app, &request).await? {
        Ok(caller) => caller,
        Err(elsewhere) => return Ok(elsewhere),
    };
    caller.mode = mode;
    if request.method() == Method::Get {
        let desk = desk(app, &request, caller, place).await?;
        if place == ["preview"] {
            return preview::preview(app, &desk).await;
        }
        return show(&desk, &Filled::default(), place, 200).await;
    }
    let form = match read(app, &mut request, &caller).await {
        Ok(form) => form,
        Err(error) => {
            let mut problem = Problem::read(error.status(), &error.problem(&app.request_id));
            if problem.status == 403 {
                "other_session".clone_into(&mut problem.code);
            }
            let desk = desk(app, &request, caller, place).await?;
            return respond(problem.status, pages::problem(&desk, &problem));
        }
    };
    let desk = desk(app, &request, caller, place).await?;
    let mut filled = Filled {
        // Of a form with two buttons, the one that was pressed says it last.
        act: form.all("act").last().unwrap_or_default().to_owned(),
        fields: form.fields().to_vec(),
        ..Filled::default()
    };
    match perform(&desk, &filled.act, &filled.fields).await {
        Ok((_, After::Here)) => see_other(&desk.done_at(&desk.here, &filled)),
        Ok((_, After::Go(place))) => see_other(&desk.done_at(&desk.at(place), &filled)),
        Ok((answer, After::Show)) => {
            filled.answer = Some(answer);
            show(&desk, &filled, place, 200).await
        }
        Err(problem) => {
            filled.said = Some(desk.problem_text(&problem));
            let status = problem.status;
            filled.problem = Some(problem);
            show(&desk, &filled, place, status).await
        }
    }
}

/// Reads a form that a page of this session has sent.
async fn read(app: &App, request: &mut Request, caller: &Caller) -> Result<Form, AppError> {
    let form = Form::read(request).await?;
    session::check(app, caller, request, form.get("csrf"))?;
    Ok(form)
}

async fn desk(
    app: &App,
    request: &Request,
    caller: Caller,
    place: &[&str],
) -> Result<Desk, AppError> {
    let manifest = site::manifest(app).await?;
    let url = request.url()?;
    let mut search = url.query().unwrap_or_default().to_owned();
    if request.method() == Method::Post {
        // What was done before is no news about this.
        let pairs = search.split('&').filter(|pair| !pair.starts_with("done="));
        search = pairs.collect::<Vec<_>>().join("&");
    }
    let query = search.split('&').find_map(|pair| pair.strip_prefix("q="));
    let query = query.map(decode).unwrap_or_default();
    let profile = caller.config.profile.as_ref();
    let mut desk = Desk {
        app: app.clone(),
        csrf: caller
            .session
            .as_deref()
            .map_or_else(String::new, |id| session::csrf(app, id)),
        locale: locale(request, None),
        here: url.path().to_owned(),
        place: place.join("/"),
        query,
        search,
        store_name: profile.map_or_else(|| caller.store.to_string(), |p| p.name.clone()),
        operator_name: caller.actor.name.clone(),
        css: manifest.path("dashboard.css")?,
        js: manifest.path("dashboard.js")?,
        chart_js: manifest.path("chart.js")?,
        since: String::new(),
        caller,
    };
    // Asked before the page is made: what changes meanwhile is news to it.
    if matches!(place, [] | ["orders" | "refunds", ..]) {
        let changes = desk.try_get("orders/changes").await;
        Doc(&changes).text("/since").clone_into(&mut desk.since);
    }
    Ok(desk)
}

/// The language that was chosen, or the operator's, or the browser's.
pub(super) fn locale(request: &Request, operator: Option<&str>) -> Locale {
    let header = |name| request.headers().get(name).ok().flatten();
    let cookies = header("cookie").unwrap_or_default();
    let mut cookies = cookies.split(';').filter_map(|c| c.trim().split_once('='));
    let chosen = cookies
        .find(|(name, _)| *name == LANGUAGE)
        .map(|(_, tag)| tag);
    let accepted = header("accept-language");
    Locale::choose(chosen, operator, accepted.as_deref(), None)
}

async fn show(
    desk: &Desk,
    filled: &Filled,
    place: &[&str],
    status: u16,
) -> Result<Response, AppError> {
    let not_found = || Problem {
        status: 404,
        code: "not_found".to_owned(),
        detail: String::new(),
        errors: Vec::new(),
    };
    let found = pages::page(desk, filled, place).await;
    let (status, page) = match found.and_then(|page| page.ok_or_else(not_found)) {
        Ok(page) => (status, Ok(page)),
        Err(problem) => (problem.status, pages::problem(desk, &problem)),
    };
    respond(status, page)
}

fn respond(status: u16, page: pages::Page) -> Result<Response, AppError> {
    let html = page.map_err(|problem| AppError::Internal(problem.detail))?;
    let mut response = html_response(status, html, CSP)?;
    // Forms say which origin they are of.
    let headers: &mut Headers = response.headers_mut();
    headers.set("referrer-policy", "same-origin")?;
    Ok(response)
}
