//! A browser that is signed in: its cookie, who it is, and that a change comes from a page of ours.
//!
//! The cookie is good for `/dashboard` and `/v1`. A request that changes something has to come
//! from our own origin, as the browser says, and to show the session's `csrf`, in the header of
//! that name or in a form's field: neither can a page of another site, nor a form of another
//! session.

use causeway_shared::id::{Mode, StoreId};
use causeway_shared::mac::hmac_sha256;
use subtle::ConstantTimeEq;
use worker::{Headers, Method, Request, Response};

use super::sign_in;
use crate::actor::Actor;
use crate::api::auth::Caller;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::StoreAnswer;
use crate::object::store::sessions::{LIFE_S, NewSession, SessionCall};
use crate::objects::{hex, refusal};
use crate::random::random_text;
use crate::reply::see_other;
use crate::token::{Purpose, StoreToken};

/// The longest name of a browser that is kept.
const MAX_AGENT: usize = 200;

/// The header of what a page asks by itself, with nobody there perhaps.
const UNATTENDED: &str = "causeway-unattended";

/// The cookie's name. Over https its prefix has browsers refuse it from any other host or path.
fn cookie_name(app: &App) -> &'static str {
    if app.origin.starts_with("https://") {
        "__Host-causeway"
    } else {
        "causeway-session"
    }
}

fn set_cookie(app: &App, value: &str, life_s: i64) {
    let name = cookie_name(app);
    let secure = if name.starts_with("__Host-") {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life_s}{secure}");
    app.cookie.replace(Some(cookie));
}

/// The session's token that a browser shows.
///
/// # Errors
/// When the header cannot be read.
pub fn token(app: &App, request: &Request) -> Result<Option<StoreToken>, AppError> {
    let header = request.headers().get("cookie")?.unwrap_or_default();
    let name = cookie_name(app);
    let mut cookies = header.split(';').filter_map(|c| c.trim().split_once('='));
    let value = cookies.find(|(n, _)| *n == name).map(|(_, value)| value);
    Ok(value.and_then(|value| StoreToken::parse(Purpose::Session, value)))
}

/// Who is signed in, if anybody is. Once an hour the answer sets another cookie.
///
/// # Errors
/// When the store does not answer.
pub async fn caller(app: &App, request: &Request, mode: Mode) -> Result<Option<Caller>, AppError> {
    let Some(token) = token(app, request)? else {
        return Ok(None);
    };
    let next = StoreToken::make(
        Purpose::Session,
        token.store(),
        &random_text(StoreToken::BODY),
    );
    // The answer that opens a socket has headers that cannot be changed.
    let can_tell = !request.headers().has("upgrade")?;
    let call = SessionCall::Use {
        hash: token.hash(),
        next: can_tell.then(|| next.hash()),
        unattended: request.headers().has(UNATTENDED)?,
    };
    let nobody = Actor::system("sign-in");
    let found = match app.objects.sessions(token.store(), &nobody, call).await? {
        StoreAnswer::SignedIn(found) => found,
        StoreAnswer::NotFound => return Ok(None),
        other => return Err(refusal(other)),
    };
    if found.rotated {
        set_cookie(app, next.expose(), LIFE_S);
    }
    let mut caller = Caller::of_operator(app, token.store(), mode, &found.operator).await?;
    caller.session = Some(found.session.id);
    Ok(Some(caller))
}

/// Who is signed in, or else the way to where one signs in.
///
/// # Errors
/// When the store does not answer.
pub async fn require(app: &App, request: &Request) -> Result<Result<Caller, Response>, AppError> {
    if let Some(caller) = caller(app, request, Mode::Test).await? {
        return Ok(Ok(caller));
    }
    let headers = request.headers();
    let site = headers.get("sec-fetch-site")?;
    // A link elsewhere that leads here does not bring the cookie, which is `SameSite=Strict`: our
    // own page does.
    if site.as_deref() == Some("cross-site") && request.method() == Method::Get {
        return sign_in::again(request).map(Err);
    }
    let next = page_of(request)?;
    let to = format!("/dashboard/sign-in{}", sign_in::next_query(&next));
    let response = see_other(&to)?;
    if !headers.has("hx-request")? {
        return Ok(Err(response));
    }
    // A script would follow, and put the page of one style into the other's.
    let headers = Headers::new();
    headers.set("hx-redirect", &to)?;
    let response = Response::empty()?.with_status(401).with_headers(headers);
    Ok(Err(response))
}

