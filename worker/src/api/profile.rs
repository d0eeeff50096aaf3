//! `/v1/store/profile`: what shoppers read about the merchant.

use base64ct::{Base64, Encoding};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{WireProblem, is_email, is_web_url};
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::read_json;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::profile::{Localized, Logo, Registration, StoreProfile};
use crate::random::now;
use crate::reply::json_response;

/// The largest profile: five policies in two languages, and a picture.
const MAX_PROFILE: usize = 256 * 1024;
/// The largest picture.
const MAX_LOGO: usize = 32 * 1024;
/// The most characters of a policy.
const MAX_POLICY: usize = 5_000;
/// The most registrations.
const MAX_REGISTRATIONS: usize = 10;

/// `GET /v1/store/profile`
///
/// # Errors
/// When the store does not answer.
pub async fn read(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let profile = app.objects.profile(&caller.store).await?;
    json_response(200, &view(&profile, now()))
}

/// `PUT /v1/store/profile`
///
/// # Errors
/// A problem document.
pub async fn put(app: &App, caller: &Caller, request: &mut Request) -> Result<Response, AppError> {
    let profile: StoreProfile = read_json(request, MAX_PROFILE).await?;
    check(&profile, app.config.allow_http)?;
    if caller.config.profile.is_none() {
        return Err(AppError::Conflict {
            code: "store_not_set_up",
            detail: "set the store up first, with PUT /v1/store".to_owned(),
        });
    }
    let answer = view(&profile, now());
    app.objects
        .put_profile(&caller.store, &caller.actor, profile)
        .await?;
    json_response(200, &answer)
}

fn view(profile: &StoreProfile, now: UnixTime) -> Value {
    let lapsing = profile.lapsing(now);
    let lapsing = lapsing
        .iter()
        .map(|(index, days)| json!({ "registration": index, "days_left": days }));
    json!({
        "names": profile.names,
        "legal_name": profile.legal_name,
        "registrations": profile.registrations,
        "contact": profile.contact,
        "policies": profile.policies,
        "logo": profile.logo,
        "colours": profile.colours,
        "lapsing": lapsing.collect::<Vec<_>>(),
    })
}

/// The fields that do not fit.
#[derive(Default)]
struct Problems(Vec<WireProblem>);

impl Problems {
    fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(WireProblem {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        });
    }

    /// One line of text.
    fn line(&mut self, pointer: impl Into<String>, text: Option<&str>, most: usize) {
        if let Some(text) = text
            && (!fits(text, most) || text.chars().any(char::is_control))
        {
            let detail = format!("must have 1 to {most} characters, no control characters");
            self.add(pointer, "length", detail);
        }
    }

    /// Text with line breaks.
    fn text(&mut self, pointer: impl Into<String>, text: &str, most: usize) {
        if !fits(text, most) || text.chars().any(|c| c.is_control() && c != '\n') {
            let detail =
                format!("must have 1 to {most} characters, no control characters but line breaks");
            self.add(pointer, "length", detail);
        }
    }

    fn localized(&mut self, pointer: &str, texts: &Localized, most: usize) {
        for (tag, text) in texts.each() {
            self.text(format!("{pointer}/{tag}"), text, most);
        }
    }

    fn registration(&mut self, pointer: &str, registration: &Registration) {
        self.line(format!("{pointer}/number"), Some(&registration.number), 64);
        let country = &registration.country;
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            let detail = "must be two capital letters, such as DE";
            self.add(format!("{pointer}/country"), "not_a_country", detail);
        }
        let is_day = |day: &String| {
            day.len() == 10 && UnixTime::parse_rfc3339(&format!("{day}T00:00:00Z")).is_ok()
        };
        if !registration.expires_on.as_ref().is_none_or(is_day) {
            let detail = "must be a day such as 2027-03-31";
            self.add(format!("{pointer}/expires_on"), "not_a_day", detail);
        }
    }

    fn logo(&mut self, logo: &Logo) {
        match Base64::decode_vec(&logo.data) {
            Ok(bytes) if bytes.len() > MAX_LOGO => {
                let detail = format!("may have at most {MAX_LOGO} bytes");
                self.add("/logo/data", "too_large", detail);
            }
            Ok(bytes) if logo.kind.begins(&bytes) => {}
            Ok(_) | Err(_) => {
                let detail = "must be a picture of this type, in base64";
                self.add("/logo/data", "not_a_picture", detail);
            }
        }
    }
}

fn fits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count())
}

