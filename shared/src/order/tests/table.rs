//! The transition table: every state × every event, one line for each in `table/*.txt`.
//!
//! A line is `state | event | what becomes of it`: `same` (unchanged), `no: …` (a named
//! rejection), or the order as it is then, with what it owes to channels and tells the merchant.
//! The first line of each state, `as it is`, shows the state itself.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::states;
use super::support::*;
use crate::channel::Flow::{Card, Qr};
use crate::channel::{CardFacts, PaymentProof, RefundProof, RefundStatus, Status};
use crate::id::{Reference, RefundId};
use crate::order::{Effect, Ending, Event, Hold, Order, Outcome, Rejected, State, Topic};
use crate::time::UnixTime;

type States = Vec<(&'static str, Order)>;
pub(super) type Happening = (&'static str, Event, UnixTime);

#[test]
fn unpaid_orders_follow_the_table() {
    check(states::unpaid(), include_str!("table/unpaid.txt"));
}

#[test]
fn left_orders_follow_the_table() {
    check(states::left(), include_str!("table/left.txt"));
}

#[test]
fn card_orders_follow_the_table() {
    check(states::card(), include_str!("table/card.txt"));
}

#[test]
fn ending_orders_follow_the_table() {
    check(states::ending(), include_str!("table/ending.txt"));
}

#[test]
fn held_orders_follow_the_table() {
    check(states::held(), include_str!("table/held.txt"));
}

#[test]
fn paid_orders_follow_the_table() {
    check(states::paid(), include_str!("table/paid.txt"));
}

#[test]
fn vouched_orders_follow_the_table() {
    check(states::vouched(), include_str!("table/vouched.txt"));
}

#[test]
fn refunded_orders_follow_the_table() {
    check(states::refunds(), include_str!("table/refunds.txt"));
}

#[test]
fn every_event_said_twice_is_the_same_or_refused_alike() {
    for (state, order) in states::all() {
        for (name, event, now) in happenings(&order) {
            let first = order.apply(event.clone(), now);
            let after = match &first {
                Ok(Outcome::Moved { order, .. }) => (**order).clone(),
                Ok(Outcome::Unchanged) | Err(_) => order.clone(),
            };
            let second = after.apply(event, now);
            let expected = first.map(|_| Outcome::Unchanged);
            assert_eq!(second, expected, "{state} | {name}");
        }
    }
}

fn check(states: States, table: &str) {
    let mut expected = BTreeMap::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        let mut columns = line.splitn(3, '|').map(str::trim);
        let mut column = || columns.next().expect(line);
        let before = expected.insert((column(), column()), column());
        assert_eq!(before, None, "twice in the table: {line}");
    }
    let mut differs = String::new();
    for (state, order) in states {
        let mut row = |event: &'static str, outcome: String| {
            if expected.remove(&(state, event)) != Some(outcome.as_str()) {
                let _ = writeln!(differs, "{state:<15} | {event:<24} | {outcome}");
            }
        };
        row("as it is", picture(&order, &[]));
        for (event, happens, now) in happenings(&order) {
            let outcome = match order.apply(happens, now) {
                Ok(Outcome::Unchanged) => "same".to_owned(),
                Ok(Outcome::Moved { order, topics }) => picture(&order, &topics),
                Err(rejected) => format!("no: {}", rejection(&rejected)),
            };
            row(event, outcome);
        }
    }
    for ((state, event), outcome) in expected {
        let _ = writeln!(differs, "not tried: {state} | {event} | {outcome}");
    }
    assert!(
        differs.is_empty(),
        "the table is silent or wrong on\n{differs}"
    );
}

/// All that is tried on an order.
pub(super) fn happenings(order: &Order) -> Vec<Happening> {
    let mut all = acts();
    all.extend(reports());
    all.extend(proofs());
    all.extend(wrong_proofs());
    let refund = order.refunds().first();
    let (id, amount) = refund.map_or((refund_id(1), usd(40_00)), |r| (r.id.clone(), r.amount));
    let reason = refund.map_or_else(String::new, |r| r.reason.clone());
    all.extend([
        ("refund 10", ask_refund(refund_id(9), usd(10_00)), NOW),
        ("refund 100", ask_refund(refund_id(9), usd(100_00)), NOW),
        ("refund 200", ask_refund(refund_id(9), usd(200_00)), NOW),
        ("refund nothing", ask_refund(refund_id(9), usd(0)), NOW),
        ("refund euros", ask_refund(refund_id(9), eur(10_00)), NOW),
        (
            "refund again",
            Event::RequestRefund {
                refund: id.clone(),
                attempt: None,
                amount,
                reason,
            },
            NOW,
        ),
        ("refund id reused", ask_refund(id.clone(), usd(1)), NOW),
    ]);
    all.extend(refund_reports(&id, amount));
    all
}

