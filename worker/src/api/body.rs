//! Reading bodies and queries: bounded, and with an error that names the field.

use causeway_shared::json;
use causeway_shared::wire::WireProblem;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use worker::Request;

use super::pointer::pointer_at;
use crate::error::{AppError, without_numbers};

/// The largest body of an API call.
pub const MAX_BODY: usize = 64 * 1024;

/// How much of a body that is too large is read all the same: a sender whose connection breaks
/// in the middle does not get to read why.
const MAX_DROPPED: usize = 1 << 20;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`AppError::TooLarge`].
pub async fn read_bytes(request: &mut Request, limit: usize) -> Result<Vec<u8>, AppError> {
    let stated = request
        .headers()
        .get("content-length")?
        .and_then(|l| l.parse::<usize>().ok());
    if stated.is_some_and(|length| length > limit + MAX_DROPPED) {
        return Err(AppError::TooLarge { limit });
    }
    // In one piece: a stream costs several turns of the event loop.
    if stated.is_some_and(|length| length <= limit) {
        return Ok(request.bytes().await?);
    }
    // A request without body has no stream.
    let Ok(mut stream) = request.stream() else {
        return Ok(Vec::new());
    };
    let mut body = Vec::new();
    let mut length = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        length += chunk.len();
        if length <= limit {
            body.extend_from_slice(&chunk);
        } else if length > limit + MAX_DROPPED {
            break;
        }
    }
    if length > limit {
        return Err(AppError::TooLarge { limit });
    }
    Ok(body)
}

/// Reads a JSON body.
///
/// # Errors
/// [`AppError::TooLarge`]; [`AppError::BadRequest`] for what is not JSON;
/// [`AppError::Invalid`] for a field that is missing, unknown or of another form.
pub async fn read_json<T: DeserializeOwned>(
    request: &mut Request,
    limit: usize,
) -> Result<T, AppError> {
    let body = read_bytes(request, limit).await?;
    parse_json(&body)
}

/// Reads a JSON body that may be missing altogether.
///
/// # Errors
/// See [`read_json`].
pub async fn read_optional_json<T: DeserializeOwned + Default>(
    request: &mut Request,
) -> Result<T, AppError> {
    let body = read_bytes(request, MAX_BODY).await?;
    if body.is_empty() {
        Ok(T::default())
    } else {
        parse_json(&body)
    }
}

/// Reads JSON.
///
/// # Errors
/// See [`read_json`].
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let text = object_text(body)?;
    json::from_str(text).map_err(|error| refusal(text, &error))
}

/// The text of a body, unless it is a list.
fn object_text(body: &[u8]) -> Result<&str, AppError> {
    // serde's words for it would name a struct of ours.
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    if first.is_some_and(|b| *b == b'[') {
        return Err(invalid("", "wrong_form", "must be a JSON object"));
    }
    std::str::from_utf8(body).map_err(|_| not_json("the body is not UTF-8"))
}

/// What to mend in a body. What reads a value refuses it while serde_json is at it, so that the
/// error has its place.
fn refusal(text: &str, error: &serde_json::Error) -> AppError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => AppError::Invalid(vec![WireProblem {
            pointer: pointer_at(text, line, column),
            code: "wrong_form",
            detail: without_numbers(&without_values(&error.to_string())),
        }]),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => not_json(&format!(
            "the body is not JSON at line {line}, column {column}"
        )),
    }
}

fn not_json(detail: &str) -> AppError {
    AppError::BadRequest {
        code: "not_json",
        detail: detail.to_owned(),
    }
}

/// serde's message without "at line 1 column 2", and without the value that it quotes: names of
/// fields are told, what stands in them is not.
fn without_values(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    let message = message.get(..end).unwrap_or(message);
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "];
    let (what, expected) = message.split_at(message.rfind(", expected ").unwrap_or(message.len()));
    if !quotes.iter().any(|start| what.starts_with(start)) {
        return message.chars().take(300).collect();
    }
    let what = what.split(['`', '"']).next().unwrap_or_default();
    format!("{}{expected}", what.trim_end())
}

/// A problem with one field.
#[must_use]
pub fn invalid(pointer: &str, code: &'static str, detail: &str) -> AppError {
    let (pointer, detail) = (pointer.to_owned(), detail.to_owned());
    AppError::Invalid(vec![WireProblem {
        pointer,
        code,
        detail,
    }])
}

