//! How numbers and dates look while they are typed.

use super::*;

/// `|` is the caret, before and after.
fn typed(format: fn(&str, usize) -> (String, usize), input: &str) -> String {
    let caret = input.split('|').next().unwrap().encode_utf16().count();
    let (text, caret) = format(&input.replace('|', ""), caret);
    let mut units: Vec<u16> = text.encode_utf16().collect();
    units.insert(caret, u16::from(b'|'));
    String::from_utf16(&units).unwrap()
}

#[test]
fn numbers_are_grouped_with_the_caret_kept() {
    let cases = [
        ("|", "|"),
        ("4|", "4|"),
        ("4242|", "4242|"),
        ("42424|", "4242 4|"),
        ("4242424242424242|", "4242 4242 4242 4242|"),
        ("4242424242424242420|", "4242 4242 4242 4242 420|"),
        ("42424242424242424299|", "4242 4242 4242 4242 429|"),
        ("3782822463|", "3782 822463|"),
        ("378282246310005|", "3782 822463 10005|"),
        ("36227206271667|", "3622 720627 1667|"),
        ("3622720627166712|", "3622 7206 2716 6712|"),
        ("6205500000000000004|", "6205 5000 0000 0000 004|"),
        // Typing in the middle.
        ("4249|2 4242", "4249| 2424 2"),
        ("42942 |4242", "4294 2|424 2"),
        ("4242 94|242", "4242 94|24 2"),
        // Backspace takes a digit, then the space, then goes on before it.
        ("4242 |242", "4242| 242"),
        ("4242|242", "4242| 242"),
        ("424| 242", "424|2 42"),
        // Pasting, over all and into the middle.
        (
            "４２４２ ４２４２　４２４２-４２４２|",
            "4242 4242 4242 4242|",
        ),
        ("42 1111-1111 |42", "4211 1111 11|42"),
        ("4242\u{2013}42|42", "4242 42|42"),
        // The first digit goes, and with it the brand and its grouping.
        ("|282 822463 10005", "|2828 2246 3100 05"),
        // What does not belong there stays, to be seen.
        ("4242a|4242", "4242a|4242"),
        ("é|", "é|"),
    ];
    for (input, expected) in cases {
        assert_eq!(typed(format_number, input), expected, "{input}");
    }
    // A caret beyond the end is taken for the end.
    assert_eq!(format_number("42424", 99), ("4242 4".to_owned(), 6));
}

#[test]
fn expiry_dates_are_written_with_the_caret_kept() {
    let cases = [
        ("|", "|"),
        ("1|", "1|"),
        ("0|", "0|"),
        ("5|", "05|"),
        ("12|", "12|"),
        ("13|", "13|"),
        ("122|", "12 / 2|"),
        ("12 / 29|", "12 / 29|"),
        ("12 / 293|", "12 / 29|"),
        ("12 / 20|", "12 / 20|"),
        ("12 / 202|", "12 / 202|"),
        ("12 / 2029|", "12 / 2029|"),
        ("12 / 20291|", "12 / 2029|"),
        ("1/|", "01 /|"),
        ("12/|", "12 /|"),
        ("/|", "|"),
        ("12 /2|", "12 / 2|"),
        // Backspace, key by key.
        ("12 / 2|", "12 / 2|"),
        ("12 / |", "12 /|"),
        ("12 |", "12|"),
        // Backspace from before the year into the month.
        ("12 /|29", "12| / 29"),
        ("1| / 29", "1| / 29"),
        ("| / 29", "| / 29"),
        // Typing in the month, with and without room.
        ("11| / 29", "11| / 29"),
        ("5| / 29", "5| / 29"),
        ("112| / 29", "11| / 29"),
        ("1|12 / 29", "1|1 / 29"),
        ("112 / 2|9", "11 / 2|9"),
        // Typing in the year.
        ("12 / 2|9", "12 / 2|9"),
        ("12 / |29", "12 / |29"),
        ("1 / 2|9", "01 / 2|9"),
        // Pasting and filling in.
        ("12/29|", "12 / 29|"),
        ("1/29|", "01 / 29|"),
        ("1229|", "12 / 29|"),
        ("122029|", "12 / 2029|"),
        ("12-2029|", "12 / 2029|"),
        ("2029-12|", "12 / 2029|"),
        ("１２／２９|", "12 / 29|"),
        ("529|", "05 / 29|"),
        // What does not belong there stays, to be seen.
        ("12/29/30|", "12/29/30|"),
        ("Dec|", "Dec|"),
    ];
    for (input, expected) in cases {
        assert_eq!(typed(format_expiry, input), expected, "{input}");
    }
}

proptest! {
    #![proptest_config(same_cases())]

    #[test]
    fn formatting_keeps_digits_and_the_ones_before_the_caret(
        input in "[0-9０-９ -]{0,19}",
        caret in 0usize..20,
    ) {
        let units: Vec<u16> = input.encode_utf16().collect();
        let caret = caret.min(units.len());
        let count = |text: &str| text.chars().filter_map(digit).count();
        let (text, after) = format_number(&input, caret);
        prop_assert_eq!(text.replace(' ', ""), input.chars().filter_map(digit).collect::<String>());
        let before = String::from_utf16(&units[..caret]).unwrap();
        prop_assert_eq!(count(&text[..after]), count(&before));
        // Formatting once is enough.
        prop_assert_eq!(format_number(&text, after), (text, after));
    }

    #[test]
    fn formatting_any_text_is_safe(input in "\\PC{0,30}|[0-9/ .-]{0,12}", caret in 0usize..40) {
        let (text, after) = format_number(&input, caret);
        prop_assert!(text == input || after <= text.len());
        let (text, after) = format_expiry(&input, caret);
        prop_assert!(text == input || after <= text.len());
        let _ = (check_number(&input).err(), Expiry::parse(&input).err(), last4(&input));
    }

    #[test]
    fn a_formatted_expiry_date_means_the_same(input in "[0-9]{1,2} ?/ ?(20)?[0-9]{2}") {
        let (text, _) = format_expiry(&input, input.len());
        prop_assert_eq!(Expiry::parse(&text), Expiry::parse(&input));
        prop_assert_eq!(format_expiry(&text, text.len()).0, text);
    }
}
