//! What is shown for each state, and how the order is followed.

use wasm_bindgen_test::wasm_bindgen_test;

use super::pay::en;
use super::*;
use crate::live::pause_ms;

const ID: &str = "att_00000000000000000000000004";

fn with_action(method: &str, action: &str) -> String {
    let action = format!(r#","action":{action}"#);
    snapshot(
        2,
        "requires_action",
        &attempt(ID, method, "requires_action", &action),
    )
}

#[wasm_bindgen_test]
fn an_older_snapshot_changes_nothing() {
    open_with(&snapshot(5, "created", "null"));
    socket_says(&snapshot(4, "paid", "null"));
    assert!(is_shown("choose"));
    for nonsense in ["pong", "null", "{}", "[1]", r#"{"version":9}"#] {
        socket_says(nonsense);
        assert!(is_shown("choose"), "{nonsense}");
    }
    socket_says(&snapshot(6, "cancelled", "null"));
    assert_eq!(text_of("status-title"), "Order cancelled");
}

#[wasm_bindgen_test]
fn every_state_at_rest_has_its_words_and_the_way_back() {
    for state in [
        "authorized",
        "paid",
        "partly_refunded",
        "refunded",
        "cancelled",
        "expired",
    ] {
        open_with(&snapshot(2, state, "null"));
        assert_eq!(
            text_of("status-title"),
            en(&format!("{state}.title")),
            "{state}"
        );
        assert!(
            !text_of("status-text").contains('{'),
            "{state}: {}",
            text_of("status-text")
        );
        assert!(!is_shown("choose"), "{state}");
        assert_eq!(text_of("go"), "Back to Tea & Co");
        assert_eq!(attribute("go", "href"), "https://shop.example/thanks");
        assert_eq!(
            socket_count(),
            0,
            "{state}: an order at rest is not watched"
        );
    }
    open_with(&snapshot(2, "partly_refunded", "null"));
    assert_eq!(
        text_of("status-text"),
        "US$34.50 of US$1,234.50 was refunded by Tea & Co."
    );
}

#[wasm_bindgen_test]
fn a_state_that_is_not_known_is_never_paid_nor_a_form() {
    open_with(&snapshot(
        2,
        "processing",
        &attempt(ID, "card", "wondering", ""),
    ));
    assert_eq!(text_of("status-title"), "Confirming your payment");
    let odd = snapshot(
        2,
        "requires_action",
        &attempt(ID, "card", "requires_action", ""),
    );
    open_with(&odd);
    assert_eq!(text_of("status-title"), "Confirming your payment");
    open_with(&with_action(
        "card",
        r#"{"type":"redirect","href":"//evil.example/leave/"}"#,
    ));
    assert!(!is_shown("go"), "an address elsewhere is not followed");
}

#[wasm_bindgen_test]
fn the_card_that_paid_is_named() {
    let card = r#","card":{"brand":"visa","last4":"4242"}"#;
    open_with(&snapshot(2, "paid", &attempt(ID, "card", "paid", card)));
    assert_eq!(text_of("status-hint"), "Paid with Visa ending in 4242");
}

#[wasm_bindgen_test]
fn a_code_is_drawn_counts_down_and_can_be_had_anew() {
    // The worker's clock says midnight; the shopper's is whatever it is.
    open_with(&with_action(
        "wechat_pay",
        r#"{"type":"qr","svg_path":"M4 4h7v1h-7z","size":33,"expires_at":"2026-11-22T00:01:05Z"}"#,
    ));
    assert!(is_shown("qr"));
    assert_eq!(attribute("qr-code", "viewBox"), "0 0 33 33");
    assert_eq!(
        attribute("qr-code", "aria-label"),
        "Payment code for WeChat Pay"
    );
    let left = text_of("qr-left");
    assert!(
        left == "The code is valid for 1:05." || left == "The code is valid for 1:04.",
        "{left}"
    );
    assert_eq!(text_of("status-hint"), en("qr.hint"));
    open_with(&with_action(
        "wechat_pay",
        r#"{"type":"qr","svg_path":"M4 4h7v1h-7z","size":33,"expires_at":"2026-11-21T23:59:59Z"}"#,
    ));
    assert!(!is_shown("qr"), "a dead code is not shown");
    assert_eq!(text_of("status-text"), en("qr.expired"));
    click("again");
    assert_eq!(field(&body_of(-1), "method"), "wechat_pay");
    assert_ne!(field(&body_of(-1), "id"), ID, "a new code is a new attempt");
    assert_eq!(
        text_of("status-title"),
        "Confirming your payment",
        "the old one is not shown"
    );
}

#[wasm_bindgen_test]
fn a_code_that_dies_on_the_screen_is_taken_away() {
    open_with(&with_action(
        "wechat_pay",
        r#"{"type":"qr","svg_path":"M4 4h7v1h-7z","size":33,"expires_at":"2026-11-22T00:00:02Z"}"#,
    ));
    assert!(is_shown("qr"));
    advance(3000.0);
    tick();
    assert!(!is_shown("qr"));
    assert_eq!(text_of("again"), en("qr.refresh"));
}

#[wasm_bindgen_test]
fn the_issuer_has_a_dialog_that_escape_gives_up() {
    open_with(&with_action(
        "card",
        r#"{"type":"challenge","href":"/challenge/t/a"}"#,
    ));
    assert!(is_open());
    assert_eq!(inner_frame(), "/challenge/t/a?locale=en");
    assert_eq!(focused(), "challenge-title");
    click("challenge-cancel");
    assert!(!is_open() && inner_frame().is_empty());
    assert_eq!(
        request_count(&format!("POST /checkout/{TOKEN}/attempts/{ID}/close")),
        1
    );
}

#[wasm_bindgen_test]
fn after_a_reload_leaving_waits_for_the_shopper() {
    open_with(&with_action(
        "alipay",
        r#"{"type":"form_post","href":"/leave/t/a"}"#,
    ));
    assert_eq!(text_of("status-title"), "Continue to Alipay");
    assert_eq!(attribute("go", "href"), "/leave/t/a?locale=en");
    assert_eq!(text_of("other"), "Choose another way to pay");
}

#[wasm_bindgen_test]
fn a_method_that_is_gone_is_hidden() {
    open();
    let mut fewer = snapshot(2, "created", "null");
    fewer = fewer.replace("acc_demo_aaaaaaaaaa", "acc_demo_zzzzzzzzzz");
    socket_says(&fewer);
    assert_eq!(chosen_method(), "alipay", "what is left is chosen");
}

#[wasm_bindgen_test]
async fn push_fails_and_polling_takes_over_with_back_off() {
    let status = format!("GET /checkout/{TOKEN}/status?device=desktop");
    open();
    assert!(socket_url().ends_with(&format!("/checkout/{TOKEN}/status?device=desktop")));
    assert!(socket_url().starts_with("ws"));
    socket_closes();
    assert!(run_timer(2000));
    answer(&status, 503, "");
    settle().await;
    assert!(run_timer(3000), "the pause grows");
    answer(
        &status,
        200,
        &snapshot(2, "processing", &attempt(ID, "card", "pending", "")),
    );
    settle().await;
    assert_eq!(socket_count(), 2, "push is tried again");
    assert_eq!(text_of("status-title"), "Confirming your payment");
    socket_opens();
    socket_closes();
    assert!(run_timer(2000), "what worked counts from the start again");
}

#[wasm_bindgen_test]
fn a_silent_socket_is_given_up() {
    open();
    assert!(run_timer(25_000));
    assert_eq!(socket_sent(), "ping");
    assert!(run_timer(25_000));
    assert!(has_timer(2000), "no pong: it is asked instead");
    open();
    assert!(run_timer(25_000));
    socket_says("pong");
    assert!(run_timer(25_000));
    assert_eq!(socket_sent(), "ping ping");
}

#[wasm_bindgen_test]
fn pauses_grow_to_ten_seconds() {
    assert_eq!(
        [0, 1, 2, 3, 4, 5, 99].map(|n| pause_ms(2000, n)),
        [2000, 3000, 4500, 6750, 10_000, 10_000, 10_000]
    );
    assert_eq!(pause_ms(0, 0), 500, "never a storm");
}

#[wasm_bindgen_test]
fn a_long_wait_says_so() {
    open_with(&snapshot(
        2,
        "processing",
        &attempt(ID, "card", "pending", ""),
    ));
    assert!(run_timer(20_000));
    assert_eq!(text_of("status-text"), en("wait.long"));
}
