use causeway_shared::time::UnixTime;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::object::store::audit::{AuditQuery, Record, list};
use crate::object::store::call;
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

const AT: i64 = 1_790_000_000;

fn store() -> Sqlite {
    Sqlite(Connection::open_in_memory().unwrap())
}

fn ask(sql: &Sqlite, actor: &Actor, what: &str, call_: &Json) -> Json {
    let request = json!({ what: { "actor": actor, "call": call_ } }).to_string();
    let now = UnixTime::from_seconds(AT);
    serde_json::from_str(&call(sql, now, &request).unwrap()).unwrap()
}

fn people(sql: &Sqlite, call_: &Json) -> Json {
    ask(sql, &Actor::owner(), "operators", call_)
}

fn operator(n: u32, role: &str) -> Json {
    json!({ "id": format!("opr_{n}"), "email": format!("p{n}@shop.example"), "name": "Ann",
        "role": role, "locale": null, "token": null, "created_at": UnixTime::from_seconds(AT) })
}

fn add(sql: &Sqlite, n: u32, role: &str) -> Json {
    people(sql, &json!({ "add": operator(n, role) }))
}

fn edit(sql: &Sqlite, n: u32, changes: Json) -> Json {
    let mut call = json!({ "id": format!("opr_{n}") });
    let (all, Json::Object(changes)) = (call.as_object_mut().unwrap(), changes) else {
        unreachable!("a test's own")
    };
    all.extend(changes);
    people(sql, &json!({ "edit": call }))
}

fn is_refused(answer: &Json, word: &str) -> bool {
    answer["refused"]["detail"]
        .as_str()
        .is_some_and(|d| d.contains(word))
}

fn log(sql: &Sqlite) -> Vec<Record> {
    let query = AuditQuery {
        limit: 1000,
        ..AuditQuery::default()
    };
    list(sql, &query).unwrap()
}

#[test]
fn an_operator_is_kept_as_it_was_added() {
    let sql = store();
    assert_eq!(
        add(&sql, 1, "support"),
        json!({ "operators": { "operators": [operator(1, "support")] } })
    );
    let all = people(&sql, &json!({ "list": { "id": null } }));
    assert_eq!(
        all,
        json!({ "operators": { "operators": [operator(1, "support")] } })
    );
    let none = people(&sql, &json!({ "list": { "id": "opr_2" } }));
    assert_eq!(none["operators"]["operators"], json!([]));
}

#[test]
fn an_address_has_one_operator_however_it_is_written() {
    let sql = store();
    add(&sql, 1, "viewer");
    let mut other = operator(2, "viewer");
    other["email"] = "P1@Shop.example".into();
    assert!(is_refused(
        &people(&sql, &json!({ "add": other })),
        "address"
    ));
    add(&sql, 2, "viewer");
    assert!(is_refused(
        &edit(&sql, 2, json!({ "email": "p1@shop.example" })),
        "address"
    ));
    let same = edit(&sql, 1, json!({ "email": "P1@shop.example" }));
    assert_eq!(
        same["operators"]["operators"][0]["email"],
        "P1@shop.example"
    );
}

#[test]
fn the_last_owner_stays_one() {
    let sql = store();
    add(&sql, 1, "owner");
    add(&sql, 2, "finance");
    let remove = |n: u32| people(&sql, &json!({ "remove": { "id": format!("opr_{n}") } }));
    assert!(is_refused(
        &edit(&sql, 1, json!({ "role": "viewer" })),
        "last owner"
    ));
    assert!(is_refused(&remove(1), "last owner"));
    edit(&sql, 2, json!({ "role": "owner" }));
    assert_eq!(remove(1), json!({ "operators": { "operators": [] } }));
    assert!(is_refused(&remove(2), "last owner"));
    assert_eq!(remove(1), "not_found");
}

#[test]
fn a_token_is_found_by_its_hash_until_it_is_replaced() {
    let sql = store();
    add(&sql, 1, "viewer");
    let set = |hash: &str| {
        people(
            &sql,
            &json!({ "set_token": { "id": "opr_1", "hash": hash, "hint": "wxyz" } }),
        )
    };
    let by = |hash: &str| {
        let found = people(&sql, &json!({ "by_token": { "hash": hash } }));
        found["operators"]["operators"].as_array().unwrap().len()
    };
    let remove = || people(&sql, &json!({ "remove_token": { "id": "opr_1" } }));
    assert_eq!(remove(), "not_found");
    set("one");
    assert_eq!((by("one"), by("two")), (1, 0));
    let answer = set("two");
    assert_eq!(answer["operators"]["operators"][0]["token"]["hint"], "wxyz");
    assert_eq!((by("one"), by("two")), (0, 1));
    remove();
    assert_eq!(by("two"), 0);
    assert!(
        log(&sql)
            .iter()
            .all(|r| !json!(r).to_string().contains("two"))
    );
}

