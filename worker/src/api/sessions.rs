//! `/v1/sessions`: where an operator is signed in, and `/v1/operators/{id}/sign_in_link`.

use serde_json::{Value, json};
use worker::Response;

use super::auth::Caller;
use crate::app::App;
use crate::dashboard::{session, sign_in};
use crate::error::AppError;
use crate::object::store::StoreAnswer;
use crate::object::store::sessions::{LINK_LIFE_S, Session, SessionCall};
use crate::objects::refusal;
use crate::random::now;
use crate::reply::json_response;

/// `GET /v1/me`: who calls, and what a page has to show with each change.
///
/// # Errors
/// When the response cannot be made.
pub fn me(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let csrf = caller.session.as_deref().map(|id| session::csrf(app, id));
    json_response(
        200,
        &json!({
            "actor": caller.actor,
            "role": caller.role,
            "store": caller.store,
            "mode": caller.mode,
            "session": caller.session,
            "csrf": csrf,
        }),
    )
}

/// `GET /v1/sessions`: the caller's own, the one that was used last first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let sessions = own(app, caller).await?;
    let view = |s: &Session| {
        json!({
            "id": s.id,
            "way": s.way,
            "agent": s.agent,
            "created_at": s.created_at,
            "seen_at": s.seen_at,
            "current": caller.session.as_deref() == Some(&s.id),
        })
    };
    let data: Vec<Value> = sessions.iter().map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// The caller's own sessions.
///
/// # Errors
/// When the store does not answer.
pub async fn own(app: &App, caller: &Caller) -> Result<Vec<Session>, AppError> {
    match own_id(caller) {
        Some(operator) => ask(app, caller, SessionCall::List { operator }).await,
        None => Ok(Vec::new()),
    }
}

/// `DELETE /v1/sessions/{id}`, one of the caller's own.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let operator = own_id(caller).ok_or(AppError::NotFound)?;
    let id = Some(id.to_owned());
    revoke(app, caller, operator, id, None).await
}

/// `DELETE /v1/sessions`: all of the caller's own but the one that asks.
///
/// # Errors
/// When the store does not answer.
pub async fn remove_others(app: &App, caller: &Caller) -> Result<Response, AppError> {
    match own_id(caller) {
        Some(operator) => revoke(app, caller, operator, None, caller.session.clone()).await,
        None => Ok(Response::empty()?.with_status(204)),
    }
}

/// `DELETE /v1/operators/{id}/sessions`: signs an operator out everywhere.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_all_of(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let operator = super::operators::find(app, caller, id).await?;
    revoke(app, caller, operator.id, None, None).await
}

/// `POST /v1/operators/{id}/sign_in_link`: a link that signs in once, within a quarter of an hour.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn make_link(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    // An address names an operator too, but not in a path.
    let operator = super::operators::find(app, caller, id).await?;
    let made = sign_in::link::make(app, &caller.store, &caller.actor, &operator.id).await?;
    let (_, url) = made.ok_or(AppError::NotFound)?;
    let expires_at = now().plus_seconds(LINK_LIFE_S);
    json_response(201, &json!({ "url": url, "expires_at": expires_at }))
}

fn own_id(caller: &Caller) -> Option<String> {
    caller.role.map(|_| caller.actor.id.clone())
}

async fn revoke(
    app: &App,
    caller: &Caller,
    operator: String,
    id: Option<String>,
    but: Option<String>,
) -> Result<Response, AppError> {
    ask(app, caller, SessionCall::Revoke { operator, id, but }).await?;
    Ok(Response::empty()?.with_status(204))
}

async fn ask(app: &App, caller: &Caller, call: SessionCall) -> Result<Vec<Session>, AppError> {
    let answer = app.objects.sessions(&caller.store, &caller.actor, call);
    match answer.await? {
        StoreAnswer::Sessions { sessions } => Ok(sessions),
        other => Err(refusal(other)),
    }
}
