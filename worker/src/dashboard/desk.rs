//! What every page of the dashboard needs: who looks, at which store and mode, in which language;
//! the API as this operator may use it; and the frame round each page.

use std::fmt;

use causeway_shared::id::Mode;
use causeway_shared::json;
use serde_json::Value;
use wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit};

use super::acts::field;
use super::doc::Doc;
use super::filled::{Filled, Problem};

use crate::api;
use crate::api::auth::Caller;
use crate::api::may::Act;
use crate::app::App;
use crate::error::AppError;
use crate::page::{Locale, Texts};

/// Texts that name the pages of the menu, their paths below the mode, and what one must be allowed
/// to do to see them. A path that ends a heading's group begins another.
const MENU: &[(&str, &str, Act)] = &[
    ("menu.home", "", Act::ReadOrders),
    ("menu.orders", "orders", Act::ReadOrders),
    ("menu.refunds", "refunds", Act::ReadOrders),
    ("menu.store", "settings/store", Act::ReadSettings),
    ("menu.channels", "settings/channels", Act::ReadSettings),
    ("menu.prices", "settings/prices", Act::ReadSettings),
    ("menu.keys", "settings/keys", Act::ReadKeys),
    ("menu.webhooks", "settings/webhooks", Act::ReadSettings),
    ("menu.mail", "settings/mail", Act::ReadSettings),
    ("menu.team", "settings/team", Act::ReadOperators),
    ("menu.audit", "settings/audit", Act::ReadAudit),
];

/// Who looks, and at what.
pub struct Desk {
    /// The request.
    pub app: App,
    /// The operator, as the API knows them.
    pub caller: Caller,
    /// What forms carry so that no other site can send them.
    pub csrf: String,
    /// The language.
    pub locale: Locale,
    /// The path of this page.
    pub here: String,
    /// The words after the mode.
    pub place: String,
    /// The search part of the address, without its question mark.
    pub search: String,
    /// What stands in the search field.
    pub query: String,
    /// The name of the store.
    pub store_name: String,
    /// The operator's name.
    pub operator_name: String,
    /// Where the built files are: style, script, chart.
    pub css: String,
    /// The script of every page.
    pub js: String,
    /// The script that draws charts.
    pub chart_js: String,
    /// Where changes of orders begin that a page with orders does not show yet.
    pub since: String,
}

/// Without what lets a form be sent, and what was searched for.
impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Desk({})", self.place)
    }
}

/// An entry of the menu.
#[derive(Debug)]
pub struct MenuItem {
    /// Stands before it.
    pub heading: Option<String>,
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub text: String,
    /// Whether this page is it.
    pub current: bool,
}

impl Desk {
    /// Reads from the API what this operator may read.
    ///
    /// # Errors
    /// What the API answers instead.
    pub async fn get(&self, path: &str) -> Result<Value, Problem> {
        self.ask(Method::Get, path, None, None).await
    }

    /// Reads, where a page has something to show without it: null if that fails.
    pub async fn try_get(&self, path: &str) -> Value {
        self.get(path).await.unwrap_or(Value::Null)
    }

