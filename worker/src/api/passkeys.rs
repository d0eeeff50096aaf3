//! `/v1/passkeys`: making passkeys and deleting them. Signing in by one is the dashboard's
//! (`dashboard/passkey.rs`).

use base64ct::{Base64UrlUnpadded, Encoding};
use causeway_shared::passkey::{
    CHALLENGE_LIFE_S, Challenge, Expected, Purpose, Verification, challenge_of, read_registration,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::keys;
use crate::object::store::passkeys::{Answered, Passkey, PasskeyCall};
use crate::objects::hex;
use crate::random::{now, random, random_text};
use crate::reply::json_response;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPasskey {
    #[serde(default)]
    label: String,
    client_data: String,
    attestation: String,
}

/// The site that passkeys belong to, and the origin of its pages. Browsers have no passkeys for
/// addresses of numbers: on one's own machine the pages are at `localhost`.
#[must_use]
pub fn party(app: &App) -> (String, String) {
    let origin = app.origin.replacen("//127.0.0.1", "//localhost", 1);
    let host = origin.split_once("//").map_or("", |(_, rest)| rest);
    let host = host.split(':').next().unwrap_or_default().to_owned();
    (host, origin)
}

/// The key that challenges are made with.
#[must_use]
pub fn challenge_key(app: &App) -> [u8; 32] {
    app.config.master_key.derive_key("causeway passkey v1")
}

/// What names an operator inside a passkey: at most 64 bytes, and nothing about the person.
fn user_handle(caller: &Caller) -> String {
    format!("{}:{}", caller.store, caller.actor.id)
}

/// `POST /v1/passkeys/options`: what the browser is to be told to make one.
///
/// # Errors
/// [`AppError::Forbidden`] for a caller who is no operator.
pub async fn options(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let whose = own_id(caller)?;
    let operator = super::operators::find(app, caller, &whose).await?;
    let key = challenge_key(app);
    let challenge = Challenge::make(&key, Purpose::Register(&whose), random(), now());
    let (host, _) = party(app);
    let known = ask(app, caller, PasskeyCall::List { operator: whose }).await?;
    let exclude: Vec<Value> = known
        .iter()
        .map(|p| json!({ "type": "public-key", "id": p.credential }))
        .collect();
    let store = caller.config.profile.as_ref();
    let store = store.map_or(caller.store.as_str(), |p| p.name.as_str());
    json_response(
        200,
        &json!({
            "rp": { "id": host, "name": store },
            "user": {
                "id": encode(user_handle(caller).as_bytes()),
                "name": operator.email,
                "displayName": operator.name,
            },
            "challenge": encode(&challenge.0),
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
            "timeout": CHALLENGE_LIFE_S * 1000,
            "excludeCredentials": exclude,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        }),
    )
}

/// `POST /v1/passkeys`: keeps a passkey that the browser has made.
///
/// # Errors
/// [`AppError::Invalid`] where it does not answer a challenge of ours as it should;
/// [`AppError::Conflict`] for one that is known already.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    let whose = own_id(caller)?;
    let new: NewPasskey = read_json(request, MAX_BODY).await?;
    if new.label.chars().count() > 100 || new.label.chars().any(char::is_control) {
        let detail = "may have at most 100 characters, no control characters";
        return Err(invalid("/label", "length", detail));
    }
    let client_data = decode("/client_data", &new.client_data)?;
    let attestation = decode("/attestation", &new.attestation)?;
    let (challenge, answered) = answered(app, Purpose::Register(&whose), &client_data)?;
    let (host, origin) = party(app);
    let expected = Expected {
        challenge: &challenge,
        origin: &origin,
        party: &host,
        verification: Verification::Required,
    };
    let made = read_registration(&client_data, &attestation, &expected)
        .map_err(|e| invalid("/attestation", "passkey_refused", &e.to_string()))?;
    if !keys::is_es256(&made.public_key).await {
        let detail = "the passkey's key is not one for ES256";
        return Err(invalid("/attestation", "passkey_refused", detail));
    }
    let passkey = Passkey {
        id: format!("psk_{}", random_text(16)),
        operator: whose,
        credential: encode(&made.id),
        public_key: encode(&made.public_key),
        sign_count: made.sign_count,
        can_be_backed_up: made.can_be_backed_up,
        label: new.label,
        created_at: now(),
        used_at: None,
    };
    let call = PasskeyCall::Add {
        passkey: Box::new(passkey),
        answered,
    };
    let kept = ask(app, caller, call).await?;
    json_response(201, &view(kept.first().ok_or(AppError::NotFound)?))
}

/// The challenge in client data, if it was given out for this and can still be answered.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn answered(
    app: &App,
    purpose: Purpose<'_>,
    client_data: &[u8],
) -> Result<(Vec<u8>, Answered), AppError> {
    let refused = |detail: &str| invalid("/client_data", "passkey_refused", detail);
    let challenge = challenge_of(client_data).map_err(|e| refused(&e.to_string()))?;
    let expires_at = Challenge::expiry(&challenge_key(app), purpose, &challenge, now())
        .ok_or_else(|| refused("it answers no challenge of the last five minutes"))?;
    let hash = hex(&Sha256::digest(&challenge));
    Ok((challenge, Answered { hash, expires_at }))
}

/// `GET /v1/passkeys`: the caller's own, the first that was made first.
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let data: Vec<Value> = own(app, caller).await?.iter().map(view).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// The caller's own passkeys.
///
/// # Errors
/// When the store does not answer.
pub async fn own(app: &App, caller: &Caller) -> Result<Vec<Passkey>, AppError> {
    match own_id(caller) {
        Ok(operator) => ask(app, caller, PasskeyCall::List { operator }).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// `DELETE /v1/passkeys/{id}`, one of the caller's own.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let operator = own_id(caller).map_err(|_| AppError::NotFound)?;
    let id = Some(id.to_owned());
    ask(app, caller, PasskeyCall::Remove { operator, id }).await?;
    Ok(Response::empty()?.with_status(204))
}

/// `DELETE /v1/operators/{id}/passkeys`: all of an operator's.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_all_of(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let operator = super::operators::find(app, caller, id).await?.id;
    ask(app, caller, PasskeyCall::Remove { operator, id: None }).await?;
    Ok(Response::empty()?.with_status(204))
}

async fn ask(app: &App, caller: &Caller, call: PasskeyCall) -> Result<Vec<Passkey>, AppError> {
    app.objects
        .passkeys(&caller.store, &caller.actor, call)
        .await
}

fn own_id(caller: &Caller) -> Result<String, AppError> {
    let id = caller.role.map(|_| caller.actor.id.clone());
    id.ok_or(AppError::Forbidden {
        detail: "passkeys belong to operators: sign in as one",
    })
}

fn view(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "label": passkey.label,
        "can_be_backed_up": passkey.can_be_backed_up,
        "created_at": passkey.created_at,
        "used_at": passkey.used_at,
    })
}

/// Bytes as browsers write them in JSON.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads such bytes.
///
/// # Errors
/// [`AppError::Invalid`] at `pointer`.
pub fn decode(pointer: &str, text: &str) -> Result<Vec<u8>, AppError> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| {
        invalid(
            pointer,
            "not_base64url",
            "must be base64url without padding",
        )
    })
}
