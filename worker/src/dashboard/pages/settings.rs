//! Settings: cards of what is set, with the forms that change it. One template writes them all.

mod channels;
mod programs;
mod sent;
mod store;
mod team;

use askama::Template;

use super::{Page, write};
use crate::dashboard::desk::Desk;
use crate::dashboard::fields::Form;
use crate::dashboard::filled::{Filled, Problem};

pub use sent::again as sent_again;
pub use store::text_path;

/// A part of a settings page.
#[derive(Debug, Default)]
pub struct Card {
    title: String,
    hint: String,
    heads: Vec<String>,
    rows: Vec<Row>,
    empty: String,
    folds: Vec<Fold>,
    /// Forms of a button alone, in a row.
    buttons: Vec<Form>,
    code: String,
    /// Other text as it stands, each under a title.
    said: Vec<(String, String)>,
    links: Vec<(String, String)>,
    /// Where the frame is that shows what its form changes.
    preview: String,
    id: &'static str,
    /// Whether it will change by itself in a moment.
    soon: bool,
}

impl Card {
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }

    /// A table: what its columns are called, its rows, and what is said without any.
    fn table(mut self, heads: &[&str], rows: Vec<Row>, empty: &str) -> Self {
        self.heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.rows = rows;
        empty.clone_into(&mut self.empty);
        self
    }

    /// A form that is always open.
    fn form(mut self, form: Form) -> Self {
        self.folds.push(Fold {
            title: String::new(),
            form,
            open: true,
        });
        self
    }

    /// A form of a button alone.
    fn button(mut self, form: Form) -> Self {
        self.buttons.push(form);
        self
    }

    /// A form behind its name.
    fn fold(mut self, title: &str, form: Form, open: bool) -> Self {
        self.folds.push(Fold {
            title: title.to_owned(),
            form,
            open,
        });
        self
    }
}

/// A row of a table.
#[derive(Debug, Default)]
pub struct Row {
    cells: Vec<Cell>,
    forms: Vec<Form>,
}

/// A cell of a table.
#[derive(Debug)]
pub enum Cell {
    /// A word on a coloured ground: look and word.
    Badge(&'static str, String),
    /// Words, and more for those who look closely.
    More(String, String),
    /// Words, one line each.
    Lines(Vec<String>),
    /// Something that leads on: address and text.
    Link(String, String),
    /// Something to be copied.
    Mono(String),
    /// Words.
    Text(String),
    /// A moment, as the API writes it.
    Time(String),
}

#[derive(Debug)]
struct Fold {
    title: String,
    form: Form,
    open: bool,
}

#[derive(Template)]
#[template(path = "dashboard/settings.html")]
struct Settings<'a> {
    title: &'a str,
    cards: Vec<CardView<'a>>,
}

/// A card as it stands in a page.
#[derive(Template)]
#[template(path = "dashboard/card.html")]
pub struct CardView<'a> {
    s: &'a Desk,
    card: Card,
}

impl askama::filters::HtmlSafe for CardView<'_> {}

impl<'a> CardView<'a> {
    /// A card of a page.
    #[must_use]
    pub fn new(s: &'a Desk, card: Card) -> Self {
        Self { s, card }
    }
}

pub(super) fn page(desk: &Desk, filled: &Filled, title: &str, cards: Vec<Card>) -> Page {
    let title = desk.t(title);
    let page = Settings {
        title,
        cards: cards.into_iter().map(|c| CardView::new(desk, c)).collect(),
    };
    write(desk, filled, title, &page)
}

/// Whether a form of the page came back refused, and is open therefore.
fn is_open(filled: &Filled, act: &str) -> bool {
    filled.act == act && filled.problem.is_some()
}

/// A page of the settings; none where there is no such section.
///
/// # Errors
/// What the API answers instead.
pub async fn section(
    desk: &Desk,
    filled: &Filled,
    section: &str,
    id: Option<&str>,
) -> Result<Option<String>, Problem> {
    let page = match (section, id) {
        ("store", None) => store::store(desk, filled).await?,
        ("prices", None) => store::prices(desk, filled).await?,
        ("mail", None) => store::mail(desk, filled).await?,
        ("channels", None) => channels::list(desk, filled).await?,
        ("channels", Some(id)) => channels::account(desk, filled, id).await?,
        ("keys", None) => programs::keys(desk, filled).await?,
        ("webhooks", None) => programs::webhooks(desk, filled).await?,
        ("webhooks", Some(id)) => programs::webhook(desk, filled, id).await?,
        ("team", None) => team::team(desk, filled).await?,
        ("audit", None) => team::audit(desk, filled).await?,
        _ => return Ok(None),
    };
    Ok(Some(page))
}
