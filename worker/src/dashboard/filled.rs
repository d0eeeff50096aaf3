//! What was sent with a form, and what came of it.

use std::fmt;

use serde_json::Value;

use super::doc::Doc;

/// What the API did not accept.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// For programs.
    pub code: String,
    /// For people, in English.
    pub detail: String,
    /// Field by field: JSON pointer, code, words.
    pub errors: Vec<(String, String, String)>,
}

impl Problem {
    /// Reads a problem document (RFC 9457).
    #[must_use]
    pub fn read(status: u16, document: &Value) -> Self {
        let doc = Doc(document);
        let errors = doc.list("/errors").into_iter().map(|e| {
            (
                e.text("/pointer").to_owned(),
                e.text("/code").to_owned(),
                e.text("/detail").to_owned(),
            )
        });
        Self {
            status,
            code: doc.text("/code").to_owned(),
            detail: doc.text("/detail").to_owned(),
            errors: errors.collect(),
        }
    }
}

/// A form that was sent, and comes back because it was refused or because it made something that is
/// shown once. Empty when a page is only looked at.
#[derive(Clone, Default)]
pub struct Filled {
    /// Which form of the page.
    pub act: String,
    /// Its fields, in order.
    pub fields: Vec<(String, String)>,
    /// Why it was refused.
    pub problem: Option<Problem>,
    /// What to say about it, in the operator's language.
    pub said: Option<String>,
    /// The answer of what was done, where the page shows it.
    pub answer: Option<Value>,
}

/// What was typed may be a credential, and what is shown once is one.
impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filled({})", self.act)
    }
}

impl Filled {
    /// What was typed into a field; none if it was another form.
    #[must_use]
    pub fn typed(&self, act: &str, name: &str) -> Option<String> {
        if self.act != act || self.problem.is_none() {
            return None;
        }
        let values = self.fields.iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = values
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
            .collect();
        Some(values.join(","))
    }

    /// What is wrong with a field: code and words.
    #[must_use]
    pub fn wrong(&self, act: &str, name: &str) -> Option<(&str, &str)> {
        if self.act != act {
            return None;
        }
        let path = name.split(':').next().unwrap_or_default();
        let pointer = format!("/{}", path.replace('.', "/"));
        let errors = &self.problem.as_ref()?.errors;
        let found = errors.iter().find(|(at, _, _)| {
            let below = |whole: &str, part: &str| {
                whole
                    .strip_prefix(part)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            // What is wrong may be a part of what the field sets, such as a line of it, or what the
            // field is a part of, such as an amount with its currency.
            below(at, &pointer) || (!at.is_empty() && below(&pointer, at))
        });
        found.map(|(_, code, detail)| (code.as_str(), detail.as_str()))
    }

    /// What is wrong with what was sent, where that is not told field by field.
    #[must_use]
    pub fn wrong_as_whole(&self, act: &str) -> Option<&str> {
        let problem = self.problem.as_ref().filter(|_| self.act == act)?;
        self.said
            .as_deref()
            .filter(|_| matches!(problem.status, 400 | 422))
    }

    /// Something of the answer that is shown once, such as a new key.
    #[must_use]
    pub fn once(&self) -> Option<&str> {
        let answer = self.answer.as_ref()?;
        ["/key", "/secret", "/token", "/url"]
            .iter()
            .find_map(|pointer| answer.pointer(pointer)?.as_str())
    }

    /// What there is to say about the form as a whole.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.said.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_find_their_fields_and_what_was_typed_comes_back() {
        let document = json!({"code": "invalid", "detail": "…", "errors": [
            {"pointer": "/credentials/app_id", "code": "missing", "detail": "is missing"},
            {"pointer": "/allowed_origins/1", "code": "not_an_origin", "detail": "must be"},
        ]});
        let filled = Filled {
            act: "make".to_owned(),
            fields: vec![
                ("label".to_owned(), "Tea".to_owned()),
                ("events:list".to_owned(), String::new()),
                ("events:list".to_owned(), "a".to_owned()),
                ("events:list".to_owned(), "b".to_owned()),
            ],
            problem: Some(Problem::read(422, &document)),
            ..Filled::default()
        };
        assert_eq!(filled.typed("make", "label").as_deref(), Some("Tea"));
        assert_eq!(filled.typed("make", "events:list").as_deref(), Some("a,b"));
        assert_eq!(filled.typed("other", "label"), None);
        let wrong = filled.wrong("make", "credentials.app_id");
        assert_eq!(wrong, Some(("missing", "is missing")));
        assert!(filled.wrong("make", "allowed_origins:lines").is_some());
        assert!(filled.wrong("make", "allowed").is_none());
        assert!(filled.wrong("make", "allowed_origins.1.part").is_some());
        assert!(filled.wrong("other", "credentials.app_id").is_none());
    }
}
