//! What shoppers are told, once each.

use causeway_shared::actor::Actor;
use causeway_shared::id::{RefundId, RefundRequestId};

use super::super::desk::{Ask, Desk, DeskAct, Ship};
use super::super::messages::{MessageRecord, MessageWork, SendOutcome, Sent};
use super::super::sweep::EVENT_LIFE_MS;
use super::bench::usd;
use super::*;
use crate::mail::MessageKind;

/// A till of a store that sends messages, and an order whose shopper has an address.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.mailings = vec![Mailing {
        mode: Mode::Test,
        off: Vec::new(),
    }];
    bench
}

fn create(bench: &Bench, n: u8) -> OrderId {
    let mut create = draft(n, None);
    create.details.shopper.email = Some("ada@example.com".to_owned());
    bench.call(TillCall::Create(Box::new(create)));
    order_id(n)
}

/// Pays an order, whose frame was shown in Chinese.
fn pay(bench: &Bench, order: &OrderId) -> TillReply {
    let context = AttemptContext {
        locale: Some("zh-CN".to_owned()),
        ..AttemptContext::default()
    };
    bench.act(
        order,
        Event::StartAttempt(attempt(1, Flow::Card)),
        Some(context),
    );
    bench.report(order, None, Some(paid(order)))
}

fn messages(work: Vec<Work>) -> Vec<MessageWork> {
    let message = |w| match w {
        Work::Message(item) => Some(*item),
        Work::Channel(_)
        | Work::Deliver(_)
        | Work::Expire { .. }
        | Work::Remind(_)
        | Work::Stock { .. } => None,
    };
    work.into_iter().filter_map(message).collect()
}

fn sent(bench: &Bench, item: &MessageWork, status: Option<u16>, outcome: SendOutcome) {
    bench.call(TillCall::Sent(Sent {
        message: item.id.clone(),
        order: item.record.order.id().clone(),
        status,
        outcome,
    }));
}

