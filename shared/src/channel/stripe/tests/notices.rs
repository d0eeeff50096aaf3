//! Notices: Stripe's vectors, what is refused, and what a genuine one says.

use super::super::notice::verify;
use super::*;
use crate::mac::hmac_sha256;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let text = timestamp.to_string();
    let mac = hmac_sha256(secret.as_bytes(), &[text.as_bytes(), b".", body]);
    format!("t={timestamp},v1={}", hex(&mac))
}

pub(super) fn event(kind: &str, object: Value) -> Value {
    json!({
        "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": NOW_S - 2,
        "data": {"object": object},
        "livemode": false,
        "pending_webhooks": 1,
        "type": kind,
    })
}

fn notice(body: &[u8], header: &str) -> Request {
    Request::post(
        "https://pay.shop.example/notices/x",
        "application/json",
        body,
    )
    .with("stripe-signature", header)
}

pub(super) fn signed(event: &Value) -> Request {
    let body = event.to_string();
    notice(
        body.as_bytes(),
        &signature(WEBHOOK_SECRET, NOW_S, body.as_bytes()),
    )
}

pub(super) fn read(scene: &Scene, notice: &Request) -> Result<Noticed, ChannelError> {
    run_offline(Stripe.read_notice(BASE, &scene.account, notice, &fresh()))
}

/// `tests/vectors/channels/stripe.json`: all of it.
#[test]
fn published_vectors() {
    let file = include_str!("../../../../../tests/vectors/channels/stripe.json");
    let vectors: Vec<Value> = serde_json::from_str(file).unwrap();
    let text = |vector: &Value, name: &str| vector[name].as_str().unwrap().to_owned();
    let (mut macs, mut headers) = (0, 0);
    for vector in &vectors {
        let name = text(vector, "name");
        match vector["kind"].as_str().unwrap() {
            "hmac-sha256-hex" => {
                let key = text(vector, "key_utf8");
                let message = text(vector, "message_utf8");
                let mac = hmac_sha256(key.as_bytes(), &[message.as_bytes()]);
                assert_eq!(hex(&mac), text(vector, "expected_hex"), "{name}");
                macs += 1;
            }
            "stripe-signature" => {
                let now = UnixTime::from_seconds(vector["timestamp"].as_i64().unwrap());
                let verified = verify(
                    &text(vector, "header"),
                    text(vector, "payload").as_bytes(),
                    &text(vector, "secret"),
                    now,
                );
                assert_eq!(
                    verified.is_ok(),
                    vector["valid"].as_bool().unwrap(),
                    "{name}"
                );
                headers += 1;
            }
            other => panic!("an unknown kind of vector: {other}"),
        }
    }
    assert_eq!((macs, headers), (3, 4));
}

#[test]
fn a_paid_notice_is_proof() {
    let scene = Scene::new();
    let noticed = read(
        &scene,
        &signed(&event("payment_intent.succeeded", scene.paid())),
    )
    .unwrap();
    assert_eq!(noticed.notice_id, "evt_1NG8Du2eZvKYlo2CUI79vXWy");
    let [Fact::Payment { subject, reported }] = &noticed.facts[..] else {
        panic!()
    };
    assert_eq!(subject.reference.as_ref(), Some(&scene.reference));
    assert_eq!(subject.channel_number.as_deref(), Some(NUMBER));
    let Status::Paid(proof) = &reported.status else {
        panic!()
    };
    assert_eq!(proof.source(), Source::Notice);
    assert_eq!(proof.account(), Some(&scene.account.id));
    assert_eq!(proof.reference(), Some(&scene.reference));
    assert_eq!(proof.amount(), usd(1234));
    assert_eq!(proof.at(), UnixTime::from_seconds(NOW_S - 2));
}

#[test]
fn the_same_notice_has_the_same_id() {
    let scene = Scene::new();
    let event = event("payment_intent.succeeded", scene.paid());
    let body = event.to_string();
    // A repetition is signed afresh.
    let again = notice(
        body.as_bytes(),
        &signature(WEBHOOK_SECRET, NOW_S - 100, body.as_bytes()),
    );
    assert_eq!(read(&scene, &signed(&event)), read(&scene, &again));
}

#[test]
fn any_of_several_signatures_will_do() {
    let scene = Scene::new();
    let body = event("payment_intent.succeeded", scene.paid()).to_string();
    let good = signature(WEBHOOK_SECRET, NOW_S, body.as_bytes());
    let (_, mac) = good.split_once(",v1=").unwrap();
    for header in [
        format!("t={NOW_S},v1=potato,v1={mac}"),
        format!("v1={mac},t={NOW_S},v1="),
        format!("t={NOW_S},v0=potato,v1={mac},v1={}", "0".repeat(64)),
        format!("t={NOW_S},novelty,v1={mac}"),
    ] {
        assert!(
            read(&scene, &notice(body.as_bytes(), &header)).is_ok(),
            "{header}"
        );
    }
}

#[test]
fn rejects_a_tampered_body() {
    let scene = Scene::new();
    let genuine = signed(&event("payment_intent.succeeded", scene.paid()));
    for position in 0..genuine.body.len() {
        let mut tampered = genuine.clone();
        tampered.body[position] ^= 1;
        assert!(matches!(
            read(&scene, &tampered),
            Err(ChannelError::Unauthentic(_))
        ));
    }
    let mut longer = genuine.clone();
    longer.body.push(b' ');
    assert!(matches!(
        read(&scene, &longer),
        Err(ChannelError::Unauthentic(_))
    ));
    let mut empty = genuine;
    empty.body.clear();
    assert!(matches!(
        read(&scene, &empty),
        Err(ChannelError::Unauthentic(_))
    ));
}

