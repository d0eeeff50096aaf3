//! What is told again, and what is forgotten.

use super::super::call::Replay;
use super::super::sweep::{EVENT_LIFE_MS, NOTICE_LIFE_MS};
use super::*;

const DAY_S: i64 = 24 * 3600;

/// Makes orders and cancels them: one event each, which the first endpoint wants.
fn tell(bench: &Bench, numbers: std::ops::RangeInclusive<u8>) {
    for n in numbers {
        let order = bench.create(n).order.id().clone();
        let reason = CancelReason::Merchant;
        bench.act(&order, Event::Cancel { reason }, None);
    }
}

/// The endpoint answers all that is on its way.
fn answer(bench: &Bench, status: Option<u16>) {
    for event in bench.events() {
        for delivery in event.deliveries.iter().filter(|d| d.state == "pending") {
            bench.call(TillCall::Delivered(Delivered {
                event: event.id.clone(),
                endpoint: delivery.endpoint.clone(),
                status,
                gone: status == Some(410),
                response: None,
            }));
        }
    }
}

fn replay(bench: &Bench) -> Replay {
    Replay {
        endpoint: endpoint(1, &[]).id,
        mode: Mode::Test,
        kinds: Vec::new(),
        from: UnixTime::from_seconds(START),
        to: bench.now.plus_seconds(1),
        delivered_too: false,
        after: None,
        start_at: bench.now,
        pause_ms: 500,
    }
}

