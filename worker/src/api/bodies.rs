//! The bodies of all routes by name, for fuzzing natively: each is read as its route reads it.
//! Not part of the worker itself.

use super::accounts::{EditAccount, NewAccount};
use super::acts::{ConfirmBody, NoteBody, ShipBody};
use super::body::parse_json;
use super::carts::Cart;
use super::endpoints::{EditEndpoint, NewEndpoint};
use super::keys::{NewKey, Roll};
use super::messages::{NewMail, Preview, TestMail};
use super::operators::{EditOperator, NewOperator};
use super::orders::{CancelBody, CaptureBody};
use super::passkeys::NewPasskey;
use super::refund_requests::{ApproveBody, DeclineBody, NewRequest};
use super::refunds::NewRefund;
use super::views::ViewBody;
use crate::checkout::attempts::NewAttemptBody;
use crate::error::AppError;
use crate::mail::Template;
use crate::object::store::model::{Price, Profile};
use crate::object::store::profile::StoreProfile;

/// Reads a body as that of `route`; a route that is not known takes none.
///
/// # Errors
/// What the route would answer.
pub fn check(route: &str, body: &[u8]) -> Result<(), AppError> {
    match route {
        "account" => parse_json::<EditAccount>(body).map(drop),
        "accounts" => parse_json::<NewAccount>(body).map(drop),
        "approvals" => parse_json::<ApproveBody>(body).map(drop),
        "attempts" => parse_json::<NewAttemptBody>(body).map(drop),
        "cancels" => parse_json::<CancelBody>(body).map(drop),
        "captures" => parse_json::<CaptureBody>(body).map(drop),
        "carts" => parse_json::<Cart>(body).map(drop),
        "confirmations" => parse_json::<ConfirmBody>(body).map(drop),
        "declines" => parse_json::<DeclineBody>(body).map(drop),
        "endpoint" => parse_json::<EditEndpoint>(body).map(drop),
        "endpoints" => parse_json::<NewEndpoint>(body).map(drop),
        "keys" => parse_json::<NewKey>(body).map(drop),
        "key_rolls" => parse_json::<Roll>(body).map(drop),
        "notes" => parse_json::<NoteBody>(body).map(drop),
        "operator" => parse_json::<EditOperator>(body).map(drop),
        "operators" => parse_json::<NewOperator>(body).map(drop),
        "mail" => parse_json::<NewMail>(body).map(drop),
        "previews" => parse_json::<Preview>(body).map(drop),
        "template" => parse_json::<Template>(body).map(drop),
        "test_mail" => parse_json::<TestMail>(body).map(drop),
        "passkeys" => parse_json::<NewPasskey>(body).map(drop),
        "prices" => parse_json::<Price>(body).map(drop),
        "profile" => parse_json::<StoreProfile>(body).map(drop),
        "refunds" => parse_json::<NewRefund>(body).map(drop),
        "requests" => parse_json::<NewRequest>(body).map(drop),
        "shipments" => parse_json::<ShipBody>(body).map(drop),
        "store" => parse_json::<Profile>(body).map(drop),
        "views" => parse_json::<ViewBody>(body).map(drop),
        _ => Ok(()),
    }
}
