//! What holds whatever happens: over random events, and over a random life with a channel.

use proptest::collection::vec;
use proptest::prelude::*;

use super::model::{Fate, Issuer, World};
use super::support::*;
use super::table::happenings;
use crate::channel::{CaptureMode, Flow};
use crate::order::{
    AttemptState, Effect, Event, Hold, IrregularKind, IrregularPolicy, Order, Outcome, Policy,
    Resolution, State,
};
use crate::testing::same_cases;
use crate::time::UnixTime;

/// One thing that happens. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    AskRefund(i64),
    Cancel,
    Capture(i64),
    Confirm,
    Deliver(usize),
    Expire,
    GiveUp(u8),
    Land(Issuer),
    Lapse(u8),
    Misstate(u8),
    Pay(u8, i64),
    Perform(usize, Fate, Issuer),
    ReturnRefund(usize),
    Start(Flow),
    Wait(i64),
}

proptest! {
    #![proptest_config(same_cases())]

    #[test]
    fn no_event_breaks_an_order(
        order in orders(),
        happens in vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let mut order = order;
        for index in happens {
            let all = happenings(&order);
            let (_, event, now) = index.get(&all);
            check_step(&order, event, *now);
            if let Ok(Outcome::Moved { order: next, .. }) = order.apply(event.clone(), *now) {
                order = *next;
            }
        }
    }

    #[test]
    fn no_money_is_lost_or_taken_twice(
        order in orders(),
        steps in vec(steps(), 0..60),
        old_notices in any::<bool>(),
    ) {
        let mut world = World::new(order);
        let mut refunds = 0;
        for step in steps {
            match step {
                Step::AskRefund(minor) => {
                    refunds += 1;
                    world.tell(ask_refund(refund_id(refunds), usd(minor)));
                }
                Step::Cancel => world.tell(cancel()),
                Step::Capture(minor) => world.tell(capture(usd(minor))),
                Step::Confirm => world.tell(confirm(None)),
                Step::Deliver(index) => world.deliver(index),
                Step::Expire => world.tell(Event::Expire),
                Step::GiveUp(number) => world.tell(give_up(number)),
                Step::Land(issuer) => world.land(issuer),
                Step::Lapse(number) => world.lapse(number),
                Step::Misstate(number) => world.misstate(number),
                Step::Pay(number, minor) => world.pay(number, minor),
                Step::Perform(index, fate, issuer) => world.perform(index, fate, issuer),
                Step::ReturnRefund(index) => world.return_refund(index),
                Step::Start(flow) => world.start(flow),
                Step::Wait(seconds) => world.wait(seconds),
            }
        }
        world.settle(old_notices);
        world.check_end();
    }
}

fn orders() -> impl Strategy<Value = Order> {
    let policy = || {
        prop_oneof![
            Just(Policy::Accept),
            Just(Policy::Hold),
            Just(Policy::Refund)
        ]
    };
    let capture = prop_oneof![Just(CaptureMode::Automatic), Just(CaptureMode::Manual)];
    (capture, policy(), policy(), policy()).prop_map(|(capture, late, short, excess)| {
        let policy = IrregularPolicy {
            late,
            short,
            excess,
        };
        new_order(capture, policy)
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let minor = || prop_oneof![4 => Just(100_00), 1 => Just(60_00), 1 => Just(120_00)];
    let flow = prop_oneof![Just(Flow::Card), Just(Flow::Qr)];
    let issuer = || {
        prop_oneof![
            2 => Just(Issuer::Approves),
            1 => Just(Issuer::Challenges),
            1 => Just(Issuer::Declines),
            1 => Just(Issuer::Hesitates),
        ]
    };
    let fate = prop_oneof![
        4 => Just(Fate::Answered),
        2 => Just(Fate::AnswerLost),
        1 => Just(Fate::Flying),
        1 => Just(Fate::Refused),
    ];
    let number = || 1..5_u8;
    prop_oneof![
        2 => (1..130_00_i64).prop_map(Step::AskRefund),
        1 => Just(Step::Cancel),
        2 => prop_oneof![Just(100_00), Just(60_00), Just(30_00)].prop_map(Step::Capture),
        1 => Just(Step::Confirm),
        4 => (0..20_usize).prop_map(Step::Deliver),
        1 => Just(Step::Expire),
        2 => number().prop_map(Step::GiveUp),
        1 => issuer().prop_map(Step::Land),
        1 => number().prop_map(Step::Lapse),
        1 => number().prop_map(Step::Misstate),
        4 => (number(), minor()).prop_map(|(number, minor)| Step::Pay(number, minor)),
        10 => (0..8_usize, fate, issuer())
            .prop_map(|(index, fate, issuer)| Step::Perform(index, fate, issuer)),
        1 => (0..4_usize).prop_map(Step::ReturnRefund),
        5 => flow.prop_map(Step::Start),
        1 => prop_oneof![Just(60), Just(1800), Just(7200)].prop_map(Step::Wait),
    ]
}

/// What holds of every single event.
pub fn check_step(order: &Order, event: &Event, now: UnixTime) {
    let first = order.apply(event.clone(), now);
    let Ok(Outcome::Moved { order: next, .. }) = &first else {
        return;
    };
    assert_eq!(next.version(), order.version() + 1);
    assert_eq!(next.updated_at(), now);
    let again = next.apply(event.clone(), now);
    assert_eq!(
        again,
        Ok(Outcome::Unchanged),
        "{event:?} twice, on {order:?}"
    );
    let json = serde_json::to_string(next).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), **next);
    check_order(next);
}

