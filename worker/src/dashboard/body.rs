//! From the fields of a form to the body of a call. What their names mean: [`super::fields`].

use serde_json::{Map, Value};

/// The body that a form's fields make.
#[must_use]
pub fn body(fields: &[(String, String)]) -> Value {
    let mut body = Value::Object(Map::new());
    for (name, text) in fields {
        let (path, kind) = name.split_once(':').unwrap_or((name, ""));
        let value = match kind {
            "flag" => Value::from(text == "true"),
            "list" => {
                if text.is_empty() {
                    put(&mut body, path, |slot| {
                        if slot.is_null() {
                            *slot = Value::Array(Vec::new());
                        }
                    });
                    continue;
                }
                put(&mut body, path, |slot| match slot {
                    Value::Array(list) => list.push(text.as_str().into()),
                    _ => *slot = Value::Array(vec![text.as_str().into()]),
                });
                continue;
            }
            "lines" => text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(Value::from)
                .collect(),
            "optional" if text.trim().is_empty() => continue,
            "null" | "count" if text.trim().is_empty() => Value::Null,
            "number" | "count" => text
                .trim()
                .parse::<u64>()
                .map_or(Value::from(text.as_str()), Value::from),
            _ => Value::from(text.as_str()),
        };
        put(&mut body, path, |slot| *slot = value);
    }
    lists(&mut body);
    body
}

/// The most names of a path: no form's go as deep.
const MAX_DEPTH: usize = 8;

/// Walks to a place in a body, making objects on the way.
fn put(body: &mut Value, path: &str, set: impl FnOnce(&mut Value)) {
    if path.split('.').count() > MAX_DEPTH {
        return;
    }
    let mut slot = body;
    for name in path.split('.') {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(object) = slot else { return };
        slot = object.entry(name.to_owned()).or_insert(Value::Null);
    }
    set(slot);
}

/// Makes lists of the objects whose names are numbers. Items that were left out leave no gap.
fn lists(value: &mut Value) {
    let Value::Object(object) = value else { return };
    object.values_mut().for_each(lists);
    let numbers = object.keys().map(|name| name.parse::<usize>().ok());
    let Some(mut numbers) = numbers.collect::<Option<Vec<_>>>() else {
        return;
    };
    if numbers.is_empty() {
        return;
    }
    numbers.sort_unstable();
    let items = numbers.iter().map(|n| object.remove(&n.to_string()));
    *value = items.flatten().collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_make_the_body_that_their_names_say() {
        let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
            owned.collect()
        };
        let made = body(&fields(&[
            ("name", "Tea"),
            ("tills:number", "4"),
            ("stock:count", " "),
            ("enabled:flag", "true"),
            ("events:list", ""),
            ("events:list", "order.paid"),
            ("events:list", "refund.settled"),
            (
                "allowed_origins:lines",
                "https://a.example\r\n\n https://b.example ",
            ),
            ("credentials.app_id", "1"),
            ("credentials.key:optional", " "),
            ("country:null", ""),
            ("prices.0.amount", "1.00"),
            ("prices.0.currency", "USD"),
            ("prices.1.amount:optional", ""),
            ("prices.2.amount:optional", "2.00"),
            ("prices.2.currency:optional", "EUR"),
            ("prices.10.amount:optional", "3.00"),
            ("prices.10.currency:optional", "JPY"),
            ("a.0.0.0.0.0.0.0.0", "deeper than any form"),
        ]));
        assert_eq!(
            made,
            json!({
                "name": "Tea", "tills": 4, "enabled": true,
                "events": ["order.paid", "refund.settled"],
                "allowed_origins": ["https://a.example", "https://b.example"],
                "credentials": {"app_id": "1"}, "country": null,
                "stock": null,
                "prices": [{"amount": "1.00", "currency": "USD"},
                    {"amount": "2.00", "currency": "EUR"},
                    {"amount": "3.00", "currency": "JPY"}],
            })
        );
        // What is no number is the API's to refuse.
        assert_eq!(
            body(&fields(&[("tills:number", "x")])),
            json!({"tills": "x"})
        );
    }
}