/// The page to come back to: what was asked for, or where the form stands that was sent. Nothing
/// where that is where one goes anyway.
fn page_of(request: &Request) -> Result<String, AppError> {
    let url = match request.method() {
        Method::Get => Some(request.url()?),
        _ => request
            .headers()
            .get("referer")?
            .and_then(|it| worker::Url::parse(&it).ok()),
    };
    let path = url.map(|url| match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    });
    let path = path.unwrap_or_default();
    Ok(match sign_in::own_path(&path) {
        "/dashboard" => String::new(),
        path => path.to_owned(),
    })
}

/// What a page of this session's shows with each change: stays the same as long as the session.
#[must_use]
pub fn csrf(app: &App, session: &str) -> String {
    let key: [u8; 32] = app.config.master_key.derive_key("causeway csrf v1");
    hex(&hmac_sha256(&key, &[session.as_bytes()])[..16])
}

/// Refuses a change by cookie that does not come from a page of ours, or not from one of this
/// session. `shown` is what the form's field `csrf` holds, or the header of that name.
///
/// # Errors
/// [`AppError::Forbidden`].
pub fn check(
    app: &App,
    caller: &Caller,
    request: &Request,
    shown: Option<&str>,
) -> Result<(), AppError> {
    // A token in a header is sent by programs, never by a page of another site.
    let Some(session) = &caller.session else {
        return Ok(());
    };
    same_origin(app, request)?;
    let wanted = csrf(app, session);
    let shown = shown.unwrap_or_default();
    if bool::from(shown.as_bytes().ct_eq(wanted.as_bytes())) {
        return Ok(());
    }
    Err(AppError::Forbidden {
        detail: "this page is of another session: load it again",
    })
}

/// As [`check`], for a request of the API: reading needs nothing, a change the header `csrf`.
///
/// # Errors
/// [`AppError::Forbidden`].
pub fn check_header(app: &App, caller: &Caller, request: &Request) -> Result<(), AppError> {
    if request.method() == Method::Get {
        return Ok(());
    }
    check(
        app,
        caller,
        request,
        request.headers().get("csrf")?.as_deref(),
    )
}

/// Refuses a request that a page of another origin has made. The browser says so itself; an old one
/// says at least which origin.
///
/// # Errors
/// [`AppError::Forbidden`].
pub fn same_origin(app: &App, request: &Request) -> Result<(), AppError> {
    let headers = request.headers();
    let is_own = match headers.get("sec-fetch-site")? {
        Some(site) => site == "same-origin",
        None => headers.get("origin")?.is_some_and(|o| o == app.origin),
    };
    if is_own {
        return Ok(());
    }
    Err(AppError::Forbidden {
        detail: "only a page of the dashboard may ask this",
    })
}

/// A session to open, with the token that the cookie will hold.
///
/// # Errors
/// When the headers cannot be read.
pub fn fresh(request: &Request, store: &StoreId) -> Result<(StoreToken, NewSession), AppError> {
    let agent = request.headers().get("user-agent")?.unwrap_or_default();
    let shown = agent.chars().filter(|c| !c.is_control());
    let token = StoreToken::make(Purpose::Session, store, &random_text(StoreToken::BODY));
    let session = NewSession {
        id: format!("sid_{}", random_text(16)),
        hash: token.hash(),
        agent: shown.take(MAX_AGENT).collect(),
    };
    Ok((token, session))
}

/// Keeps a session that was opened in the browser, and ends the one that was there before.
///
/// # Errors
/// When the store does not answer.
pub async fn begin(app: &App, request: &Request, opened: &StoreToken) -> Result<(), AppError> {
    if let Some(before) = token(app, request)? {
        end_by_token(app, &before).await?;
    }
    set_cookie(app, opened.expose(), LIFE_S);
    Ok(())
}

/// Ends the session of this browser.
///
/// # Errors
/// When the store does not answer.
pub async fn end(app: &App, request: &Request) -> Result<(), AppError> {
    if let Some(token) = token(app, request)? {
        end_by_token(app, &token).await?;
    }
    set_cookie(app, "", 0);
    Ok(())
}

async fn end_by_token(app: &App, token: &StoreToken) -> Result<(), AppError> {
    let call = SessionCall::End { hash: token.hash() };
    let nobody = Actor::system("sign-in");
    app.objects.sessions(token.store(), &nobody, call).await?;
    Ok(())
}
