//! Forms as data: one template writes them all, with what was typed and what is wrong with it.
//!
//! A field's name is the JSON pointer of what it sets in the API's body, with dots for slashes,
//! and says what it is where that is no text: `tills:number`, `enabled:flag`, `events:list`,
//! `allowed_origins:lines`, `amount:optional` (left out when empty) and the number `stock:count`
//! (null when empty).

use std::fmt;

use askama::Template;

use super::desk::Desk;
use super::doc::Doc;
use super::filled::Filled;

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Several lines.
    Area,
    /// Yes or no.
    Check,
    /// Any of the options.
    Checks,
    /// One of the options.
    Choice,
    /// A colour.
    Color,
    /// A day.
    Date,
    /// An e-mail address.
    Email,
    /// Not shown.
    Hidden,
    /// How many of each line of an order; see [`Line`].
    Lines,
    /// A picture, which the script reads into `NAME.type` and `NAME.data`.
    Logo,
    /// A number.
    Number,
    /// One line that is never sent back.
    Secret,
    /// Several lines that are never sent back.
    SecretArea,
    /// One line.
    Text,
    /// An address on the web.
    Url,
}

/// A line of an order, of which some can be chosen.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place in the order.
    pub index: usize,
    /// What it is.
    pub name: String,
    /// What one costs, for the script and for people.
    pub price: (String, String),
    /// How many there are to choose from.
    pub most: i64,
    /// How many are chosen.
    pub chosen: String,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it sets; see the module.
    pub name: String,
    /// What is asked for.
    pub label: String,
    /// How to answer, or where to find it.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Value and text of each option.
    pub options: Vec<(String, String)>,
    /// What can be chosen by number.
    pub lines: Vec<Line>,
    /// Whether it may stay empty.
    pub optional: bool,
    /// Its id in the page.
    pub id: String,
    /// Whether it is the first that is wrong.
    has_focus: bool,
    kind: Kind,
}

impl Field {
    /// A field with a label.
    #[must_use]
    pub fn new(kind: Kind, name: &str, label: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: String::new(),
            value: value.to_owned(),
            error: None,
            options: Vec::new(),
            lines: Vec::new(),
            optional: false,
            id: String::new(),
            has_focus: false,
            kind,
        }
    }

    /// Adds how to answer.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }

    /// Adds what can be chosen.
    #[must_use]
    pub fn options(mut self, options: Vec<(String, String)>) -> Self {
        self.options = options;
        self
    }

    /// Says that it may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    fn is_hidden(&self) -> bool {
        self.kind == Kind::Hidden
    }

    fn is_check(&self) -> bool {
        self.kind == Kind::Check
    }

    fn is_checks(&self) -> bool {
        self.kind == Kind::Checks
    }

    fn is_area(&self) -> bool {
        matches!(self.kind, Kind::Area | Kind::SecretArea)
    }

    fn is_choice(&self) -> bool {
        self.kind == Kind::Choice
    }

    fn is_logo(&self) -> bool {
        self.kind == Kind::Logo
    }

    fn is_lines(&self) -> bool {
        self.kind == Kind::Lines
    }

    fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret | Kind::SecretArea)
    }

    /// Whether it comes back as it was sent. The key of an act does: sent again, it is the same act.
    /// So does the stock of which the form told, to which the typed one belongs.
    fn is_typed(&self) -> bool {
        let is_kept = matches!(self.name.as_str(), "key" | "stock_taken:count");
        !self.is_secret() && (!self.is_hidden() || is_kept)
    }

    fn has(&self, option: &str) -> bool {
        self.value.split(',').any(|value| value == option)
    }

    fn input_type(&self) -> &'static str {
        match self.kind {
            Kind::Color => "color",
            Kind::Date => "date",
            Kind::Email => "email",
            Kind::Logo => "file",
            Kind::Number => "number",
            Kind::Secret => "password",
            Kind::Url => "url",
            Kind::Area
            | Kind::Check
            | Kind::Checks
            | Kind::Choice
            | Kind::Hidden
            | Kind::Lines
            | Kind::SecretArea
            | Kind::Text => "text",
        }
    }

    /// Ties it to what is said about it.
    fn described(&self) -> String {
        if self.error.is_none() && self.hint.is_empty() {
            return String::new();
        }
        format!(" aria-describedby=\"{}-said\"", self.id)
    }

    fn invalid(&self) -> &'static str {
        match self.error {
            Some(_) => " aria-invalid=\"true\"",
            None => "",
        }
    }

    /// Attributes that need no escaping: an id is made of our own names.
    fn attributes(&self) -> String {
        let mut text = self.described();
        text.push_str(self.invalid());
        if self.has_focus {
            text.push_str(" autofocus");
        }
        if self.is_secret() {
            // What was typed stays in the browser; the server never sends it back.
            text.push_str(" autocomplete=\"off\" data-secret");
        }
        if self.kind == Kind::Logo {
            text.push_str(" accept=\"image/png,image/jpeg,image/webp\"");
        }
        let may_be_empty = self.options.iter().any(|(value, _)| value.is_empty());
        if !self.optional && !self.is_secret() && !may_be_empty {
            text.push_str(" required");
        }
        text
    }
}

