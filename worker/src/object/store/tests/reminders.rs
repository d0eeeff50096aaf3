//! Reminders that a registration lapses, on a clock that is driven.

use causeway_shared::id::Mode;
use causeway_shared::time::UnixTime;
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::object::store::mail::{MailDoc, MailService};
use crate::object::store::model::StoreChange;
use crate::object::store::profile::StoreProfile;
use crate::object::store::reminders::{Reminded, Reminder};
use crate::object::store::{StoreCall, due, timed_call};
use crate::object::till::call::{TillReply, Work};
use crate::object::till::messages::SendOutcome;
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

const DAY_S: i64 = 24 * 3600;

fn day(date: &str) -> UnixTime {
    UnixTime::parse_rfc3339(&format!("{date}T00:00:00Z")).unwrap()
}

/// A store with its alarm, which rings when it is set.
struct Store {
    sql: Sqlite,
    next: Option<UnixTime>,
}

impl Store {
    fn open() -> Self {
        let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
        Self { sql, next: None }
    }

    /// One that sends messages, with these owners.
    fn sending(owners: &[&str]) -> Self {
        let mut store = Self::open();
        let mail = MailDoc {
            mode: Mode::Live,
            from: "orders@tea.example".to_owned(),
            off: Vec::new(),
            service: MailService::Cloudflare,
        };
        let (actor, change) = (Actor::owner(), Box::new(StoreChange::PutMail(mail)));
        store.ask(day("2026-01-01"), &StoreCall::Change { actor, change });
        for (n, email) in owners.iter().enumerate() {
            store.operator(&format!("opr_{n}"), email, "owner");
        }
        store
    }

    fn operator(&mut self, id: &str, email: &str, role: &str) {
        let operator = json!({ "id": id, "email": email, "name": "", "role": role,
            "locale": null, "token": null, "created_at": "2026-01-01T00:00:00Z" });
        let call = json!({ "operators": { "actor": Actor::owner(), "call": { "add": operator } } });
        let call = serde_json::from_value(call).unwrap();
        self.ask(day("2026-01-01"), &call);
    }

    fn ask(&mut self, now: UnixTime, call: &StoreCall) {
        let request = serde_json::to_string(call).unwrap();
        let (_, next) = timed_call(&self.sql, now, &request, ("tea", true)).unwrap();
        self.next = next.unwrap_or(self.next);
    }

    fn put(&mut self, now: UnixTime, registrations: Json) {
        let profile: StoreProfile =
            serde_json::from_value(json!({ "registrations": registrations })).unwrap();
        self.put_profile(now, profile);
    }

    fn put_profile(&mut self, now: UnixTime, profile: StoreProfile) {
        let (actor, profile) = (Actor::owner(), Box::new(profile));
        self.ask(now, &StoreCall::PutProfile { actor, profile });
    }

    /// The alarm rings.
    fn ring(&mut self, now: UnixTime) -> Vec<Reminder> {
        let (reply, next) = due(&self.sql, now).unwrap();
        self.next = next;
        let Some(reply) = reply else {
            return Vec::new();
        };
        let reply: TillReply = serde_json::from_str(&reply).unwrap();
        assert_eq!(reply.store.unwrap().as_str(), "tea");
        let work = reply.work.into_iter().map(|work| match work {
            Work::Remind(reminder) => reminder,
            other => panic!("{other:?}"),
        });
        work.collect()
    }

    fn sent(&mut self, now: UnixTime, it: Reminder, outcome: SendOutcome) {
        let (name, recipient) = (it.name, it.recipient);
        self.ask(
            now,
            &StoreCall::Reminded(Reminded {
                name,
                recipient,
                outcome,
            }),
        );
    }

    /// Lets the time pass until then; every reminder is sent as soon as it is due. Answers day,
    /// number, days left and recipient of each.
    fn live(&mut self, until: UnixTime) -> Vec<(String, String, i64, String)> {
        let mut told = Vec::new();
        while let Some(at) = self.next.filter(|at| *at <= until) {
            for it in self.ring(at) {
                let date = at.to_string().get(..10).unwrap().to_owned();
                told.push((date, it.registration.number.clone(), it.days, it.to.clone()));
                self.sent(at, it, SendOutcome::Taken);
            }
        }
        told
    }
}

