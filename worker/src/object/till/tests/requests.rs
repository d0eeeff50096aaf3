//! Requests for refunds, from being asked for until the channel has settled them.

use causeway_shared::actor::Actor;
use causeway_shared::id::RefundRequestId;
use causeway_shared::order::Rejected;
use causeway_shared::wire::ItemShare;

use super::super::desk::{
    Approve, Ask, Conflict, DeskAct, DeskAnswer, RefundRequest, RequestQuery, RequestState,
};
use super::super::requests::{IN_STATE, IN_TIME, OF_ORDER, view};
use super::acts::{desk_answer, mei, rejected, share};
use super::*;

fn request_id(n: u8) -> RefundRequestId {
    let time_ms = (START as u64) * 1000 + u64::from(n);
    RefundRequestId::of_till(time_ms, TillNumber::new(0).unwrap(), [n; 10])
}

pub(super) fn ask(order: &OrderId, n: u8, amount: Option<i64>, items: &[ItemShare]) -> DeskAct {
    DeskAct::Ask(Ask {
        id: request_id(n),
        order: order.clone(),
        items: items.to_vec(),
        amount: amount.map(usd),
        reason: "Broken".to_owned(),
    })
}

fn approve(n: u8, amount: Option<i64>, items: Option<&[ItemShare]>) -> DeskAct {
    DeskAct::Approve(Approve {
        request: request_id(n),
        mode: Mode::Test,
        amount: amount.map(usd),
        items: items.map(<[ItemShare]>::to_vec),
    })
}

pub(super) fn decline(n: u8, explanation: &str) -> DeskAct {
    DeskAct::Decline {
        request: request_id(n),
        mode: Mode::Test,
        explanation: explanation.to_owned(),
    }
}

fn request(reply: TillReply) -> (RefundRequest, bool) {
    match desk_answer(reply) {
        DeskAnswer::Request { request, changed } => (*request, changed),
        other => panic!("{other:?}"),
    }
}

fn conflict(reply: TillReply) -> Conflict {
    match desk_answer(reply) {
        DeskAnswer::Conflict { code } => code,
        other => panic!("{other:?}"),
    }
}

impl Bench {
    /// What the channel says of the order's last refund: settled, unless it refuses.
    pub(super) fn refund_reported(&self, order: &OrderId, settles: Option<i64>) -> TillReply {
        let record = self.record(order);
        let refund = record.order.refunds().last().unwrap();
        let decline = json!({ "reason": "processing_error", "channel_code": "balance" });
        let status = match settles {
            Some(minor) => json!({ "type": "settled", "value": {
                "source": "answer", "account": account(), "refund": refund.id,
                "amount": usd(minor), "at": self.now } }),
            None => json!({ "type": "failed", "value": decline }),
        };
        let event = json!({ "type": "refund_report", "refund": refund.id,
            "reported": { "channel_number": null, "status": status } });
        let report = Report {
            order: order.clone(),
            effect: Some(Effect::Refund {
                refund: refund.id.clone(),
            }),
            events: vec![causeway_shared::json::from_str(&event.to_string()).unwrap()],
            notice: None,
            messages: Vec::new(),
        };
        self.call(TillCall::Report(Box::new(report)))
    }

    fn state(&self, n: u8) -> (RequestState, Option<String>) {
        let act = DeskAct::Request {
            request: request_id(n),
            mode: Mode::Test,
        };
        let (request, _) = request(self.desk(mei(), act));
        (
            request.state,
            request.decline.map(|d| d.channel_code.as_str().to_owned()),
        )
    }
}

#[test]
fn a_shopper_asks_and_the_money_comes_back() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    let (asked, made) = request(bench.desk(Actor::shopper(), ask(&order, 1, None, &[share(1, 1)])));
    assert!(made);
    assert_eq!((asked.state, asked.amount), (RequestState::Open, usd(333)));
    let (same, made) = request(bench.desk(Actor::shopper(), ask(&order, 2, None, &[share(1, 1)])));
    assert!(!made);
    assert_eq!(same.id, asked.id);
    let other = bench.desk(Actor::shopper(), ask(&order, 3, None, &[]));
    assert_eq!(conflict(other), Conflict::RequestOpen);
    let reply = bench.desk(mei(), approve(1, None, None));
    assert!(matches!(effects(&reply.work)[..], [Effect::Refund { .. }]));
    let (approved, _) = request(reply);
    assert_eq!(approved.state, RequestState::Approved);
    assert_eq!(approved.decided_by, Some(mei()));
    let (again, changed) = request(bench.desk(mei(), approve(1, None, None)));
    assert!(!changed);
    assert_eq!(again, approved);
    assert_eq!(bench.record(&order).order.refunds().len(), 1);
    bench.refund_reported(&order, Some(333));
    assert_eq!(bench.state(1), (RequestState::Settled, None));
    assert_eq!(
        bench.kinds(),
        [
            "order.paid",
            "refund.settled",
            "refund_request.approved",
            "refund_request.created"
        ]
    );
    let body = bench.told("refund.settled");
    assert_eq!(body["data"]["refund"]["request"], view(&asked)["id"]);
}