/// A form.
#[derive(Template)]
#[template(path = "dashboard/form.html")]
pub struct Form {
    action: String,
    act: String,
    csrf: String,
    submit: String,
    optional: String,
    look: &'static str,
    /// How its fields stand: below one another, unless it says otherwise.
    layout: &'static str,
    fields: Vec<Field>,
    has_secrets: bool,
    /// What it will do, said above its button.
    note: String,
    /// What is asked before it does; empty where nothing is.
    ask: String,
    /// The button's words with a gap for the amount that is typed, and its currency.
    sum: Option<(String, String)>,
    /// What another button does with the same fields, and its words.
    other: Option<(&'static str, String)>,
}

impl askama::filters::HtmlSafe for Form {}

/// Without what lets it be sent.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({})", self.act)
    }
}

impl Form {
    /// A form that does `act` on this page. What was typed before stands in it again.
    #[must_use]
    pub fn new(desk: &Desk, filled: &Filled, act: &str, submit: &str, fields: Vec<Field>) -> Self {
        let mut fields = fields;
        let whose = whose(&fields);
        let mut is_focused = false;
        for field in &mut fields {
            field.id = format!("{act}-{whose}{}", field.name)
                .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            if let Some(typed) = filled.typed(act, &field.name)
                && field.is_typed()
            {
                field.value = typed;
            }
            if field.is_hidden() {
                continue;
            }
            for line in &mut field.lines {
                if let Some(typed) = filled.typed(act, &format!("item-{}", line.index)) {
                    line.chosen = typed;
                }
            }
            let wrong = filled.wrong(act, &field.name);
            field.error = wrong.map(|(code, detail)| match code {
                "wrong_form" if field.name.contains("amount") => desk.error_text("amount", detail),
                code => desk.error_text(code, detail),
            });
            field.has_focus = field.error.is_some() && !is_focused;
            is_focused |= field.has_focus;
        }
        // What is wrong with a table, or with a part of an address, is wrong with its only field.
        let mut shown = fields.iter_mut().filter(|field| !field.is_hidden());
        if let (false, Some(only), None) = (is_focused, shown.next(), shown.next()) {
            only.error = filled.wrong_as_whole(act).map(str::to_owned);
            only.has_focus = only.error.is_some();
        }
        Self {
            action: desk.here_with(""),
            act: act.to_owned(),
            csrf: desk.csrf.clone(),
            submit: desk.t(submit).to_owned(),
            optional: desk.t("form.optional").to_owned(),
            look: "first",
            layout: "",
            has_secrets: fields.iter().any(Field::is_secret),
            fields,
            note: String::new(),
            ask: desk.find(&format!("ask.{act}")).unwrap_or_default(),
            sum: None,
            other: None,
        }
    }

    /// Adds a button that does something else with the same fields.
    #[must_use]
    pub fn other(mut self, act: &'static str, words: &str) -> Self {
        self.other = Some((act, words.to_owned()));
        self
    }

    /// Says above the button what it will do.
    #[must_use]
    pub fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    /// A button that names the amount that is typed. `words` has a gap for it, `{amount}`.
    #[must_use]
    pub fn sum(mut self, desk: &Desk, words: &str, amount: Doc<'_>) -> Self {
        self.submit = desk.fill(words, &[("amount", &desk.money(amount))]);
        let words = desk.fill(words, &[("amount", "{amount}")]);
        self.sum = Some((words, amount.text("/currency").to_owned()));
        self
    }

    /// A form whose button warns.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.look = "danger";
        self
    }

    /// A form whose fields stand side by side where there is room: `halves` or `quarters`.
    #[must_use]
    pub fn layout(mut self, layout: &'static str) -> Self {
        self.layout = layout;
        self
    }

    /// A form whose button stands back.
    #[must_use]
    pub fn calm(mut self) -> Self {
        self.look = "";
        self
    }
}

/// What the form is about, where a page has several of its act: the beginning of its fields' ids.
fn whose(fields: &[Field]) -> String {
    let hidden = fields.iter().filter(|field| field.is_hidden());
    let named =
        hidden.filter(|field| matches!(field.name.as_str(), "channel" | "id" | "kind" | "locale"));
    named.map(|field| format!("{}-", field.value)).collect()
}
