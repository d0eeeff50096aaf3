//! Drafts: what is kept of them, and what is wrong with them.

use serde_json::{Value, json};

use super::{NOW, details, full_draft, store};
use crate::channel::{CaptureMode, Method};
use crate::id::Mode;
use crate::money::Currency;
use crate::wire::{OrderDraft, WireError, WireProblem};

/// The full draft with other values at some JSON pointers; the last name may be new.
fn draft_with(changes: &[(&str, Value)]) -> Value {
    let mut draft = full_draft();
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match draft.pointer_mut(parent).expect(pointer) {
            Value::Object(object) => drop(object.insert(name.to_owned(), value.clone())),
            Value::Array(array) => array[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer} points into a value"),
        }
    }
    draft
}

fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// The problems of a draft as `pointer code`.
fn problems(draft: Value, allow_http: bool) -> Vec<String> {
    let draft: OrderDraft = serde_json::from_value(draft).unwrap();
    match draft.check(store(), Mode::Test, allow_http, NOW) {
        Ok(_) => Vec::new(),
        Err(WireError(problems)) => problems
            .iter()
            .map(|p| format!("{} {}", p.pointer, p.code))
            .collect(),
    }
}

#[test]
fn a_draft_keeps_what_it_says() {
    let draft: OrderDraft = serde_json::from_value(full_draft()).unwrap();
    assert_eq!(draft.currency(), Currency::USD);
    assert_eq!(draft.capture, CaptureMode::Manual);
    assert_eq!(draft.expiry(NOW), NOW.plus_seconds(7200));
    let details = details(full_draft());
    let mut expected = full_draft();
    let object = expected.as_object_mut().unwrap();
    for elsewhere in ["total", "capture", "expires_at"] {
        object.remove(elsewhere);
    }
    object.insert("store".to_owned(), json!("demo"));
    object.insert("mode".to_owned(), json!("test"));
    assert_eq!(serde_json::to_value(&details).unwrap(), expected);
    let read = serde_json::from_value::<super::Details>(expected).unwrap();
    assert_eq!(read, details);
    assert_eq!(read.methods, Some(vec![Method::Card, Method::Alipay]));
}

#[test]
fn the_least_draft_is_items_and_total() {
    let least = json!({
        "items": [{ "name": "Tea", "quantity": 1, "unit_price": usd("1.00") }],
        "total": usd("1.00"),
    });
    let draft: OrderDraft = serde_json::from_value(least.clone()).unwrap();
    assert_eq!(draft.capture, CaptureMode::Automatic);
    assert_eq!(draft.expiry(NOW), NOW.plus_seconds(2 * 3600));
    let details = details(least);
    assert_eq!(details.description, "Tea");
    assert_eq!(details.methods, None);
}

#[test]
fn without_a_description_the_items_make_one() {
    let described = |name: &str, more: usize| {
        let free = json!({ "name": "Gift", "quantity": 1, "unit_price": usd("0.00") });
        let mut items = vec![json!({ "name": name, "quantity": 1, "unit_price": usd("1.00") })];
        items.extend(std::iter::repeat_n(free, more));
        details(json!({ "items": items, "total": usd("1.00") })).description
    };
    assert_eq!(described("Tea", 0), "Tea");
    assert_eq!(described("Tea", 2), "Tea + 2");
    let long = described(&"茶".repeat(200), 150);
    assert_eq!(long.chars().count(), 127);
    assert!(long.ends_with("茶 + 150"), "{long}");
}

/// What is changed, to what, and the problems that this makes.
type Case<'a> = (&'a str, Value, &'a [&'a str]);

