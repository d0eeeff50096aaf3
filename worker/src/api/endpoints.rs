//! `/v1/webhook_endpoints`: where events go. A secret is shown once.

use causeway_shared::id::EndpointId;
use causeway_shared::webhook::SigningSecret;
use causeway_shared::wire::is_web_url;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{EndpointDoc, SECRET_OVERLAP_S, SealedSecret, StoreChange};
use crate::perform::secret_name;
use crate::random::{now, random};
use crate::reply::json_response;

/// The event types that an endpoint can ask for.
pub const EVENTS: &[&str] = &[
    "order.authorized",
    "order.cancelled",
    "order.capture_failed",
    "order.expired",
    "order.irregular_payment",
    "order.paid",
    "order.payment_failed",
    "order.shipped",
    "refund.failed",
    "refund.settled",
    "refund_request.approved",
    "refund_request.created",
    "refund_request.declined",
    "refund_request.refused",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEndpoint {
    url: String,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditEndpoint {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    events: Option<Vec<String>>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// `GET /v1/webhook_endpoints`
///
/// # Errors
/// When the response cannot be made.
pub fn list(caller: &Caller) -> Result<Response, AppError> {
    let endpoints = caller
        .config
        .endpoints
        .iter()
        .filter(|e| e.mode == caller.mode);
    let data: Vec<Value> = endpoints.map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `GET /v1/webhook_endpoints/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub fn read(caller: &Caller, id: &str) -> Result<Response, AppError> {
    json_response(200, &view(find(caller, id)?))
}

/// `POST /v1/webhook_endpoints`
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    let mut new: NewEndpoint = read_json(request, MAX_BODY).await?;
    check(app, Some(&new.url), &new.events, &new.description)?;
    once_each(&mut new.events);
    let id = EndpointId::make(random());
    let (secret, sealed) = new_secret(app, &id)?;
    let doc = EndpointDoc {
        id,
        mode: caller.mode,
        url: new.url,
        events: new.events,
        description: new.description,
        enabled: true,
        disabled: None,
        secrets: vec![SealedSecret {
            sealed,
            expires_at: None,
        }],
        created_at: now(),
    };
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::AddEndpoint(doc.clone()),
        )
        .await?;
    let mut view = view(&doc);
    if let Some(object) = view.as_object_mut() {
        object.insert("secret".to_owned(), secret.expose().as_str().into());
    }
    json_response(201, &view)
}

/// `PATCH /v1/webhook_endpoints/{id}`
///
/// # Errors
/// A problem document.
pub async fn edit(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let id = find(caller, id)?.id.clone();
    let mut edit: EditEndpoint = read_json(request, MAX_BODY).await?;
    check(
        app,
        edit.url.as_deref(),
        edit.events.as_deref().unwrap_or_default(),
        edit.description.as_deref().unwrap_or_default(),
    )?;
    edit.events.iter_mut().for_each(once_each);
    let change = StoreChange::EditEndpoint {
        id: id.clone(),
        url: edit.url,
        events: edit.events,
        description: edit.description,
        enabled: edit.enabled,
    };
    let config = app
        .objects
        .change(&caller.store, &caller.actor, change)
        .await?;
    let doc = config
        .endpoints
        .iter()
        .find(|e| e.id == id)
        .ok_or(AppError::NotFound)?;
    json_response(200, &view(doc))
}

/// `DELETE /v1/webhook_endpoints/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let id = find(caller, id)?.id.clone();
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::RemoveEndpoint { id },
        )
        .await?;
    Ok(Response::empty()?.with_status(204))
}

/// `POST /v1/webhook_endpoints/{id}/rotate_secret`. Both secrets sign for a day.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn rotate(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let id = find(caller, id)?.id.clone();
    let (secret, sealed) = new_secret(app, &id)?;
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::RotateSecret { id, sealed },
        )
        .await?;
    json_response(
        200,
        &json!({
            "secret": secret.expose().as_str(),
            "previous_valid_until": now().plus_seconds(SECRET_OVERLAP_S),
        }),
    )
}

pub(super) fn find<'a>(caller: &'a Caller, id: &str) -> Result<&'a EndpointDoc, AppError> {
    let mut endpoints = caller.config.endpoints.iter();
    let found = endpoints.find(|e| e.id.as_str() == id && e.mode == caller.mode);
    found.ok_or(AppError::NotFound)
}

/// Each type once: the list goes to the tills with every call.
fn once_each(events: &mut Vec<String>) {
    let mut known: Vec<String> = Vec::new();
    for event in std::mem::take(events) {
        if !known.contains(&event) {
            known.push(event);
        }
    }
    *events = known;
}

fn new_secret(app: &App, id: &EndpointId) -> Result<(SigningSecret, String), AppError> {
    let secret = SigningSecret::make(random());
    let sealed = app
        .config
        .master_key
        .seal(&secret_name(id), secret.expose().as_bytes(), random());
    let sealed = sealed.map_err(|_| AppError::Internal("webhook secret".to_owned()))?;
    Ok((secret, sealed))
}

fn check(
    app: &App,
    url: Option<&str>,
    events: &[String],
    description: &str,
) -> Result<(), AppError> {
    if url.is_some_and(|url| !is_web_url(url, app.config.allow_http)) {
        let detail = "must be an https address of at most 2048 characters";
        return Err(invalid("/url", "not_a_url", detail));
    }
    for (i, event) in events.iter().enumerate() {
        if !EVENTS.contains(&event.as_str()) {
            let detail = format!("must be one of {}", EVENTS.join(", "));
            return Err(invalid(&format!("/events/{i}"), "unknown_event", &detail));
        }
    }
    if description.chars().count() > 200 {
        return Err(invalid(
            "/description",
            "length",
            "may have at most 200 characters",
        ));
    }
    Ok(())
}

fn view(doc: &EndpointDoc) -> Value {
    json!({
        "id": doc.id,
        "mode": doc.mode,
        "url": doc.url,
        "events": doc.events,
        "description": doc.description,
        "enabled": doc.enabled,
        "disabled": doc.disabled,
        "created_at": doc.created_at,
    })
}
