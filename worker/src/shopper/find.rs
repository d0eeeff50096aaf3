//! Finding one's orders by e-mail: `/orders/find/{store}` sends a link that is good once,
//! `/orders/link/{token}` uses it, `/orders/mine/{token}` shows the orders.
//!
//! The link is sealed and holds the address, so that nothing is stored until it is used. Opening it
//! uses nothing: programs that look through mail open links too.

use causeway_shared::id::{Mode, StoreId};
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use causeway_shared::wire::is_email;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use worker::{Request, Response};

use super::form::Form;
use super::merchant::{merchant, style};
use super::order::number;
use super::{assets, locale, respond_with};
use crate::actor::Actor;
use crate::app::App;
use crate::checkout::frame::price;
use crate::checkout::shopper_network;
use crate::error::AppError;
use crate::mail::MessageKind;
use crate::object::store::mail::{MailAnswer, MailCall};
use crate::object::till::call::{EmailQuery, OrderRecord, TillAnswer, TillCall};
use crate::objects::{Limit, hex};
use crate::page::{FindStep, FindView, Found, Locale, Moment, render_find};
use crate::perform::mail::{LINK_MINUTES, Link, send_link, sender_for};
use crate::random::{now, random};
use crate::reply::see_other;

/// Links per address and quarter of an hour.
const PER_ADDRESS: u32 = 3;
/// Links per network and hour.
const PER_NETWORK: u32 = 20;
/// Minutes that the list can be looked at.
const LIST_MINUTES: u32 = 30;
/// The most orders that are shown.
const MAX_ORDERS: u32 = 50;

/// What a link holds.
#[derive(Serialize, Deserialize)]
struct Pass {
    email: String,
    mode: Mode,
    expires_at: UnixTime,
}

/// What a sealed text is good for; each has a name of its own in the seal.
#[derive(Clone, Copy)]
enum Use {
    Link,
    List,
}

impl Use {
    const fn name(self) -> &'static str {
        match self {
            Self::Link => "orders link v1",
            Self::List => "orders list v1",
        }
    }

    const fn minutes(self) -> u32 {
        match self {
            Self::Link => LINK_MINUTES,
            Self::List => LIST_MINUTES,
        }
    }
}

fn seal(app: &App, store: &StoreId, email: &str, mode: Mode, good_for: Use) -> Option<String> {
    let pass = Pass {
        email: email.to_owned(),
        mode,
        expires_at: now().plus_seconds(i64::from(good_for.minutes()) * 60),
    };
    let text = serde_json::to_vec(&pass).ok()?;
    let name = format!("{} {store}", good_for.name());
    let sealed = app.config.master_key.seal(&name, &text, random()).ok()?;
    Some(format!("{store}_{sealed}"))
}

fn open(app: &App, token: &str, good_for: Use) -> Option<(StoreId, Pass)> {
    let (store, sealed) = token.split_once('_')?;
    let store = StoreId::parse(store).ok()?;
    let name = format!("{} {store}", good_for.name());
    let opened = app.config.master_key.open(&name, sealed).ok()?;
    let pass: Pass = json::from_slice(&opened).ok()?;
    (pass.expires_at > now()).then_some((store, pass))
}

/// `GET /orders/find/{store}`
///
/// # Errors
/// [`AppError::NotFound`] for a store that was not set up.
pub async fn form(app: &App, request: &Request, store: &str) -> Result<Response, AppError> {
    let store = StoreId::parse(store)?;
    let step = FindStep::Form {
        email: String::new(),
        is_wrong: false,
    };
    page(app, request, &store, step, 200).await
}

/// `POST /orders/find/{store}`: the same answer whether there are orders or not. What there is to
/// send is found out and sent after it.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::TooMany`].
pub async fn send(app: &App, request: &mut Request, store: &str) -> Result<Response, AppError> {
    let store = StoreId::parse(store)?;
    let form = Form::read(request).await?;
    let email = form.text("email");
    if !is_email(&email) || email.len() > 254 || email.chars().any(char::is_control) {
        let step = FindStep::Form {
            email,
            is_wrong: true,
        };
        return page(app, request, &store, step, 422).await;
    }
    if let Some(network) = shopper_network(request) {
        app.limit(Limit {
            store: store.as_str(),
            what: "links by network",
            who: &network,
            most: PER_NETWORK,
            window_s: 3600,
        })
        .await?;
    }
    let known = app.objects.store_config(&store).await?;
    let settings = known.profile.as_ref().ok_or(AppError::NotFound)?;
    let locale = locale(
        request,
        form.get("locale"),
        settings.default_locale.as_deref(),
    );
    let (task, to, at) = (app.clone(), email, store.clone());
    app.later(async move {
        // Whether it was sent shows in nobody's answer.
        let _ = send_later(&task, &at, to, locale).await;
    });
    page(app, request, &store, FindStep::Sent, 200).await
}

