//! An order as the API shows it.

use serde_json::{Value, json};

use super::{NOW, details, full_draft, store};
use crate::channel::{
    CaptureMode, CardFacts, ChannelId, Decline, DeclineReason, Flow, Method, PaymentProof,
    ProofKind, RefundProof, RefundReported, RefundStatus, Reported, Source, Status,
};
use crate::id::{AccountId, AttemptId, OrderId, Reference, RefundId, Till};
use crate::money::{Currency, Money};
use crate::order::{Event, IrregularPolicy, NewAttempt, NewOrder, Order, Outcome};
use crate::wire::{Added, Details, OrderView, Parts, RefundView};

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD).unwrap()
}

fn order_id() -> OrderId {
    OrderId::make(1_795_316_400_000, Till::new(5).unwrap(), [7; 10])
}

fn attempt_id(number: u8) -> AttemptId {
    AttemptId::make([number; 16])
}

fn refund_id(number: u8) -> RefundId {
    RefundId::make([number; 16])
}

pub fn parts<'a>(order: &'a Order, details: &'a Details, added: &'a Added) -> Parts<'a> {
    Parts {
        order,
        details,
        added,
    }
}

fn account() -> AccountId {
    AccountId::make(&store(), [1; 8])
}

fn apply(order: &Order, event: Event) -> Order {
    match order.apply(event, NOW) {
        Ok(Outcome::Moved { order, .. }) => *order,
        other => panic!("{other:?}"),
    }
}

fn started(order: &Order, number: u8, flow: Flow) -> Order {
    let card = flow == Flow::Card;
    let new = NewAttempt {
        id: attempt_id(number),
        account: account(),
        channel: if card {
            ChannelId::Stripe
        } else {
            ChannelId::Alipay
        },
        method: if card { Method::Card } else { Method::Alipay },
        flow,
    };
    apply(order, Event::StartAttempt(new))
}

fn reported(order: &Order, number: u8, status: Status) -> Order {
    let card = (number == 1).then(|| CardFacts {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
    });
    let reported = Reported {
        channel_number: None,
        card,
        fee: (number == 2).then(|| Money::parse("0.55", Currency::CNY).unwrap()),
        status,
    };
    apply(order, Event::Report { number, reported })
}

fn decline() -> Decline {
    Decline::new(DeclineReason::InsufficientFunds, "insufficient_funds")
}

/// A card was declined; a wallet paid too much, and told its fee; of three refunds one has settled, one failed.
pub fn order() -> Order {
    let new = NewOrder {
        id: order_id(),
        total: usd(10_000),
        capture: CaptureMode::Manual,
        policy: IrregularPolicy::default(),
        expires_at: NOW.plus_seconds(7200),
    };
    let order = started(&Order::new(new, NOW).unwrap(), 1, Flow::Card);
    let order = reported(&order, 1, Status::Declined(decline()));
    let order = started(&order, 2, Flow::Qr);
    let reference = Reference::make(&order_id(), 2).unwrap();
    let (kind, source) = (ProofKind::Captured, Source::Answer);
    let proof = PaymentProof::for_test((kind, source), &account(), reference, usd(12_000), NOW);
    let mut order = reported(&order, 2, Status::Paid(proof));
    for number in [3, 4] {
        let ask = Event::RequestRefund {
            refund: refund_id(number),
            attempt: None,
            amount: usd(1_000),
            reason: "Broken".to_owned(),
        };
        order = apply(&order, ask);
    }
    let settled = RefundProof::for_test(source, &account(), &refund_id(3), usd(1_000), NOW);
    let order = refund_reported(&order, 3, RefundStatus::Settled(settled));
    refund_reported(&order, 4, RefundStatus::Failed(decline()))
}

fn refund_reported(order: &Order, number: u8, status: RefundStatus) -> Order {
    let reported = RefundReported {
        channel_number: Some(format!("re_{number}")),
        status,
    };
    let refund = refund_id(number);
    apply(order, Event::RefundReport { refund, reported })
}

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

const TIME: &str = "2026-11-22T03:00:00.000Z";

pub fn attempts_json() -> Value {
    json!([
        {
            "id": "att_01040G2081040G2081040G2081",
            "number": 1,
            "method": "card",
            "flow": "card",
            "channel": "stripe",
            "account": "acc_demo_81040g2081",
            "state": "declined",
            "amount": dollars("100.00"),
            "channel_number": null,
            "card": { "brand": "visa", "last4": "4242" },
            "fee": null,
            "decline": { "reason": "insufficient_funds", "channel_code": "insufficient_funds" },
            "created_at": TIME,
        },
        {
            "id": "att_02081040G2081040G2081040G2",
            "number": 2,
            "method": "alipay",
            "flow": "qr",
            "channel": "alipay",
            "account": "acc_demo_81040g2081",
            "state": "paid",
            "amount": dollars("100.00"),
            "channel_number": "ch_1",
            "card": null,
            "fee": { "amount": "0.55", "currency": "CNY" },
            "decline": null,
            "created_at": TIME,
        },
    ])
}

