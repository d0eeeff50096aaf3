//! `/v1/mail`: with what messages are sent, and what they say; `/v1/orders/{id}/messages`.

use causeway_shared::id::OrderId;
use causeway_shared::wire::{is_email, is_web_url};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json, read_optional_json};
use super::orders::load;
use crate::app::App;
use crate::error::AppError;
use crate::mail::{MessageKind, Shape, Template, Wrong};
use crate::object::store::mail::{MailAnswer, MailCall, MailDoc, MailService, StoredTemplate};
use crate::object::store::model::StoreChange;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::object::till::messages::SendOutcome;
use crate::objects::Limit;
use crate::page::{Locale, Part};
use crate::perform::mail::{has_binding, key_name, put as send, sender_for};
use crate::random::{random, random_text};
use crate::reply::json_response;
use crate::shopper::letters;
use crate::site::load_texts;

/// Test messages per store and hour.
const TESTS: u32 = 20;

/// Who sends messages, as the API says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ServiceKind {
    Cloudflare,
    Http,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMail {
    kind: ServiceKind,
    from: String,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    off: Vec<MessageKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestMail {
    to: String,
    #[serde(default)]
    locale: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Preview {
    subject: Option<String>,
    text: Option<String>,
}

/// `GET /v1/mail`
///
/// # Errors
/// When the response cannot be made.
pub fn read(caller: &Caller) -> Result<Response, AppError> {
    let sender = sender_for(&caller.config, Some(caller.mode));
    json_response(200, &json!({ "sender": sender.map(view) }))
}

/// `PUT /v1/mail`
///
/// # Errors
/// A problem document.
pub async fn put(app: &App, caller: &Caller, request: &mut Request) -> Result<Response, AppError> {
    let new: NewMail = read_json(request, MAX_BODY).await?;
    if !is_email(&new.from) || new.from.len() > 254 || new.from.chars().any(char::is_control) {
        let detail = "must be an e-mail address, such as orders@shop.example";
        return Err(invalid("/from", "not_an_email", detail));
    }
    if let Some(i) = new.off.iter().position(|kind| !kind.is_about_order()) {
        let detail = "must be a message about an order; links are sent when somebody asks for one";
        return Err(invalid(&format!("/off/{i}"), "not_about_an_order", detail));
    }
    let mut off = new.off.clone();
    off.sort_unstable();
    off.dedup();
    let service = match new.kind {
        ServiceKind::Cloudflare => cloudflare(app, &new)?,
        ServiceKind::Http => http(app, caller, new)?,
    };
    let doc = MailDoc {
        mode: caller.mode,
        from: service.0,
        off,
        service: service.1,
    };
    let change = StoreChange::PutMail(doc.clone());
    app.objects
        .change(&caller.store, &caller.actor, change)
        .await?;
    json_response(200, &json!({ "sender": view(&doc) }))
}

fn cloudflare(app: &App, new: &NewMail) -> Result<(String, MailService), AppError> {
    for (pointer, is_there) in [
        ("/shape", new.shape.is_some()),
        ("/url", new.url.is_some()),
        ("/key", new.key.is_some()),
    ] {
        if is_there {
            return Err(invalid(pointer, "not_expected", "belongs to kind `http`"));
        }
    }
    if !has_binding(app) {
        let detail = "needs the binding EMAIL of this deployment: see wrangler.toml";
        return Err(invalid("/kind", "no_binding", detail));
    }
    Ok((new.from.clone(), MailService::Cloudflare))
}

fn http(app: &App, caller: &Caller, new: NewMail) -> Result<(String, MailService), AppError> {
    let missing = |pointer, detail| invalid(pointer, "missing", detail);
    let shape = new
        .shape
        .ok_or_else(|| missing("/shape", "says whose API the service speaks"))?;
    let usual = shape.usual_url().map(str::to_owned);
    let url = new.url.or(usual).ok_or_else(|| {
        missing(
            "/url",
            "is the address of the service, which names your domain",
        )
    })?;
    if !is_web_url(&url, app.config.allow_http) {
        let detail = "must be an https address of at most 2048 characters";
        return Err(invalid("/url", "not_a_url", detail));
    }
    let sealed = match new.key {
        Some(key) => {
            let fits = (1..=500).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
            if !fits {
                let detail = "must have 1 to 500 visible ASCII characters";
                return Err(invalid("/key", "length", detail));
            }
            let name = key_name(caller.mode);
            let sealed = app.config.master_key.seal(&name, key.as_bytes(), random());
            sealed.map_err(|_| AppError::Internal("mail key".to_owned()))?
        }
        // The key that is there goes on being used, where it was given for.
        None => known_key(caller, shape, &url)
            .ok_or_else(|| missing("/key", "is needed for a service that has none yet"))?,
    };
    Ok((new.from, MailService::Http { shape, url, sealed }))
}

fn known_key(caller: &Caller, shape: Shape, url: &str) -> Option<String> {
    match &sender_for(&caller.config, Some(caller.mode))?.service {
        MailService::Http {
            shape: known,
            url: at,
            sealed,
        } if *known == shape && at == url => Some(sealed.clone()),
        MailService::Http { .. } | MailService::Cloudflare => None,
    }
}

/// `DELETE /v1/mail`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let change = StoreChange::RemoveMail { mode: caller.mode };
    app.objects
        .change(&caller.store, &caller.actor, change)
        .await?;
    Ok(Response::empty()?.with_status(204))
}

/// `POST /v1/mail/test`: sends the message of a paid order that never was.
///
/// # Errors
/// A problem document; [`AppError::Conflict`] without a sender.
pub async fn test(app: &App, caller: &Caller, request: &mut Request) -> Result<Response, AppError> {
    let body: TestMail = read_json(request, MAX_BODY).await?;
    if !is_email(&body.to) || body.to.len() > 254 || body.to.chars().any(char::is_control) {
        let detail = "must be an e-mail address, such as you@shop.example";
        return Err(invalid("/to", "not_an_email", detail));
    }
    let Some(sender) = sender_for(&caller.config, Some(caller.mode)) else {
        return Err(AppError::Conflict {
            code: "no_sender",
            detail: "say with what messages are sent first, with PUT /v1/mail".to_owned(),
        });
    };
    app.limit(Limit {
        store: caller.store.as_str(),
        what: "test messages",
        who: "",
        most: TESTS,
        window_s: 3600,
    })
    .await?;
    let asked = body.locale.as_deref().and_then(Locale::of_tag);
    let locale = asked.unwrap_or_default();
    let config = &caller.config;
    let what = (MessageKind::Paid, locale);
    let letter = letters::sample(app, &caller.store, config, what, None).await?;
    let id = format!("test_{}", random_text(16));
    let tried = send(app, config, sender, (&id, &body.to), &letter, locale).await;
    let ok = tried.outcome == SendOutcome::Taken;
    json_response(200, &json!({ "ok": ok, "status": tried.status }))
}

fn view(doc: &MailDoc) -> Value {
    let (kind, shape, url) = match &doc.service {
        MailService::Cloudflare => ("cloudflare", None, None),
        MailService::Http { shape, url, .. } => ("http", Some(shape), Some(url)),
    };
    json!({
        "kind": kind,
        "mode": doc.mode,
        "from": doc.from,
        "shape": shape,
        "url": url,
        "off": doc.off,
    })
}

/// `GET /v1/mail/templates`
///
/// # Errors
/// When the store does not answer.
pub async fn templates(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let own = stored(app, caller, MailCall::Templates).await?;
    let all = MessageKind::ALL.iter().flat_map(|kind| {
        let locales = Locale::ALL.iter();
        locales.map(|locale| template_view(*kind, *locale, &own))
    });
    let data: Vec<Value> = all.collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `PUT /v1/mail/templates/{kind}/{locale}`
///
/// # Errors
/// A problem document.
pub async fn put_template(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    (kind, locale): (&str, &str),
) -> Result<Response, AppError> {
    let (kind, locale) = which(kind, locale)?;
    let template: Template = read_json(request, MAX_BODY).await?;
    check(&template, kind)?;
    let own = set_template(app, caller, (kind, locale), Some(template)).await?;
    json_response(200, &template_view(kind, locale, &own))
}

/// `DELETE /v1/mail/templates/{kind}/{locale}`: goes back to the usual text.
///
/// # Errors
/// [`AppError::NotFound`] for a kind or language that there is not.
pub async fn remove_template(
    app: &App,
    caller: &Caller,
    (kind, locale): (&str, &str),
) -> Result<Response, AppError> {
    set_template(app, caller, which(kind, locale)?, None).await?;
    Ok(Response::empty()?.with_status(204))
}

/// `POST /v1/mail/templates/{kind}/{locale}/preview`
///
/// # Errors
/// A problem document.
pub async fn preview(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    (kind, locale): (&str, &str),
) -> Result<Response, AppError> {
    let (kind, locale) = which(kind, locale)?;
    let body: Preview = read_optional_json(request).await?;
    let own = stored(app, caller, MailCall::Templates).await?;
    let mut template = current(kind, locale, &own).0;
    if let Some(subject) = body.subject {
        template.subject = subject;
    }
    if let Some(text) = body.text {
        template.text = text;
    }
    check(&template, kind)?;
    let what = (kind, locale);
    let letter = letters::sample(app, &caller.store, &caller.config, what, Some(template)).await?;
    json_response(
        200,
        &json!({ "subject": letter.subject, "text": letter.text, "html": letter.html }),
    )
}

fn which(kind: &str, locale: &str) -> Result<(MessageKind, Locale), AppError> {
    let kind = MessageKind::parse(kind).ok_or(AppError::NotFound)?;
    let mut known = Locale::ALL.iter();
    let locale = known.find(|l| l.tag() == locale);
    Ok((kind, *locale.ok_or(AppError::NotFound)?))
}

fn check(template: &Template, kind: MessageKind) -> Result<(), AppError> {
    template.check(kind).map_err(|wrong| match wrong {
        Wrong::Length { field, most } => {
            let detail = format!("must have 1 to {most} characters, no control characters");
            invalid(&format!("/{field}"), "length", &detail)
        }
        Wrong::Placeholder { field } => {
            let known = kind.placeholders().join(", ");
            let detail = format!("can name these in braces: {known}");
            invalid(&format!("/{field}"), "unknown_placeholder", &detail)
        }
    })
}

async fn set_template(
    app: &App,
    caller: &Caller,
    (kind, locale): (MessageKind, Locale),
    template: Option<Template>,
) -> Result<Vec<StoredTemplate>, AppError> {
    let call = MailCall::PutTemplate {
        kind,
        locale: locale.tag().to_owned(),
        template,
    };
    stored(app, caller, call).await
}

async fn stored(
    app: &App,
    caller: &Caller,
    call: MailCall,
) -> Result<Vec<StoredTemplate>, AppError> {
    // What is not stored is as usual.
    load_texts(app, Part::Mail).await?;
    match app.objects.mail(&caller.store, &caller.actor, call).await? {
        MailAnswer::Templates { templates } => Ok(templates),
        MailAnswer::Letterhead(_) | MailAnswer::Used { .. } => Err(AppError::Internal(
            "unexpected answer of a store".to_owned(),
        )),
    }
}

/// The text of a message, and whether it is the merchant's own.
fn current(kind: MessageKind, locale: Locale, own: &[StoredTemplate]) -> (Template, bool) {
    let found = own
        .iter()
        .find(|t| t.kind == kind && t.locale == locale.tag());
    match found {
        Some(stored) => (stored.template.clone(), true),
        None => (Template::usual(kind, locale), false),
    }
}

fn template_view(kind: MessageKind, locale: Locale, own: &[StoredTemplate]) -> Value {
    let (template, is_own) = current(kind, locale, own);
    json!({
        "kind": kind,
        "locale": locale.tag(),
        "subject": template.subject,
        "text": template.text,
        "own": is_own,
        "placeholders": kind.placeholders(),
    })
}

/// `GET /v1/orders/{id}/messages`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn of_order(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let record = load(app, caller, id).await?;
    let id: OrderId = record.order.id().clone();
    let call = TillCall::Messages { order: id.clone() };
    let reply = app.objects.order_till(&caller.store, &id, call).await?;
    let TillAnswer::Messages { messages } = reply.answer else {
        return Err(AppError::NotFound);
    };
    json_response(200, &json!({ "data": messages, "next_cursor": null }))
}