fn tax(number: &str, last: &str) -> Json {
    json!({ "kind": "tax", "number": number, "country": "DE", "expires_on": last })
}

fn row(date: &str, number: &str, days: i64, to: &str) -> (String, String, i64, String) {
    (date.to_owned(), number.to_owned(), days, to.to_owned())
}

#[test]
fn owners_are_reminded_thirty_and_seven_days_before_and_on_the_day() {
    let mut store = Store::sending(&["ann@tea.example", "bo@tea.example"]);
    store.operator("opr_9", "viewer@tea.example", "viewer");
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    assert_eq!(store.next, Some(day("2026-03-01")));
    let told = store.live(day("2027-01-01"));
    let wanted: Vec<_> = [("2026-03-01", 30), ("2026-03-24", 7), ("2026-03-31", 0)]
        .iter()
        .flat_map(|(date, days)| {
            ["ann@tea.example", "bo@tea.example"].map(|to| row(date, "1", *days, to))
        })
        .collect();
    assert_eq!(told, wanted);
    assert_eq!(store.next, None);
}

#[test]
fn what_is_past_when_it_is_set_is_not_caught_up_on() {
    let mut store = Store::sending(&["ann@tea.example"]);
    let known = json!([
        tax("old", "2025-12-01"),
        tax("soon", "2026-01-16"),
        tax("today", "2026-01-01"),
        tax("never", "2026-01-16")
    ]);
    store.put(day("2026-01-01"), known);
    let mut kept = json!([tax("old", "2025-12-01"), tax("soon", "2026-01-16")]);
    kept[0].as_object_mut().unwrap().remove("expires_on");
    store.put(day("2026-01-02"), kept);
    let told = store.live(day("2027-01-01"));
    assert_eq!(
        told,
        [
            row("2026-01-09", "soon", 7, "ann@tea.example"),
            row("2026-01-16", "soon", 0, "ann@tea.example")
        ]
    );
}

#[test]
fn a_profile_that_is_set_again_reminds_of_nothing_twice_and_a_new_date_anew() {
    let mut store = Store::sending(&["ann@tea.example"]);
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    assert_eq!(store.live(day("2026-03-02")).len(), 1);
    for hour in 0..3 {
        let now = day("2026-03-02").plus_seconds(hour * 3600);
        store.put(now, json!([tax("1", "2026-03-31")]));
    }
    assert_eq!(store.next, Some(day("2026-03-24")));
    store.put(day("2026-03-03"), json!([tax("1", "2026-06-30")]));
    let told = store.live(day("2026-06-01"));
    assert_eq!(told, [row("2026-05-31", "1", 30, "ann@tea.example")]);
    store.put(day("2026-06-02"), json!([]));
    assert_eq!(store.next, None);
}

#[test]
fn a_reminder_is_leased_and_tried_again_under_the_same_id() {
    let mut store = Store::sending(&["ann@tea.example"]);
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    let at = day("2026-03-01");
    let [first] = <[Reminder; 1]>::try_from(store.ring(at)).unwrap();
    assert!(store.ring(at).is_empty(), "it is leased");
    // Nothing was heard of it.
    let later = store.next.unwrap();
    assert_eq!(later, at.plus_seconds(40));
    let [second] = <[Reminder; 1]>::try_from(store.ring(later)).unwrap();
    let tea = causeway_shared::id::StoreId::parse("tea").unwrap();
    assert_eq!(first.id(&tea), second.id(&tea));
    store.sent(later, second, SendOutcome::Again);
    let third = store.next.unwrap();
    assert!(third > later && third < at.plus_seconds(3600), "{third}");
    let [again] = <[Reminder; 1]>::try_from(store.ring(third)).unwrap();
    store.sent(third, again, SendOutcome::Never);
    assert_eq!(store.next, Some(day("2026-03-24")), "it is given up");
    // An answer that was lost and comes late changes nothing.
    store.sent(third, first, SendOutcome::Again);
    assert_eq!(store.next, Some(day("2026-03-24")));
}

