//! Transactions: the list with its search, and an order with everything that happened to it.

use askama::Template;
use causeway_shared::channel::ChannelId;
use serde_json::Value;

use super::settings::{CardView, sent_again};
use super::{Page, write};
use crate::api::may::Act;
use crate::api::search::{FILTERS, STATES};
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind, Line};
use crate::dashboard::filled::{Filled, Problem};
use crate::object::till::search::Risk;
use crate::random::random_text;

#[derive(Template)]
#[template(path = "dashboard/orders.html")]
struct List<'a> {
    s: &'a Desk,
    title: &'a str,
    fields: Vec<FilterField>,
    orders: Vec<Doc<'a>>,
    /// Where the next page is.
    next: Option<String>,
    /// Where the list can be had as a file, for who may take it away.
    export: Option<String>,
    filtered: bool,
    /// Name and address of each saved view, and whether it is shown.
    views: Vec<(&'a str, String, bool)>,
    /// The view that is shown, with the forms that change it.
    view: Option<(String, Form, Form)>,
    save: Form,
    /// Which of the forms was refused, and is open therefore.
    open: &'a str,
    here: String,
}

struct FilterField {
    name: &'static str,
    label: String,
    value: String,
    /// What is wrong with it.
    error: Option<String>,
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
    let (found, wrong) = match found {
        Ok(found) => (found, None),
        // A filter that does not fit: the page stands, and says so.
        Err(problem) if problem.status == 400 => (Value::Null, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let said = wrong.as_ref().map(|problem| {
        let name = problem.code.strip_prefix("bad_").unwrap_or_default();
        let label = desk.find(&format!("filter.{name}"));
        let label = label.map_or_else(String::new, |label| format!("{label}: "));
        format!("{label}{}", wrong_text(desk, problem))
    });
    let filled = &Filled {
        said: filled.said.clone().or(said),
        ..filled.clone()
    };
    let next = Doc(&found).text("/next_cursor");
    let kept = kept(desk);
    let next =
        (!next.is_empty()).then(|| format!("{}?{kept}&cursor={}", desk.at("orders"), encode(next)));
    let views = Doc(&views).list("/data");
    let views: Vec<_> = views.into_iter().map(view).collect();
    let shown = desk.parameter("view").unwrap_or_default();
    let shown = views.iter().find(|(name, filters)| {
        *name == shown || (shown.is_empty() && !kept.is_empty() && *filters == kept)
    });
    let name = |value: &str| Field::new(Kind::Text, "name", desk.t("views.name"), value);
    let hidden = |name: &str, value: &str| Field::new(Kind::Hidden, name, "", value);
    let query = || hidden("query", &kept);
    let change = |(shown, _): &(&str, String)| {
        let fields = vec![name(shown), hidden("old", shown), query()];
        let form = |act, submit, fields| Form::new(desk, filled, act, submit, fields);
        (
            (*shown).to_owned(),
            form("views.change", "form.save", fields).calm(),
            form("views.remove", "form.remove", vec![hidden("id", shown)]).danger(),
        )
    };
    let view = shown.map(change);
    let links = views.iter().map(|(name, filters)| {
        let href = format!("{}?view={}&{filters}", desk.at("orders"), encode(name));
        let is_shown = shown.is_some_and(|(shown, _)| shown == name);
        (*name, href, is_shown)
    });
    let links = links.collect();
    let fields = vec![name(""), query()];
    let save = Form::new(desk, filled, "views.save", "views.save", fields).calm();
    let title = desk.t("orders.title");
    let page = List {
        s: desk,
        title,
        fields: filter_fields(desk, wrong.as_ref()),
        orders: Doc(&found).list("/data"),
        next,
        export: desk
            .may(Act::Export)
            .then(|| format!("/v1/orders/export.csv?{}", filter.trim_start_matches('&'))),
        filtered: !kept.is_empty(),
        view,
        views: links,
        save,
        open: if filled.problem.is_some() {
            &filled.act
        } else {
            ""
        },
        here: format!("{}?{}", desk.at("orders"), desk.search),
    };
    write(desk, filled, title, &page)
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
            ("currency" | "country", _) => value.to_ascii_uppercase(),
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

/// What is wrong with a filter, in words for people: those of the API are for programs.
fn wrong_text(desk: &Desk, problem: &Problem) -> String {
    let known = desk.find(&format!("error.{}", problem.code));
    known.unwrap_or_else(|| desk.problem_text(problem))
}

fn filter_fields(desk: &Desk, wrong: Option<&Problem>) -> Vec<FilterField> {
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
        error: wrong
            .filter(|problem| match problem.code.as_str() {
                "bad_time" => is_date,
                code => code.strip_prefix("bad_") == Some(name),
            })
            .map(|problem| wrong_text(desk, problem)),
        is_date,
        options,
    };
    let channels: Vec<&str> = ChannelId::all().iter().map(|id| id.as_str()).collect();
    vec![
        field("state", false, named("state", STATES)),
        field("channel", false, named("channel", &channels)),
        field(
            "method",
            false,
            named("method", &["alipay", "card", "wechat_pay"]),
        ),
        field("currency", false, Vec::new()),
        field("country", false, Vec::new()),
        field("risk", false, named("risk", Risk::NAMES)),
        field("from", true, Vec::new()),
        field("to", true, Vec::new()),
    ]
}

#[derive(Template)]
#[template(path = "dashboard/order.html")]
struct OrderPage<'a> {
    s: &'a Desk,
    title: &'a str,
    order: Doc<'a>,
    timeline: Vec<Doc<'a>>,
    requests: Vec<Doc<'a>>,
    events: Vec<Doc<'a>>,
    /// How the event went that was sent again.
    sent: Option<CardView<'a>>,
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
    let (order, timeline, requests, events, sent) = futures_util::join!(
        desk.get(&path),
        desk.try_get(&timeline),
        desk.try_get(&requests),
        desk.try_get(&events),
        sent_again(desk),
    );
    let order: Value = order?;
    let doc = Doc(&order);
    let title = desk.fill("order.title", &[("total", &desk.money(doc.at("/total")))]);
    let page = OrderPage {
        s: desk,
        title: &title,
        order: doc,
        timeline: Doc(&timeline).list("/data"),
        requests: Doc(&requests).list("/data"),
        events: Doc(&events).list("/data"),
        sent: sent.map(|card| CardView::new(desk, card)),
        acts: acts(desk, filled, doc),
        open: if filled.problem.is_some() {
            &filled.act
        } else {
            ""
        },
        resend: desk.may(Act::Redeliver),
    };
    write(desk, filled, &title, &page)
}

/// What a refund can give back by line and by amount: as much as the order has left. `asked` are
/// the lines of a request, null where there is none.
pub fn refund_fields(desk: &Desk, order: Doc<'_>, amount: Doc<'_>, asked: Doc<'_>) -> Vec<Field> {
    let left = |index: usize, item: Doc<'_>| {
        let refunds = order.list("/refunds");
        let refunds = refunds.iter().filter(|r| r.text("/state") != "failed");
        let given = refunds.flat_map(|refund| refund.list("/items"));
        item.number("/quantity") - of_line(index, given)
    };
    let lines = order.list("/items");
    let lines = lines.into_iter().enumerate().map(|(index, item)| Line {
        index,
        name: item.text("/name").to_owned(),
        price: (
            item.text("/unit_price/amount").to_owned(),
            desk.money(item.at("/unit_price")),
        ),
        most: left(index, item),
        chosen: match of_line(index, asked.list("").into_iter()) {
            0 => String::new(),
            chosen => chosen.to_string(),
        },
    });
    let mut items = Field::new(Kind::Lines, "items", desk.t("act.items"), "");
    items.lines = lines.filter(|line| line.most > 0).collect();
    let items = items.hint(desk.t("act.items_hint")).optional();
    let most = desk.fill(
        "act.most",
        &[("amount", &desk.money(order.at("/refundable")))],
    );
    let mut fields = amount_fields(desk, amount, &most);
    // Who asked said how much; that stands, whatever the lines cost.
    if asked.0.is_null() {
        let whole = order.text("/refundable/amount");
        fields.push(Field::new(Kind::Hidden, "whole", "", whole));
    }
    if !items.lines.is_empty() {
        fields.insert(0, items);
    }
    fields
}

