//! Messages of a store: what they say about an order, or round a link.

use causeway_shared::id::{Mode, StoreId};
use causeway_shared::money::{Currency, Money};

use super::merchant::{logo, store_name};
use super::order::{number, sums};
use crate::actor::Actor;
use crate::app::App;
use crate::checkout::frame::{price, word};
use crate::error::AppError;
use crate::mail::{Letter, LetterView, Line, MessageKind, Template, render_letter};
use crate::object::store::mail::{Letterhead, MailAnswer, MailCall};
use crate::object::store::model::StoreConfig;
use crate::object::store::profile::{Registration, RegistrationKind};
use crate::object::store::reminders::Reminder;
use crate::object::till::call::{MessageData, MessageWork, OrderRecord};
use crate::page::{Locale, Part, Price, Texts, accent, method_name};
use crate::perform::mail::{LINK_MINUTES, Link};
use crate::site;

/// The language of a message: the order's, that in which it was paid, the store's.
#[must_use]
pub fn locale(config: &StoreConfig, record: &OrderRecord, paid_in: Option<&str>) -> Locale {
    let settings = config.profile.as_ref();
    Locale::choose(
        record.details.shopper.locale.as_deref(),
        paid_in,
        None,
        settings.and_then(|p| p.default_locale.as_deref()),
    )
}

/// A message about an order.
///
/// # Errors
/// When the store does not answer.
pub async fn order(
    app: &App,
    store: &StoreId,
    config: &StoreConfig,
    locale: Locale,
    item: &MessageWork,
) -> Result<Letter, AppError> {
    let head = letterhead(app, store, item.kind, locale).await?;
    let record = &item.record;
    let token = app.client_token(store, record.order.id());
    let view = LetterView {
        lines: lines(record, locale)?,
        values: values(config, record, &item.data, locale),
        link: format!("{}/orders/{}", app.origin, token.expose()),
        is_test: record.details.mode == Mode::Test,
        ..blank(app, store, config, item.kind, locale, head)
    };
    Ok(render_letter(&view)?)
}

/// A message round a link.
///
/// # Errors
/// When the store does not answer.
pub async fn link(
    app: &App,
    store: &StoreId,
    config: &StoreConfig,
    link: &Link,
) -> Result<Letter, AppError> {
    let head = letterhead(app, store, link.kind, link.locale).await?;
    let view = LetterView {
        values: vec![("minutes", LINK_MINUTES.to_string())],
        link: link.link.clone(),
        ..blank(app, store, config, link.kind, link.locale, head)
    };
    Ok(render_letter(&view)?)
}

/// A reminder that a registration lapses, which leads to where it is set.
///
/// # Errors
/// When the store does not answer.
pub async fn reminder(
    app: &App,
    store: &StoreId,
    config: &StoreConfig,
    (mode, locale): (Mode, Locale),
    item: &Reminder,
) -> Result<Letter, AppError> {
    let kind = MessageKind::RegistrationLapses;
    let head = letterhead(app, store, kind, locale).await?;
    let view = LetterView {
        values: lapses(&item.registration, item.days, locale),
        link: format!("{}/dashboard/{}/settings/store", app.origin, mode.as_str()),
        ..blank(app, store, config, kind, locale, head)
    };
    Ok(render_letter(&view)?)
}

fn lapses(it: &Registration, days: i64, locale: Locale) -> Vec<(&'static str, String)> {
    let name = format!("registration.{}", it.kind.name());
    vec![
        ("registration", Texts::of_mail(locale).get(&name).to_owned()),
        ("number", it.number.clone()),
        ("country", it.country.clone()),
        ("date", it.expires_on.clone().unwrap_or_default()),
        ("days", days.to_string()),
    ]
}

/// A message as it would be, about an order that never was.
///
/// # Errors
/// When the store does not answer.
pub async fn sample(
    app: &App,
    store: &StoreId,
    config: &StoreConfig,
    (kind, locale): (MessageKind, Locale),
    template: Option<Template>,
) -> Result<Letter, AppError> {
    let mut head = letterhead(app, store, kind, locale).await?;
    if template.is_some() {
        head.template = template;
    }
    let texts = Texts::of_mail(locale);
    let currency = Currency::parse("USD").map_err(|e| AppError::Internal(e.to_string()))?;
    let money = |minor| {
        let money = Money::from_minor(minor, currency);
        money.map(|m| price(m).display(locale)).unwrap_or_default()
    };
    let text = |key: &str| texts.get(key).to_owned();
    let name = text("sample.item");
    let registration = Registration {
        kind: RegistrationKind::BusinessLicence,
        number: "91310000MA1K00001X".to_owned(),
        country: "CN".to_owned(),
        expires_on: Some("2030-06-30".to_owned()),
    };
    let mut values = vec![
        ("order", "LT-1043".to_owned()),
        ("total", money(3_000)),
        ("amount", money(1_250)),
        (
            "method",
            method_name(locale, "card", Some(("visa", "4242"))),
        ),
        ("reason", text("sample.reason")),
        ("explanation", text("sample.explanation")),
        ("outcome", outcome(config, locale, true)),
        ("carrier", text("sample.carrier")),
        ("tracking", "HP123456789".to_owned()),
        (
            "tracking_url",
            "https://post.example/HP123456789".to_owned(),
        ),
        ("minutes", LINK_MINUTES.to_string()),
    ];
    values.extend(lapses(&registration, 30, locale));
    let line = |what: String, minor, is_total| Line {
        what,
        amount: money(minor),
        is_total,
    };
    let orders = Texts::of_orders(locale);
    let view = LetterView {
        lines: vec![
            line(quantity(texts, 2, &name), 2_500, false),
            line(orders.get("order.shipping").to_owned(), 500, false),
            line(orders.get("order.total").to_owned(), 3_000, true),
        ],
        values,
        link: format!("{}/orders/…", app.origin),
        ..blank(app, store, config, kind, locale, head)
    };
    Ok(render_letter(&view)?)
}

