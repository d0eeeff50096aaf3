mod typing;

use super::*;
use crate::testing::same_cases;
use proptest::prelude::*;

/// Test numbers that channels publish (Stripe, Adyen, PayPal); those of Mir, RuPay and the end of
/// Mastercard's range are made up, with the right check digit.
const NUMBERS: [(&str, Brand); 24] = [
    ("4242424242424242", Brand::Visa),
    ("4111111111111111", Brand::Visa),
    ("4222222222222", Brand::Visa),
    ("4035501000000008", Brand::Visa),
    ("5555555555554444", Brand::Mastercard),
    ("5105105105105100", Brand::Mastercard),
    ("2223003122003222", Brand::Mastercard),
    ("2720990000000007", Brand::Mastercard),
    ("378282246310005", Brand::Amex),
    ("371449635398431", Brand::Amex),
    ("6011111111111117", Brand::Discover),
    ("6011000990139424", Brand::Discover),
    ("3056930009020004", Brand::Diners),
    ("36227206271667", Brand::Diners),
    ("38520000023237", Brand::Diners),
    ("3566002020360505", Brand::Jcb),
    ("3530111333300000", Brand::Jcb),
    ("6200000000000005", Brand::UnionPay),
    ("6205500000000000004", Brand::UnionPay),
    ("8171999927660000", Brand::UnionPay),
    ("6771798021000008", Brand::Maestro),
    ("5000550000000029", Brand::Maestro),
    ("2200000000000004", Brand::Mir),
    ("6521500000000006", Brand::RuPay),
];

#[test]
fn published_test_numbers_pass() {
    for (number, brand) in NUMBERS {
        assert_eq!(check_number(number), Ok(brand), "{number}");
    }
}

#[test]
fn brands_at_the_edges_of_their_ranges() {
    let cases = [
        ("", Brand::Unknown),
        ("4", Brand::Visa),
        ("3", Brand::Unknown),
        ("34", Brand::Amex),
        ("35", Brand::Unknown),
        ("3527", Brand::Unknown),
        ("3528", Brand::Jcb),
        ("353", Brand::Jcb),
        ("3589", Brand::Jcb),
        ("3590", Brand::Unknown),
        ("305", Brand::Diners),
        ("306", Brand::Unknown),
        ("3095", Brand::Diners),
        ("36", Brand::Diners),
        ("37", Brand::Amex),
        ("39", Brand::Diners),
        ("2", Brand::Unknown),
        ("22", Brand::Unknown),
        ("220", Brand::Unknown),
        ("2200", Brand::Mir),
        ("2204", Brand::Mir),
        ("2205", Brand::Unknown),
        ("2220", Brand::Unknown),
        ("2221", Brand::Mastercard),
        ("23", Brand::Mastercard),
        ("2720", Brand::Mastercard),
        ("2721", Brand::Unknown),
        ("5", Brand::Unknown),
        ("50", Brand::Maestro),
        ("51", Brand::Mastercard),
        ("55", Brand::Mastercard),
        ("56", Brand::Maestro),
        ("59", Brand::Unknown),
        ("5084", Brand::Maestro),
        ("5085", Brand::RuPay),
        ("5089", Brand::RuPay),
        ("509", Brand::Maestro),
        ("60", Brand::Unknown),
        ("6011", Brand::Discover),
        ("6012", Brand::Unknown),
        ("606984", Brand::Unknown),
        ("606985", Brand::RuPay),
        ("607984", Brand::RuPay),
        ("607985", Brand::Unknown),
        ("608001", Brand::RuPay),
        ("608501", Brand::Unknown),
        ("62", Brand::UnionPay),
        ("622126", Brand::UnionPay),
        ("63", Brand::Maestro),
        ("643", Brand::Unknown),
        ("644", Brand::Discover),
        ("65", Brand::Discover),
        ("652149", Brand::Discover),
        ("652150", Brand::RuPay),
        ("653149", Brand::RuPay),
        ("653150", Brand::Discover),
        ("66", Brand::Unknown),
        ("67", Brand::Maestro),
        ("80", Brand::Unknown),
        ("81", Brand::UnionPay),
        ("8171", Brand::UnionPay),
        ("8172", Brand::RuPay),
        ("82", Brand::RuPay),
        ("83", Brand::Unknown),
        ("9", Brand::Unknown),
        ("4a", Brand::Unknown),
        ("４２", Brand::Visa),
    ];
    for (prefix, brand) in cases {
        assert_eq!(Brand::detect(prefix), brand, "{prefix}");
    }
}

