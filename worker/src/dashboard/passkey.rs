//! Signing in by a passkey. The page's script asks the browser for one; the passkey says by itself
//! whose it is, so that nothing has to be typed.

use causeway_shared::id::StoreId;
use causeway_shared::passkey::{
    CHALLENGE_LIFE_S, Challenge, Expected, Purpose, UnverifiedAssertion, Verification,
    read_assertion,
};
use serde::Deserialize;
use serde_json::json;
use worker::{Request, Response};

use super::{session, sign_in};
use crate::actor::Actor;
use crate::api::body::{MAX_BODY, read_json};
use crate::api::passkeys::{answered, challenge_key, decode, encode, party};
use crate::app::App;
use crate::error::AppError;
use crate::keys;
use crate::object::store::passkeys::{Answered, PasskeyCall};
use crate::random::{now, random};
use crate::reply::json_response;

/// A use of a passkey, as the page's script sends it: bytes in base64url.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    id: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: String,
    #[serde(default)]
    next: String,
}

/// One that is of the right form.
struct Shown {
    store: StoreId,
    operator: String,
    credential: String,
    assertion: UnverifiedAssertion,
    answered: Answered,
}

/// `POST /dashboard/passkey/options`: what the browser is to be told to use one.
///
/// # Errors
/// [`AppError::Forbidden`] for a page of another site.
pub fn options(app: &App, request: &Request) -> Result<Response, AppError> {
    session::same_origin(app, request)?;
    let challenge = Challenge::make(&challenge_key(app), Purpose::SignIn, random(), now());
    let (host, _) = party(app);
    json_response(
        200,
        &json!({
            "rpId": host,
            "challenge": encode(&challenge.0),
            "timeout": CHALLENGE_LIFE_S * 1000,
            "userVerification": "required",
            "allowCredentials": [],
        }),
    )
}

/// `POST /dashboard/passkey`: signs in, and says where to go on.
///
/// # Errors
/// [`AppError::Forbidden`] for a passkey that lets nobody in, [`AppError::TooMany`].
pub async fn submit(app: &App, mut request: Request) -> Result<Response, AppError> {
    session::same_origin(app, &request)?;
    let used: Used = read_json(&mut request, MAX_BODY).await?;
    let opened = match read(app, &used) {
        Ok(shown) => open(app, &request, shown).await?,
        // Which part of it is wrong helps whoever tries, not the one who has the passkey.
        Err(error) => {
            sign_in::tried(app, &request, None).await?;
            app.log("passkey_refused", json!({ "code": error.code() }));
            false
        }
    };
    if !opened {
        sign_in::wrong(app, &request).await?;
        return Err(AppError::Forbidden {
            detail: "this passkey does not let anybody in here",
        });
    }
    let next = match sign_in::own_path(&used.next) {
        "" => "/dashboard",
        next => next,
    };
    json_response(200, &json!({ "location": next }))
}

fn read(app: &App, used: &Used) -> Result<Shown, AppError> {
    let handle = decode("/user_handle", &used.user_handle)?;
    let handle = String::from_utf8(handle).map_err(|_| AppError::NotFound)?;
    let (store, operator) = handle.split_once(':').ok_or(AppError::NotFound)?;
    let client_data = decode("/client_data", &used.client_data)?;
    let (challenge, answered) = answered(app, Purpose::SignIn, &client_data)?;
    let (host, origin) = party(app);
    let expected = Expected {
        challenge: &challenge,
        origin: &origin,
        party: &host,
        verification: Verification::Required,
    };
    let assertion = read_assertion(
        &client_data,
        &decode("/authenticator_data", &used.authenticator_data)?,
        &decode("/signature", &used.signature)?,
        &expected,
    );
    Ok(Shown {
        store: StoreId::parse(store)?,
        operator: operator.to_owned(),
        // In the one form that it is stored in.
        credential: encode(&decode("/id", &used.id)?),
        assertion: assertion.map_err(|_| AppError::NotFound)?,
        answered,
    })
}

/// Whether it let its operator in.
async fn open(app: &App, request: &Request, shown: Shown) -> Result<bool, AppError> {
    sign_in::tried(app, request, Some(&shown.store)).await?;
    let nobody = Actor::system("sign-in");
    let find = PasskeyCall::Find {
        credential: shown.credential.clone(),
    };
    let found = app.objects.passkeys(&shown.store, &nobody, find).await?;
    let Some(passkey) = found.into_iter().next() else {
        return Ok(false);
    };
    let assertion = &shown.assertion;
    let public_key = decode("/id", &passkey.public_key)?;
    let fits = passkey.operator == shown.operator
        && passkey.can_be_backed_up == assertion.can_be_backed_up
        && keys::verify_es256(&public_key, &assertion.signature, &assertion.message).await;
    if !fits {
        return Ok(false);
    }
    let (token, session) = session::fresh(request, &shown.store)?;
    let call = PasskeyCall::SignIn {
        credential: shown.credential,
        sign_count: assertion.sign_count,
        answered: shown.answered,
        session,
    };
    let opened = app
        .objects
        .sign_in_by_passkey(&shown.store, &nobody, call)
        .await?;
    if opened {
        session::begin(app, request, &token).await?;
    }
    Ok(opened)
}
