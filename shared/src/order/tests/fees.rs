//! What channels keep: noted, asked for as long as it is unknown, and no part of any sum.

use super::support::*;
use crate::channel::Flow::{Card, Qr};
use crate::channel::{ChannelId, Flow, Method, RefundStatus, Status};
use crate::money::Money;
use crate::order::{Effect, Event, NewAttempt, Order, Outcome, Rejected, State};

/// A report with a fee.
fn costing(event: Event, fee: Money) -> Event {
    let Event::Report {
        number,
        mut reported,
    } = event
    else {
        panic!("not a report: {event:?}")
    };
    reported.fee = Some(fee);
    Event::Report { number, reported }
}

fn paid(source: crate::channel::Source) -> Order {
    let order = manual().after(start(1, Card));
    order.after(money(Captured, source, 1, 100_00))
}

fn questions(order: &Order) -> Vec<Effect> {
    order.fee_questions().collect()
}

fn fee_of(number: u8) -> Effect {
    Effect::Fee {
        attempt: attempt_id(number),
    }
}

fn untold() -> Event {
    Event::FeeUntold {
        attempt: attempt_id(1),
    }
}

#[test]
fn a_fee_may_come_with_the_payment_or_after_it_and_changes_nothing_else() {
    let payment = money(Captured, Answer, 1, 100_00);
    let at_once = manual()
        .after(start(1, Card))
        .after(costing(payment.clone(), eur(3_20)));
    assert_eq!(at_once.attempts()[0].fee, Some(eur(3_20)));
    assert_eq!(questions(&at_once), []);

    let first = paid(Notice);
    assert_eq!(first.attempts()[0].fee, None);
    assert_eq!(questions(&first), [fee_of(1)]);
    assert_eq!(first.effects(), [], "nothing is owed");
    let told = costing(payment.clone(), eur(3_20));
    let Ok(Outcome::Moved {
        order: later,
        topics,
    }) = first.apply(told.clone(), NOW)
    else {
        panic!("the fee is not noted")
    };
    assert_eq!(topics, [], "nobody is told");
    assert_eq!(later.attempts()[0].fee, Some(eur(3_20)));
    assert_eq!(questions(&later), []);
    assert_eq!(
        (later.state(), later.captured()),
        (first.state(), usd(100_00))
    );
    assert_eq!(later.refundable(None), usd(100_00));
    // Told again, and by an answer that does not tell.
    assert_eq!(later.apply(told, NOW), Ok(Outcome::Unchanged));
    assert_eq!(later.apply(payment, NOW), Ok(Outcome::Unchanged));
}

#[test]
fn a_fee_is_noted_of_what_is_given_back_too() {
    let refund = refund_id(1);
    let order = paid(Notice)
        .after(ask_refund(refund.clone(), usd(100_00)))
        .after(settled(Answer, &refund, usd(100_00)));
    assert!(matches!(order.state(), State::Refunded(_)));
    assert_eq!(questions(&order), [fee_of(1)]);
    let order = order.after(costing(money(Captured, Answer, 1, 100_00), usd(3_20)));
    assert_eq!(order.attempts()[0].fee, Some(usd(3_20)));
    assert!(matches!(order.state(), State::Refunded(_)));
    assert!(order.refundable(None).is_zero());
    assert_eq!(
        order.apply(refund_said(&refund, RefundStatus::Pending), NOW),
        Ok(Outcome::Unchanged)
    );
}

#[test]
fn evidence_that_does_not_fit_tells_no_fee() {
    let order = paid(Notice);
    let wrong = costing(money(Captured, Answer, 1, 90_00), usd(3_20));
    assert_eq!(order.apply(wrong, NOW), Err(Rejected::WrongAmount));
}

#[test]
fn what_is_not_told_is_asked_for_no_more_but_counts_if_it_comes() {
    let order = paid(Notice).after(untold());
    assert_eq!(order.attempts()[0].fee, None, "unknown, and not zero");
    assert_eq!(questions(&order), []);
    assert_eq!(order.apply(untold(), NOW), Ok(Outcome::Unchanged));
    let order = order.after(costing(money(Captured, Answer, 1, 100_00), usd(3_20)));
    assert_eq!(order.attempts()[0].fee, Some(usd(3_20)));
    // The end of the asking comes after the answer that told.
    assert_eq!(order.apply(untold(), NOW), Ok(Outcome::Unchanged));
    let other = Event::FeeUntold {
        attempt: attempt_id(7),
    };
    assert_eq!(order.apply(other, NOW), Err(Rejected::UnknownAttempt));
}

#[test]
fn only_what_a_channel_took_and_tells_of_is_asked_for() {
    let started = manual().after(start(1, Card));
    let held = started.after(money(Authorized, Answer, 1, 100_00));
    let declined = started.after(said(1, Status::Declined(decline())));
    let by_hand = manual().after(confirm(None));
    for order in [&started, &held, &declined, &by_hand] {
        assert_eq!(questions(order), [], "{order:?}");
    }
    let wallet = |channel, method| {
        let new = NewAttempt {
            id: attempt_id(1),
            account: account(1),
            channel,
            method,
            flow: Flow::Qr,
        };
        let order = manual().after(Event::StartAttempt(new));
        questions(&order.after(money(Captured, Notice, 1, 100_00)))
    };
    assert_eq!(wallet(ChannelId::Alipay, Method::Alipay), [fee_of(1)]);
    assert_eq!(wallet(ChannelId::WechatPay, Method::WechatPay), []);
}

#[test]
fn a_payment_that_does_not_fit_has_its_fee_as_well() {
    let order = paid(Notice);
    let second = manual()
        .after(start(1, Qr))
        .after(start(2, Card))
        .after(money(Captured, Answer, 2, 100_00))
        .after(costing(money(Captured, Answer, 1, 100_00), usd(60)));
    assert_eq!(second.irregular().len(), 1);
    assert_eq!(second.attempts()[0].fee, Some(usd(60)));
    assert_eq!(questions(&second), [fee_of(2)]);
    assert_eq!(order.irregular().len(), 0);
}
