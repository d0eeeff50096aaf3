//! The refund desk: what shoppers and operators ask for, in one queue.

use askama::Template;
use serde_json::Value;

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
    write(&Refunds {
        s: desk,
        f: filled,
        title: desk.t("refunds.title"),
        states: STATES.iter().map(|s| (*s, *s == state)).collect(),
        requests: requests
            .into_iter()
            .map(|doc| request(desk, filled, doc))
            .collect(),
        next: (!next.is_empty()).then(more),
    })
}

fn request<'a>(desk: &Desk, filled: &Filled, doc: Doc<'a>) -> Request<'a> {
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
    let approve = || {
        let amount = doc.text("/amount/amount");
        let fields = vec![
            hidden(),
            Field::new(Kind::Text, "amount.amount", desk.t("act.amount"), amount),
            Field::new(
                Kind::Hidden,
                "amount.currency",
                "",
                doc.text("/amount/currency"),
            ),
        ];
        Form::new(desk, filled, "request.approve", "refunds.approve", fields)
    };
    let decline = || {
        let words = Field::new(Kind::Area, "explanation", desk.t("refunds.explanation"), "");
        let fields = vec![hidden(), words.hint(desk.t("refunds.explanation_hint"))];
        Form::new(desk, filled, "request.decline", "refunds.decline", fields).danger()
    };
    Request {
        doc,
        approve: decides.then(approve),
        decline: decides.then(decline),
        open: mine && filled.problem.is_some(),
    }
}
