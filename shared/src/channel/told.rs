//! What people of the store may see of a message to or from a channel: the fields that an
//! allow-list names, and nothing else. Card numbers, keys, signatures and personal data are in no
//! list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ChannelId;
use crate::http::{Request, Response};
use crate::json;

/// The most fields that are told of one message.
const MAX_FIELDS: usize = 40;
/// The most characters that are told of a name or a value.
const MAX_TEXT: usize = 200;
/// How deep a message is looked into.
const MAX_DEPTH: usize = 8;
/// Runs of as many digits are told as zeros, wherever they stand: card numbers have them, the
/// channels' own numbers have more.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// Stripe: <https://docs.stripe.com/api/payment_intents/object>, `/refunds/object`, `/errors`.
const STRIPE: &[&str] = &[
    "amount",
    "amount_capturable",
    "amount_received",
    "amount_refunded",
    "amount_to_capture",
    "brand",
    "cancellation_reason",
    "capture_method",
    "charge",
    "code",
    "confirm",
    "created",
    "currency",
    "decline_code",
    "failure_reason",
    "fee",
    "id",
    "last4",
    "latest_charge",
    "livemode",
    "network_decline_code",
    "object",
    "param",
    "payment_intent",
    "reason",
    "status",
    "type",
];

/// Alipay: <https://opendocs.alipay.com/open/028r8t>, and the pages of the other calls.
const ALIPAY: &[&str] = &[
    "action",
    "charge_amount",
    "code",
    "fund_change",
    "gmt_close",
    "gmt_payment",
    "gmt_refund",
    "gmt_refund_pay",
    "method",
    "msg",
    "notify_id",
    "notify_time",
    "notify_type",
    "out_biz_no",
    "out_request_no",
    "out_trade_no",
    "product_code",
    "receipt_amount",
    "refund_amount",
    "refund_fee",
    "refund_reason",
    "refund_status",
    "retry_flag",
    "send_pay_date",
    "sub_code",
    "sub_msg",
    "time_expire",
    "total_amount",
    "trade_no",
    "trade_status",
];

/// WeChat Pay: <https://pay.weixin.qq.com/doc/v3/merchant/4012791858>, and the other calls' pages.
const WECHAT_PAY: &[&str] = &[
    "channel",
    "code",
    "create_time",
    "currency",
    "event_type",
    "funds_account",
    "h5_info",
    "id",
    "message",
    "out_refund_no",
    "out_trade_no",
    "payer_total",
    "reason",
    "refund",
    "refund_id",
    "resource_type",
    "status",
    "success_time",
    "summary",
    "time_expire",
    "total",
    "trade_state",
    "trade_state_desc",
    "trade_type",
    "transaction_id",
];

/// What is told of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Of a request: its method and path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Of an answer: its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The fields of query and body that may be told, by their path.
    pub fields: BTreeMap<String, String>,
}

impl Told {
    /// Of a request to a channel, or a notice from one.
    #[must_use]
    pub fn of_request(channel: ChannelId, request: &Request) -> Self {
        let (place, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let path = place.split_once("://").map_or(place, |(_, rest)| rest);
        let path = path
            .find('/')
            .map_or("/", |at| path.get(at..).unwrap_or("/"));
        let mut fields = Fields::of(channel);
        fields.form(query);
        fields.body(&request.body);
        Self {
            line: Some(format!("{} {}", request.method.as_str(), shown(path))),
            status: None,
            fields: fields.found,
        }
    }

    /// Of a channel's answer.
    #[must_use]
    pub fn of_response(channel: ChannelId, response: &Response) -> Self {
        let mut fields = Fields::of(channel);
        fields.body(&response.body);
        Self {
            line: None,
            status: Some(response.status),
            fields: fields.found,
        }
    }
}

struct Fields {
    allowed: &'static [&'static str],
    found: BTreeMap<String, String>,
}

impl Fields {
    fn of(channel: ChannelId) -> Self {
        let allowed = match channel {
            ChannelId::Alipay => ALIPAY,
            ChannelId::Stripe => STRIPE,
            ChannelId::WechatPay => WECHAT_PAY,
        };
        Self {
            allowed,
            found: BTreeMap::new(),
        }
    }

    /// JSON, or else a form; what is neither has no fields.
    fn body(&mut self, body: &[u8]) {
        if let Ok(json) = json::from_slice::<Value>(body) {
            self.json("", "", &json, 0);
        } else if let Ok(text) = std::str::from_utf8(body) {
            self.form(text);
        }
    }