#[test]
fn rejects_headers_that_prove_nothing() {
    let scene = Scene::new();
    let body = event("payment_intent.succeeded", scene.paid()).to_string();
    let body = body.as_bytes();
    let good = signature(WEBHOOK_SECRET, NOW_S, body);
    let (_, mac) = good.split_once(",v1=").unwrap();
    for header in [
        String::new(),
        format!("t={NOW_S}"),
        format!("v1={mac}"),
        format!("t={NOW_S},v0={mac}"),
        format!("t={NOW_S},v1="),
        format!("t={NOW_S},v1={}", mac.to_uppercase()),
        format!("t={NOW_S},v1={}", &mac[..63]),
        format!("t={NOW_S},v1={mac}0"),
        format!("t={NOW_S},t={NOW_S},v1={mac}"),
        format!("t= {NOW_S},v1={mac}"),
        format!("t=+{NOW_S},v1={mac}"),
        format!("t=0{NOW_S},v1={mac}"),
        format!("t=-{NOW_S},v1={mac}"),
        format!("t=,v1={mac}"),
        format!("t=9999999999999,v1={mac}"),
        format!("T={NOW_S},v1={mac}"),
        format!("t={},v1={mac}", NOW_S - 1),
        format!("t={NOW_S},{}v1={mac}", "v1=potato,".repeat(500)),
        signature("whsec_another_secret", NOW_S, body),
        signature("", NOW_S, body),
        signature("test_secret", NOW_S, body),
    ] {
        let refused = read(&scene, &notice(body, &header));
        assert!(
            matches!(refused, Err(ChannelError::Unauthentic(_))),
            "{header}: {refused:?}"
        );
    }
    let without = Request::post(
        "https://pay.shop.example/notices/x",
        "application/json",
        body,
    );
    assert!(matches!(
        read(&scene, &without),
        Err(ChannelError::Unauthentic(_))
    ));
}

#[test]
fn time_is_bounded_on_both_sides() {
    let scene = Scene::new();
    let body = event("payment_intent.succeeded", scene.paid()).to_string();
    for (offset_s, holds) in [(-300, true), (300, true), (-301, false), (301, false)] {
        let header = signature(WEBHOOK_SECRET, NOW_S + offset_s, body.as_bytes());
        let read = read(&scene, &notice(body.as_bytes(), &header));
        assert_eq!(read.is_ok(), holds, "{offset_s}");
        assert!(holds || matches!(read, Err(ChannelError::Unauthentic(_))));
    }
}

#[test]
fn rejects_every_notice_of_an_account_without_secret() {
    let mut scene = Scene::new();
    for secret in ["", " ", "\n"] {
        scene.account = account(Mode::Test, SECRET_KEY, secret);
        let body = event("payment_intent.succeeded", scene.paid()).to_string();
        let header = signature(secret, NOW_S, body.as_bytes());
        let refused = read(&scene, &notice(body.as_bytes(), &header));
        assert!(matches!(
            refused,
            Err(ChannelError::Credentials {
                field: "webhook_secret",
                ..
            })
        ));
    }
}

#[test]
fn rejects_events_of_another_mode_or_account() {
    let scene = Scene::new();
    for changes in [
        json!({"livemode": true}),
        json!({"account": "acct_1032D82eZvKYlo2C"}),
    ] {
        let mut event = event("payment_intent.succeeded", scene.paid());
        merge(&mut event, changes);
        let refused = read(&scene, &signed(&event));
        assert!(
            matches!(refused, Err(ChannelError::Unauthentic(_))),
            "{refused:?}"
        );
    }
    // Another merchant's notice is signed with another secret.
    let event = event("payment_intent.succeeded", scene.paid());
    let mut other = Scene::new();
    other.account = account(Mode::Test, SECRET_KEY, "whsec_of_another_merchant");
    assert!(matches!(
        read(&other, &signed(&event)),
        Err(ChannelError::Unauthentic(_))
    ));
}

#[test]
fn rejects_what_is_no_event() {
    let scene = Scene::new();
    let mut thin = event("v1.billing.meter.error_report_triggered", json!({}));
    thin["object"] = json!("v2.core.event");
    let mut nameless = event("payment_intent.succeeded", scene.paid());
    nameless["id"] = json!("");
    let mut long = event("payment_intent.succeeded", scene.paid());
    long["id"] = json!("e".repeat(129));
    let mut foreign = scene.paid();
    foreign["livemode"] = json!(true);
    let mut fraction = scene.paid();
    merge(
        &mut fraction,
        json!({"currency": "isk", "amount_received": 550}),
    );
    let mut numbered = scene.paid();
    numbered["id"] = json!("pi_1\u{7f}");
    let another_payment = scene.stripe_refund(json!({"payment_intent": "../pi_1"}));
    for body in [
        thin,
        nameless,
        long,
        event("payment_intent.succeeded", numbered),
        event("refund.updated", another_payment),
        json!({"id": "evt_1", "object": "event"}),
        json!([]),
        event("payment_intent.succeeded", json!({"id": NUMBER})),
        event("payment_intent.succeeded", scene.stripe_refund(json!({}))),
        event("payment_intent.succeeded", foreign),
        event("payment_intent.succeeded", fraction),
        event("refund.updated", scene.paid()),
    ] {
        let refused = read(&scene, &signed(&body));
        assert!(
            matches!(refused, Err(ChannelError::Malformed(_))),
            "{body}: {refused:?}"
        );
    }
}
