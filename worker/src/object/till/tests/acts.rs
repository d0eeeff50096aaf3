//! Acts on orders: what they store, and what they tell.

use causeway_shared::actor::Actor;
use causeway_shared::id::RefundId;
use causeway_shared::order::Rejected;
use causeway_shared::wire::{Item, ItemShare};

use super::super::desk::{Conflict, Desk, DeskAct, DeskAnswer, Invalid, NewRefund, Ship};
use super::*;

pub(super) fn mei() -> Actor {
    Actor::operator("opr_1", "Mei")
}

pub(super) const fn share(index: u32, quantity: u32) -> ItemShare {
    ItemShare { index, quantity }
}

impl Bench {
    pub(super) fn desk(&self, by: Actor, act: DeskAct) -> TillReply {
        self.call(TillCall::Desk(Box::new(Desk { by, act })))
    }

    /// An order of two bags and a cup, 10.00 in all, 2.00 taken off.
    pub(super) fn sold(&self, n: u8) -> OrderId {
        let item = |name: &str, quantity, minor| Item {
            name: name.to_owned(),
            sku: None,
            quantity,
            unit_price: usd(minor),
            image_url: None,
        };
        let mut create = draft(n, None);
        create.details.items = vec![item("Tea", 2, 400), item("Cup", 1, 400)];
        create.details.discount = Some(usd(200));
        let order = create.id.clone();
        self.call(TillCall::Create(Box::new(create)));
        order
    }

    /// The same, paid by card.
    pub(super) fn sold_and_paid(&self, n: u8) -> OrderId {
        let order = self.sold(n);
        let work = self.start(&order, Flow::Card).work;
        self.report(&order, Some(first_effect(&work)), Some(paid(&order)));
        order
    }

    pub(super) fn record(&self, order: &OrderId) -> OrderRecord {
        let order = order.clone();
        match self.call(TillCall::Read { order }).answer {
            TillAnswer::Order { record, .. } => *record,
            other => panic!("{other:?}"),
        }
    }

    /// What was told, by name: the clock of these tests stands still.
    pub(super) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.events().into_iter().map(|e| e.kind).collect();
        kinds.sort();
        kinds
    }

    pub(super) fn told(&self, kind: &str) -> Json {
        let found = self.events().into_iter().find(|e| e.kind == kind);
        serde_json::from_str(&found.expect(kind).body).unwrap()
    }
}

pub(super) fn ship(order: &OrderId, number: &str, items: &[ItemShare]) -> DeskAct {
    DeskAct::Ship(Ship {
        order: order.clone(),
        carrier: "SF Express".to_owned(),
        number: number.to_owned(),
        url: None,
        items: items.to_vec(),
    })
}

pub(super) fn refund(order: &OrderId, n: u8, amount: Option<i64>, items: &[ItemShare]) -> DeskAct {
    DeskAct::Refund(NewRefund {
        order: order.clone(),
        refund: RefundId::make([n; 16]),
        attempt: None,
        amount: amount.map(usd),
        items: items.to_vec(),
        reason: "Broken".to_owned(),
    })
}

