//! What becomes of Stripe's answers about payments.

use super::*;

fn created(scene: &Scene, response: Response) -> Result<Reported, ChannelError> {
    play(
        Stripe.create(BASE, &scene.payment(), &fresh()),
        vec![(CREATE, response)],
    )
}

fn queried(scene: &Scene, intent: &Value) -> Result<Reported, ChannelError> {
    play(
        Stripe.query(BASE, &scene.known(), &fresh()),
        vec![(FETCH, answer(200, intent))],
    )
}

#[test]
fn a_success_is_proof_with_stripes_own_words() {
    let scene = Scene::new();
    let reported = created(&scene, answer(200, &scene.paid())).unwrap();
    assert_eq!(reported.channel_number.as_deref(), Some(NUMBER));
    let card = reported.card.unwrap();
    assert_eq!((card.brand.as_str(), card.last4.as_str()), ("visa", "4242"));
    let Status::Paid(proof) = reported.status else {
        panic!("{:?}", reported.status)
    };
    assert_eq!(proof.kind(), ProofKind::Captured);
    assert_eq!(proof.source(), Source::Answer);
    assert_eq!(proof.account(), Some(&scene.account.id));
    assert_eq!(proof.reference(), Some(&scene.reference));
    assert_eq!(proof.attempt(), Some(&scene.attempt));
    assert_eq!(proof.channel_number(), NUMBER);
    assert_eq!(proof.amount(), usd(1234));
    assert_eq!(proof.at(), UnixTime::from_seconds(NOW_S - 49));
}

#[test]
fn a_proof_states_what_stripe_states_and_not_what_was_asked() {
    let scene = Scene::new();
    let other = Reference::make(&scene.order, 2).unwrap();
    let mut intent = scene.paid();
    merge(
        &mut intent,
        json!({
            "amount_received": 900,
            "currency": "eur",
            "metadata": {"reference": other.as_str()},
        }),
    );
    let Status::Paid(proof) = queried(&scene, &intent).unwrap().status else {
        panic!()
    };
    assert_eq!(
        proof.amount(),
        Money::from_minor(900, Currency::EUR).unwrap()
    );
    assert_eq!(proof.reference(), Some(&other));
    assert_eq!(proof.attempt(), None);
}

#[test]
fn special_currencies_are_converted_back() {
    let scene = Scene::new();
    for (units, currency, decimal) in [
        (500, "isk", "5"),
        (500, "ugx", "5"),
        (500, "jpy", "500"),
        (5120, "kwd", "5.120"),
    ] {
        let mut intent = scene.paid();
        merge(
            &mut intent,
            json!({"amount_received": units, "currency": currency}),
        );
        let Status::Paid(proof) = queried(&scene, &intent).unwrap().status else {
            panic!()
        };
        let currency = Currency::parse(&currency.to_ascii_uppercase()).unwrap();
        assert_eq!(proof.amount(), Money::parse(decimal, currency).unwrap());
    }
}

#[test]
fn held_money_is_authorized() {
    let scene = Scene::new();
    let intent = scene.intent(json!({
        "status": "requires_capture", "amount_capturable": 1200, "latest_charge": charge(),
    }));
    let Status::Authorized(proof) = created(&scene, answer(200, &intent)).unwrap().status else {
        panic!()
    };
    assert_eq!(
        (proof.kind(), proof.amount()),
        (ProofKind::Authorized, usd(1200))
    );
}

