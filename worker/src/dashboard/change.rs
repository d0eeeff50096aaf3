//! What an act has changed, in words: `Captured: €0.00 → €10.00`.

use serde_json::Value;

use super::desk::Desk;
use super::doc::Doc;

/// What stands for no value.
const NOTHING: &str = "–";
/// The most characters of a value that are shown.
const MAX_SHOWN: usize = 120;

impl Desk {
    /// A line for each thing that an act has changed; none where `of` tells no change.
    #[must_use]
    pub fn changes(&self, of: Doc<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        self.compare("", "", of.at("/before").0, of.at("/after").0, &mut lines);
        lines
    }

    /// Adds a line where the two sides differ, or one for each part that does. `path` are the words
    /// for what they are a part of, `name` is the field's own.
    fn compare<'a>(
        &self,
        path: &str,
        name: &str,
        before: &'a Value,
        after: &'a Value,
        lines: &mut Vec<String>,
    ) {
        if before == after {
            return;
        }
        let (was, is) = (parts(before), parts(after));
        if was.is_none() && is.is_none() {
            let (before, after) = (self.side(name, before), self.side(name, after));
            // What is blank as it was left out before says nothing; what had no value has no arrow.
            if before == NOTHING && after != NOTHING {
                lines.push([path, ": ", &after].concat());
            } else if before != NOTHING {
                lines.push([path, ": ", &before, " → ", &after].concat());
            }
            return;
        }
        let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
        let side = |parts: &[(String, &'a Value)], name: &str| {
            let found = parts.iter().find(|(known, _)| known == name);
            found.map_or(&Value::Null, |(_, value)| value)
        };
        let gone = was
            .iter()
            .filter(|(name, _)| !is.iter().any(|(known, _)| known == name));
        for (name, _) in is.iter().chain(gone) {
            let word = self.word("changed", name);
            let path = match path {
                "" => word.to_owned(),
                path => format!("{path} · {word}"),
            };
            self.compare(&path, name, side(&was, name), side(&is, name), lines);
        }
    }

    /// A value of one side.
    fn side(&self, name: &str, value: &Value) -> String {
        let text = match value {
            Value::Null => NOTHING.to_owned(),
            Value::Array(all) => {
                // The states of attempts are named like those of one.
                let name = name.strip_suffix('s').unwrap_or(name);
                let all: Vec<String> = all.iter().map(|one| self.side(name, one)).collect();
                all.join(", ")
            }
            Value::Object(_) => self.money(Doc(value)),
            Value::String(text) if text.is_empty() => NOTHING.to_owned(),
            Value::String(text) if name == "agent" => self.browser(text),
            Value::String(text) => match self.word(name, text) {
                same if same == text => self.word("value", text).to_owned(),
                word => word.to_owned(),
            },
            Value::Bool(is_so) => self
                .word("value", if *is_so { "true" } else { "false" })
                .to_owned(),
            Value::Number(number) => number.to_string(),
        };
        match text.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// The parts of a value that are told one by one: the fields of an object, and the items of a list
/// of objects by their number. An amount has none.
fn parts(value: &Value) -> Option<Vec<(String, &Value)>> {
    let is_money = |value: &Value| value.get("currency").is_some();
    match value {
        Value::Object(fields) if !is_money(value) => Some(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), value))
                .collect(),
        ),
        Value::Array(items) if items.iter().any(|item| item.is_object() && !is_money(item)) => {
            let numbered = items.iter().zip(1_usize..);
            Some(numbered.map(|(item, n)| (n.to_string(), item)).collect())
        }
        _ => None,
    }
}
