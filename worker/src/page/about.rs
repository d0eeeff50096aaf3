//! What a store says about itself: seller, contact, policies. As a page of its own, and as the
//! part of other pages.

use askama::Template;

use super::texts::Texts;
use super::{Locale, OrderAssets, PageError};

/// What shoppers read about a merchant, in their language.
#[derive(Clone, Debug, Default)]
pub struct Merchant {
    /// The name as shoppers know it.
    pub name: String,
    /// The name of the company.
    pub legal_name: Option<String>,
    /// Licences: the word of the kind in the API, the country, the number.
    pub registrations: Vec<(&'static str, String, String)>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Postal address, with line breaks.
    pub address: Option<String>,
    /// The shop's own page.
    pub url: Option<String>,
    /// Policies: the word of the kind in the API, and the text.
    pub policies: Vec<(&'static str, String)>,
    /// The path of the logo.
    pub logo: Option<String>,
    /// The path of the page about the store.
    pub about: String,
    /// The store's colours, as [`super::theme()`] wrote them; empty where it has none.
    pub style: String,
}

impl Merchant {
    /// The telephone number as a link has it.
    #[must_use]
    pub fn phone_link(&self) -> String {
        let kept = |c: &char| c.is_ascii_digit() || *c == '+';
        self.phone
            .iter()
            .flat_map(|p| p.chars())
            .filter(kept)
            .collect()
    }

    /// Whether there is any way to reach it.
    #[must_use]
    pub fn has_contact(&self) -> bool {
        [&self.email, &self.phone, &self.address, &self.url]
            .iter()
            .any(|way| way.is_some())
    }

    /// Whether it says who it is.
    #[must_use]
    pub fn has_seller(&self) -> bool {
        self.legal_name.is_some() || !self.registrations.is_empty()
    }
}

/// The paragraphs of a text: what stands between blank lines.
#[must_use]
pub fn paragraphs(text: &str) -> Vec<&str> {
    let parts = text.split("\n\n").map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// The page about a store.
#[derive(Clone, Debug)]
pub struct AboutView {
    /// The language.
    pub locale: Locale,
    /// Who sells.
    pub merchant: Merchant,
    /// Where the built files are.
    pub assets: OrderAssets,
}

/// Writes the page about a store.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_about(view: &AboutView) -> Result<String, PageError> {
    let texts = Texts::of_orders(view.locale);
    let page = AboutPage {
        locale: view.locale,
        merchant: &view.merchant,
        assets: &view.assets,
        texts,
        title: texts.fill("about.title", &[("store", &view.merchant.name)]),
        path: &view.merchant.about,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "orders/about.html")]
struct AboutPage<'a> {
    locale: Locale,
    merchant: &'a Merchant,
    assets: &'a OrderAssets,
    texts: &'static Texts,
    title: String,
    path: &'a str,
}

impl AboutPage<'_> {
    fn t(&self, key: &str) -> String {
        self.texts.fill(key, &[("store", &self.merchant.name)])
    }

    fn with(&self, key: &str, name: &str, value: &str) -> String {
        let values = [("store", self.merchant.name.as_str()), (name, value)];
        self.texts.fill(key, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_line_parts_paragraphs() {
        assert_eq!(paragraphs("a\nb\n\n\n\nc\n\n"), ["a\nb", "c"]);
        assert!(paragraphs(" \n\n ").is_empty());
    }
}
