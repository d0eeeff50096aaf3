//! Exchanges of several requests: replays, lost payments, captures, cancellations.

use super::*;

const CANCEL: &str = "POST /v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa/cancel";
const CAPTURE: &str = "POST /v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa/capture";
const LOOK: &str = "GET /v1/payment_intents?limit=100&created[gte]=1795316525\
                    &created[lte]=1795317185&expand[0]=data.latest_charge";

const LATER: &str = "GET /v1/payment_intents?limit=100&created[gte]=1795317185\
                     &created[lte]=1795399985&expand[0]=data.latest_charge";

fn replayed(mut response: Response) -> Response {
    response
        .headers
        .push(("idempotent-replayed".to_owned(), "true".to_owned()));
    response
}

#[test]
fn a_replayed_answer_is_read_afresh() {
    let scene = Scene::new();
    let then = scene.intent(json!({
        "status": "requires_action",
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": THREE_D_SECURE}},
    }));
    let step = Stripe.create(BASE, &scene.payment(), &fresh());
    let script = vec![
        (CREATE, replayed(answer(200, &then))),
        (FETCH, answer(200, &scene.paid())),
    ];
    let status = play(step, script).unwrap().status;
    assert!(matches!(status, Status::Paid(_)), "{status:?}");
}

#[test]
fn a_lost_payment_is_found_by_its_reference() {
    let scene = Scene::new();
    let stranger = scene.intent(json!({"id": "pi_stranger", "metadata": {}}));
    let other = Reference::make(&scene.order, 2).unwrap();
    let sibling =
        scene.intent(json!({"id": "pi_sibling", "metadata": {"reference": other.as_str()}}));
    let page = |data: Value, more: bool| {
        answer(
            200,
            &json!({"object": "list", "data": data, "has_more": more}),
        )
    };
    let next = format!("{LOOK}&starting_after=pi_sibling");
    let script = vec![
        (LOOK, page(json!([stranger, sibling]), true)),
        (next.as_str(), page(json!([scene.paid()]), true)),
    ];
    let reported = play(Stripe.query(BASE, &scene.payment(), &fresh()), script).unwrap();
    assert_eq!(reported.channel_number.as_deref(), Some(NUMBER));
    assert!(matches!(reported.status, Status::Paid(_)));

    let script = vec![(LOOK, page(json!([stranger, sibling]), false))];
    let reported = play(Stripe.query(BASE, &scene.payment(), &fresh()), script).unwrap();
    assert_eq!(
        (reported.channel_number, reported.status),
        (None, Status::Pending)
    );
}

#[test]
fn looking_for_a_payment_ends() {
    let scene = Scene::new();
    let stranger = scene.intent(json!({"id": "pi_stranger", "metadata": null}));
    let endless = json!({"object": "list", "data": [stranger], "has_more": true});
    let mut asked = 0;
    let reported = run(Stripe.query(BASE, &scene.payment(), &fresh()), |_| {
        asked += 1;
        answer(200, &endless)
    });
    assert_eq!((reported.unwrap().status, asked), (Status::Pending, 5));
}

#[test]
fn a_creation_without_card_or_in_time_only_looks() {
    let scene = Scene::new();
    let none = || {
        answer(
            200,
            &json!({"object": "list", "data": [], "has_more": false}),
        )
    };
    let payment = Payment {
        card: None,
        ..scene.payment()
    };
    let reported = play(
        Stripe.create(BASE, &payment, &fresh()),
        vec![(LOOK, none())],
    )
    .unwrap();
    assert_eq!(reported.status, Status::Pending);

    // Stripe forgets the key after a day and would charge again.
    let mut tomorrow = fresh();
    tomorrow.now = UnixTime::from_seconds(NOW_S + 24 * 3600);
    let step = Stripe.create(BASE, &scene.payment(), &tomorrow);
    let script = vec![(LOOK, none()), (LATER, none())];
    assert_eq!(play(step, script).unwrap().status, Status::Pending);
}

#[test]
fn a_payment_that_a_late_repetition_made_is_found() {
    let scene = Scene::new();
    let list = |data: Value, more: bool| {
        answer(
            200,
            &json!({"object": "list", "data": data, "has_more": more}),
        )
    };
    let stranger = scene.intent(json!({"id": "pi_stranger", "metadata": {}}));
    let payment = scene.payment();
    let at = |seconds: i64| Fresh {
        now: payment.created_at.plus_seconds(seconds),
        ..fresh()
    };
    // Within the usual time there is no later one.
    let step = Stripe.close(BASE, &payment, &at(600));
    let reported = play(step, vec![(LOOK, list(json!([]), false))]).unwrap();
    assert_eq!(reported.status, Status::NotFound);
    let found = list(json!([stranger, scene.paid()]), true);
    let script = vec![(LOOK, list(json!([]), false)), (LATER, found)];
    let reported = play(Stripe.query(BASE, &payment, &at(1200)), script).unwrap();
    assert!(matches!(reported.status, Status::Paid(_)));
    // A busy account's later payments have no end: its orders still come to rest.
    let more = || list(json!([stranger]), true);
    let next = format!("{LATER}&starting_after=pi_stranger");
    let script = vec![
        (LOOK, list(json!([]), false)),
        (LATER, more()),
        (next.as_str(), more()),
        (next.as_str(), more()),
    ];
    let reported = play(Stripe.close(BASE, &payment, &at(1200)), script).unwrap();
    assert_eq!(reported.status, Status::NotFound);
}

