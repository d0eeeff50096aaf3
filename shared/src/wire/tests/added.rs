//! What is added to an order, and what shares of its items cost.

use std::collections::BTreeMap;

use serde_json::json;

use super::view::{order, order_json, parts};
use super::{NOW, details, full_draft};
use crate::actor::Actor;
use crate::id::{RefundRequestId, Till};
use crate::wire::{
    Added, EventBody, ItemShare, Note, OrderView, RefundAdded, RefundView, ShareError, Shipment,
    check_shares, price_of,
};

const fn share(index: u32, quantity: u32) -> ItemShare {
    ItemShare { index, quantity }
}

fn added() -> Added {
    let by = Actor::operator("opr_1", "Mei");
    let order = order();
    let refund = RefundAdded {
        items: vec![share(1, 1)],
        by: by.clone(),
        request: Some(RefundRequestId::of_till(0, Till::new(5).unwrap(), [1; 10])),
    };
    Added {
        shipments: vec![Shipment {
            carrier: "SF Express".to_owned(),
            number: "SF1".to_owned(),
            url: None,
            items: Vec::new(),
            at: NOW,
            by: by.clone(),
        }],
        notes: vec![Note {
            text: "Called".to_owned(),
            at: NOW,
            by,
        }],
        refunds: BTreeMap::from([(order.refunds()[1].id.clone(), refund)]),
        stock_sold: None,
    }
}

#[test]
fn what_was_added_is_stored_and_shown_so() {
    let (order, details, added) = (order(), details(full_draft()), added());
    let by = json!({ "kind": "operator", "id": "opr_1", "name": "Mei" });
    let time = "2026-11-22T03:00:00.000Z";
    let shipment = json!({
        "carrier": "SF Express", "number": "SF1", "url": null, "items": [], "at": time, "by": by,
    });
    let note = json!({ "text": "Called", "at": time, "by": by });
    let request = "rrq_0000000000050G2081040G2081";
    let stored = json!({
        "shipments": [shipment],
        "notes": [note],
        "refunds": { order.refunds()[1].id.as_str():
            { "items": [{ "index": 1, "quantity": 1 }], "by": by, "request": request } },
    });
    assert_eq!(serde_json::to_value(&added).unwrap(), stored);
    assert_eq!(serde_json::from_value::<Added>(stored).unwrap(), added);
    assert_eq!(serde_json::to_value(Added::default()).unwrap(), json!({}));
    let parts = parts(&order, &details, &added);
    let mut shown = order_json();
    shown["shipments"] = json!([shipment]);
    let refund = serde_json::to_value(RefundView::new(&order.refunds()[1], &added)).unwrap();
    assert_eq!(refund["by"], by);
    assert_eq!(refund["request"], request);
    shown["refunds"][1] = refund;
    assert_eq!(serde_json::to_value(OrderView::new(parts)).unwrap(), shown);
    let body = serde_json::to_value(EventBody::shipped(parts, NOW)).unwrap();
    assert_eq!(body["type"], "order.shipped");
    assert_eq!(
        body["data"],
        json!({ "order": shown, "shipment": shipment })
    );
    let view = json!({ "id": request });
    let body = EventBody::of_request("refund_request.created", parts, view.clone(), NOW);
    let data = json!({ "order": shown, "refund_request": view });
    assert_eq!(serde_json::to_value(body).unwrap()["data"], data);
    shown["notes"] = json!([note]);
    let with_notes = OrderView::new(parts).with_notes(&added);
    assert_eq!(serde_json::to_value(with_notes).unwrap(), shown);
}

#[test]
fn a_share_is_of_what_the_order_has_left() {
    let items = details(full_draft()).items;
    let taken = BTreeMap::from([(0, 1)]);
    let check = |shares: &[ItemShare]| check_shares(&items, shares, &taken);
    assert_eq!(check(&[share(0, 1), share(1, 1)]), Ok(()));
    assert_eq!(check(&[share(0, 2)]), Err(ShareError::Quantity(0)));
    assert_eq!(
        check(&[share(1, 1), share(0, 0)]),
        Err(ShareError::Quantity(1))
    );
    assert_eq!(check(&[share(2, 1)]), Err(ShareError::Item(0)));
    assert_eq!(check(&[share(1, 1), share(1, 1)]), Err(ShareError::Item(1)));
}

/// Items of 95.50 in all, of which 5.00 were taken off.
#[test]
fn a_share_costs_its_part_of_what_was_paid() {
    let details = details(full_draft());
    let minor = |shares: &[ItemShare]| price_of(&details, shares).unwrap().minor();
    assert_eq!(minor(&[share(0, 2), share(1, 1)]), 90_50);
    assert_eq!(minor(&[share(0, 1)]), 37_90);
    assert_eq!(minor(&[share(1, 1)]), 14_68);
    assert_eq!(minor(&[]), 0);
}
