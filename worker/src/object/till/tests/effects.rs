//! What is owed to channels: leases, tries, plans, and what channels say.

use super::*;

#[test]
fn work_is_leased_and_handed_out_again_when_nothing_is_heard() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let reply = bench.start(&order, Flow::Card);
    assert!(matches!(effects(&reply.work)[..], [Effect::Create { .. }]));
    assert!(effects(&bench.alarm().work).is_empty(), "leased");
    bench.pass(41);
    let again = bench.alarm();
    assert!(matches!(effects(&again.work)[..], [Effect::Create { .. }]));
    let Work::Channel(item) = &again.work[0] else {
        panic!()
    };
    assert_eq!(item.tries, 1);
    assert_eq!(item.context.envelope.as_deref(), Some("c2VhbGVk"));
}

#[test]
fn an_unknown_outcome_is_tried_again_with_growing_pauses() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let mut work = bench.start(&order, Flow::Card).work;
    for pause in [3, 10, 30, 60, 120, 300, 600, 600] {
        bench.report(&order, Some(first_effect(&work)), None);
        bench.pass(pause - 1);
        assert!(effects(&bench.alarm().work).is_empty(), "before {pause}");
        bench.pass(1);
        work = bench.alarm().work;
        work.retain(|w| matches!(w, Work::Channel(_)));
        assert_eq!(work.len(), 1, "after {pause}");
    }
}

#[test]
fn a_late_report_does_not_touch_the_effect_that_took_the_place_of_its_own() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let create = first_effect(&bench.start(&order, Flow::Qr).work);
    let id = attempt(1, Flow::Qr).id;
    let closing = bench.act(&order, Event::GiveUp { attempt: id }, None).work;
    assert!(matches!(effects(&closing)[..], [Effect::Close { .. }]));
    bench.report(&order, Some(create), None);
    bench.pass(39);
    assert!(effects(&bench.alarm().work).is_empty(), "still leased");
    bench.pass(2);
    let again = bench.alarm().work;
    assert!(matches!(effects(&again)[..], [Effect::Close { .. }]));
}

#[test]
fn the_sealed_card_is_deleted_once_the_channel_has_answered() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    assert!(bench.stored("SELECT context FROM attempts")[0].contains("c2VhbGVk"));
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "pending" })),
    );
    let context = &bench.stored("SELECT context FROM attempts")[0];
    assert!(
        !context.contains("c2VhbGVk") && context.contains("192.0.2.1"),
        "{context}"
    );
}

#[test]
fn an_open_payment_is_closed_at_its_channel_before_the_order_expires() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Qr).work;
    let qr = json!({ "type": "requires_action", "value": {
        "type": "qr", "content": "x", "expires_at": UnixTime::from_seconds(START + 3600) } });
    bench.report(&order, Some(first_effect(&work)), Some(qr));
    bench.pass(3600);
    bench.alarm();
    let work = bench.act(&order, Event::Expire, None).work;
    assert!(matches!(effects(&work)[..], [Effect::Close { .. }]));
    assert_eq!(bench.stored("SELECT state FROM orders"), ["processing"]);
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "closed" })),
    );
    assert_eq!(bench.stored("SELECT state FROM orders"), ["expired"]);
}

#[test]
fn the_chaser_follows_the_channels_plan_and_can_be_hurried() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Qr).work;
    let pending = json!({ "type": "pending" });
    bench.report(&order, Some(first_effect(&work)), Some(pending));
    let plan = causeway_shared::channel::channel(ChannelId::Alipay)
        .declaration()
        .query_after_s;
    let call_ = TillCall::Read {
        order: order.clone(),
    };
    let (_, timer) = bench.call_with_timer(call_);
    assert_eq!(
        timer,
        Some(UnixTime::from_seconds(START + i64::from(plan[0])))
    );
    let hurried = bench.call(TillCall::Hurry {
        order: order.clone(),
    });
    assert!(matches!(effects(&hurried.work)[..], [Effect::Query { .. }]));
    bench.pass(i64::from(plan[0]));
    assert!(
        effects(&bench.alarm().work).is_empty(),
        "leased by the hurry"
    );
}