pub(super) fn desk_answer(reply: TillReply) -> DeskAnswer {
    match reply.answer {
        TillAnswer::Desk(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

pub(super) fn rejected(reply: TillReply) -> Rejected {
    match reply.answer {
        TillAnswer::Rejected { rejected, .. } => rejected,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parcel_is_told_once_and_of_what_is_left() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let before = bench.record(&order).order.version();
    let reply = bench.desk(mei(), ship(&order, "SF1", &[share(0, 1)]));
    assert!(matches!(
        reply.answer,
        TillAnswer::Order { changed: true, .. }
    ));
    assert_eq!(
        deliveries(&reply.work).len(),
        1,
        "to the endpoint that wants all"
    );
    let again = bench.desk(mei(), ship(&order, "SF1", &[share(0, 1)]));
    assert!(matches!(
        again.answer,
        TillAnswer::Order { changed: false, .. }
    ));
    let too_many = bench.desk(mei(), ship(&order, "SF2", &[share(1, 1), share(0, 2)]));
    let DeskAnswer::Invalid { pointer, code } = desk_answer(too_many) else {
        panic!()
    };
    assert_eq!(
        (pointer.as_str(), code),
        ("/items/1/quantity", Invalid::Quantity)
    );
    let record = bench.record(&order);
    assert_eq!(record.order.version(), before + 1);
    assert_eq!(record.added.shipments.len(), 1);
    assert_eq!(record.added.shipments[0].by, mei());
    assert_eq!(bench.kinds(), ["order.paid", "order.shipped"]);
    let body = bench.told("order.shipped");
    assert_eq!(body["data"]["shipment"]["number"], "SF1");
    assert_eq!(body["data"]["order"]["shipments"][0]["number"], "SF1");
}

#[test]
fn notes_are_kept_and_told_to_nobody() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let note = || DeskAct::Note {
        order: order.clone(),
        text: "Called".to_owned(),
    };
    bench.desk(mei(), note());
    bench.desk(mei(), ship(&order, "SF1", &[]));
    let record = bench.record(&order);
    assert_eq!(record.added.notes[0].text, "Called");
    assert!(bench.events().iter().all(|e| !e.body.contains("Called")));
    for _ in 1..100 {
        bench.desk(mei(), note());
    }
    let DeskAnswer::Conflict { code } = desk_answer(bench.desk(mei(), note())) else {
        panic!()
    };
    assert_eq!(code, Conflict::TooMany);
}

#[test]
fn items_are_given_back_once_at_their_part_of_what_was_paid() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let act = || refund(&order, 1, None, &[share(0, 1)]);
    let reply = bench.desk(mei(), act());
    assert!(matches!(effects(&reply.work)[..], [Effect::Refund { .. }]));
    let record = bench.record(&order);
    // Of 12.00 less 2.00, a third.
    assert_eq!(record.order.refunds()[0].amount, usd(333));
    let added = &record.added.refunds[&record.order.refunds()[0].id];
    assert_eq!((&added.by, &added.items[..]), (&mei(), &[share(0, 1)][..]));
    let again = bench.desk(mei(), act());
    assert!(matches!(
        again.answer,
        TillAnswer::Order { changed: false, .. }
    ));
    let other = bench.desk(mei(), refund(&order, 1, None, &[share(1, 1)]));
    assert_eq!(rejected(other), Rejected::RefundIdReused);
    let more = bench.desk(mei(), refund(&order, 2, None, &[share(0, 2)]));
    assert!(matches!(desk_answer(more), DeskAnswer::Invalid { .. }));
    let dear = bench.desk(mei(), refund(&order, 2, Some(668), &[share(0, 1)]));
    let left = usd(667);
    assert_eq!(rejected(dear), Rejected::RefundExceedsCaptured { left });
    assert_eq!(
        bench.record(&order).added.refunds.len(),
        1,
        "nothing was stored"
    );
    bench.desk(mei(), refund(&order, 2, None, &[]));
    assert_eq!(bench.record(&order).order.refunds()[1].amount, left);
}

#[test]
fn what_a_refused_refund_was_for_can_be_given_back_again() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    bench.desk(mei(), refund(&order, 1, None, &[share(1, 1)]));
    bench.refund_reported(&order, None);
    bench.desk(mei(), refund(&order, 2, None, &[share(1, 1)]));
    let record = bench.record(&order);
    let states: Vec<_> = record
        .order
        .refunds()
        .iter()
        .map(|r| r.state.name())
        .collect();
    assert_eq!(states, ["failed", "pending"]);
}

#[test]
fn a_payment_confirmed_by_hand_says_so_and_closes_what_is_open() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let work = bench.start(&order, Flow::Qr).work;
    let pending = json!({ "type": "pending" });
    bench.report(&order, Some(first_effect(&work)), Some(pending));
    let confirm = |attempt| DeskAct::Confirm {
        order: order.clone(),
        attempt,
        reason: "Came by bank".to_owned(),
    };
    let unknown = bench.desk(mei(), confirm(Some(AttemptId::make([9; 16]))));
    assert_eq!(rejected(unknown), Rejected::UnknownAttempt);
    let reply = bench.desk(mei(), confirm(None));
    assert!(matches!(effects(&reply.work)[..], [Effect::Close { .. }]));
    let again = bench.desk(mei(), confirm(None));
    assert!(matches!(
        again.answer,
        TillAnswer::Order { changed: false, .. }
    ));
    let record = bench.record(&order);
    let vouched = record.order.vouched().unwrap();
    assert_eq!(
        (&vouched.by, vouched.reason.as_str()),
        (&mei(), "Came by bank")
    );
    let body = bench.told("order.paid");
    assert_eq!(body["data"]["order"]["by_hand"]["by"]["name"], "Mei");
    // It goes back as it came: outside of channels.
    let reply = bench.desk(mei(), refund(&order, 1, None, &[]));
    assert!(
        effects(&reply.work)
            .iter()
            .all(|e| !matches!(e, Effect::Refund { .. }))
    );
    assert_eq!(bench.record(&order).order.state().name(), "refunded");
    assert_eq!(bench.kinds(), ["order.paid", "refund.settled"]);
}

#[test]
fn what_was_stored_before_orders_had_more_is_still_read() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let stored = bench.stored("SELECT added FROM orders");
    assert_eq!(stored, [""], "nothing");
    assert!(bench.record(&order).added.is_empty());
}
