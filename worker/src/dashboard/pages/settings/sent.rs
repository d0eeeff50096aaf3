//! What was sent to an endpoint by hand, and what it answered.

use super::{Card, Cell, Row};
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::filled::Filled;

/// How a test event went; none where none was sent.
pub fn test(desk: &Desk, filled: &Filled) -> Option<Card> {
    let answer = filled
        .answer
        .as_ref()
        .filter(|_| filled.act == "hook.test")?;
    let answer = Doc(answer);
    let state = if answer.is("/ok") {
        "delivered"
    } else {
        "failed"
    };
    let took = answer.number("/duration_ms").to_string();
    let row = Row {
        cells: vec![
            badge(desk, state),
            Cell::Text(status(desk, answer.at("/status"))),
            Cell::Text(desk.fill("hooks.took", &[("count", &took)])),
            Cell::Time(answer.text("/request/body/timestamp").to_owned()),
        ],
        forms: Vec::new(),
    };
    let heads = ["orders.state", "hooks.answer", "hooks.time", "orders.when"];
    let heads = heads.map(|key| desk.t(key));
    let mut card = Card::new(desk.t("hooks.test_result")).table(&heads, vec![row], "");
    card.id = "sent";
    card.say(desk, answer.at("/request/body"), answer.text("/response"));
    Some(card)
}

/// How the event went that was sent again; none where none was.
pub async fn again(desk: &Desk) -> Option<Card> {
    let id = desk.parameter("event")?;
    let event = desk.get(&format!("events/{}", encode(&id))).await.ok()?;
    let event = Doc(&event);
    let deliveries = event.list("/deliveries");
    let endpoints = &desk.caller.config.endpoints;
    let url = |id: &str| {
        endpoints
            .iter()
            .find(|e| e.id.as_str() == id)
            .map(|e| e.url.clone())
    };
    let rows = deliveries.iter().map(|d| Row {
        cells: vec![
            Cell::Mono(url(d.text("/endpoint")).unwrap_or_default()),
            badge(desk, d.text("/state")),
            // Until it was tried again, the last answer is one to an earlier try.
            match d.text("/state") {
                "pending" if d.number("/tries") < 2 => Cell::Text(String::new()),
                _ => Cell::More(
                    status(desk, d.at("/last_status")),
                    d.text("/response").to_owned(),
                ),
            },
            Cell::Time(d.text("/first_tried_at").to_owned()),
        ],
        forms: Vec::new(),
    });
    let heads = ["hooks.url", "orders.state", "hooks.answer", "orders.when"];
    let heads = heads.map(|key| desk.t(key));
    let title = desk.fill("hooks.again_result", &[("type", event.text("/type"))]);
    let mut card = Card::new(&title).table(&heads, rows.collect(), desk.t("hooks.none"));
    card.id = "sent";
    card.soon = deliveries
        .iter()
        .any(|d| d.text("/state") == "pending" && d.has("/next_at"));
    card.say(desk, event.at("/body"), "");
    Some(card)
}

impl Card {
    /// What was sent, and what came back where something did.
    fn say(&mut self, desk: &Desk, body: Doc<'_>, answer: &str) {
        let said = |key, text: String| (desk.t(key).to_owned(), text);
        if !answer.is_empty() {
            self.said.push(said("hooks.answered", answer.to_owned()));
        }
        self.said.push(said("hooks.sent", body.pretty()));
    }
}

fn badge(desk: &Desk, state: &str) -> Cell {
    Cell::Badge(desk.look(state), desk.word("delivery", state).to_owned())
}

/// The status of an answer, or that there was none.
pub(super) fn status(desk: &Desk, status: Doc<'_>) -> String {
    match status.number("") {
        0 => desk.t("hooks.no_answer").to_owned(),
        number => format!("HTTP {number}"),
    }
}
