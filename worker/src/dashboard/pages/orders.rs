//! Transactions: the list with its search, and an order with everything that happened to it.

use askama::Template;
use serde_json::Value;

use super::{Page, write};
use crate::api::may::Act;
use crate::api::search::{FILTERS, STATES};
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;
use crate::random::random_text;

#[derive(Template)]
#[template(path = "dashboard/orders.html")]
struct List<'a> {
    s: &'a Desk,
    f: &'a Filled,
    title: &'a str,
    fields: Vec<FilterField>,
    orders: Vec<Doc<'a>>,
    /// Where the next page is.
    next: Option<String>,
    export: String,
    filtered: bool,
    /// Name and search of each saved view.
    views: Vec<(&'a str, String)>,
    save: Form,
    here: String,
    /// The filters as they stand in the address.
    kept: String,
}

struct FilterField {
    name: &'static str,
    label: String,
    value: String,
    is_date: bool,
    options: Vec<(String, String)>,
}

/// `/dashboard/{mode}/orders`
///
/// # Errors
/// What the API answers instead.
pub async fn list(desk: &Desk, filled: &Filled) -> Page {
    let filter = filter(desk);
    let cursor = desk.parameter("cursor");
    let mut path = format!("orders?limit=25{filter}");
    if let Some(cursor) = &cursor {
        path = format!("{path}&cursor={}", encode(cursor));
    }
    let (found, views) = futures_util::join!(desk.get(&path), desk.try_get("views"));
    let found: Value = found?;
    let next = Doc(&found).text("/next_cursor");
    let kept = kept(desk);
    let next =
        (!next.is_empty()).then(|| format!("{}?{kept}&cursor={}", desk.at("orders"), encode(next)));
    let name = Field::new(Kind::Text, "name", desk.t("views.name"), "");
    let query = Field::new(Kind::Hidden, "query", "", &kept);
    write(&List {
        s: desk,
        f: filled,
        title: desk.t("orders.title"),
        fields: filter_fields(desk),
        orders: Doc(&found).list("/data"),
        next,
        export: format!("/v1/orders/export.csv?{}", filter.trim_start_matches('&')),
        filtered: !kept.is_empty(),
        views: Doc(&views).list("/data").into_iter().map(view).collect(),
        save: Form::new(desk, filled, "views.save", "views.save", vec![name, query]).calm(),
        here: format!("{}?{}", desk.at("orders"), desk.search),
        kept,
    })
}

/// A saved view: its name, and its filters as they stand in an address.
fn view(view: Doc<'_>) -> (&str, String) {
    let kept = FILTERS.iter().filter_map(|name| {
        let value = view.text(&format!("/filters/{name}"));
        (!value.is_empty()).then(|| format!("{name}={}", encode(value)))
    });
    (view.text("/name"), kept.collect::<Vec<_>>().join("&"))
}

/// The filters of the address as the API takes them. A day is the whole day, in UTC.
fn filter(desk: &Desk) -> String {
    let mut text = String::new();
    for name in FILTERS {
        let Some(value) = desk.parameter(name).filter(|v| !v.trim().is_empty()) else {
            continue;
        };
        let value = match (*name, value.len()) {
            ("from", 10) => format!("{value}T00:00:00Z"),
            ("to", 10) => format!("{value}T23:59:59Z"),
            _ => value,
        };
        text.push_str(&format!("&{name}={}", encode(value.trim())));
    }
    text
}

/// The filters of the address as they stand there.
fn kept(desk: &Desk) -> String {
    let named = FILTERS.iter().filter_map(|name| {
        let value = desk.parameter(name).filter(|v| !v.trim().is_empty())?;
        Some(format!("{name}={}", encode(&value)))
    });
    named.collect::<Vec<_>>().join("&")
}

fn filter_fields(desk: &Desk) -> Vec<FilterField> {
    let any = || vec![(String::new(), desk.t("filter.any").to_owned())];
    let named = |group: &str, members: &[&str]| {
        let members = members
            .iter()
            .map(|m| ((*m).to_owned(), desk.word(group, m).to_owned()));
        any().into_iter().chain(members).collect::<Vec<_>>()
    };
    let field = |name: &'static str, is_date, options| FilterField {
        name,
        label: desk.word("filter", name).to_owned(),
        value: desk.parameter(name).unwrap_or_default(),
        is_date,
        options,
    };
    vec![
        field("state", false, named("state", STATES)),
        field(
            "channel",
            false,
            named("channel", &["alipay", "stripe", "wechat_pay"]),
        ),
        field(
            "method",
            false,
            named("method", &["alipay", "card", "wechat_pay"]),
        ),
        field("currency", false, Vec::new()),
        field("country", false, Vec::new()),
        field("from", true, Vec::new()),
        field("to", true, Vec::new()),
    ]
}

