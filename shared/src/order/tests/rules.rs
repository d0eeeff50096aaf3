//! The stories behind the table, and what one order of its kind cannot show: policies, limits,
//! capture modes.

use super::states::late;
use super::support::*;
use crate::channel::Flow::{Card, Qr};
use crate::channel::{CaptureMode, RefundStatus, Status};
use crate::money::Money;
use crate::order::refund::MAX_REFUNDS;
use crate::order::{
    Effect, Event, Hold, Irregular, IrregularKind, IrregularPolicy, MAX_ATTEMPTS, NewOrder, Order,
    Outcome, Policy, Rejected, Resolution, State, Topic,
};

fn with(late: Policy, short: Policy, excess: Policy) -> Order {
    let policy = IrregularPolicy {
        late,
        short,
        excess,
    };
    new_order(CaptureMode::Manual, policy)
}

fn with_all(policy: Policy) -> Order {
    with(policy, policy, policy)
}

/// Expired, its one attempt closed.
fn expired(order: &Order) -> Order {
    order
        .after(start(1, Qr))
        .after_at(Event::Expire, EXPIRY)
        .after(said(1, Status::Closed))
}

fn irregular(order: &Order) -> (IrregularKind, Money, &Resolution) {
    let [only] = order.irregular() else {
        panic!("not one irregular payment: {order:?}");
    };
    let Irregular {
        kind,
        amount,
        resolution,
        ..
    } = only;
    (*kind, *amount, resolution)
}

#[test]
fn an_order_costs_something_and_lives() {
    let new = |total, expires_at| {
        let new = NewOrder {
            id: order_id(),
            total,
            capture: CaptureMode::Automatic,
            policy: IrregularPolicy::default(),
            expires_at,
        };
        Order::new(new, NOW)
    };
    assert_eq!(new(usd(0), EXPIRY), Err(Rejected::AmountNotPositive));
    assert_eq!(new(usd(-1), EXPIRY), Err(Rejected::AmountNotPositive));
    assert_eq!(new(usd(1), NOW), Err(Rejected::AlreadyExpired));
    let order = new(usd(1), NOW.plus_millis(1)).unwrap();
    assert_eq!((order.version(), order.created_at()), (1, NOW));
    assert!(order.is_payable(NOW) && !order.is_payable(order.expires_at()));
}

#[test]
fn a_late_payment_reopens_an_expired_order_where_the_store_accepts_it() {
    let order = expired(&with_all(Policy::Accept));
    let (order, topics) = order.told(late(Notice), LONG_AFTER);
    assert_eq!(topics, [Topic::Paid, Topic::IrregularPayment]);
    assert_eq!(
        (order.state().name(), order.captured()),
        ("paid", usd(100_00))
    );
    let accepted = (IrregularKind::Late, usd(100_00), &Resolution::Accepted);
    assert_eq!(irregular(&order), accepted);
    assert_eq!(order.effects(), []);
}

#[test]
fn a_late_payment_never_reopens_a_cancelled_order() {
    for policy in [Policy::Accept, Policy::Refund] {
        let order = with_all(policy).after(start(1, Qr)).after(cancel());
        let order = order.after(said(1, Status::Closed)).after(late(Notice));
        assert_eq!(order.state().name(), "cancelled");
        let refund = order.refunds()[0].id.clone();
        assert_eq!(order.effects(), [Effect::Refund { refund }]);
    }
}

#[test]
fn a_payment_made_in_time_counts_though_we_hear_of_it_late() {
    let in_time = |minor| {
        let at = EXPIRY.plus_millis(-1);
        proven(1, proof_of(Captured, Answer, 1, usd(minor), at))
    };
    let order = expired(&with_all(Policy::Refund));
    let exact = order.after_at(in_time(100_00), LONG_AFTER);
    assert_eq!((exact.state().name(), exact.irregular().len()), ("paid", 0));
    let over = order.after_at(in_time(120_00), LONG_AFTER);
    assert_eq!(over.state().name(), "paid");
    assert_eq!(irregular(&over).0, IrregularKind::Excess);
    let short = order.after_at(in_time(60_00), LONG_AFTER);
    assert_eq!(short.state().name(), "expired");
    assert_eq!(irregular(&short).0, IrregularKind::Short);
}