#[test]
fn looking_for_a_token_of_a_store_that_nobody_set_up_stores_nothing() {
    let sql = store();
    let found = people(&sql, &json!({ "by_token": { "hash": "x" } }));
    assert_eq!(found["operators"]["operators"], json!([]));
    assert!(
        sql.run("SELECT name FROM sqlite_master", &[])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_store_has_so_many_operators() {
    let sql = store();
    for n in 0..200 {
        add(&sql, n, "viewer");
    }
    assert!(is_refused(&add(&sql, 200, "viewer"), "200"));
}

#[test]
fn every_change_has_its_row_and_no_refusal_has_one() {
    let sql = store();
    let ann = Actor::operator("opr_9", "Ann");
    ask(
        &sql,
        &ann,
        "operators",
        &json!({ "add": operator(1, "owner") }),
    );
    edit(&sql, 1, json!({ "name": "Bea" }));
    edit(&sql, 1, json!({ "role": "viewer" }));
    edit(&sql, 7, json!({ "role": "viewer" }));
    let rows = log(&sql);
    let told: Vec<_> = rows
        .iter()
        .map(|r| (r.act.as_str(), r.actor.name.as_str()))
        .collect();
    assert_eq!(
        told,
        [("operator.edit", "Owner token"), ("operator.create", "Ann")]
    );
    let edited = &rows[0];
    assert_eq!(edited.before.as_ref().unwrap()["name"], "Ann");
    assert_eq!(edited.after.as_ref().unwrap()["name"], "Bea");
    assert_eq!(
        (edited.target.as_str(), edited.id.as_str()),
        ("opr_1", "aud_0000000002")
    );
    assert_eq!(rows[1].before, None);
}

#[test]
fn a_change_of_the_settings_and_its_row_are_one() {
    let sql = store();
    let change = |change_: Json| {
        let request = json!({ "change": { "actor": Actor::key("key_1", "Server"),
            "change": change_ } });
        call(&sql, UnixTime::from_seconds(AT), &request.to_string()).unwrap()
    };
    change(json!({ "put_profile": { "name": "Tea" } }));
    change(json!({ "put_profile": { "name": "Tea & Co" } }));
    change(json!({ "remove_key": { "id": "key_2" } }));
    change(
        json!({ "add_key": { "id": "key_2", "kind": "secret", "mode": "test", "label": "",
        "hash": "0011", "hint": "abcd", "created_at": UnixTime::from_seconds(AT) } }),
    );
    let rows = log(&sql);
    let acts: Vec<_> = rows
        .iter()
        .map(|r| (r.act.as_str(), r.target.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            ("key.create", "key_2"),
            ("store.edit", "store"),
            ("store.edit", "store")
        ]
    );
    assert_eq!(rows[0].after.as_ref().unwrap()["hash"], "[secret]");
    assert_eq!(rows[1].before.as_ref().unwrap()["name"], "Tea");
    assert_eq!(rows[1].after.as_ref().unwrap()["name"], "Tea & Co");
    assert_eq!(rows[1].actor, Actor::key("key_1", "Server"));
}

#[test]
fn the_log_is_filtered_and_paged() {
    let sql = store();
    for n in 0..5 {
        add(&sql, n, "owner");
    }
    ask(
        &sql,
        &Actor::operator("opr_1", "Ann"),
        "operators",
        &json!({ "remove": { "id": "opr_0" } }),
    );
    let ids = |query: AuditQuery| -> Vec<String> {
        list(&sql, &query)
            .unwrap()
            .into_iter()
            .map(|r| r.id)
            .collect()
    };
    let some = |value: &str| Some(value.to_owned());
    let all = || AuditQuery {
        limit: 9,
        ..AuditQuery::default()
    };
    assert_eq!(
        ids(AuditQuery {
            actor: some("opr_1"),
            ..all()
        }),
        ["aud_0000000006"]
    );
    assert_eq!(
        ids(AuditQuery {
            actor: some("owner"),
            ..all()
        })
        .len(),
        5
    );
    assert_eq!(
        ids(AuditQuery {
            act: some("operator.delete"),
            ..all()
        }),
        ["aud_0000000006"]
    );
    assert_eq!(
        ids(AuditQuery {
            act: some("operator."),
            ..all()
        })
        .len(),
        6
    );
    assert_eq!(
        ids(AuditQuery {
            act: some("operator"),
            ..all()
        })
        .len(),
        0
    );
    assert_eq!(
        ids(AuditQuery {
            target: some("opr_0"),
            ..all()
        })
        .len(),
        2
    );
    let at = UnixTime::from_seconds(AT);
    assert_eq!(
        ids(AuditQuery {
            to: Some(at),
            ..all()
        })
        .len(),
        0
    );
    assert_eq!(
        ids(AuditQuery {
            from: Some(at),
            ..all()
        })
        .len(),
        6
    );
    let before = Some((at, "aud_0000000003".to_owned()));
    let page = ids(AuditQuery {
        before,
        limit: 1,
        ..AuditQuery::default()
    });
    assert_eq!(page, ["aud_0000000002"]);
    // After a row of a till come those of the store that are older.
    let before = Some((at, "01JD8Q9Z3V0000000000000000-000001".to_owned()));
    assert!(
        ids(AuditQuery {
            before: before.clone(),
            ..all()
        })
        .is_empty()
    );
    let later = before.map(|(at, id)| (at.plus_seconds(1), id));
    assert_eq!(
        ids(AuditQuery {
            before: later,
            ..all()
        })
        .len(),
        6
    );
}
