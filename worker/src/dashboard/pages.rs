//! The pages, one function each: what it asks the API for, and its template.

pub mod home;
pub mod me;
pub mod orders;
pub mod refunds;
pub mod settings;

use askama::Template;

use super::desk::Desk;
use super::filled::{Filled, Problem};

pub use settings::text_path;

/// A page, or what the API answered instead of what it needs.
pub type Page = Result<String, Problem>;

/// The frame round each page: written once, instead of in every page's template.
#[derive(Template)]
#[template(path = "dashboard/shell.html")]
struct Shell<'a> {
    s: &'a Desk,
    f: &'a Filled,
    title: &'a str,
    page: String,
}

/// Writes a page inside the frame of all pages.
///
/// # Errors
/// A problem without a cause that the reader could mend: templates are checked when they are
/// compiled.
pub fn write(desk: &Desk, filled: &Filled, title: &str, template: &impl Template) -> Page {
    let page = template.render().and_then(|page| {
        let shell = Shell {
            s: desk,
            f: filled,
            title,
            page,
        };
        shell.render()
    });
    page.map_err(|_| Problem {
        status: 500,
        code: "internal".to_owned(),
        detail: "the page could not be written".to_owned(),
        errors: Vec::new(),
    })
}

/// The page of a path below the mode; none where there is no such page.
///
/// # Errors
/// What the API answers instead of what the page shows.
pub async fn page(desk: &Desk, filled: &Filled, place: &[&str]) -> Result<Option<String>, Problem> {
    let page = match place {
        [] => home::home(desk, filled).await?,
        ["orders"] => orders::list(desk, filled).await?,
        ["orders", id] => orders::order(desk, filled, id).await?,
        ["me"] => me::me(desk, filled).await?,
        ["refunds"] => refunds::refunds(desk, filled).await?,
        ["settings", section] => return settings::section(desk, filled, section, None).await,
        ["settings", section, id] => {
            return settings::section(desk, filled, section, Some(id)).await;
        }
        _ => return Ok(None),
    };
    Ok(Some(page))
}

/// What went wrong with a page.
#[derive(Template)]
#[template(path = "dashboard/problem.html")]
struct ProblemPage<'a> {
    s: &'a Desk,
    title: &'a str,
    text: String,
}

/// The page that says why there is no page.
///
/// # Errors
/// As [`write()`].
pub fn problem(desk: &Desk, problem: &Problem) -> Page {
    let key = match (problem.status, problem.code.as_str()) {
        (403, "other_session") => "problem.other_session",
        (403, _) => "problem.forbidden",
        (404, _) => "problem.not_found",
        _ => "problem.other",
    };
    let title = desk.t(key);
    let page = ProblemPage {
        s: desk,
        title,
        text: desk.problem_text(problem),
    };
    write(desk, &Filled::default(), title, &page)
}