pub fn refunds_json(excess: &str) -> Value {
    let paid_by = "att_02081040G2081040G2081040G2";
    json!([
        {
            "id": excess,
            "attempt": paid_by,
            "amount": dollars("20.00"),
            "reason": "",
            "state": "pending",
            "channel_number": null,
            "created_at": TIME,
            "settled_at": null,
            "failure": null,
            "items": [],
            "by": null,
            "request": null,
        },
        {
            "id": refund_id(3),
            "attempt": paid_by,
            "amount": dollars("10.00"),
            "reason": "Broken",
            "state": "settled",
            "channel_number": "re_3",
            "created_at": TIME,
            "settled_at": TIME,
            "failure": null,
            "items": [],
            "by": null,
            "request": null,
        },
        {
            "id": refund_id(4),
            "attempt": paid_by,
            "amount": dollars("10.00"),
            "reason": "Broken",
            "state": "failed",
            "channel_number": "re_4",
            "created_at": TIME,
            "settled_at": null,
            "failure": { "reason": "insufficient_funds", "channel_code": "insufficient_funds" },
            "items": [],
            "by": null,
            "request": null,
        },
    ])
}

/// The order as API and webhooks show it.
pub fn order_json() -> Value {
    let order = order();
    let excess = order.refunds()[0].id.as_str();
    let mut expected = full_draft();
    let shown = json!({
        "id": "01M80K4FW0053GE1R70W3GE1R7",
        "store": "demo",
        "mode": "test",
        "state": "partly_refunded",
        "ending": false,
        "version": 9,
        "created_at": TIME,
        "updated_at": TIME,
        "expires_at": "2026-11-22T05:00:00.000Z",
        "captured": dollars("120.00"),
        "refunded": dollars("10.00"),
        "refund_pending": dollars("20.00"),
        "refundable": dollars("90.00"),
        "fees": [{ "amount": "0.55", "currency": "CNY" }],
        "attempts": attempts_json(),
        "refunds": refunds_json(excess),
        "irregular": [{
            "kind": "excess",
            "attempt": "att_02081040G2081040G2081040G2",
            "received": dollars("120.00"),
            "amount": dollars("20.00"),
            "resolution": { "type": "refunded", "refund": excess },
        }],
        "by_hand": null,
        "shipments": [],
    });
    let Value::Object(shown) = shown else {
        panic!("not an object");
    };
    expected.as_object_mut().unwrap().extend(shown);
    expected
}

#[test]
fn the_api_shows_an_order_so() {
    let (order, details) = (order(), details(full_draft()));
    let added = Added::default();
    let view = OrderView::new(parts(&order, &details, &added));
    assert_eq!(serde_json::to_value(&view).unwrap(), order_json());
    let with_token = view.with_token("ct_1", "https://pay.example/checkout/ct_1");
    let mut expected = order_json();
    expected["client_token"] = json!("ct_1");
    expected["checkout_url"] = json!("https://pay.example/checkout/ct_1");
    assert_eq!(serde_json::to_value(with_token).unwrap(), expected);
}

#[test]
fn what_is_not_known_is_null_and_not_left_out() {
    let least = json!({
        "items": [{ "name": "Tea", "quantity": 1, "unit_price": dollars("100.00") }],
        "total": dollars("100.00"),
    });
    let new = NewOrder {
        id: order_id(),
        total: usd(10_000),
        capture: CaptureMode::Automatic,
        policy: IrregularPolicy::default(),
        expires_at: NOW.plus_seconds(7200),
    };
    let (order, details) = (Order::new(new, NOW).unwrap(), details(least));
    assert_eq!(
        serde_json::to_value(OrderView::new(parts(&order, &details, &Added::default()))).unwrap(),
        json!({
            "id": "01M80K4FW0053GE1R70W3GE1R7",
            "store": "demo",
            "mode": "test",
            "state": "created",
            "ending": false,
            "version": 1,
            "created_at": TIME,
            "updated_at": TIME,
            "expires_at": "2026-11-22T05:00:00.000Z",
            "items": [{ "name": "Tea", "quantity": 1, "unit_price": dollars("100.00") }],
            "shipping": null,
            "tax": null,
            "discount": null,
            "total": dollars("100.00"),
            "captured": dollars("0.00"),
            "refunded": dollars("0.00"),
            "refund_pending": dollars("0.00"),
            "refundable": dollars("0.00"),
            "fees": [],
            "capture": "automatic",
            "shopper": {},
            "description": "Tea",
            "merchant_reference": null,
            "return_url": null,
            "metadata": {},
            "methods": null,
            "attempts": [],
            "refunds": [],
            "irregular": [],
            "by_hand": null,
            "shipments": [],
        })
    );
}

#[test]
fn a_refund_alone_is_shown_as_in_its_order() {
    let (order, added) = (order(), Added::default());
    let shown: Vec<RefundView<'_>> = order
        .refunds()
        .iter()
        .map(|r| RefundView::new(r, &added))
        .collect();
    let expected = refunds_json(order.refunds()[0].id.as_str());
    assert_eq!(serde_json::to_value(shown).unwrap(), expected);
}
