//! What is stored and sent to tills, letter by letter: an order that is stored today is read by
//! every later version.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::states;
use super::support::*;
use crate::channel::Flow::Card;
use crate::channel::{Action, CardFacts, RefundStatus, Status};
use crate::order::{
    AttemptState, CancelReason, Effect, Ending, Event, IrregularPolicy, Order, Policy, RefundState,
    Rejected, Resolution, State, Topic,
};

/// Written so, and read from it again.
fn pin<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, json: Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), json);
    // In a value names stand by the alphabet: the tag of an enum is not always the first.
    let read: T = crate::json::from_str(&json.to_string()).unwrap();
    assert_eq!(read, *value);
}

/// The state of the order that the table calls `name`.
fn state(name: &str) -> State {
    let all = states::all();
    let found = all.iter().find(|(known, _)| *known == name);
    found.expect(name).1.state().clone()
}

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

const ORDER: &str = "01M80K4FW0053GE1R70W3GE1R7";
const ATTEMPT: &str = "att_01040G2081040G2081040G2081";
const ACCOUNT: &str = "acc_demo_81040g2081";
const REFUND: &str = "ref_21850M2GA1850M2GA1850M2GA1";

/// The evidence of an answer, as it is stored.
fn proof_json(kind: &str, amount: &str) -> Value {
    json!({
        "kind": kind,
        "source": "answer",
        "account": ACCOUNT,
        "reference": format!("{ORDER}01"),
        "attempt": null,
        "channel_number": "ch_1",
        "amount": dollars(amount),
        "at": "2026-11-22T03:00:00.000Z",
    })
}

#[test]
fn states_are_stored_so() {
    let attempt = ATTEMPT;
    pin(&state("created"), json!({ "name": "created" }));
    let processing = json!({ "name": "processing", "attempt": attempt });
    pin(&state("pending"), processing);
    let requires_action = json!({ "name": "requires_action", "attempt": attempt });
    pin(&state("action"), requires_action);
    for (name, hold) in [
        ("held", json!({ "type": "waiting" })),
        (
            "capturing",
            json!({ "type": "capturing", "amount": dollars("60.00") }),
        ),
        (
            "voiding",
            json!({ "type": "voiding", "reason": "merchant" }),
        ),
    ] {
        let proof = proof_json("authorized", "100.00");
        let name_in_json = "authorized";
        pin(
            &state(name),
            json!({ "name": name_in_json, "attempt": attempt, "proof": proof, "hold": hold }),
        );
    }
    for (name, name_in_json) in [
        ("paid", "paid"),
        ("partly refunded", "partly_refunded"),
        ("refunded", "refunded"),
    ] {
        let proof = proof_json("captured", "100.00");
        pin(
            &state(name),
            json!({ "name": name_in_json, "attempt": attempt, "proof": proof }),
        );
    }
    pin(
        &state("cancelled"),
        json!({ "name": "cancelled", "reason": "merchant", "at": "2026-11-22T03:00:00.000Z" }),
    );
    pin(
        &state("expired"),
        json!({ "name": "expired", "at": "2026-11-22T03:00:00.000Z" }),
    );
}

/// An order with something in every field.
fn full_order() -> Order {
    let mut told = said(2, Status::Pending);
    if let Event::Report { reported, .. } = &mut told {
        reported.card = Some(card_facts());
    }
    manual()
        .after(start(1, crate::channel::Flow::Qr))
        .after(start(2, Card))
        .after(told)
        .after(money(Captured, Answer, 1, 120_00))
}

fn card_facts() -> CardFacts {
    CardFacts {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
    }
}

