//! What the tests of this channel share: an account, a payment, and a gateway that signs.

mod answers;
mod certificates;
mod notices;
mod refunds;
mod requests;
mod vectors;

use super::*;
use crate::channel::testing::{TestKey, run};
use crate::channel::{CaptureMode, ChannelCode, Credentials, Shopper};
use crate::id::{AccountId, AttemptId, Mode, OrderId, RefundId};
use crate::money::Currency;

const NOW: i64 = 1_700_000_000;
const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
/// The second nonce of a run.
const NONCE_2: &str = "93BEC0C930BF1AFEB40B4A08C8FB2425";
const MCHID: &str = "1234567891";
const APPID: &str = "wxd678efh567hg6787";
const MERCHANT_SERIAL: &str = "5F1C72E2A8931B72A2E13AF8DEE92471EB397115";
const API_V3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0112345678912026010100000000000001";
const REFERENCE: &str = "01HF7YAT00ABCDEFGHJKMNPQRS01";
const TRANSACTION: &str = "4200000000000000000000000001";
const BASE: &str = "https://api.mch.weixin.qq.com";

fn fresh() -> Fresh {
    Fresh {
        now: UnixTime::from_seconds(NOW),
        nonce: NONCE.to_owned(),
    }
}

/// An account with the public key, changed by `changes`; a blank value takes a field away.
fn account_with(changes: &[(&str, &str)]) -> Account {
    let merchant = TestKey::named("merchant");
    let channel = TestKey::named("channel");
    let mut fields = vec![
        ("mchid".to_owned(), MCHID.to_owned()),
        ("appid".to_owned(), APPID.to_owned()),
        ("merchant_serial".to_owned(), MERCHANT_SERIAL.to_owned()),
        ("merchant_private_key".to_owned(), merchant.private),
        ("api_v3_key".to_owned(), API_V3_KEY.to_owned()),
        ("public_key_id".to_owned(), PUBLIC_KEY_ID.to_owned()),
        ("public_key".to_owned(), channel.public),
    ];
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    Account {
        id: AccountId::parse("acc_demo_0123456789").unwrap(),
        channel: ChannelId::WechatPay,
        mode: Mode::Live,
        credentials: Credentials::new(fields),
    }
}

fn account() -> Account {
    account_with(&[])
}

/// An account in certificate mode without configured certificates.
fn certificate_account() -> Account {
    account_with(&[("public_key_id", ""), ("public_key", "")])
}

fn cny(minor: i64) -> Money {
    Money::from_minor(minor, Currency::CNY).unwrap()
}

/// What a payment borrows.
struct Fixture {
    account: Account,
    order: OrderId,
    attempt: AttemptId,
    reference: Reference,
    refund: RefundId,
}

impl Fixture {
    fn new(account: Account) -> Self {
        let reference = Reference::parse(REFERENCE).unwrap();
        Self {
            account,
            order: reference.order(),
            attempt: AttemptId::make([7; 16]),
            reference,
            refund: RefundId::make([9; 16]),
        }
    }

    fn payment(&self, flow: Flow) -> Payment<'_> {
        Payment {
            account: &self.account,
            order: &self.order,
            attempt: &self.attempt,
            reference: &self.reference,
            amount: cny(8888),
            method: Method::WechatPay,
            flow,
            description: "测试 tea",
            expires_at: UnixTime::from_seconds(NOW + 1800),
            created_at: UnixTime::from_seconds(NOW),
            capture: CaptureMode::Automatic,
            notice_url: "https://pay.example.com/notices/acc_demo_0123456789",
            return_url: "https://pay.example.com/return/a?b=c&d=茶",
            shopper: Shopper {
                ip: Some("203.0.113.7"),
                openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
                ..Shopper::default()
            },
            channel_number: None,
            refused_captures: 0,
            card: None,
        }
    }

    fn refund_order(&self) -> RefundOrder<'_> {
        RefundOrder {
            refund: &self.refund,
            amount: cny(888),
            captured: cny(8888),
            reason: Some("坏了 broken"),
            channel_number: None,
        }
    }
}

