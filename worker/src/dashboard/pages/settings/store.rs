//! What the store is, what it sells, and what it writes to shoppers.

use serde_json::Value;

use super::programs::head_texts;
use super::{Card, Cell, Page, Row, is_open, page};
use crate::api::may::Act;
use crate::dashboard::desk::{Desk, encode};
use crate::dashboard::doc::Doc;
use crate::dashboard::fields::{Field, Form, Kind};
use crate::dashboard::filled::Filled;

/// `settings/store`
///
/// # Errors
/// What the API answers instead.
pub async fn store(desk: &Desk, filled: &Filled) -> Page {
    let (store, profile) =
        futures_util::join!(desk.try_get("store"), desk.try_get("store/profile"));
    let mut cards = vec![settings(desk, filled, Doc(&store))];
    cards.extend(profile_cards(desk, filled, Doc(&profile)));
    page(desk, filled, "menu.store", cards)
}

fn settings(desk: &Desk, filled: &Filled, store: Doc<'_>) -> Card {
    let origins = store.joined("/allowed_origins", "\n");
    let pairs = |group: &str, members: &[&str]| {
        let pair = |m: &&str| ((*m).to_owned(), desk.word(group, m).to_owned());
        members.iter().map(pair).collect::<Vec<_>>()
    };
    let lane = store.text("/card_lane/statement");
    let policy = |kind: &str, key: &str, choices: &[&str]| {
        let at = format!("irregular_payments.{kind}");
        let chosen = store.text(&format!("/{}", at.replace('.', "/")));
        Field::new(Kind::Choice, &at, desk.t(key), chosen).options(pairs("late", choices))
    };
    let fields = vec![
        Field::new(
            Kind::Text,
            "name",
            desk.t("store.name"),
            store.text("/name"),
        ),
        Field::new(
            Kind::Area,
            "allowed_origins:lines",
            desk.t("store.origins"),
            &origins,
        )
        .hint(desk.t("store.origins_hint"))
        .optional(),
        Field::new(
            Kind::Choice,
            "default_locale:null",
            desk.t("store.locale"),
            store.text("/default_locale"),
        )
        .options(pairs("locale", &["en", "zh-CN"])),
        Field::new(
            Kind::Text,
            "country:null",
            desk.t("store.country"),
            store.text("/country"),
        )
        .hint(desk.t("store.country_hint"))
        .optional(),
        policy("late", "store.late", &["refund", "hold", "accept"]).hint(desk.t("store.late_hint")),
        // Too little is never accepted.
        policy("short", "store.short", &["refund", "hold"]),
        policy("excess", "store.excess", &["refund", "hold", "accept"]),
        Field::new(
            Kind::Choice,
            "card_lane.statement",
            desk.t("store.lane"),
            lane,
        )
        .options(pairs("lane", &["", "saq_d_assessed"]))
        .hint(desk.t("store.lane_hint")),
        Field::new(
            Kind::Number,
            "tills:number",
            desk.t("store.tills"),
            &store.number("/tills").max(1).to_string(),
        )
        .hint(desk.t("store.tills_hint")),
    ];
    let card = Card::new(desk.t("store.settings"));
    if !desk.may(Act::ManageStore) {
        return card.hint(desk.t("problem.forbidden"));
    }
    card.form(Form::new(desk, filled, "store.put", "form.save", fields))
}

/// How many registrations the form has room for.
const REGISTRATIONS: usize = 3;

/// What a profile without colours is painted with.
const ACCENTS: [(&str, &str, &str); 2] = [
    ("accent", "store.colour", "#0b6b5d"),
    ("accent_dark", "store.colour_dark", "#5fd0ba"),
];

