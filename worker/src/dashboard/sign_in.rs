//! Signing in and out: by a one-time link, or by an operator's token.
//!
//! Opening a link uses nothing up, because programs that look into mail open links too: its page
//! has a button.

pub mod link;

use std::time::Duration;

use askama::Template;
use causeway_shared::id::StoreId;
use worker::{Delay, Request, Response};

use super::form::Form;
use super::serve::locale;
use super::session;
use crate::actor::Actor;
use crate::app::App;
use crate::checkout::shopper_network;
use crate::error::AppError;
use crate::object::store::StoreAnswer;
use crate::object::store::operators::Operator;
use crate::object::store::sessions::{NewSession, SessionCall};
use crate::objects::{Limit, refusal};
use crate::page::{Locale, PageError, Texts};
use crate::reply::{html_response, see_other};
use crate::site;
use crate::token::{Purpose, StoreToken};

/// Tries to sign in per address and ten minutes.
const TRIES: u32 = 60;
/// Wrong ones among them.
const WRONG: u32 = 10;
/// How long a wrong one waits where there is no address.
const PAUSE: Duration = Duration::from_secs(1);
/// Links by mail per address and ten minutes.
const LINKS_PER_NETWORK: u32 = 10;

/// What pages of the dashboard may load and do.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// What the page says when it was not filled in rightly.
#[derive(Default)]
struct Problems {
    store: Option<&'static str>,
    email: Option<&'static str>,
    token: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "dashboard/sign_in.html")]
struct SignInPage<'a> {
    locale: Locale,
    css: &'a str,
    js: &'a str,
    title: &'a str,
    texts: &'static Texts,
    store: &'a str,
    email: &'a str,
    next: &'a str,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "dashboard/sign_in_note.html")]
struct NotePage<'a> {
    locale: Locale,
    css: &'a str,
    title: &'a str,
    text: String,
    /// Where the button posts to, and its words.
    button: Option<(&'a str, &'a str)>,
    /// Where one can go on to, and its words.
    link: Option<(&'a str, &'a str)>,
}

/// `GET /dashboard/sign-in?store=&next=`
///
/// # Errors
/// When the site was not built.
pub async fn form(app: &App, request: &Request) -> Result<Response, AppError> {
    let query = |name| crate::api::body::query(request, name).unwrap_or_default();
    let (store, next) = (query("store"), query("next"));
    sign_in_page(
        app,
        request,
        200,
        (&store, "", own_path(&next)),
        Problems::default(),
    )
    .await
}

async fn sign_in_page(
    app: &App,
    request: &Request,
    status: u16,
    (store, email, next): (&str, &str, &str),
    problems: Problems,
) -> Result<Response, AppError> {
    let locale = locale(request, None);
    let texts = Texts::of_dashboard(locale);
    let manifest = site::manifest(app).await?;
    let page = SignInPage {
        locale,
        css: &manifest.path("dashboard.css")?,
        js: &manifest.path("sign_in.js")?,
        title: texts.get("sign_in.title"),
        texts,
        store,
        email,
        next,
        problems,
    };
    respond(status, page.render())
}

/// `POST /dashboard/sign-in`: with `token`, signs in; with `store` and `email`, sends a one-time
/// link, with the same answer whether there is such an operator or not.
///
/// # Errors
/// [`AppError::Forbidden`] for a form of another site, [`AppError::TooMany`].
pub async fn submit(app: &App, mut request: Request) -> Result<Response, AppError> {
    session::same_origin(app, &request)?;
    let form = Form::read(&mut request).await?;
    if form.get("token").is_some() {
        return by_token(app, &request, &form).await;
    }
    send_link(app, &request, &form).await
}

async fn by_token(app: &App, request: &Request, form: &Form) -> Result<Response, AppError> {
    let text = form.text("token");
    let next = own_path(form.text("next"));
    let token = StoreToken::parse(Purpose::Operator, text);
    let opened = match &token {
        Some(token) => {
            let by = |session| SessionCall::SignInByToken {
                token: token.hash(),
                session,
            };
            open(app, request, token.store(), by).await?
        }
        None => {
            tried(app, request, None).await?;
            None
        }
    };
    if opened.is_some() {
        return see_other(go_on(next));
    }
    wrong(app, request).await?;
    let problems = Problems {
        token: Some("sign_in.token_wrong"),
        ..Problems::default()
    };
    sign_in_page(app, request, 422, (form.text("store"), "", next), problems).await
}

/// Opens a session, and has the browser keep it. `None` when what was shown is not good.
///
/// # Errors
/// [`AppError::TooMany`].
pub(super) async fn open(
    app: &App,
    request: &Request,
    store: &StoreId,
    call: impl FnOnce(NewSession) -> SessionCall,
) -> Result<Option<Operator>, AppError> {
    tried(app, request, Some(store)).await?;
    let (token, new) = session::fresh(request, store)?;
    let nobody = Actor::system("sign-in");
    match app.objects.sessions(store, &nobody, call(new)).await? {
        StoreAnswer::SignedIn(found) => {
            session::begin(app, request, &token).await?;
            Ok(Some(found.operator))
        }
        StoreAnswer::NotFound => Ok(None),
        other => Err(refusal(other)),
    }
}

/// Counts a try, before it is looked at.
pub(super) async fn tried(
    app: &App,
    request: &Request,
    store: Option<&StoreId>,
) -> Result<(), AppError> {
    // Counters of a store that nobody has set up would be new objects for made-up names.
    let known = match store {
        Some(store) if app.objects.store_config(store).await?.version > 0 => store.as_str(),
        _ => "deployment",
    };
    limit(app, request, known, "sign in", TRIES).await
}

