//! Every state that an order can be in, sub-states included, each reached through `apply`.
//!
//! Attempt 1 is the one that the events of the table are about.

use super::support::*;
use crate::channel::Flow::{Card, Qr};
use crate::channel::{CaptureMode, RefundStatus, Status};
use crate::order::{Event, IrregularPolicy, Order, Policy};

/// A state's name in the table, and an order in it.
pub fn all() -> Vec<(&'static str, Order)> {
    [
        unpaid(),
        left(),
        card(),
        ending(),
        held(),
        paid(),
        vouched(),
        refunds(),
    ]
    .concat()
}

/// A wallet is asked to pay.
pub fn unpaid() -> Vec<(&'static str, Order)> {
    let created = manual();
    let started = created.after(start(1, Qr));
    let pending = started.after(said(1, Status::Pending));
    let doubted = pending.after(money(Captured, Notice, 1, 60_00));
    let action = action();
    let replaced = action.after(start(2, Qr)).after(said(2, qr_code("2")));
    vec![
        ("created", created),
        ("started", started),
        ("pending", pending),
        ("doubted", doubted),
        ("action", action),
        ("replaced", replaced),
    ]
}

fn action() -> Order {
    manual().after(start(1, Qr)).after(said(1, qr_code("1")))
}

/// The wallet did not pay, or too little.
pub fn left() -> Vec<(&'static str, Order)> {
    let given_up = action().after(give_up(1));
    let closed = given_up.after(said(1, Status::Closed));
    let unseen = given_up.after(said(1, Status::NotFound));
    let short = action().after(money(Captured, Answer, 1, 60_00));
    vec![
        ("given up", given_up),
        ("closed", closed),
        ("unseen", unseen),
        ("short", short),
    ]
}

/// A card is asked to pay.
pub fn card() -> Vec<(&'static str, Order)> {
    let started = manual().after(start(1, Card));
    let pending = started.after(said(1, Status::Pending));
    let action = started.after(said(1, qr_code("1")));
    let closing = action.after(give_up(1));
    let declined = started.after(said(1, Status::Declined(decline())));
    vec![
        ("card started", started),
        ("card pending", pending),
        ("card action", action),
        ("card closing", closing),
        ("declined", declined),
    ]
}

/// The order is over, or is to be.
pub fn ending() -> Vec<(&'static str, Order)> {
    let card = manual()
        .after(start(1, Card))
        .after(said(1, Status::Pending));
    let cancelling = card.after(cancel());
    let expiring = card.after_at(Event::Expire, EXPIRY);
    let cancelled = cancelling.after(said(1, Status::Closed));
    let expired = expiring.after(said(1, Status::Closed));
    let policy = IrregularPolicy {
        late: Policy::Hold,
        ..IrregularPolicy::default()
    };
    let holding = super::support::new_order(CaptureMode::Manual, policy);
    let late_held = holding
        .after(start(1, Qr))
        .after_at(Event::Expire, EXPIRY)
        .after(said(1, Status::Closed))
        .after(late(Answer));
    vec![
        ("cancelling", cancelling),
        ("expiring", expiring),
        ("cancelled", cancelled.clone()),
        ("expired", expired.clone()),
        ("late", expired.after(late(Notice))),
        ("late held", late_held),
    ]
}

/// The money was taken when the order had expired.
pub fn late(source: crate::channel::Source) -> Event {
    proven(1, proof_of(Captured, source, 1, usd(100_00), EXPIRY))
}

/// The money is held.
pub fn held() -> Vec<(&'static str, Order)> {
    let held = manual()
        .after(start(1, Card))
        .after(money(Authorized, Answer, 1, 100_00));
    vec![
        ("held", held.clone()),
        (
            "held doubted",
            held.after(money(Captured, Notice, 1, 60_00)),
        ),
        ("capturing", held.after(capture(usd(60_00)))),
        ("voiding", held.after(cancel())),
    ]
}

/// The money was taken.
pub fn paid() -> Vec<(&'static str, Order)> {
    let started = manual().after(start(1, Qr));
    let paid = started.after(money(Captured, Answer, 1, 100_00));
    let over = started.after(money(Captured, Answer, 1, 120_00));
    // Attempt 2 pays, and then attempt 1, which it had replaced.
    let other = started
        .after(start(2, Qr))
        .after(money(Captured, Answer, 2, 100_00));
    let twice = other.after(money(Captured, Notice, 1, 100_00));
    let releasing = other.after(money(Authorized, Notice, 1, 100_00));
    vec![
        ("paid", paid),
        ("paid over", over),
        ("paid by 2", other),
        ("paid twice", twice),
        ("releasing", releasing),
    ]
}

/// Somebody of the store vouches for the money.
pub fn vouched() -> Vec<(&'static str, Order)> {
    let started = manual().after(start(1, Qr));
    let outside = started.after(confirm(None));
    let back = outside.after(ask_refund(refund_id(1), usd(40_00)));
    let after_all = outside.after(money(Captured, Notice, 1, 100_00));
    vec![
        ("vouched", outside),
        ("vouched back", back),
        ("vouched, paid", after_all),
        ("vouched of 1", started.after(confirm(Some(1)))),
    ]
}

/// The money was taken, and some of it is to go back.
pub fn refunds() -> Vec<(&'static str, Order)> {
    let paid = manual()
        .after(start(1, Qr))
        .after(money(Captured, Answer, 1, 100_00));
    let refunding = paid.after(ask_refund(refund_id(1), usd(40_00)));
    let fails = refund_said(&refund_id(1), RefundStatus::Failed(decline()));
    let failed = refunding.after(fails);
    let doubted = failed.after(settled(Notice, &refund_id(1), usd(40_00)));
    let partly = refunding.after(settled(Answer, &refund_id(1), usd(40_00)));
    let refunded = paid
        .after(ask_refund(refund_id(1), usd(100_00)))
        .after(settled(Answer, &refund_id(1), usd(100_00)));
    vec![
        ("refunding", refunding),
        ("refund failed", failed),
        ("refund doubted", doubted),
        ("partly refunded", partly),
        ("refunded", refunded),
    ]
}
