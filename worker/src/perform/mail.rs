//! Sending messages: writing them and handing them to the store's mail service.

use std::time::Duration;

use causeway_shared::id::{MessageId, Mode, StoreId};
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use js_sys::{Function, JSON, Promise, Reflect};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Delay;

use super::send::send_for_status;
use crate::app::App;
use crate::error::AppError;
use crate::mail::{Addressed, Letter, MessageKind};
use crate::object::store::mail::{MailDoc, MailService};
use crate::object::store::model::StoreConfig;
use crate::object::store::reminders::{Reminded, Reminder};
use crate::object::till::call::{MessageWork, Sent, TillCall};
use crate::object::till::messages::SendOutcome;
use crate::page::Locale;
use crate::random::random;
use crate::shopper::letters;
use crate::shopper::merchant::store_name;

/// How long a mail service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// For so many minutes a link in a message is good.
pub const LINK_MINUTES: u32 = 15;

/// A link that somebody asked for.
#[derive(Clone)]
pub struct Link {
    /// Where it goes.
    pub to: String,
    /// [`MessageKind::SignInLink`] or [`MessageKind::OrdersLink`].
    pub kind: MessageKind,
    /// The language.
    pub locale: Locale,
    /// The address that it leads to.
    pub link: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({})", self.kind.name())
    }
}

/// Sends a link after the response, so that nobody learns from the time it takes whether there was
/// one to send. It is sent once and not repeated: whoever waits for it asks again.
pub fn send_link(app: &App, store: &StoreId, mode: Option<Mode>, link: Link) {
    let (task, store) = (app.clone(), store.clone());
    app.later(async move {
        let kind = link.kind.name();
        let result = link_now(&task, &store, mode, link).await;
        let code = match &result {
            Ok(status) => json!(status),
            Err(error) => json!(error.code()),
        };
        task.log("link_sent", json!({ "kind": kind, "result": code }));
    });
}

async fn link_now(
    app: &App,
    store: &StoreId,
    mode: Option<Mode>,
    link: Link,
) -> Result<Option<u16>, AppError> {
    let config = app.objects.store_config(store).await?;
    let sender = sender_for(&config, mode).ok_or(AppError::NotFound)?;
    let letter = letters::link(app, store, &config, &link).await?;
    let id = MessageId::make(random());
    let tried = put(
        app,
        &config,
        sender,
        (id.as_str(), &link.to),
        &letter,
        link.locale,
    )
    .await;
    Ok(tried.status)
}

/// The sender of a mode; of the one that there is where the mode does not matter, live first.
#[must_use]
pub fn sender_for(config: &StoreConfig, mode: Option<Mode>) -> Option<&MailDoc> {
    let of = |mode| config.mail.iter().find(|m| m.mode == mode);
    match mode {
        Some(mode) => of(mode),
        None => of(Mode::Live).or(of(Mode::Test)),
    }
}

/// Sends a message that a till handed out, and tells the till what became of it.
pub async fn send_message(app: &App, store: &StoreId, item: MessageWork) {
    let (id, kind) = (item.id.clone(), item.kind.name());
    let order = item.record.order.id().clone();
    let tried = message_now(app, store, item).await;
    let tried = tried.unwrap_or_else(|error| {
        let fields = json!({ "message": id.as_str(), "code": error.code() });
        app.log("message_not_written", fields);
        Tried::again(None)
    });
    app.log(
        "message",
        json!({ "message": id.as_str(), "kind": kind, "status": tried.status }),
    );
    let sent = Sent {
        message: id.clone(),
        order: order.clone(),
        status: tried.status,
        outcome: tried.outcome,
    };
    let told = app
        .objects
        .order_till(store, &order, TillCall::Sent(sent))
        .await;
    if let Err(error) = told {
        let fields = json!({ "message": id.as_str(), "code": error.code() });
        app.log("message_not_noted", fields);
    }
}

/// Sends a reminder that the store's object handed out, and tells it what became of that.
pub async fn send_reminder(app: &App, store: &StoreId, item: Reminder) {
    let id = item.id(store);
    let tried = reminder_now(app, store, id.as_str(), &item).await;
    let result = match &tried {
        Ok(tried) => json!(tried.status),
        Err(error) => json!(error.code()),
    };
    app.log(
        "reminder",
        json!({ "message": id.as_str(), "result": result }),
    );
    let reminded = Reminded {
        outcome: tried.map_or(SendOutcome::Again, |tried| tried.outcome),
        name: item.name,
        recipient: item.recipient,
    };
    if let Err(error) = app.objects.reminded(store, reminded).await {
        let fields = json!({ "message": id.as_str(), "code": error.code() });
        app.log("message_not_noted", fields);
    }
}