#[test]
fn without_a_sender_nothing_is_handed_out_then_or_later() {
    let mut store = Store::open();
    store.operator("opr_1", "ann@tea.example", "owner");
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    assert!(store.ring(day("2026-03-01")).is_empty());
    assert_eq!(store.next, Some(day("2026-03-24")));
}

#[test]
fn an_alarm_that_comes_late_says_it_once_and_to_the_day() {
    let mut store = Store::sending(&["ann@tea.example"]);
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    let told = store.ring(day("2026-03-28"));
    let told: Vec<_> = told.iter().map(|it| it.days).collect();
    assert_eq!(told, [3]);
}

#[test]
fn who_is_no_owner_any_more_is_not_told_and_without_owners_the_stores_address_is() {
    let mut store = Store::sending(&["ann@tea.example"]);
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    let [first] = <[Reminder; 1]>::try_from(store.ring(day("2026-03-01"))).unwrap();
    store.sent(day("2026-03-01"), first, SendOutcome::Again);
    store
        .sql
        .run("UPDATE operators SET role = 'viewer'", &[])
        .unwrap();
    assert!(store.ring(day("2026-03-02")).is_empty());
    let profile = json!({ "registrations": [tax("1", "2026-03-31")],
        "contact": { "email": "help@tea.example" } });
    store.put_profile(day("2026-03-02"), serde_json::from_value(profile).unwrap());
    let told = store.live(day("2026-03-30"));
    assert_eq!(told, [row("2026-03-24", "1", 7, "help@tea.example")]);
}

/// A profile that was set before there were reminders, or whose alarm the runtime has lost.
#[test]
fn the_first_call_after_a_start_plans_what_is_missing() {
    let mut store = Store::sending(&["ann@tea.example"]);
    store.put(day("2026-01-01"), json!([tax("1", "2026-03-31")]));
    store.sql.run("DROP TABLE reminders", &[]).unwrap();
    let read = serde_json::to_string(&StoreCall::Read).unwrap();
    let now = day("2026-03-05");
    let ask = |is_armed| {
        timed_call(&store.sql, now, &read, ("tea", is_armed))
            .unwrap()
            .1
    };
    assert_eq!(ask(true), None, "an alarm that is set is left alone");
    assert_eq!(ask(false), Some(Some(day("2026-03-24"))));
    assert!(ask(false).is_some());
    let many = DAY_S; // Of a store that nobody set up nothing is stored.
    let empty = Store::open();
    let asked = timed_call(&empty.sql, now.plus_seconds(many), &read, ("tea", false)).unwrap();
    assert_eq!(asked.1, Some(None));
    let tables = empty.sql.run("SELECT name FROM sqlite_master", &[]);
    assert!(tables.unwrap().is_empty());
}

#[test]
fn the_alarm_deletes_keys_that_have_ended_too() {
    let mut store = Store::open();
    let change = |id: &str| {
        let key = json!({ "id": id, "public": "p", "sealed": "s",
            "created_at": "2026-01-01T00:00:00Z" });
        let change = json!({ "change": { "actor": Actor::owner(),
            "change": { "add_sealing_key": key } } });
        serde_json::from_value::<StoreCall>(change).unwrap()
    };
    let now = day("2026-01-01");
    store.ask(now, &change("a"));
    assert_eq!(store.next, None);
    store.ask(now, &change("b"));
    let end = now.plus_seconds(2 * DAY_S + 600);
    assert_eq!(store.next, Some(end));
    assert!(store.ring(end).is_empty());
    assert_eq!(store.next, None);
    let doc = store.sql.run("SELECT doc FROM config", &[]).unwrap();
    assert!(!doc[0].text(0).unwrap().contains("\"a\""));
}
