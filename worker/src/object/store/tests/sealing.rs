//! Keys that cards are sealed to: made, followed by others, deleted.

use std::cell::OnceCell;

use causeway_shared::time::UnixTime;

use crate::actor::Actor;
use crate::object::store::model::{OVERLAP_S, SealingKeyDoc, StoreChange, StoreConfig};
use crate::object::store::{StoreAnswer, StoreCall, call};
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

struct Store(Sqlite);

impl Store {
    fn open() -> Self {
        Self(Sqlite(rusqlite::Connection::open_in_memory().unwrap()))
    }

    fn ask(&self, at: i64, what: StoreCall) -> StoreAnswer {
        let request = serde_json::to_string(&what).unwrap();
        let answer = call(&self.0, UnixTime::from_seconds(at), &request).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn change(&self, at: i64, change: StoreChange) -> StoreAnswer {
        let (actor, change) = (Actor::owner(), Box::new(change));
        self.ask(at, StoreCall::Change { actor, change })
    }

    fn add(&self, at: i64, id: &str) -> StoreAnswer {
        self.change(
            at,
            StoreChange::AddSealingKey(SealingKeyDoc {
                id: id.to_owned(),
                public: format!("public {id}"),
                sealed: format!("sealed {id}"),
                created_at: UnixTime::from_seconds(at),
                ends_at: None,
                open: OnceCell::new(),
            }),
        )
    }

    fn remove(&self, at: i64, id: &str) -> StoreAnswer {
        let id = id.to_owned();
        self.change(at, StoreChange::RemoveSealingKey { id })
    }

    fn read(&self, at: i64) -> StoreConfig {
        match self.ask(at, StoreCall::Read) {
            StoreAnswer::Config(config) => *config,
            other => panic!("{other:?}"),
        }
    }

    fn ids(&self, at: i64) -> Vec<String> {
        self.read(at).sealing.into_iter().map(|k| k.id).collect()
    }

    fn stored(&self) -> String {
        let rows = self.0.run("SELECT doc FROM config", &[]).unwrap();
        rows[0].text(0).unwrap().to_owned()
    }
}

#[test]
fn the_newest_is_in_use_and_the_one_before_ends_two_days_later() {
    let store = Store::open();
    store.add(100, "a");
    store.add(200, "b");
    let keys = store.read(200).sealing;
    let told: Vec<_> = keys
        .iter()
        .map(|k| (k.id.as_str(), k.public.as_str(), k.ends_at))
        .collect();
    let ends = UnixTime::from_seconds(200 + OVERLAP_S);
    assert_eq!(told, [("b", "public b", None), ("a", "", Some(ends))]);
    assert!(keys[1].is_valid(UnixTime::from_seconds(199 + OVERLAP_S)));
    assert!(!keys[1].is_valid(ends));
    // A later key does not put the end off.
    store.add(300, "c");
    assert_eq!(store.read(300).sealing[2].ends_at, Some(ends));
}

/// What was taken just before the end is opened within minutes; then nothing can be.
#[test]
fn a_key_that_has_ended_is_deleted_by_the_next_who_asks() {
    let store = Store::open();
    store.add(0, "a");
    store.add(0, "b");
    let end = OVERLAP_S + 600;
    assert_eq!(store.ids(end - 1), ["b", "a"]);
    let version = store.read(end - 1).version;
    assert!(store.stored().contains("sealed a"));
    assert_eq!(store.ids(end), ["b"]);
    assert!(!store.stored().contains("sealed a"));
    assert_eq!(
        store.read(end).version,
        version + 1,
        "other isolates take it"
    );
    assert_eq!(store.read(end).version, version + 1);
}

#[test]
fn only_an_older_key_can_be_deleted() {
    let store = Store::open();
    store.add(0, "a");
    store.add(0, "b");
    let StoreAnswer::Refused { detail } = store.remove(0, "b") else {
        panic!("it is in use")
    };
    assert!(detail.contains("make a new one first"), "{detail}");
    assert!(matches!(store.remove(0, "c"), StoreAnswer::NotFound));
    assert!(matches!(store.remove(0, "a"), StoreAnswer::Config(_)));
    assert_eq!(store.ids(0), ["b"]);
    assert!(!store.stored().contains("sealed a"));
}

#[test]
fn there_are_at_most_eight_and_those_that_ended_do_not_count() {
    let store = Store::open();
    for n in 0..8 {
        store.add(n, &format!("k{n}"));
    }
    assert!(matches!(store.add(8, "k8"), StoreAnswer::Refused { .. }));
    assert_eq!(store.ids(8).len(), 8);
    store.add(7 + OVERLAP_S + 600, "k8");
    assert_eq!(store.ids(8 + OVERLAP_S), ["k8", "k7"]);
}

#[test]
fn the_audit_log_has_neither_half() {
    let store = Store::open();
    store.add(0, "a");
    store.add(1, "b");
    store.remove(2, "a");
    let rows = store
        .0
        .run(
            "SELECT act, target, before, after FROM audit ORDER BY id",
            &[],
        )
        .unwrap();
    let acts: Vec<_> = rows
        .iter()
        .map(|r| (r.text(0).unwrap(), r.text(1).unwrap()))
        .collect();
    assert_eq!(
        acts,
        [
            ("sealing_key.create", "a"),
            ("sealing_key.create", "b"),
            ("sealing_key.delete", "a")
        ]
    );
    for row in &rows {
        for column in [2, 3] {
            let text = row.optional_text(column).unwrap().unwrap_or_default();
            assert!(
                !text.contains("public") && !text.contains("sealed"),
                "{text}"
            );
        }
    }
}
