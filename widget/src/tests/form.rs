//! The card fields as a shopper uses them.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

#[wasm_bindgen_test]
fn a_number_is_grouped_and_the_caret_stays_behind_its_digit() {
    open();
    type_in("number", "42424", 5);
    assert_eq!(
        (value_of("number").as_str(), caret_of("number")),
        ("4242 4", 6)
    );
    // A digit typed in the middle of a group.
    type_in("number", "42142 4", 3);
    assert_eq!(
        (value_of("number").as_str(), caret_of("number")),
        ("4214 24", 3)
    );
    // A digit deleted before a space.
    type_in("number", "421 24", 3);
    assert_eq!(
        (value_of("number").as_str(), caret_of("number")),
        ("4212 4", 3)
    );
}

#[wasm_bindgen_test]
fn pasted_and_filled_in_numbers_are_read_whatever_they_look_like() {
    open();
    type_in("number", "4242-4242-4242-4242", 19);
    assert_eq!(value_of("number"), "4242 4242 4242 4242");
    // From a Chinese or Japanese keyboard.
    type_in("number", "４２４２４２４２４２４２４２４２", 16);
    assert_eq!(value_of("number"), "4242 4242 4242 4242");
    fill_in("number", "378282246310005");
    assert_eq!(value_of("number"), "3782 822463 10005");
    assert_eq!(focused(), "pay", "filling in moves no focus");
    for date in ["12/2044", "2044-12", "1244", "12 / 44"] {
        fill_in("expiry", date);
        assert!(
            ["12 / 44", "12 / 2044"].contains(&value_of("expiry").as_str()),
            "{date}"
        );
    }
}

#[wasm_bindgen_test]
fn what_was_typed_before_the_widget_came_is_taken_over() {
    open();
    browser::unwire();
    type_in("number", "4242424242424242", 16);
    assert_eq!(value_of("number"), "4242424242424242", "nobody listens");
    assert!(crate::start());
    assert_eq!(value_of("number"), "4242 4242 4242 4242");
    assert_eq!(text_of("brand"), "Visa");
}

#[wasm_bindgen_test]
fn delete_in_front_of_a_space_takes_the_digit_behind_it() {
    open();
    type_in("number", "4242 4242", 4);
    press_key("number", "Delete");
    assert_eq!(caret_of("number"), 5);
    press_key("number", "Delete");
    assert_eq!(
        caret_of("number"),
        5,
        "in front of a digit the browser does it"
    );
}

#[wasm_bindgen_test]
fn the_brand_shows_and_says_how_long_the_code_is() {
    open();
    assert!(!is_shown("brand"));
    type_in("number", "37", 2);
    assert_eq!(text_of("brand"), "American Express");
    assert_eq!(
        text_of("cvc-help"),
        "The 4 digits on the front of your card"
    );
    type_in("number", "62", 2);
    assert_eq!(text_of("brand"), "UnionPay");
    assert_eq!(text_of("cvc-help"), "The 3 digits on the back of your card");
    type_in("number", "", 0);
    assert!(!is_shown("brand"));
}

#[wasm_bindgen_test]
async fn a_mistake_is_told_when_the_field_is_left_and_goes_when_it_is_mended() {
    open();
    type_in("number", "4242424242424241", 16);
    assert!(!is_shown("number-error"), "not while it is typed");
    blur("number");
    settle().await;
    assert_eq!(
        text_of("number-error"),
        "Check the card number: a digit may be wrong."
    );
    assert_eq!(attribute("number", "aria-invalid"), "true");
    type_in("number", "4242424242424242", 16);
    assert!(!is_shown("number-error"));
    assert_eq!(attribute("number", "aria-invalid"), "false");
    // Nothing yet is no mistake yet.
    type_in("cvc", "", 0);
    blur("cvc");
    settle().await;
    assert!(!is_shown("cvc-error"));
}

#[wasm_bindgen_test]
fn every_check_has_its_words() {
    open();
    let cases = [
        ("number", "4242x", "A card number has digits only."),
        (
            "number",
            "4242",
            "The card number is too short. Check the last digits.",
        ),
        (
            "number",
            "51051051051051000",
            "The card number has too many digits.",
        ),
        (
            "expiry",
            "13/44",
            "Enter month and year as on the card, such as 09 / 29.",
        ),
        (
            "expiry",
            "01/20",
            "This card has expired. Use another card.",
        ),
        ("expiry", "12/2099", "Check the year of the expiry date."),
        ("cvc", "12", "The security code of this card has 3 digits."),
        ("holder", "  ", "Enter the name as it stands on the card."),
    ];
    for (id, text, words) in cases {
        fill_card();
        type_in(id, text, text.len());
        submit();
        assert_eq!(text_of(&format!("{id}-error")), words, "{text}");
        assert_eq!(focused(), id, "the focus goes to the mistake");
    }
    assert_eq!(request_count("POST"), 0);
}

#[wasm_bindgen_test]
fn an_empty_form_marks_every_field_and_goes_to_the_first() {
    open();
    submit();
    for id in ["number", "expiry", "cvc", "holder"] {
        assert!(is_shown(&format!("{id}-error")), "{id}");
    }
    assert_eq!(focused(), "number");
    assert_eq!(text_of("live"), "Please check the fields that are marked.");
}

#[wasm_bindgen_test]
async fn another_language_changes_the_words_and_nothing_that_was_typed() {
    open();
    type_in("number", "4242424242424241", 16);
    blur("number");
    settle().await;
    choose_language("zh-CN");
    answer(
        "GET /zh-CN.json",
        200,
        include_str!("../../../www/locales/zh-CN.json"),
    );
    settle().await;
    assert_eq!(text_of("number-error"), "请检查卡号，可能有数字输错。");
    assert_eq!(text_of("pay"), "支付 US$1,234.50");
    assert_eq!(attribute("expiry", "placeholder"), "月 / 年");
    assert_eq!(document_lang(), "zh-CN");
    assert_eq!(value_of("number"), "4242 4242 4242 4241");
    choose_language("en");
    answer("GET /en.json", 500, "");
    settle().await;
    assert_eq!(
        document_lang(),
        "zh-CN",
        "a language that does not come changes nothing"
    );
    assert_eq!(value_of("language"), "zh-CN");
}