#[test]
fn a_notice_counts_once() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    bench.start(&order, Flow::RedirectDesktop);
    let notice = |id: &str, status: Json| {
        bench.call(TillCall::Report(Box::new(Report {
            order: order.clone(),
            effect: None,
            events: vec![reported(1, &status)],
            notice: Some(NoticeKey {
                account: account(),
                id: id.to_owned(),
            }),
            messages: Vec::new(),
        })))
    };
    let first = notice("n1", paid(&order));
    assert!(matches!(first.answer, TillAnswer::Done));
    let states = || bench.stored("SELECT state FROM orders");
    assert_eq!(states(), ["paid"]);
    let repeated = notice("n1", json!({ "type": "closed" }));
    assert!(matches!(repeated.answer, TillAnswer::Done));
    assert_eq!(states(), ["paid"]);
    // Another notice that contradicts the proof is rejected by name, and changes nothing.
    let other = notice("n2", json!({ "type": "closed" }));
    assert!(matches!(other.answer, TillAnswer::Rejected { .. }));
}

#[test]
fn a_channels_number_is_found_at_its_account_alone() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "pending" })),
    );
    let locate = |account: AccountId| {
        let channel_number = "ch_1".to_owned();
        bench
            .call(TillCall::Locate {
                account,
                channel_number,
            })
            .answer
    };
    let TillAnswer::Located {
        order: found,
        number: 1,
    } = locate(account())
    else {
        panic!()
    };
    assert_eq!(found, order);
    let other = AccountId::make(&store(), [8; 8]);
    assert!(matches!(locate(other), TillAnswer::NotFound));
}

#[test]
fn an_alarm_speaks_to_each_party_apart() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let other = bench.create(2).order.id().clone();
    bench.start(&other, Flow::Qr);
    bench.pass(41);
    let replies = bench.alarms();
    assert!(replies.iter().all(|r| r.store == Some(store())));
    let groups: Vec<usize> = replies.iter().map(|r| r.work.len()).collect();
    assert_eq!(groups, [1, 1, 1], "a channel and two endpoints");
}

/// Six answers can be waited for at a time; what waits for its turn would seem to get none.
#[test]
fn an_alarm_hands_out_six_calls_to_a_party_at_a_time() {
    let mut bench = Bench::new();
    for n in 1..=70 {
        let order = bench.create(n).order.id().clone();
        bench.start(&order, Flow::Qr);
    }
    bench.pass(41);
    let sizes =
        |replies: &[TillReply]| -> Vec<usize> { replies.iter().map(|r| r.work.len()).collect() };
    let replies = bench.alarms();
    assert_eq!(sizes(&replies), [&[6; 10][..], &[4]].concat());
    assert_eq!(sizes(&bench.alarms()), [6], "the rest at once");
}

/// A payment that comes late leaves everything that was started since to be closed.
#[test]
fn a_call_hands_out_six_effects_of_an_order_and_the_alarm_the_rest() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    for n in 1..=9 {
        bench.act(&order, Event::StartAttempt(attempt(n, Flow::Qr)), None);
    }
    bench.pass(41);
    let late = bench.report(&order, None, Some(paid(&order)));
    assert_eq!(effects(&late.work).len(), 6);
    let rest = bench.alarm().work;
    assert_eq!(effects(&rest).len(), 2);
    let all = [effects(&late.work), effects(&rest)].concat();
    let is_close = |effect: &&Effect| matches!(effect, Effect::Close { .. });
    assert!(all.iter().all(is_close), "{all:?}");
    assert!(
        all.iter()
            .all(|e| all.iter().filter(|o| o == &e).count() == 1)
    );
}

/// What was just tried and changed something else is not due again in the same call.
#[test]
fn an_effect_that_is_still_owed_after_its_report_waits() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let create = first_effect(&bench.start(&order, Flow::Card).work);
    let pending = json!({ "type": "pending" });
    let reply = bench.report(&order, Some(create.clone()), Some(pending));
    let owed = effects(&reply.work);
    assert!(!owed.contains(&&create), "{owed:?}");
    bench.pass(2);
    assert!(effects(&bench.alarm().work).is_empty());
}

#[test]
fn more_parties_than_calls_share_them() {
    let orders: Vec<Work> = (1..=64)
        .map(|n| {
            Work::Deliver(DeliverWork {
                event: EventId::make([n; 16]),
                order: order_id(n),
                endpoint: EndpointId::make([n; 16]),
                body: String::new(),
            })
        })
        .collect();
    let groups = super::super::by_party(orders);
    assert_eq!(groups.len(), super::super::MAX_GROUPS);
    assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 64);
    assert!(groups.iter().all(|g| g.len() <= 3));
}
