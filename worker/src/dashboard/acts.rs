//! What the forms do: each is one call of the API, made as this operator.

use serde_json::{Map, Value, json};
use worker::Method;

use super::body::body;
use super::desk::{Desk, decode, encode};
use super::doc::Doc;
use super::filled::Problem;
use super::pages::text_path;

/// What comes after a form was accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    /// The same page, with a word about what was done.
    Here,
    /// The page shows the answer: it is shown once.
    Show,
    /// Another page of this mode.
    Go(&'static str),
}

/// One call of the API. Not to be printed: its body may hold credentials.
struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
    key: Option<String>,
    after: After,
}

/// The fields of a form that are no part of a body.
const OURS: &[&str] = &["act", "csrf", "id", "key"];

/// Does what a form asks for.
///
/// # Errors
/// What the API answers instead; 404 for a form that is on no page.
pub async fn perform(
    desk: &Desk,
    act: &str,
    fields: &[(String, String)],
) -> Result<(Value, After), Problem> {
    let place: Vec<&str> = desk.place.split('/').collect();
    let call = call(act, &place, fields).ok_or_else(|| Problem {
        status: 404,
        code: "not_found".to_owned(),
        detail: "there is no such form".to_owned(),
        errors: Vec::new(),
    })?;
    let mut call = call;
    if let (Some(owned), Some(body)) = (owned(act), &mut call.body) {
        keep_rest(desk, owned, body).await?;
    }
    if let ("price.put", Some(Value::Object(product))) = (act, &mut call.body) {
        keep_product(desk, product).await?;
    }
    let answer = desk
        .ask(
            call.method,
            &call.path,
            call.body.as_ref(),
            call.key.as_deref(),
        )
        .await?;
    if act == "views.change" {
        let old = field(fields, "old");
        if old != field(fields, "name") {
            let path = format!("views/{}", encode(old));
            desk.ask(Method::Delete, &path, None, None).await?;
        }
    }
    Ok((answer, call.after))
}

/// The first field of this name; empty where there is none.
#[must_use]
pub fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    let mut found = fields.iter().filter(|(known, _)| known == name);
    found.next().map_or("", |(_, value)| value.as_str())
}