fn profile_cards(desk: &Desk, filled: &Filled, profile: Doc<'_>) -> Vec<Card> {
    if !desk.may(Act::ManageStore) {
        return Vec::new();
    }
    let text = |kind, name: &str, label: &str| {
        let pointer = format!("/{}", name.replace('.', "/"));
        let value = profile.text(&pointer);
        Field::new(kind, &format!("{name}:optional"), label, value).optional()
    };
    let card = |key: &str, act: &str, layout, fields| {
        let form = Form::new(desk, filled, act, "form.save", fields).layout(layout);
        let hint = format!("{key}_hint");
        Card::new(desk.t(key)).hint(desk.t(&hint)).form(form)
    };
    let about = [
        (Kind::Text, "names.en", "store.name_en"),
        (Kind::Text, "names.zh-CN", "store.name_zh"),
        (Kind::Text, "legal_name", "store.legal_name"),
        (Kind::Email, "contact.email", "store.email"),
        (Kind::Text, "contact.phone", "store.phone"),
        (Kind::Area, "contact.address", "store.address"),
        (Kind::Url, "contact.url", "store.url"),
    ];
    let about = about.map(|(kind, name, key)| text(kind, name, desk.t(key)));
    let mut looks: Vec<Field> = Vec::new();
    for (name, key, ours) in ACCENTS {
        let mut field = text(Kind::Color, &format!("colours.{name}"), desk.t(key));
        if field.value.is_empty() {
            ours.clone_into(&mut field.value);
        }
        looks.push(field);
    }
    let logo = Field::new(Kind::Logo, "logo", desk.t("store.logo"), "");
    looks.push(logo.hint(desk.t("store.logo_hint")).optional());
    if profile.has("/logo") {
        looks.push(Field::new(
            Kind::Check,
            "no_logo",
            desk.t("store.no_logo"),
            "",
        ));
    }
    let mut policies = Vec::new();
    for policy in ["returns", "refunds", "shipping", "privacy", "terms"] {
        for locale in ["en", "zh-CN"] {
            let (kind, tag) = (desk.word("policy", policy), desk.word("locale", locale));
            let name = format!("policies.{policy}.{locale}");
            policies.push(text(Kind::Area, &name, &format!("{kind} · {tag}")));
        }
    }
    let mut registrations = Vec::new();
    for number in 0..REGISTRATIONS {
        let field = |kind, what: &str, key: &str| {
            let label = format!("{} {}", desk.t(key), number + 1);
            text(kind, &format!("registrations.{number}.{what}"), &label)
        };
        let kinds = ["", "business_licence", "company", "tax", "vat"];
        let kinds = kinds.map(|k| (k.to_owned(), desk.word("registration", k).to_owned()));
        let kind = field(Kind::Choice, "kind", "store.registration");
        registrations.push(kind.options(kinds.to_vec()));
        registrations.push(field(Kind::Text, "number", "store.reg_number"));
        registrations.push(field(Kind::Text, "country", "store.reg_country"));
        registrations.push(field(Kind::Date, "expires_on", "store.reg_expires"));
    }
    let mut looks = card("store.looks", "profile.look", "", looks);
    looks.preview = desk.at("preview");
    vec![
        card("store.profile", "profile.about", "halves", about.to_vec()),
        looks,
        card("store.policies", "profile.policies", "halves", policies),
        card(
            "store.registrations",
            "profile.registrations",
            "quarters",
            registrations,
        ),
    ]
}

