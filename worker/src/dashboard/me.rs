//! `/dashboard/me`: how an operator signs in: passkeys, and the browsers that are signed in.

use askama::Template;
use worker::{Method, Request, Response};

use super::form::Form;
use super::{session, sign_in};
use crate::api::auth::Caller;
use crate::api::{passkeys, sessions};
use crate::app::App;
use crate::error::AppError;
use crate::page::{Locale, Moment, Texts};
use crate::reply::see_other;
use crate::site;

#[derive(Template)]
#[template(path = "dashboard/me.html")]
struct MePage<'a> {
    locale: Locale,
    css: &'a str,
    js: &'a str,
    title: &'a str,
    texts: &'static Texts,
    text: String,
    csrf: String,
    passkeys: Vec<Line>,
    sessions: Vec<Line>,
}

/// A passkey or a session.
struct Line {
    id: String,
    name: String,
    /// When it was last used.
    used: Option<Moment>,
    /// When it was made.
    made: Moment,
    /// Whether it is this browser.
    current: bool,
}

/// Routes a request below `/dashboard/me`.
///
/// # Errors
/// [`AppError::Forbidden`] for a form of another site or session.
pub async fn route(app: &App, mut request: Request, path: &[&str]) -> Result<Response, AppError> {
    let method = request.method();
    let known = matches!(
        (&method, path),
        (Method::Get, []) | (Method::Post, ["passkeys" | "sessions", _, "end"])
    );
    if !known {
        return Err(super::refusal(&[&["me"], path].concat()));
    }
    let caller = match session::require(app, &request).await? {
        Ok(caller) => caller,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let [what, id, _] = path else {
        return show(app, &request, &caller).await;
    };
    let form = Form::read(&mut request).await?;
    session::check(app, &caller, &request, form.get("csrf"))?;
    let done = if *what == "passkeys" {
        passkeys::remove(app, &caller, id).await
    } else {
        sessions::remove(app, &caller, id).await
    };
    match done {
        // It is gone already.
        Ok(_) | Err(AppError::NotFound) => see_other("/dashboard/me"),
        Err(error) => Err(error),
    }
}

async fn show(app: &App, request: &Request, caller: &Caller) -> Result<Response, AppError> {
    let locale = sign_in::locale(request, None);
    let texts = Texts::of_dashboard(locale);
    let manifest = site::manifest(app).await?;
    let profile = caller.config.profile.as_ref();
    let store = profile.map_or(caller.store.as_str(), |p| p.name.as_str());
    let values = [("name", caller.actor.name.as_str()), ("store", store)];
    let passkeys = passkeys::own(app, caller).await?;
    let passkeys = passkeys.into_iter().map(|p| Line {
        name: match p.label.trim() {
            "" => texts.get("sign_in.passkey").to_owned(),
            label => label.to_owned(),
        },
        id: p.id,
        used: p.used_at.map(|at| Moment::of(at, locale)),
        made: Moment::of(p.created_at, locale),
        current: false,
    });
    let sessions = sessions::own(app, caller).await?;
    let sessions = sessions.into_iter().map(|s| Line {
        current: caller.session.as_deref() == Some(&s.id),
        id: s.id,
        name: s.agent,
        used: Some(Moment::of(s.seen_at, locale)),
        made: Moment::of(s.created_at, locale),
    });
    let id = caller.session.as_deref().unwrap_or_default();
    let page = MePage {
        locale,
        css: &manifest.path("sign_in.css")?,
        js: &manifest.path("me.js")?,
        title: texts.get("sign_in.me"),
        texts,
        text: texts.fill("sign_in.done", &values),
        csrf: session::csrf(app, id),
        passkeys: passkeys.collect(),
        sessions: sessions.collect(),
    };
    sign_in::respond(200, page.render())
}
