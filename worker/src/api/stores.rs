//! `/v1/store`: what the store is.

use causeway_shared::wire::{WireProblem, is_web_url};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{Profile, StoreChange};
use crate::reply::json_response;

/// `GET /v1/store`
///
/// # Errors
/// [`AppError::NotFound`] for a store that was never set up.
pub fn read(caller: &Caller) -> Result<Response, AppError> {
    let profile = caller.config.profile.as_ref().ok_or(AppError::NotFound)?;
    json_response(200, &view(caller, profile))
}

/// `PUT /v1/store`
///
/// # Errors
/// A problem document; [`AppError::Conflict`] when the number of tills would sink.
pub async fn put(app: &App, caller: &Caller, request: &mut Request) -> Result<Response, AppError> {
    let profile: Profile = read_json(request, MAX_BODY).await?;
    check(&profile, app.config.allow_http)?;
    let config = app
        .objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::PutProfile(profile),
        )
        .await?;
    let profile = config.profile.as_ref().ok_or(AppError::NotFound)?;
    json_response(200, &view(caller, profile))
}

fn view(caller: &Caller, profile: &Profile) -> serde_json::Value {
    serde_json::json!({
        "id": caller.store,
        "name": profile.name,
        "allowed_origins": profile.allowed_origins,
        "default_locale": profile.default_locale,
        "country": profile.country,
        "card_lane": profile.card_lane,
        "irregular_payments": profile.irregular_payments,
        "tills": profile.tills,
    })
}

fn check(profile: &Profile, allow_http: bool) -> Result<(), AppError> {
    let mut problems = Vec::new();
    let mut add = |pointer: String, code, detail: &str| {
        problems.push(WireProblem {
            pointer,
            code,
            detail: detail.to_owned(),
        });
    };
    if profile.name.trim().is_empty() || profile.name.chars().count() > 100 {
        add(
            "/name".to_owned(),
            "length",
            "must have 1 to 100 characters",
        );
    }
    if profile.allowed_origins.len() > 50 {
        add(
            "/allowed_origins".to_owned(),
            "count",
            "may have at most 50 origins",
        );
    }
    for (i, origin) in profile.allowed_origins.iter().enumerate() {
        if !is_origin(origin, allow_http) {
            let detail = "must be an origin such as https://shop.example, without path";
            add(format!("/allowed_origins/{i}"), "not_an_origin", detail);
        }
    }
    let tag = |l: &String| {
        let letters = l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (2..=35).contains(&l.len()) && letters
    };
    if !profile.default_locale.as_ref().is_none_or(tag) {
        let detail = "must be a language tag, such as en or zh-CN";
        add("/default_locale".to_owned(), "not_a_locale", detail);
    }
    if !profile
        .country
        .as_ref()
        .is_none_or(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase()))
    {
        add(
            "/country".to_owned(),
            "not_a_country",
            "must be two capital letters, such as DE",
        );
    }
    if !(1..=1024).contains(&profile.tills) {
        add("/tills".to_owned(), "out_of_range", "must be 1 to 1024");
    }
    if !profile.tills_before.is_empty() {
        add(
            "/tills_before".to_owned(),
            "unknown_field",
            "is kept by Causeway; leave it out",
        );
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(problems))
    }
}

/// A serialized origin (RFC 6454, section 6.2) that can stand in a CSP.
fn is_origin(origin: &str, allow_http: bool) -> bool {
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let named = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    is_web_url(origin, allow_http)
        && origin.len() <= 255
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(named))
        && port.bytes().all(|b| b.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|p| p > 0)
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_has_no_path_no_wildcard_and_nothing_that_ends_a_directive() {
        assert!(is_origin("https://shop.example", false));
        assert!(is_origin("http://localhost:8788", true));
        assert!(!is_origin("http://shop.example", true));
        for bad in [
            "http://shop.example",
            "https://shop.example/",
            "https://*.example",
            "https://a; script-src *",
            "https://a b",
            "https://",
            "https://:443",
            "https://shop..example",
            "https://shop.example:",
            "https://shop.example:+1",
            "https://shop.example:99999",
            "https://shop.example:80:80",
            "shop.example",
        ] {
            assert!(!is_origin(bad, false), "{bad}");
        }
    }
}
