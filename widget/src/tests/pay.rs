//! One attempt, whatever is pressed and whatever the network does.

use causeway_shared::seal::{OpenKey, key_of};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

const START: &str = "POST /checkout/";

fn open_attempt(id: &str) -> String {
    snapshot(2, "processing", &attempt(id, "card", "pending", ""))
}

#[wasm_bindgen_test]
fn pay_listens_only_once_the_widget_is_there() {
    open();
    assert_eq!(attribute("pay", "disabled"), "");
    browser::unwire();
    set_up(PAGE, "{}");
    assert!(!crate::start(), "no page to adopt");
}

#[wasm_bindgen_test]
async fn pressing_twice_is_one_attempt() {
    open();
    fill_card();
    click("pay");
    submit();
    click("pay");
    assert_eq!(request_count(START), 1);
    answer(START, 201, &open_attempt(&sent_id()));
    settle().await;
    submit();
    assert_eq!(request_count(START), 1);
    assert_eq!(text_of("status-title"), "Confirming your payment");
}

#[wasm_bindgen_test]
async fn a_lost_request_is_repeated_with_the_same_id_and_envelope() {
    open();
    fill_card();
    submit();
    for (status, pause_ms) in [(0, 1000), (502, 1500), (408, 2250)] {
        let before = body_of(-1);
        answer(START, status, "");
        settle().await;
        assert_eq!(text_of("status-notice"), en("notice.offline"));
        assert!(!is_shown("choose"), "no form that invites to pay twice");
        assert!(run_timer(pause_ms), "after {pause_ms} ms");
        assert_eq!(body_of(-1), before);
    }
    assert_eq!(request_count(START), 4);
    answer(START, 200, &open_attempt(&sent_id()));
    settle().await;
    assert!(
        !is_shown("status-notice") && !has_timer(3375),
        "nothing is repeated any more"
    );
}