/// How many of a line are among these.
fn of_line<'a>(index: usize, shares: impl Iterator<Item = Doc<'a>>) -> i64 {
    let mine = shares.filter(|s| usize::try_from(s.number("/index")) == Ok(index));
    mine.map(|share| share.number("/quantity")).sum()
}

/// An amount in the currency it has.
fn amount_fields(desk: &Desk, amount: Doc<'_>, hint: &str) -> Vec<Field> {
    let currency = amount.text("/currency");
    let label = desk.fill("act.amount_in", &[("currency", currency)]);
    let value = amount.text("/amount");
    vec![
        Field::new(Kind::Text, "amount.amount", &label, value).hint(hint),
        Field::new(Kind::Hidden, "amount.currency", "", currency),
    ]
}

/// What this operator can do with an order in its state.
fn acts(desk: &Desk, filled: &Filled, order: Doc<'_>) -> Vec<ActForm> {
    let mut acts = Vec::new();
    let mut add = |act: &'static str, form: Form| {
        let key = act.split('.').nth(1).unwrap_or_default();
        let title = desk.word("act", key).to_owned();
        acts.push(ActForm { act, title, form });
    };
    let form = |act, submit, fields| Form::new(desk, filled, act, submit, fields);
    let state = order.text("/state");
    let label = |key| desk.t(key);
    let total = desk.money(order.at("/total"));
    let note = |key| desk.fill(key, &[("amount", &total)]);
    // A payment that is held back can be given back, too, whatever became of the order.
    let paid = !order.price("/refundable").is_zero();
    if state == "authorized" && desk.may(Act::Capture) {
        let fields = amount_fields(desk, order.at("/total"), label("act.capture_hint"));
        let form = form("order.capture", "act.do", fields);
        let form = form.sum(desk, "act.capture_do", order.at("/total"));
        add("order.capture", form.note(note("act.capture_note")));
    }
    if matches!(state, "paid" | "partly_refunded" | "authorized") && desk.may(Act::Ship) {
        let url = Field::new(Kind::Url, "url:optional", label("act.tracking"), "").optional();
        let fields = vec![
            Field::new(Kind::Text, "carrier", label("act.carrier"), ""),
            Field::new(Kind::Text, "number", label("act.number"), ""),
            url,
        ];
        let form = form("order.ship", "act.ship_do", fields);
        add("order.ship", form.note(note("act.ship_note")));
    }
    let left = order.at("/refundable");
    let refund = |act, submit| {
        let mut fields = refund_fields(desk, order, left, Doc(&Value::Null));
        let reason = Field::new(Kind::Text, "reason", label("act.reason"), "");
        fields.push(reason.hint(label("act.reason_shown")));
        fields.push(Field::new(Kind::Hidden, "key", "", &random_text(20)));
        form(act, "act.do", fields).sum(desk, submit, left)
    };
    if paid && desk.may(Act::Refund) {
        let form = refund("order.refund", "act.refund_do").danger();
        add("order.refund", form.note(note("act.refund_note")));
    } else if paid && desk.may(Act::AskRefund) {
        let form = refund("order.ask_refund", "act.ask_refund_do");
        add("order.ask_refund", form.note(note("act.ask_refund_note")));
    }
    let unpaid = matches!(
        state,
        "created" | "processing" | "requires_action" | "authorized"
    );
    if unpaid && desk.may(Act::Cancel) {
        let reasons = ["merchant", "shopper", "fraudulent"];
        let reasons = reasons.map(|r| (r.to_owned(), desk.word("reason", r).to_owned()));
        let field = Field::new(Kind::Choice, "reason", label("act.reason"), "merchant");
        let fields = vec![field.options(reasons.to_vec())];
        let form = form("order.cancel", "act.cancel_do", fields).danger();
        let consequence = if state == "authorized" {
            "act.cancel_held_note"
        } else {
            "act.cancel_note"
        };
        add("order.cancel", form.note(note(consequence)));
    }
    let stays_unpaid = matches!(state, "created" | "requires_action" | "expired");
    if stays_unpaid && desk.may(Act::Confirm) {
        let field = Field::new(Kind::Text, "reason", label("act.reason"), "");
        let fields = vec![field.hint(label("act.confirm_hint"))];
        let form = form("order.confirm", "act.do", fields).danger();
        let form = form.sum(desk, "act.confirm_do", order.at("/total"));
        add("order.confirm", form.note(note("act.confirm_note")));
    }
    if desk.may(Act::Note) {
        let field = Field::new(Kind::Area, "text", label("act.note_text"), "");
        add("order.note", form("order.note", "act.note_do", vec![field]));
    }
    acts
}