#[test]
fn numbers_as_people_write_them() {
    for text in [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        " 4242\u{a0}4242\u{2009}42424242\n",
        "4242\u{2013}4242\u{ff0d}4242\u{3000}4242",
        "４２４２４２４２４２４２４２４２",
    ] {
        assert_eq!(check_number(text), Ok(Brand::Visa), "{text:?}");
    }
}

#[test]
fn rejects_numbers_by_their_fault() {
    let cases = [
        ("", CardError::Empty),
        (" - ", CardError::Empty),
        ("4242 4242 4242 424a", CardError::Letters),
        ("4242/4242", CardError::Letters),
        ("abc", CardError::Letters),
        ("４２४２四", CardError::Letters),
        ("٤٢٤٢", CardError::Letters),
        ("4", CardError::TooShort),
        ("42424242424242", CardError::TooShort),
        ("42424242424242424", CardError::TooShort),
        ("42424242424242424242", CardError::TooLong),
        ("55555555555544444", CardError::TooLong),
        ("37828224631000", CardError::TooShort),
        ("3782822463100051", CardError::TooLong),
        ("620000000000000", CardError::TooShort),
        ("62000000000000000000", CardError::TooLong),
        ("9", CardError::TooShort),
        ("4242424242424241", CardError::Checksum),
        ("4242424242422442", CardError::Checksum),
        ("378282246310006", CardError::Checksum),
        ("9000000000000000", CardError::Checksum),
    ];
    for (text, error) in cases {
        assert_eq!(check_number(text), Err(error), "{text}");
    }
}

#[test]
fn unionpay_needs_no_check_digit() {
    assert!(!luhn("6200000000000004"));
    assert_eq!(check_number("6200000000000004"), Ok(Brand::UnionPay));
    assert_eq!(check_number("6212345678901234567"), Ok(Brand::UnionPay));
}

#[test]
fn an_unclaimed_number_is_judged_by_luhn_alone() {
    assert_eq!(check_number("9000000000000001"), Ok(Brand::Unknown));
    assert_eq!(check_number("9000000000000002"), Err(CardError::Checksum));
}

#[test]
fn luhn_takes_ascii_digits_only() {
    // The example of ISO/IEC 7812-1, annex B.
    assert!(luhn("49927398716"));
    assert!(!luhn("49927398717"));
    assert!(luhn("0"));
    for text in ["", "4a", " 0", "-0", "０"] {
        assert!(!luhn(text), "{text:?}");
    }
}

#[test]
fn security_codes() {
    assert_eq!(check_cvc("123", Brand::Visa), Ok(()));
    assert_eq!(check_cvc("１２３", Brand::Visa), Ok(()));
    assert_eq!(check_cvc("1234", Brand::Visa), Err(CardError::TooLong));
    assert_eq!(check_cvc("12", Brand::Visa), Err(CardError::TooShort));
    assert_eq!(check_cvc("1234", Brand::Amex), Ok(()));
    assert_eq!(check_cvc("123", Brand::Amex), Err(CardError::TooShort));
    assert_eq!(check_cvc("1234", Brand::Unknown), Ok(()));
    assert_eq!(check_cvc("12345", Brand::Unknown), Err(CardError::TooLong));
    assert_eq!(check_cvc("", Brand::Visa), Err(CardError::Empty));
    assert_eq!(check_cvc("12x", Brand::Visa), Err(CardError::Letters));
    let names = [Brand::Visa, Brand::Mastercard, Brand::UnionPay, Brand::Amex].map(Brand::cvc_name);
    assert_eq!(names, ["CVV", "CVC", "CVN", "CID"]);
}

#[test]
fn last_four_digits() {
    assert_eq!(last4("4242 4242 4242 1234"), "1234");
    assert_eq!(last4("４２４２ ４２４２ ４２４２ １２３４"), "1234");
    for text in ["", "42424242", "4242 4242 4242 12ab"] {
        assert_eq!(last4(text), "", "{text}");
    }
}

#[test]
fn expiry_dates_are_read() {
    let cases = [
        ("12/29", 2029, 12),
        ("1229", 2029, 12),
        ("12 / 2029", 2029, 12),
        ("1/29", 2029, 1),
        ("129", 2029, 1),
        ("12029", 2029, 1),
        ("122029", 2029, 12),
        ("12-29", 2029, 12),
        ("12.2029", 2029, 12),
        ("2029-12", 2029, 12),
        ("2029-1", 2029, 1),
        ("１２ ／ ２９", 2029, 12),
        (" 01 / 00 ", 2000, 1),
    ];
    for (text, year, month) in cases {
        let expiry = Expiry::parse(text).unwrap();
        assert_eq!((expiry.year(), expiry.month()), (year, month), "{text}");
        assert_eq!(Expiry::new(year, month), Ok(expiry));
    }
}

