//! `/dashboard/me`: how an operator signs in: passkeys, and the browsers that are signed in.

use askama::Template;
use serde_json::Value;

use super::{Page, write};
use crate::dashboard::desk::Desk;
use crate::dashboard::doc::Doc;
use crate::dashboard::filled::Filled;

#[derive(Template)]
#[template(path = "dashboard/me.html")]
struct Me<'a> {
    s: &'a Desk,
    title: &'a str,
    text: String,
    passkeys: Vec<Doc<'a>>,
    sessions: Vec<Doc<'a>>,
}

/// `/dashboard/{mode}/me`
///
/// # Errors
/// What the API answers instead.
pub async fn me(desk: &Desk, filled: &Filled) -> Page {
    let (passkeys, sessions) = futures_util::join!(desk.try_get("passkeys"), desk.get("sessions"));
    let sessions: Value = sessions?;
    let values = [
        ("name", desk.operator_name.as_str()),
        ("store", desk.store_name.as_str()),
    ];
    let title = desk.t("sign_in.me");
    let page = Me {
        s: desk,
        title,
        text: desk.fill("sign_in.done", &values),
        passkeys: Doc(&passkeys).list("/data"),
        sessions: Doc(&sessions).list("/data"),
    };
    write(desk, filled, title, &page)
}