    fn form(&mut self, text: &str) {
        for pair in text.split('&') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let (name, value) = (decode(name), decode(value));
            // Alipay's parameters are JSON within a form.
            match json::from_str::<Value>(&value) {
                Ok(json @ Value::Object(_)) => self.json("", "", &json, 0),
                _ => self.add(&name, leaf(&name), &value),
            }
        }
    }

    fn json(&mut self, path: &str, name: &str, json: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match json {
            Value::Null => {}
            Value::Bool(value) => self.add(path, name, &value.to_string()),
            Value::Number(value) => self.add(path, name, &value.to_string()),
            Value::String(value) => self.add(path, name, value),
            Value::Array(list) => {
                for (index, one) in list.iter().enumerate() {
                    self.json(&join(path, &index.to_string()), name, one, depth + 1);
                }
            }
            Value::Object(object) => {
                for (key, one) in object {
                    self.json(&join(path, key), key, one, depth + 1);
                }
            }
        }
    }

    fn add(&mut self, path: &str, name: &str, value: &str) {
        if self.allowed.contains(&name) && self.found.len() < MAX_FIELDS {
            self.found.insert(shown(path), shown(value));
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The innermost name of `a[b]`.
fn leaf(name: &str) -> &str {
    let inner = name.trim_end_matches("[]");
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    inner.rsplit('[').next().unwrap_or(inner)
}

/// As `application/x-www-form-urlencoded`.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let coded = rest.as_slice_of_two();
        match (byte, coded) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(value)) => {
                bytes.push(value);
                rest.nth(1);
            }
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

trait TwoDigits {
    /// The byte that the next two hexadecimal digits name.
    fn as_slice_of_two(&self) -> Option<u8>;
}

impl TwoDigits for std::str::Bytes<'_> {
    fn as_slice_of_two(&self) -> Option<u8> {
        let mut next = self.clone();
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(next.next())?, digit(next.next())?);
        u8::try_from(high * 16 + low).ok()
    }
}

/// Not too long, and without what could be a card number.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest: &str = text;
    while let Some(c) = rest.chars().next() {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let (run, after) = rest.split_at(digits.max(c.len_utf8()));
        if CARD_DIGITS.contains(&digits) {
            shown.extend(run.chars().map(|_| '0'));
        } else {
            shown.push_str(run);
        }
        rest = after;
    }
    shown.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(url: &str, body: &str) -> Request {
        Request::post(url, "application/json", body)
    }

    #[test]
    fn only_what_is_listed_is_told() {
        let body = "amount=3320&currency=usd&payment_method_data[card][number]=4242424242424242\
            &payment_method_data[type]=card&metadata[attempt]=att_1&receipt_email=a%40b.example";
        let told = Told::of_request(
            ChannelId::Stripe,
            &post("https://api.stripe.com/v1/payment_intents?expand[]=x", body),
        );
        assert_eq!(told.line.as_deref(), Some("POST /v1/payment_intents"));
        let fields: Vec<_> = told
            .fields
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            fields,
            [
                ("amount", "3320"),
                ("currency", "usd"),
                ("payment_method_data[type]", "card"),
            ]
        );
    }

    #[test]
    fn json_is_looked_into_and_json_in_a_form_too() {
        let answer = r#"{"error":{"code":"card_declined","message":"No","payment_intent":
            {"id":"pi_1","client_secret":"pi_1_secret_2","status":"canceled"}}}"#;
        let told = Told::of_response(
            ChannelId::Stripe,
            &Response::new(402, "application/json", answer),
        );
        assert_eq!(told.status, Some(402));
        assert!(!format!("{told:?}").contains("secret"), "{told:?}");
        assert_eq!(told.fields["error.payment_intent.status"], "canceled");
        let form = "app_id=1&sign=abc&method=alipay.trade.query&biz_content=%7B%22out_trade_no%22\
            %3A%22R1%22%2C%22buyer_id%22%3A%222088%22%7D";
        let told = Told::of_request(
            ChannelId::Alipay,
            &post(&format!("https://openapi.alipay.com/gateway.do?{form}"), ""),
        );
        assert_eq!(told.line.as_deref(), Some("POST /gateway.do"));
        let names: Vec<_> = told.fields.keys().map(String::as_str).collect();
        assert_eq!(names, ["method", "out_trade_no"]);
    }

    #[test]
    fn no_card_number_is_told_whatever_holds_it() {
        let body = r#"{"code":"4242424242424242","id":"4200002026112212345678901234"}"#;
        let told = Told::of_request(
            ChannelId::WechatPay,
            &post("https://h/4242424242424242?reason=5555555555554444", body),
        );
        assert!(!format!("{told:?}").contains("4242424242"), "{told:?}");
        assert!(!format!("{told:?}").contains("5555"), "{told:?}");
        assert_eq!(told.fields["id"], "4200002026112212345678901234");
    }

    #[test]
    fn a_message_without_end_is_told_in_part() {
        let many: Vec<String> = (0..100).map(|n| format!(r#"{{"id":"{n}"}}"#)).collect();
        let body = format!("[{}]", many.join(","));
        let told = Told::of_request(ChannelId::Stripe, &post("https://h/", &body));
        assert_eq!(told.fields.len(), MAX_FIELDS);
        let long = format!(r#"{{"id":"{}"}}"#, "é".repeat(1000));
        let told = Told::of_request(ChannelId::Stripe, &post("https://h/", &long));
        assert_eq!(told.fields["id"].chars().count(), MAX_TEXT);
        let told = Told::of_request(
            ChannelId::Stripe,
            &post("https://h/%%?%=%4&id=%zz", "\u{1}"),
        );
        assert_eq!(told.fields["id"], "%zz");
    }
}