async fn letterhead(
    app: &App,
    store: &StoreId,
    kind: MessageKind,
    locale: Locale,
) -> Result<Letterhead, AppError> {
    site::load_texts(app, Part::Mail).await?;
    // Sums and methods have the words of the order's page.
    site::load_texts(app, Part::Orders).await?;
    let call = MailCall::Letterhead {
        kind,
        locale: locale.tag().to_owned(),
    };
    match app
        .objects
        .mail(store, &Actor::system("mail"), call)
        .await?
    {
        MailAnswer::Letterhead(head) => Ok(*head),
        MailAnswer::Templates { .. } | MailAnswer::Used { .. } => Err(AppError::Internal(
            "unexpected answer of a store".to_owned(),
        )),
    }
}

/// A message with all that follows from store and kind.
fn blank(
    app: &App,
    store: &StoreId,
    config: &StoreConfig,
    kind: MessageKind,
    locale: Locale,
    head: Letterhead,
) -> LetterView {
    let profile = head.profile;
    let colours = profile.colours.as_ref();
    let address = profile.contact.address.as_deref();
    let footer = [
        profile.legal_name,
        address.map(|a| a.replace('\n', ", ")),
        profile.contact.email,
        profile.contact.phone,
    ];
    LetterView {
        kind,
        locale,
        template: head
            .template
            .unwrap_or_else(|| Template::usual(kind, locale)),
        store: store_name(config, locale),
        logo: logo(&config.face, store).map(|path| format!("{}{path}", app.origin)),
        accent: accent(colours.map(|c| c.accent.as_str())),
        values: Vec::new(),
        link: String::new(),
        lines: Vec::new(),
        footer: footer.into_iter().flatten().collect(),
        is_test: false,
    }
}

fn values(
    config: &StoreConfig,
    record: &OrderRecord,
    data: &MessageData,
    locale: Locale,
) -> Vec<(&'static str, String)> {
    let money = |money: Money| price(money).display(locale);
    let winner = record.order.winner();
    let method = winner.map(|attempt| {
        let card = attempt.card.as_ref();
        let card = card.map(|c| (c.brand.as_str(), c.last4.as_str()));
        method_name(locale, &word(&attempt.method), card)
    });
    let is_direct = record.order.vouched().is_some();
    let method = method.or_else(|| is_direct.then(|| method_name(locale, "direct", None)));
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        ("order", number(record).to_owned()),
        ("total", money(record.order.total())),
        ("method", method.unwrap_or_default()),
        ("amount", data.amount.map(money).unwrap_or_default()),
        ("reason", given(&data.reason)),
        ("explanation", given(&data.explanation)),
        ("carrier", given(&data.carrier)),
        ("tracking", given(&data.tracking)),
        ("tracking_url", given(&data.tracking_url)),
        (
            "outcome",
            data.is_returned
                .map(|returned| outcome(config, locale, returned))
                .unwrap_or_default(),
        ),
    ]
}

fn outcome(config: &StoreConfig, locale: Locale, is_returned: bool) -> String {
    let key = if is_returned {
        "outcome.refunded"
    } else {
        "outcome.held"
    };
    let store = store_name(config, locale);
    Texts::of_mail(locale).fill(key, &[("store", &store)])
}

fn quantity(texts: &Texts, count: u32, name: &str) -> String {
    let values = [("count", count.to_string()), ("name", name.to_owned())];
    let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
    texts.fill("items.quantity", &values)
}

/// What was bought, and the sums.
fn lines(record: &OrderRecord, locale: Locale) -> Result<Vec<Line>, AppError> {
    let texts = Texts::of_mail(locale);
    let orders = Texts::of_orders(locale);
    let line = |what: String, amount: Price, is_total| Line {
        what,
        amount: amount.display(locale),
        is_total,
    };
    let mut lines = Vec::new();
    for item in &record.details.items {
        let total = item.unit_price.checked_mul(item.quantity);
        let total = total.map_err(|e| AppError::Internal(e.to_string()))?;
        let what = quantity(texts, item.quantity, &item.name);
        lines.push(line(what, price(total), false));
    }
    for (key, amount) in sums(record)? {
        lines.push(line(orders.get(key).to_owned(), amount, false));
    }
    let total = orders.get("order.total").to_owned();
    lines.push(line(total, price(record.order.total()), true));
    Ok(lines)
}