fn queued(bench: &Bench, replay: Replay) -> u32 {
    match bench.call(TillCall::Replay(replay)).answer {
        TillAnswer::Replayed { queued, .. } => queued,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_missed_is_sent_again_a_handful_at_a_time_oldest_first() {
    let mut bench = Bench::new();
    tell(&bench, 1..=12);
    answer(&bench, Some(410));
    bench.pass(DAY_S);
    assert!(bench.alarm().work.is_empty());
    assert_eq!(queued(&bench, replay(&bench)), 12);
    assert_eq!(queued(&bench, replay(&bench)), 0, "they are on their way");
    let told: Vec<EventId> = bench.events().into_iter().rev().map(|e| e.id).collect();
    let mut sent = Vec::new();
    for count in [5, 5, 2] {
        let (_, timer) = bench.call_with_timer(TillCall::Read { order: order_id(1) });
        bench.now = timer.unwrap();
        let handful = deliveries(&bench.alarm().work);
        assert_eq!(handful.len(), count);
        sent.extend(handful.into_iter().map(|(event, _)| event));
    }
    assert_eq!(bench.now.millis(), (START + DAY_S) * 1000 + 1000);
    let mut wanted = told.clone();
    let sorted = |mut ids: Vec<EventId>| {
        ids.sort();
        ids
    };
    // Events of one millisecond have no order.
    wanted = sorted(wanted);
    assert_eq!(sorted(sent), wanted);
}

#[test]
fn what_is_missed_is_what_was_given_up_waits_or_was_never_tried() {
    let mut bench = Bench::new();
    tell(&bench, 1..=2);
    answer(&bench, Some(204));
    bench.pass(10);
    tell(&bench, 3..=3);
    answer(&bench, Some(410));
    // Switched off: nothing is recorded for it.
    let endpoints = std::mem::take(&mut bench.endpoints);
    tell(&bench, 4..=4);
    bench.endpoints = endpoints;
    tell(&bench, 5..=5);
    for wait_s in [5, 60, 300] {
        answer(&bench, None);
        bench.pass(wait_s);
        bench.alarm();
    }
    answer(&bench, None);
    let waiting = bench.events()[0].deliveries[0].next_at.unwrap();
    assert!(waiting > bench.now.plus_seconds(60));
    assert_eq!(queued(&bench, replay(&bench)), 3);
    assert_eq!(bench.events()[0].deliveries[0].next_at, Some(bench.now));
    let all = Replay {
        delivered_too: true,
        ..replay(&bench)
    };
    let narrow = Replay {
        from: UnixTime::from_seconds(START + 5),
        ..all.clone()
    };
    assert_eq!(queued(&bench, narrow), 0, "those are queued");
    let other_kind = Replay {
        kinds: vec!["order.paid".to_owned()],
        ..all.clone()
    };
    assert_eq!(queued(&bench, other_kind), 0);
    let other_mode = Replay {
        mode: Mode::Live,
        ..all.clone()
    };
    assert_eq!(queued(&bench, other_mode), 0);
    assert_eq!(queued(&bench, all), 2, "the delivered ones");
}

#[test]
fn one_endpoint_gets_a_handful_from_an_alarm_and_a_request_sends_few() {
    let mut bench = Bench::new();
    bench.endpoints = (1..=6).map(|n| endpoint(n, &[])).collect();
    let order = bench.create(1).order.id().clone();
    let reason = CancelReason::Merchant;
    let reply = bench.act(&order, Event::Cancel { reason }, None);
    assert_eq!(deliveries(&reply.work).len(), 4);
    assert_eq!(deliveries(&bench.alarm().work).len(), 2);
    bench.endpoints = vec![endpoint(1, &[])];
    tell(&bench, 2..=9);
    bench.pass(41);
    let first = deliveries(&bench.alarm().work);
    let of_one = |work: &[(EventId, EndpointId)]| {
        let it = endpoint(1, &[]).id;
        work.iter().filter(|(_, to)| *to == it).count()
    };
    assert_eq!(of_one(&first), 5);
    assert_eq!(of_one(&deliveries(&bench.alarm().work)), 4);
    assert!(bench.alarm().work.is_empty());
}

#[test]
fn what_was_missed_is_read_from_one_range_of_an_index() {
    let bench = Bench::new();
    bench.create(1);
    let plan = format!("EXPLAIN QUERY PLAN {}", super::super::replay::MISSED);
    let rows = bench.sql.run_made(&plan, &vec![Value::Null; 10]).unwrap();
    let plan: Vec<&str> = rows.iter().map(|r| r.text(3).unwrap()).collect();
    assert!(
        plan[0].starts_with("SEARCH e USING INDEX events_by_time (mode=? AND"),
        "{plan:?}"
    );
    assert!(
        !plan
            .iter()
            .any(|step| step.contains("SCAN e") || step.contains("B-TREE")),
        "{plan:?}"
    );
}

fn counts(bench: &Bench) -> Vec<i64> {
    ["events", "deliveries", "notices", "idempotency"]
        .iter()
        .map(|table| {
            let rows = bench
                .sql
                .run_made(&format!("SELECT count(*) FROM {table}"), &[]);
            rows.unwrap()[0].integer(0).unwrap()
        })
        .collect()
}

#[test]
fn events_notices_and_keys_are_forgotten_in_their_time_by_the_alarm_itself() {
    let mut bench = Bench::new();
    tell(&bench, 1..=3);
    answer(&bench, Some(204));
    let key = Idempotency {
        key: "k".to_owned(),
        body: "b".to_owned(),
    };
    bench.call(TillCall::Create(Box::new(draft(4, Some(key)))));
    let report = Report {
        order: order_id(4),
        effect: None,
        events: Vec::new(),
        notice: Some(NoticeKey {
            account: account(),
            id: "n".to_owned(),
        }),
        messages: Vec::new(),
    };
    bench.call(TillCall::Report(Box::new(report)));
    assert_eq!(counts(&bench), [3, 3, 1, 1]);
    // Nobody calls any more: the alarm alone goes from one timer to the next.
    let mut seen = vec![counts(&bench)];
    let mut times = Vec::new();
    let mut timer = due(&bench.sql, bench.now).unwrap().next_timer;
    while let Some(at) = timer {
        assert!(at > bench.now);
        bench.now = at;
        let after = due(&bench.sql, bench.now).unwrap();
        for reply in &after.replies {
            let reply: TillReply = serde_json::from_str(reply).unwrap();
            if reply.work.iter().any(|w| matches!(w, Work::Expire { .. })) {
                bench.act(&order_id(4), Event::Expire, None);
                answer(&bench, Some(204));
            }
        }
        timer = due(&bench.sql, bench.now).unwrap().next_timer;
        if seen.last() != Some(&counts(&bench)) {
            seen.push(counts(&bench));
            times.push((bench.now.seconds() - START) / DAY_S);
        }
    }
    assert_eq!(seen.last(), Some(&vec![0, 0, 0, 0]));
    assert!(seen.contains(&vec![4, 4, 1, 0]), "{seen:?}");
    assert_eq!(
        times.iter().filter(|day| **day == 7).count(),
        1,
        "{times:?}"
    );
    assert_eq!(times.last(), Some(&(EVENT_LIFE_MS / 1000 / DAY_S)));
    assert_eq!(bench.stored("SELECT id FROM orders").len(), 4);
}

#[test]
fn nothing_is_forgotten_early_or_while_it_is_owed() {
    let mut bench = Bench::new();
    tell(&bench, 1..=2);
    let first = bench.events()[0].id.clone();
    bench.call(TillCall::Delivered(Delivered {
        event: first,
        endpoint: endpoint(1, &[]).id,
        status: Some(204),
        gone: false,
        response: None,
    }));
    bench.now = UnixTime::from_millis(START * 1000 + EVENT_LIFE_MS - 1);
    bench.alarm();
    assert_eq!(bench.events().len(), 2);
    bench.pass(7200);
    bench.alarm();
    assert_eq!(bench.events().len(), 1, "the other one was never delivered");
    answer(&bench, Some(204));
    bench.pass(7200);
    bench.alarm();
    assert!(bench.events().is_empty());
    assert!(bench.stored("SELECT event_id FROM deliveries").is_empty());
}

#[test]
fn a_sweep_takes_small_steps() {
    let mut bench = Bench::new();
    bench.create(1);
    for n in 0..450 {
        let values = [Value::from(format!("n{n}")), (START * 1000).into()];
        let query = "INSERT INTO notices VALUES ('a', ?, 'o', ?)";
        bench.sql.run(query, &values).unwrap();
    }
    bench.now = UnixTime::from_millis(START * 1000 + NOTICE_LIFE_MS);
    let mut left = Vec::new();
    for _ in 0..4 {
        bench.alarm();
        left.push(counts(&bench)[2]);
        bench.alarm();
        assert_eq!(
            left.last(),
            Some(&counts(&bench)[2]),
            "with a pause between"
        );
        bench.pass(1);
    }
    assert_eq!(left, [250, 50, 0, 0]);
}

/// A database of the layout that new tills get.
fn bench_latest() -> Sqlite {
    let bench = Bench::new();
    bench.create(1);
    bench.sql
}

#[test]
fn a_till_of_the_first_layout_is_brought_up_to_date() {
    let bench = Bench::new();
    let plain = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
    super::super::schema::ensure_first(&plain);
    let known = |sql: &Sqlite| {
        let rows = sql.run("SELECT version FROM meta", &[]).unwrap();
        rows[0].integer(0).unwrap()
    };
    assert_eq!(known(&plain), 1);
    bench.create(1);
    let old = Bench {
        sql: plain,
        ..bench
    };
    old.create(1);
    assert_eq!(known(&old.sql), known(&bench_latest()));
    old.create(3);
    assert_eq!(counts(&old), [0, 0, 0, 0]);
}