#[test]
fn an_order_is_stored_so() {
    let order = full_order();
    let refund = order.refunds()[0].id.as_str();
    let wallet = json!({
        "id": ATTEMPT,
        "number": 1,
        "reference": format!("{ORDER}01"),
        "account": ACCOUNT,
        "channel": "alipay",
        "method": "alipay",
        "flow": "qr",
        "amount": dollars("100.00"),
        "created_at": "2026-11-22T03:00:00.000Z",
        "state": { "name": "paid" },
        "channel_number": "ch_1",
        "card": null,
        "doubted": false,
        "unseen": false,
    });
    let card = json!({
        "id": "att_02081040G2081040G2081040G2",
        "number": 2,
        "reference": format!("{ORDER}02"),
        "account": ACCOUNT,
        "channel": "stripe",
        "method": "card",
        "flow": "card",
        "amount": dollars("100.00"),
        "created_at": "2026-11-22T03:00:00.000Z",
        "state": { "name": "closing" },
        "channel_number": null,
        "card": { "brand": "visa", "last4": "4242" },
        "doubted": false,
        "unseen": false,
    });
    let expected = json!({
        "id": ORDER,
        "version": 5,
        "total": dollars("100.00"),
        "capture": "manual",
        "policy": { "late": "refund", "short": "refund", "excess": "refund" },
        "created_at": "2026-11-22T03:00:00.000Z",
        "updated_at": "2026-11-22T03:00:00.000Z",
        "expires_at": "2026-11-22T05:00:00.000Z",
        "state": { "name": "paid", "attempt": ATTEMPT, "proof": proof_json("captured", "120.00") },
        "ending": null,
        "attempts": [wallet, card],
        "refunds": [{
            "id": refund,
            "attempt": ATTEMPT,
            "amount": dollars("20.00"),
            "reason": "",
            "created_at": "2026-11-22T03:00:00.000Z",
            "channel_number": null,
            "state": { "name": "pending" },
            "doubted": false,
        }],
        "irregular": [{
            "kind": "excess",
            "attempt": ATTEMPT,
            "proof": proof_json("captured", "120.00"),
            "amount": dollars("20.00"),
            "resolution": { "type": "refunded", "refund": refund },
        }],
    });
    pin(&order, expected);
}

/// Where it is not known, nothing is written: an order from before fees is read like any other.
#[test]
fn a_fee_is_stored_so() {
    let attempt = |order: &Order| serde_json::to_value(&order.attempts()[0]).unwrap();
    let plain = manual().after(start(1, Card));
    let plain = plain.after(money(Captured, Answer, 1, 100_00));
    assert_eq!(attempt(&plain)["fee"], json!(null));
    assert!(!attempt(&plain).as_object().unwrap().contains_key("fee"));
    assert!(
        !attempt(&plain)
            .as_object()
            .unwrap()
            .contains_key("fee_untold")
    );
    let untold = plain.after(Event::FeeUntold {
        attempt: attempt_id(1),
    });
    assert_eq!(attempt(&untold)["fee_untold"], true);
    let mut told = money(Captured, Answer, 1, 100_00);
    if let Event::Report { reported, .. } = &mut told {
        reported.fee = Some(eur(3_20));
    }
    assert_eq!(
        serde_json::to_value(&told).unwrap()["reported"]["fee"],
        json!({ "amount": "3.20", "currency": "EUR" })
    );
    let told = plain.after(told);
    assert_eq!(
        attempt(&told)["fee"],
        json!({ "amount": "3.20", "currency": "EUR" })
    );
    for order in [&plain, &untold, &told] {
        let stored = serde_json::to_string(order).unwrap();
        assert_eq!(serde_json::from_str::<Order>(&stored).unwrap(), *order);
    }
}

#[test]
fn parts_of_an_order_are_stored_so() {
    let pin_attempt = |state: AttemptState, json| pin(&state, json);
    pin_attempt(AttemptState::Started, json!({ "name": "started" }));
    pin_attempt(AttemptState::Pending, json!({ "name": "pending" }));
    pin_attempt(AttemptState::Authorized, json!({ "name": "authorized" }));
    pin_attempt(AttemptState::Paid, json!({ "name": "paid" }));
    pin_attempt(AttemptState::Closing, json!({ "name": "closing" }));
    pin_attempt(AttemptState::Closed, json!({ "name": "closed" }));
    let decline_json = json!({ "reason": "card_declined", "channel_code": "generic_decline" });
    pin_attempt(
        AttemptState::Declined { decline: decline() },
        json!({ "name": "declined", "decline": decline_json }),
    );
    let url = || "https://pay.example/1".to_owned();
    for (action, json) in [
        (
            Action::Bridge {
                parameters: "{}".to_owned(),
            },
            json!({ "type": "bridge", "parameters": "{}" }),
        ),
        (
            Action::Challenge { url: url() },
            json!({ "type": "challenge", "url": url() }),
        ),
        (
            Action::FormPost {
                url: url(),
                fields: vec![("a".to_owned(), "b".to_owned())],
            },
            json!({ "type": "form_post", "url": url(), "fields": [["a", "b"]] }),
        ),
        (
            Action::Redirect { url: url() },
            json!({ "type": "redirect", "url": url() }),
        ),
    ] {
        let json = json!({ "name": "requires_action", "action": json });
        pin_attempt(AttemptState::RequiresAction { action }, json);
    }
    pin(&RefundState::Pending, json!({ "name": "pending" }));
    pin(
        &RefundState::Failed { decline: decline() },
        json!({ "name": "failed", "decline": decline_json }),
    );
    pin(
        &Some(Ending::Cancel {
            reason: CancelReason::Shopper,
        }),
        json!({ "type": "cancel", "reason": "shopper" }),
    );
    pin(&Some(Ending::Expire), json!({ "type": "expire" }));
    pin(&Resolution::Accepted, json!({ "type": "accepted" }));
    pin(&Resolution::Held, json!({ "type": "held" }));
    pin(&Resolution::Released, json!({ "type": "released" }));
    pin(
        &[
            CancelReason::AuthorizationLapsed,
            CancelReason::Fraudulent,
            CancelReason::Merchant,
            CancelReason::Shopper,
        ],
        json!(["authorization_lapsed", "fraudulent", "merchant", "shopper"]),
    );
}

