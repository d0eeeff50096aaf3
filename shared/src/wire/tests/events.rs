//! What webhooks carry.

use serde_json::json;

use super::view::{attempts_json, order, order_json, parts, refunds_json};
use super::{NOW, details, full_draft};
use crate::order::Topic;
use crate::wire::{Added, EventBody};

/// Each topic, its event's type, and what stands in `data` beside the order.
#[test]
fn every_topic_has_its_type_and_its_body() {
    let (order, details, added) = (order(), details(full_draft()), Added::default());
    let attempt = order.attempts()[0].id.clone();
    let refund = |i: usize| order.refunds()[i].id.clone();
    let attempts = attempts_json();
    let refunds = refunds_json(refund(0).as_str());
    for (topic, kind, beside) in [
        (Topic::Authorized, "order.authorized", None),
        (Topic::Cancelled, "order.cancelled", None),
        (Topic::CaptureFailed, "order.capture_failed", None),
        (Topic::Expired, "order.expired", None),
        (Topic::IrregularPayment, "order.irregular_payment", None),
        (Topic::Paid, "order.paid", None),
        (
            Topic::PaymentFailed { attempt },
            "order.payment_failed",
            Some(("attempt", &attempts[0])),
        ),
        (
            Topic::RefundFailed { refund: refund(2) },
            "refund.failed",
            Some(("refund", &refunds[2])),
        ),
        (
            Topic::RefundSettled { refund: refund(1) },
            "refund.settled",
            Some(("refund", &refunds[1])),
        ),
    ] {
        let mut data = json!({ "order": order_json() });
        if let Some((name, value)) = beside {
            data[name] = value.clone();
        }
        let body = EventBody::new(&topic, parts(&order, &details, &added), NOW);
        assert_eq!(
            serde_json::to_value(body).unwrap(),
            json!({ "type": kind, "timestamp": "2026-11-22T03:00:00.000Z", "data": data })
        );
    }
}

/// A merchant's logs are not the place for what lets a shopper pay.
#[test]
fn a_webhook_carries_no_token() {
    let (order, details, added) = (order(), details(full_draft()), Added::default());
    let body = EventBody::new(&Topic::Paid, parts(&order, &details, &added), NOW);
    let text = serde_json::to_string(&body).unwrap();
    assert!(!text.contains("client_token") && !text.contains("checkout_url"));
}