fn check(cases: &[Case<'_>]) {
    for (pointer, value, expected) in cases {
        let found = problems(draft_with(&[(pointer, value.clone())]), false);
        assert_eq!(found, *expected, "{pointer}: {value}");
    }
}

fn long(length: usize) -> Value {
    json!("x".repeat(length))
}

#[test]
fn money_adds_up_in_one_currency() {
    let items = |count: usize| {
        let free = json!({ "name": "Gift", "quantity": 1, "unit_price": usd("0.00") });
        Value::Array(vec![free; count])
    };
    let huge = "90071992547409.91";
    let eur = json!({ "amount": "5.00", "currency": "EUR" });
    let price = "/items/0/unit_price";
    check(&[
        ("/total", usd("99.99"), &["/total does_not_add_up"]),
        ("/discount", usd("5.01"), &["/total does_not_add_up"]),
        ("/discount", usd("500.00"), &["/total does_not_add_up"]),
        ("/items/1/quantity", json!(2), &["/total does_not_add_up"]),
        ("/total", usd("0.00"), &["/total not_positive"]),
        ("/total", usd("-100.00"), &["/total not_positive"]),
        (price, usd("-40.00"), &["/items/0/unit_price negative"]),
        ("/shipping", usd("-5.00"), &["/shipping negative"]),
        ("/tax", usd("-0.01"), &["/tax negative"]),
        ("/discount", usd("-5.00"), &["/discount negative"]),
        (
            price,
            eur.clone(),
            &["/items/0/unit_price currency_mismatch"],
        ),
        ("/shipping", eur.clone(), &["/shipping currency_mismatch"]),
        ("/tax", eur.clone(), &["/tax currency_mismatch"]),
        ("/discount", eur, &["/discount currency_mismatch"]),
        (price, usd(huge), &["/items too_large"]),
        (
            "/items/0/quantity",
            json!(0),
            &["/items/0/quantity out_of_range"],
        ),
        (
            "/items/1/quantity",
            json!(1_000_001),
            &["/items/1/quantity out_of_range"],
        ),
        ("/items", items(0), &["/items count"]),
        ("/items", items(201), &["/items count"]),
    ]);
}

#[test]
fn texts_have_a_length_and_no_control_characters() {
    check(&[
        ("/items/0/name", json!(""), &["/items/0/name length"]),
        ("/items/0/name", long(201), &["/items/0/name length"]),
        (
            "/items/0/name",
            json!("Tea\nand more"),
            &["/items/0/name control_character"],
        ),
        ("/items/0/sku", json!(""), &["/items/0/sku length"]),
        ("/items/0/sku", long(65), &["/items/0/sku length"]),
        ("/description", json!(""), &["/description length"]),
        ("/description", long(128), &["/description length"]),
        (
            "/description",
            json!("Tea\u{7}"),
            &["/description control_character"],
        ),
        ("/description", json!("Tea\nand a cup"), &[]),
        (
            "/merchant_reference",
            long(65),
            &["/merchant_reference length"],
        ),
        (
            "/merchant_reference",
            json!("A\r\nB"),
            &["/merchant_reference control_character"],
        ),
        ("/shopper/name", long(201), &["/shopper/name length"]),
        (
            "/shopper/name",
            json!("Li\u{0}"),
            &["/shopper/name control_character"],
        ),
        ("/shopper/phone", long(33), &["/shopper/phone length"]),
        ("/shopper/locale", long(36), &["/shopper/locale length"]),
        (
            "/shopper/wechat_openid",
            long(129),
            &["/shopper/wechat_openid length"],
        ),
    ]);
}

#[test]
fn metadata_is_small() {
    let metadata = |count: usize| -> Value {
        let entry = |i: usize| (format!("key{i}"), json!("value"));
        Value::Object((0..count).map(entry).collect())
    };
    check(&[
        ("/metadata", metadata(20), &[]),
        ("/metadata", metadata(21), &["/metadata count"]),
        ("/metadata/a", long(500), &[]),
        ("/metadata/a", long(501), &["/metadata/a length"]),
        ("/metadata/a", json!("two\nlines"), &[]),
        (
            "/metadata/a",
            json!("\u{1b}[0m"),
            &["/metadata/a control_character"],
        ),
        ("/metadata", json!({ "": "x" }), &["/metadata/ length"]),
        (
            "/metadata",
            json!({ "a/b~c\n": "x" }),
            &["/metadata/a~1b~0c\n control_character"],
        ),
    ]);
}

#[test]
fn an_order_lives_from_a_minute_to_thirty_days_and_can_be_paid_somehow() {
    check(&[
        ("/methods", json!([]), &["/methods empty"]),
        (
            "/expires_at",
            json!("2026-11-22T03:00:59Z"),
            &["/expires_at out_of_range"],
        ),
        ("/expires_at", json!("2026-11-22T03:01:00Z"), &[]),
        ("/expires_at", json!("2026-12-22T03:00:00Z"), &[]),
        (
            "/expires_at",
            json!("2026-12-22T03:00:01Z"),
            &["/expires_at out_of_range"],
        ),
        (
            "/expires_at",
            json!("2026-11-22T02:00:00Z"),
            &["/expires_at out_of_range"],
        ),
    ]);
}

#[test]
fn a_long_metadata_key_is_refused() {
    let draft = draft_with(&[("/metadata", json!({ "k".repeat(41): "x" }))]);
    assert_eq!(
        problems(draft, false),
        [format!("/metadata/{} length", "k".repeat(41))]
    );
}

#[test]
fn all_problems_come_at_once_and_say_what_to_mend() {
    let draft = draft_with(&[
        ("/items/0/quantity", json!(0)),
        ("/shopper/country", json!("China")),
        ("/return_url", json!("shop")),
    ]);
    let draft: OrderDraft = serde_json::from_value(draft).unwrap();
    let WireError(problems) = draft.check(store(), Mode::Test, false, NOW).unwrap_err();
    assert_eq!(
        serde_json::to_value(&problems).unwrap(),
        json!([
            {
                "pointer": "/items/0/quantity",
                "code": "out_of_range",
                "detail": "must be 1 to 1000000",
            },
            {
                "pointer": "/shopper/country",
                "code": "not_a_country",
                "detail": "must be an ISO 3166-1 code of two capital letters, such as DE",
            },
            {
                "pointer": "/return_url",
                "code": "not_a_url",
                "detail": "must be an https address of at most 2048 characters",
            },
        ])
    );
    let wrong = draft_with(&[("/total", usd("1.00"))]);
    let wrong: OrderDraft = serde_json::from_value(wrong).unwrap();
    let WireError(problems) = wrong.check(store(), Mode::Test, false, NOW).unwrap_err();
    let detail = "items + shipping + tax - discount is 100.00 USD, not 1.00 USD";
    assert_eq!(
        problems,
        [WireProblem {
            pointer: "/total".to_owned(),
            code: "does_not_add_up",
            detail: detail.to_owned(),
        }]
    );
}

#[test]
fn a_country_has_two_capitals() {
    for (country, fits) in [
        ("DE", true),
        ("CN", true),
        ("de", false),
        ("DEU", false),
        ("D", false),
        ("", false),
        ("D1", false),
        ("ÄÖ", false),
    ] {
        let found = problems(draft_with(&[("/shopper/country", json!(country))]), false);
        assert_eq!(found.is_empty(), fits, "{country}: {found:?}");
    }
}

#[test]
fn an_email_address_has_a_user_and_a_host() {
    for (email, fits) in [
        ("li@example.com", true),
        ("l.i+tea@mail.example.co.uk", true),
        ("李@例子.中国", true),
        ("li", false),
        ("@example.com", false),
        ("li@", false),
        ("li@example", false),
        ("li@example.", false),
        ("li@.com", false),
        ("li@example..com", false),
        ("li@a@example.com", false),
        ("li na@example.com", false),
        ("li@example.com\n", false),
        ("", false),
    ] {
        let found = problems(draft_with(&[("/shopper/email", json!(email))]), false);
        assert_eq!(found.is_empty(), fits, "{email}: {found:?}");
    }
    let long = format!("{}@example.com", "x".repeat(243));
    let found = problems(draft_with(&[("/shopper/email", json!(long))]), false);
    assert_eq!(found, ["/shopper/email length"]);
}

/// Whether an address fits a deployment that allows `http`, and one that does not.
#[test]
fn an_address_is_https_or_this_machine() {
    let long = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
    for (url, local, public) in [
        ("https://shop.example", true, true),
        ("https://shop.example:8443/thanks?a=1&b=%20#top", true, true),
        ("https://127.0.0.1/", true, true),
        (&long(2048), true, true),
        (&long(2049), false, false),
        ("http://localhost:8788/thanks", true, false),
        ("http://shop.localhost/", true, false),
        ("http://127.0.0.1:8788", true, false),
        ("http://[::1]:8788/", true, false),
        ("http://shop.example/", false, false),
        ("http://127.0.0.1.example/", false, false),
        ("http://localhost.example/", false, false),
        ("HTTPS://shop.example", false, false),
        ("ftp://shop.example", false, false),
        ("javascript://shop.example/%0aalert(1)", false, false),
        ("//shop.example", false, false),
        ("shop.example", false, false),
        ("", false, false),
        ("https://", false, false),
        ("https:///thanks", false, false),
        ("https://?a=1", false, false),
        ("https://shop.example:99999/", false, false),
        ("https://shop.example:0/", false, false),
        ("https://shop.example:/", false, false),
        ("https://user@shop.example", false, false),
        ("https://user:1@shop.example", false, false),
        ("https://evil.example\\.shop.example", false, false),
        ("https://shop.example/a b", false, false),
        ("https://shop.example/\n", false, false),
        ("https://shop.example/<b>", false, false),
        ("https://shop.example/\"", false, false),
        ("https://商店.example/", false, false),
    ] {
        for (allow_http, fits) in [(true, local), (false, public)] {
            let found = problems(draft_with(&[("/return_url", json!(url))]), allow_http);
            assert_eq!(found.is_empty(), fits, "{url}: {found:?}");
            let image = draft_with(&[("/items/0/image_url", json!(url))]);
            assert_eq!(problems(image, allow_http).is_empty(), fits, "{url}");
        }
    }
}

#[test]
fn what_has_not_the_form_of_a_draft_is_not_read() {
    for (pointer, value, says) in [
        ("/total", usd("100.000"), "more decimals"),
        (
            "/total",
            json!({ "amount": "100.0", "currency": "JPY" }),
            "more decimals",
        ),
        (
            "/total",
            json!({ "amount": "1.00", "currency": "USX" }),
            "currency",
        ),
        (
            "/total",
            json!({ "amount": "1.00", "currency": "usd" }),
            "currency",
        ),
        (
            "/total",
            json!({ "amount": "1.00" }),
            "missing field `currency`",
        ),
        (
            "/total",
            json!({ "amount": 100, "currency": "USD" }),
            "string",
        ),
        ("/total", usd("1e2"), "decimal number"),
        ("/total", usd("90071992547409.92"), "too large"),
        ("/total", json!("100.00"), "expected"),
        ("/tip", usd("1.00"), "unknown field `tip`"),
        ("/items/0/price", usd("1.00"), "unknown field `price`"),
        (
            "/shopper/mail",
            json!("li@example.com"),
            "unknown field `mail`",
        ),
        ("/items/0/quantity", json!(-1), "u32"),
        ("/items/0/quantity", json!(1.5), "u32"),
        ("/items/0/quantity", json!("1"), "u32"),
        ("/items", json!({}), "sequence"),
        ("/methods", json!(["cash"]), "unknown variant `cash`"),
        ("/capture", json!("later"), "unknown variant `later`"),
        ("/expires_at", json!("tomorrow"), "time"),
        ("/expires_at", json!(1_795_316_400), "string"),
        ("/metadata/a", json!(1), "string"),
    ] {
        let read = serde_json::from_value::<OrderDraft>(draft_with(&[(pointer, value.clone())]));
        let error = read.expect_err(pointer).to_string();
        assert!(error.contains(says), "{pointer}: {value}: {error}");
    }
    for missing in ["items", "total"] {
        let mut draft = full_draft();
        draft.as_object_mut().unwrap().remove(missing);
        let error = serde_json::from_value::<OrderDraft>(draft).unwrap_err();
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[test]
fn a_shopper_is_not_printed() {
    let details = details(full_draft());
    let draft: OrderDraft = serde_json::from_value(full_draft()).unwrap();
    for text in [
        format!("{details:?}"),
        format!("{draft:?}"),
        format!("{:?}", details.shopper),
    ] {
        for personal in ["li@", "Li Na", "1234", "\"o1\""] {
            assert!(!text.contains(personal), "{text}");
        }
    }
}