/// `settings/prices`
///
/// # Errors
/// What the API answers instead.
pub async fn prices(desk: &Desk, filled: &Filled) -> Page {
    let found: Value = desk.get("prices").await?;
    let manages = desk.may(Act::ManagePrices);
    let local = format!("/names/{}", desk.locale.tag());
    let rows = Doc(&found).list("/data").into_iter().map(|price| {
        let name = match price.text(&local) {
            "" => price.text("/name"),
            name => name,
        };
        let amounts: Vec<String> = price
            .list("/prices")
            .into_iter()
            .map(|m| desk.money(m))
            .collect();
        let sku = || Field::new(Kind::Hidden, "sku", "", price.text("/sku"));
        let (look, state) = match price.is("/active") {
            true => ("good", "prices.active"),
            false => ("", "prices.inactive"),
        };
        Row {
            cells: vec![
                Cell::Mono(price.text("/sku").to_owned()),
                if manages {
                    let here = desk.at("settings/prices");
                    let href = format!("{here}?sku={}#price-put-name", encode(price.text("/sku")));
                    Cell::Link(href, name.to_owned())
                } else {
                    Cell::Text(name.to_owned())
                },
                Cell::Text(amounts.join(" · ")),
                match price.at("/stock").0.as_u64() {
                    Some(0) => Cell::Badge("warn", desk.t("prices.sold_out").to_owned()),
                    Some(pieces) => Cell::Text(pieces.to_string()),
                    None => Cell::Text("–".to_owned()),
                },
                Cell::Badge(look, desk.t(state).to_owned()),
            ],
            forms: if manages {
                vec![Form::new(desk, filled, "price.remove", "form.remove", vec![sku()]).calm()]
            } else {
                Vec::new()
            },
        }
    });
    let heads = [
        "prices.sku",
        "prices.name",
        "prices.prices",
        "prices.left",
        "orders.state",
    ];
    let heads = head_texts(desk, &heads, manages);
    let list = Card::new(desk.t("menu.prices")).hint(desk.t("prices.hint"));
    let mut list = list.table(&heads, rows.collect(), desk.t("prices.none"));
    list.links.push((
        "/v1/prices.csv".to_owned(),
        desk.t("prices.export").to_owned(),
    ));
    if manages {
        list = product_form(desk, filled, list, Doc(&found));
        let csv =
            Field::new(Kind::Area, "csv", desk.t("prices.csv"), "").hint(desk.t("prices.csv_hint"));
        let form = Form::new(desk, filled, "prices.import", "prices.import", vec![csv]);
        list = list.fold(
            desk.t("prices.import_title"),
            form,
            is_open(filled, "prices.import"),
        );
    }
    let mut snippet = Card::new(desk.t("prices.snippet")).hint(desk.t("prices.snippet_hint"));
    snippet.code = format!(
        "<script async src=\"{}/causeway.js\"\n  data-cart='[{{\"sku\":\"SKU\",\"quantity\":1}}]'\n  data-key=\"pk_…\" data-currency=\"USD\"></script>",
        desk.app.origin
    );
    page(desk, filled, "menu.prices", vec![list, snippet])
}

/// The form of a product: of the one that the address names, or of a new one.
fn product_form(desk: &Desk, filled: &Filled, list: Card, book: Doc<'_>) -> Card {
    let chosen = desk.parameter("sku");
    let mut products = book.list("/data").into_iter();
    let known = products.find(|price| Some(price.text("/sku")) == chosen.as_deref());
    let price = known.unwrap_or(Doc(&Value::Null));
    let text = |name: &str, key: &str| {
        let pointer = name.split(':').next().unwrap_or_default().replace('.', "/");
        let value = price.text(&format!("/{pointer}"));
        Field::new(Kind::Text, name, desk.t(key), value)
    };
    let mut fields = vec![match known {
        Some(_) => Field::new(Kind::Hidden, "sku", "", price.text("/sku")),
        None => text("sku", "prices.sku"),
    }];
    fields.push(text("name", "prices.name"));
    fields.push(text("names.zh-CN:optional", "prices.name_zh").optional());
    for n in 0..=price.list("/prices").len().max(1) {
        let (key, kind) = if n == 0 {
            ("act.amount", "")
        } else {
            ("prices.second", ":optional")
        };
        let mut pair = [
            text(&format!("prices.{n}.amount{kind}"), key),
            text(&format!("prices.{n}.currency{kind}"), "filter.currency"),
        ];
        for field in &mut pair {
            field.optional = n > 0;
        }
        if n == 0 && known.is_none() {
            "USD".clone_into(&mut pair[1].value);
        }
        fields.extend(pair);
    }
    let states = [("true", "prices.active"), ("false", "prices.inactive")];
    let states = states.map(|(value, key)| (value.to_owned(), desk.t(key).to_owned()));
    let active = if price.at("/active").0 == false {
        "false"
    } else {
        "true"
    };
    fields.push(
        Field::new(Kind::Choice, "active:flag", desk.t("orders.state"), active)
            .options(states.to_vec()),
    );
    let stock = price.at("/stock").0.as_u64();
    let stock = stock.map(|pieces| pieces.to_string()).unwrap_or_default();
    if known.is_some() {
        // Pieces are sold while somebody types.
        let taken = price.at("/stock_taken").0.as_u64();
        let taken = taken.map(|pieces| pieces.to_string()).unwrap_or_default();
        fields.push(Field::new(Kind::Hidden, "stock_taken:count", "", &taken));
    }
    fields.push(
        Field::new(Kind::Number, "stock:count", desk.t("prices.stock"), &stock)
            .hint(desk.t("prices.stock_hint"))
            .optional(),
    );
    let title = match known {
        Some(_) => desk.fill("prices.change", &[("sku", price.text("/sku"))]),
        None => desk.t("prices.put").to_owned(),
    };
    let is_open = known.is_some() || is_open(filled, "price.put");
    let form = Form::new(desk, filled, "price.put", "form.save", fields).layout("halves");
    list.fold(&title, form, is_open)
}