/// Counts a wrong one. Where no proxy tells an address there is nothing to count by, and a count of
/// all tries together would let any stranger lock the operators out: then the answer waits.
pub(super) async fn wrong(app: &App, request: &Request) -> Result<(), AppError> {
    if shopper_network(request).is_none() {
        Delay::from(PAUSE).await;
    }
    limit(app, request, "deployment", "wrong sign in", WRONG).await
}

async fn limit(
    app: &App,
    request: &Request,
    store: &str,
    what: &'static str,
    most: u32,
) -> Result<(), AppError> {
    let Some(ip) = shopper_network(request) else {
        return Ok(());
    };
    app.limit(Limit {
        store,
        what,
        who: &ip,
        most,
        window_s: 600,
    })
    .await
}

async fn send_link(app: &App, request: &Request, form: &Form) -> Result<Response, AppError> {
    let (store, email) = (form.text("store"), form.text("email"));
    let next = own_path(form.text("next"));
    let store_id = StoreId::parse(store).ok();
    let problems = Problems {
        store: store_id.is_none().then_some("sign_in.store_wrong"),
        email: (!crate::api::operators::is_email(email)).then_some("sign_in.email_wrong"),
        token: None,
    };
    let store_id = match store_id {
        Some(id) if problems.email.is_none() => id,
        _ => return sign_in_page(app, request, 422, (store, email, next), problems).await,
    };
    limit(
        app,
        request,
        "deployment",
        "sign-in link",
        LINKS_PER_NETWORK,
    )
    .await?;
    let (task, asked_in) = (app.clone(), locale(request, None));
    let (to, next) = (email.to_owned(), next.to_owned());
    // After the answer, which therefore takes as long for an address that nobody has.
    app.later(async move {
        if let Err(error) = link::mail(&task, &store_id, (&to, &next), asked_in).await {
            task.log(
                "sign_in_link_failed",
                serde_json::json!({ "code": error.code() }),
            );
        }
    });
    let texts = Texts::of_dashboard(locale(request, None));
    let text = texts.fill("sign_in.sent", &[("email", email)]);
    let back = ("/dashboard/sign-in", texts.get("sign_in.back"));
    let title = texts.get("sign_in.sent_title");
    note(
        app,
        request,
        200,
        Note {
            title,
            text,
            button: None,
            link: Some(back),
        },
    )
    .await
}

/// `POST /dashboard/sign-out`
///
/// # Errors
/// [`AppError::Forbidden`] for a form of another site or session.
pub async fn sign_out(app: &App, mut request: Request) -> Result<Response, AppError> {
    let form = Form::read(&mut request).await?;
    let mode = causeway_shared::id::Mode::Test;
    if let Some(caller) = session::caller(app, &request, mode).await? {
        session::check(app, &caller, &request, form.get("csrf"))?;
    }
    session::end(app, &request).await?;
    see_other("/dashboard/sign-in")
}

/// A page that asks for itself once more: from our own page the browser sends its cookie.
///
/// # Errors
/// When the response cannot be made.
pub fn again(request: &Request) -> Result<Response, AppError> {
    let locale = locale(request, None);
    let page = AgainPage {
        locale,
        text: Texts::of_dashboard(locale).get("sign_in.again"),
        url: request.url()?.to_string(),
    };
    respond(200, page.render())
}

#[derive(Template)]
#[template(path = "dashboard/again.html")]
struct AgainPage<'a> {
    locale: Locale,
    text: &'a str,
    url: String,
}

struct Note<'a> {
    title: &'a str,
    text: String,
    button: Option<(&'a str, &'a str)>,
    link: Option<(&'a str, &'a str)>,
}

async fn note(
    app: &App,
    request: &Request,
    status: u16,
    note: Note<'_>,
) -> Result<Response, AppError> {
    let manifest = site::manifest(app).await?;
    let page = NotePage {
        locale: locale(request, None),
        css: &manifest.path("dashboard.css")?,
        title: note.title,
        text: note.text,
        button: note.button,
        link: note.link,
    };
    respond(status, page.render())
}

pub(super) fn respond(status: u16, page: askama::Result<String>) -> Result<Response, AppError> {
    let html = page.map_err(|_| PageError)?;
    let mut response = html_response(status, html, CSP)?;
    // Forms say which origin they are of.
    response
        .headers_mut()
        .set("referrer-policy", "same-origin")?;
    Ok(response)
}

/// The part of an address that says where one goes on to.
pub(super) fn next_query(next: &str) -> String {
    let url = worker::Url::parse_with_params("https://x/", [("next", next)]);
    let query = url
        .ok()
        .and_then(|url| url.query().map(|query| format!("?{query}")));
    query.filter(|_| !next.is_empty()).unwrap_or_default()
}

/// Where one goes on to who has signed in.
fn go_on(next: &str) -> &str {
    if next.is_empty() { "/dashboard" } else { next }
}

/// A path of the dashboard to go on to; nothing for any other address.
pub(super) fn own_path(next: &str) -> &str {
    let is_below = next == "/dashboard" || next.starts_with("/dashboard/");
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_below && is_plain && !next.contains("/..") {
        next
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn one_goes_on_to_pages_of_the_dashboard_alone() {
        for good in ["/dashboard", "/dashboard/orders?q=a%20b", "/dashboard/x#y"] {
            assert_eq!(own_path(good), good);
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example/dashboard/",
            "/dashboardx",
            "/dashboard/\\evil",
            "/dashboard/\r\nset-cookie: a",
            "/dashboard/../v1",
            "dashboard",
        ] {
            assert_eq!(own_path(bad), "", "{bad}");
        }
    }
}
