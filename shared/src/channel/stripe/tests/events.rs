//! What genuine notices say.

use super::notices::{event, read, signed};
use super::*;

fn facts(scene: &Scene, kind: &str, object: Value) -> Vec<Fact> {
    read(scene, &signed(&event(kind, object))).unwrap().facts
}

/// What does not fit the order comes out as it is, for `order::apply` to reject.
#[test]
fn other_amounts_currencies_and_orders_come_out_as_they_are() {
    let scene = Scene::new();
    let other = Reference::make(&OrderId::make(1, Till::new(0).unwrap(), [0; 10]), 3).unwrap();
    for (changes, reference, amount) in [
        (json!({"amount_received": 1}), &scene.reference, usd(1)),
        (
            json!({"currency": "jpy"}),
            &scene.reference,
            Money::from_minor(1234, Currency::JPY).unwrap(),
        ),
        (
            json!({"metadata": {"reference": other.as_str()}}),
            &other,
            usd(1234),
        ),
    ] {
        let mut intent = scene.paid();
        merge(&mut intent, changes);
        let facts = facts(&scene, "payment_intent.succeeded", intent);
        let [Fact::Payment { subject, reported }] = &facts[..] else {
            panic!()
        };
        let Status::Paid(proof) = &reported.status else {
            panic!()
        };
        assert_eq!(subject.reference.as_ref(), Some(reference));
        assert_eq!(
            (proof.reference(), proof.amount()),
            (Some(reference), amount)
        );
    }
}

#[test]
fn special_currencies_are_converted_back() {
    let scene = Scene::new();
    let mut intent = scene.paid();
    merge(
        &mut intent,
        json!({"currency": "ugx", "amount_received": 500}),
    );
    let facts = facts(&scene, "payment_intent.succeeded", intent);
    let [Fact::Payment { reported, .. }] = &facts[..] else {
        panic!()
    };
    let Status::Paid(proof) = &reported.status else {
        panic!()
    };
    assert_eq!(proof.amount().to_decimal(), "5");
}

#[test]
fn payment_events() {
    let scene = Scene::new();
    let declined = scene.intent(json!({
        "last_payment_error": {
            "type": "card_error", "code": "card_declined", "decline_code": "do_not_honor",
        },
    }));
    let held = scene.intent(json!({"status": "requires_capture", "amount_capturable": 1234}));
    for (kind, object, expected) in [
        ("payment_intent.created", scene.intent(json!({})), "pending"),
        (
            "payment_intent.processing",
            scene.intent(json!({"status": "processing"})),
            "pending",
        ),
        ("payment_intent.payment_failed", declined, "declined"),
        (
            "payment_intent.canceled",
            scene.intent(json!({"status": "canceled"})),
            "closed",
        ),
        (
            "payment_intent.amount_capturable_updated",
            held,
            "authorized",
        ),
        ("payment_intent.succeeded", scene.paid(), "paid"),
    ] {
        let facts = facts(&scene, kind, object);
        let [Fact::Payment { reported, .. }] = &facts[..] else {
            panic!("{kind}")
        };
        assert_eq!(
            serde_json::to_value(&reported.status).unwrap()["type"],
            expected,
            "{kind}"
        );
    }
}

#[test]
fn refund_events() {
    let scene = Scene::new();
    for (kind, changes, expected) in [
        ("refund.created", json!({"status": "pending"}), "pending"),
        ("refund.updated", json!({}), "settled"),
        ("charge.refund.updated", json!({}), "settled"),
        (
            "refund.failed",
            json!({"status": "failed", "failure_reason": "unknown"}),
            "failed",
        ),
    ] {
        let facts = facts(&scene, kind, scene.stripe_refund(changes));
        let [
            Fact::Refund {
                subject,
                refund,
                reported,
            },
        ] = &facts[..]
        else {
            panic!("{kind}")
        };
        assert_eq!(subject.reference.as_ref(), Some(&scene.reference));
        assert_eq!(subject.channel_number.as_deref(), Some(NUMBER));
        assert_eq!(refund.as_ref(), Some(&scene.refund));
        assert_eq!(
            serde_json::to_value(&reported.status).unwrap()["type"],
            expected,
            "{kind}"
        );
        if let RefundStatus::Settled(proof) = &reported.status {
            assert_eq!((proof.source(), proof.amount()), (Source::Notice, usd(234)));
            assert_eq!(proof.at(), UnixTime::from_seconds(NOW_S - 2));
        }
    }
}

#[test]
fn a_refund_made_elsewhere_is_told_without_proof() {
    let scene = Scene::new();
    let object = scene.stripe_refund(json!({"metadata": {}}));
    let facts = facts(&scene, "refund.created", object);
    let [
        Fact::Refund {
            subject,
            refund,
            reported,
        },
    ] = &facts[..]
    else {
        panic!()
    };
    assert_eq!(
        (&subject.reference, subject.channel_number.as_deref()),
        (&None, Some(NUMBER))
    );
    assert_eq!((refund, &reported.status), (&None, &RefundStatus::Pending));
}

#[test]
fn a_refunded_charge_tells_the_refunds_that_it_lists() {
    let scene = Scene::new();
    assert_eq!(facts(&scene, "charge.refunded", charge()), []);
    let mut listed = charge();
    listed["refunds"] = json!({"data": [scene.stripe_refund(json!({}))], "has_more": false});
    let facts = facts(&scene, "charge.refunded", listed);
    let [Fact::Refund { refund, .. }] = &facts[..] else {
        panic!()
    };
    assert_eq!(refund.as_ref(), Some(&scene.refund));
}

#[test]
fn genuine_events_that_are_not_ours_say_nothing() {
    let scene = Scene::new();
    let elsewhere = scene.intent(json!({"metadata": {"order_no": "7"}}));
    let unattached = scene.stripe_refund(json!({"metadata": null, "payment_intent": null}));
    for (kind, object) in [
        (
            "charge.dispute.created",
            json!({"id": "dp_1", "object": "dispute"}),
        ),
        (
            "charge.dispute.closed",
            json!({"id": "dp_1", "object": "dispute"}),
        ),
        ("charge.succeeded", charge()),
        (
            "customer.created",
            json!({"id": "cus_1", "object": "customer"}),
        ),
        ("payment_intent.succeeded", elsewhere),
        ("refund.created", unattached),
    ] {
        assert_eq!(facts(&scene, kind, object), [], "{kind}");
    }
}

#[test]
fn answers_to_notices() {
    let acknowledged = Stripe.acknowledge();
    assert_eq!(
        (acknowledged.status, &acknowledged.body[..]),
        (200, &br#"{"received":true}"#[..])
    );
    assert_eq!(Stripe.reject().status, 400);
}
