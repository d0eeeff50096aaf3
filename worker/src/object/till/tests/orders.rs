//! Orders, keys, lists, and what makes an order end.

use super::*;

#[test]
fn a_key_makes_one_order_and_refuses_another_body() {
    let mut bench = Bench::new();
    let key = |body: &str| {
        Some(Idempotency {
            key: "k".to_owned(),
            body: body.to_owned(),
        })
    };
    let create = |bench: &Bench, n, body: &str| {
        bench
            .call(TillCall::Create(Box::new(draft(n, key(body)))))
            .answer
    };
    let TillAnswer::Order {
        record,
        changed: true,
    } = create(&bench, 1, "a")
    else {
        panic!()
    };
    let TillAnswer::Order {
        record: again,
        changed: false,
    } = create(&bench, 2, "a")
    else {
        panic!()
    };
    assert_eq!(record.order.id(), again.order.id());
    assert!(matches!(create(&bench, 3, "b"), TillAnswer::KeyConflict));
    assert_eq!(bench.stored("SELECT id FROM orders").len(), 1);
    // After seven days the key is free again.
    bench.pass(7 * 24 * 3600 + 1);
    bench.alarm();
    assert!(bench.stored("SELECT key FROM idempotency").is_empty());
}

/// While the number of tills is raised, one isolate may know the new number and another the old.
#[test]
fn a_key_that_has_left_a_till_makes_no_order_there() {
    let bench = Bench::new();
    let key = |key: &str| Idempotency {
        key: key.to_owned(),
        body: "a".to_owned(),
    };
    let create = |n, name| {
        let call_ = TillCall::Create(Box::new(draft(n, Some(key(name)))));
        bench.call(call_).answer
    };
    let moved = |name| bench.call(TillCall::MoveKey(key(name))).answer;
    create(1, "made before");
    assert!(matches!(moved("made before"), TillAnswer::Order { .. }));
    assert!(matches!(moved("new"), TillAnswer::KeyMoved));
    assert!(matches!(moved("new"), TillAnswer::KeyMoved));
    assert!(matches!(create(2, "new"), TillAnswer::KeyMoved));
    let found = bench.call(TillCall::FindKey(key("new"))).answer;
    assert!(matches!(found, TillAnswer::KeyMoved));
    assert_eq!(bench.stored("SELECT id FROM orders").len(), 1);
}

#[test]
fn an_order_expires_by_the_alarm() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let (_, timer) = bench.call_with_timer(TillCall::Read {
        order: order.clone(),
    });
    assert_eq!(timer, Some(UnixTime::from_seconds(START + 3600)));
    bench.pass(3600);
    let work = bench.alarm().work;
    let [Work::Expire { order: due }] = &work[..] else {
        panic!("{work:?}")
    };
    assert_eq!(due, &order);
    bench.act(&order, Event::Expire, None);
    assert_eq!(bench.stored("SELECT state FROM orders"), ["expired"]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
    assert_eq!(bench.events()[0].kind, "order.expired");
}

#[test]
fn cancelling_leaves_nothing_owed() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    bench.act(
        &order,
        Event::Cancel {
            reason: CancelReason::Merchant,
        },
        None,
    );
    assert_eq!(bench.stored("SELECT state FROM orders"), ["cancelled"]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
}