#[test]
fn a_policy_may_name_a_part_only_and_nothing_unknown() {
    let parse = serde_json::from_value::<IrregularPolicy>;
    assert_eq!(parse(json!({})).unwrap(), IrregularPolicy::default());
    let late = parse(json!({ "late": "accept" })).unwrap();
    assert_eq!((late.late, late.short), (Policy::Accept, Policy::Refund));
    assert!(parse(json!({ "later": "accept" })).is_err());
    assert!(parse(json!({ "late": "keep" })).is_err());
    let all = [Policy::Accept, Policy::Hold, Policy::Refund];
    pin(&all, json!(["accept", "hold", "refund"]));
}

#[test]
fn events_reach_a_till_so() {
    let event = |event: Event, json: Value| pin(&event, json);
    event(cancel(), json!({ "type": "cancel", "reason": "merchant" }));
    event(
        capture(usd(60_00)),
        json!({ "type": "capture", "amount": dollars("60.00") }),
    );
    let declined = json!({ "reason": "card_declined", "channel_code": "generic_decline" });
    event(
        capture_failed(1),
        json!({ "type": "capture_failed", "attempt": ATTEMPT, "decline": declined }),
    );
    event(give_up(1), json!({ "type": "give_up", "attempt": ATTEMPT }));
    event(Event::Expire, json!({ "type": "expire" }));
    event(
        ask_refund(refund_id(1), usd(40_00)),
        json!({
            "type": "request_refund",
            "refund": REFUND,
            "attempt": null,
            "amount": dollars("40.00"),
            "reason": "Broken",
        }),
    );
    event(
        start(1, Card),
        json!({
            "type": "start_attempt",
            "id": ATTEMPT,
            "account": ACCOUNT,
            "channel": "stripe",
            "method": "card",
            "flow": "card",
        }),
    );
}

#[test]
fn reports_reach_a_till_so() {
    let declined = json!({ "reason": "card_declined", "channel_code": "generic_decline" });
    let statuses = [
        (
            Status::Authorized(proof(Authorized, Answer, 1, 100_00)),
            json!({ "type": "authorized", "value": proof_json("authorized", "100.00") }),
        ),
        (Status::Closed, json!({ "type": "closed" })),
        (
            Status::Declined(decline()),
            json!({ "type": "declined", "value": declined }),
        ),
        (Status::NotFound, json!({ "type": "not_found" })),
        (
            Status::Paid(proof(Captured, Answer, 1, 100_00)),
            json!({ "type": "paid", "value": proof_json("captured", "100.00") }),
        ),
        (Status::Pending, json!({ "type": "pending" })),
        (
            qr_code("1"),
            json!({
                "type": "requires_action",
                "value": { "type": "qr", "content": "1", "expires_at": "2026-11-22T05:00:00.000Z" },
            }),
        ),
    ];
    for (status, json) in statuses {
        let reported = json!({ "channel_number": null, "card": null, "status": json });
        pin(
            &said(1, status),
            json!({ "type": "report", "number": 1, "reported": reported }),
        );
    }
    let settled_proof = json!({
        "source": "notice",
        "account": ACCOUNT,
        "refund": REFUND,
        "amount": dollars("40.00"),
        "at": "2026-11-22T03:00:00.000Z",
    });
    let refund = refund_id(1);
    let failed = RefundStatus::Failed(decline());
    for (event, status) in [
        (
            refund_said(&refund, failed),
            json!({ "type": "failed", "value": declined }),
        ),
        (
            refund_said(&refund, RefundStatus::NotFound),
            json!({ "type": "not_found" }),
        ),
        (
            refund_said(&refund, RefundStatus::Pending),
            json!({ "type": "pending" }),
        ),
        (
            settled(Notice, &refund, usd(40_00)),
            json!({ "type": "settled", "value": settled_proof }),
        ),
    ] {
        let reported = json!({ "channel_number": null, "status": status });
        pin(
            &event,
            json!({ "type": "refund_report", "refund": REFUND, "reported": reported }),
        );
    }
}