#[test]
fn a_capture_reports_what_was_taken() {
    let scene = Scene::new();
    let taken = scene.intent(json!({
        "status": "succeeded", "amount_received": 1000, "latest_charge": charge(),
    }));
    let step = Stripe.capture(BASE, &scene.known(), usd(1000), &fresh());
    let reported = play(step, vec![(CAPTURE, answer(200, &taken))]).unwrap();
    let Status::Paid(proof) = reported.status else {
        panic!()
    };
    assert_eq!(
        (proof.kind(), proof.amount()),
        (ProofKind::Captured, usd(1000))
    );

    let step = Stripe.capture(BASE, &scene.known(), usd(1000), &fresh());
    let script = vec![
        (CAPTURE, replayed(answer(200, &taken))),
        (FETCH, answer(200, &taken)),
    ];
    assert!(matches!(
        play(step, script).unwrap().status,
        Status::Paid(_)
    ));
}

#[test]
fn a_refused_capture_is_asked_after_or_told() {
    let scene = Scene::new();
    let capture = || Stripe.capture(BASE, &scene.known(), usd(1000), &fresh());
    for (status, body) in [
        (
            400,
            error(
                "invalid_request_error",
                json!("payment_intent_unexpected_state"),
                json!(null),
            ),
        ),
        (
            400,
            error(
                "invalid_request_error",
                json!("charge_expired_for_capture"),
                json!(null),
            ),
        ),
        (
            402,
            error(
                "card_error",
                json!("card_declined"),
                json!("generic_decline"),
            ),
        ),
    ] {
        let lapsed = scene.intent(json!({"status": "canceled"}));
        let script = vec![
            (CAPTURE, answer(status, &body)),
            (FETCH, answer(200, &lapsed)),
        ];
        assert_eq!(
            play(capture(), script).unwrap().status,
            Status::Closed,
            "{body}"
        );
    }
    for (status, body, expected) in [
        (
            400,
            error(
                "invalid_request_error",
                json!("amount_too_large"),
                json!(null),
            ),
            ChannelError::Refused(ChannelCode::new("amount_too_large")),
        ),
        (
            500,
            error("api_error", json!(null), json!(null)),
            ChannelError::Unavailable(ChannelCode::new("api_error")),
        ),
    ] {
        let script = vec![(CAPTURE, answer(status, &body))];
        assert_eq!(play(capture(), script), Err(expected));
    }
}

#[test]
fn closing_ends_a_payment_or_reports_what_it_became() {
    let scene = Scene::new();
    let close = || Stripe.close(BASE, &scene.known(), &fresh());
    let ended = scene.intent(json!({"status": "canceled"}));
    let reported = play(close(), vec![(CANCEL, answer(200, &ended))]).unwrap();
    assert_eq!(reported.status, Status::Closed);

    let refusal = error(
        "invalid_request_error",
        json!("payment_intent_unexpected_state"),
        json!(null),
    );
    let script = vec![
        (CANCEL, answer(400, &refusal)),
        (FETCH, answer(200, &scene.paid())),
    ];
    let status = play(close(), script).unwrap().status;
    assert!(matches!(status, Status::Paid(_)), "{status:?}");

    let script = vec![(CANCEL, answer(502, &json!("bad gateway")))];
    assert!(matches!(
        play(close(), script),
        Err(ChannelError::Unavailable(_))
    ));
}

#[test]
fn a_lost_payment_is_found_before_it_is_closed() {
    let scene = Scene::new();
    let waiting = scene.intent(json!({"status": "requires_action"}));
    let ended = scene.intent(json!({"status": "canceled"}));
    let other = scene.intent(json!({"metadata": {}}));
    let list = |data: Value| {
        answer(
            200,
            &json!({"object": "list", "data": data, "has_more": false}),
        )
    };
    let script = vec![
        (LOOK, list(json!([waiting]))),
        (CANCEL, answer(200, &ended)),
    ];
    let reported = play(Stripe.close(BASE, &scene.payment(), &fresh()), script).unwrap();
    assert_eq!(reported.status, Status::Closed);

    let script = vec![(LOOK, list(json!([])))];
    let reported = play(Stripe.close(BASE, &scene.payment(), &fresh()), script).unwrap();
    assert_eq!(reported.status, Status::NotFound);

    // Five full lists of other payments prove nothing.
    let others = json!({"object": "list", "has_more": true, "data": [other]});
    let next = format!("{LOOK}&starting_after={NUMBER}");
    let lines = [LOOK, &next, &next, &next, &next];
    let script = lines.map(|line| (line, answer(200, &others))).into();
    let reported = play(Stripe.close(BASE, &scene.payment(), &fresh()), script).unwrap();
    assert_eq!(reported.status, Status::Pending);
}