#[wasm_bindgen_test]
async fn half_an_answer_is_no_answer() {
    open();
    fill_card();
    submit();
    answer(START, 200, r#"{"version":"#);
    settle().await;
    assert!(!is_shown("choose") && run_timer(1000));
    assert_eq!(request_count(START), 2);
}

#[wasm_bindgen_test]
async fn a_snapshot_that_knows_the_attempt_ends_the_repeating() {
    open();
    fill_card();
    submit();
    answer(START, 0, "");
    settle().await;
    socket_says(&open_attempt(&sent_id()));
    assert!(!run_timer(1000));
}

#[wasm_bindgen_test]
async fn a_snapshot_from_before_the_attempt_brings_no_form_back() {
    open();
    fill_card();
    submit();
    socket_says(&snapshot(1, "created", "null"));
    assert!(!is_shown("choose"));
    let old = attempt("att_00000000000000000000000000", "card", "declined", "");
    socket_says(&snapshot(2, "created", &old));
    assert!(!is_shown("choose"));
}

#[wasm_bindgen_test]
fn a_reload_keeps_the_id_of_what_is_not_finished() {
    open();
    fill_card();
    submit();
    let first = sent_id();
    let kept = remembered();
    assert!(kept.starts_with(&first));
    // The page comes again, the tab remembers.
    browser::unwire();
    assert!(crate::start());
    fill_card();
    submit();
    assert_eq!(sent_id(), first);
    // Another method is another attempt.
    browser::unwire();
    assert!(crate::start());
    choose_method("alipay");
    submit();
    assert_ne!(sent_id(), first);
}

#[wasm_bindgen_test]
async fn after_a_decline_the_next_try_is_another_attempt() {
    open();
    fill_card();
    submit();
    let first = sent_id();
    let decline = r#","decline":{"reason":"insufficient_funds"}"#;
    answer(
        START,
        201,
        &snapshot(3, "created", &attempt(&first, "card", "declined", decline)),
    );
    settle().await;
    assert_eq!(remembered(), "");
    assert_eq!(text_of("alert-text"), en("decline.insufficient_funds"));
    assert!(is_shown("alert-title") && is_shown("choose"));
    assert_eq!(focused(), "alert");
    assert_eq!(value_of("number"), "");
    choose_method("alipay");
    submit();
    assert_ne!(sent_id(), first);
}

#[wasm_bindgen_test]
async fn another_open_attempt_is_shown_instead() {
    open();
    fill_card();
    submit();
    let other = open_attempt("att_00000000000000000000000001");
    answer(
        START,
        409,
        &format!(r#"{{"code":"attempt_open","snapshot":{other}}}"#),
    );
    settle().await;
    assert_eq!(text_of("status-title"), "Confirming your payment");
    assert_eq!(text_of("status-notice"), en("notice.elsewhere"));
    assert_eq!(remembered(), "");
}

#[wasm_bindgen_test]
async fn a_closed_order_is_shown_as_it_is() {
    open();
    fill_card();
    submit();
    let expired = snapshot(4, "expired", "null");
    answer(
        START,
        410,
        &format!(r#"{{"code":"order_closed","snapshot":{expired}}}"#),
    );
    settle().await;
    assert_eq!(text_of("status-title"), "Time to pay is over");
}

#[wasm_bindgen_test]
async fn a_refusal_says_that_nothing_was_charged_each_time() {
    open();
    for (status, key) in [
        (422, "notice.refused"),
        (429, "notice.too_many"),
        (404, "notice.refused"),
    ] {
        fill_card();
        submit();
        answer(START, status, "{}");
        settle().await;
        assert_eq!(text_of("alert-text"), en(key));
        assert!(is_shown("choose") && is_shown("alert") && !is_shown("alert-title"));
        assert_eq!(focused(), "alert");
    }
    assert_eq!(request_count(START), 3);
}

/// The key of this page has ended: the shopper types once more, and that is sealed to the key in
/// use.
#[wasm_bindgen_test]
async fn a_key_that_has_ended_is_replaced_without_a_reload() {
    open();
    fill_card();
    submit();
    let next = OpenKey::from_seed(&[9; 32]).unwrap();
    let key = crate::base64::encode(&next.seal_key().to_bytes());
    let body = format!(r#"{{"seal":{{"public_key":"{key}","key_id":"00"}}}}"#);
    answer(START, 422, &body);
    settle().await;
    assert_eq!(text_of("alert-text"), en("notice.again"));
    fill_card();
    submit();
    let envelope = crate::base64::decode(&field(&body_of(-1), "envelope")).unwrap();
    assert_eq!(key_of(&envelope), Some(next.id()));
}

#[wasm_bindgen_test]
async fn giving_up_closes_and_leads_back_to_the_form() {
    let qr = r#","action":{"type":"qr","svg_path":"M0 0h1v1h-1z","size":29,
        "expires_at":"2026-11-22T00:05:00Z"}"#;
    let id = "att_00000000000000000000000002";
    open_with(&snapshot(
        2,
        "requires_action",
        &attempt(id, "wechat_pay", "requires_action", qr),
    ));
    click("other");
    assert_eq!(text_of("status-title"), "Cancelling this payment");
    let close = format!("POST /checkout/{TOKEN}/attempts/{id}/close");
    answer(&close, 0, "");
    settle().await;
    assert!(run_timer(2000), "it is repeated");
    assert_eq!(request_count(&close), 2);
    answer(
        &close,
        200,
        &snapshot(
            3,
            "requires_action",
            &attempt(id, "wechat_pay", "closing", ""),
        ),
    );
    settle().await;
    assert_eq!(text_of("status-title"), "Cancelling this payment");
    socket_says(&snapshot(
        4,
        "created",
        &attempt(id, "wechat_pay", "closed", ""),
    ));
    assert_eq!(text_of("alert-text"), en("notice.closed"));
    assert_eq!(chosen_method(), "wechat_pay", "the choice is back");
}

#[wasm_bindgen_test]
async fn what_was_paid_meanwhile_is_paid() {
    let leave = r#","action":{"type":"redirect","href":"/leave/t/a"}"#;
    let id = "att_00000000000000000000000003";
    open_with(&snapshot(
        2,
        "requires_action",
        &attempt(id, "alipay", "requires_action", leave),
    ));
    click("other");
    answer(
        "POST",
        200,
        &snapshot(3, "paid", &attempt(id, "alipay", "paid", "")),
    );
    settle().await;
    assert_eq!(text_of("status-title"), "Payment complete");
}

/// A text of the English file.
pub(super) fn en(key: &str) -> String {
    field(include_str!("../../../www/locales/en.json"), key)
}
