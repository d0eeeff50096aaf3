//! The pages by which shoppers find their orders.

use askama::Template;

use super::about::Merchant;
use super::texts::Texts;
use super::{Locale, Moment, OrderAssets, PageError};

/// A page on the way to one's orders.
#[derive(Clone, Debug)]
pub struct FindView {
    /// The language.
    pub locale: Locale,
    /// The path of the page, for links to itself.
    pub path: String,
    /// The path of the page that asks for an address.
    pub find: String,
    /// For so many minutes a link is good.
    pub minutes: u32,
    /// Who sells.
    pub merchant: Merchant,
    /// Where on the way.
    pub step: FindStep,
    /// Where the built files are.
    pub assets: OrderAssets,
}

/// Where on the way to one's orders.
#[derive(Clone, Debug)]
pub enum FindStep {
    /// An address is asked for.
    Form {
        /// What was typed.
        email: String,
        /// Whether it is none.
        is_wrong: bool,
    },
    /// The orders.
    Mine {
        /// Whose.
        email: String,
        /// They, newest first.
        orders: Vec<Found>,
    },
    /// A link is to be used.
    Open,
    /// A link was used up.
    Over,
    /// A link is on its way, if there are orders.
    Sent,
}

/// An order in the list.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its number.
    pub number: String,
    /// Its page.
    pub path: String,
    /// When it was made.
    pub placed: Moment,
    /// What it costs.
    pub total: String,
    /// The group of its state's texts.
    pub state: &'static str,
}

/// Writes a page on the way to one's orders.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_find(view: &FindView) -> Result<String, PageError> {
    let texts = Texts::of_orders(view.locale);
    let title = match view.step {
        FindStep::Form { .. } => "find.title",
        FindStep::Mine { .. } => "mine.title",
        FindStep::Open => "link.title",
        FindStep::Over => "link.over.title",
        FindStep::Sent => "find.sent.title",
    };
    let page = FindPage {
        view,
        locale: view.locale,
        merchant: &view.merchant,
        assets: &view.assets,
        texts,
        title: texts.fill(title, &[("store", &view.merchant.name)]),
        path: &view.path,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "orders/find.html")]
struct FindPage<'a> {
    view: &'a FindView,
    locale: Locale,
    merchant: &'a Merchant,
    assets: &'a OrderAssets,
    texts: &'static Texts,
    title: String,
    path: &'a str,
}

impl FindPage<'_> {
    fn t(&self, key: &str) -> String {
        let minutes = self.view.minutes.to_string();
        let values = [
            ("store", self.merchant.name.as_str()),
            ("minutes", minutes.as_str()),
        ];
        self.texts.fill(key, &values)
    }

    fn with(&self, key: &str, name: &str, value: &str) -> String {
        let values = [("store", self.merchant.name.as_str()), (name, value)];
        self.texts.fill(key, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(step: FindStep, locale: Locale) -> String {
        let view = FindView {
            locale,
            path: "/orders/find/demo".to_owned(),
            find: "/orders/find/demo".to_owned(),
            minutes: 15,
            merchant: Merchant {
                name: "Low Tide Tea".to_owned(),
                about: "/about/demo".to_owned(),
                ..Merchant::default()
            },
            step,
            assets: OrderAssets {
                css: "/assets/orders.css".to_owned(),
                js: "/assets/orders.js".to_owned(),
            },
        };
        render_find(&view).unwrap()
    }

    fn form(email: &str, is_wrong: bool) -> FindStep {
        FindStep::Form {
            email: email.to_owned(),
            is_wrong,
        }
    }

    #[test]
    fn what_was_typed_stays_with_a_message_at_its_field() {
        let html = render(form("\"><script>", true), Locale::En);
        assert!(html.contains(r#"value="&#34;&#62;&#60;script&#62;""#));
        assert!(html.contains(r#"aria-invalid="true""#));
        assert!(html.contains("Enter an e-mail address"));
        assert!(!render(form("", false), Locale::En).contains("aria-invalid"));
    }

    #[test]
    fn every_step_has_its_words_in_every_language() {
        let orders = vec![Found {
            number: "LT-1".to_owned(),
            path: "/orders/ct_x".to_owned(),
            placed: Moment {
                exact: "2026-11-22T09:30:00Z".to_owned(),
                text: "22 Nov 2026".to_owned(),
            },
            total: "US$1.00".to_owned(),
            state: "paid",
        }];
        for locale in Locale::ALL {
            for step in [
                form("", false),
                FindStep::Open,
                FindStep::Over,
                FindStep::Sent,
                FindStep::Mine {
                    email: "ada@example.com".to_owned(),
                    orders: orders.clone(),
                },
                FindStep::Mine {
                    email: "ada@example.com".to_owned(),
                    orders: Vec::new(),
                },
            ] {
                let html = render(step, *locale);
                for key in ["find.", "link.", "mine.", "{store}", "{minutes}"] {
                    assert!(!html.contains(&format!(">{key}")), "{key}");
                }
            }
        }
    }
}
