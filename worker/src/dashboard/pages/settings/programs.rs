//! What programs use: API keys and webhook endpoints.

use serde_json::Value;

use super::{Card, Cell, Page, Row, is_open, page, sent};
use crate::api::endpoints::EVENTS;
use crate::api::may::Act;
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;

/// `settings/keys`
///
/// # Errors
/// What the API answers instead.
pub async fn keys(desk: &Desk, filled: &Filled) -> Page {
    let (keys, sealing) = futures_util::join!(desk.get("api_keys"), desk.try_get("sealing_keys"));
    let keys: Value = keys?;
    let manages = desk.may(Act::ManageKeys);
    let rows = Doc(&keys).list("/data").into_iter().map(|key| {
        let id = || Field::new(Kind::Hidden, "id", "", key.text("/id"));
        let hours = || Field::new(Kind::Hidden, "overlap_hours:number", "", "24");
        let forms = manages.then(|| {
            vec![
                Form::new(desk, filled, "key.roll", "keys.roll", vec![id(), hours()]).calm(),
                Form::new(desk, filled, "key.revoke", "keys.revoke", vec![id()]).danger(),
            ]
        });
        let used = key.text("/last_used_at");
        Row {
            cells: vec![
                Cell::Text(key.text("/label").to_owned()),
                Cell::Badge("", desk.word("key", key.text("/kind")).to_owned()),
                Cell::Mono(format!("…{}", key.text("/hint"))),
                Cell::Time(key.text("/created_at").to_owned()),
                match used {
                    "" => Cell::Text(desk.t("keys.unused").to_owned()),
                    // It is known to the day.
                    used => Cell::Text(used.get(..10).unwrap_or(used).to_owned()),
                },
            ],
            forms: forms.unwrap_or_default(),
        }
    });
    let heads = [
        "keys.label",
        "keys.kind",
        "keys.key",
        "keys.made",
        "keys.used",
    ];
    let heads = head_texts(desk, &heads, manages);
    let list = Card::new(desk.t("menu.keys")).hint(desk.t("keys.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("keys.none"));
    if manages {
        let kinds = ["secret", "publishable"];
        let kinds = kinds.map(|kind| (kind.to_owned(), desk.word("key", kind).to_owned()));
        let fields = vec![
            Field::new(Kind::Text, "label", desk.t("keys.label"), ""),
            Field::new(Kind::Choice, "kind", desk.t("keys.kind"), "secret")
                .options(kinds.to_vec())
                .hint(desk.t("keys.kind_hint")),
        ];
        let form = Form::new(desk, filled, "key.make", "keys.make", fields);
        list = list.fold(desk.t("keys.make_title"), form, is_open(filled, "key.make"));
    }
    let sealing = self::sealing(desk, filled, Doc(&sealing), manages);
    page(desk, filled, "menu.keys", vec![list, sealing])
}

/// The keys that cards are sealed to.
fn sealing(desk: &Desk, filled: &Filled, keys: Doc<'_>, manages: bool) -> Card {
    let rows = keys.list("/data").into_iter().map(|key| {
        let time = |path| match key.text(path) {
            "" => Cell::Text("–".to_owned()),
            at => Cell::Time(at.to_owned()),
        };
        let is_own = key.text("/source") == "store";
        let id = || Field::new(Kind::Hidden, "id", "", key.text("/id"));
        let remove = (manages && is_own && !key.is("/in_use"))
            .then(|| Form::new(desk, filled, "seal.remove", "form.remove", vec![id()]).danger());
        Row {
            cells: vec![
                Cell::Mono(key.text("/id").to_owned()),
                match (key.is("/in_use"), is_own) {
                    (true, _) => Cell::Badge("good", desk.t("keys.sealing_used").to_owned()),
                    (false, true) => Cell::Text(desk.t("keys.sealing_old").to_owned()),
                    (false, false) => Cell::Text(desk.t("keys.sealing_spare").to_owned()),
                },
                time("/created_at"),
                time("/ends_at"),
            ],
            forms: remove.into_iter().collect(),
        }
    });
    let heads = [
        "keys.sealing_id",
        "orders.state",
        "keys.made",
        "keys.sealing_until",
    ];
    let heads = head_texts(desk, &heads, manages);
    let card = Card::new(desk.t("keys.sealing")).hint(desk.t("keys.sealing_hint"));
    let card = card.table(&heads, rows.collect(), "");
    if !manages {
        return card;
    }
    card.button(Form::new(desk, filled, "seal.make", "keys.sealing_make", Vec::new()).calm())
}

/// The heads of a table; one more, empty, over the buttons.
pub(super) fn head_texts<'a>(desk: &'a Desk, keys: &[&'a str], buttons: bool) -> Vec<&'a str> {
    let mut heads: Vec<&str> = keys.iter().map(|key| desk.t(key)).collect();
    if buttons {
        heads.push("");
    }
    heads
}

/// `settings/webhooks`
///
/// # Errors
/// What the API answers instead.
pub async fn webhooks(desk: &Desk, filled: &Filled) -> Page {
    let found: Value = desk.get("webhook_endpoints").await?;
    let rows = Doc(&found).list("/data").into_iter().map(|endpoint| {
        let id = endpoint.text("/id");
        let place = format!("settings/webhooks/{id}");
        let (look, state) = match (endpoint.is("/enabled"), endpoint.has("/disabled")) {
            (true, _) => ("good", "hooks.on"),
            (false, true) => ("bad", "hooks.gone"),
            (false, false) => ("", "hooks.off"),
        };
        let events = match endpoint.has("/events") {
            true => endpoint.joined("/events", ", "),
            false => desk.t("hooks.all").to_owned(),
        };
        Row {
            cells: vec![
                Cell::Link(desk.at(&place), endpoint.text("/url").to_owned()),
                Cell::Badge(look, desk.t(state).to_owned()),
                Cell::Text(events),
            ],
            forms: Vec::new(),
        }
    });
    let heads = ["hooks.url", "orders.state", "hooks.events"].map(|key| desk.t(key));
    let list = Card::new(desk.t("menu.webhooks")).hint(desk.t("hooks.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("hooks.none"));
    if desk.may(Act::ManageEndpoints) {
        let form = Form::new(
            desk,
            filled,
            "hook.make",
            "hooks.make",
            fields(desk, Doc(&Value::Null)),
        );
        list = list.fold(
            desk.t("hooks.make_title"),
            form,
            is_open(filled, "hook.make"),
        );
    }
    page(desk, filled, "menu.webhooks", vec![list])
}

fn fields(desk: &Desk, endpoint: Doc<'_>) -> Vec<Field> {
    let types = EVENTS.iter().map(|e| ((*e).to_owned(), (*e).to_owned()));
    vec![
        Field::new(Kind::Url, "url", desk.t("hooks.url"), endpoint.text("/url")),
        Field::new(
            Kind::Text,
            "description",
            desk.t("hooks.description"),
            endpoint.text("/description"),
        )
        .optional(),
        Field::new(Kind::Hidden, "events:list", "", ""),
        Field::new(
            Kind::Checks,
            "events:list",
            desk.t("hooks.events"),
            &endpoint.joined("/events", ","),
        )
        .options(types.collect())
        .hint(desk.t("hooks.events_hint")),
    ]
}

/// `settings/webhooks/{id}`: an endpoint, and what was sent to it.
///
/// # Errors
/// What the API answers instead.
pub async fn webhook(desk: &Desk, filled: &Filled, id: &str) -> Page {
    let path = format!("webhook_endpoints/{}", encode(id));
    let deliveries = format!("{path}/deliveries?limit=50");
    let (endpoint, deliveries) = futures_util::join!(desk.get(&path), desk.try_get(&deliveries));
    let endpoint: Value = endpoint?;
    let endpoint = Doc(&endpoint);
    let rows = Doc(&deliveries).list("/data").into_iter().map(|d| {
        let event = Field::new(Kind::Hidden, "id", "", d.text("/event"));
        let again =
            || vec![Form::new(desk, filled, "event.redeliver", "order.resend", vec![event]).calm()];
        Row {
            cells: vec![
                Cell::Link(
                    format!("{}?event={}#sent", desk.here, encode(d.text("/event"))),
                    d.text("/type").to_owned(),
                ),
                Cell::Badge(
                    desk.look(d.text("/state")),
                    desk.word("delivery", d.text("/state")).to_owned(),
                ),
                Cell::Text(d.number("/tries").to_string()),
                Cell::More(
                    if d.has("/last_status") || d.has("/last_error") {
                        sent::status(desk, d.at("/last_status"))
                    } else {
                        String::new()
                    },
                    d.text("/response").to_owned(),
                ),
                Cell::Time(d.text("/created_at").to_owned()),
            ],
            forms: if desk.may(Act::Redeliver) {
                again()
            } else {
                Vec::new()
            },
        }
    });
    let heads = [
        "hooks.event",
        "orders.state",
        "hooks.tries",
        "hooks.answer",
        "orders.when",
    ];
    let heads = head_texts(desk, &heads, desk.may(Act::Redeliver));
    let sent = Card::new(desk.t("hooks.deliveries"));
    let mut sent = sent.table(&heads, rows.collect(), desk.t("hooks.no_deliveries"));
    if desk.may(Act::Redeliver) {
        let form = Form::new(
            desk,
            filled,
            "hook.redeliver",
            "hooks.redeliver",
            Vec::new(),
        )
        .calm();
        sent = sent.button(form);
    }
    let mut cards: Vec<Card> = sent::test(desk, filled).into_iter().collect();
    cards.extend(sent::again(desk).await);
    if desk.may(Act::ManageEndpoints) {
        let mut fields = fields(desk, endpoint);
        let on = if endpoint.is("/enabled") {
            "true"
        } else {
            "false"
        };
        fields.push(Field::new(Kind::Hidden, "enabled:flag", "", "false"));
        fields.push(Field::new(
            Kind::Check,
            "enabled:flag",
            desk.t("hooks.enabled"),
            on,
        ));
        let form = |act, submit, fields| Form::new(desk, filled, act, submit, fields);
        cards.push(
            Card::new(endpoint.text("/url"))
                .hint(desk.t("hooks.secret_hint"))
                .form(form("hook.edit", "form.save", fields))
                .button(form("hook.test", "hooks.test", Vec::new()).calm())
                .button(form("hook.rotate", "hooks.rotate", Vec::new()).calm())
                .button(form("hook.remove", "form.remove", Vec::new()).danger()),
        );
    }
    cards.push(sent);
    page(desk, filled, "menu.webhooks", cards)
}