async fn send_later(
    app: &App,
    store: &StoreId,
    email: String,
    locale: Locale,
) -> Result<(), AppError> {
    let config = app.objects.store_config(store).await?;
    let Some(mode) = sender_for(&config, None).map(|s| s.mode) else {
        return Ok(());
    };
    app.limit(Limit {
        store: store.as_str(),
        what: "links by address",
        who: &email.to_lowercase(),
        most: PER_ADDRESS,
        window_s: 900,
    })
    .await?;
    if orders(app, store, mode, &email, 1).await?.is_empty() {
        return Ok(());
    }
    let Some(token) = seal(app, store, &email, mode, Use::Link) else {
        return Ok(());
    };
    let link = Link {
        link: format!("{}/orders/link/{token}?locale={}", app.origin, locale.tag()),
        to: email,
        kind: MessageKind::OrdersLink,
        locale,
    };
    send_link(app, store, Some(mode), link);
    Ok(())
}

/// `GET /orders/link/{token}`: a button, which a program that looks through mail does not press.
///
/// # Errors
/// When the page cannot be made.
pub async fn link(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    match open(app, token, Use::Link) {
        Some((store, _)) => page(app, request, &store, FindStep::Open, 200).await,
        None => over(app, request, token).await,
    }
}

/// `POST /orders/link/{token}`: uses the link.
///
/// # Errors
/// When the page cannot be made.
pub async fn use_link(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let Some((store, pass)) = open(app, token, Use::Link) else {
        return over(app, request, token).await;
    };
    let call = MailCall::UseLink {
        hash: hex(&Sha256::digest(token)),
        expires_at: pass.expires_at,
    };
    let actor = Actor::shopper();
    let MailAnswer::Used { first: true } = app.objects.mail(&store, &actor, call).await? else {
        return over(app, request, token).await;
    };
    let list = seal(app, &store, &pass.email, pass.mode, Use::List);
    let list = list.ok_or_else(|| AppError::Internal("a link cannot be sealed".to_owned()))?;
    let asked = crate::api::body::query(request, "locale");
    let locale = asked
        .as_deref()
        .and_then(Locale::of_tag)
        .unwrap_or_default();
    see_other(&format!("/orders/mine/{list}?locale={}", locale.tag()))
}

/// `GET /orders/mine/{token}`
///
/// # Errors
/// When the page cannot be made.
pub async fn mine(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let Some((store, pass)) = open(app, token, Use::List) else {
        return over(app, request, token).await;
    };
    let found = orders(app, &store, pass.mode, &pass.email, MAX_ORDERS).await?;
    let step = FindStep::Mine {
        email: pass.email,
        orders: Vec::new(),
    };
    list(app, request, &store, step, &found).await
}

/// A link that is used up, or was never one.
async fn over(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let store = token.split_once('_').map_or(token, |(store, _)| store);
    page(app, request, &StoreId::parse(store)?, FindStep::Over, 410).await
}

/// Orders placed with an address, of all tills, newest first.
async fn orders(
    app: &App,
    store: &StoreId,
    mode: Mode,
    email: &str,
    limit: u32,
) -> Result<Vec<OrderRecord>, AppError> {
    let tills = app.objects.tills(store).await?;
    let query = EmailQuery {
        mode,
        email: email.to_owned(),
        limit,
    };
    let mut found: Vec<OrderRecord> = Vec::new();
    let mut replies = app
        .objects
        .ask(store, tills, || TillCall::OfEmail(query.clone()));
    while let Some(reply) = replies.next().await {
        if let TillAnswer::Orders { orders } = reply?.answer {
            found.extend(orders);
            OrderRecord::sort_newest_first(&mut found);
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
    }
    Ok(found)
}

async fn page(
    app: &App,
    request: &Request,
    store: &StoreId,
    step: FindStep,
    status: u16,
) -> Result<Response, AppError> {
    view(app, request, store, step, &[], status).await
}

async fn list(
    app: &App,
    request: &Request,
    store: &StoreId,
    step: FindStep,
    found: &[OrderRecord],
) -> Result<Response, AppError> {
    view(app, request, store, step, found, 200).await
}

async fn view(
    app: &App,
    request: &Request,
    store: &StoreId,
    mut step: FindStep,
    found: &[OrderRecord],
    status: u16,
) -> Result<Response, AppError> {
    let config = app.objects.store_config(store).await?;
    let settings = config.profile.as_ref().ok_or(AppError::NotFound)?;
    let profile = app.objects.profile(store).await?;
    let locale = locale(request, None, settings.default_locale.as_deref());
    if let FindStep::Mine { orders, .. } = &mut step {
        *orders = found
            .iter()
            .map(|record| Found {
                number: number(record).to_owned(),
                path: format!(
                    "/orders/{}?locale={}",
                    app.client_token(store, record.order.id()).expose(),
                    locale.tag()
                ),
                placed: Moment::of(record.order.created_at(), locale),
                total: price(record.order.total()).display(locale),
                state: super::order::state(record),
            })
            .collect();
    }
    let view = FindView {
        locale,
        path: request.path(),
        find: format!("/orders/find/{store}"),
        minutes: LINK_MINUTES,
        merchant: merchant(store, &config, profile, locale),
        step,
        assets: assets(app).await?,
    };
    respond_with(status, render_find(&view)?, &style(&config.face))
}
