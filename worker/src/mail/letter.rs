//! A message as it is sent: subject, plain text, HTML.

use askama::Template as _;

use super::MessageKind;
use super::template::{Template, fill, says_nothing};
use crate::page::{Locale, PageError, Texts};

/// Everything that a message shows.
#[derive(Clone, Debug)]
pub struct LetterView {
    /// What it is about.
    pub kind: MessageKind,
    /// The language.
    pub locale: Locale,
    /// What it says.
    pub template: Template,
    /// The store's name.
    pub store: String,
    /// The store's logo, an address.
    pub logo: Option<String>,
    /// The accent and what stands on it, as `#rrggbb`.
    pub accent: (String, String),
    /// Values by the names that stand in braces; `store`, `link` and `items` are added here.
    pub values: Vec<(&'static str, String)>,
    /// Where the button leads.
    pub link: String,
    /// What was bought; empty where it is not about an order.
    pub lines: Vec<Line>,
    /// Who sells, and how to reach them.
    pub footer: Vec<String>,
    /// Whether no real money moves.
    pub is_test: bool,
}

/// One line of an order, or a sum.
#[derive(Clone, Debug)]
pub struct Line {
    /// What.
    pub what: String,
    /// How much.
    pub amount: String,
    /// Whether it is the total.
    pub is_total: bool,
}

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// A part of the text.
#[derive(Debug)]
enum Part {
    Button,
    Items,
    Lines(Vec<String>),
}

/// Writes a message.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_letter(view: &LetterView) -> Result<Letter, PageError> {
    let texts = Texts::of_mail(view.locale);
    let mut values = view.values.clone();
    values.push(("store", view.store.clone()));
    values.push(("link", view.link.clone()));
    values.push(("items", plain_items(&view.lines)));
    let subject = one_line(&fill(&view.template.subject, &values));
    let parts = parts(&view.template.text, &values);
    let mut footer = vec![fill(texts.get(view.kind.footer()), &values)];
    if view.is_test {
        footer.push(texts.get("footer.test").to_owned());
    }
    footer.extend(view.footer.iter().cloned());
    let text = plain(&parts, view, &footer);
    let page = LetterPage {
        view,
        locale: view.locale,
        subject: &subject,
        parts: &parts,
        button: texts.get(view.kind.button()),
        footer: &footer,
    };
    let html = page.render()?;
    Ok(Letter {
        subject,
        text,
        html,
    })
}

/// A subject is a header of the message: it has no line breaks, whatever a value holds.
fn one_line(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    kept.take(300).collect()
}

/// The paragraphs of a text. `{link}` and `{items}` on a line of their own become a button and a
/// table; a line whose names have no value is left out.
fn parts(text: &str, values: &[(&str, String)]) -> Vec<Part> {
    let mut parts = Vec::new();
    for paragraph in text.split("\n\n") {
        match paragraph.trim() {
            "{link}" => parts.push(Part::Button),
            "{items}" => parts.push(Part::Items),
            paragraph => {
                let said = paragraph.lines().filter(|l| !says_nothing(l, values));
                let lines: Vec<String> = said
                    .flat_map(|line| {
                        let filled = fill(line, values);
                        filled.lines().map(str::to_owned).collect::<Vec<_>>()
                    })
                    .collect();
                if !lines.is_empty() {
                    parts.push(Part::Lines(lines));
                }
            }
        }
    }
    parts
}

fn plain_items(lines: &[Line]) -> String {
    let lines = lines.iter().map(|l| format!("{}  {}", l.what, l.amount));
    lines.collect::<Vec<_>>().join("\n")
}

fn plain(parts: &[Part], view: &LetterView, footer: &[String]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Button => view.link.clone(),
        Part::Items => plain_items(&view.lines),
        Part::Lines(lines) => lines.join("\n"),
    });
    let mut text = parts.collect::<Vec<_>>().join("\n\n");
    text.push_str("\n\n-- \n");
    text.push_str(&footer.join("\n"));
    text.push('\n');
    text
}

