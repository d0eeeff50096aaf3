//! People: operators, what they may do, where they are signed in, and what was done.

use causeway_shared::id::OrderId;
use serde_json::Value;

use super::programs::head_texts;
use super::{Card, Cell, Page, Row, is_open, page};
use crate::api::may::{Act, Role};
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;

fn roles(desk: &Desk) -> Vec<(String, String)> {
    let names = Role::ALL.map(|role| role.as_str());
    let named = names.map(|name| (name.to_owned(), desk.word("role", name).to_owned()));
    named.to_vec()
}

/// `settings/team`
///
/// # Errors
/// What the API answers instead.
pub async fn team(desk: &Desk, filled: &Filled) -> Page {
    let found: Value = desk.get("operators").await?;
    let manages = desk.may(Act::ManageOperators);
    let rows = Doc(&found).list("/data").into_iter().map(|operator| {
        let id = || Field::new(Kind::Hidden, "id", "", operator.text("/id"));
        let form = |act, submit, fields| Form::new(desk, filled, act, submit, fields).calm();
        let role = operator.text("/role");
        let forms = manages.then(|| {
            let choice = Field::new(Kind::Choice, "role", desk.t("team.role"), role);
            vec![
                form(
                    "operator.role",
                    "team.change",
                    vec![id(), choice.options(roles(desk))],
                ),
                form("operator.link", "team.link", vec![id()]),
                form("operator.token", "team.token", vec![id()]),
                form("operator.remove", "form.remove", vec![id()]).danger(),
            ]
        });
        Row {
            cells: vec![
                Cell::Text(operator.text("/name").to_owned()),
                Cell::Text(operator.text("/email").to_owned()),
                Cell::Badge("", desk.word("role", role).to_owned()),
            ],
            forms: forms.unwrap_or_default(),
        }
    });
    let heads = head_texts(desk, &["team.name", "team.email", "team.role"], manages);
    let list = Card::new(desk.t("menu.team")).hint(desk.t("team.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("team.none"));
    if manages {
        let fields = vec![
            Field::new(Kind::Text, "name", desk.t("team.name"), ""),
            Field::new(Kind::Email, "email", desk.t("team.email"), ""),
            Field::new(Kind::Choice, "role", desk.t("team.role"), "support").options(roles(desk)),
        ];
        let form = Form::new(desk, filled, "operator.make", "team.make", fields);
        list = list.fold(
            desk.t("team.make_title"),
            form,
            is_open(filled, "operator.make"),
        );
    }
    page(desk, filled, "menu.team", vec![list])
}

/// What something was done to; an order has a page.
fn target(desk: &Desk, target: &str) -> Cell {
    match OrderId::parse(target) {
        Ok(_) => Cell::Link(desk.at(&format!("orders/{target}")), target.to_owned()),
        Err(_) => Cell::Mono(desk.word("target", target).to_owned()),
    }
}

/// `settings/audit`
///
/// # Errors
/// What the API answers instead.
pub async fn audit(desk: &Desk, filled: &Filled) -> Page {
    let mut path = "audit?limit=50".to_owned();
    if let Some(cursor) = desk.parameter("cursor") {
        path = format!("{path}&cursor={}", encode(&cursor));
    }
    let found: Value = desk.get(&path).await?;
    let rows = Doc(&found).list("/data").into_iter().map(|entry| Row {
        cells: vec![
            Cell::Time(entry.text("/at").to_owned()),
            Cell::Text(
                match (entry.text("/actor/kind"), entry.text("/actor/name")) {
                    (kind @ "owner", _) | (kind, "") => desk.word("actor", kind).to_owned(),
                    (_, name) => name.to_owned(),
                },
            ),
            Cell::Text(desk.word("did", entry.text("/act")).to_owned()),
            target(desk, entry.text("/target")),
            Cell::Lines(desk.changes(entry)),
        ],
        forms: Vec::new(),
    });
    let heads = [
        "orders.when",
        "audit.who",
        "audit.act",
        "audit.target",
        "audit.change",
    ];
    let heads = heads.map(|key| desk.t(key));
    let list = Card::new(desk.t("menu.audit")).hint(desk.t("audit.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("audit.none"));
    let next = Doc(&found).text("/next_cursor");
    if !next.is_empty() {
        let href = format!("{}?cursor={}", desk.here, encode(next));
        list.links.push((href, desk.t("orders.more").to_owned()));
    }
    page(desk, filled, "menu.audit", vec![list])
}