#[derive(Template)]
#[template(path = "dashboard/order.html")]
struct OrderPage<'a> {
    s: &'a Desk,
    f: &'a Filled,
    title: String,
    order: Doc<'a>,
    timeline: Vec<Doc<'a>>,
    requests: Vec<Doc<'a>>,
    events: Vec<Doc<'a>>,
    acts: Vec<ActForm>,
    /// The act whose form was refused, and is open therefore.
    open: &'a str,
    resend: bool,
}

/// Something that can be done with an order.
struct ActForm {
    act: &'static str,
    title: String,
    form: Form,
}

/// `/dashboard/{mode}/orders/{id}`
///
/// # Errors
/// What the API answers instead.
pub async fn order(desk: &Desk, filled: &Filled, id: &str) -> Page {
    let path = format!("orders/{}", encode(id));
    let (timeline, requests) = (
        format!("{path}/timeline"),
        format!("{path}/refund_requests"),
    );
    let events = format!("events?order={}&limit=50", encode(id));
    let (order, timeline, requests, events) = futures_util::join!(
        desk.get(&path),
        desk.try_get(&timeline),
        desk.try_get(&requests),
        desk.try_get(&events),
    );
    let order: Value = order?;
    let doc = Doc(&order);
    write(&OrderPage {
        s: desk,
        f: filled,
        title: desk.fill("order.title", &[("total", &desk.money(doc.at("/total")))]),
        order: doc,
        timeline: Doc(&timeline).list("/data"),
        requests: Doc(&requests).list("/data"),
        events: Doc(&events).list("/data"),
        acts: acts(desk, filled, doc),
        open: if filled.problem.is_some() {
            &filled.act
        } else {
            ""
        },
        resend: desk.may(Act::Redeliver),
    })
}

/// What this operator can do with an order in its state.
fn acts(desk: &Desk, filled: &Filled, order: Doc<'_>) -> Vec<ActForm> {
    let mut acts = Vec::new();
    let mut add = |act: &'static str, fields: Vec<Field>, danger: bool| {
        let key = act.split('.').nth(1).unwrap_or_default();
        let title = desk.word("act", key).to_owned();
        let form = Form::new(desk, filled, act, "act.do", fields);
        let form = if danger { form.danger() } else { form };
        acts.push(ActForm { act, title, form });
    };
    let state = order.text("/state");
    let label = |key| desk.t(key);
    let currency = order.text("/total/currency");
    let amount = |value: &str| {
        vec![
            Field::new(Kind::Text, "amount.amount", label("act.amount"), value),
            Field::new(Kind::Hidden, "amount.currency", "", currency),
        ]
    };
    let paid = matches!(state, "paid" | "partly_refunded");
    if state == "authorized" && desk.may(Act::Capture) {
        add("order.capture", amount(order.text("/total/amount")), false);
    }
    if matches!(state, "paid" | "partly_refunded" | "authorized") && desk.may(Act::Ship) {
        let url = Field::new(Kind::Url, "url:optional", label("act.tracking"), "").optional();
        let fields = vec![
            Field::new(Kind::Text, "carrier", label("act.carrier"), ""),
            Field::new(Kind::Text, "number", label("act.number"), ""),
            url,
        ];
        add("order.ship", fields, false);
    }
    let refund = |reason: &str| {
        let mut fields = amount(order.text("/refundable/amount"));
        fields.push(Field::new(Kind::Text, "reason", label("act.reason"), "").hint(reason));
        fields.push(Field::new(Kind::Hidden, "key", "", &random_text(20)));
        fields
    };
    if paid && desk.may(Act::Refund) {
        add("order.refund", refund(label("act.reason_shown")), true);
    } else if paid && desk.may(Act::AskRefund) {
        add("order.ask_refund", refund(label("act.reason_shown")), false);
    }
    let unpaid = matches!(
        state,
        "created" | "processing" | "requires_action" | "authorized"
    );
    if unpaid && desk.may(Act::Cancel) {
        let reasons = ["merchant", "shopper", "fraudulent"];
        let reasons = reasons.map(|r| (r.to_owned(), desk.word("reason", r).to_owned()));
        let field = Field::new(Kind::Choice, "reason", label("act.reason"), "merchant");
        add("order.cancel", vec![field.options(reasons.to_vec())], true);
    }
    let stays_unpaid = matches!(state, "created" | "requires_action" | "expired");
    if stays_unpaid && desk.may(Act::Confirm) {
        let field = Field::new(Kind::Text, "reason", label("act.reason"), "");
        add(
            "order.confirm",
            vec![field.hint(label("act.confirm_hint"))],
            true,
        );
    }
    if desk.may(Act::Note) {
        add(
            "order.note",
            vec![Field::new(Kind::Area, "text", label("act.note_text"), "")],
            false,
        );
    }
    acts
}