#[test]
fn what_is_held_back_waits_for_the_merchant_who_gives_it_back_in_parts() {
    let order = expired(&with_all(Policy::Hold)).after(late(Notice));
    assert_eq!(*irregular(&order).2, Resolution::Held);
    assert_eq!(
        (order.effects().len(), order.refundable(None)),
        (0, usd(100_00))
    );
    let order = order.after(ask_refund(refund_id(1), usd(30_00)));
    assert_eq!(*irregular(&order).2, Resolution::Held);
    assert_eq!(order.refundable(None), usd(70_00));
    let too_much = order.apply(ask_refund(refund_id(2), usd(70_01)), NOW);
    let left = usd(70_00);
    assert_eq!(too_much, Err(Rejected::RefundExceedsCaptured { left }));
    let order = order.after(ask_refund(refund_id(2), usd(70_00)));
    let refund = refund_id(2);
    assert_eq!(*irregular(&order).2, Resolution::Refunded { refund });
    assert_eq!(order.state().name(), "expired");
    let more = order.apply(ask_refund(refund_id(3), usd(1)), NOW);
    assert_eq!(more, Err(Rejected::NotPaid));
}

#[test]
fn what_is_held_back_beside_the_winner_is_given_back_by_its_attempt() {
    let short = with_all(Policy::Hold)
        .after(start(1, Qr))
        .after(money(Captured, Answer, 1, 60_00));
    assert_eq!(*irregular(&short).2, Resolution::Held);
    let paid = short
        .after(start(2, Qr))
        .after(money(Captured, Answer, 2, 100_00));
    assert_eq!(
        (paid.state().name(), paid.refundable(None)),
        ("paid", usd(100_00))
    );
    let first = attempt_id(1);
    assert_eq!(paid.refundable(Some(&first)), usd(60_00));
    let too_much = paid.apply(ask_refund_of(Some(1), refund_id(1), usd(60_01)), NOW);
    let left = usd(60_00);
    assert_eq!(too_much, Err(Rejected::RefundExceedsCaptured { left }));
    let unknown = paid.apply(ask_refund_of(Some(9), refund_id(1), usd(1)), NOW);
    assert_eq!(unknown, Err(Rejected::UnknownAttempt));

    let ask = ask_refund_of(Some(1), refund_id(1), usd(60_00));
    let back = paid.after(ask.clone());
    assert_eq!(back.refunds()[0].attempt, first);
    let refund = refund_id(1);
    assert_eq!(*irregular(&back).2, Resolution::Refunded { refund });
    assert_eq!(back.apply(ask, NOW), Ok(Outcome::Unchanged));
    let of_other = ask_refund_of(Some(2), refund_id(1), usd(60_00));
    assert_eq!(back.apply(of_other, NOW), Err(Rejected::RefundIdReused));
    // What the winner paid is untouched.
    let settled = back.after(settled(Answer, &refund_id(1), usd(60_00)));
    assert_eq!(
        (settled.state().name(), settled.refundable(None)),
        ("paid", usd(100_00))
    );
    // An attempt that took nothing has nothing to give back.
    let unpaid = with_all(Policy::Hold).after(start(1, Qr));
    let nothing = unpaid.apply(ask_refund_of(Some(1), refund_id(1), usd(1)), NOW);
    assert_eq!(nothing, Err(Rejected::NotPaid));
}

#[test]
fn what_could_not_be_given_back_waits_for_the_merchant() {
    let order = expired(&with_all(Policy::Refund)).after(late(Notice));
    let first = order.refunds()[0].id.clone();
    let fails = refund_said(&first, RefundStatus::Failed(decline()));
    let order = order.after(fails);
    assert_eq!(*irregular(&order).2, Resolution::Held);
    let again = order.after(ask_refund(refund_id(1), usd(100_00)));
    let refund = refund_id(1);
    assert_eq!(*irregular(&again).2, Resolution::Refunded { refund });
    // The first one had gone through after all.
    let settled_first = settled(Answer, &first, usd(100_00));
    let order = order.after(settled_first.clone());
    let refund = first;
    assert_eq!(*irregular(&order).2, Resolution::Refunded { refund });
    // But not if another has taken its place: no more goes back than came.
    let left = usd(0);
    let over = again.apply(settled_first, NOW);
    assert_eq!(over, Err(Rejected::RefundExceedsCaptured { left }));
}

#[test]
fn a_part_that_could_not_be_given_back_can_be_given_back_again() {
    let order = expired(&with_all(Policy::Hold)).after(late(Notice));
    let order = order.after(ask_refund(refund_id(1), usd(30_00)));
    let order = order.after(ask_refund(refund_id(2), usd(70_00)));
    // The last one is named, and it is the first that fails.
    let order = order.after(settled(Answer, &refund_id(2), usd(70_00)));
    let order = order.after(refund_said(&refund_id(1), RefundStatus::Failed(decline())));
    assert_eq!(*irregular(&order).2, Resolution::Held);
    assert_eq!(order.refundable(None), usd(30_00));
    let order = order.after(ask_refund(refund_id(3), usd(30_00)));
    let refund = refund_id(3);
    assert_eq!(*irregular(&order).2, Resolution::Refunded { refund });
}

