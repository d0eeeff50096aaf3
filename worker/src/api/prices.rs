//! `/v1/prices`: the price book, from which carts are priced.

use causeway_shared::id::Mode;
use causeway_shared::wire::{WireProblem, is_web_url};
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::StoreCall;
use crate::object::store::model::Price;
use crate::reply::json_response;

/// `GET /v1/prices`
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let call = StoreCall::Prices { skus: Vec::new() };
    let prices = app.objects.prices(&caller.store, call).await?;
    let data: Vec<Value> = prices.iter().map(|p| json!(p)).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `PUT /v1/prices/{sku}`
///
/// # Errors
/// A problem document.
pub async fn put(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    sku: &str,
) -> Result<Response, AppError> {
    may_change(caller)?;
    let sku = decode(sku)?;
    let mut price: Price = read_json(request, MAX_BODY).await?;
    if !price.sku.is_empty() && price.sku != sku {
        return Err(invalid(
            "/sku",
            "differs",
            "must be the one in the address, or left out",
        ));
    }
    price.sku = sku;
    check(&price, app.config.allow_http)?;
    let prices = app
        .objects
        .prices(
            &caller.store,
            StoreCall::PutPrice {
                actor: caller.actor.clone(),
                price,
            },
        )
        .await?;
    json_response(200, &prices.first())
}

/// `DELETE /v1/prices/{sku}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, sku: &str) -> Result<Response, AppError> {
    may_change(caller)?;
    let call = StoreCall::RemovePrice {
        actor: caller.actor.clone(),
        sku: decode(sku)?,
    };
    app.objects.prices(&caller.store, call).await?;
    Ok(Response::empty()?.with_status(204))
}

/// The book is the same for test and live. Test keys are kept with less care: once the store has
/// live ones, they no longer change what live shoppers pay.
pub(super) fn may_change(caller: &Caller) -> Result<(), AppError> {
    let is_live = caller.config.keys.iter().any(|k| k.mode == Mode::Live);
    if caller.owner || caller.role.is_some() || caller.mode == Mode::Live || !is_live {
        return Ok(());
    }
    Err(AppError::Forbidden {
        detail: "live shoppers pay these prices: use a live key, or the owner token",
    })
}

/// The sku of a path. The address is split before it is decoded, so that a sku may have a slash.
fn decode(sku: &str) -> Result<String, AppError> {
    let decoded = js_sys::decode_uri_component(sku).map_err(|_| AppError::NotFound)?;
    Ok(decoded.into())
}

fn check(price: &Price, allow_http: bool) -> Result<(), AppError> {
    let problems = problems(price, allow_http);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(problems))
    }
}

/// What is wrong with a price, field by field.
pub(super) fn problems(price: &Price, allow_http: bool) -> Vec<WireProblem> {
    let mut problems = Vec::new();
    let mut add = |pointer: String, code, detail: &str| {
        problems.push(WireProblem {
            pointer,
            code,
            detail: detail.to_owned(),
        });
    };
    // An order over it must not fail for a text that its shopper cannot mend.
    let fits = |text: &str, max| {
        (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    if !fits(&price.sku, 64) {
        let detail = "must have 1 to 64 characters, no control characters";
        add("/sku".to_owned(), "length", detail);
    }
    if !fits(&price.name, 200) {
        let detail = "must have 1 to 200 characters, no control characters";
        add("/name".to_owned(), "length", detail);
    }
    for (tag, name) in &price.names {
        if !fits(name, 200) || !fits(tag, 35) {
            let pointer = format!("/names/{}", tag.replace('~', "~0").replace('/', "~1"));
            let detail = "must have 1 to 200 characters under a language tag";
            add(pointer, "length", detail);
        }
    }
    if price.names.len() > 50 {
        add(
            "/names".to_owned(),
            "count",
            "may have at most 50 languages",
        );
    }
    if price.prices.is_empty() || price.prices.len() > 200 {
        add("/prices".to_owned(), "count", "must have 1 to 200 prices");
    }
    for (i, money) in price.prices.iter().enumerate() {
        if money.is_negative() {
            add(format!("/prices/{i}"), "negative", "must not be below zero");
        }
        let twice = price
            .prices
            .iter()
            .take(i)
            .any(|p| p.currency() == money.currency());
        if twice {
            add(
                format!("/prices/{i}"),
                "duplicate",
                "has a currency that stands before",
            );
        }
    }
    let image = price.image_url.as_deref();
    if image.is_some_and(|url| !is_web_url(url, allow_http)) {
        let detail = "must be an https address of at most 2048 characters";
        add("/image_url".to_owned(), "not_a_url", detail);
    }
    problems
}
