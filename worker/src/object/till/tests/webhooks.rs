//! Webhooks: who gets which, and how often they are tried.

use super::super::deliveries::{DeliveryQuery, DeliveryState, statement};
use super::*;

#[test]
fn a_payment_tells_each_endpoint_that_wants_it_and_leaves_nothing_due() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let sent = deliveries(&reply.work);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].0, sent[1].0, "one event, two endpoints");
    for (event, endpoint) in sent {
        let done = Delivered {
            event,
            endpoint,
            status: Some(204),
            gone: false,
            response: None,
        };
        bench.call(TillCall::Delivered(done));
    }
    bench.pass(7200);
    // The order is taken into the index.
    bench.alarm();
    let (_, timer) = bench.call_with_timer(TillCall::Read { order });
    let forgotten = UnixTime::from_millis(START * 1000 + super::super::sweep::EVENT_LIFE_MS);
    assert_eq!(timer, Some(forgotten));
    assert!(bench.alarm().work.is_empty());
    assert!(
        bench.events()[0]
            .deliveries
            .iter()
            .all(|d| d.state == "delivered")
    );
}

#[test]
fn endpoints_get_only_what_they_asked_for() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let decline = json!({ "type": "declined",
        "value": { "reason": "card_declined", "channel_code": "generic_decline" } });
    let reply = bench.report(&order, Some(first_effect(&work)), Some(decline));
    let to: Vec<EndpointId> = deliveries(&reply.work)
        .into_iter()
        .map(|(_, e)| e)
        .collect();
    assert_eq!(to, [endpoint(1, &[]).id]);
}

#[test]
fn a_webhook_is_tried_for_72_hours_and_then_fails_without_delaying_others() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let mut reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let began = bench.now;
    let mut tries = 0;
    let good = endpoint(2, &[]).id;
    loop {
        for (event, endpoint) in deliveries(&reply.work) {
            let status = if endpoint == good { Some(200) } else { None };
            tries += u32::from(endpoint != good);
            bench.call(TillCall::Delivered(Delivered {
                event,
                endpoint,
                status,
                gone: false,
                response: None,
            }));
        }
        let call_ = TillCall::Read {
            order: order.clone(),
        };
        let timer = bench.call_with_timer(call_).1.unwrap();
        assert!(timer > bench.now);
        if timer.seconds() > began.seconds() + 80 * 24 * 3600 {
            break;
        }
        bench.now = timer;
        reply = bench.alarm();
    }
    assert!(bench.now.seconds() - began.seconds() >= 72 * 3600);
    assert!(tries > 10);
    let states: Vec<String> = bench.events()[0]
        .deliveries
        .iter()
        .map(|d| d.state.clone())
        .collect();
    assert_eq!(states.iter().filter(|s| *s == "delivered").count(), 1);
    assert_eq!(states.iter().filter(|s| *s == "failed").count(), 1);
}

#[test]
fn an_endpoint_that_is_gone_is_not_tried_again_until_asked_for() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let event = deliveries(&reply.work)[0].0.clone();
    for (event, endpoint) in deliveries(&reply.work) {
        let gone = Delivered {
            event,
            endpoint,
            status: Some(410),
            gone: true,
            response: None,
        };
        bench.call(TillCall::Delivered(gone));
    }
    bench.pass(1_000_000);
    assert!(bench.alarm().work.is_empty());
    let again = bench.call(TillCall::Redeliver { event });
    assert_eq!(deliveries(&again.work).len(), 2);
}

#[test]
fn what_was_sent_to_an_endpoint_is_listed_by_state_newest_first() {
    let mut bench = Bench::new();
    let to = endpoint(1, &[]).id;
    let list = |bench: &Bench, state, before| {
        let reply = bench.call(TillCall::Deliveries(DeliveryQuery {
            endpoint: to.clone(),
            state,
            before,
            limit: 2,
        }));
        let TillAnswer::Deliveries { deliveries } = reply.answer else {
            panic!("{:?}", reply.answer)
        };
        deliveries
    };
    // Three orders: taken, refused until it is given up, and not answered yet.
    for (n, status) in [(1, Some(204)), (2, Some(410)), (3, None)] {
        let order = bench.create(n).order.id().clone();
        let work = bench.start(&order, Flow::Card).work;
        let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
        let sent = deliveries(&reply.work);
        let (event, endpoint) = sent.into_iter().find(|(_, e)| *e == to).unwrap();
        if let Some(status) = status {
            bench.call(TillCall::Delivered(Delivered {
                event,
                endpoint,
                status: Some(status),
                gone: status == 410,
                response: (status == 410).then(|| "gone fishing".to_owned()),
            }));
        }
        bench.pass(1);
    }
    let [taken, refused, open] = [
        DeliveryState::Done,
        DeliveryState::Failed,
        DeliveryState::Waiting,
    ]
    .map(|state| {
        let found = list(&bench, Some(state), None);
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((one.state, one.kind.as_str()), (state, "order.paid"));
        one.clone()
    });
    assert_eq!((taken.last_status, &taken.next_at), (Some(204), &None));
    assert_eq!(refused.response.as_deref(), Some("gone fishing"));
    assert_eq!((open.last_status, open.tries), (None, 1));
    assert!(open.next_at.is_some());
    let page = list(&bench, None, None);
    let ids: Vec<_> = page.iter().map(|d| &d.event).collect();
    assert_eq!(ids, [&open.event, &refused.event]);
    let rest = list(&bench, None, Some(refused.event));
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].event, taken.event);
}

#[test]
fn what_was_sent_is_read_from_one_range_of_an_index() {
    let bench = Bench::new();
    bench.create(1);
    for (state, index) in [
        (None, "PRIMARY KEY (event_id<?)"),
        (Some(DeliveryState::Done), "PRIMARY KEY (event_id<?)"),
        (
            Some(DeliveryState::Failed),
            "deliveries_failed (endpoint=? AND event_id<?)",
        ),
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {}", statement(state));
        let rows = bench.sql.run_made(&plan, &vec![Value::Null; 3]).unwrap();
        let plan: Vec<&str> = rows.iter().map(|r| r.text(3).unwrap()).collect();
        assert!(plan[0].ends_with(index), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("B-TREE")), "{plan:?}");
    }
}