fn acts() -> Vec<Happening> {
    vec![
        ("start again", start(1, Qr), NOW),
        ("start as a card", start(1, Card), NOW),
        ("start another", start(3, Qr), NOW),
        ("start too late", start(3, Qr), EXPIRY),
        ("give up", give_up(1), NOW),
        ("give up unknown", give_up(9), NOW),
        ("vouched", confirm(None), NOW),
        ("vouched of 1", confirm(Some(1)), NOW),
        ("cancel", cancel(), NOW),
        ("expire early", Event::Expire, EXPIRY.plus_millis(-1)),
        ("expire", Event::Expire, EXPIRY),
        ("capture 100", capture(usd(100_00)), NOW),
        ("capture 60", capture(usd(60_00)), NOW),
        ("capture 100.01", capture(usd(100_01)), NOW),
        ("capture nothing", capture(usd(0)), NOW),
        ("capture euros", capture(eur(60_00)), NOW),
        ("capture failed", capture_failed(1), NOW),
        ("unknown capture failed", capture_failed(9), NOW),
    ]
}

fn reports() -> Vec<Happening> {
    let facts = CardFacts {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
    };
    let mut with_card = said(1, Status::Pending);
    let mut with_number = said(1, Status::Pending);
    if let Event::Report { reported, .. } = &mut with_card {
        reported.card = Some(facts);
    }
    if let Event::Report { reported, .. } = &mut with_number {
        reported.channel_number = Some("another".to_owned());
    }
    vec![
        ("says pending", said(1, Status::Pending), NOW),
        ("says the card", with_card, NOW),
        ("says another number", with_number, NOW),
        ("says action", said(1, qr_code("1")), NOW),
        ("says other action", said(1, qr_code("other")), NOW),
        ("says not found", said(1, Status::NotFound), NOW),
        ("says not found late", said(1, Status::NotFound), LONG_AFTER),
        ("says declined", said(1, Status::Declined(decline())), NOW),
        ("says closed", said(1, Status::Closed), NOW),
        ("says pending of unknown", said(9, Status::Pending), NOW),
    ]
}

fn proofs() -> Vec<Happening> {
    vec![
        ("notice held 100", money(Authorized, Notice, 1, 100_00), NOW),
        ("answer held 100", money(Authorized, Answer, 1, 100_00), NOW),
        ("notice held 80", money(Authorized, Notice, 1, 80_00), NOW),
        ("answer held 80", money(Authorized, Answer, 1, 80_00), NOW),
        ("answer held 120", money(Authorized, Answer, 1, 120_00), NOW),
        ("notice paid 100", money(Captured, Notice, 1, 100_00), NOW),
        ("answer paid 100", money(Captured, Answer, 1, 100_00), NOW),
        ("answer paid 100 late", states::late(Answer), NOW),
        ("notice paid 60", money(Captured, Notice, 1, 60_00), NOW),
        ("answer paid 60", money(Captured, Answer, 1, 60_00), NOW),
        ("notice paid 120", money(Captured, Notice, 1, 120_00), NOW),
        ("answer paid 120", money(Captured, Answer, 1, 120_00), NOW),
    ]
}

fn wrong_proofs() -> Vec<Happening> {
    let other_order = crate::id::OrderId::make(1, crate::id::Till::new(5).unwrap(), [8; 10]);
    let of = |reference: Reference, account| {
        PaymentProof::for_test((Captured, Notice), &account, reference, usd(100_00), NOW)
            .numbered("ch_1")
    };
    let reference = |number| Reference::make(&order_id(), number).unwrap();
    let good = proof(Captured, Notice, 1, 100_00);
    let proofs = [
        (
            "other order",
            of(Reference::make(&other_order, 1).unwrap(), account(1)),
        ),
        ("other reference", of(reference(2), account(1))),
        ("other attempt", good.clone().naming(&attempt_id(2))),
        ("other account", of(reference(1), account(2))),
        (
            "other currency",
            proof_of(Captured, Notice, 1, eur(100_00), NOW),
        ),
        ("zero", proof(Captured, Answer, 1, 0)),
        ("other number", good.numbered("ch_other")),
    ];
    let mut all: Vec<Happening> = proofs
        .map(|(name, proof)| (name, proven(1, proof), NOW))
        .into();
    all.push(("of unknown", money(Captured, Notice, 9, 100_00), NOW));
    all
}