/// What holds of every order.
fn check_order(order: &Order) {
    for attempt in order.attempts() {
        let going_back = order.refunded_or_pending(&attempt.id).minor();
        assert!(going_back <= order.captured_by(&attempt.id).minor());
    }
    if let Some(payment) = order.state().payment() {
        let back = order.refunded_or_pending(&payment.attempt).minor();
        assert!(back <= payment.proof.amount().minor());
        assert_eq!(
            order.vouched().is_some(),
            payment.proof.source() == Operator
        );
        assert_eq!(order.winner().is_none(), payment.proof.account().is_none());
    }
    let open = order
        .attempts()
        .iter()
        .filter(|a| a.state.is_open())
        .count();
    let payable = order.state().is_unpaid() && order.ending().is_none();
    assert!(open <= usize::from(payable), "open in {order:?}");
    check_winner(order);
    check_owed(order);
}

/// One attempt at most keeps the money; the others' is released, held back or given back.
fn check_winner(order: &Order) {
    let winner = order.winner().map(|w| &w.id);
    for attempt in order.attempts() {
        let took = match attempt.state {
            AttemptState::Authorized | AttemptState::Paid => true,
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Declined { .. }
            | AttemptState::Closing
            | AttemptState::Closed => false,
        };
        let is_put_aside = order.irregular().iter().any(|i| {
            i.attempt == attempt.id
                && i.kind != IrregularKind::Excess
                && i.resolution != Resolution::Accepted
        });
        if took && Some(&attempt.id) != winner {
            assert!(is_put_aside, "forgotten: {attempt:?} of {order:?}");
        }
        if Some(&attempt.id) == winner {
            assert!(took);
        }
    }
}

/// An order that is not at rest owes a call or waits for its expiry; one that is over starts
/// nothing new.
fn check_owed(order: &Order) {
    let effects = order.effects();
    let rests = match order.state() {
        State::Created | State::Processing { .. } | State::RequiresAction { .. } => {
            // Without an ending, the till has its expiry.
            order.ending().is_none()
        }
        State::Authorized { hold, .. } => *hold == Hold::Waiting,
        State::Paid(_)
        | State::PartlyRefunded(_)
        | State::Refunded(_)
        | State::Cancelled { .. }
        | State::Expired { .. } => true,
    };
    assert!(rests || !effects.is_empty(), "hangs: {order:?}");
    for effect in effects {
        let begins = match effect {
            Effect::Create { .. } | Effect::Query { doubted: false, .. } => true,
            Effect::Capture { .. }
            | Effect::Close { .. }
            | Effect::Fee { .. }
            | Effect::Query { doubted: true, .. }
            | Effect::Refund { .. } => false,
        };
        assert!(!begins || order.state().is_unpaid(), "begins: {order:?}");
    }
}

/// The sum of all money that an order has on its books.
pub fn booked(order: &Order) -> i64 {
    let aside = order.irregular().iter().filter(|i| {
        i.proof.kind() == Captured
            && i.kind != IrregularKind::Excess
            && i.resolution != Resolution::Accepted
    });
    order.captured().minor() + aside.map(|i| i.proof.amount().minor()).sum::<i64>()
}
