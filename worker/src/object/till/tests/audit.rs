//! Acts on orders, as the audit log lists them.

use causeway_shared::actor::Actor;

use super::super::audit::{ACTS, ActQuery};
use super::super::desk::DeskAct;
use super::acts::mei;
use super::*;
use crate::object::store::audit::{AuditQuery, Record};

const AT: UnixTime = UnixTime::from_seconds(START);

impl Bench {
    fn acts(&self, query: AuditQuery) -> Vec<Record> {
        let mode = Mode::Test;
        match self.call(TillCall::Acts(ActQuery { mode, query })).answer {
            TillAnswer::Acts { records } => records,
            other => panic!("{other:?}"),
        }
    }

    fn note(&self, by: Actor, order: &OrderId, text: &str) {
        let (order, text) = (order.clone(), text.to_owned());
        self.desk(by, DeskAct::Note { order, text });
    }
}

fn all() -> AuditQuery {
    AuditQuery {
        limit: 100,
        ..AuditQuery::default()
    }
}

/// Two orders with three notes, two of one operator's and one of a key's.
fn noted() -> (Bench, OrderId, OrderId) {
    let bench = Bench::new();
    let (one, two) = (bench.sold(1), bench.sold(2));
    bench.note(mei(), &one, "first");
    bench.note(Actor::key("key_1", "Server"), &two, "second");
    bench.note(mei(), &two, "third");
    (bench, one, two)
}

#[test]
fn acts_are_listed_with_who_and_what() {
    let (bench, one, _) = noted();
    let records = bench.acts(all());
    assert_eq!(records.len(), 3);
    let first = records.iter().find(|r| r.target == one.as_str()).unwrap();
    assert_eq!((first.actor.clone(), first.at), (mei(), AT));
    assert_eq!(first.act, "act.note");
    assert_eq!(first.before, Some(json!({ "notes": 0 })));
    assert_eq!(first.after, Some(json!({ "notes": 1 })));
    assert_eq!(first.data, Some(json!({ "text": "first" })));
    assert!(first.id.starts_with(one.as_str()) && first.id.as_str() > one.as_str());
}

#[test]
fn acts_are_filtered() {
    let (bench, one, two) = noted();
    let count = |query| bench.acts(query).len();
    let some = |text: &str| Some(text.to_owned());
    let with_actor = |actor: &str| AuditQuery {
        actor: some(actor),
        ..all()
    };
    assert_eq!(
        (count(with_actor("opr_1")), count(with_actor("operator"))),
        (2, 2)
    );
    assert_eq!(
        (count(with_actor("key_1")), count(with_actor("owner"))),
        (1, 0)
    );
    let on = |order: &OrderId| AuditQuery {
        target: some(order.as_str()),
        ..all()
    };
    assert_eq!((count(on(&one)), count(on(&two))), (1, 2));
    let called = |act: &str| AuditQuery {
        act: some(act),
        ..all()
    };
    assert_eq!((count(called("act.note")), count(called("act."))), (3, 3));
    assert_eq!((count(called("act")), count(called("account."))), (0, 0));
    assert_eq!(
        count(AuditQuery {
            from: Some(AT.plus_seconds(1)),
            ..all()
        }),
        0
    );
    assert_eq!(
        count(AuditQuery {
            to: Some(AT),
            ..all()
        }),
        0
    );
    let live = ActQuery {
        mode: Mode::Live,
        query: all(),
    };
    let answer = bench.call(TillCall::Acts(live)).answer;
    assert!(matches!(answer, TillAnswer::Acts { records } if records.is_empty()));
}

#[test]
fn pages_follow_each_other_within_one_millisecond() {
    let (bench, ..) = noted();
    let whole = bench.acts(all());
    let mut before = None;
    let mut paged = Vec::new();
    loop {
        let page = bench.acts(AuditQuery {
            before,
            limit: 1,
            ..AuditQuery::default()
        });
        let Some(last) = page.last() else { break };
        before = Some((last.at, last.id.clone()));
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    // Rows of the store's own come before those of its tills at the same time.
    let after_the_store = Some((AT, "aud_0000000001".to_owned()));
    assert_eq!(
        bench.acts(AuditQuery {
            before: after_the_store,
            ..all()
        }),
        whole
    );
}

#[test]
fn one_range_of_an_index_is_read() {
    let bench = Bench::new();
    bench.create(1);
    let values = vec![Value::Null; 9];
    let rows = bench
        .sql
        .run_made(&format!("EXPLAIN QUERY PLAN {ACTS}"), &values);
    let plan: Vec<String> = rows
        .unwrap()
        .iter()
        .map(|r| r.text(3).unwrap().to_owned())
        .collect();
    assert!(
        plan.iter()
            .any(|p| p.contains("history_acts (at>? AND at<?)")),
        "{plan:?}"
    );
    assert!(plan.iter().all(|p| !p.starts_with("SCAN")), "{plan:?}");
}