fn list(bench: &Bench, order: &OrderId) -> Vec<MessageRecord> {
    let call = TillCall::Messages {
        order: order.clone(),
    };
    match bench.call(call).answer {
        TillAnswer::Messages { messages } => messages,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payment_is_told_at_once_in_the_language_it_was_made_in() {
    let mut bench = bench();
    let order = create(&bench, 1);
    let told = messages(pay(&bench, &order).work);
    let [message] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(message.kind, MessageKind::Paid);
    assert_eq!(message.locale.as_deref(), Some("zh-CN"));
    assert!(messages(bench.alarm().work).is_empty(), "it is under way");
    sent(&bench, message, Some(200), SendOutcome::Taken);
    bench.pass(24 * 3600);
    assert!(messages(bench.alarm().work).is_empty());
    let [record] = &list(&bench, &order)[..] else {
        panic!("one message");
    };
    assert_eq!((record.state.as_str(), record.tries), ("sent", 1));
    assert_eq!(record.last_status, Some(200));
    assert_eq!(record.next_at, None);
}

#[test]
fn nobody_is_told_without_sender_address_or_wish() {
    let silent = |change: fn(&mut Bench), with_address: bool| {
        let mut bench = bench();
        change(&mut bench);
        let order = if with_address {
            create(&bench, 1)
        } else {
            bench.create(1).order.id().clone()
        };
        assert!(messages(pay(&bench, &order).work).is_empty());
        assert_eq!(bench.stored("SELECT id FROM messages").len(), 0);
    };
    silent(|_| (), false);
    silent(|bench| bench.mailings.clear(), true);
    silent(|bench| bench.mailings[0].mode = Mode::Live, true);
    silent(|bench| bench.mailings[0].off.push(MessageKind::Paid), true);
}

#[test]
fn what_was_not_answered_is_sent_again_under_the_same_id() {
    let mut bench = bench();
    let order = create(&bench, 1);
    let first = messages(pay(&bench, &order).work).remove(0);
    // Nothing is heard of the first try.
    bench.pass(41);
    let second = messages(bench.alarm().work).remove(0);
    assert_eq!(second.id, first.id);
    assert_eq!(second.locale, first.locale);
    sent(&bench, &second, Some(500), SendOutcome::Again);
    let [record] = &list(&bench, &order)[..] else {
        panic!("one message");
    };
    assert_eq!((record.state.as_str(), record.tries), ("pending", 2));
    bench.now = record.next_at.unwrap();
    let third = messages(bench.alarm().work).remove(0);
    sent(&bench, &third, None, SendOutcome::Again);
    bench.pass(80 * 3600);
    let last = messages(bench.alarm().work).remove(0);
    sent(&bench, &last, Some(503), SendOutcome::Again);
    assert_eq!(list(&bench, &order)[0].state, "failed");
    assert!(messages(bench.alarm().work).is_empty());
}

#[test]
fn what_was_refused_for_good_is_not_tried_again() {
    let mut bench = bench();
    let order = create(&bench, 1);
    let message = messages(pay(&bench, &order).work).remove(0);
    sent(&bench, &message, Some(422), SendOutcome::Never);
    bench.pass(24 * 3600);
    assert!(messages(bench.alarm().work).is_empty());
    // An answer that comes late changes nothing.
    sent(&bench, &message, Some(200), SendOutcome::Taken);
    assert_eq!(list(&bench, &order)[0].state, "failed");
}

#[test]
fn a_cause_that_is_heard_of_twice_is_told_once() {
    let bench = bench();
    let order = create(&bench, 1);
    assert_eq!(messages(pay(&bench, &order).work).len(), 1);
    assert!(messages(bench.report(&order, None, Some(paid(&order))).work).is_empty());
    assert_eq!(list(&bench, &order).len(), 1);
}

#[test]
fn each_refund_is_told_once_it_has_settled() {
    let bench = bench();
    let order = create(&bench, 1);
    pay(&bench, &order);
    for n in [1, 2] {
        let refund = RefundId::make([n; 16]);
        let reply = bench.act(
            &order,
            Event::RequestRefund {
                refund: refund.clone(),
                attempt: None,
                amount: usd(100 * i64::from(n)),
                reason: format!("reason {n}"),
            },
            None,
        );
        assert!(messages(reply.work).is_empty(), "it was only asked for");
        let settled = json!({ "type": "refund_report", "refund": refund, "reported": {
            "channel_number": "re_1", "status": { "type": "settled", "value": {
                "source": "answer", "account": account(), "refund": refund,
                "amount": usd(100 * i64::from(n)), "at": bench.now } } } });
        let event: Event = causeway_shared::json::from_str(&settled.to_string()).unwrap();
        let told = messages(bench.act(&order, event, None).work);
        assert_eq!(told.len(), 1, "refund {n}");
        assert_eq!(told[0].kind, MessageKind::RefundMade);
        assert_eq!(told[0].data.amount, Some(usd(100 * i64::from(n))));
        assert_eq!(told[0].data.reason, Some(format!("reason {n}")));
    }
    assert_eq!(list(&bench, &order).len(), 3);
}

#[test]
fn a_payment_that_came_too_late_is_told_and_its_refund_is_not() {
    let mut bench = bench();
    let order = create(&bench, 1);
    bench.act(&order, Event::StartAttempt(attempt(1, Flow::Qr)), None);
    let reason = CancelReason::Merchant;
    bench.act(&order, Event::Cancel { reason }, None);
    bench.report(&order, None, Some(json!({ "type": "closed" })));
    bench.pass(5);
    let told = messages(bench.report(&order, None, Some(paid(&order))).work);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, MessageKind::LatePayment);
    assert_eq!(told[0].data.amount, Some(usd(1000)));
    assert_eq!(told[0].data.is_returned, Some(true));
    assert_eq!(list(&bench, &order).len(), 1);
}

#[test]
fn messages_are_forgotten_when_events_are_and_not_while_they_are_owed() {
    let mut bench = bench();
    let (told, owed) = (create(&bench, 1), create(&bench, 2));
    let first = messages(pay(&bench, &told).work).remove(0);
    sent(&bench, &first, Some(200), SendOutcome::Taken);
    pay(&bench, &owed);
    bench.pass(EVENT_LIFE_MS / 1000 + 1);
    bench.alarm();
    assert!(list(&bench, &told).is_empty());
    assert_eq!(list(&bench, &owed).len(), 1);
}

#[test]
fn a_parcel_is_told_with_its_number_and_twice_only_if_there_are_two() {
    let bench = bench();
    let order = create(&bench, 1);
    pay(&bench, &order);
    let ship = |number: &str| {
        let call = TillCall::Desk(Box::new(Desk {
            by: Actor::owner(),
            act: DeskAct::Ship(Ship {
                order: order.clone(),
                carrier: "Harbour Post".to_owned(),
                number: number.to_owned(),
                url: None,
                items: Vec::new(),
            }),
        }));
        messages(bench.call(call).work)
    };
    let told = ship("HP1");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, MessageKind::Shipped);
    assert_eq!(told[0].data.tracking.as_deref(), Some("HP1"));
    assert!(ship("HP1").is_empty());
    assert_eq!(ship("HP2").len(), 1);
}

#[test]
fn a_shopper_hears_of_their_request_and_of_no_other() {
    let bench = bench();
    let order = create(&bench, 1);
    pay(&bench, &order);
    let desk = |by: Actor, act: DeskAct| {
        let call = TillCall::Desk(Box::new(Desk { by, act }));
        messages(bench.call(call).work)
    };
    let ask = |n: u8| {
        DeskAct::Ask(Ask {
            id: RefundRequestId::of_till(START as u64, order.till(), [n; 10]),
            order: order.clone(),
            items: Vec::new(),
            amount: None,
            reason: "Damaged".to_owned(),
        })
    };
    let decline = |n: u8| DeskAct::Decline {
        request: RefundRequestId::of_till(START as u64, order.till(), [n; 10]),
        mode: Mode::Test,
        explanation: "It was opened.".to_owned(),
    };
    let asked = desk(Actor::shopper(), ask(1));
    assert_eq!(asked[0].kind, MessageKind::RefundAsked);
    assert_eq!(asked[0].data.reason.as_deref(), Some("Damaged"));
    let declined = desk(Actor::owner(), decline(1));
    assert_eq!(declined[0].kind, MessageKind::RefundDeclined);
    assert_eq!(
        declined[0].data.explanation.as_deref(),
        Some("It was opened.")
    );
    assert!(desk(Actor::owner(), ask(2)).is_empty());
    assert!(desk(Actor::owner(), decline(2)).is_empty());
}