#[test]
fn states_without_proof() {
    let scene = Scene::new();
    let page = |url: &str| {
        json!({
            "status": "requires_action",
            "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": url}},
        })
    };
    let challenge = Status::RequiresAction(Action::Challenge {
        url: THREE_D_SECURE.to_owned(),
    });
    let long = format!("https://hooks.stripe.com/{}", "a".repeat(5000));
    for (changes, expected) in [
        (page(THREE_D_SECURE), challenge),
        (page("http://hooks.stripe.com/"), Status::Pending),
        (page("javascript:alert(1)"), Status::Pending),
        (page("https://hooks.stripe.com/3d secure"), Status::Pending),
        (page(&long), Status::Pending),
        (
            json!({"status": "requires_action", "next_action": null}),
            Status::Pending,
        ),
        (
            json!({"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}),
            Status::Pending,
        ),
        (
            json!({"status": "requires_payment_method"}),
            Status::Pending,
        ),
        (json!({"status": "requires_confirmation"}), Status::Pending),
        (json!({"status": "processing"}), Status::Pending),
        (json!({"status": "a_status_of_tomorrow"}), Status::Pending),
        (
            json!({"status": "canceled", "cancellation_reason": "automatic"}),
            Status::Closed,
        ),
    ] {
        let reported = queried(&scene, &scene.intent(changes.clone())).unwrap();
        assert_eq!(reported.status, expected, "{changes}");
        assert_eq!(reported.channel_number.as_deref(), Some(NUMBER));
    }
}

#[test]
fn a_simulators_page_may_come_over_plain_http() {
    let scene = Scene::new();
    let url = "http://127.0.0.1:4242/3ds/pi_1";
    let intent = scene.intent(json!({
        "status": "requires_action",
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": url}},
    }));
    let step = Stripe.create("http://127.0.0.1:4242", &scene.payment(), &fresh());
    let reported = run(step, |_| answer(200, &intent)).unwrap();
    let challenge = Action::Challenge {
        url: url.to_owned(),
    };
    assert_eq!(reported.status, Status::RequiresAction(challenge));
}

#[test]
fn a_failed_challenge_is_a_decline() {
    let scene = Scene::new();
    let intent = scene.intent(json!({
        "status": "requires_payment_method",
        "last_payment_error": {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "payment_method": {"card": {"brand": "mastercard", "last4": "3220"}},
        },
    }));
    let reported = queried(&scene, &intent).unwrap();
    let decline = Decline::new(
        DeclineReason::AuthenticationFailed,
        "payment_intent_authentication_failure",
    );
    assert_eq!(reported.status, Status::Declined(decline));
    assert_eq!(reported.card.unwrap().last4, "3220");
}

#[test]
fn a_declined_card_is_told_with_its_payment() {
    let scene = Scene::new();
    let mut refusal = error(
        "card_error",
        json!("card_declined"),
        json!("insufficient_funds"),
    );
    refusal["error"]["payment_intent"] = scene.intent(json!({}));
    refusal["error"]["payment_method"] = json!({"card": {"brand": "visa", "last4": "9995"}});
    let reported = created(&scene, answer(402, &refusal)).unwrap();
    let decline = Decline::new(DeclineReason::InsufficientFunds, "insufficient_funds");
    assert_eq!(reported.status, Status::Declined(decline));
    assert_eq!(reported.channel_number.as_deref(), Some(NUMBER));
    assert_eq!(reported.card.unwrap().last4, "9995");
}

#[test]
fn an_error_round_a_living_payment_is_no_decline() {
    let scene = Scene::new();
    for (changes, expected) in [
        (json!({"status": "processing"}), Status::Pending),
        (json!({"status": "canceled"}), Status::Closed),
    ] {
        let mut refusal = error(
            "card_error",
            json!("card_declined"),
            json!("generic_decline"),
        );
        refusal["error"]["payment_intent"] = scene.intent(changes);
        assert_eq!(
            created(&scene, answer(402, &refusal)).unwrap().status,
            expected
        );
    }
    let mut refusal = error(
        "invalid_request_error",
        json!("payment_intent_unexpected_state"),
        json!(null),
    );
    refusal["error"]["payment_intent"] = scene.paid();
    let status = created(&scene, answer(400, &refusal)).unwrap().status;
    assert!(matches!(status, Status::Paid(_)), "{status:?}");
}

/// What a refused creation comes to.
#[derive(Debug, PartialEq)]
enum Verdict {
    Declined(DeclineReason),
    Refused(&'static str),
    Unavailable(&'static str),
    Malformed,
}

#[test]
fn every_error_of_a_creation_is_definite_or_unknown() {
    use Verdict::*;
    let scene = Scene::new();
    let null = || json!(null);
    let invalid = "invalid_request_error";
    for (status, body, expected) in [
        // Declines.
        (
            402,
            error(
                "card_error",
                json!("card_declined"),
                json!("generic_decline"),
            ),
            Declined(DeclineReason::CardDeclined),
        ),
        (
            402,
            error("card_error", json!("expired_card"), null()),
            Declined(DeclineReason::ExpiredCard),
        ),
        (
            402,
            error("card_error", json!("incorrect_cvc"), null()),
            Declined(DeclineReason::IncorrectCvc),
        ),
        (
            402,
            error("card_error", json!("incorrect_number"), null()),
            Declined(DeclineReason::IncorrectNumber),
        ),
        (
            402,
            error("card_error", json!("processing_error"), null()),
            Declined(DeclineReason::ProcessingError),
        ),
        (
            402,
            error(
                "card_error",
                json!("authentication_required"),
                json!("authentication_required"),
            ),
            Declined(DeclineReason::AuthenticationFailed),
        ),
        (
            402,
            error(
                "card_error",
                json!("card_decline_rate_limit_exceeded"),
                null(),
            ),
            Declined(DeclineReason::RiskRefused),
        ),
        (
            400,
            error(invalid, json!("amount_too_small"), null()),
            Declined(DeclineReason::LimitExceeded),
        ),
        (
            400,
            error(invalid, json!("amount_too_large"), null()),
            Declined(DeclineReason::LimitExceeded),
        ),
        // For the merchant to mend.
        (
            400,
            error(invalid, json!("parameter_unknown"), null()),
            Refused("parameter_unknown"),
        ),
        (
            400,
            error(invalid, null(), null()),
            Refused("invalid_request_error"),
        ),
        (
            401,
            error(invalid, null(), null()),
            Refused("invalid_request_error"),
        ),
        (
            401,
            error(invalid, json!("api_key_expired"), null()),
            Refused("api_key_expired"),
        ),
        (
            403,
            error(invalid, json!("secret_key_required"), null()),
            Refused("secret_key_required"),
        ),
        (
            402,
            error(invalid, null(), null()),
            Refused("invalid_request_error"),
        ),
        // Unknown.
        (
            400,
            error("idempotency_error", null(), null()),
            Unavailable("idempotency_error"),
        ),
        (
            409,
            error("idempotency_error", json!("idempotency_key_in_use"), null()),
            Unavailable("idempotency_key_in_use"),
        ),
        (
            409,
            error(invalid, null(), null()),
            Unavailable("invalid_request_error"),
        ),
        (
            429,
            error(invalid, json!("rate_limit"), null()),
            Unavailable("rate_limit"),
        ),
        (
            429,
            error(invalid, json!("lock_timeout"), null()),
            Unavailable("lock_timeout"),
        ),
        (
            400,
            error(invalid, json!("rate_limit"), null()),
            Unavailable("rate_limit"),
        ),
        (
            400,
            error("api_error", null(), null()),
            Unavailable("api_error"),
        ),
        (
            500,
            error("api_error", null(), null()),
            Unavailable("api_error"),
        ),
        (
            402,
            error("api_error", null(), null()),
            Unavailable("api_error"),
        ),
        (503, json!("Service Unavailable"), Unavailable("http_503")),
        (429, json!({}), Unavailable("http_429")),
        (402, json!({}), Malformed),
        (403, json!("blocked by a proxy"), Malformed),
        (302, error(invalid, null(), null()), Malformed),
        (451, error(invalid, null(), null()), Malformed),
        (200, json!({}), Malformed),
        (
            200,
            error("card_error", json!("card_declined"), null()),
            Malformed,
        ),
    ] {
        let verdict = match created(&scene, answer(status, &body)) {
            Ok(Reported {
                status: Status::Declined(decline),
                ..
            }) => Declined(decline.reason),
            Err(ChannelError::Malformed(_)) => Malformed,
            Err(ChannelError::Refused(code)) => Refused(String::leak(code.as_str().to_owned())),
            Err(ChannelError::Unavailable(code)) => {
                Unavailable(String::leak(code.as_str().to_owned()))
            }
            other => panic!("{status} {body}: {other:?}"),
        };
        assert_eq!(verdict, expected, "{status} {body}");
    }
}

#[test]
fn rejects_answers_that_cannot_be_true() {
    let scene = Scene::new();
    let changed = |changes: Value| {
        let mut intent = scene.paid();
        merge(&mut intent, changes);
        intent
    };
    for intent in [
        changed(json!({"livemode": true})),
        changed(json!({"id": "pi_another"})),
        changed(json!({"object": "setup_intent"})),
        changed(json!({"amount_received": 0})),
        changed(json!({"amount_received": -1})),
        changed(json!({"amount_received": 12.34})),
        changed(json!({"amount_received": "1234"})),
        changed(json!({"currency": "xyz"})),
        changed(json!({"metadata": {}})),
        changed(json!({"metadata": {"reference": "order 7 of another system"}})),
        json!([]),
    ] {
        let read = queried(&scene, &intent);
        assert!(
            matches!(read, Err(ChannelError::Malformed(_))),
            "{intent}: {read:?}"
        );
    }
}

#[test]
fn card_facts_that_are_none_are_left_out() {
    let scene = Scene::new();
    for card in [
        json!({"brand": "visa", "last4": "42424242"}),
        json!({"brand": "visa", "last4": null}),
        json!({"brand": "<b>", "last4": "4242"}),
        json!(null),
    ] {
        let mut intent = scene.paid();
        intent["latest_charge"]["payment_method_details"]["card"] = card;
        assert_eq!(queried(&scene, &intent).unwrap().card, None);
    }
}

#[test]
fn a_question_that_is_refused_says_nothing_of_the_payment() {
    let scene = Scene::new();
    let invalid = "invalid_request_error";
    for (status, body, code) in [
        (
            401,
            error(invalid, json!("api_key_expired"), json!(null)),
            "api_key_expired",
        ),
        (
            404,
            error(invalid, json!("resource_missing"), json!(null)),
            "resource_missing",
        ),
        (
            402,
            error("card_error", json!("card_declined"), json!(null)),
            "card_declined",
        ),
        (500, json!("oops"), "http_500"),
    ] {
        let step = Stripe.query(BASE, &scene.known(), &fresh());
        let read = play(step, vec![(FETCH, answer(status, &body))]);
        assert_eq!(read, Err(ChannelError::Unavailable(ChannelCode::new(code))));
    }
}
