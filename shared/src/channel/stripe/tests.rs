//! Tests of the Stripe channel, and what they share: one order, one account, Stripe's objects.

mod answers;
mod events;
mod exchanges;
mod fees;
mod notices;
mod refunds;
mod requests;

use serde_json::{Value, json};

use super::Stripe;
use crate::card::CardPlain;
use crate::channel::testing::{run, run_offline};
use crate::channel::*;
use crate::http::{Request, Response};
use crate::id::{AccountId, AttemptId, Mode, OrderId, Reference, RefundId, StoreId, Till};
use crate::money::{Currency, Money};
use crate::time::UnixTime;

const BASE: &str = "https://api.stripe.com";
const SECRET_KEY: &str = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";
const WEBHOOK_SECRET: &str = "whsec_test_secret";
const NUMBER: &str = "pi_3MtwBwLkdIwHu7ix28a3tqPa";
const FETCH: &str = "GET /v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa\
                     ?expand[0]=latest_charge.balance_transaction";
const CREATE: &str = "POST /v1/payment_intents";
const THREE_D_SECURE: &str = "https://hooks.stripe.com/3d_secure_2/hosted?merchant=acct_1";
/// 2026-11-22T03:04:05Z.
const NOW_S: i64 = 1_795_316_645;

/// Everything that a payment borrows.
struct Scene {
    account: Account,
    order: OrderId,
    attempt: AttemptId,
    reference: Reference,
    refund: RefundId,
    card: CardPlain,
}

impl Scene {
    fn new() -> Self {
        let order = OrderId::make(1_795_316_000_000, Till::new(7).unwrap(), [1; 10]);
        Self {
            account: account(Mode::Test, SECRET_KEY, WEBHOOK_SECRET),
            reference: Reference::make(&order, 1).unwrap(),
            order,
            attempt: AttemptId::make([2; 16]),
            refund: RefundId::make([3; 16]),
            card: card("4242424242424242", "CHEN WEI"),
        }
    }

    /// A card payment of 12.34 USD, begun a minute ago.
    fn payment(&self) -> Payment<'_> {
        Payment {
            account: &self.account,
            order: &self.order,
            attempt: &self.attempt,
            reference: &self.reference,
            amount: usd(1234),
            method: Method::Card,
            flow: Flow::Card,
            description: "Tea & cups",
            expires_at: UnixTime::from_seconds(NOW_S + 1800),
            created_at: UnixTime::from_seconds(NOW_S - 60),
            capture: CaptureMode::Automatic,
            notice_url: "https://pay.shop.example/notices/x",
            return_url: "https://pay.shop.example/return/x/y",
            shopper: Shopper {
                email: Some("wei.chen@shop.example"),
                ..Shopper::default()
            },
            channel_number: None,
            refused_captures: 0,
            card: Some(&self.card),
        }
    }

    /// The same, once Stripe has given it a number.
    fn known(&self) -> Payment<'_> {
        Payment {
            channel_number: Some(NUMBER),
            card: None,
            ..self.payment()
        }
    }

    fn refund_of(&self, minor: i64) -> RefundOrder<'_> {
        RefundOrder {
            refund: &self.refund,
            amount: usd(minor),
            captured: usd(1234),
            reason: Some("a cup was broken"),
            channel_number: None,
        }
    }

    /// The payment as Stripe shows it, with `changes` on top.
    fn intent(&self, changes: Value) -> Value {
        let mut intent = json!({
            "id": NUMBER,
            "object": "payment_intent",
            "amount": 1234,
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "automatic",
            "created": NOW_S - 50,
            "currency": "usd",
            "last_payment_error": null,
            "latest_charge": null,
            "livemode": false,
            "metadata": {
                "order": self.order.as_str(),
                "attempt": self.attempt.as_str(),
                "reference": self.reference.as_str(),
            },
            "next_action": null,
            "status": "requires_payment_method",
        });
        merge(&mut intent, changes);
        intent
    }

    fn paid(&self) -> Value {
        self.intent(json!({
            "status": "succeeded",
            "amount_received": 1234,
            "latest_charge": charge(),
        }))
    }

    fn stripe_refund(&self, changes: Value) -> Value {
        let mut refund = json!({
            "id": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
            "object": "refund",
            "amount": 234,
            "currency": "usd",
            "created": NOW_S - 5,
            "metadata": {
                "order": self.order.as_str(),
                "reference": self.reference.as_str(),
                "refund": self.refund.as_str(),
            },
            "payment_intent": NUMBER,
            "status": "succeeded",
        });
        merge(&mut refund, changes);
        refund
    }
}