#[test]
fn an_excess_is_kept_held_or_given_back_by_policy() {
    for (policy, resolution) in [
        (Policy::Accept, "accepted"),
        (Policy::Hold, "held"),
        (Policy::Refund, "refunded"),
    ] {
        let order = with_all(policy).after(start(1, Qr));
        let order = order.after(money(Captured, Answer, 1, 120_00));
        let (kind, amount, resolved) = irregular(&order);
        assert_eq!((kind, amount), (IrregularKind::Excess, usd(20_00)));
        assert_eq!(serde_json::to_value(resolved).unwrap()["type"], resolution);
        let left = if policy == Policy::Refund {
            100_00
        } else {
            120_00
        };
        assert_eq!(order.refundable(None), usd(left));
    }
}

#[test]
fn a_short_payment_never_pays_and_the_order_can_be_paid_again() {
    for policy in [Policy::Accept, Policy::Hold, Policy::Refund] {
        let order = with_all(policy).after(start(1, Qr));
        let order = order.after(money(Captured, Answer, 1, 60_00));
        assert_eq!((order.state(), order.captured()), (&State::Created, usd(0)));
        assert_eq!(order.refunds().is_empty(), policy == Policy::Hold);
        let paid = order.after(start(2, Card));
        let paid = paid.after(money(Captured, Answer, 2, 100_00));
        assert_eq!(paid.winner().map(|w| w.number), Some(2));
        assert_eq!(paid.captured_by(&attempt_id(1)), usd(60_00));
    }
}

#[test]
fn what_is_held_above_the_total_is_never_captured() {
    let order = manual().after(start(1, Card));
    let order = order.after(money(Authorized, Answer, 1, 120_00));
    assert_eq!(*irregular(&order).2, Resolution::Released);
    let too_much = order.apply(capture(usd(100_01)), NOW);
    assert_eq!(too_much, Err(Rejected::CaptureExceedsAuthorized));
    let order = order.after(capture(usd(100_00)));
    let paid = order.after(money(Captured, Answer, 1, 100_00));
    assert_eq!((paid.captured(), paid.refunds().len()), (usd(100_00), 0));
    // Should it be after all, the rest goes back.
    let paid = order.after(money(Captured, Answer, 1, 120_00));
    assert_eq!(paid.refunds()[0].amount, usd(20_00));
    assert_eq!(irregular(&paid).0, IrregularKind::Excess);
}

#[test]
fn money_that_is_only_held_is_captured_at_once_where_the_merchant_wants_one_step() {
    let order = new_order(CaptureMode::Automatic, IrregularPolicy::default());
    let order = order.after(start(1, Card));
    let order = order.after(money(Authorized, Answer, 1, 120_00));
    let (attempt, amount) = (attempt_id(1), usd(100_00));
    assert_eq!(order.effects(), [Effect::Capture { attempt, amount }]);
    let (order, topics) = order.told(capture_failed(1), NOW);
    assert_eq!(topics, [Topic::CaptureFailed]);
    assert_eq!(order.attempts()[0].refused_captures, 1);
    assert!(matches!(
        order.state(),
        State::Authorized {
            hold: Hold::Waiting,
            ..
        }
    ));
}

#[test]
fn a_cancelled_order_releases_what_is_held_only_then() {
    for mode in [CaptureMode::Automatic, CaptureMode::Manual] {
        let order = new_order(mode, IrregularPolicy::default());
        let order = order.after(start(1, Card)).after(cancel());
        let (order, topics) = order.told(money(Authorized, Notice, 1, 100_00), NOW);
        let attempt = attempt_id(1);
        assert_eq!(order.effects(), [Effect::Close { attempt }]);
        assert_eq!(topics, []);
        let (order, topics) = order.told(said(1, Status::Closed), NOW);
        assert_eq!(topics, [Topic::Cancelled]);
        assert_eq!(order.state().name(), "cancelled");
    }
}

#[test]
fn a_doubtful_notice_is_asked_about_even_when_all_was_at_rest() {
    let order = expired(&with_all(Policy::Refund));
    let order = order.after(money(Captured, Notice, 1, 60_00));
    let ask = Effect::Query {
        attempt: attempt_id(1),
        doubted: true,
    };
    assert_eq!(order.effects(), [ask]);
    // "Pending" settles nothing: it may be older than the notice.
    let pending = order.apply(said(1, Status::Pending), NOW);
    assert_eq!(pending, Ok(Outcome::Unchanged));
    assert_eq!(order.after(said(1, Status::Closed)).effects(), []);
}

#[test]
fn the_proof_tells_the_channels_number_where_the_report_does_not() {
    let order = manual().after(start(1, Qr));
    let order = order.after(money(Captured, Notice, 1, 100_00));
    assert_eq!(order.attempts()[0].channel_number.as_deref(), Some("ch_1"));
}