/// How an answer or a notice is signed; the default is as it should be.
struct Signing {
    key: &'static str,
    serial: String,
    timestamp: i64,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            key: "channel",
            serial: PUBLIC_KEY_ID.to_owned(),
            timestamp: NOW,
        }
    }
}

impl Signing {
    fn serial(serial: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            ..Self::default()
        }
    }

    fn headers(&self, body: &[u8]) -> Vec<(String, String)> {
        let start = format!("{}\nserver-nonce\n", self.timestamp).into_bytes();
        let signature = TestKey::named(self.key).sign(&[&start[..], body, b"\n"].concat());
        [
            ("wechatpay-serial", self.serial.clone()),
            ("wechatpay-timestamp", self.timestamp.to_string()),
            ("wechatpay-nonce", "server-nonce".to_owned()),
            ("wechatpay-signature", Base64::encode_string(&signature)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn answer(&self, status: u16, body: &str) -> Response {
        let body = body.as_bytes().to_vec();
        Response {
            status,
            headers: self.headers(&body),
            body,
        }
    }
}

/// An answer as the gateway gives it.
fn answer(status: u16, body: &str) -> Response {
    Signing::default().answer(status, body)
}

fn error(status: u16, code: &str) -> Response {
    answer(status, &format!(r#"{{"code":"{code}","message":"…"}}"#))
}

fn unsigned(status: u16, body: &str) -> Response {
    Response::new(status, "application/json", body)
}

fn refused(code: &str) -> ChannelError {
    ChannelError::Refused(crate::channel::ChannelCode::new(code))
}

fn unavailable(code: &str) -> ChannelError {
    ChannelError::Unavailable(crate::channel::ChannelCode::new(code))
}

/// An answer to a query.
fn transaction(state: &str) -> String {
    format!(
        r#"{{"mchid":"{MCHID}","appid":"{APPID}","out_trade_no":"{REFERENCE}",
        "transaction_id":"{TRANSACTION}","trade_type":"NATIVE","trade_state":"{state}",
        "trade_state_desc":"…","success_time":"2023-11-15T06:13:25+08:00",
        "payer":{{"openid":"o1"}},
        "amount":{{"total":8888,"payer_total":8000,"currency":"CNY","payer_currency":"CNY"}}}}"#
    )
}

/// Runs an exchange against answers given in order; also gives the requests that were sent.
fn exchange<T>(
    next: Next<T>,
    answers: impl IntoIterator<Item = Response>,
) -> (Result<T, ChannelError>, Vec<Request>) {
    let mut answers = answers.into_iter();
    let mut requests = Vec::new();
    let result = run(next, |request| {
        requests.push(request);
        answers.next().expect("a request without an answer")
    });
    assert!(answers.next().is_none(), "an answer that nobody asked for");
    (result, requests)
}

/// As [`exchange`], for the result alone.
fn result<T>(
    next: Next<T>,
    answers: impl IntoIterator<Item = Response>,
) -> Result<T, ChannelError> {
    exchange(next, answers).0
}

#[test]
fn the_declaration_fits_the_contract() {
    let declaration = WechatPay.declaration();
    assert_eq!(declaration.id, ChannelId::WechatPay);
    assert!(!declaration.manual_capture);
    let method = &declaration.methods[0];
    assert!(method.accepts(cny(1)));
    assert!(!method.accepts(cny(0)));
    assert!(!method.accepts(Money::from_minor(100, Currency::USD).unwrap()));
    assert_eq!(WechatPay.host(&account()), BASE);
}

#[test]
fn a_refused_question_points_to_key_or_clock() {
    let unavailable = |code| ChannelError::Unavailable(ChannelCode::new(code));
    for (error, meant) in [
        (unavailable("SIGN_ERROR"), Diagnosis::BadKey),
        (unavailable("MCH_NOT_EXISTS"), Diagnosis::BadKey),
        (unavailable("PARAM_ERROR"), Diagnosis::BadKey),
        (unavailable("FREQUENCY_LIMITED"), Diagnosis::Unknown),
        (unavailable("NO_AUTH"), Diagnosis::Unknown),
        (ChannelError::Unauthentic(WRONG_TIME), Diagnosis::Clock),
        (ChannelError::Unauthentic(PROBED), Diagnosis::Unknown),
        (ChannelError::Unauthentic("signature"), Diagnosis::BadKey),
    ] {
        assert_eq!(WechatPay.diagnose(&error, None), meant, "{error:?}");
    }
}

#[test]
fn notices_are_answered_as_documented() {
    let acknowledged = WechatPay.acknowledge();
    assert_eq!((acknowledged.status, acknowledged.body.len()), (204, 0));
    let rejected = WechatPay.reject();
    assert_eq!(rejected.status, 500);
    assert_eq!(
        rejected.body,
        br#"{"code":"FAIL","message":"not accepted"}"#
    );
}

#[test]
fn credentials_are_checked_field_by_field() {
    let certificates = TestKey::named("channel").public;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("mchid", "")], "mchid"),
        (&[("mchid", "12a4567891")], "mchid"),
        (&[("appid", "wx\"quoted\"")], "appid"),
        (&[("merchant_serial", "not hexadecimal")], "merchant_serial"),
        (&[("merchant_private_key", "MIIB")], "merchant_private_key"),
        (&[("api_v3_key", "too short")], "api_v3_key"),
        (
            &[("api_v3_key", "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gé")],
            "api_v3_key",
        ),
        (&[("public_key_id", "")], "public_key_id"),
        (&[("public_key", "")], "public_key"),
        (
            &[("public_key_id", "0112345678912026010100000000000001")],
            "public_key_id",
        ),
        (&[("public_key", "MIIB")], "public_key"),
        (
            &[("platform_certificates", &certificates)],
            "platform_certificates",
        ),
    ];
    for (changes, expected) in cases {
        match WechatPay.check_credentials(&account_with(changes)) {
            Err(ChannelError::Credentials { field, .. }) => assert_eq!(field, *expected),
            other => panic!("{changes:?}: {other:?}"),
        }
    }
    assert_eq!(WechatPay.check_credentials(&account()), Ok(()));
    assert_eq!(WechatPay.check_credentials(&certificate_account()), Ok(()));
    let pasted = format!("  {MCHID}\n");
    assert_eq!(
        WechatPay.check_credentials(&account_with(&[("mchid", &pasted)])),
        Ok(())
    );
}

#[test]
fn money_is_taken_at_once_and_in_cny_alone() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let captured = result(WechatPay.capture(BASE, &payment, cny(8888), &fresh()), []);
    assert!(matches!(captured, Err(ChannelError::Unsupported(_))));
    let dollars = Money::from_minor(100, Currency::USD).unwrap();
    let refused: [Payment<'_>; 6] = [
        Payment {
            amount: dollars,
            ..payment.clone()
        },
        Payment {
            amount: cny(0),
            ..payment.clone()
        },
        Payment {
            capture: CaptureMode::Manual,
            ..payment.clone()
        },
        Payment {
            method: Method::Card,
            ..payment.clone()
        },
        Payment {
            flow: Flow::RedirectDesktop,
            ..payment.clone()
        },
        Payment {
            notice_url: "https://pay.example.com/notices?a=b",
            ..payment.clone()
        },
    ];
    for payment in refused {
        let created = result(WechatPay.create(BASE, &payment, &fresh()), []);
        assert!(
            matches!(created, Err(ChannelError::Unsupported(_))),
            "{payment:?}"
        );
    }
}
