//! What an act has changed, in words: `Captured: €0.00 → €10.00`.

use serde_json::Value;

use super::desk::Desk;
use super::doc::Doc;

impl Desk {
    /// A line for each thing that an act on an order has changed; none where `of` tells no change.
    #[must_use]
    pub fn changes(&self, of: Doc<'_>) -> Vec<String> {
        let after = of.at("/after").0.as_object();
        let lines = after.into_iter().flatten().map(|(name, after)| {
            let before = of.at("/before").0.get(name).unwrap_or(&Value::Null);
            let what = self.word("changed", name);
            let (before, after) = (self.side(name, before), self.side(name, after));
            format!("{what}: {before} → {after}")
        });
        lines.collect()
    }

    /// A value of one side.
    fn side(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Null => "–".to_owned(),
            Value::Array(all) => {
                let all: Vec<String> = all.iter().map(|one| self.side("attempt", one)).collect();
                all.join(", ")
            }
            Value::Object(_) => self.money(Doc(value)),
            Value::String(text) => self.word(name, text).to_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }
}
