use causeway_shared::time::UnixTime;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::object::store::audit::{AuditQuery, list};
use crate::object::store::call;
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

const AT: UnixTime = UnixTime::from_seconds(1_790_000_000);

fn ask_at(sql: &Sqlite, at_s: i64, what: &str, call_: &Json) -> Json {
    let request = json!({ what: { "actor": Actor::owner(), "call": call_ } }).to_string();
    serde_json::from_str(&call(sql, AT.plus_seconds(at_s), &request).unwrap()).unwrap()
}

fn ask(sql: &Sqlite, what: &str, call_: &Json) -> Json {
    ask_at(sql, 0, what, call_)
}

/// A store with the operators `opr_1` and `opr_2`.
fn store() -> Sqlite {
    let sql = Sqlite(Connection::open_in_memory().unwrap());
    for n in 1..=2 {
        let operator = json!({ "id": format!("opr_{n}"), "email": format!("p{n}@shop.example"),
            "name": "Ann", "role": "owner", "locale": null, "token": null, "created_at": AT });
        ask(&sql, "operators", &json!({ "add": operator }));
    }
    sql
}

fn answered(challenge: &str) -> Json {
    json!({ "hash": challenge, "expires_at": AT.plus_seconds(300) })
}

fn add(sql: &Sqlite, operator: &str, credential: &str, challenge: &str) -> Json {
    let passkey = json!({ "id": format!("psk_{credential}"), "operator": operator,
        "credential": credential, "public_key": "K", "sign_count": 0, "can_be_backed_up": false,
        "label": "Phone", "created_at": AT, "used_at": null });
    let call_ = json!({ "add": { "passkey": passkey, "answered": answered(challenge) } });
    ask(sql, "passkeys", &call_)
}

fn sign_in(sql: &Sqlite, credential: &str, count: u32, challenge: &str) -> Json {
    let session =
        json!({ "id": format!("sid_{challenge}"), "hash": challenge, "agent": "Browser" });
    let call_ = json!({ "sign_in": { "credential": credential, "sign_count": count,
        "answered": answered(challenge), "session": session } });
    ask(sql, "passkeys", &call_)
}

fn of(sql: &Sqlite, operator: &str) -> Vec<Json> {
    let answer = ask(
        sql,
        "passkeys",
        &json!({ "list": { "operator": operator } }),
    );
    answer["passkeys"]["passkeys"].as_array().unwrap().clone()
}

fn is_refused(answer: &Json, word: &str) -> bool {
    answer["refused"]["detail"]
        .as_str()
        .is_some_and(|d| d.contains(word))
}

#[test]
fn a_passkey_is_kept_once_and_signs_its_operator_in() {
    let sql = store();
    add(&sql, "opr_1", "a", "c1");
    assert_eq!((of(&sql, "opr_1").len(), of(&sql, "opr_2").len()), (1, 0));
    assert!(is_refused(&add(&sql, "opr_2", "a", "c2"), "known"));
    assert_eq!(add(&sql, "opr_3", "b", "c3"), "not_found");
    let signed_in = sign_in(&sql, "a", 0, "c4");
    assert_eq!(signed_in["signed_in"]["operator"]["id"], "opr_1");
    assert_eq!(signed_in["signed_in"]["session"]["way"], "passkey");
    assert_eq!(of(&sql, "opr_1")[0]["used_at"], json!(AT));
    assert_eq!(sign_in(&sql, "b", 0, "c5"), "not_found");
}

#[test]
fn a_challenge_is_answered_once_whatever_by() {
    let sql = store();
    add(&sql, "opr_1", "a", "c1");
    assert!(is_refused(
        &add(&sql, "opr_1", "b", "c1"),
        "answered before"
    ));
    assert_eq!(sign_in(&sql, "a", 0, "c1"), "not_found");
    assert!(sign_in(&sql, "a", 0, "c2")["signed_in"].is_object());
    assert_eq!(sign_in(&sql, "a", 0, "c2"), "not_found");
}