#[test]
fn a_refund_that_the_channel_refuses_comes_back_to_the_desk() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    bench.desk(Actor::shopper(), ask(&order, 1, Some(500), &[]));
    let (first, _) = request(bench.desk(mei(), approve(1, Some(400), None)));
    assert_eq!(first.amount, usd(400));
    bench.refund_reported(&order, None);
    let refused = (RequestState::Refused, Some("balance".to_owned()));
    assert_eq!(bench.state(1), refused);
    let told = bench.kinds();
    assert_eq!(
        told.last().map(String::as_str),
        Some("refund_request.refused")
    );
    // Waiting again, it lets no other request in, and can be approved again: as another refund.
    let other = bench.desk(Actor::shopper(), ask(&order, 2, None, &[]));
    assert_eq!(conflict(other), Conflict::RequestOpen);
    let (second, _) = request(bench.desk(mei(), approve(1, None, None)));
    assert_ne!(second.refund, first.refund);
    assert_eq!((second.amount, second.decline), (usd(400), None));
    bench.refund_reported(&order, Some(400));
    assert_eq!(bench.state(1), (RequestState::Settled, None));
}

#[test]
fn a_request_is_declined_with_an_explanation_once() {
    let bench = Bench::new();
    let order = bench.sold_and_paid(1);
    bench.desk(Actor::shopper(), ask(&order, 1, None, &[]));
    let (declined, _) = request(bench.desk(mei(), decline(1, "Opened")));
    assert_eq!(declined.explanation.as_deref(), Some("Opened"));
    assert!(!request(bench.desk(mei(), decline(1, "Opened"))).1);
    let other = bench.desk(mei(), decline(1, "Used"));
    assert_eq!(conflict(other), Conflict::RequestDecided);
    let approved = bench.desk(mei(), approve(1, None, None));
    assert_eq!(conflict(approved), Conflict::RequestDecided);
    assert!(bench.record(&order).order.refunds().is_empty());
    // It does not stand in the way of another.
    assert!(request(bench.desk(Actor::shopper(), ask(&order, 2, None, &[]))).1);
}

#[test]
fn no_request_gives_back_more_than_was_captured() {
    let bench = Bench::new();
    let unpaid = bench.sold(2);
    let early = bench.desk(Actor::shopper(), ask(&unpaid, 9, None, &[]));
    assert_eq!(rejected(early), Rejected::NotPaid);
    let order = bench.sold_and_paid(1);
    let left = usd(1000);
    let more = bench.desk(Actor::shopper(), ask(&order, 1, Some(1001), &[]));
    assert_eq!(rejected(more), Rejected::RefundExceedsCaptured { left });
    bench.desk(Actor::shopper(), ask(&order, 1, Some(1000), &[]));
    let more = bench.desk(mei(), approve(1, Some(1001), None));
    assert_eq!(rejected(more), Rejected::RefundExceedsCaptured { left });
    assert_eq!(bench.state(1).0, RequestState::Open, "nothing was stored");
    bench.desk(mei(), approve(1, None, None));
    let all_gone = bench.desk(Actor::shopper(), ask(&order, 2, None, &[]));
    assert_eq!(rejected(all_gone), Rejected::AmountNotPositive);
}

#[test]
fn a_request_about_money_that_came_by_hand_settles_at_once() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let confirm = DeskAct::Confirm {
        order: order.clone(),
        attempt: None,
        reason: "Cash".to_owned(),
    };
    bench.desk(mei(), confirm);
    bench.desk(Actor::shopper(), ask(&order, 1, None, &[]));
    let (settled, _) = request(bench.desk(mei(), approve(1, None, None)));
    assert_eq!(settled.state, RequestState::Settled);
    let told = bench.kinds();
    assert!(
        told.contains(&"refund_request.approved".to_owned()),
        "{told:?}"
    );
    assert!(told.contains(&"refund.settled".to_owned()), "{told:?}");
}

#[test]
fn the_queue_is_newest_first_and_reads_one_range_of_an_index() {
    let bench = Bench::new();
    for n in 1..=3 {
        let order = bench.sold_and_paid(n);
        bench.desk(Actor::shopper(), ask(&order, n, None, &[]));
    }
    bench.desk(mei(), decline(2, "Opened"));
    let list = |state, order, before: Option<u8>, mode| {
        let query = RequestQuery {
            mode,
            state,
            order,
            before: before.map(request_id),
            limit: 2,
        };
        match desk_answer(bench.desk(mei(), DeskAct::Requests(query))) {
            DeskAnswer::Requests { requests } => {
                requests.into_iter().map(|r| r.id).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let ids = |of: &[u8]| of.iter().copied().map(request_id).collect::<Vec<_>>();
    assert_eq!(list(None, None, None, Mode::Test), ids(&[3, 2]));
    assert_eq!(list(None, None, Some(2), Mode::Test), ids(&[1]));
    let open = Some(RequestState::Open);
    assert_eq!(list(open, None, None, Mode::Test), ids(&[3, 1]));
    assert_eq!(list(None, Some(order_id(2)), None, Mode::Test), ids(&[2]));
    assert_eq!(list(open, Some(order_id(2)), None, Mode::Test), ids(&[]));
    assert!(list(None, None, None, Mode::Live).is_empty());
    let other_mode = DeskAct::Decline {
        request: request_id(1),
        mode: Mode::Live,
        explanation: "x".to_owned(),
    };
    let reply = bench.desk(mei(), other_mode);
    assert!(matches!(reply.answer, TillAnswer::NotFound));
    for (query, values, index) in [
        (IN_TIME, 3, "refund_requests_by_time (mode=? AND id<?)"),
        (
            IN_STATE,
            4,
            "refund_requests_by_state (mode=? AND state=? AND id<?)",
        ),
        (
            OF_ORDER,
            5,
            "refund_requests_by_order (order_id=? AND mode=? AND id<?)",
        ),
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {query}");
        let rows = bench
            .sql
            .run_made(&plan, &vec![Value::Null; values])
            .unwrap();
        assert!(rows[0].text(3).unwrap().ends_with(index), "{rows:?}");
    }
}
