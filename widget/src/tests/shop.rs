//! What the shop's page hears, and what it may say.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

const ID: &str = "att_00000000000000000000000005";

/// An embedded page; what it said while it opened is `told_at(0)` and on.
fn open_in_shop() {
    open();
    browser::unwire();
    embed();
    assert!(crate::start());
}

fn told(index: i32) -> [String; 3] {
    let message = told_at(index);
    assert_eq!(field(&message, "causeway"), "1");
    assert_eq!(field(&message, "origin"), ORIGIN, "to the exact origin");
    [
        field(&message, "type"),
        field(&message, "state"),
        field(&message, "reason"),
    ]
}

#[wasm_bindgen_test]
async fn the_shop_hears_that_the_frame_is_ready_and_how_high_it_is() {
    open_in_shop();
    assert_eq!(told(0)[0], "ready");
    assert_eq!(told(1)[..2], ["change", "created"]);
    assert_eq!(told_height(), 0);
    settle().await;
    assert!(told_height() > 100);
}

#[wasm_bindgen_test]
fn each_change_is_told_once() {
    open_in_shop();
    let before = told_count();
    let decline = r#","decline":{"reason":"card_declined"}"#;
    let declined = snapshot(2, "created", &attempt(ID, "card", "declined", decline));
    socket_says(&declined);
    socket_says(&declined);
    assert_eq!(told_count(), before + 2);
    assert_eq!(told(-2)[0], "change");
    assert_eq!(field(&told_at(-2), "attempt_state"), "declined");
    assert_eq!(told(-1), ["failed", "", "card_declined"]);
    socket_says(&snapshot(3, "paid", &attempt(ID, "card", "paid", "")));
    assert_eq!(told(-1)[0], "paid");
    assert_eq!(field(&told_at(-1), "order"), ORDER);
}

#[wasm_bindgen_test]
fn an_approval_is_no_payment() {
    open_in_shop();
    socket_says(&snapshot(
        2,
        "authorized",
        &attempt(ID, "card", "authorized", ""),
    ));
    assert_eq!(told(-1)[..2], ["change", "authorized"]);
}

#[wasm_bindgen_test]
fn cancelled_and_expired_are_told() {
    open_in_shop();
    socket_says(&snapshot(2, "cancelled", "null"));
    assert_eq!(told(-1)[0], "cancelled");
    open_in_shop();
    socket_says(&snapshot(2, "expired", "null"));
    assert_eq!(told(-1), ["failed", "", "expired"]);
}

#[wasm_bindgen_test]
async fn a_started_payment_leaves_by_itself_and_once() {
    open_in_shop();
    choose_method("alipay");
    submit();
    let leave = r#","action":{"type":"form_post","href":"/leave/t/a"}"#;
    let go = snapshot(
        2,
        "requires_action",
        &attempt(&sent_id(), "alipay", "requires_action", leave),
    );
    answer("POST", 201, &go);
    settle().await;
    assert_eq!(told(-1)[0], "leave");
    assert_eq!(field(&told_at(-1), "href"), "/leave/t/a?locale=en");
    let before = told_count();
    socket_says(&go);
    assert_eq!(told_count(), before);
    // The link does the same, for those who came back.
    click("go");
    assert_eq!(told(-1)[0], "leave");
}

#[wasm_bindgen_test]
fn only_the_shop_is_heard() {
    let theme = r##"{"causeway":1,"type":"theme","theme":{"--causeway-accent":"#123456"}}"##;
    open_in_shop();
    message(theme, "https://evil.example", true);
    message(theme, ORIGIN, false);
    message(
        &theme.replace("\"causeway\":1", "\"causeway\":2"),
        ORIGIN,
        true,
    );
    assert_eq!(root_style("--causeway-accent"), "");
    message(theme, ORIGIN, true);
    assert_eq!(root_style("--causeway-accent"), "#123456");
}

#[wasm_bindgen_test]
async fn the_shop_can_change_the_language() {
    open_in_shop();
    message(
        r#"{"causeway":1,"type":"locale","locale":"zh-Hans"}"#,
        ORIGIN,
        true,
    );
    assert_eq!(request_count("GET /zh-CN.json"), 1);
    message(
        r#"{"causeway":1,"type":"locale","locale":"__proto__"}"#,
        ORIGIN,
        true,
    );
    message(r#"{"causeway":1,"type":"locale"}"#, ORIGIN, true);
    assert_eq!(request_count("GET"), 1);
}

#[wasm_bindgen_test]
fn nothing_that_was_typed_is_told() {
    open_in_shop();
    fill_card();
    submit();
    for index in 0..told_count() {
        let message = told_at(index as i32);
        assert!(
            !message.contains("4242") && !message.contains("Mei"),
            "{message}"
        );
    }
}