#[test]
fn answers_are_remembered_as_long_as_they_could_be_given_again() {
    let sql = store();
    add(&sql, "opr_1", "a", "c1");
    sign_in(&sql, "a", 0, "c2");
    let kept = || sql.run("SELECT hash FROM answered", &[]).unwrap().len();
    assert_eq!(kept(), 2);
    let session = json!({ "id": "sid_x", "hash": "x", "agent": "" });
    let later = json!({ "hash": "c3", "expires_at": AT.plus_seconds(600) });
    let call_ = json!({ "sign_in": { "credential": "a", "sign_count": 0, "answered": later,
        "session": session } });
    ask_at(&sql, 300, "passkeys", &call_);
    assert_eq!(kept(), 1);
}

#[test]
fn a_passkey_that_may_have_been_copied_lets_nobody_in() {
    let sql = store();
    add(&sql, "opr_1", "a", "c0");
    let is_in = |count, challenge| sign_in(&sql, "a", count, challenge)["signed_in"].is_object();
    assert!(is_in(0, "c1") && is_in(5, "c2"));
    assert!(!is_in(5, "c3") && !is_in(4, "c4") && !is_in(0, "c5"));
    assert!(is_in(6, "c6"));
    assert_eq!(of(&sql, "opr_1")[0]["sign_count"], 6);
}

#[test]
fn passkeys_are_deleted_by_their_own_operator_and_with_it() {
    let sql = store();
    for (operator, credential) in [
        ("opr_1", "a"),
        ("opr_1", "b"),
        ("opr_1", "c"),
        ("opr_2", "d"),
    ] {
        add(&sql, operator, credential, credential);
    }
    let remove = |operator: &str, id: Option<&str>| {
        ask(
            &sql,
            "passkeys",
            &json!({ "remove": { "operator": operator, "id": id } }),
        )
    };
    assert_eq!(remove("opr_2", Some("psk_a")), "not_found");
    remove("opr_1", Some("psk_a"));
    assert_eq!(remove("opr_1", Some("psk_a")), "not_found");
    assert_eq!(sign_in(&sql, "a", 0, "x"), "not_found");
    assert_eq!(of(&sql, "opr_1").len(), 2);
    remove("opr_1", None);
    assert!(of(&sql, "opr_1").is_empty());
    ask(&sql, "operators", &json!({ "remove": { "id": "opr_2" } }));
    assert!(of(&sql, "opr_2").is_empty());
    assert_eq!(sign_in(&sql, "d", 0, "y"), "not_found");
}

#[test]
fn an_operator_has_twenty_passkeys_at_most() {
    let sql = store();
    for n in 0..20 {
        add(&sql, "opr_1", &format!("p{n}"), &format!("c{n}"));
    }
    assert!(is_refused(&add(&sql, "opr_1", "p20", "c20"), "20"));
    assert!(add(&sql, "opr_2", "p20", "c21")["passkeys"].is_object());
}

#[test]
fn making_using_and_deleting_is_in_the_log() {
    let sql = store();
    add(&sql, "opr_1", "a", "c1");
    sign_in(&sql, "a", 0, "c2");
    ask(
        &sql,
        "passkeys",
        &json!({ "remove": { "operator": "opr_1", "id": null } }),
    );
    let rows = list(
        &sql,
        &AuditQuery {
            limit: 3,
            ..AuditQuery::default()
        },
    )
    .unwrap();
    let acts: Vec<_> = rows
        .iter()
        .map(|r| (r.act.as_str(), r.target.as_str()))
        .collect();
    let wanted = [
        ("passkey.delete", "psk_a"),
        ("session.open", "sid_c2"),
        ("passkey.create", "psk_a"),
    ];
    assert_eq!(acts, wanted);
    assert_eq!(
        rows[2].after,
        Some(json!({ "operator": "opr_1", "label": "Phone" }))
    );
}

#[test]
fn asking_a_store_that_nobody_set_up_stores_nothing() {
    let sql = Sqlite(Connection::open_in_memory().unwrap());
    assert_eq!(sign_in(&sql, "a", 0, "c"), "not_found");
    assert_eq!(add(&sql, "opr_1", "a", "c"), "not_found");
    ask(&sql, "passkeys", &json!({ "find": { "credential": "a" } }));
    assert!(of(&sql, "opr_1").is_empty());
    assert!(
        sql.run("SELECT name FROM sqlite_master", &[])
            .unwrap()
            .is_empty()
    );
}
