//! What acts change, as the history and the audit log tell it.

use super::super::audit::ActQuery;
use super::super::desk::DeskAct;
use super::acts::{mei, refund, ship};
use super::requests::{ask, decline};
use super::*;
use crate::object::store::audit::{AuditQuery, Record};

impl Bench {
    /// The last act, when it was done.
    fn last_act(&self, reply: &TillReply) -> Record {
        assert!(!matches!(reply.answer, TillAnswer::Rejected { .. }));
        let query = ActQuery {
            mode: Mode::Test,
            query: AuditQuery {
                limit: 1,
                ..AuditQuery::default()
            },
        };
        match self.call(TillCall::Acts(query)).answer {
            TillAnswer::Acts { mut records } => records.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// What an act changes: before, and after.
    fn change(&self, act: DeskAct) -> (Json, Json) {
        let record = self.last_act(&self.desk(mei(), act));
        (record.before.unwrap(), record.after.unwrap())
    }
}

#[test]
fn acts_tell_what_they_have_changed_and_nothing_else() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    assert_eq!(
        bench.change(ship(&order, "1", &[])),
        (json!({ "shipments": 0 }), json!({ "shipments": 1 }))
    );
    assert_eq!(
        bench.change(ask(&order, 1, None, &[])),
        (json!({ "request": null }), json!({ "request": "open" }))
    );
    assert_eq!(
        bench.change(decline(1, "No")),
        (
            json!({ "request": "open" }),
            json!({ "request": "declined" })
        )
    );
    assert_eq!(
        bench.change(refund(&order, 1, Some(400), &[])),
        (
            json!({ "refund_pending": usd(0) }),
            json!({ "refund_pending": usd(400) })
        )
    );
}

#[test]
fn a_confirmation_by_hand_tells_the_order_and_its_attempts() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let work = bench.start(&order, Flow::Qr).work;
    let pending = json!({ "type": "pending" });
    bench.report(&order, Some(first_effect(&work)), Some(pending));
    let confirm = DeskAct::Confirm {
        order: order.clone(),
        attempt: None,
        reason: "Came by bank".to_owned(),
    };
    let reply = bench.desk(mei(), confirm);
    let record = bench.last_act(&reply);
    let before = json!({ "state": "processing", "attempts": ["pending"], "captured": usd(0) });
    assert_eq!(record.before, Some(before));
    let after = json!({ "state": "paid", "attempts": ["closing"], "captured": usd(1000) });
    assert_eq!(record.after, Some(after));
    assert_eq!(record.data.unwrap()["reason"], "Came by bank");
    // What a refund gives back at once is told as given back.
    let (before, after) = bench.change(refund(&order, 1, None, &[]));
    assert_eq!(before, json!({ "state": "paid", "refunded": usd(0) }));
    assert_eq!(after, json!({ "state": "refunded", "refunded": usd(1000) }));
}

#[test]
fn a_cancellation_is_one_of_the_order() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let event = Event::Cancel {
        reason: CancelReason::Merchant,
    };
    assert_eq!(
        bench.change(DeskAct::Event { order, event }),
        (
            json!({ "state": "created" }),
            json!({ "state": "cancelled" })
        )
    );
}

#[test]
fn acts_that_were_recorded_without_it_are_still_read() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let reply = bench.desk(mei(), ship(&order, "1", &[]));
    let strip = "UPDATE history SET data = json_remove(data, '$.before', '$.after')";
    bench.sql.run(strip, &[]).unwrap();
    let record = bench.last_act(&reply);
    assert_eq!((record.before, record.after), (None, None));
    assert_eq!(record.data.unwrap()["carrier"], "SF Express");
}
