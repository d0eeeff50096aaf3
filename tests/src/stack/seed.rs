//! The demo store, set up through the API as a merchant would.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Api, text};
use super::keys::write_private;
use super::{Addresses, STORE};
use crate::checkout::{Checkout, read};
use crate::failure::{Done, Failure, OrFail};

/// What the demo shop is given.
#[derive(Deserialize, Serialize)]
pub(super) struct Seed {
    pub(super) secret_key: String,
    pub(super) publishable_key: String,
    pub(super) webhook_secret: String,
}

impl Seed {
    /// Where it is kept.
    pub(super) fn path(state: &Path) -> PathBuf {
        state.join("seed.json")
    }

    /// The demo store of a state folder, set up when it has none.
    pub(super) fn of(
        checkout: &Checkout,
        state: &Path,
        addresses: &Addresses,
        owner_token: &str,
    ) -> Done<Self> {
        let path = Seed::path(state);
        if let Some(seed) = kept(&path, addresses) {
            return Ok(seed);
        }
        let seed = plant(checkout, addresses, owner_token)?;
        write_private(&path, &seed)?;
        Ok(seed)
    }
}

/// An earlier seed, if the worker still knows its key.
fn kept(path: &Path, addresses: &Addresses) -> Option<Seed> {
    // A seed that cannot be read is none: the store is set up again.
    let seed: Seed = serde_json::from_str(&read(path).ok()?).ok()?;
    let bearer = format!("Bearer {}", seed.secret_key);
    let shop = Api::new(&addresses.worker, vec![("authorization", bearer)]);
    shop.get("/v1/accounts").is_ok().then_some(seed)
}

/// Sets the demo store up, at a worker that has none.
pub(super) fn plant(checkout: &Checkout, addresses: &Addresses, owner_token: &str) -> Done<Seed> {
    let owner = owner(addresses, owner_token);
    owner.put(
        "/v1/store",
        &json!({
            "name": "Low Tide Tea",
            "allowed_origins": [addresses.shop],
            "default_locale": "en",
            "country": "US",
            "card_lane": { "lane": "worker_key", "statement": "saq_d_assessed" },
        }),
    )?;
    let secret_key = owner.post(
        "/v1/api_keys",
        &json!({ "kind": "secret", "label": "Shop" }),
    )?;
    let publishable_key = owner.post(
        "/v1/api_keys",
        &json!({ "kind": "publishable", "label": "Page" }),
    )?;
    add_profile(&owner, addresses)?;
    add_accounts(&owner, addresses)?;
    add_prices(checkout, &owner)?;
    let endpoint = owner.post(
        "/v1/webhook_endpoints",
        &json!({ "url": format!("{}/webhooks", addresses.shop), "description": "Low Tide Tea" }),
    )?;
    Ok(Seed {
        secret_key: text(&secret_key, "/key")?,
        publishable_key: text(&publishable_key, "/key")?,
        webhook_secret: text(&endpoint, "/secret")?,
    })
}

/// What shoppers read about the store, and with what it sends them messages.
fn add_profile(owner: &Api, addresses: &Addresses) -> Done {
    owner.put(
        "/v1/store/profile",
        &json!({
            "names": { "en": "Low Tide Tea", "zh-CN": "落潮茶" },
            "legal_name": "Low Tide Tea Company Ltd",
            "registrations": [{ "kind": "company", "number": "612345", "country": "IE" }],
            "contact": {
                "email": "help@lowtide.example",
                "phone": "+353 21 555 0100",
                "address": "1 Harbour Row\nCobh, Co. Cork\nIreland",
                "url": format!("{}/", addresses.shop),
            },
            "policies": {
                "returns": {
                    "en": "You can send unopened goods back within 30 days.\n\n\
                           Write to us first: we send you a label.",
                    "zh-CN": "未拆封的商品可在三十天内退货。\n\n请先联系我们，我们会寄送退货标签。",
                },
                "refunds": {
                    "en": "We give the money back within five working days after the goods have \
                           arrived, the way that you paid.",
                    "zh-CN": "收到退货后五个工作日内，款项按原支付方式退回。",
                },
                "shipping": {
                    "en": "Orders leave our store room within two working days.",
                    "zh-CN": "订单将在两个工作日内发出。",
                },
            },
            "colours": { "accent": "#0b6b5c", "accent_dark": "#5fd0ba" },
        }),
    )?;
    owner.put(
        "/v1/mail",
        &json!({
            "kind": "http",
            "shape": "resend",
            "url": format!("{}/emails", addresses.mail),
            "key": "re_simulated",
            "from": "orders@lowtide.example",
        }),
    )?;
    Ok(())
}

/// The deployment's owner in the demo store.
pub(super) fn owner(addresses: &Addresses, owner_token: &str) -> Api {
    let headers = vec![
        ("authorization", format!("Bearer {owner_token}")),
        ("causeway-store", STORE.to_owned()),
    ];
    Api::new(&addresses.worker, headers)
}

/// One account at each simulator, whose merchants are made for it.
fn add_accounts(owner: &Api, addresses: &Addresses) -> Done {
    let channels = [
        ("stripe", "Stripe (simulated)", &addresses.stripe, json!({})),
        (
            "alipay",
            "Alipay (simulated)",
            &addresses.alipay,
            json!({ "mode": "key" }),
        ),
        (
            "wechat_pay",
            "WeChat Pay (simulated)",
            &addresses.wechatpay,
            json!({ "mode": "public_key" }),
        ),
    ];
    for (channel, label, address, wish) in channels {
        let simulator = Api::new(address, Vec::new());
        let merchant = simulator.post("/_sim/merchants", &wish)?;
        let credentials = merchant.get("credentials").cloned().unwrap_or_default();
        let account = owner.post(
            "/v1/accounts",
            &json!({ "channel": channel, "label": label, "credentials": credentials }),
        )?;
        if channel == "stripe" {
            let path = format!("/_sim/merchants/{}/webhook", text(&merchant, "/id")?);
            simulator.post(&path, &json!({ "url": text(&account, "/notice_url")? }))?;
        }
    }
    Ok(())
}

/// The price book: what the demo shop's catalogue says.
fn add_prices(checkout: &Checkout, owner: &Api) -> Done {
    let path = checkout.folder("www/shop/catalogue.json");
    let catalogue: Value = serde_json::from_str(&read(&path)?)
        .or_fail(|| format!("Reading {} failed", path.display()))?;
    let products = catalogue
        .as_array()
        .or_else(|| catalogue.get("products")?.as_array())
        .ok_or_else(|| Failure::new("The catalogue was searched for products in vain."))?;
    for product in products {
        let prices: Vec<Value> = product
            .get("prices")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(currency, amount)| json!({ "amount": amount, "currency": currency }))
            .collect();
        owner.put(
            &format!("/v1/prices/{}", text(product, "/sku")?),
            &json!({
                "name": text(product, "/name/en")?,
                "names": { "zh-CN": text(product, "/name/zh-CN")? },
                "prices": prices,
            }),
        )?;
    }
    Ok(())
}