/// The `Idempotency-Key` of a request.
///
/// # Errors
/// [`AppError::BadRequest`] when it is not 1 to 255 visible ASCII characters.
pub fn idempotency_key(request: &Request) -> Result<Option<String>, AppError> {
    let Some(key) = request.headers().get("idempotency-key")? else {
        return Ok(None);
    };
    let fits = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(Some(key));
    }
    Err(AppError::BadRequest {
        code: "bad_idempotency_key",
        detail: "Idempotency-Key must have 1 to 255 visible ASCII characters".to_owned(),
    })
}

/// One value of the query.
#[must_use]
pub fn query(request: &Request, name: &str) -> Option<String> {
    let url = request.url().ok()?;
    url.query_pairs()
        .find(|(k, _)| k == name)
        .map(|(_, v)| v.into_owned())
}

/// Refuses query names that are not known, so that a misspelt filter does not show everything.
///
/// # Errors
/// [`AppError::BadRequest`].
pub fn only_known(request: &Request, known: &[&str]) -> Result<(), AppError> {
    for (name, _) in request.url()?.query_pairs() {
        if !known.contains(&name.as_ref()) {
            return Err(AppError::BadRequest {
                code: "unknown_parameter",
                detail: format!("this list knows the parameters {}", known.join(", ")),
            });
        }
    }
    Ok(())
}

/// `limit` of a list: 1 to 100, 20 when left out.
///
/// # Errors
/// [`AppError::BadRequest`].
pub fn limit(request: &Request) -> Result<u32, AppError> {
    let Some(text) = query(request, "limit") else {
        return Ok(20);
    };
    let limit = text.parse().ok().filter(|l| (1..=100).contains(l));
    limit.ok_or_else(|| AppError::BadRequest {
        code: "bad_limit",
        detail: "limit must be 1 to 100".to_owned(),
    })
}

/// A query that does not say what it should.
#[must_use]
pub fn bad_query(code: &'static str, detail: &str) -> AppError {
    AppError::BadRequest {
        code,
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use causeway_shared::wire::OrderDraft;
    use serde_json::{Value, json};

    use super::{AppError, parse_json, without_values};

    fn pointer(body: &str) -> String {
        match parse_json::<OrderDraft>(body.as_bytes()) {
            Err(AppError::Invalid(problems)) => problems[0].pointer.clone(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_named_wherever_it_stands() {
        let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        let wrong: [(&str, Value, &str); 10] = [
            ("total", usd("1.001"), "/total"),
            ("total", json!(["1.00", "USD"]), "/total"),
            (
                "total",
                json!({ "amount": 1, "currency": "USD" }),
                "/total/amount",
            ),
            (
                "total",
                json!({ "amount": "1", "currency": "XXL" }),
                "/total/currency",
            ),
            (
                "total",
                json!({ "currency": "USD", "amounts": "1" }),
                "/total/amounts",
            ),
            ("total", json!({ "currency": "USD" }), "/total"),
            ("expires_at", json!("tomorrow"), "/expires_at"),
            ("methods", json!(["card", "cash"]), "/methods/1"),
            ("shopper", json!({ "emails": [] }), "/shopper/emails"),
            ("metadata", json!({ "a/b": {} }), "/metadata/a~1b"),
        ];
        let items = json!([{ "name": "Tea", "quantity": 1, "unit_price": usd("1.00") }]);
        for (name, value, wanted) in wrong {
            // What is refused stands last, or something follows.
            assert_eq!(pointer(&format!("{{{}:{value}}}", json!(name))), wanted);
            let body = format!("{{ {} : {value} ,\n\"items\": {items} }}", json!(name));
            assert_eq!(pointer(&body), wanted);
        }
        assert_eq!(pointer("{}"), "");
        assert_eq!(pointer(r#"{"items":[{"name":"Tea"}]}"#), "/items/0");
        assert_eq!(pointer(r#"{"items":[[]]}"#), "/items/0");
    }

    #[test]
    fn a_message_names_fields_and_no_values() {
        for (message, wanted) in [
            (
                "unknown field `totall`, expected `total` at line 1 column 9",
                "unknown field `totall`, expected `total`",
            ),
            (
                "unknown variant `4242, expected x`, expected `card` or `alipay`",
                "unknown variant, expected `card` or `alipay`",
            ),
            (
                r#"invalid type: string "4242", expected u32 at line 2 column 3"#,
                "invalid type: string, expected u32",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "invalid value: integer, expected u32",
            ),
            ("missing field `total`", "missing field `total`"),
        ] {
            assert_eq!(without_values(message), wanted);
        }
    }
}