#[derive(askama::Template)]
#[template(path = "mail/message.html")]
struct LetterPage<'a> {
    view: &'a LetterView,
    locale: Locale,
    subject: &'a str,
    parts: &'a [Part],
    button: &'a str,
    footer: &'a [String],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(kind: MessageKind, locale: Locale) -> LetterView {
        LetterView {
            kind,
            locale,
            template: Template::usual(kind, locale),
            store: "Low Tide Tea".to_owned(),
            logo: None,
            accent: ("#0b6b5c".to_owned(), "#fff".to_owned()),
            values: vec![
                ("order", "LT-1".to_owned()),
                ("total", "US$30.00".to_owned()),
                ("amount", "US$12.50".to_owned()),
                ("method", "Visa 4242".to_owned()),
                ("reason", "One bag\nwas damaged".to_owned()),
                ("explanation", "It was opened.".to_owned()),
                ("outcome", "It is being given back.".to_owned()),
                ("carrier", "Harbour Post".to_owned()),
                ("tracking", "HP1".to_owned()),
                ("tracking_url", String::new()),
                ("minutes", "15".to_owned()),
                ("registration", "tax number".to_owned()),
                ("number", "T-1".to_owned()),
                ("country", "DE".to_owned()),
                ("date", "2027-03-31".to_owned()),
                ("days", "7".to_owned()),
            ],
            link: "https://pay.shop.example/orders/ct_x".to_owned(),
            lines: vec![Line {
                what: "2 × Longjing".to_owned(),
                amount: "US$25.00".to_owned(),
                is_total: false,
            }],
            footer: vec!["Low Tide Tea Ltd".to_owned()],
            is_test: true,
        }
    }

    #[test]
    fn every_kind_says_all_it_should_in_both_languages() {
        for kind in MessageKind::ALL {
            for locale in Locale::ALL {
                let letter = render_letter(&view(kind, *locale)).unwrap();
                let (_, body) = letter.html.split_once("</style>").unwrap();
                for text in [letter.subject.as_str(), &letter.text, body] {
                    assert!(!text.contains('{'), "{kind:?}: {text}");
                }
                for text in [&letter.text, &letter.html] {
                    assert!(text.contains("Low Tide Tea"), "{kind:?}");
                    assert!(text.contains("/orders/ct_x"), "{kind:?}");
                    assert!(text.contains("Low Tide Tea Ltd"), "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_text_and_ends_no_header() {
        let mut hostile = view(MessageKind::RefundAsked, Locale::En);
        hostile.store = "Tea\r\nBcc: x@evil.example".to_owned();
        hostile.values.retain(|(name, _)| *name != "reason");
        hostile
            .values
            .push(("reason", "<img src=x onerror=alert(1)> {link}".to_owned()));
        let letter = render_letter(&hostile).unwrap();
        assert!(!letter.subject.contains(['\r', '\n']));
        assert!(!letter.html.contains("<img src=x"));
        assert!(
            letter.text.contains("onerror=alert(1)> {link}"),
            "not filled again"
        );
    }

    #[test]
    fn what_has_no_value_leaves_no_line() {
        let letter = render_letter(&view(MessageKind::Shipped, Locale::En)).unwrap();
        assert!(
            letter
                .text
                .contains("Carrier: Harbour Post\nNumber: HP1\n\n")
        );
        let mut bare = view(MessageKind::Shipped, Locale::En);
        for (name, value) in &mut bare.values {
            if ["carrier", "tracking"].contains(name) {
                value.clear();
            }
        }
        let letter = render_letter(&bare).unwrap();
        assert!(!letter.text.contains("Carrier") && !letter.text.contains("Number"));
        assert!(letter.text.contains("has sent your order.\n\nhttps://"));
    }

    #[test]
    fn loads_nothing_but_the_logo() {
        let mut view = view(MessageKind::Paid, Locale::En);
        view.logo = Some("https://pay.shop.example/logos/demo/a.png".to_owned());
        let html = render_letter(&view).unwrap().html;
        assert_eq!(html.matches("<img").count(), 1);
        assert!(!html.contains("<link") && !html.contains("<script") && !html.contains("url("));
    }
}
