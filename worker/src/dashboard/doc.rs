//! Reading the API's answers: JSON by pointers, where what is missing is empty.

use serde_json::Value;

use crate::page::Price;

/// A part of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a>(pub &'a Value);

static NOTHING: Value = Value::Null;

impl<'a> Doc<'a> {
    /// The part at a JSON pointer (RFC 6901).
    #[must_use]
    pub fn at(&self, pointer: &str) -> Doc<'a> {
        Doc(self.0.pointer(pointer).unwrap_or(&NOTHING))
    }

    /// The text there; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &'a str {
        self.at(pointer).0.as_str().unwrap_or_default()
    }

    /// What stands behind the last dot of the text there.
    #[must_use]
    pub fn last(&self, pointer: &str) -> &'a str {
        self.text(pointer).rsplit('.').next().unwrap_or_default()
    }

    /// Whether something is there.
    #[must_use]
    pub fn has(&self, pointer: &str) -> bool {
        match self.at(pointer).0 {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
        }
    }

    /// Whether it is true there.
    #[must_use]
    pub fn is(&self, pointer: &str) -> bool {
        self.at(pointer).0.as_bool().unwrap_or_default()
    }

    /// The whole number there; zero where there is none.
    #[must_use]
    pub fn number(&self, pointer: &str) -> i64 {
        self.at(pointer).0.as_i64().unwrap_or_default()
    }

    /// The items of the list there.
    #[must_use]
    pub fn list(&self, pointer: &str) -> Vec<Doc<'a>> {
        let items = self.at(pointer).0.as_array();
        items.into_iter().flatten().map(Doc).collect()
    }

    /// The texts of the list there, with something between them.
    #[must_use]
    pub fn joined(&self, pointer: &str, between: &str) -> String {
        let items = self.list(pointer);
        let texts: Vec<&str> = items.iter().map(|item| item.text("")).collect();
        texts.join(between)
    }

    /// The amount there.
    #[must_use]
    pub fn price(&self, pointer: &str) -> Price {
        let there = self.at(pointer);
        Price {
            amount: there.text("/amount").to_owned(),
            currency: there.text("/currency").to_owned(),
        }
    }

    /// It as indented JSON, for people who look closely.
    #[must_use]
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_empty() {
        let value = json!({"a": {"b": ["x", "y"], "n": 3, "t": true, "e": ""}});
        let doc = Doc(&value);
        assert_eq!(doc.text("/a/b/1"), "y");
        assert_eq!(doc.at("/a").joined("/b", ", "), "x, y");
        assert_eq!((doc.number("/a/n"), doc.number("/z")), (3, 0));
        assert!(doc.is("/a/t") && !doc.is("/a/z"));
        assert!(doc.has("/a/b") && !doc.has("/a/e") && !doc.has("/q"));
        assert_eq!(doc.text("/nowhere"), "");
        assert!(doc.list("/nowhere").is_empty());
    }
}
