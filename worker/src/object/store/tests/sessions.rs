use causeway_shared::time::UnixTime;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::object::store::audit::{AuditQuery, list};
use crate::object::store::call;
use crate::object::store::sessions::{IDLE_S, LIFE_S, LINK_LIFE_S, OVERLAP_S, ROTATE_S};
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;

const AT: i64 = 1_790_000_000;

/// A store with the operators `opr_1` (p1@shop.example) and `opr_2`.
fn store() -> Sqlite {
    let sql = empty();
    for n in 1..=2 {
        let operator = json!({ "id": format!("opr_{n}"), "email": format!("p{n}@shop.example"),
            "name": "Ann", "role": "owner", "locale": null, "token": null,
            "created_at": UnixTime::from_seconds(AT) });
        ask(&sql, 0, "operators", &json!({ "add": operator }));
    }
    sql
}

fn empty() -> Sqlite {
    Sqlite(Connection::open_in_memory().unwrap())
}

fn ask(sql: &Sqlite, at_s: i64, what: &str, call_: &Json) -> Json {
    let request = json!({ what: { "actor": Actor::owner(), "call": call_ } }).to_string();
    let now = UnixTime::from_seconds(AT + at_s);
    serde_json::from_str(&call(sql, now, &request).unwrap()).unwrap()
}

fn sessions(sql: &Sqlite, at_s: i64, call_: &Json) -> Json {
    ask(sql, at_s, "sessions", call_)
}

fn new(name: &str) -> Json {
    json!({ "id": format!("sid_{name}"), "hash": name, "agent": "Browser" })
}

fn make_link(sql: &Sqlite, at_s: i64, whose: &str, hash: &str) -> Json {
    sessions(
        sql,
        at_s,
        &json!({ "make_link": { "whose": whose, "hash": hash } }),
    )
}

fn by_link(sql: &Sqlite, at_s: i64, link: &str, name: &str) -> Json {
    let call_ = json!({ "sign_in_by_link": { "link": link, "session": new(name) } });
    sessions(sql, at_s, &call_)
}

/// Signs `opr_1` in, in a browser of this name.
fn sign_in(sql: &Sqlite, at_s: i64, name: &str) {
    make_link(sql, at_s, "opr_1", "a link");
    let answer = by_link(sql, at_s, "a link", name);
    assert_eq!(answer["signed_in"]["session"]["id"], format!("sid_{name}"));
}

fn use_(sql: &Sqlite, at_s: i64, hash: &str, next: Option<&str>) -> Json {
    use_by(sql, at_s, hash, next, false)
}

fn use_by(sql: &Sqlite, at_s: i64, hash: &str, next: Option<&str>, unattended: bool) -> Json {
    let by = json!({ "hash": hash, "next": next, "unattended": unattended });
    sessions(sql, at_s, &json!({ "use": by }))
}

fn is_in(sql: &Sqlite, at_s: i64, hash: &str) -> bool {
    use_(sql, at_s, hash, None) != "not_found"
}

