//! What Stripe says of its fees: where it is believed, and how little rests on it.

use super::*;

/// A paid payment whose charge has this as its balance transaction.
fn booked(scene: &Scene, transaction: Value) -> Value {
    let mut intent = scene.paid();
    intent["latest_charge"]["balance_transaction"] = transaction;
    intent
}

/// As Stripe writes one (`BalanceTransactions.d.ts` of npm `stripe` 23.1.0).
fn transaction(fee: Value, currency: &str) -> Value {
    json!({
        "id": "txn_1MiN3gLkdIwHu7ixxapQrznl",
        "object": "balance_transaction",
        "amount": 1234,
        "currency": currency,
        "exchange_rate": null,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": currency, "type": "stripe_fee"}],
        "net": 1168,
        "type": "charge",
    })
}

fn queried(scene: &Scene, intent: &Value) -> Reported {
    let asked = Stripe.query(BASE, &scene.known(), &fresh());
    play(asked, vec![(FETCH, answer(200, intent))]).unwrap()
}

fn money(text: &str, currency: &str) -> Money {
    Money::parse(text, Currency::parse(currency).unwrap()).unwrap()
}

#[test]
fn a_fee_is_told_in_the_currency_that_is_settled_in() {
    let scene = Scene::new();
    for (fee, currency, told) in [
        (66, "usd", money("0.66", "USD")),
        (61, "eur", money("0.61", "EUR")),
        (99, "jpy", money("99", "JPY")),
        // Known to be nothing, which is another thing than unknown.
        (0, "usd", money("0.00", "USD")),
    ] {
        let intent = booked(&scene, transaction(json!(fee), currency));
        let reported = queried(&scene, &intent);
        assert_eq!(reported.fee, Some(told));
        let Status::Paid(proof) = reported.status else {
            panic!("{:?}", reported.status)
        };
        assert_eq!(proof.amount(), usd(1234), "the order's currency stays");
    }
}

#[test]
fn a_fee_that_is_not_told_is_unknown_and_the_payment_paid_all_the_same() {
    let scene = Scene::new();
    let mut without_currency = transaction(json!(66), "usd");
    without_currency.as_object_mut().unwrap().remove("currency");
    for told in [
        json!(null),
        json!("txn_1MiN3gLkdIwHu7ixxapQrznl"),
        transaction(json!(-66), "usd"),
        transaction(json!(6.6), "usd"),
        transaction(json!("66"), "usd"),
        transaction(json!(null), "usd"),
        transaction(json!(1_000_000_000_000_i64), "usd"),
        transaction(json!(66), "xyz"),
        transaction(json!(0), "xyz"),
        without_currency,
        json!([]),
        json!(66),
    ] {
        let reported = queried(&scene, &booked(&scene, told.clone()));
        assert_eq!(reported.fee, None, "{told}");
        assert!(matches!(reported.status, Status::Paid(_)), "{told}");
    }
    let mut no_charge = scene.paid();
    no_charge["latest_charge"] = json!("ch_3MmlLrLkdIwHu7ix0snN0B15");
    assert_eq!(queried(&scene, &no_charge).fee, None);
}

#[test]
fn what_is_only_held_has_cost_nothing_yet() {
    let scene = Scene::new();
    let mut held = booked(&scene, transaction(json!(66), "usd"));
    let changes = json!({
        "status": "requires_capture", "amount_received": 0, "amount_capturable": 1234,
    });
    merge(&mut held, changes);
    assert_eq!(queried(&scene, &held).fee, None);
}

#[test]
fn creation_and_capture_tell_the_fee_too() {
    let scene = Scene::new();
    let intent = booked(&scene, transaction(json!(66), "usd"));
    let created = Stripe.create(BASE, &scene.payment(), &fresh());
    let created = play(created, vec![(CREATE, answer(200, &intent))]).unwrap();
    assert_eq!(created.fee, Some(usd(66)));
    let captured = Stripe.capture(BASE, &scene.known(), usd(1234), &fresh());
    let line = format!("POST /v1/payment_intents/{NUMBER}/capture");
    let captured = play(captured, vec![(&line, answer(200, &intent))]).unwrap();
    assert_eq!(captured.fee, Some(usd(66)));
}

/// Such a key may lack the permission, and Stripe refuses the whole request then.
#[test]
fn with_a_restricted_key_only_the_question_for_the_fee_asks_for_it() {
    let mut scene = Scene::new();
    let key = "rk_test_4eC39HqLyjWDarjtT1zdp7dc";
    scene.account = account(Mode::Test, key, WEBHOOK_SECRET);
    let texts = [
        Stripe.create(BASE, &scene.payment(), &fresh()),
        Stripe.query(BASE, &scene.known(), &fresh()),
        Stripe.query(BASE, &scene.payment(), &fresh()),
        Stripe.capture(BASE, &scene.known(), usd(1234), &fresh()),
        Stripe.close(BASE, &scene.known(), &fresh()),
    ]
    .map(|next| {
        let request = first(next);
        format!("{} {}", line(&request), body(&request))
    });
    for text in texts {
        assert!(text.contains("latest_charge"), "{text}");
        assert!(!text.contains("balance_transaction"), "{text}");
    }
    let asked = Stripe.query_fee(BASE, &scene.known(), &fresh());
    assert_eq!(line(&first(asked)), FETCH);
}

#[test]
fn a_fee_is_asked_for_by_the_payments_number() {
    let scene = Scene::new();
    let intent = booked(&scene, transaction(json!(66), "usd"));
    let asked = Stripe.query_fee(BASE, &scene.known(), &fresh());
    let reported = play(asked, vec![(FETCH, answer(200, &intent))]).unwrap();
    assert_eq!(reported.fee, Some(usd(66)));
    let unnumbered = run_offline(Stripe.query_fee(BASE, &scene.payment(), &fresh()));
    assert!(matches!(unnumbered, Err(ChannelError::Unsupported(_))));
}