    /// Uses the API as a program would, with the same checks.
    ///
    /// # Errors
    /// What the API answers instead.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Value, Problem> {
        let failed =
            |error: AppError| Problem::read(error.status(), &error.problem(&self.app.request_id));
        let request = request(method, path, body, key).map_err(failed)?;
        let path = request.path();
        let parts: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
        let answer = api::serve(&self.app, self.caller.clone(), request, &parts).await;
        let mut response = answer.map_err(failed)?;
        let text = response.text().await.map_err(|e| failed(e.into()))?;
        let value = json::from_str(&text).unwrap_or(Value::Null);
        match response.status_code() {
            200..=299 => Ok(value),
            status => Err(Problem::read(status, &value)),
        }
    }

    /// The text of a key.
    #[must_use]
    pub fn t<'a>(&self, key: &'a str) -> &'a str {
        Texts::of_dashboard(self.locale).get(key)
    }

    /// The text of a key, where there is one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<String> {
        let text = Texts::of_dashboard(self.locale).find(key);
        text.map(str::to_owned)
    }

    /// The text of a group's member, such as a state; the member itself where there is none.
    #[must_use]
    pub fn word<'a>(&self, group: &str, member: &'a str) -> &'a str {
        let words = Texts::of_dashboard(self.locale);
        words.find(&format!("{group}.{member}")).unwrap_or(member)
    }

    /// A text with its gaps filled.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        Texts::of_dashboard(self.locale).fill(key, values)
    }

    /// What is wrong with a field, in the operator's language where there is a text for the code.
    #[must_use]
    pub fn error_text(&self, code: &str, detail: &str) -> String {
        let known = Texts::of_dashboard(self.locale).find(&format!("error.{code}"));
        match (self.locale, known) {
            (Locale::En, _) | (_, None) => {
                let mut letters = detail.chars();
                let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
                format!("{}{}", first.unwrap_or_default(), letters.as_str())
            }
            (Locale::ZhCn, Some(text)) => text.to_owned(),
        }
    }

    /// Why something could not be done.
    #[must_use]
    pub fn problem_text(&self, problem: &Problem) -> String {
        let lines = problem.errors.iter().filter_map(|(pointer, code, detail)| {
            // In a table the pointer is `/LINE/COLUMN`.
            let (line, column) = pointer.strip_prefix('/')?.split_once('/')?;
            line.parse::<u32>().ok()?;
            let wrong = self.error_text(code, detail);
            Some(format!("{line}, {column}: {wrong}"))
        });
        let lines: Vec<String> = lines.take(20).collect();
        if !lines.is_empty() {
            return self.fill("problem.lines", &[("lines", &lines.join("; "))]);
        }
        if !problem.errors.is_empty() {
            return self.t("problem.fields").to_owned();
        }
        self.error_text(&problem.code, &problem.detail)
    }

    /// An amount for this reader.
    #[must_use]
    pub fn money(&self, amount: Doc<'_>) -> String {
        amount.price("").display(self.locale)
    }

    /// A moment, to be read without a script: UTC to the minute. The script writes it for the
    /// reader's clock.
    #[must_use]
    pub fn time(&self, moment: &str) -> String {
        let minute = moment.get(..16).unwrap_or(moment).replace('T', " ");
        if minute.is_empty() {
            return minute;
        }
        format!("{minute} UTC")
    }

    /// How the badge of a state looks.
    #[must_use]
    pub fn look(&self, state: &str) -> &'static str {
        match state {
            "paid" | "settled" | "done" | "approved" | "delivered" | "ok" => "good",
            "created" | "expired" | "cancelled" | "closed" | "off" => "",
            "declined" | "failed" | "refused" => "bad",
            "partly_refunded" | "refunded" | "live" => "info",
            _ => "warn",
        }
    }

    /// What kind of entry of an order's history it is: a refund's states are its own.
    #[must_use]
    pub fn entry_kind<'a>(&self, entry: &Doc<'a>) -> &'a str {
        match (entry.text("/kind"), entry.text("/code").split_once('.')) {
            ("state", Some(("refund", _))) => "refund",
            (kind, _) => kind,
        }
    }

    /// What an entry of an order's history says, in words where there are any.
    #[must_use]
    pub fn entry_word(&self, entry: &Doc<'_>) -> String {
        let code = entry.text("/code");
        let group = match (entry.text("/kind"), code.split_once('.')) {
            ("state", Some(("order", _))) => "state",
            ("state", Some(("refund", _))) => "refund",
            ("attempt", _) => "attempt",
            ("act", _) => "act",
            ("webhook", _) => return code.to_owned(),
            _ => return String::new(),
        };
        self.word(group, entry.last("/code")).to_owned()
    }

    /// The path of a page in this mode.
    #[must_use]
    pub fn at(&self, place: &str) -> String {
        self.in_mode(self.caller.mode, place)
    }

    fn in_mode(&self, mode: Mode, place: &str) -> String {
        let path = format!("/dashboard/{}/{place}", mode.as_str());
        path.trim_end_matches('/').to_owned()
    }

    /// Whether this page is it, or below it.
    #[must_use]
    pub fn is_at(&self, place: &str) -> bool {
        self.place == place || (!place.is_empty() && self.place.starts_with(&format!("{place}/")))
    }

    /// Whether the money is play money.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.caller.mode == Mode::Test
    }

    /// This kind of page with the other money. An order is in one of them only.
    #[must_use]
    pub fn mode_href(&self, mode: &str) -> String {
        let mode = if mode == "live" {
            Mode::Live
        } else {
            Mode::Test
        };
        let place = match self.place.split_once('/') {
            Some(("settings", _)) | None => self.place.as_str(),
            Some((list, _)) => list,
        };
        self.in_mode(mode, place)
    }

    /// The address of this page, to come back to.
    #[must_use]
    pub fn here_encoded(&self) -> String {
        encode(&self.here_with(""))
    }

    /// The address of this page with what it shows, and one parameter more; `done` of before is left
    /// out.
    #[must_use]
    pub fn here_with(&self, more: &str) -> String {
        let shown = self
            .search
            .split('&')
            .filter(|pair| !pair.starts_with("done="));
        let pairs: Vec<&str> = shown
            .chain([more])
            .filter(|pair| !pair.is_empty())
            .collect();
        if pairs.is_empty() {
            return self.here.clone();
        }
        format!("{}?{}", self.here, pairs.join("&"))
    }

    /// Where a step of the onboarding is done.
    #[must_use]
    pub fn place_of(&self, step: &str) -> &'static str {
        match step {
            "channel_account" | "connection" => "settings/channels",
            "webhook_endpoint" => "settings/webhooks",
            "api_key" => "settings/keys",
            "price_book" => "settings/prices",
            "operator" => "settings/team",
            "mail" => "settings/mail",
            _ => "settings/store",
        }
    }

    /// What is to be mended, of which `of` tells, in the operator's language. Where the cause does
    /// not say what to do, `advice` is what helps with its kind.
    #[must_use]
    pub fn cause_text(&self, of: &Doc<'_>, advice: &str) -> String {
        let key = format!("cause.{}", of.text("/code"));
        let values = of.at("/values").0.as_object().into_iter().flatten();
        let mut values: Vec<(&str, &str)> = values
            .map(|(name, value)| {
                let value = value.as_str().unwrap_or_default();
                match name.as_str() {
                    "account" => ("account", self.account_name(value)),
                    "kind" => ("kind", self.word("registration", value)),
                    name => (name, value),
                }
            })
            .collect();
        values.push(("advice", self.word("advice", advice)));
        self.fill(&key, &values)
    }

    /// What the merchant calls an account; its id where they call it nothing.
    fn account_name<'a>(&'a self, id: &'a str) -> &'a str {
        let mut accounts = self.caller.config.accounts.iter();
        let known = accounts.find(|a| a.id.as_str() == id && !a.label.is_empty());
        known.map_or(id, |account| &account.label)
    }

    /// Whether this operator may do something; buttons that would be refused are not there.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        self.caller.allow(act).is_ok()
    }

    /// The pages that this operator may see.
    #[must_use]
    pub fn menu(&self) -> Vec<MenuItem> {
        let items = MENU.iter().filter(|(_, _, act)| self.may(*act));
        let mut settings = false;
        let items = items.map(|(key, place, _)| {
            let heading = !settings && place.starts_with("settings/");
            settings |= heading;
            MenuItem {
                heading: heading.then(|| self.t("menu.settings").to_owned()),
                href: self.at(place),
                text: self.t(key).to_owned(),
                current: self.is_at(place),
            }
        });
        items.collect()
    }

    /// What the operator is.
    #[must_use]
    pub fn role_name(&self) -> &str {
        self.word(
            "role",
            self.caller.role.map_or("owner", |role| role.as_str()),
        )
    }

    /// The language to change to.
    #[must_use]
    pub fn other_locale(&self) -> Locale {
        match self.locale {
            Locale::En => Locale::ZhCn,
            Locale::ZhCn => Locale::En,
        }
    }

    /// What was just done, told after a redirect.
    #[must_use]
    pub fn done(&self) -> Option<&str> {
        let act = self.parameter("done")?;
        Texts::of_dashboard(self.locale).find(&format!("done.{act}"))
    }

    /// Where to go after a form was accepted, with what the page needs to say about it.
    #[must_use]
    pub fn done_at(&self, path: &str, filled: &Filled) -> String {
        let field = |name| field(&filled.fields, name);
        let more = match filled.act.as_str() {
            "event.redeliver" => format!("&event={}", encode(field("id"))),
            "views.save" | "views.change" => {
                format!("&view={}&{}", encode(field("name")), field("query"))
            }
            _ => String::new(),
        };
        format!("{path}?done={}{more}", encode(&filled.act))
    }

    /// A parameter of the address.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self
            .search
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| decode(value))
    }
}

/// Percent-decodes a value of a search string; what cannot be decoded stays.
#[must_use]
pub fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    js_sys::decode_uri_component(&text).map_or(text, String::from)
}

/// Percent-encodes a value of a search string.
#[must_use]
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

fn request(
    method: Method,
    path: &str,
    body: Option<&Value>,
    key: Option<&str>,
) -> Result<Request, AppError> {
    let headers = Headers::new();
    let mut init = RequestInit::new();
    if let Some(body) = body {
        // A text alone is a table.
        let (kind, text) = match body {
            Value::String(table) => ("text/csv", table.clone()),
            body => ("application/json", body.to_string()),
        };
        headers.set("content-type", kind)?;
        init.with_body(Some(JsValue::from_str(&text)));
    }
    if let Some(key) = key {
        headers.set("idempotency-key", key)?;
    }
    init.with_method(method).with_headers(headers);
    Ok(Request::new_with_init(
        &format!("https://api.invalid/v1/{path}"),
        &init,
    )?)
}