fn check(profile: &StoreProfile, allow_http: bool) -> Result<(), AppError> {
    let mut problems = Problems::default();
    for (tag, name) in profile.names.each() {
        problems.line(format!("/names/{tag}"), Some(name), 100);
    }
    problems.line("/legal_name", profile.legal_name.as_deref(), 200);
    if profile.registrations.len() > MAX_REGISTRATIONS {
        let detail = format!("may have at most {MAX_REGISTRATIONS} registrations");
        problems.add("/registrations", "count", detail);
    }
    for (i, registration) in profile.registrations.iter().enumerate() {
        problems.registration(&format!("/registrations/{i}"), registration);
    }
    let contact = &profile.contact;
    problems.line("/contact/email", contact.email.as_deref(), 254);
    if !contact.email.as_deref().is_none_or(is_email) {
        let detail = "must be an e-mail address, such as help@shop.example";
        problems.add("/contact/email", "not_an_email", detail);
    }
    problems.line("/contact/phone", contact.phone.as_deref(), 40);
    if let Some(address) = &contact.address {
        problems.text("/contact/address", address, 500);
    }
    let url = contact.url.as_deref();
    if !url.is_none_or(|url| is_web_url(url, allow_http)) {
        let detail = "must be an https address of at most 2048 characters";
        problems.add("/contact/url", "not_a_url", detail);
    }
    for (kind, texts) in profile.policies.each() {
        problems.localized(&format!("/policies/{}", kind.name()), texts, MAX_POLICY);
    }
    if let Some(logo) = &profile.logo {
        problems.logo(logo);
    }
    if let Some(colours) = &profile.colours {
        let both = [
            ("/colours/accent", Some(&colours.accent)),
            ("/colours/accent_dark", colours.accent_dark.as_ref()),
        ];
        for (pointer, colour) in both {
            if !colour.is_none_or(|c| is_colour(c)) {
                problems.add(pointer, "not_a_colour", "must be of the form #1a2b3c");
            }
        }
    }
    if problems.0.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(problems.0))
    }
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(profile: Value) -> Vec<String> {
        let profile: StoreProfile = serde_json::from_value(profile).unwrap();
        match check(&profile, false) {
            Ok(()) => Vec::new(),
            Err(AppError::Invalid(problems)) => problems.into_iter().map(|p| p.pointer).collect(),
            Err(other) => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn what_fits_is_taken() {
        let png = Base64::encode_string(b"\x89PNG\r\n\x1a\nrest");
        let good = json!({
            "names": { "en": "Low Tide Tea", "zh-CN": "落潮茶" },
            "legal_name": "Low Tide Tea Ltd",
            "registrations": [{ "kind": "tax", "number": "1", "country": "IE",
                "expires_on": "2028-02-29" }],
            "contact": { "email": "help@shop.example", "address": "1 Quay\nCork" },
            "policies": { "returns": { "en": "Within 30 days.\n\nUnopened." } },
            "logo": { "type": "image/png", "data": png },
            "colours": { "accent": "#0b6B5c" },
        });
        assert_eq!(problems(good), Vec::<String>::new());
        assert_eq!(problems(json!({})), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_is_named_by_its_place() {
        let svg = Base64::encode_string(b"<svg onload=alert(1)>");
        let large = Base64::encode_string(&[b"\x89PNG\r\n\x1a\n", &[0; MAX_LOGO][..]].concat());
        for (profile, place) in [
            (json!({ "names": { "en": "" } }), "/names/en"),
            (json!({ "names": { "en": "a\nb" } }), "/names/en"),
            (json!({ "contact": { "email": "help" } }), "/contact/email"),
            (
                json!({ "contact": { "url": "javascript:1" } }),
                "/contact/url",
            ),
            (
                json!({ "contact": { "address": "a\u{7}" } }),
                "/contact/address",
            ),
            (
                json!({ "policies": { "terms": { "zh-CN": "x".repeat(5001) } } }),
                "/policies/terms/zh-CN",
            ),
            (json!({ "colours": { "accent": "red" } }), "/colours/accent"),
            (
                json!({ "colours": { "accent": "#000000", "accent_dark": "#12345" } }),
                "/colours/accent_dark",
            ),
            (
                json!({ "logo": { "type": "image/png", "data": svg } }),
                "/logo/data",
            ),
            (
                json!({ "logo": { "type": "image/png", "data": large } }),
                "/logo/data",
            ),
            (
                json!({ "logo": { "type": "image/png", "data": "?" } }),
                "/logo/data",
            ),
        ] {
            assert_eq!(problems(profile), [place]);
        }
        let registration = |day: &str| {
            json!({ "registrations": [{ "kind": "vat", "number": "1", "country": "IE",
                "expires_on": day }] })
        };
        for day in ["2027-02-29", "2027-1-1", "2027-01-01T00:00:00Z", ""] {
            assert_eq!(
                problems(registration(day)),
                ["/registrations/0/expires_on"],
                "{day}"
            );
        }
    }
}
