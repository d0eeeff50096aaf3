//! Accounts at channels. Their forms follow from what the channels declare.

use serde_json::Value;

use super::{Card, Cell, Page, Row, is_open, page};
use crate::api::may::Act;
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;

/// `settings/channels`
///
/// # Errors
/// What the API answers instead.
pub async fn list(desk: &Desk, filled: &Filled) -> Page {
    let (accounts, channels) = futures_util::join!(desk.get("accounts"), desk.try_get("channels"));
    let accounts: Value = accounts?;
    let rows = Doc(&accounts).list("/data").into_iter().map(|account| {
        let place = format!("settings/channels/{}", account.text("/id"));
        let (look, state) = match account.is("/enabled") {
            true => ("good", "channels.on"),
            false => ("", "channels.off"),
        };
        let name = desk.word("channel", account.text("/channel")).to_owned();
        Row {
            cells: vec![
                Cell::Link(desk.at(&place), name),
                Cell::Text(account.text("/label").to_owned()),
                Cell::Badge(look, desk.t(state).to_owned()),
                Cell::Time(account.text("/created_at").to_owned()),
            ],
            forms: Vec::new(),
        }
    });
    let heads = ["filter.channel", "keys.label", "orders.state", "keys.made"];
    let heads = heads.map(|key| desk.t(key));
    let list = Card::new(desk.t("channels.accounts")).hint(desk.t("channels.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("channels.none"));
    if desk.may(Act::ManageAccounts) {
        for channel in Doc(&channels).list("/data") {
            let id = channel.text("/id");
            let mut fields = vec![
                Field::new(Kind::Hidden, "channel", "", id),
                Field::new(Kind::Text, "label", desk.t("keys.label"), "")
                    .optional()
                    .hint(desk.t("channels.label_hint")),
            ];
            fields.extend(credentials(desk, channel, false));
            let mine = filled.fields.iter().any(|(n, v)| n == "channel" && v == id);
            let nothing = Filled::default();
            let filled = if mine { filled } else { &nothing };
            let title = desk.fill("channels.add", &[("channel", channel.text("/name"))]);
            let form = Form::new(desk, filled, "account.make", "channels.make", fields);
            list = list.fold(&title, form, is_open(filled, "account.make"));
        }
    }
    page(desk, filled, "menu.channels", vec![list])
}

/// The credentials of a channel as it declares them, in words that a merchant knows.
fn credentials(desk: &Desk, channel: Doc<'_>, may_stay: bool) -> Vec<Field> {
    let tag = desk.locale.tag();
    let said = |field: Doc<'_>, what: &str| field.text(&format!("/{what}/{tag}")).to_owned();
    let fields = channel.list("/fields").into_iter().map(|field| {
        let optional = may_stay || !field.is("/required");
        let suffix = if optional { ":optional" } else { "" };
        let name = format!("credentials.{}{suffix}", field.text("/name"));
        let kind = match field.text("/kind") {
            "secret" => Kind::Secret,
            "secret_area" => Kind::SecretArea,
            "area" => Kind::Area,
            "choice" => Kind::Choice,
            _ => Kind::Text,
        };
        let options = field.list("/options").into_iter();
        let options = options.map(|o| (o.text("").to_owned(), o.text("").to_owned()));
        let made = Field::new(kind, &name, &said(field, "label"), "");
        let made = made.hint(&said(field, "help")).options(options.collect());
        if optional { made.optional() } else { made }
    });
    fields.collect()
}

/// `settings/channels/{id}`
///
/// # Errors
/// What the API answers instead.
pub async fn account(desk: &Desk, filled: &Filled, id: &str) -> Page {
    let path = format!("accounts/{}", encode(id));
    let (account, channels) = futures_util::join!(desk.get(&path), desk.try_get("channels"));
    let account: Value = account?;
    let account = Doc(&account);
    let channels = Doc(&channels).list("/data");
    let mine = |c: &&Doc<'_>| c.text("/id") == account.text("/channel");
    let channel = channels
        .iter()
        .find(mine)
        .copied()
        .unwrap_or(Doc(&Value::Null));
    let mut about = Card::new(desk.word("channel", account.text("/channel")));
    account.text("/notice_url").clone_into(&mut about.code);
    about = about.hint(desk.t("channels.notice_hint"));
    let form = |act, submit, fields| Form::new(desk, filled, act, submit, fields);
    if desk.may(Act::CheckAccount) {
        about = about.button(form("account.check", "channels.check", Vec::new()));
    }
    let mut cards = vec![about];
    cards.extend(checked(desk, filled));
    if desk.may(Act::ManageAccounts) {
        let on = if account.is("/enabled") {
            "true"
        } else {
            "false"
        };
        let settings = vec![
            Field::new(
                Kind::Text,
                "label",
                desk.t("keys.label"),
                account.text("/label"),
            )
            .optional(),
            Field::new(Kind::Hidden, "enabled:flag", "", "false"),
            Field::new(Kind::Check, "enabled:flag", desk.t("channels.enabled"), on),
        ];
        cards.push(
            Card::new(desk.t("channels.settings"))
                .form(form("account.edit", "form.save", settings))
                .button(form("account.remove", "form.remove", Vec::new()).danger()),
        );
        let fields = credentials(desk, channel, false);
        cards.push(
            Card::new(desk.t("channels.credentials"))
                .hint(desk.t("channels.credentials_hint"))
                .form(form("account.credentials", "form.save", fields)),
        );
    }
    page(desk, filled, "menu.channels", cards)
}

/// What a check of the connection has found.
fn checked(desk: &Desk, filled: &Filled) -> Option<Card> {
    let answer = filled
        .answer
        .as_ref()
        .filter(|_| filled.act == "account.check")?;
    let answer = Doc(answer);
    let (look, word, said) = match answer.is("/ok") {
        true => ("good", "channels.ok", "channels.ok_text"),
        false => ("bad", "channels.not_ok", "channels.not_ok_text"),
    };
    let mut rows = vec![Row {
        cells: vec![
            Cell::Badge(look, desk.t(word).to_owned()),
            Cell::Text(desk.t(said).to_owned()),
        ],
        forms: Vec::new(),
    }];
    rows.extend(answer.list("/findings").into_iter().map(|finding| Row {
        cells: vec![
            Cell::Badge(
                "warn",
                desk.word("finding", finding.text("/code")).to_owned(),
            ),
            Cell::Text(desk.cause_text(&finding.at("/cause"), finding.text("/code"))),
        ],
        forms: Vec::new(),
    }));
    let heads = [desk.t("channels.result"), ""];
    Some(Card::new(desk.t("channels.check")).table(&heads, rows, ""))
}