#[test]
fn effects_are_stored_so() {
    let attempt = || attempt_id(1);
    for (effect, json) in [
        (
            Effect::Capture {
                attempt: attempt(),
                amount: usd(60_00),
            },
            json!({ "type": "capture", "attempt": ATTEMPT, "amount": dollars("60.00") }),
        ),
        (
            Effect::Close { attempt: attempt() },
            json!({ "type": "close", "attempt": ATTEMPT }),
        ),
        (
            Effect::Create { attempt: attempt() },
            json!({ "type": "create", "attempt": ATTEMPT }),
        ),
        (
            Effect::Fee { attempt: attempt() },
            json!({ "type": "fee", "attempt": ATTEMPT }),
        ),
        (
            Effect::Query {
                attempt: attempt(),
                doubted: true,
            },
            json!({ "type": "query", "attempt": ATTEMPT, "doubted": true }),
        ),
        (
            Effect::Refund {
                refund: refund_id(1),
            },
            json!({ "type": "refund", "refund": REFUND }),
        ),
    ] {
        pin(&effect, json);
    }
}

#[test]
fn topics_are_written_so() {
    let attempt = attempt_id(1);
    let refund = refund_id(1);
    let plain = [
        (Topic::Authorized, "authorized"),
        (Topic::Cancelled, "cancelled"),
        (Topic::CaptureFailed, "capture_failed"),
        (Topic::Expired, "expired"),
        (Topic::IrregularPayment, "irregular_payment"),
        (Topic::Paid, "paid"),
    ];
    for (topic, name) in plain {
        pin(&topic, json!({ "type": name }));
    }
    pin(
        &Topic::PaymentFailed { attempt },
        json!({ "type": "payment_failed", "attempt": ATTEMPT }),
    );
    pin(
        &Topic::RefundFailed {
            refund: refund.clone(),
        },
        json!({ "type": "refund_failed", "refund": REFUND }),
    );
    pin(
        &Topic::RefundSettled { refund },
        json!({ "type": "refund_settled", "refund": REFUND }),
    );
}

#[test]
fn rejections_come_back_from_a_till_so() {
    for (rejected, name) in [
        (Rejected::AlreadyCancelled, "already_cancelled"),
        (Rejected::AlreadyExpired, "already_expired"),
        (Rejected::AlreadyPaid, "already_paid"),
        (Rejected::AlreadyAuthorized, "already_authorized"),
        (Rejected::AmountNotPositive, "amount_not_positive"),
        (Rejected::AttemptIdReused, "attempt_id_reused"),
        (Rejected::CaptureConflict, "capture_conflict"),
        (
            Rejected::CaptureExceedsAuthorized,
            "capture_exceeds_authorized",
        ),
        (Rejected::ContradictsProof, "contradicts_proof"),
        (Rejected::Ending, "ending"),
        (Rejected::NotAuthorized, "not_authorized"),
        (Rejected::NotYetExpired, "not_yet_expired"),
        (Rejected::NotPaid, "not_paid"),
        (Rejected::RefundIdReused, "refund_id_reused"),
        (Rejected::TooManyAttempts, "too_many_attempts"),
        (Rejected::TooManyRefunds, "too_many_refunds"),
        (Rejected::UnknownAttempt, "unknown_attempt"),
        (Rejected::UnknownRefund, "unknown_refund"),
        (Rejected::WrongAccount, "wrong_account"),
        (Rejected::WrongAmount, "wrong_amount"),
        (Rejected::WrongAttempt, "wrong_attempt"),
        (Rejected::WrongChannelNumber, "wrong_channel_number"),
        (Rejected::WrongCurrency, "wrong_currency"),
        (Rejected::WrongOrder, "wrong_order"),
        (Rejected::WrongRefund, "wrong_refund"),
    ] {
        pin(&rejected, json!({ "type": name }));
    }
    pin(
        &Rejected::AttemptOpen(attempt_id(1)),
        json!({ "type": "attempt_open", "value": ATTEMPT }),
    );
    pin(
        &Rejected::RefundExceedsCaptured { left: usd(60_00) },
        json!({ "type": "refund_exceeds_captured", "value": { "left": dollars("60.00") } }),
    );
}
