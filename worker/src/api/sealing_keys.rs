//! `/v1/sealing_keys`: the keys that card data is sealed to. A store makes keys of its own; those of
//! the deployment are its secrets, which the worker can name and not change.

use serde_json::{Value, json};
use worker::Response;

use super::auth::Caller;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{SealingKeyDoc, StoreChange};
use crate::random::now;
use crate::reply::json_response;
use crate::sealing;

/// How they are changed.
const HOW: &str = "POST /v1/sealing_keys makes a key that new pages seal to at once; the one before \
    opens for two more days, for pages that are still open, and is then deleted. Keys of the \
    deployment are in use while a store has none of its own, and always open: to change them, set \
    CAUSEWAY_SEAL_KEYS to the new seed (openssl rand -base64 32), a comma and the seeds that are \
    there (`npx wrangler secret put CAUSEWAY_SEAL_KEYS`, or in workerd's environment), and take \
    the old ones out two days later.";

/// `GET /v1/sealing_keys`: the one in use first.
///
/// # Errors
/// When the response cannot be made.
pub fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let own = caller.config.sealing.iter().filter(|k| k.is_valid(now()));
    let mut data: Vec<Value> = own.map(view).collect();
    for key in &app.config.seal_keys {
        data.push(json!({
            "id": key.id().to_string(),
            "source": "deployment",
            "in_use": data.is_empty(),
            "created_at": null,
            "ends_at": null,
        }));
    }
    json_response(
        200,
        &json!({ "data": data, "next_cursor": null, "how_to_rotate": HOW }),
    )
}

/// `POST /v1/sealing_keys`: a new key, in use at once.
///
/// # Errors
/// [`AppError::Conflict`] when the store has as many as it may.
pub async fn create(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let doc = sealing::make(app)?;
    let view = view(&doc);
    change(app, caller, StoreChange::AddSealingKey(doc)).await?;
    json_response(201, &view)
}

/// `DELETE /v1/sealing_keys/{id}`: ends an older key before its time.
///
/// # Errors
/// [`AppError::Conflict`] for the key in use, and for one of the deployment.
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    if app
        .config
        .seal_keys
        .iter()
        .any(|k| k.id().to_string() == id)
    {
        return Err(AppError::Conflict {
            code: "refused",
            detail: "it is a key of the deployment: take its seed out of CAUSEWAY_SEAL_KEYS".into(),
        });
    }
    let id = id.to_owned();
    change(app, caller, StoreChange::RemoveSealingKey { id }).await?;
    Ok(Response::empty()?.with_status(204))
}

async fn change(app: &App, caller: &Caller, change: StoreChange) -> Result<(), AppError> {
    let changed = app.objects.change(&caller.store, &caller.actor, change);
    changed.await.map(drop)
}

fn view(key: &SealingKeyDoc) -> Value {
    json!({
        "id": key.id,
        "source": "store",
        "in_use": key.ends_at.is_none(),
        "created_at": key.created_at,
        "ends_at": key.ends_at,
    })
}
