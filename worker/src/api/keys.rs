//! `/v1/api_keys`: keys of a store. A key is shown once.

use causeway_shared::id::{ApiKey, KeyKind};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{KeyDoc, StoreChange};
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

/// `GET /v1/api_keys`
///
/// # Errors
/// [`AppError::Forbidden`] for all but the owner.
pub fn list(caller: &Caller) -> Result<Response, AppError> {
    let keys = caller.config.keys.iter().filter(|k| k.mode == caller.mode);
    let data: Vec<Value> = keys.map(view).collect();
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
    let key = ApiKey::make(new.kind, caller.mode, &caller.store, random());
    let doc = KeyDoc {
        id: format!("key_{}", random_text(16)),
        kind: new.kind,
        mode: caller.mode,
        label: new.label,
        hash: hex(&key.hash()),
        hint: key
            .expose()
            .chars()
            .rev()
            .take(4)
            .collect::<String>()
            .chars()
            .rev()
            .collect(),
        created_at: now(),
    };
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::AddKey(doc.clone()),
        )
        .await?;
    let mut view = view(&doc);
    if let Some(object) = view.as_object_mut() {
        object.insert("key".to_owned(), key.expose().into());
    }
    json_response(201, &view)
}

/// `DELETE /v1/api_keys/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    if !caller
        .config
        .keys
        .iter()
        .any(|k| k.id == id && k.mode == caller.mode)
    {
        return Err(AppError::NotFound);
    }
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::RemoveKey { id: id.to_owned() },
        )
        .await?;
    Ok(Response::empty()?.with_status(204))
}

fn view(key: &KeyDoc) -> Value {
    json!({
        "id": key.id,
        "kind": key.kind,
        "mode": key.mode,
        "label": key.label,
        "hint": key.hint,
        "created_at": key.created_at,
    })
}
