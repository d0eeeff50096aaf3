//! What is remembered of an order.

use causeway_shared::actor::{Actor, ActorKind};
use causeway_shared::channel::Told;
use causeway_shared::http::{Request, Response};

use super::super::call::Message;
use super::super::desk::{DeskAct, DeskAnswer};
use super::super::history::{Entry, EntryKind};
use super::acts::{desk_answer, mei};
use super::*;

impl Bench {
    fn timeline(&self, order: &OrderId) -> Vec<Entry> {
        let act = DeskAct::Timeline {
            order: order.clone(),
        };
        match desk_answer(self.desk(mei(), act)) {
            DeskAnswer::Timeline { entries, .. } => entries,
            other => panic!("{other:?}"),
        }
    }

    fn codes(&self, order: &OrderId) -> Vec<String> {
        self.timeline(order).into_iter().map(|e| e.code).collect()
    }

    fn exchange(&self, order: &OrderId, effect: Option<Effect>, status: &Json) -> TillReply {
        let body = r#"{"id":"pi_1","status":"succeeded","client_secret":"pi_1_secret"}"#;
        let request = Request::post(
            "https://api.stripe.com/v1/payment_intents",
            "x",
            "amount=10",
        );
        let answer = Response::new(200, "application/json", body);
        let message = |sent, told| Message {
            at: self.now,
            sent,
            told,
        };
        let report = Report {
            order: order.clone(),
            effect,
            events: vec![reported(1, status)],
            notice: None,
            messages: vec![
                message(true, Some(Told::of_request(ChannelId::Stripe, &request))),
                message(false, Some(Told::of_response(ChannelId::Stripe, &answer))),
            ],
        };
        self.call(TillCall::Report(Box::new(report)))
    }
}

#[test]
fn a_payment_can_be_followed_from_start_to_end() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let work = bench.start(&order, Flow::Card).work;
    bench.exchange(&order, Some(first_effect(&work)), &paid(&order));
    let cancel = Event::Cancel {
        reason: CancelReason::Merchant,
    };
    let act = DeskAct::Event {
        order: order.clone(),
        event: cancel,
    };
    bench.desk(mei(), act);
    let note = DeskAct::Note {
        order: order.clone(),
        text: "Called".to_owned(),
    };
    bench.desk(mei(), note);
    assert_eq!(
        bench.codes(&order),
        [
            "order.created",
            "attempt.started",
            "order.processing",
            "channel.request",
            "channel.answer",
            "attempt.paid",
            "order.paid",
            "act.note",
            "order.paid",
        ],
        "what was refused is not told, and the webhook comes last"
    );
    let entries = bench.timeline(&order);
    assert_eq!(entries[1].actor, Some(Actor::shopper()));
    assert_eq!(entries[3].data["line"], "POST /v1/payment_intents");
    assert_eq!(
        entries[4].data["fields"],
        json!({ "id": "pi_1", "status": "succeeded" })
    );
    assert_eq!(entries[6].data["from"], "processing");
    assert_eq!(
        entries[7].actor.as_ref().map(|a| a.kind),
        Some(ActorKind::Operator)
    );
    let webhook = entries.last().unwrap();
    assert_eq!(webhook.kind, EntryKind::Webhook);
    assert_eq!(webhook.data["deliveries"].as_array().unwrap().len(), 2);
}

#[test]
fn a_question_is_told_when_it_brought_news() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let create = first_effect(&bench.start(&order, Flow::Qr).work);
    let pending = json!({ "type": "pending" });
    bench.exchange(&order, Some(create), &pending);
    let known = bench.codes(&order).len();
    let query = Effect::Query {
        attempt: attempt(1, Flow::Qr).id,
        doubted: false,
    };
    bench.exchange(&order, Some(query.clone()), &pending);
    assert_eq!(bench.codes(&order).len(), known, "nothing new");
    bench.exchange(&order, Some(query), &paid(&order));
    let codes = bench.codes(&order);
    assert!(codes.contains(&"channel.query".to_owned()), "{codes:?}");
}

#[test]
fn a_call_writes_all_rows_of_its_order_at_once_or_none() {
    let bench = Bench::new();
    let order = bench.sold(1);
    bench.start(&order, Flow::Card);
    assert_eq!(bench.stored("SELECT code FROM history").len(), 2);
    bench.call(TillCall::Read {
        order: order.clone(),
    });
    assert_eq!(bench.stored("SELECT code FROM history").len(), 2);
    let unknown = DeskAct::Timeline {
        order: order_id(99),
    };
    let reply = bench.desk(mei(), unknown);
    assert!(matches!(reply.answer, TillAnswer::NotFound));
}

#[test]
fn an_order_keeps_five_hundred_rows_and_loses_messages_first() {
    let bench = Bench::new();
    let order = bench.sold(1);
    let create = first_effect(&bench.start(&order, Flow::Qr).work);
    bench.exchange(&order, Some(create.clone()), &json!({ "type": "pending" }));
    for n in 0..300 {
        let status = json!({ "type": "requires_action", "value": {
            "type": "qr", "content": n.to_string(), "expires_at": UnixTime::from_seconds(START) } });
        bench.exchange(&order, Some(create.clone()), &status);
    }
    let count = bench.sql.run("SELECT count(*) FROM history", &[]).unwrap();
    assert_eq!(count[0].integer(0).unwrap(), 500);
    let codes = bench.codes(&order);
    assert_eq!(codes[1], "attempt.started");
}

#[test]
fn the_timeline_reads_ranges_of_indexes() {
    let bench = Bench::new();
    bench.create(1);
    let plan = format!("EXPLAIN QUERY PLAN {}", super::super::history::READ);
    let rows = bench.sql.run_made(&plan, &[Value::Null]).unwrap();
    let plan = rows[0].text(3).unwrap();
    assert!(plan.ends_with("PRIMARY KEY (order_id=?)"), "{plan}");
}
