//! One-time links: making them, sending them by mail, signing in by one.

use causeway_shared::id::StoreId;
use worker::{Request, Response};

use super::{Note, go_on, locale, next_query, note, open, own_path, tried, wrong};
use crate::actor::Actor;
use crate::app::App;
use crate::dashboard::session;
use crate::error::AppError;
use crate::mail::MessageKind;
use crate::object::store::StoreAnswer;
use crate::object::store::operators::Operator;
use crate::object::store::sessions::SessionCall;
use crate::objects::{Limit, refusal};
use crate::page::{Locale, Texts};
use crate::perform::mail::{self as letters, Link, sender_for};
use crate::reply::see_other;
use crate::token::{Purpose, StoreToken};

/// Links by mail per operator and quarter of an hour.
const LINKS_PER_OPERATOR: u32 = 3;

/// Makes a link and sends it, where there is such an operator and a sender. It leads on to `next`.
pub(super) async fn mail(
    app: &App,
    store: &StoreId,
    (email, next): (&str, &str),
    asked_in: Locale,
) -> Result<(), AppError> {
    let config = app.objects.store_config(store).await?;
    if config.version == 0 || sender_for(&config, None).is_none() {
        return Ok(());
    }
    let per_operator = Limit {
        store: store.as_str(),
        what: "sign-in link",
        who: &email.to_lowercase(),
        most: LINKS_PER_OPERATOR,
        window_s: 900,
    };
    if app.limit(per_operator).await.is_err() {
        return Ok(());
    }
    let asked = Actor::system("sign-in");
    // An id names an operator too, but is no address.
    let Some((operator, link)) = make(app, store, &asked, email).await? else {
        return Ok(());
    };
    let own = operator.locale.as_deref().and_then(Locale::of_tag);
    let letter = Link {
        to: operator.email,
        kind: MessageKind::SignInLink,
        locale: own.unwrap_or(asked_in),
        link: format!("{link}{}", next_query(next)),
    };
    letters::send_link(app, store, None, letter);
    Ok(())
}

/// Makes a one-time link for an operator, by id or address. `None` where there is no such operator.
///
/// # Errors
/// When the store does not answer.
pub async fn make(
    app: &App,
    store: &StoreId,
    actor: &Actor,
    whose: &str,
) -> Result<Option<(Operator, String)>, AppError> {
    let body = crate::random::random_text(StoreToken::BODY);
    let token = StoreToken::make(Purpose::Link, store, &body);
    let call = SessionCall::MakeLink {
        whose: whose.to_owned(),
        hash: token.hash(),
    };
    match app.objects.sessions(store, actor, call).await? {
        StoreAnswer::Operators { operators } => {
            let url = format!("{}/dashboard/sign-in/{}", app.origin, token.expose());
            Ok(operators.into_iter().next().map(|operator| (operator, url)))
        }
        StoreAnswer::NotFound => Ok(None),
        other => Err(refusal(other)),
    }
}

/// `GET /dashboard/sign-in/{token}`: a button, which uses the link.
///
/// # Errors
/// [`AppError::TooMany`].
pub async fn show(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let Some(link) = StoreToken::parse(Purpose::Link, token) else {
        wrong(app, request).await?;
        return over(app, request).await;
    };
    tried(app, request, Some(link.store())).await?;
    let call = SessionCall::PeekLink { hash: link.hash() };
    let nobody = Actor::system("sign-in");
    let operator = match app.objects.sessions(link.store(), &nobody, call).await? {
        StoreAnswer::Operators { operators } => operators.into_iter().next(),
        other => return Err(refusal(other)),
    };
    let Some(operator) = operator else {
        wrong(app, request).await?;
        return over(app, request).await;
    };
    let texts = Texts::of_dashboard(locale(request, operator.locale.as_deref()));
    let values = [
        ("name", operator.name.as_str()),
        ("store", link.store().as_str()),
    ];
    let next = crate::api::body::query(request, "next").unwrap_or_default();
    let action = format!("/dashboard/sign-in/{token}{}", next_query(own_path(&next)));
    let page = Note {
        title: texts.get("sign_in.title"),
        text: texts.fill("sign_in.link_text", &values),
        button: Some((&action, texts.get("sign_in.link_go"))),
        link: None,
    };
    note(app, request, 200, page).await
}

/// `POST /dashboard/sign-in/{token}`
///
/// # Errors
/// [`AppError::Forbidden`] for a form of another site, [`AppError::TooMany`].
pub async fn follow(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    session::same_origin(app, request)?;
    let Some(link) = StoreToken::parse(Purpose::Link, token) else {
        wrong(app, request).await?;
        return over(app, request).await;
    };
    let by = |session| SessionCall::SignInByLink {
        link: link.hash(),
        session,
    };
    if open(app, request, link.store(), by).await?.is_some() {
        let next = crate::api::body::query(request, "next").unwrap_or_default();
        return see_other(go_on(own_path(&next)));
    }
    wrong(app, request).await?;
    over(app, request).await
}

async fn over(app: &App, request: &Request) -> Result<Response, AppError> {
    let texts = Texts::of_dashboard(locale(request, None));
    let page = Note {
        title: texts.get("sign_in.link_over_title"),
        text: texts.get("sign_in.link_over").to_owned(),
        button: None,
        link: Some(("/dashboard/sign-in", texts.get("sign_in.back"))),
    };
    note(app, request, 404, page).await
}