#[test]
fn lists_are_newest_first_with_filters_and_cursor() {
    let bench = Bench::new();
    let ids: Vec<OrderId> = (1..=5)
        .map(|n| bench.create(n).order.id().clone())
        .collect();
    bench.act(
        &ids[1],
        Event::Cancel {
            reason: CancelReason::Merchant,
        },
        None,
    );
    let list = |state: Option<&str>, before: Option<&OrderId>, limit: u32, mode: Mode| {
        let query = OrderQuery {
            mode,
            state: state.map(str::to_owned),
            from: None,
            to: None,
            before: before.cloned(),
            limit,
        };
        match bench.call(TillCall::List(query)).answer {
            TillAnswer::Orders { orders } => orders
                .iter()
                .map(|r| r.order.id().clone())
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        list(None, None, 2, Mode::Test),
        [ids[4].clone(), ids[3].clone()]
    );
    assert_eq!(
        list(None, Some(&ids[3]), 2, Mode::Test),
        [ids[2].clone(), ids[1].clone()]
    );
    assert_eq!(
        list(Some("cancelled"), None, 9, Mode::Test),
        [ids[1].clone()]
    );
    assert!(list(None, None, 9, Mode::Live).is_empty());
}

#[test]
fn lists_read_one_range_of_an_index() {
    let bench = Bench::new();
    bench.create(1);
    for (query, values, index) in [
        (
            super::super::list::IN_TIME,
            4,
            "orders_by_time (mode=? AND id>? AND id<?)",
        ),
        (
            super::super::list::IN_STATE,
            5,
            "orders_by_state (mode=? AND state=? AND id>? AND id<?)",
        ),
        (
            super::super::days::MADE,
            3,
            "COVERING INDEX orders_by_time (mode=? AND id>? AND id<?)",
        ),
        (
            super::super::days::PAID,
            3,
            "COVERING INDEX orders_by_state (mode=? AND state=? AND id>? AND id<?)",
        ),
        (
            super::super::list::OF_EMAIL,
            3,
            "orders_by_email (mode=? AND <expr>=?)",
        ),
        (
            super::super::outbox::IN_TIME,
            5,
            "events_by_time (mode=? AND (created_at,id)<(?,?))",
        ),
        (
            super::super::outbox::OF_ORDER,
            6,
            "events_by_order (order_id=? AND (created_at,id)<(?,?))",
        ),
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {query}");
        let rows = bench
            .sql
            .run_made(&plan, &vec![Value::Null; values])
            .unwrap();
        let plan: Vec<&str> = rows.iter().map(|r| r.text(3).unwrap()).collect();
        assert!(plan[0].ends_with(index), "{plan:?}");
    }
}

#[test]
fn a_till_of_a_newer_layout_is_refused() {
    let bench = Bench::new();
    bench.create(1);
    bench.sql.run("UPDATE meta SET version = 99", &[]).unwrap();
    let request = TillRequest {
        store: store(),
        endpoints: Vec::new(),
        mailings: Vec::new(),
        call: TillCall::Read { order: order_id(1) },
    };
    let request = serde_json::to_string(&request).unwrap();
    let error = call(&bench.sql, bench.now, &request, false).unwrap_err();
    assert!(error.to_string().contains("layout 99"), "{error}");
}

#[test]
fn an_unknown_order_is_not_found() {
    let bench = Bench::new();
    let reply = bench.act(&order_id(9), Event::Expire, None);
    assert!(matches!(reply.answer, TillAnswer::NotFound));
}

#[test]
fn an_order_that_cannot_be_read_does_not_silence_the_alarm() {
    let mut bench = Bench::new();
    let broken = bench.create(1).order.id().clone();
    let good = bench.create(2).order.id().clone();
    bench.start(&broken, Flow::Card);
    bench.start(&good, Flow::Card);
    let values = ["not json".into(), broken.as_str().into()];
    bench
        .sql
        .run("UPDATE orders SET money = ? WHERE id = ?", &values)
        .unwrap();
    bench.pass(41);
    let after = due(&bench.sql, bench.now).unwrap();
    assert_eq!(after.unreadable, [broken.as_str()]);
    let replies = after.replies.iter();
    let work = replies.flat_map(|r| serde_json::from_str::<TillReply>(r).unwrap().work);
    assert_eq!(
        effects(&work.collect::<Vec<_>>()).len(),
        1,
        "the good order's work"
    );
}

#[test]
fn days_count_what_was_made_and_what_was_paid() {
    use super::super::days::{Day, DayQuery};
    let bench = Bench::new();
    bench.create(1);
    let query = |from: UnixTime, days| {
        TillCall::Days(DayQuery {
            mode: Mode::Test,
            from,
            days,
        })
    };
    let counted = |call| match bench.call(call).answer {
        TillAnswer::Days { days } => days,
        other => panic!("{other:?}"),
    };
    let start = UnixTime::from_seconds(bench.now.seconds().div_euclid(86_400) * 86_400);
    let one = Day { made: 1, paid: 0 };
    assert_eq!(counted(query(start, 1)), [one]);
    let yesterday = start.plus_seconds(-86_400);
    assert_eq!(counted(query(yesterday, 2)), [Day::default(), one]);
    assert_eq!(
        counted(query(start.plus_seconds(86_400), 1)),
        [Day::default()]
    );
}
