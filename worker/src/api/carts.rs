//! `POST /v1/carts`: a shop without a server. The page says what and how many; the price comes
//! from the store's own price book.

use causeway_shared::channel::CaptureMode;
use causeway_shared::id::KeyKind;
use causeway_shared::money::{Currency, Money};
use causeway_shared::object_only;
use causeway_shared::wire::{Item, OrderDraft, ShopperDetails, WireProblem};
use serde::Deserialize;
use serde_json::json;
use worker::{Method, Request, Response};

use super::auth::{Caller, bearer, key_caller};
use super::body::{idempotency_key, invalid, parse_json, read_bytes};
use super::orders::make;
use crate::app::App;
use crate::checkout::frame::allowed_origins;
use crate::checkout::shopper_network;
use crate::error::AppError;
use crate::object::store::StoreCall;
use crate::object::store::model::{Price, StoreConfig};
use crate::objects::Limit;
use crate::reply::json_response;

/// A cart names things; it carries no texts.
const MAX_CART: usize = 16 * 1024;
/// Carts per address and ten minutes.
const PER_ADDRESS: u32 = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cart {
    items: Vec<CartItem>,
    currency: String,
    #[serde(default)]
    shopper: ShopperDetails,
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    return_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct CartItem {
    sku: String,
    quantity: u32,
}

object_only!(CartItem);

/// Routes `/v1/carts`, the one place of the API that a shop's page calls.
///
/// # Errors
/// A problem document.
pub async fn route(app: &App, mut request: Request) -> Result<Response, AppError> {
    let origin = request.headers().get("origin")?;
    match request.method() {
        Method::Options => preflight(origin.as_deref()),
        Method::Post => {
            // The caller's page may read the answer, good or bad, only if the store lists it.
            let (allowed, result) = create(app, &mut request, origin.as_deref()).await;
            let mut response = match result {
                Ok(response) => response,
                Err(error) => error.respond(&app.request_id)?,
            };
            if let Some(origin) = origin.filter(|_| allowed) {
                response
                    .headers_mut()
                    .set("access-control-allow-origin", &origin)?;
                response.headers_mut().set("vary", "origin")?;
            }
            Ok(response)
        }
        _ => Err(AppError::MethodNotAllowed {
            allow: "OPTIONS, POST",
        }),
    }
}

/// A preflight has no key, so it cannot tell the store: it lets the browser ask, no more.
fn preflight(origin: Option<&str>) -> Result<Response, AppError> {
    let mut response = Response::empty()?.with_status(204);
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.set("access-control-allow-origin", origin)?;
    }
    headers.set("access-control-allow-methods", "POST")?;
    headers.set(
        "access-control-allow-headers",
        "authorization, content-type, idempotency-key",
    )?;
    headers.set("access-control-max-age", "600")?;
    headers.set("vary", "origin")?;
    Ok(response)
}

async fn create(
    app: &App,
    request: &mut Request,
    origin: Option<&str>,
) -> (bool, Result<Response, AppError>) {
    let caller = match caller(app, request).await {
        Ok(caller) => caller,
        // Nothing is told that the page does not know: it sent the key.
        Err(error) => return (false, Err(error)),
    };
    let known = allowed_origins(&caller.config);
    let allowed = origin.is_none_or(|o| known.iter().any(|k| k == o));
    if !allowed {
        let detail = "this page's origin is not among the store's allowed origins";
        return (false, Err(AppError::Forbidden { detail }));
    }
    (true, price_and_make(app, &caller, request).await)
}

async fn caller(app: &App, request: &Request) -> Result<Caller, AppError> {
    let key = bearer(request)?.ok_or(AppError::Unauthorized)?;
    let (caller, kind) = key_caller(app, &key).await?;
    if kind != KeyKind::Publishable {
        let detail = "a secret key does not belong into a page; use a publishable one";
        return Err(AppError::Forbidden { detail });
    }
    if let Some(ip) = shopper_network(request) {
        let store = caller.store.as_str();
        app.limit(Limit {
            store,
            what: "carts",
            who: &ip,
            most: PER_ADDRESS,
            window_s: 600,
        })
        .await?;
    }
    Ok(caller)
}