fn refund_reports(id: &RefundId, amount: crate::money::Money) -> Vec<Happening> {
    let less = usd(amount.minor() - 1);
    let euros = eur(amount.minor());
    let other_account = RefundProof::for_test(Answer, &account(2), id, amount, NOW);
    let other_refund = RefundProof::for_test(Answer, &account(1), &refund_id(8), amount, NOW);
    let failed = RefundStatus::Failed(decline());
    vec![
        (
            "refund pending",
            refund_said(id, RefundStatus::Pending),
            NOW,
        ),
        (
            "refund not found",
            refund_said(id, RefundStatus::NotFound),
            NOW,
        ),
        ("refund fails", refund_said(id, failed), NOW),
        ("notice refund settled", settled(Notice, id, amount), NOW),
        ("answer refund settled", settled(Answer, id, amount), NOW),
        ("less refund settled", settled(Answer, id, less), NOW),
        ("euro refund settled", settled(Answer, id, euros), NOW),
        (
            "other account's refund",
            refund_said(id, RefundStatus::Settled(other_account)),
            NOW,
        ),
        (
            "other refund's proof",
            refund_said(id, RefundStatus::Settled(other_refund)),
            NOW,
        ),
        (
            "unknown refund",
            refund_said(&refund_id(8), RefundStatus::Pending),
            NOW,
        ),
    ]
}

/// An order in one line: `state: attempts; refunds; irregular; owes; tells`.
fn picture(order: &Order, topics: &[Topic]) -> String {
    let mut parts = vec![state(order)];
    let attempts = order.attempts().iter().map(|a| {
        let doubted = if a.doubted { " doubted" } else { "" };
        let unseen = if a.unseen { " unseen" } else { "" };
        format!("{} {}{doubted}{unseen}", a.number, a.state.name())
    });
    parts.push(attempts.collect::<Vec<_>>().join(", "));
    parts.extend(order.refunds().iter().map(|r| {
        let doubted = if r.doubted { " doubted" } else { "" };
        format!("refund {} {}{doubted}", amount(r.amount), r.state.name())
    }));
    parts.extend(order.irregular().iter().map(|i| {
        let resolution = serde_json::to_value(&i.resolution).unwrap();
        let (kind, what) = (serde_json::to_value(i.kind).unwrap(), &resolution["type"]);
        let kind = kind.as_str().unwrap();
        format!("{kind} {} {}", amount(i.amount), what.as_str().unwrap())
    }));
    let owed = order.effects();
    if !owed.is_empty() {
        let owed = owed.iter().map(|effect| owes(order, effect));
        parts.push(format!("owes {}", owed.collect::<Vec<_>>().join(", ")));
    }
    if !topics.is_empty() {
        let told = topics.iter().map(crate::wire::event_type);
        parts.push(format!("tells {}", told.collect::<Vec<_>>().join(", ")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

fn state(order: &Order) -> String {
    let ending = match order.ending() {
        None => "",
        Some(Ending::Cancel { .. }) => " to be cancelled",
        Some(Ending::Expire) => " to expire",
    };
    let hold = match order.state() {
        State::Authorized { proof, hold, .. } => {
            let held = amount(proof.amount());
            match hold {
                Hold::Waiting => format!(" {held}"),
                Hold::Capturing { amount: part } => format!(" {held}, capturing {}", amount(*part)),
                Hold::Voiding { .. } => format!(" {held}, voiding"),
            }
        }
        state => state
            .payment()
            .map_or(String::new(), |p| format!(" {}", amount(p.proof.amount()))),
    };
    format!("{}{ending}{hold}", order.state().name())
}

fn owes(order: &Order, effect: &Effect) -> String {
    let number = |id| order.attempt(id).unwrap().number;
    match effect {
        Effect::Capture { attempt, amount: a } => {
            format!("capture {} of {}", amount(*a), number(attempt))
        }
        Effect::Close { attempt } => format!("close {}", number(attempt)),
        Effect::Create { attempt } => format!("create {}", number(attempt)),
        Effect::Fee { attempt } => format!("fee {}", number(attempt)),
        Effect::Query { attempt, doubted } => {
            let soon = if *doubted { " at once" } else { "" };
            format!("query {}{soon}", number(attempt))
        }
        Effect::Refund { .. } => "refund".to_owned(),
    }
}

fn amount(money: crate::money::Money) -> String {
    let text = money.to_decimal();
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

fn rejection(rejected: &Rejected) -> String {
    let json = serde_json::to_value(rejected).unwrap();
    match rejected {
        Rejected::RefundExceedsCaptured { left } => {
            format!("refund_exceeds_captured, {} left", amount(*left))
        }
        _ => json["type"].as_str().unwrap().to_owned(),
    }
}
