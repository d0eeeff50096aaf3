//! `/dashboard/{mode}/preview`: the checkout over a sample, in the store's own looks.
//!
//! It takes nothing in and sends nothing: it has no script, and nothing in it can be used. The
//! settings page, which is of the same origin, paints it with colours that are not saved yet.

use serde_json::json;
use worker::Response;

use super::desk::Desk;
use crate::app::App;
use crate::error::AppError;
use crate::page::{
    Assets, CheckoutView, Device, ItemLine, Locale, MethodChoice, Price, render_checkout,
};
use crate::reply::html_response;
use crate::shopper::merchant;
use crate::site::{self, Style};

/// The page.
///
/// # Errors
/// When the site was not built.
pub async fn preview(app: &App, desk: &Desk) -> Result<Response, AppError> {
    let site = site::manifest(app).await?;
    let config = &desk.caller.config;
    let face = &config.face;
    let colours = merchant::style(face);
    let currency = match desk.locale {
        Locale::En => "USD",
        Locale::ZhCn => "CNY",
    };
    let price = |amount: &str| Price {
        amount: amount.to_owned(),
        currency: currency.to_owned(),
    };
    let choice = |(method, flow): (&str, &str)| MethodChoice {
        method: method.to_owned(),
        account: String::new(),
        flow: flow.to_owned(),
    };
    let methods = [
        ("card", "card"),
        ("alipay", "redirect_desktop"),
        ("wechat_pay", "qr"),
    ];
    let view = CheckoutView {
        locale: desk.locale,
        device: Device::Desktop,
        token: String::new(),
        order_id: String::new(),
        store_name: merchant::store_name(config, desk.locale),
        seller: face.legal_name.clone(),
        policies: face.policies.iter().map(|p| p.name()).collect(),
        about: merchant::about(&desk.caller.store),
        logo: merchant::logo(face, &desk.caller.store),
        colours: colours.clone(),
        items: vec![ItemLine {
            name: desk.t("preview.item").to_owned(),
            quantity: 2,
            total: price("25.00"),
            image_url: None,
        }],
        shipping: Some(price("5.00")),
        tax: None,
        discount: None,
        total: price("30.00"),
        amount_minor: 3_000,
        methods: methods.map(choice).to_vec(),
        snapshot: json!({ "state": "created" }),
        seal: None,
        early: false,
        parent: None,
        assets: Assets {
            style: site.frame_style.text.clone(),
            js: String::new(),
            wasm: String::new(),
            locales: Vec::new(),
        },
        poll_ms: 0,
    };
    let mut styles = site.frame_style.source.clone();
    if !colours.is_empty() {
        styles.push(' ');
        styles.push_str(&Style::new(&colours)?.source);
    }
    let csp = format!(
        "default-src 'none'; style-src {styles}; img-src 'self' data:; form-action 'none'; \
         base-uri 'none'; frame-ancestors 'self'"
    );
    html_response(200, render_checkout(&view)?, &csp)
}
