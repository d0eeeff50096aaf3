//! The refund desk: what shoppers and operators ask for, in one queue.

use askama::Template;
use serde_json::Value;

use super::orders::refund_fields;
use super::{Page, write};
use crate::api::may::Act;
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;

/// What the queue can show; the first is what waits for somebody.
const STATES: &[&str] = &["open", "refused", "approved", "settled", "declined"];

#[derive(Template)]
#[template(path = "dashboard/refunds.html")]
struct Refunds<'a> {
    s: &'a Desk,
    f: &'a Filled,
    title: &'a str,
    states: Vec<(&'static str, bool)>,
    requests: Vec<Request<'a>>,
    next: Option<String>,
}

struct Request<'a> {
    doc: Doc<'a>,
    /// Its order; null where it could not be read.
    order: Doc<'a>,
    /// What of it is asked for.
    items: Vec<(i64, &'a str)>,
    approve: Option<Form>,
    decline: Option<Form>,
    /// Whether a form of it was refused, and is open therefore.
    open: bool,
}

/// `/dashboard/{mode}/refunds`
///
/// # Errors
/// What the API answers instead.
pub async fn refunds(desk: &Desk, filled: &Filled) -> Page {
    let asked = desk.parameter("state").unwrap_or_default();
    let state = STATES
        .iter()
        .find(|s| **s == asked)
        .copied()
        .unwrap_or("open");
    let mut path = format!("refund_requests?limit=25&state={state}");
    if let Some(cursor) = desk.parameter("cursor") {
        path = format!("{path}&cursor={}", encode(&cursor));
    }
    let found: Value = desk.get(&path).await?;
    let next = Doc(&found).text("/next_cursor");
    let more = || {
        format!(
            "{}?state={state}&cursor={}",
            desk.at("refunds"),
            encode(next)
        )
    };
    let requests = Doc(&found).list("/data");
    let orders = requests.iter().map(|request| async {
        let path = format!("orders/{}", encode(request.text("/order")));
        desk.try_get(&path).await
    });
    let orders = futures_util::future::join_all(orders).await;
    let requests = requests.into_iter().zip(&orders);
    let title = desk.t("refunds.title");
    let page = Refunds {
        s: desk,
        f: filled,
        title,
        states: STATES.iter().map(|s| (*s, *s == state)).collect(),
        requests: requests
            .map(|(doc, order)| request(desk, filled, doc, Doc(order)))
            .collect(),
        next: (!next.is_empty()).then(more),
    };
    write(desk, filled, title, &page)
}

fn request<'a>(desk: &Desk, filled: &Filled, doc: Doc<'a>, order: Doc<'a>) -> Request<'a> {
    let id = doc.text("/id");
    let waits = matches!(doc.text("/state"), "open" | "refused");
    let decides = waits && desk.may(Act::DecideRefund);
    let hidden = || Field::new(Kind::Hidden, "id", "", id);
    let mine = filled
        .fields
        .iter()
        .any(|(name, value)| name == "id" && value == id);
    // What was typed belongs to this request alone.
    let nothing = Filled::default();
    let filled = if mine { filled } else { &nothing };
    let amount = doc.at("/amount");
    let approve = || {
        let mut fields = refund_fields(desk, order, amount, doc.at("/items"));
        fields.push(hidden());
        let form = Form::new(desk, filled, "request.approve", "refunds.approve", fields);
        let form = form.sum(desk, "act.refund_do", amount);
        form.note(desk.t("refunds.approve_note").to_owned())
    };
    let decline = || {
        let words = Field::new(Kind::Area, "explanation", desk.t("refunds.explanation"), "");
        let fields = vec![hidden(), words.hint(desk.t("refunds.explanation_hint"))];
        let form = Form::new(desk, filled, "request.decline", "refunds.decline", fields);
        form.danger()
    };
    let items = doc.list("/items").into_iter().map(|share| {
        let name = format!("/items/{}/name", share.number("/index"));
        (share.number("/quantity"), order.text(&name))
    });
    Request {
        doc,
        order,
        items: items.collect(),
        approve: decides.then(approve),
        decline: decides.then(decline),
        open: mine && filled.problem.is_some(),
    }
}
