use super::*;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn rate(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn currencies_are_those_that_the_document_of_the_api_names() {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../../../www/openapi.json")).unwrap();
    let named: Vec<&str> = document["components"]["schemas"]["Currency"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    assert_eq!(
        Currency::all().map(Currency::code).collect::<Vec<_>>(),
        named
    );
}

#[test]
fn currencies_are_those_of_the_published_list() {
    let list: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/iso-4217.json")).unwrap();
    let published: Vec<(String, u64)> = list["minor_units"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(code, exponent)| (code.clone(), exponent.as_u64().unwrap()))
        .collect();
    let ours: Vec<(String, u64)> = Currency::all()
        .map(|currency| (currency.code().to_owned(), u64::from(currency.exponent())))
        .collect();
    assert_eq!(ours, published);
    for code in list["without_minor_unit"].as_array().unwrap() {
        assert_eq!(
            Currency::parse(code.as_str().unwrap()),
            Err(MoneyError::UnknownCurrency)
        );
    }
}

#[test]
fn every_code_parses_to_itself_in_order() {
    let all: Vec<Currency> = Currency::all().collect();
    assert!(all.is_sorted_by(|a, b| a < b && a.code() < b.code()));
    for currency in all {
        assert_eq!(Currency::parse(currency.code()), Ok(currency));
    }
}

#[test]
fn constants_are_what_they_are_called() {
    let known = [
        (Currency::AUD, "AUD", 2),
        (Currency::CAD, "CAD", 2),
        (Currency::CHF, "CHF", 2),
        (Currency::CLF, "CLF", 4),
        (Currency::CNY, "CNY", 2),
        (Currency::EUR, "EUR", 2),
        (Currency::GBP, "GBP", 2),
        (Currency::HKD, "HKD", 2),
        (Currency::JPY, "JPY", 0),
        (Currency::KRW, "KRW", 0),
        (Currency::KWD, "KWD", 3),
        (Currency::SGD, "SGD", 2),
        (Currency::USD, "USD", 2),
    ];
    for (currency, code, exponent) in known {
        assert_eq!((currency.code(), currency.exponent()), (code, exponent));
    }
}

#[test]
fn rejects_what_is_no_active_currency() {
    for code in [
        "", "US", "usd", "USDD", " USD", "XAU", "XTS", "XXX", "BGN", "HRK", "DEM", "€",
    ] {
        assert_eq!(
            Currency::parse(code),
            Err(MoneyError::UnknownCurrency),
            "{code}"
        );
    }
}

#[test]
fn parses_plain_decimals() {
    let cases = [
        ("12.34", Currency::USD, 1234),
        ("12.3", Currency::USD, 1230),
        ("12", Currency::USD, 1200),
        ("0", Currency::USD, 0),
        ("-0.00", Currency::USD, 0),
        ("-0.05", Currency::USD, -5),
        ("007.00", Currency::USD, 700),
        ("1000", Currency::JPY, 1000),
        ("1.234", Currency::KWD, 1234),
        ("1.2345", Currency::CLF, 12345),
        ("90071992547409.91", Currency::USD, MINOR_MAX),
        ("-90071992547409.91", Currency::USD, -MINOR_MAX),
    ];
    for (text, currency, minor) in cases {
        assert_eq!(
            Money::parse(text, currency).unwrap().minor(),
            minor,
            "{text}"
        );
    }
}

#[test]
fn rejects_malformed_decimals() {
    let cases = [
        "",
        "-",
        ".",
        "-.",
        "+1",
        "--1",
        "1-",
        "1.",
        ".5",
        "-.5",
        " 1",
        "1 ",
        "1 000",
        "1,000",
        "1,5",
        "1'000",
        "1_000",
        "1e2",
        "1E2",
        "0x10",
        "1.2.3",
        "1.-2",
        "NaN",
        "inf",
        "１２",
        "٣",
        "1.0\n",
        "\u{2212}1",
        "$1",
        "1USD",
    ];
    for text in cases {
        assert_eq!(
            Money::parse(text, Currency::USD),
            Err(MoneyError::Malformed),
            "{text:?}"
        );
    }
}

#[test]
fn rejects_more_decimals_than_the_currency_has() {
    let cases = [
        ("1.234", Currency::USD),
        ("1.230", Currency::USD),
        ("100.0", Currency::JPY),
        ("1.2340", Currency::KWD),
        ("1.00000", Currency::CLF),
    ];
    for (text, currency) in cases {
        assert_eq!(
            Money::parse(text, currency),
            Err(MoneyError::TooManyDecimals),
            "{text}"
        );
    }
}

#[test]
fn rejects_what_is_beyond_the_bound() {
    let long = "9".repeat(10_000);
    for text in [
        "90071992547409.92",
        "-90071992547409.92",
        "9223372036854775807",
        &long,
    ] {
        assert_eq!(Money::parse(text, Currency::USD), Err(MoneyError::Overflow));
    }
    for minor in [MINOR_MAX + 1, -MINOR_MAX - 1, i64::MAX, i64::MIN] {
        assert_eq!(
            Money::from_minor(minor, Currency::USD),
            Err(MoneyError::Overflow)
        );
    }
    assert!(Money::from_minor(MINOR_MAX, Currency::USD).is_ok());
}

#[test]
fn prints_all_decimals() {
    let cases = [
        (1234, Currency::USD, "12.34 USD"),
        (5, Currency::USD, "0.05 USD"),
        (-5, Currency::USD, "-0.05 USD"),
        (0, Currency::USD, "0.00 USD"),
        (1000, Currency::JPY, "1000 JPY"),
        (-7, Currency::KWD, "-0.007 KWD"),
        (12, Currency::CLF, "0.0012 CLF"),
    ];
    for (minor, currency, text) in cases {
        let money = Money::from_minor(minor, currency).unwrap();
        assert_eq!(money.to_string(), text);
        assert_eq!(format!("{money:?}"), text);
    }
}

#[test]
fn json_is_pinned() {
    let text = r#"{"amount":"12.34","currency":"USD"}"#;
    assert_eq!(serde_json::to_string(&usd(1234)).unwrap(), text);
    assert_eq!(serde_json::from_str::<Money>(text).unwrap(), usd(1234));
}

#[test]
fn json_rejects_what_is_not_exact() {
    let cases = [
        r#"{"amount":12.34,"currency":"USD"}"#,
        r#"{"amount":"12.345","currency":"USD"}"#,
        r#"{"amount":"12.34","currency":"usd"}"#,
        r#"{"amount":"12.34","currency":"XAU"}"#,
        r#"{"amount":"12.34"}"#,
        r#"{"currency":"USD"}"#,
        r#"{"amount":"12.34","currency":"USD","note":1}"#,
        r#"{"amount":"12.34","amount":"1.00","currency":"USD"}"#,
        r#"{"amount":null,"currency":"USD"}"#,
        r#""12.34 USD""#,
    ];
    for text in cases {
        assert!(serde_json::from_str::<Money>(text).is_err(), "{text}");
    }
}

#[test]
fn amounts_of_different_currencies_do_not_mix() {
    let euro = Money::from_minor(1, Currency::EUR).unwrap();
    assert_eq!(usd(1).checked_add(euro), Err(MoneyError::CurrencyMismatch));
    assert_eq!(usd(1).checked_sub(euro), Err(MoneyError::CurrencyMismatch));
    assert_eq!(usd(1).partial_cmp(&euro), None);
    assert_ne!(usd(1), euro);
    assert_ne!(Money::zero(Currency::USD), Money::zero(Currency::EUR));
    assert!(usd(1) < usd(2));
}

#[test]
fn arithmetic_rejects_overflow() {
    assert_eq!(
        usd(MINOR_MAX).checked_add(usd(1)),
        Err(MoneyError::Overflow)
    );
    assert_eq!(
        usd(-MINOR_MAX).checked_sub(usd(1)),
        Err(MoneyError::Overflow)
    );
    assert_eq!(usd(MINOR_MAX).checked_mul(2), Err(MoneyError::Overflow));
    assert_eq!(
        usd(MINOR_MAX).checked_mul(u32::MAX),
        Err(MoneyError::Overflow)
    );
    assert_eq!(usd(-3).checked_mul(7), Ok(usd(-21)));
    assert_eq!(usd(3).checked_mul(0), Ok(usd(0)));
}

#[test]
fn allocation_gives_left_over_units_to_the_largest_remainder() {
    let split = |minor, weights: &[u32]| {
        let parts = usd(minor).allocate(weights).unwrap();
        parts.into_iter().map(Money::minor).collect::<Vec<_>>()
    };
    assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(split(5, &[3, 7]), [2, 3]);
    assert_eq!(split(1, &[1, 2]), [0, 1]);
    assert_eq!(split(1, &[0, 0, 1, 0]), [0, 0, 1, 0]);
    assert_eq!(split(0, &[1, 2]), [0, 0]);
    assert_eq!(split(MINOR_MAX, &[u32::MAX]), [MINOR_MAX]);
    assert_eq!(usd(1).allocate(&[]), Err(MoneyError::NoWeights));
    assert_eq!(usd(1).allocate(&[0, 0]), Err(MoneyError::NoWeights));
}

#[test]
fn rounding_is_as_named() {
    use Rounding::{Down, HalfEven, HalfUp, Up};
    // Ten per cent of the amount, so that its last digit is what is rounded.
    let cases = [
        (14, [1, 1, 1, 2]),
        (15, [1, 2, 2, 2]),
        (16, [1, 2, 2, 2]),
        (20, [2, 2, 2, 2]),
        (25, [2, 2, 3, 3]),
        (-14, [-1, -1, -1, -2]),
        (-15, [-1, -2, -2, -2]),
        (-25, [-2, -2, -3, -3]),
        (1, [0, 0, 0, 1]),
        (5, [0, 0, 1, 1]),
    ];
    for (minor, expected) in cases {
        let rounded = [Down, HalfEven, HalfUp, Up]
            .map(|rounding| usd(minor).percentage(rate("10"), rounding).unwrap().minor());
        assert_eq!(rounded, expected, "{minor}");
    }
}

#[test]
fn percentage_takes_points_of_a_hundred() {
    let of = |minor, points| {
        usd(minor)
            .percentage(rate(points), Rounding::HalfEven)
            .unwrap()
    };
    assert_eq!(of(10_000, "7.25"), usd(725));
    assert_eq!(of(10_000, "-7.25"), usd(-725));
    assert_eq!(of(10_000, "0"), usd(0));
    assert_eq!(of(10_000, "100.0000000000000000000000000"), usd(10_000));
    assert_eq!(of(MINOR_MAX, "100"), usd(MINOR_MAX));
    assert_eq!(of(1, "0.0000000000000000000000000001"), usd(0));
    assert_eq!(
        usd(MINOR_MAX).percentage(rate("101"), Rounding::Down),
        Err(MoneyError::Overflow)
    );
    assert_eq!(
        usd(1).percentage(Decimal::MAX, Rounding::Down),
        Err(MoneyError::Overflow)
    );
}

#[test]
fn percentage_of_large_amounts_is_exact() {
    // (2^53 − 1) × 0.99999999, rounded down: more digits than a binary float has.
    let exact = 9_007_199_164_668_998;
    let points = rate("99.999999");
    assert_eq!(
        usd(MINOR_MAX).percentage(points, Rounding::Down),
        Ok(usd(exact))
    );
}

#[test]
fn conversion_respects_both_exponents() {
    let convert = |minor, from, text, to| {
        let money = Money::from_minor(minor, from).unwrap();
        money
            .convert(rate(text), to, Rounding::HalfUp)
            .map(Money::minor)
    };
    assert_eq!(convert(100, Currency::USD, "150", Currency::JPY), Ok(150));
    assert_eq!(
        convert(150, Currency::JPY, "0.0066667", Currency::USD),
        Ok(100)
    );
    assert_eq!(convert(100, Currency::USD, "0.307", Currency::KWD), Ok(307));
    assert_eq!(convert(-100, Currency::USD, "7.1", Currency::CNY), Ok(-710));
    assert_eq!(convert(1, Currency::JPY, "1", Currency::CLF), Ok(10_000));
    assert_eq!(convert(5_000, Currency::CLF, "1", Currency::JPY), Ok(1));
    assert_eq!(
        convert(MINOR_MAX, Currency::JPY, "1", Currency::CLF),
        Err(MoneyError::Overflow)
    );
    for text in ["0", "-1"] {
        assert_eq!(
            convert(1, Currency::USD, text, Currency::EUR),
            Err(MoneyError::RateNotPositive)
        );
    }
}

fn any_money() -> impl Strategy<Value = Money> {
    let currencies: Vec<Currency> = Currency::all().collect();
    (-MINOR_MAX..=MINOR_MAX, proptest::sample::select(currencies))
        .prop_map(|(minor, currency)| Money::from_minor(minor, currency).unwrap())
}

proptest! {
    #![proptest_config(crate::testing::same_cases())]

    #[test]
    fn text_and_json_read_back(money in any_money()) {
        prop_assert_eq!(Money::parse(&money.to_decimal(), money.currency()), Ok(money));
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC*|-?[0-9]{0,25}\\.?[0-9]{0,6}") {
        let _ = Money::parse(&text, Currency::USD);
    }

    #[test]
    fn allocation_loses_nothing(
        minor in -MINOR_MAX..=MINOR_MAX,
        weights in proptest::collection::vec(0u32.., 1..20),
    ) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        let parts = usd(minor).allocate(&weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), minor);
        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        for (part, &weight) in parts.iter().zip(&weights) {
            // Each part is less than one unit away from its exact share.
            let away = i128::from(part.minor()) * total - i128::from(minor) * i128::from(weight);
            prop_assert!(away.abs() < total);
        }
    }

    #[test]
    fn adding_then_subtracting_returns(a in any_money(), b in -MINOR_MAX..=MINOR_MAX) {
        let b = Money::from_minor(b, a.currency()).unwrap();
        if let Ok(sum) = a.checked_add(b) {
            prop_assert_eq!(sum.checked_sub(b), Ok(a));
        } else {
            prop_assert!((i128::from(a.minor()) + i128::from(b.minor())).abs() > i128::from(MINOR_MAX));
        }
    }

    #[test]
    fn roundings_bracket_each_other(minor in -1_000_000_000i64..=1_000_000_000, points in 0i64..=2_000_000) {
        let rate = Decimal::new(points, 4);
        let by = |rounding| usd(minor).percentage(rate, rounding).unwrap().minor().abs();
        let (down, up) = (by(Rounding::Down), by(Rounding::Up));
        prop_assert!(up - down <= 1);
        for nearest in [by(Rounding::HalfEven), by(Rounding::HalfUp)] {
            prop_assert!(down <= nearest && nearest <= up);
        }
        // A whole hundred of hundredths of points divides evenly.
        let exact = i128::from(minor) * i128::from(points);
        prop_assert_eq!(down == up, exact % 1_000_000 == 0);
    }
}
