//! What becomes of Stripe's answers about refunds.

use super::*;

const LIST: &str = "GET /v1/refunds?payment_intent=pi_3MtwBwLkdIwHu7ix28a3tqPa&limit=100";
const CREATE: &str = "POST /v1/refunds";
const FETCH: &str = "GET /v1/refunds/re_1Nispe2eZvKYlo2Cd31jOCgZ";

fn list(data: Value, more: bool) -> Response {
    answer(
        200,
        &json!({"object": "list", "data": data, "has_more": more}),
    )
}

fn refund(scene: &Scene, script: Vec<(&str, Response)>) -> Result<RefundReported, ChannelError> {
    play(
        Stripe.refund(BASE, &scene.known(), &scene.refund_of(234), &fresh()),
        script,
    )
}

fn query(scene: &Scene, script: Vec<(&str, Response)>) -> Result<RefundReported, ChannelError> {
    play(
        Stripe.query_refund(BASE, &scene.known(), &scene.refund_of(234), &fresh()),
        script,
    )
}

fn query_number(scene: &Scene, response: Response) -> Result<RefundReported, ChannelError> {
    let refund = RefundOrder {
        channel_number: Some("re_1Nispe2eZvKYlo2Cd31jOCgZ"),
        ..scene.refund_of(234)
    };
    let step = Stripe.query_refund(BASE, &scene.known(), &refund, &fresh());
    play(step, vec![(FETCH, response)])
}

#[test]
fn a_refund_settles_with_the_amount_that_stripe_states() {
    let scene = Scene::new();
    let made = scene.stripe_refund(json!({"amount": 230}));
    let script = vec![(LIST, list(json!([]), false)), (CREATE, answer(200, &made))];
    let reported = refund(&scene, script).unwrap();
    assert_eq!(
        reported.channel_number.as_deref(),
        Some("re_1Nispe2eZvKYlo2Cd31jOCgZ")
    );
    let RefundStatus::Settled(proof) = reported.status else {
        panic!()
    };
    assert_eq!(proof.source(), Source::Answer);
    assert_eq!(proof.account(), Some(&scene.account.id));
    assert_eq!(proof.refund(), &scene.refund);
    assert_eq!(proof.amount(), usd(230));
    assert_eq!(proof.at(), UnixTime::from_seconds(NOW_S - 5));
}

#[test]
fn refund_states() {
    let scene = Scene::new();
    for (changes, expected) in [
        (json!({"status": "pending"}), RefundStatus::Pending),
        (json!({"status": "requires_action"}), RefundStatus::Pending),
        (json!({"status": null}), RefundStatus::Pending),
        (
            json!({"status": "a_status_of_tomorrow"}),
            RefundStatus::Pending,
        ),
        (
            json!({"status": "failed", "failure_reason": "expired_or_canceled_card"}),
            RefundStatus::Failed(Decline::new(
                DeclineReason::ExpiredCard,
                "expired_or_canceled_card",
            )),
        ),
        (
            json!({"status": "canceled"}),
            RefundStatus::Failed(Decline::new(DeclineReason::ProcessingError, "canceled")),
        ),
    ] {
        let body = scene.stripe_refund(changes.clone());
        assert_eq!(
            query_number(&scene, answer(200, &body)).unwrap().status,
            expected,
            "{changes}"
        );
    }
}

#[test]
fn a_refund_that_is_there_already_is_not_made_again() {
    let scene = Scene::new();
    let stranger = scene.stripe_refund(json!({"id": "re_stranger", "metadata": {}}));
    let script = vec![(
        LIST,
        list(json!([stranger, scene.stripe_refund(json!({}))]), false),
    )];
    let reported = refund(&scene, script).unwrap();
    assert!(matches!(reported.status, RefundStatus::Settled(_)));
}