async fn reminder_now(
    app: &App,
    store: &StoreId,
    id: &str,
    item: &Reminder,
) -> Result<Tried, AppError> {
    let config = app.objects.read_config(store).await?;
    let Some(sender) = sender_for(&config, None) else {
        return Ok(Tried::never());
    };
    let settings = config.profile.as_ref();
    let wanted = settings.and_then(|p| p.default_locale.as_deref());
    let locale = Locale::choose(None, None, None, wanted);
    let letter = letters::reminder(app, store, &config, (sender.mode, locale), item).await?;
    Ok(put(app, &config, sender, (id, &item.to), &letter, locale).await)
}

async fn message_now(app: &App, store: &StoreId, item: MessageWork) -> Result<Tried, AppError> {
    let mode = item.record.details.mode;
    let mut config = app.objects.store_config(store).await?;
    // Another isolate may just have set it.
    if sender_for(&config, Some(mode)).is_none() {
        config = app.objects.read_config(store).await?;
    }
    let Some(sender) = sender_for(&config, Some(mode)) else {
        return Ok(Tried::never());
    };
    let Some(to) = item.record.details.shopper.email.clone() else {
        return Ok(Tried::never());
    };
    if sender.off.contains(&item.kind) {
        return Ok(Tried::never());
    }
    let locale = letters::locale(&config, &item.record, item.locale.as_deref());
    let letter = letters::order(app, store, &config, locale, &item).await?;
    Ok(put(
        app,
        &config,
        sender,
        (item.id.as_str(), &to),
        &letter,
        locale,
    )
    .await)
}

/// What came of one try.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// The HTTP status; `None` for no answer.
    pub status: Option<u16>,
    /// What to make of it.
    pub outcome: SendOutcome,
}

impl Tried {
    const fn again(status: Option<u16>) -> Self {
        Self {
            status,
            outcome: SendOutcome::Again,
        }
    }

    const fn never() -> Self {
        Self {
            status: None,
            outcome: SendOutcome::Never,
        }
    }

    /// By what a mail service answered. What is refused as malformed stays so; a wrong key may be
    /// mended; 409 says that an earlier try under this key has arrived.
    const fn by(status: Option<u16>) -> Self {
        let outcome = match status {
            Some(200..=299 | 409) => SendOutcome::Taken,
            Some(400 | 413 | 422) => SendOutcome::Never,
            Some(_) | None => SendOutcome::Again,
        };
        Self { status, outcome }
    }
}

/// Hands a message with an id to a mail service.
pub async fn put(
    app: &App,
    config: &StoreConfig,
    sender: &MailDoc,
    (id, to): (&str, &str),
    letter: &Letter,
    locale: Locale,
) -> Tried {
    let name = store_name(config, locale);
    let message = Addressed {
        id,
        from_name: &name,
        from: &sender.from,
        to,
        reply_to: config.face.email.as_deref(),
        letter,
    };
    match &sender.service {
        MailService::Cloudflare => {
            let sent = through_binding(app, &message).await;
            Tried::by(sent.then_some(200))
        }
        MailService::Http { shape, url, sealed } => {
            let opened = app.config.master_key.open(&key_name(sender.mode), sealed);
            let Some(key) = opened.ok().and_then(|k| String::from_utf8(k.to_vec()).ok()) else {
                app.log("mail_key_broken", json!({}));
                return Tried::again(None);
            };
            let request = shape.request(url, &key, &message);
            Tried::by(send_for_status(&request, TIMEOUT).await.ok())
        }
    }
}

/// The name under which the key of a mail service is sealed.
#[must_use]
pub fn key_name(mode: Mode) -> String {
    format!("mail key {}", mode.as_str())
}

/// Whether this deployment has Cloudflare's e-mail binding.
#[must_use]
pub fn has_binding(app: &App) -> bool {
    binding(app).is_some()
}

fn binding(app: &App) -> Option<(JsValue, Function)> {
    let binding = Reflect::get(&app.env, &"EMAIL".into()).ok()?;
    let send = Reflect::get(&binding, &"send".into()).ok()?;
    Some((binding, send.dyn_into().ok()?))
}

/// Sends through Cloudflare's e-mail service (developers.cloudflare.com/email-service, Workers API).
/// It keeps no idempotency keys: after a lost answer a message may come twice.
async fn through_binding(app: &App, message: &Addressed<'_>) -> bool {
    let body = json!({
        "from": { "email": message.from, "name": message.from_name },
        "to": message.to,
        "subject": message.letter.subject,
        "html": message.letter.html,
        "text": message.letter.text,
        "replyTo": message.reply_to.unwrap_or(message.from),
    });
    let sent = async {
        let (binding, send) = binding(app)?;
        let body = JSON::parse(&body.to_string()).ok()?;
        let promise: Promise = send.call1(&binding, &body).ok()?.dyn_into().ok()?;
        JsFuture::from(promise).await.ok()
    };
    let clock = Delay::from(TIMEOUT);
    pin_mut!(sent, clock);
    matches!(select(sent, clock).await, Either::Left((Some(_), _)))
}