fn account(mode: Mode, secret_key: &str, webhook_secret: &str) -> Account {
    let fields = [
        ("secret_key", secret_key),
        ("webhook_secret", webhook_secret),
    ];
    Account {
        id: AccountId::make(&StoreId::parse("teahouse").unwrap(), [4; 8]),
        channel: ChannelId::Stripe,
        mode,
        credentials: Credentials::new(
            fields.map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
    }
}

fn card(number: &str, holder: &str) -> CardPlain {
    CardPlain {
        number: number.to_owned(),
        expiry_month: 3,
        expiry_year: 2029,
        cvc: "123".to_owned(),
        holder: holder.to_owned(),
    }
}

fn charge() -> Value {
    json!({
        "id": "ch_3MmlLrLkdIwHu7ix0snN0B15",
        "object": "charge",
        "created": NOW_S - 49,
        "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
    })
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn fresh() -> Fresh {
    Fresh {
        now: UnixTime::from_seconds(NOW_S),
        nonce: "0123456789abcdefghijABCDEFGHIJxy".to_owned(),
    }
}

/// Sets the fields of `changes` in `target`, at its top level.
fn merge(target: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    for (name, value) in changes {
        target[name] = value;
    }
}

fn answer(status: u16, body: &Value) -> Response {
    Response::new(status, "application/json", body.to_string())
}

fn error(kind: &str, code: Value, decline_code: Value) -> Value {
    json!({"error": {"type": kind, "code": code, "decline_code": decline_code, "message": "No."}})
}

/// `METHOD path?query`, without the host.
fn line(request: &Request) -> String {
    let path = request.url.strip_prefix(BASE).unwrap();
    format!("{} {path}", request.method.as_str())
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

/// Runs an exchange up to its first request.
fn first<T>(next: crate::sign::Next<T>) -> Request {
    let mut sent = None;
    let _ = run(next, |request| {
        sent.get_or_insert(request);
        Response::new(503, "text/plain", "")
    });
    sent.unwrap()
}

/// Runs an exchange against a script of `(request line, answer)`, all of which has to be used.
fn play<T>(next: crate::sign::Next<T>, script: Vec<(&str, Response)>) -> Result<T, ChannelError> {
    let mut script = script.into_iter();
    let result = run(next, |request| {
        let (expected, response) = script
            .next()
            .unwrap_or_else(|| panic!("{} was not expected", line(&request)));
        assert_eq!(line(&request), expected);
        response
    });
    assert_eq!(script.len(), 0, "not all of the script was used");
    result
}

#[test]
fn credentials_have_to_fit_their_mode_and_form() {
    let cases = [
        (Mode::Test, SECRET_KEY, WEBHOOK_SECRET, None),
        (
            Mode::Test,
            "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            None,
        ),
        (
            Mode::Live,
            "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            None,
        ),
        (
            Mode::Live,
            "rk_live_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            None,
        ),
        (Mode::Live, SECRET_KEY, WEBHOOK_SECRET, Some("secret_key")),
        (
            Mode::Test,
            "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (
            Mode::Test,
            "pk_test_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (
            Mode::Test,
            "4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (
            Mode::Test,
            "sk_org_4eC39HqLyjWDarjtT1zdp7dc",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (
            Mode::Test,
            "sk_test_short",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (
            Mode::Test,
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc\n",
            WEBHOOK_SECRET,
            Some("secret_key"),
        ),
        (Mode::Test, " ", WEBHOOK_SECRET, Some("secret_key")),
        // It is got for the account's notice address, so that the account comes first.
        (Mode::Test, SECRET_KEY, " \t", None),
        (Mode::Test, SECRET_KEY, "whsec_", Some("webhook_secret")),
        (
            Mode::Test,
            SECRET_KEY,
            "whsec_test_secret\n",
            Some("webhook_secret"),
        ),
        (
            Mode::Test,
            SECRET_KEY,
            "test_secret_test",
            Some("webhook_secret"),
        ),
    ];
    for (mode, key, secret, refused) in cases {
        let checked = Stripe.check_credentials(&account(mode, key, secret));
        let field = match checked {
            Ok(()) => None,
            Err(ChannelError::Credentials { field, .. }) => Some(field),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(field, refused, "{mode:?} {key:?} {secret:?}");
    }
}

#[test]
fn nothing_is_sent_with_a_key_of_the_other_mode() {
    let mut scene = Scene::new();
    scene.account = account(Mode::Live, SECRET_KEY, WEBHOOK_SECRET);
    let refused = run_offline(Stripe.create(BASE, &scene.payment(), &fresh()));
    assert!(matches!(
        refused,
        Err(ChannelError::Credentials {
            field: "secret_key",
            ..
        })
    ));
}

#[test]
fn the_declaration_offers_what_the_channel_can_do() {
    let declaration = Stripe.declaration();
    let [method] = declaration.methods else {
        panic!("one method")
    };
    assert_eq!(
        (method.method, method.flows, method.lane),
        (Method::Card, &[Flow::Card][..], Some(Lane::WorkerKey))
    );
    assert!(method.accepts(usd(1)) && method.accepts(usd(999_999_999_999)));
    assert!(!method.accepts(usd(0)) && !method.accepts(usd(1_000_000_000_000)));
    let clf = Money::parse("1.0000", Currency::CLF).unwrap();
    assert!(!method.accepts(clf));
    for field in declaration.fields {
        assert!(field.kind.is_secret(), "{}", field.name);
    }
}

#[test]
fn a_refused_question_points_to_the_key_or_its_mode() {
    let unavailable = |code| ChannelError::Unavailable(ChannelCode::new(code));
    let other_mode = Stripe.check_credentials(&account(Mode::Live, SECRET_KEY, WEBHOOK_SECRET));
    for (error, status, meant) in [
        (
            unavailable("invalid_request_error"),
            Some(401),
            Diagnosis::BadKey,
        ),
        (unavailable("api_key_expired"), Some(401), Diagnosis::BadKey),
        (
            unavailable("more_permissions_required"),
            Some(403),
            Diagnosis::BadKey,
        ),
        (
            unavailable("livemode_mismatch"),
            Some(400),
            Diagnosis::WrongMode,
        ),
        (other_mode.unwrap_err(), None, Diagnosis::WrongMode),
        (unavailable("rate_limit"), Some(429), Diagnosis::Unknown),
        (unavailable("http_502"), Some(502), Diagnosis::Unknown),
        (ChannelError::Malformed("x"), Some(200), Diagnosis::Unknown),
    ] {
        assert_eq!(
            Stripe.diagnose(&error, status),
            meant,
            "{error:?} {status:?}"
        );
    }
}
