//! What the tests of this channel share: an account, a payment, a gateway that answers.

mod answers;
mod credentials;
mod notices;
mod refunds;
mod requests;
mod vectors;

use base64ct::{Base64, Encoding};
use form_urlencoded::parse;

use super::Alipay;
use crate::channel::testing::{TestKey, run};
use crate::channel::{
    Account, CaptureMode, Channel, ChannelError, ChannelId, Credentials, Flow, Fresh, Method,
    Payment, RefundOrder, Shopper,
};
use crate::http::{Request, Response};
use crate::id::{AccountId, AttemptId, Mode, OrderId, Reference, RefundId};
use crate::money::{Currency, Money};
use crate::sign::Next;
use crate::time::UnixTime;

const BASE: &str = "https://gateway.test";
const APP_ID: &str = "2021000000000001";
const ORDER: &str = "01KDWQ6J8M3V5T2R9XAZB4C7DE";
const REFERENCE: &str = "01KDWQ6J8M3V5T2R9XAZB4C7DE01";
const REFUND: &str = "ref_06ANP5V7Q8W9X0Y1Z2A3B4C5D6";
const TRADE_NO: &str = "2026010222001468450512505578";

/// 2026-01-02 03:04:05 in Beijing.
fn now() -> UnixTime {
    UnixTime::parse_rfc3339("2026-01-01T19:04:05Z").unwrap()
}

fn fresh() -> Fresh {
    Fresh {
        now: now(),
        nonce: "0123456789abcdefghijABCDEFGHIJ42".to_owned(),
    }
}

fn yuan(text: &str) -> Money {
    Money::parse(text, Currency::CNY).unwrap()
}

/// An account in key mode with some of its fields replaced; an empty value removes one.
fn account_with(changes: &[(&str, &str)]) -> Account {
    let mut fields = vec![
        ("app_id".to_owned(), APP_ID.to_owned()),
        ("private_key".to_owned(), TestKey::named("merchant").private),
        (
            "alipay_public_key".to_owned(),
            TestKey::named("channel").public,
        ),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    Account {
        id: AccountId::parse("acc_demo_0123456789").unwrap(),
        channel: ChannelId::Alipay,
        mode: Mode::Test,
        credentials: Credentials::new(fields),
    }
}

fn account() -> Account {
    account_with(&[])
}

/// The test certificates: `app`, `alipay` or `root`, and `pem` or `serial`.
fn certificate(which: &str, part: &str) -> String {
    let text = include_str!("../../../../tests/vectors/channels/alipay_certificates.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    file[which][part].as_str().unwrap().to_owned()
}

fn certificate_account() -> Account {
    account_with(&[
        ("alipay_public_key", ""),
        ("app_cert", &certificate("app", "pem")),
        ("alipay_cert", &certificate("alipay", "pem")),
        ("alipay_root_cert", &certificate("root", "pem")),
    ])
}

/// What a payment borrows.
struct Shop {
    account: Account,
    order: OrderId,
    attempt: AttemptId,
    reference: Reference,
    refund: RefundId,
}

impl Shop {
    fn new(account: Account) -> Self {
        let order = OrderId::parse(ORDER).unwrap();
        Self {
            account,
            attempt: AttemptId::make([7; 16]),
            reference: Reference::make(&order, 1).unwrap(),
            order,
            refund: RefundId::parse(REFUND).unwrap(),
        }
    }

    fn payment(&self, flow: Flow) -> Payment<'_> {
        Payment {
            account: &self.account,
            order: &self.order,
            attempt: &self.attempt,
            reference: &self.reference,
            amount: yuan("88.88"),
            method: Method::Alipay,
            flow,
            description: "测试 item",
            expires_at: now().plus_seconds(1800),
            created_at: now(),
            capture: CaptureMode::Automatic,
            notice_url: "https://pay.example.com/notices/acc_demo_0123456789",
            return_url: "https://pay.example.com/return/acc_demo_0123456789/r?a=1&b=2",
            shopper: Shopper::default(),
            channel_number: None,
            refused_captures: 0,
            card: None,
        }
    }

    fn refund(&self) -> RefundOrder<'_> {
        RefundOrder {
            refund: &self.refund,
            amount: yuan("8.80"),
            captured: yuan("88.88"),
            reason: Some("too small"),
            channel_number: None,
        }
    }
}

/// The gateway's answer to `method`: `value`, signed as a whole by the key `signer`.
fn signed_by(signer: &str, method: &str, value: &str) -> Response {
    let signature = Base64::encode_string(&TestKey::named(signer).sign(value.as_bytes()));
    let name = method.replace('.', "_");
    let body = format!(r#"{{"{name}_response":{value},"sign":"{signature}"}}"#);
    Response::new(200, "text/html;charset=utf-8", body)
}

/// A request's parameter, from URL or body.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = parse(query.as_bytes()).chain(parse(&request.body));
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// Runs an exchange in which the gateway answers these methods with these values, in this order
/// and no others.
fn talk<T>(next: Next<T>, script: &[(&str, &str)]) -> Result<T, ChannelError> {
    let mut script = script.iter();
    let result = run(next, |request| {
        let (method, value) = script.next().expect("one more request than expected");
        assert_eq!(parameter(&request, "method").as_deref(), Some(*method));
        signed_by("channel", method, value)
    });
    assert_eq!(script.len(), 0, "fewer requests than expected");
    result
}

const PRECREATE: &str = "alipay.trade.precreate";
const QUERY: &str = "alipay.trade.query";
const CLOSE: &str = "alipay.trade.close";
const REFUNDED: &str = "alipay.trade.refund";
const REFUND_QUERY: &str = "alipay.trade.fastpay.refund.query";

/// A business failure.
fn failure(sub_code: &str) -> String {
    format!(
        r#"{{"code":"40004","msg":"Business Failed","sub_code":"{sub_code}","sub_msg":"失败"}}"#
    )
}