/// The call that a form is. `place` is the path of its page below the mode.
fn call(act: &str, place: &[&str], fields: &[(String, String)]) -> Option<Call> {
    let field = |name: &str| field(fields, name);
    let (id, last) = (
        encode(field("id")),
        encode(place.last().copied().unwrap_or_default()),
    );
    let key = Some(field("key").to_owned()).filter(|key| !key.is_empty());
    let sent: Vec<(String, String)> = fields
        .iter()
        .filter(|(name, _)| !OURS.contains(&name.as_str()))
        .cloned()
        .collect();
    let sent = body(&sent);
    let order = |what: &str| format!("orders/{last}/{what}");
    let hook = |what: &str| format!("webhook_endpoints/{last}{what}");
    let post = |path: String, body: Value| (Method::Post, path, Some(body), After::Here);
    let nothing = |method: Method, path: String| (method, path, None, After::Here);
    let (method, path, body, after) = match act {
        "order.capture" => post(order("capture"), sent),
        "order.cancel" => post(order("cancel"), sent),
        "order.refund" => post(order("refunds"), shares(sent)),
        "order.ask_refund" => post(order("refund_requests"), shares(sent)),
        "order.ship" => post(order("ship"), sent),
        "order.confirm" => post(order("confirm"), sent),
        "order.note" => post(order("notes"), sent),
        "event.redeliver" => nothing(Method::Post, format!("events/{id}/redeliver")),
        "request.approve" => post(format!("refund_requests/{id}/approve"), shares(sent)),
        "request.decline" => post(format!("refund_requests/{id}/decline"), sent),
        "views.save" | "views.change" => {
            let path = format!("views/{}", encode(field("name")));
            let pairs = field("query").split('&').filter_map(|p| p.split_once('='));
            let filters: Map<String, Value> = pairs
                .map(|(name, value)| (name.to_owned(), decode(value).into()))
                .collect();
            let view = json!({ "filters": filters });
            (Method::Put, path, Some(view), After::Here)
        }
        "views.remove" => nothing(Method::Delete, format!("views/{id}")),
        "passkey.remove" => nothing(Method::Delete, format!("passkeys/{id}")),
        "session.end" => nothing(Method::Delete, format!("sessions/{id}")),
        "store.put" => (
            Method::Put,
            "store".to_owned(),
            Some(store_body(sent)),
            After::Here,
        ),
        "profile.about" | "profile.look" | "profile.policies" | "profile.registrations" => (
            Method::Put,
            "store/profile".to_owned(),
            Some(sent),
            After::Here,
        ),
        "price.put" => {
            let path = format!("prices/{}", encode(field("sku")));
            (Method::Put, path, Some(sent), After::Here)
        }
        "price.remove" => nothing(Method::Delete, format!("prices/{}", encode(field("sku")))),
        "prices.import" => {
            let csv = Value::from(field("csv"));
            (Method::Put, "prices.csv".to_owned(), Some(csv), After::Here)
        }
        "mail.put" if field("kind") == "none" => nothing(Method::Delete, "mail".to_owned()),
        "mail.put" => (Method::Put, "mail".to_owned(), Some(sent), After::Here),
        "mail.text" => {
            let path = text_path(field("kind"), field("locale"));
            let text = json!({ "subject": field("subject"), "text": field("text") });
            (Method::Put, path, Some(text), After::Here)
        }
        "mail.preview" => {
            let path = format!("{}/preview", text_path(field("kind"), field("locale")));
            let text = json!({ "subject": field("subject"), "text": field("text") });
            (Method::Post, path, Some(text), After::Show)
        }
        "key.make" => (Method::Post, "api_keys".to_owned(), Some(sent), After::Show),
        "key.roll" => (
            Method::Post,
            format!("api_keys/{id}/roll"),
            Some(sent),
            After::Show,
        ),
        "key.revoke" => nothing(Method::Delete, format!("api_keys/{id}")),
        "seal.make" => nothing(Method::Post, "sealing_keys".to_owned()),
        "seal.remove" => nothing(Method::Delete, format!("sealing_keys/{id}")),
        "hook.make" => (
            Method::Post,
            "webhook_endpoints".to_owned(),
            Some(sent),
            After::Show,
        ),
        "hook.edit" => (Method::Patch, hook(""), Some(sent), After::Here),
        "hook.test" => (Method::Post, hook("/test"), None, After::Show),
        "hook.rotate" => (Method::Post, hook("/rotate_secret"), None, After::Show),
        "hook.redeliver" => post(hook("/redeliver"), json!({})),
        "hook.remove" => (
            Method::Delete,
            hook(""),
            None,
            After::Go("settings/webhooks"),
        ),
        "account.make" => post("accounts".to_owned(), sent),
        "account.edit" | "account.credentials" => (
            Method::Patch,
            format!("accounts/{last}"),
            Some(sent),
            After::Here,
        ),
        "account.check" => (
            Method::Post,
            format!("accounts/{last}/check"),
            None,
            After::Show,
        ),
        "account.remove" => (
            Method::Delete,
            format!("accounts/{last}"),
            None,
            After::Go("settings/channels"),
        ),
        "operator.make" => post("operators".to_owned(), sent),
        "operator.role" => (
            Method::Patch,
            format!("operators/{id}"),
            Some(sent),
            After::Here,
        ),
        "operator.link" => (
            Method::Post,
            format!("operators/{id}/sign_in_link"),
            None,
            After::Show,
        ),
        "operator.token" => (
            Method::Post,
            format!("operators/{id}/token"),
            None,
            After::Show,
        ),
        "operator.remove" => nothing(Method::Delete, format!("operators/{id}")),
        _ => return None,
    };
    Some(Call {
        method,
        path,
        body,
        key,
        after,
    })
}

/// The parts of the profile that a form says; the API takes it as a whole.
fn owned(act: &str) -> Option<&'static [&'static str]> {
    match act {
        "profile.about" => Some(&["names", "legal_name", "contact"]),
        "profile.look" => Some(&["logo", "colours"]),
        "profile.policies" => Some(&["policies"]),
        "profile.registrations" => Some(&["registrations"]),
        _ => None,
    }
}

