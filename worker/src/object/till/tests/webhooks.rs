//! Webhooks: who gets which, and how often they are tried.

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
        };
        bench.call(TillCall::Delivered(gone));
    }
    bench.pass(1_000_000);
    assert!(bench.alarm().work.is_empty());
    let again = bench.call(TillCall::Redeliver { event });
    assert_eq!(deliveries(&again.work).len(), 2);
}