async fn price_and_make(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    // Keys of pages live apart from those of the shop's server, which nobody else may use up. A
    // blank cannot stand in a key.
    let key = idempotency_key(request)?.map(|key| format!("cart {key}"));
    let body = read_bytes(request, MAX_CART).await?;
    let cart: Cart = parse_json(&body)?;
    check_return(&caller.config, cart.return_url.as_deref())?;
    let priced = price(app, caller, cart).await?;
    let (record, made) = make(app, caller, priced, key.as_deref(), &body).await?;
    let token = app.client_token(&caller.store, record.order.id());
    let cart = json!({
        "order": record.order.id(),
        "client_token": token.expose(),
        "checkout_url": format!("{}/checkout/{}", app.origin, token.expose()),
        "total": record.order.total(),
        "state": record.order.state().name(),
        "expires_at": record.order.expires_at(),
        "mode": record.details.mode,
    });
    json_response(if made { 201 } else { 200 }, &cart)
}

/// A publishable key is no secret: whoever has it must not make our pages lead to theirs.
fn check_return(config: &StoreConfig, url: Option<&str>) -> Result<(), AppError> {
    let within = |url: &str, origin: &str| {
        let rest = url.strip_prefix(origin);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    let known = |url| allowed_origins(config).iter().any(|o| within(url, o));
    // What is no address at all is told by the checks of every order.
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    match url.filter(|url| is_web(url) && !known(url)) {
        None => Ok(()),
        Some(_) => Err(invalid(
            "/return_url",
            "origin_not_allowed",
            "must be a page of the store's allowed_origins",
        )),
    }
}

/// The order, and whether any of its products is counted.
async fn price(app: &App, caller: &Caller, cart: Cart) -> Result<(OrderDraft, bool), AppError> {
    let currency = Currency::parse(&cart.currency).map_err(|_| {
        invalid(
            "/currency",
            "unknown_currency",
            "must be an ISO 4217 code such as USD",
        )
    })?;
    if cart.items.is_empty() || cart.items.len() > 100 {
        return Err(invalid("/items", "count", "must have 1 to 100 items"));
    }
    let skus = cart.items.iter().map(|i| i.sku.clone()).collect();
    let book = app
        .objects
        .prices(&caller.store, StoreCall::Prices { skus })
        .await?;
    let locale = cart.locale.as_deref().or(cart.shopper.locale.as_deref());
    let mut items = Vec::with_capacity(cart.items.len());
    let mut problems = Vec::new();
    for (i, asked) in cart.items.iter().enumerate() {
        match line(&book, asked, currency, locale) {
            Ok(item) => items.push(item),
            Err((field, code, detail)) => problems.push(WireProblem {
                pointer: format!("/items/{i}/{field}"),
                code,
                detail: detail.to_owned(),
            }),
        }
    }
    if !problems.is_empty() {
        return Err(AppError::Invalid(problems));
    }
    let total = sum(&items, currency)?;
    let mut shopper = cart.shopper;
    if shopper.locale.is_none() {
        shopper.locale = cart.locale;
    }
    let draft = OrderDraft {
        items,
        shipping: None,
        tax: None,
        discount: None,
        total,
        shopper,
        description: None,
        merchant_reference: None,
        return_url: cart.return_url,
        metadata: std::collections::BTreeMap::new(),
        capture: CaptureMode::Automatic,
        expires_at: None,
        methods: None,
    };
    Ok((draft, book.iter().any(|price| price.pieces().is_some())))
}

fn line(
    book: &[Price],
    asked: &CartItem,
    currency: Currency,
    locale: Option<&str>,
) -> Result<Item, (&'static str, &'static str, &'static str)> {
    let unknown = ("sku", "unknown_sku", "is not in the store's price book");
    let price = book
        .iter()
        .find(|p| p.sku == asked.sku && p.active)
        .ok_or(unknown)?;
    let no_price = ("sku", "no_price", "has no price in this currency");
    let unit = price
        .prices
        .iter()
        .find(|m| m.currency() == currency)
        .ok_or(no_price)?;
    if asked.quantity == 0 || asked.quantity > 1_000 {
        return Err(("quantity", "out_of_range", "must be 1 to 1000"));
    }
    let name = locale
        .and_then(|l| price.names.get(l))
        .unwrap_or(&price.name);
    Ok(Item {
        name: name.clone(),
        sku: Some(price.sku.clone()),
        quantity: asked.quantity,
        unit_price: *unit,
        image_url: price.image_url.clone(),
    })
}

fn sum(items: &[Item], currency: Currency) -> Result<Money, AppError> {
    let too_large = |_| {
        invalid(
            "/items",
            "too_large",
            "the sum is larger than can be charged",
        )
    };
    items.iter().try_fold(Money::zero(currency), |sum, item| {
        let line = item
            .unit_price
            .checked_mul(item.quantity)
            .map_err(too_large)?;
        sum.checked_add(line).map_err(too_large)
    })
}