#[test]
fn a_person_needs_few_attempts() {
    let mut order = manual();
    for number in 1..=u8::try_from(MAX_ATTEMPTS).unwrap() {
        order = order.after(start(number, Qr));
    }
    let more = order.apply(start(99, Qr), NOW);
    assert_eq!(more, Err(Rejected::TooManyAttempts));
    assert_eq!(order.attempts().last().unwrap().reference.number(), 20);
    let paid = order.after(money(Captured, Notice, 1, 100_00));
    assert_eq!(paid.winner().map(|w| w.number), Some(1));
    assert_eq!(paid.effects().len(), MAX_ATTEMPTS - 1);
}

#[test]
fn refunds_end_where_channels_allow_no_more() {
    let order = manual().after(start(1, Qr));
    let mut order = order.after(money(Captured, Answer, 1, 100_00));
    for number in 0..u8::try_from(MAX_REFUNDS).unwrap() {
        order = order.after(ask_refund(refund_id(number), usd(1)));
    }
    let more = order.apply(ask_refund(refund_id(51), usd(1)), NOW);
    assert_eq!(more, Err(Rejected::TooManyRefunds));
    assert_eq!(order.refund_pending(), usd(50));
    // What does not fit still goes back.
    let twice = manual().after(start(1, Qr)).after(start(2, Qr));
    let mut twice = twice.after(money(Captured, Answer, 2, 100_00));
    for number in 0..u8::try_from(MAX_REFUNDS).unwrap() {
        twice = twice.after(ask_refund(refund_id(number), usd(1)));
    }
    let twice = twice.after(money(Captured, Notice, 1, 100_00));
    assert_eq!(twice.refunds().len(), MAX_REFUNDS + 1);
}

#[test]
fn a_refund_that_nobody_asked_for_has_the_same_id_whenever_it_is_derived() {
    // The first half of SHA-256 over label, kind and attempt, computed elsewhere.
    let refund = |order: &Order, event| order.after(event).refunds()[0].id.to_string();
    let started = manual().after(start(1, Qr));
    let excess = refund(&started, money(Captured, Answer, 1, 120_00));
    let short = refund(&started, money(Captured, Answer, 1, 60_00));
    let late = refund(&expired(&manual()), late(Notice));
    let other = started.after(start(2, Qr));
    let other = other.after(money(Captured, Answer, 2, 100_00));
    let duplicate = refund(&other, money(Captured, Answer, 1, 100_00));
    assert_eq!(
        [excess, short, late, duplicate],
        [
            "ref_197PYNT8A508NJA4802CHP1BYW",
            "ref_061TXZ281J279YCYMFS5TPWAQJ",
            "ref_33SBYXJMFM8GDS1Z39QMZ2QXWZ",
            "ref_09Z1S8GG5NP8T9BTWCPB8E59KM",
        ]
    );
}

#[test]
fn rejects_a_word_that_is_not_for_the_total_or_of_no_operator() {
    let started = manual().after(start(1, Qr));
    let said = |event: Event| started.apply(event, NOW).unwrap_err();
    assert_eq!(
        said(confirm_as(None, usd(99_99), "x")),
        Rejected::WrongAmount
    );
    assert_eq!(
        said(confirm_as(None, eur(100_00), "x")),
        Rejected::WrongCurrency
    );
    assert_eq!(said(confirm(Some(2))), Rejected::UnknownAttempt);
    let of = |attempt, proof| Event::ConfirmByHand { attempt, proof };
    let channels = proof(Captured, Notice, 1, 100_00);
    assert_eq!(
        said(of(Some(attempt_id(1)), channels)),
        Rejected::WrongAttempt
    );
    let Event::ConfirmByHand { proof, .. } = confirm(None) else {
        panic!()
    };
    assert_eq!(
        said(of(Some(attempt_id(1)), proof.clone())),
        Rejected::WrongAccount
    );
    // A channel's report cannot carry it.
    assert_eq!(said(proven(1, proof)), Rejected::WrongAttempt);
}

#[test]
fn a_word_is_known_as_such_for_ever() {
    let vouched = manual().after(start(1, Qr)).after(confirm(Some(1)));
    let after = vouched.after(money(Captured, Notice, 1, 100_00));
    for order in [&vouched, &after] {
        let json = serde_json::to_string(order).unwrap();
        let read: crate::order::Order = serde_json::from_str(&json).unwrap();
        assert_eq!(read.vouched().unwrap().reason, "Came by bank");
        assert_eq!(read.state().payment().unwrap().proof.source(), Operator);
    }
    let other = confirm_as(Some(1), usd(100_00), "Another reason");
    assert_eq!(after.apply(other, NOW), Err(Rejected::AlreadyPaid));
    let expired = manual().after_at(Event::Expire, EXPIRY);
    assert_eq!(expired.after(confirm(None)).state().name(), "paid");
}
