//! What a message says: a subject and a text with names in braces, by Causeway or the merchant.

use causeway_shared::object_only;
use serde::{Deserialize, Serialize};

use super::MessageKind;
use crate::page::{Locale, Texts};

/// The most characters of a subject.
const MAX_SUBJECT: usize = 150;
/// The most characters of a text.
const MAX_TEXT: usize = 4_000;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Template {
    /// The subject, one line.
    pub subject: String,
    /// The text, a blank line between paragraphs.
    pub text: String,
}

object_only!(Template, both);

/// In what a template does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The field is empty, too long, or has characters that it cannot have.
    Length {
        /// `subject` or `text`.
        field: &'static str,
        /// The most characters.
        most: usize,
    },
    /// It names something in braces that a message of this kind has not.
    Placeholder {
        /// `subject` or `text`.
        field: &'static str,
    },
}

impl Template {
    /// What Causeway says by itself.
    #[must_use]
    pub fn usual(kind: MessageKind, locale: Locale) -> Self {
        let texts = Texts::of_mail(locale);
        let get = |part: &str| texts.get(&format!("{}.{part}", kind.name())).to_owned();
        Self {
            subject: get("subject"),
            text: get("text"),
        }
    }

    /// Checks what a merchant wrote.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self, kind: MessageKind) -> Result<(), Wrong> {
        for (field, text, most) in [
            ("subject", &self.subject, MAX_SUBJECT),
            ("text", &self.text, MAX_TEXT),
        ] {
            let breaks = field == "text";
            let fits = (1..=most).contains(&text.chars().count());
            if !fits
                || text
                    .chars()
                    .any(|c| c.is_control() && !(breaks && c == '\n'))
            {
                return Err(Wrong::Length { field, most });
            }
            let known = kind.placeholders();
            if names(text).any(|name| !known.contains(&name)) {
                return Err(Wrong::Placeholder { field });
            }
        }
        Ok(())
    }
}

/// The names in braces.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// A text with the names in braces replaced. Values are not searched again.
pub(super) fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut rest = text;
    let mut filled = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// Whether a line has names in braces, all of them without a value: then it says nothing.
pub(super) fn says_nothing(line: &str, values: &[(&str, String)]) -> bool {
    let mut found = names(line).peekable();
    let is_empty = |name: &str| {
        let value = values.iter().find(|(known, _)| *known == name);
        value.is_some_and(|(_, value)| value.is_empty())
    };
    found.peek().is_some() && found.all(is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_causeway_says_fits_its_own_rules() {
        for kind in MessageKind::ALL {
            for locale in Locale::ALL {
                let usual = Template::usual(kind, *locale);
                assert_eq!(usual.check(kind), Ok(()), "{kind:?} {locale:?}");
                assert!(usual.text.contains("{link}"), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_template_names_what_its_kind_has() {
        let check = |subject: &str, text: &str| {
            let (subject, text) = (subject.to_owned(), text.to_owned());
            Template { subject, text }.check(MessageKind::Paid)
        };
        assert_eq!(check("{order}", "{total}\n\n{link}"), Ok(()));
        let unknown = |field| Err(Wrong::Placeholder { field });
        assert_eq!(check("{order}", "{carrier}"), unknown("text"));
        assert_eq!(check("{email}", "x"), unknown("subject"));
        assert!(matches!(
            check("a\nb", "x"),
            Err(Wrong::Length {
                field: "subject",
                ..
            })
        ));
        assert!(matches!(
            check("a", ""),
            Err(Wrong::Length { field: "text", .. })
        ));
        assert!(matches!(check("a", "b\r\nc"), Err(Wrong::Length { .. })));
        assert_eq!(check("a {", "b } {"), Ok(()), "a brace alone is a brace");
    }

    #[test]
    fn a_line_without_values_is_left_out() {
        let values = [("carrier", String::new()), ("tracking", "1".to_owned())];
        assert!(says_nothing("Carrier: {carrier}", &values));
        assert!(!says_nothing("{carrier} {tracking}", &values));
        assert!(!says_nothing("plain", &values));
    }

    #[test]
    fn values_are_not_searched_again() {
        let values = [("a", "{b}".to_owned()), ("b", "2".to_owned())];
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} 2 {c} {");
    }
}