/// Adds what the form does not say. One that brings no new picture leaves the one that is there,
/// unless it takes that away.
async fn keep_rest(desk: &Desk, owned: &[&str], profile: &mut Value) -> Result<(), Problem> {
    let known = desk.get("store/profile").await?;
    let (Some(profile), Value::Object(known)) = (profile.as_object_mut(), known) else {
        return Ok(());
    };
    let no_logo = profile.remove("no_logo").is_some();
    // A file's name, where no script has read the file.
    if !profile.get("logo").is_none_or(Value::is_object) {
        profile.remove("logo");
    }
    for (name, value) in known {
        let is_ours = owned.contains(&name.as_str()) && (name != "logo" || no_logo);
        if name != "lapsing" && !is_ours {
            profile.entry(name).or_insert(value);
        }
    }
    Ok(())
}

/// Adds what the form of a product does not show: its picture, and names in other languages. Where
/// it showed no stock, because the number was typed that a product has, none typed is none said.
async fn keep_product(desk: &Desk, product: &mut Map<String, Value>) -> Result<(), Problem> {
    if !product.contains_key("stock_taken") && product.get("stock") == Some(&Value::Null) {
        product.remove("stock");
    }
    let book = desk.get("prices").await?;
    let mut known = Doc(&book).list("/data").into_iter();
    let Some(known) = known.find(|known| Some(known.at("/sku").0) == product.get("sku")) else {
        return Ok(());
    };
    if let Some(url) = known.0.get("image_url") {
        product.insert("image_url".to_owned(), url.clone());
    }
    let names = known.at("/names").0.as_object().into_iter().flatten();
    for (tag, name) in names.filter(|(tag, _)| *tag != "zh-CN") {
        let names = product.entry("names").or_insert_with(|| json!({}));
        names[tag] = name.clone();
    }
    Ok(())
}

/// Quantities by line become the items. The amount that stood in the form is not one that anybody
/// chose beside them: what the items cost is.
fn shares(mut sent: Value) -> Value {
    let Some(object) = sent.as_object_mut() else {
        return sent;
    };
    let number = |text: &str| {
        let number = text.parse::<u64>();
        number.map_or(Value::from(text), Value::from)
    };
    let mut items = Vec::new();
    object.retain(|name, value| {
        let Some(index) = name.strip_prefix("item-") else {
            return true;
        };
        let quantity = value.as_str().unwrap_or_default().trim();
        if !matches!(quantity, "" | "0") {
            items.push(json!({ "index": number(index), "quantity": number(quantity) }));
        }
        false
    });
    let whole = object.remove("whole");
    if !items.is_empty() {
        let amount = object.get("amount").and_then(|amount| amount.get("amount"));
        if whole.is_some() && amount == whole.as_ref() {
            object.remove("amount");
        }
        object.insert("items".to_owned(), items.into());
    }
    sent
}

/// The lane is stated as a whole, or not at all.
fn store_body(mut sent: Value) -> Value {
    if let Some(object) = sent.as_object_mut() {
        let stated = object.remove("card_lane");
        let statement = stated.as_ref().and_then(|lane| lane.get("statement"));
        if let Some(statement) = statement.filter(|s| s.as_str() != Some("")) {
            let lane = json!({ "lane": "worker_key", "statement": statement });
            object.insert("card_lane".to_owned(), lane);
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_by_line_become_items_and_the_amount_is_theirs_unless_chosen() {
        let amount = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let form = json!({ "amount": amount("30.00"), "whole": "30.00", "reason": "r",
            "item-0": "", "item-2": "1", "item-10": "x" });
        assert_eq!(
            shares(form),
            json!({ "reason": "r", "items": [
                { "index": 10, "quantity": "x" }, { "index": 2, "quantity": 1 },
            ] })
        );
        let chosen = json!({ "amount": amount("9.00"), "whole": "30.00", "item-0": "2" });
        assert_eq!(
            shares(chosen),
            json!({ "amount": amount("9.00"), "items": [{ "index": 0, "quantity": 2 }] })
        );
        let whole = json!({ "amount": amount("30.00"), "whole": "30.00", "item-0": "0" });
        assert_eq!(shares(whole), json!({ "amount": amount("30.00") }));
    }
}
