//! `GET /checkout/{token}`: the frame's page.

use causeway_shared::money::Money;
use worker::{Request, Response, Url};

use super::methods::{Offer, offers};
use super::status::current;
use super::{Opened, device};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::StoreConfig;
use crate::page::{
    Assets, CheckoutView, ItemLine, Locale, MethodChoice, Price, SealView, render_checkout,
};
use crate::reply::html_response;
use crate::sealing;
use crate::shopper::merchant::{self, store_name};
use crate::site::{self, Manifest, Style};

/// How often the frame asks where push fails.
const POLL_MS: u32 = 2_000;

/// Renders the frame.
///
/// # Errors
/// [`AppError::NotFound`] for a false token.
pub async fn frame(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let opened = Opened::of(app, token).await?;
    let query = Query::of(request)?;
    let device = device(request);
    let site = site::manifest(app).await?;
    let offers = offers(&opened.config, &opened.record, device);
    let profile = opened.config.profile.as_ref();
    let details = &opened.record.details;
    let accept_language = request.headers().get("accept-language")?;
    let locale = Locale::choose(
        query.locale.as_deref(),
        details.shopper.locale.as_deref(),
        accept_language.as_deref(),
        profile.and_then(|p| p.default_locale.as_deref()),
    );
    let face = &opened.config.face;
    let colours = merchant::style(face);
    let early = query.parent.is_none();
    let parent = query.parent.or_else(|| framing_origin(request));
    let view = CheckoutView {
        locale,
        device,
        token: token.to_owned(),
        order_id: opened.record.order.id().as_str().to_owned(),
        store_name: store_name(&opened.config, locale),
        seller: face.legal_name.clone(),
        policies: face.policies.iter().map(|p| p.name()).collect(),
        about: merchant::about(&opened.store),
        logo: merchant::logo(face, &opened.store).filter(|_| parent.is_none()),
        colours: colours.clone(),
        items: items(&opened)?,
        shipping: details.shipping.map(price),
        tax: details.tax.map(price),
        discount: details.discount.map(price),
        total: price(opened.record.order.total()),
        amount_minor: opened.record.order.total().minor(),
        methods: offers.iter().map(choice).collect(),
        snapshot: current(&opened, device),
        seal: seal_view(app, &opened.config, &offers),
        early,
        parent: parent.filter(|p| allowed_origins(&opened.config).contains(p)),
        assets: assets(&site)?,
        poll_ms: POLL_MS,
    };
    let csp = csp(app, &opened.config, &site.frame_style, &colours)?;
    html_response(200, render_checkout(&view)?, &csp)
}

/// Nothing but our own files, the page's style and the store's colours; only the store's pages may
/// frame it. `form-action 'none'`: a form that is submitted before the scripts are there goes
/// nowhere.
fn csp(app: &App, config: &StoreConfig, style: &Style, colours: &str) -> Result<String, AppError> {
    let mut styles = style.source.clone();
    if !colours.is_empty() {
        styles.push(' ');
        styles.push_str(&Style::new(colours)?.source);
    }
    let images = if app.config.allow_http {
        "https: http:"
    } else {
        "https:"
    };
    Ok(format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src {styles}; \
         img-src 'self' data: {images}; connect-src 'self'; font-src 'self'; frame-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors {}",
        ancestors(config)
    ))
}

/// The store's pages as a `frame-ancestors` list.
#[must_use]
pub fn ancestors(config: &StoreConfig) -> String {
    let origins = allowed_origins(config);
    if origins.is_empty() {
        "'none'".to_owned()
    } else {
        origins.join(" ")
    }
}

/// The store's pages.
#[must_use]
pub fn allowed_origins(config: &StoreConfig) -> &[String] {
    config
        .profile
        .as_ref()
        .map_or(&[], |p| p.allowed_origins.as_slice())
}

#[derive(Default)]
struct Query {
    parent: Option<String>,
    locale: Option<String>,
}

impl Query {
    fn of(request: &Request) -> Result<Self, AppError> {
        let mut query = Self::default();
        for (name, value) in request.url()?.query_pairs() {
            match name.as_ref() {
                "parent" => query.parent = Some(value.into_owned()),
                "locale" => query.locale = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(query)
    }
}

/// The origin of the page whose markup has the frame, as the browser tells it. A page that is not
/// among the store's gets nothing from claiming another origin: no message to that would reach it.
fn framing_origin(request: &Request) -> Option<String> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    if header("sec-fetch-dest")? != "iframe" {
        return None;
    }
    let referrer = Url::parse(&header("referer")?).ok()?;
    Some(referrer.origin().ascii_serialization())
}

fn items(opened: &Opened) -> Result<Vec<ItemLine>, AppError> {
    let lines = opened.record.details.items.iter().map(|item| {
        let total = item.unit_price.checked_mul(item.quantity);
        Ok(ItemLine {
            name: item.name.clone(),
            quantity: item.quantity,
            total: price(total.map_err(|e| AppError::Internal(e.to_string()))?),
            image_url: item.image_url.clone(),
        })
    });
    lines.collect()
}

/// An amount for a page.
#[must_use]
pub fn price(money: Money) -> Price {
    Price {
        amount: money.to_decimal(),
        currency: money.currency().code().to_owned(),
    }
}

fn choice(offer: &Offer) -> MethodChoice {
    MethodChoice {
        method: word(&offer.method),
        account: offer.account.as_str().to_owned(),
        flow: word(&offer.flow),
    }
}

/// The word that stands for a value in the API.
#[must_use]
pub fn word(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

fn seal_view(app: &App, config: &StoreConfig, offers: &[Offer]) -> Option<SealView> {
    let takes_cards = offers.iter().any(|o| o.lane == Some("worker_key"));
    takes_cards.then(|| sealing::in_use(app, config)).flatten()
}

fn assets(site: &Manifest) -> Result<Assets, AppError> {
    Ok(Assets {
        style: site.frame_style.text.clone(),
        js: site.path("checkout.js")?,
        wasm: site.path("causeway_widget.wasm")?,
        locales: Locale::ALL
            .iter()
            .map(|l| Ok((*l, site.path(&format!("locales/{}.json", l.tag()))?)))
            .collect::<Result<_, AppError>>()?,
    })
}