#[test]
fn nothing_is_refunded_while_the_list_is_not_known_whole() {
    let scene = Scene::new();
    let stranger = scene.stripe_refund(json!({"id": "re_stranger", "metadata": {}}));
    let refused = refund(&scene, vec![(LIST, list(json!([stranger]), true))]);
    assert!(matches!(refused, Err(ChannelError::Unsupported(_))));
    let refused = refund(&scene, vec![(LIST, answer(503, &json!({})))]);
    assert!(matches!(refused, Err(ChannelError::Unavailable(_))));

    let asked = query(&scene, vec![(LIST, list(json!([stranger.clone()]), true))]).unwrap();
    assert_eq!(asked.status, RefundStatus::Pending);
    let asked = query(&scene, vec![(LIST, list(json!([stranger]), false))]).unwrap();
    assert_eq!(
        (asked.channel_number, asked.status),
        (None, RefundStatus::NotFound)
    );
}

#[test]
fn every_error_of_a_refund_is_definite_or_unknown() {
    let scene = Scene::new();
    let invalid = "invalid_request_error";
    let error = |kind: &str, code: Value, param: Value| {
        let fields = json!({"type": kind, "code": code, "param": param, "message": "No."});
        json!({"error": fields})
    };
    let failed = |reason, code: &str| {
        let status = RefundStatus::Failed(Decline::new(reason, code));
        Ok(RefundReported {
            channel_number: None,
            status,
        })
    };
    let unavailable = |code: &str| Err(ChannelError::Unavailable(ChannelCode::new(code)));
    let null = || json!(null);
    for (status, body, expected) in [
        (
            400,
            error(invalid, json!("charge_already_refunded"), null()),
            failed(DeclineReason::LimitExceeded, "charge_already_refunded"),
        ),
        (
            400,
            error(invalid, null(), json!("amount")),
            failed(DeclineReason::LimitExceeded, invalid),
        ),
        (
            400,
            error(invalid, json!("charge_disputed"), null()),
            failed(DeclineReason::NotSupported, "charge_disputed"),
        ),
        (
            402,
            error(invalid, json!("balance_insufficient"), null()),
            failed(DeclineReason::InsufficientFunds, "balance_insufficient"),
        ),
        (
            403,
            error(invalid, null(), null()),
            Err(ChannelError::Refused(ChannelCode::new(invalid))),
        ),
        (
            404,
            error(invalid, json!("resource_missing"), json!("payment_intent")),
            Err(ChannelError::Refused(ChannelCode::new("resource_missing"))),
        ),
        (
            400,
            error("idempotency_error", null(), null()),
            unavailable("idempotency_error"),
        ),
        (
            409,
            error(invalid, json!("lock_timeout"), null()),
            unavailable("lock_timeout"),
        ),
        (
            500,
            error("api_error", null(), null()),
            unavailable("api_error"),
        ),
        (504, json!("gateway time-out"), unavailable("http_504")),
    ] {
        let script = vec![
            (LIST, list(json!([]), false)),
            (CREATE, answer(status, &body)),
        ];
        assert_eq!(refund(&scene, script), expected, "{status} {body}");
    }
}

#[test]
fn rejects_answers_about_other_refunds() {
    let scene = Scene::new();
    let other = RefundId::make([9; 16]);
    for changes in [
        json!({"metadata": {"refund": other.as_str()}}),
        json!({"metadata": null}),
        json!({"payment_intent": "pi_another"}),
        json!({"payment_intent": null}),
        json!({"object": "charge"}),
        json!({"amount": 0}),
        json!({"currency": "xyz"}),
    ] {
        let read = query_number(&scene, answer(200, &scene.stripe_refund(changes.clone())));
        assert!(
            matches!(read, Err(ChannelError::Malformed(_))),
            "{changes}: {read:?}"
        );
    }
    let missing = json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
    let read = query_number(&scene, answer(404, &missing));
    assert_eq!(
        read,
        Err(ChannelError::Unavailable(ChannelCode::new(
            "resource_missing"
        )))
    );
}
