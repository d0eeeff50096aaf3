//! The small pages round a payment: leaving for a gateway, the issuer's page, the way back, and
//! what went wrong.
//!
//! Each works with no script at all. What their CSP has to allow: `leave` posts or links to
//! `action`'s origin (`form-action`), `challenge` frames the issuer (`frame-src https:`).

use askama::Template;

use super::texts::Texts;
use super::{Locale, PageError, Price};

/// Paths of the built files of the small pages, from the site's manifest.
#[derive(Clone, Debug)]
pub struct PageAssets {
    /// The style sheet made of `www/pages/pages.css`.
    pub css: String,
    /// The script made of `www/pages/leave.js`, which goes on without a click.
    pub leave_js: String,
}

/// How the browser goes to the gateway.
#[derive(Clone, Debug)]
pub enum Way {
    /// A form with these fields, in order.
    Post(Vec<(String, String)>),
    /// A plain address: for gateways that want to see the page that the shopper comes from.
    Link,
}

/// The page that leaves for a gateway.
#[derive(Clone, Debug)]
pub struct LeaveView {
    /// The language.
    pub locale: Locale,
    /// `alipay`, `wechat_pay` or `card`: the method whose name is shown.
    pub method: String,
    /// What is to be paid.
    pub total: Price,
    /// The gateway's address.
    pub action: String,
    /// Form or link.
    pub way: Way,
    /// Where the built files are.
    pub assets: PageAssets,
}

/// Writes the page that leaves for a gateway: by itself, or by its button where scripts fail.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_leave_form(view: &LeaveView) -> Result<String, PageError> {
    let texts = Texts::of(view.locale);
    let method_key = format!("method.{}", view.method);
    let channel = texts.get(&method_key).to_owned();
    let total = view.total.display(view.locale);
    let fill = |key| texts.fill(key, &[("channel", &channel), ("total", &total)]);
    let fields = match &view.way {
        Way::Post(fields) => fields.as_slice(),
        Way::Link => &[],
    };
    let page = LeavePage {
        locale: view.locale,
        css: &view.assets.css,
        js: &view.assets.leave_js,
        title: fill("leave_page.title"),
        text: fill("leave_page.text"),
        go: fill("leave_page.go"),
        action: &view.action,
        post: matches!(view.way, Way::Post(_)),
        fields,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "pages/leave.html")]
struct LeavePage<'a> {
    locale: Locale,
    css: &'a str,
    js: &'a str,
    title: String,
    text: String,
    go: String,
    action: &'a str,
    post: bool,
    fields: &'a [(String, String)],
}

/// The page that holds the issuer's page in a frame of its own.
#[derive(Clone, Debug)]
pub struct ChallengeView {
    /// The language.
    pub locale: Locale,
    /// The issuer's (or the gateway's) address.
    pub url: String,
    /// Where the built files are.
    pub assets: PageAssets,
}

/// Writes the page that holds the issuer's page.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_challenge(view: &ChallengeView) -> Result<String, PageError> {
    let page = ChallengePage {
        locale: view.locale,
        css: &view.assets.css,
        title: Texts::of(view.locale).get("challenge_page.title"),
        url: &view.url,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "pages/challenge.html")]
struct ChallengePage<'a> {
    locale: Locale,
    css: &'a str,
    title: &'a str,
    url: &'a str,
}

/// The page that a gateway sends the shopper back to. It proves nothing, and says so.
#[derive(Clone, Debug)]
pub struct ReturnedView {
    /// The language.
    pub locale: Locale,
    /// The store's name.
    pub store_name: String,
    /// Where the shopper can go on; `None` inside the issuer's frame, where the frame around it
    /// goes on by itself.
    pub back_url: Option<String>,
    /// Where the built files are.
    pub assets: PageAssets,
}

/// Writes the page that a gateway sends the shopper back to.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_returned(view: &ReturnedView) -> Result<String, PageError> {
    let texts = Texts::of(view.locale);
    let page = NotePage {
        locale: view.locale,
        css: &view.assets.css,
        title: texts.get("returned.title"),
        text: texts.get("returned.text"),
        waiting: true,
        back: view.back_url.as_deref().map(|url| Back {
            url,
            text: texts.fill("returned.back", &[("store", &view.store_name)]),
        }),
    };
    Ok(page.render()?)
}

/// Why there is no payment page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The attempt behind a leave or challenge link is over.
    AttemptOver,
    /// The token is not one of ours, or it was cut.
    LinkInvalid,
    /// The token of a shopper's page is not one of ours, or it was cut.
    NoOrder,
    /// The token is genuine, but there is no such order.
    OrderUnknown,
    /// The browser inside WeChat does not open Alipay.
    OtherBrowser,
    /// A rate limit.
    TooMany,
    /// Something of ours does not answer.
    Unavailable,
}

impl Problem {
    const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::AttemptOver => ("problem.attempt_over.title", "problem.attempt_over.text"),
            Self::LinkInvalid => ("problem.link_invalid.title", "problem.link_invalid.text"),
            Self::NoOrder => ("problem.no_order.title", "problem.no_order.text"),
            Self::OrderUnknown => ("problem.order_unknown.title", "problem.order_unknown.text"),
            Self::OtherBrowser => ("problem.other_browser.title", "problem.other_browser.text"),
            Self::TooMany => ("problem.too_many.title", "problem.too_many.text"),
            Self::Unavailable => ("problem.unavailable.title", "problem.unavailable.text"),
        }
    }
}

/// Writes the page that says why there is no payment page.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_problem(
    problem: Problem,
    locale: Locale,
    assets: &PageAssets,
) -> Result<String, PageError> {
    let texts = Texts::of(locale);
    let (title, text) = problem.keys();
    let page = NotePage {
        locale,
        css: &assets.css,
        title: texts.get(title),
        text: texts.get(text),
        waiting: false,
        back: None,
    };
    Ok(page.render()?)
}

struct Back<'a> {
    url: &'a str,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/note.html")]
struct NotePage<'a> {
    locale: Locale,
    css: &'a str,
    title: &'a str,
    text: &'a str,
    waiting: bool,
    back: Option<Back<'a>>,
}

#[cfg(test)]
mod tests;