#[test]
fn rejects_what_is_no_expiry_date() {
    let cases = [
        ("", ExpiryError::Empty),
        (" ", ExpiryError::Empty),
        ("/", ExpiryError::Malformed),
        ("1", ExpiryError::Malformed),
        ("12", ExpiryError::Malformed),
        ("12/", ExpiryError::Malformed),
        ("12/2", ExpiryError::Malformed),
        ("12/029", ExpiryError::Malformed),
        ("12/20290", ExpiryError::Malformed),
        ("/29", ExpiryError::Malformed),
        ("012/29", ExpiryError::Malformed),
        ("1220290", ExpiryError::Malformed),
        ("12/29/30", ExpiryError::Malformed),
        ("12//29", ExpiryError::Malformed),
        ("Dec 29", ExpiryError::Malformed),
        ("12/1929", ExpiryError::Malformed),
        ("12/3000", ExpiryError::Malformed),
        ("00/29", ExpiryError::Month),
        ("13/29", ExpiryError::Month),
        ("99/29", ExpiryError::Month),
        ("2029-13", ExpiryError::Month),
    ];
    for (text, error) in cases {
        assert_eq!(Expiry::parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_card_is_valid_to_the_end_of_its_month() {
    let check = |year, month| Expiry::new(year, month).unwrap().check(2026, 11);
    assert_eq!(check(2026, 11), Ok(()));
    assert_eq!(check(2026, 12), Ok(()));
    assert_eq!(check(2027, 1), Ok(()));
    assert_eq!(check(2026, 10), Err(ExpiryError::Past));
    assert_eq!(check(2025, 12), Err(ExpiryError::Past));
    assert_eq!(check(2046, 12), Ok(()));
    assert_eq!(check(2047, 1), Err(ExpiryError::TooFar));
    assert_eq!(check(2092, 12), Err(ExpiryError::TooFar));
}

fn card() -> CardPlain {
    let expiry = Expiry::new(2029, 7).unwrap();
    CardPlain::new(
        "4242 4242 4242 4242",
        expiry,
        "１２３",
        " Zoë \"Z\" O\\Neill\u{1} ",
    )
    .unwrap()
}

const ENCODED: &str = r#"{"number":"4242424242424242","exp_month":7,"exp_year":2029,"cvc":"123","name":"Zoë \"Z\" O\\Neill\u0001"}"#;

#[test]
fn a_card_is_encoded_as_json() {
    let encoded = card().encode();
    assert_eq!(std::str::from_utf8(&encoded).unwrap(), ENCODED);
    // A real parser reads the same.
    let value: serde_json::Value = serde_json::from_slice(&encoded).unwrap();
    assert_eq!(value["name"], "Zoë \"Z\" O\\Neill\u{1}");
    assert_eq!(
        (&value["exp_month"], &value["exp_year"]),
        (&7.into(), &2029.into())
    );
}

#[test]
fn an_encoded_card_reads_back() {
    let card = CardPlain::decode(ENCODED.as_bytes()).unwrap();
    assert_eq!(
        (card.number.as_str(), card.cvc.as_str()),
        ("4242424242424242", "123")
    );
    assert_eq!((card.expiry_month, card.expiry_year), (7, 2029));
    assert_eq!(card.holder, "Zoë \"Z\" O\\Neill\u{1}");
}

#[test]
fn rejects_what_is_no_encoded_card() {
    let cases = [
        (
            "4242424242424242\"",
            "4242424242424241\"",
            CardError::Checksum,
        ),
        ("4242424242424242\"", "4242\"", CardError::TooShort),
        ("4242424242424242\"", "\"", CardError::Empty),
        (
            "4242424242424242\"",
            "4242424242424242a\"",
            CardError::Letters,
        ),
        ("\"123\"", "\"12\"", CardError::TooShort),
        ("\"123\"", "\"12a\"", CardError::Letters),
        (":7,", ":13,", CardError::Malformed),
        (":7,", ":0,", CardError::Malformed),
        (":7,", ":07,", CardError::Malformed),
        (":7,", ":300,", CardError::Malformed),
        (":7,", ":-7,", CardError::Malformed),
        (":7,", ":,", CardError::Malformed),
        ("2029", "20290", CardError::Malformed),
        ("2029", "1029", CardError::Malformed),
        ("\"cvc\"", "\"CVC\"", CardError::Malformed),
        ("\"name\":", "\"name\": ", CardError::Malformed),
        ("\\u0001", "\\u0041", CardError::Malformed),
        ("\\u0001", "\\u1001", CardError::Malformed),
        ("\\u0001", "\\n", CardError::Malformed),
        ("\\u0001", "\u{1}", CardError::Malformed),
        ("\\u0001\"}", "\\", CardError::Malformed),
        ("}", "}}", CardError::Malformed),
        ("{", "", CardError::Malformed),
    ];
    for (from, to, error) in cases {
        assert!(ENCODED.contains(from));
        let json = ENCODED.replacen(from, to, 1);
        assert_eq!(
            CardPlain::decode(json.as_bytes()).err(),
            Some(error),
            "{json}"
        );
    }
    for length in 0..ENCODED.len() {
        assert_eq!(
            CardPlain::decode(&ENCODED.as_bytes()[..length]).err(),
            Some(CardError::Malformed),
            "{length}"
        );
    }
    let json = ENCODED.replace("Zoë", "Zo").into_bytes();
    let broken: Vec<u8> = json
        .iter()
        .map(|&b| if b == b'Z' { 0xff } else { b })
        .collect();
    assert_eq!(CardPlain::decode(&broken).err(), Some(CardError::Malformed));
}

#[test]
fn a_card_is_checked_when_it_is_made() {
    let expiry = Expiry::new(2029, 7).unwrap();
    let make = |number, cvc, holder: &str| CardPlain::new(number, expiry, cvc, holder).err();
    assert_eq!(
        make("4242424242424241", "123", ""),
        Some(CardError::Checksum)
    );
    assert_eq!(
        make("4242424242424242", "1234", ""),
        Some(CardError::TooLong)
    );
    assert_eq!(make("4242424242424242", "", ""), None);
    assert_eq!(make("4242424242424242", "123", &"a".repeat(200)), None);
    assert_eq!(
        make("4242424242424242", "123", &"a".repeat(201)),
        Some(CardError::TooLong)
    );
}

#[test]
fn debug_shows_no_card() {
    assert_eq!(
        format!("{:?} {:#?}", card(), card()),
        "CardPlain(…) CardPlain(…)"
    );
}

#[test]
fn every_brand_has_names_and_lengths() {
    let brands = NUMBERS.map(|(_, brand)| brand);
    for brand in brands {
        assert!(!brand.name().is_empty());
        assert!(brand.lengths().is_sorted() && *brand.lengths().last().unwrap() <= 19);
        assert!(brand.as_str().bytes().all(|b| b.is_ascii_lowercase()));
        assert_eq!(brand.to_string(), brand.as_str());
    }
}

proptest! {
    #![proptest_config(same_cases())]

    #[test]
    fn a_wrong_digit_or_a_swap_fails_luhn(number in "[0-9]{15}", place in 0usize..14, by in 1u8..10) {
        let check = (b'0'..=b'9').find(|&b| luhn(&format!("{number}{}", char::from(b)))).unwrap();
        let mut bytes = number.into_bytes();
        bytes.push(check);
        let mut wrong = bytes.clone();
        wrong[place] = b'0' + (wrong[place] - b'0' + by) % 10;
        prop_assert!(!luhn(std::str::from_utf8(&wrong).unwrap()));
        // Luhn's known blind spot is 09 and 90.
        let pair = (bytes[place], bytes[place + 1]);
        prop_assume!(pair.0 != pair.1 && pair != (b'0', b'9') && pair != (b'9', b'0'));
        bytes.swap(place, place + 1);
        prop_assert!(!luhn(std::str::from_utf8(&bytes).unwrap()));
    }

    #[test]
    fn names_of_all_kinds_read_back(name in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
        let expiry = Expiry::new(2029, 7).unwrap();
        let card = CardPlain::new("4242424242424242", expiry, "123", &name);
        prop_assume!(card.is_ok());
        let card = card.unwrap();
        let again = CardPlain::decode(&card.encode()).unwrap();
        prop_assert_eq!(&again.holder, &card.holder);
        let value: serde_json::Value = serde_json::from_slice(&card.encode()).unwrap();
        prop_assert_eq!(value["name"].as_str().unwrap(), &card.holder);
    }
}