fn ids(sql: &Sqlite, at_s: i64) -> Vec<String> {
    let answer = sessions(sql, at_s, &json!({ "list": { "operator": "opr_1" } }));
    let all = answer["sessions"]["sessions"].as_array().unwrap();
    all.iter()
        .map(|s| s["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_link_signs_in_once() {
    let sql = store();
    let made = make_link(&sql, 0, "P1@SHOP.example", "a");
    assert_eq!(made["operators"]["operators"][0]["id"], "opr_1");
    let peek = || sessions(&sql, 1, &json!({ "peek_link": { "hash": "a" } }));
    for _ in 0..2 {
        assert_eq!(peek()["operators"]["operators"][0]["id"], "opr_1");
    }
    assert_eq!(
        by_link(&sql, 1, "a", "s")["signed_in"]["operator"]["id"],
        "opr_1"
    );
    assert_eq!(by_link(&sql, 1, "a", "t"), "not_found");
    assert_eq!(peek()["operators"]["operators"], json!([]));
    assert_eq!(make_link(&sql, 0, "nobody@shop.example", "b"), "not_found");
}

#[test]
fn a_link_is_good_for_a_quarter_of_an_hour() {
    let sql = store();
    make_link(&sql, 0, "opr_1", "a");
    make_link(&sql, 0, "opr_1", "b");
    assert_eq!(by_link(&sql, LINK_LIFE_S, "a", "s"), "not_found");
    let in_time = by_link(&sql, LINK_LIFE_S - 1, "b", "s");
    assert_eq!(in_time["signed_in"]["session"]["way"], "link");
}

#[test]
fn of_many_links_the_last_five_are_good() {
    let sql = store();
    for n in 0..7 {
        make_link(&sql, n, "opr_1", &format!("l{n}"));
    }
    make_link(&sql, 7, "opr_2", "other");
    let good = |hash: &str| {
        let peeked = sessions(&sql, 8, &json!({ "peek_link": { "hash": hash } }));
        peeked["operators"]["operators"] != json!([])
    };
    let left: Vec<_> = (0..7).filter(|n| good(&format!("l{n}"))).collect();
    assert_eq!(left, [2, 3, 4, 5, 6]);
    assert!(good("other"));
}

#[test]
fn a_session_is_over_when_it_is_idle_and_when_it_is_old() {
    let sql = store();
    sign_in(&sql, 0, "s");
    assert!(is_in(&sql, IDLE_S - 1, "s"));
    assert!(is_in(&sql, 2 * IDLE_S - 2, "s"), "it was used meanwhile");
    assert!(!is_in(&sql, 3 * IDLE_S - 2, "s"));
    sign_in(&sql, 0, "t");
    let mut at_s = 0;
    while at_s + IDLE_S / 2 < LIFE_S {
        at_s += IDLE_S / 2;
        assert!(at_s == LIFE_S || is_in(&sql, at_s, "t"), "{at_s}");
    }
    assert!(is_in(&sql, LIFE_S - 1, "t"));
    assert!(!is_in(&sql, LIFE_S, "t"));
    assert!(ids(&sql, LIFE_S).is_empty());
}

#[test]
fn a_page_that_asks_by_itself_neither_keeps_a_session_nor_changes_it() {
    let sql = store();
    sign_in(&sql, 0, "s");
    for at_s in [ROTATE_S, IDLE_S / 2, IDLE_S - 1] {
        let answer = use_by(&sql, at_s, "s", Some("next"), true);
        assert_eq!(answer["signed_in"]["rotated"], false, "{answer}");
    }
    assert!(!is_in(&sql, IDLE_S, "s"));
}

#[test]
fn each_hour_a_session_has_another_token_and_the_one_before_ends_soon() {
    let sql = store();
    sign_in(&sql, 0, "one");
    let rotated = |at_s, hash: &str, next: &str| {
        use_(&sql, at_s, hash, Some(next))["signed_in"]["rotated"].clone()
    };
    assert_eq!(rotated(ROTATE_S - 1, "one", "x"), false);
    assert!(is_in(&sql, ROTATE_S, "one"), "who cannot be told keeps it");
    assert_eq!(rotated(ROTATE_S, "one", "two"), true);
    // A request that was under way: it is let in, and takes nothing away.
    assert_eq!(rotated(ROTATE_S + OVERLAP_S, "one", "y"), false);
    assert!(!is_in(&sql, ROTATE_S + OVERLAP_S + 1, "one"));
    assert!(is_in(&sql, ROTATE_S + OVERLAP_S + 1, "two"));
    assert!(!is_in(&sql, ROTATE_S, "y") && !is_in(&sql, ROTATE_S, "x"));
    assert_eq!(rotated(2 * ROTATE_S, "two", "three"), true);
    assert!(!is_in(&sql, 2 * ROTATE_S, "one"));
    assert_eq!(ids(&sql, 2 * ROTATE_S), ["sid_one"]);
}

#[test]
fn sessions_are_listed_revoked_and_ended() {
    let sql = store();
    for name in ["a", "b", "c", "d"] {
        sign_in(&sql, 0, name);
    }
    is_in(&sql, 100, "c");
    assert_eq!(ids(&sql, 100), ["sid_c", "sid_a", "sid_b", "sid_d"]);
    let revoke = |operator: &str, id: Option<&str>, but: Option<&str>| {
        let which = json!({ "operator": operator, "id": id, "but": but });
        sessions(&sql, 100, &json!({ "revoke": which }))
    };
    assert_eq!(revoke("opr_2", Some("sid_a"), None), "not_found");
    revoke("opr_1", Some("sid_a"), None);
    assert_eq!(revoke("opr_1", Some("sid_a"), None), "not_found");
    assert!(!is_in(&sql, 100, "a") && is_in(&sql, 100, "b"));
    sessions(&sql, 100, &json!({ "end": { "hash": "b" } }));
    assert_eq!(ids(&sql, 100), ["sid_c", "sid_d"]);
    revoke("opr_1", None, Some("sid_d"));
    assert_eq!(ids(&sql, 100), ["sid_d"]);
}

#[test]
fn an_operator_who_is_deleted_is_signed_out() {
    let sql = store();
    sign_in(&sql, 0, "s");
    make_link(&sql, 0, "opr_1", "l");
    ask(
        &sql,
        0,
        "operators",
        &json!({ "remove": { "id": "opr_1" } }),
    );
    assert!(!is_in(&sql, 0, "s"));
    assert_eq!(by_link(&sql, 0, "l", "t"), "not_found");
    let left = sql.run("SELECT id FROM sessions UNION SELECT hash FROM links", &[]);
    assert!(left.unwrap().is_empty());
}

#[test]
fn a_token_signs_in_and_its_end_is_that_of_its_sessions() {
    let sql = store();
    let set = |hash: &str| {
        let token = json!({ "id": "opr_1", "hash": hash, "hint": "wxyz" });
        ask(&sql, 0, "operators", &json!({ "set_token": token }))
    };
    let by_token = |token: &str, name: &str| {
        let call_ = json!({ "sign_in_by_token": { "token": token, "session": new(name) } });
        sessions(&sql, 0, &call_)
    };
    set("one");
    assert_eq!(by_token("two", "s"), "not_found");
    assert_eq!(by_token("one", "s")["signed_in"]["session"]["way"], "token");
    sign_in(&sql, 0, "by link");
    set("two");
    assert!(!is_in(&sql, 0, "s") && is_in(&sql, 0, "by link"));
}

#[test]
fn an_operator_has_fifty_sessions_at_most() {
    let sql = store();
    for n in 0..52 {
        sign_in(&sql, n, &format!("s{n}"));
    }
    let left = ids(&sql, 52);
    assert_eq!((left.len(), left[49].as_str()), (50, "sid_s2"));
}

#[test]
fn asking_a_store_that_nobody_set_up_stores_nothing() {
    let sql = empty();
    assert_eq!(make_link(&sql, 0, "p1@shop.example", "a"), "not_found");
    assert_eq!(by_link(&sql, 0, "a", "s"), "not_found");
    assert!(!is_in(&sql, 0, "s"));
    assert!(ids(&sql, 0).is_empty());
    sessions(&sql, 0, &json!({ "end": { "hash": "s" } }));
    sessions(&sql, 0, &json!({ "peek_link": { "hash": "s" } }));
    let by_token = json!({ "sign_in_by_token": { "token": "t", "session": new("s") } });
    assert_eq!(sessions(&sql, 0, &by_token), "not_found");
    assert!(
        sql.run("SELECT name FROM sqlite_master", &[])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn signing_in_and_out_is_in_the_log_without_what_lets_in() {
    let sql = store();
    sign_in(&sql, 0, "secret-hash");
    sessions(&sql, 0, &json!({ "end": { "hash": "secret-hash" } }));
    let rows = list(
        &sql,
        &AuditQuery {
            limit: 3,
            ..AuditQuery::default()
        },
    )
    .unwrap();
    let acts: Vec<_> = rows.iter().map(|r| r.act.as_str()).collect();
    assert_eq!(
        acts,
        ["session.close", "session.open", "operator.make_link"]
    );
    assert_eq!(rows[0].actor, Actor::operator("opr_1", "Ann"));
    let told = rows[1].after.as_ref().unwrap();
    assert_eq!(told, &json!({ "way": "link", "agent": "Browser" }));
    // The session's id has the name in it; its hash alone is what lets in.
    assert!(rows.iter().all(|r| {
        !json!(r)
            .to_string()
            .replace("sid_secret-hash", "")
            .contains("secret-hash")
    }));
}
