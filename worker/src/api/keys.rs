//! `/v1/api_keys`: keys of a store. A key is shown once.

use causeway_shared::id::{ApiKey, KeyKind};
use causeway_shared::time::UnixTime;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json, read_optional_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{KeyDoc, StoreChange};
use crate::object::store::uses::UseCall;
use crate::objects::hex;
use crate::random::{now, random, random_text};
use crate::reply::json_response;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    kind: KeyKind,
    #[serde(default)]
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Roll {
    overlap_hours: u16,
}

impl Default for Roll {
    fn default() -> Self {
        Self {
            overlap_hours: OVERLAP_HOURS,
        }
    }
}

/// How long the old key is good beside the new one, where nothing else is said.
const OVERLAP_HOURS: u16 = 24;
/// The longest that it may be.
const MAX_OVERLAP_HOURS: u16 = 7 * 24;

/// `GET /v1/api_keys`
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let uses = app.objects.uses(&caller.store, UseCall::Read).await?;
    let keys = caller.config.keys.iter().filter(|k| k.mode == caller.mode);
    let keys = keys.filter(|k| k.is_valid(now()));
    let data: Vec<Value> = keys.map(|k| view(k, uses.get(&k.id))).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `POST /v1/api_keys`
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    let new: NewKey = read_json(request, MAX_BODY).await?;
    if new.label.chars().count() > 100 {
        return Err(invalid(
            "/label",
            "length",
            "may have at most 100 characters",
        ));
    }
    let (key, doc) = make(caller, new.kind, new.label);
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::AddKey(doc.clone()),
        )
        .await?;
    json_response(201, &shown_once(&doc, &key))
}

/// `POST /v1/api_keys/{id}/roll`: a new key of the same kind and label. The old one stays good for
/// a while, so that programs can be changed over one by one.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] for a key that was rolled already.
pub async fn roll(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let old = find(caller, id)?;
    let roll: Roll = read_optional_json(request).await?;
    let hours = roll.overlap_hours;
    if hours > MAX_OVERLAP_HOURS {
        return Err(invalid(
            "/overlap_hours",
            "out_of_range",
            "must be 0 to 168",
        ));
    }
    let (key, doc) = make(caller, old.kind, old.label.clone());
    let expires_at = now().plus_seconds(i64::from(hours) * 3600);
    let change = StoreChange::RollKey {
        id: old.id.clone(),
        expires_at,
        new: Box::new(doc.clone()),
    };
    app.objects
        .change(&caller.store, &caller.actor, change)
        .await?;
    let mut view = shown_once(&doc, &key);
    if let Some(object) = view.as_object_mut() {
        let previous = json!({ "id": old.id, "expires_at": expires_at });
        object.insert("previous".to_owned(), previous);
    }
    json_response(201, &view)
}

fn make(caller: &Caller, kind: KeyKind, label: String) -> (ApiKey, KeyDoc) {
    let key = ApiKey::make(kind, caller.mode, &caller.store, random());
    let text = key.expose();
    let doc = KeyDoc {
        id: format!("key_{}", random_text(16)),
        kind,
        mode: caller.mode,
        label,
        hash: hex(&key.hash()),
        hint: text
            .get(text.len().saturating_sub(4)..)
            .unwrap_or_default()
            .to_owned(),
        created_at: now(),
        expires_at: None,
        replaced_by: None,
    };
    (key, doc)
}

/// What is told of a key that was just made: the only time that it is shown.
fn shown_once(doc: &KeyDoc, key: &ApiKey) -> Value {
    let mut view = view(doc, None);
    if let Some(object) = view.as_object_mut() {
        object.insert("key".to_owned(), key.expose().into());
    }
    view
}

fn find<'a>(caller: &'a Caller, id: &str) -> Result<&'a KeyDoc, AppError> {
    let mut keys = caller.config.keys.iter();
    let is_it = |k: &&KeyDoc| k.id == id && k.mode == caller.mode && k.is_valid(now());
    keys.find(is_it).ok_or(AppError::NotFound)
}

/// `DELETE /v1/api_keys/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let id = find(caller, id)?.id.clone();
    app.objects
        .change(&caller.store, &caller.actor, StoreChange::RemoveKey { id })
        .await?;
    Ok(Response::empty()?.with_status(204))
}

fn view(key: &KeyDoc, used: Option<&UnixTime>) -> Value {
    json!({
        "id": key.id,
        "kind": key.kind,
        "mode": key.mode,
        "label": key.label,
        "hint": key.hint,
        "created_at": key.created_at,
        "last_used_at": used,
        "expires_at": key.expires_at,
        "replaced_by": key.replaced_by,
    })
}