/// What a message is about.
const MESSAGES: &[&str] = &[
    "paid",
    "shipped",
    "refund_asked",
    "refund_made",
    "refund_declined",
    "late_payment",
];

/// `settings/mail`
///
/// # Errors
/// What the API answers instead.
pub async fn mail(desk: &Desk, filled: &Filled) -> Page {
    let (sender, templates) = futures_util::join!(desk.get("mail"), desk.try_get("mail/templates"));
    let sender: Value = sender?;
    let manages = desk.may(Act::ManageMail);
    // A text that was only looked at comes back as it was typed, as if it had been refused.
    let mut filled = filled.clone();
    if filled.act == "mail.preview" {
        "mail.text".clone_into(&mut filled.act);
        filled.problem.get_or_insert_default();
    }
    let filled = &filled;
    let doc = Doc(&sender).at("/sender");
    let mut about = Card::new(desk.t("mail.sender")).hint(desk.t("mail.sender_hint"));
    if manages {
        let kinds = ["none", "http", "cloudflare"];
        let kinds = kinds.map(|k| (k.to_owned(), desk.word("sender", k).to_owned()));
        let shapes =
            ["mailgun", "postmark", "resend", "sendgrid"].map(|k| (k.to_owned(), k.to_owned()));
        let fields = vec![
            Field::new(Kind::Choice, "kind", desk.t("mail.kind"), doc.text("/kind"))
                .options(kinds.to_vec()),
            Field::new(
                Kind::Email,
                "from:optional",
                desk.t("mail.from"),
                doc.text("/from"),
            )
            .optional(),
            Field::new(
                Kind::Choice,
                "shape:optional",
                desk.t("mail.shape"),
                doc.text("/shape"),
            )
            .options(shapes.to_vec())
            .optional(),
            Field::new(
                Kind::Url,
                "url:optional",
                desk.t("mail.url"),
                doc.text("/url"),
            )
            .optional(),
            Field::new(Kind::Secret, "key:optional", desk.t("mail.key"), "").optional(),
        ];
        about = about.form(Form::new(desk, filled, "mail.put", "form.save", fields));
    }
    let mut texts = Card::new(desk.t("mail.texts")).hint(desk.t("mail.texts_hint"));
    if let Some(answer) = &filled.answer {
        let letter = ["/subject", "/text"]
            .map(|part| Doc(answer).text(part))
            .join("\n\n");
        texts.said = vec![(desk.t("mail.preview").to_owned(), letter)];
        texts.id = "sent";
    }
    if manages {
        for kind in MESSAGES {
            for locale in ["en", "zh-CN"] {
                let known = Doc(&templates).list("/data");
                let mine = |t: &&Doc<'_>| t.text("/kind") == *kind && t.text("/locale") == locale;
                let text = known
                    .iter()
                    .find(mine)
                    .copied()
                    .unwrap_or(Doc(&Value::Null));
                let fields = vec![
                    Field::new(Kind::Hidden, "kind", "", kind),
                    Field::new(Kind::Hidden, "locale", "", locale),
                    Field::new(
                        Kind::Text,
                        "subject",
                        desk.t("mail.subject"),
                        text.text("/subject"),
                    ),
                    Field::new(Kind::Area, "text", desk.t("mail.body"), text.text("/text")),
                ];
                let is = |name: &str, value: &str| {
                    filled.fields.iter().any(|(n, v)| n == name && v == value)
                };
                let nothing = Filled::default();
                let mine = is("kind", kind) && is("locale", locale);
                let filled = if mine { filled } else { &nothing };
                let title = format!(
                    "{} · {}",
                    desk.word("message", kind),
                    desk.word("locale", locale)
                );
                let form = Form::new(desk, filled, "mail.text", "form.save", fields)
                    .other("mail.preview", desk.t("mail.preview"));
                texts = texts.fold(&title, form, is_open(filled, "mail.text"));
            }
        }
    }
    page(desk, filled, "menu.mail", vec![about, texts])
}

/// The path of a text, from the form that changes it.
#[must_use]
pub fn text_path(kind: &str, locale: &str) -> String {
    format!("mail/templates/{}/{}", encode(kind), encode(locale))
}
