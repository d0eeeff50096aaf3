//! What leaves the frame: an envelope that opens for its attempt alone, and nothing else.

use causeway_shared::card::CardPlain;
use causeway_shared::seal::{Binding, OpenKey, open as open_envelope};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::base64;

/// The private half of the page's key.
pub(super) fn open_key() -> OpenKey {
    OpenKey::from_seed(&SEED).unwrap()
}

fn binding(id: &str, amount_minor: i64) -> Binding<'_> {
    Binding {
        order: ORDER,
        attempt: id,
        account: "acc_demo_aaaaaaaaaa",
        amount_minor,
        currency: "USD",
    }
}

#[wasm_bindgen_test]
fn the_worker_opens_what_the_widget_sealed() {
    open();
    fill_card();
    submit();
    let body = body_of(-1);
    let id = field(&body, "id");
    let envelope = base64::decode(&field(&body, "envelope")).unwrap();
    let plain = open_envelope(&[open_key()], &binding(&id, 123_450), &envelope).unwrap();
    let card = CardPlain::decode(&plain).unwrap();
    assert_eq!(
        (card.number.as_str(), card.cvc.as_str()),
        ("4242424242424242", "123")
    );
    assert_eq!((card.expiry_month, card.expiry_year), (12, 2044));
    assert_eq!(card.holder, "Mei Lin");
    let other = open_envelope(&[open_key()], &binding(&id, 123_451), &envelope);
    assert!(other.is_err(), "another amount opens nothing");
}

#[wasm_bindgen_test]
fn nothing_of_the_card_is_left_or_sent_in_the_clear() {
    open();
    fill_card();
    submit();
    for id in ["number", "expiry", "cvc", "holder"] {
        assert_eq!(value_of(id), "", "{id} is wiped");
    }
    let body = body_of(-1);
    for secret in ["4242424242424242", "4242 4242", "Mei Lin", r#""123""#] {
        assert!(
            !body.contains(secret) && !remembered().contains(secret),
            "{secret}"
        );
    }
    assert!(!is_shown("brand"));
}

#[wasm_bindgen_test]
fn a_wallet_sends_no_envelope_and_nothing_about_the_browser() {
    open();
    choose_method("alipay");
    submit();
    let body = body_of(-1);
    assert_eq!(field(&body, "method"), "alipay");
    assert_eq!(field(&body, "account"), "acc_demo_bbbbbbbbbb");
    assert_eq!(field(&body, "device"), "desktop");
    assert!(!body.contains("envelope") && !body.contains("browser"));
}

#[wasm_bindgen_test]
fn base64url_there_and_back() {
    // RFC 4648, section 10, without padding.
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64::encode(bytes.as_bytes()), text);
        assert_eq!(base64::decode(text).as_deref(), Some(bytes.as_bytes()));
    }
    assert_eq!(base64::encode(&[0xfb, 0xff]), "-_8");
    for bad in ["A", "Zg==", "Z+", "Z/", "Z g"] {
        assert_eq!(base64::decode(bad), None, "{bad}");
    }
}
