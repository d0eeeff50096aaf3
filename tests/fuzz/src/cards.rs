//! Cards: the plaintext of an envelope, and what is typed.
//!
//! Form: the bytes themselves, taken as both.

use causeway_shared::card::{
    Brand, CardPlain, Expiry, check_cvc, check_number, digits, format_expiry, format_number, last4,
};

/// Takes one card.
pub fn read(data: &[u8]) {
    if let Ok(card) = CardPlain::decode(data) {
        plain(&card);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        number(text);
        expiry(text);
    }
}

fn plain(card: &CardPlain) {
    let encoded = card.encode();
    let again = CardPlain::decode(&encoded).unwrap();
    assert_eq!(*again.encode(), *encoded);
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    assert!((8..=19).contains(&card.number.len()) && all_digits(&card.number));
    assert!(card.cvc.len() <= 4 && all_digits(&card.cvc));
    assert!((1..=12).contains(&card.expiry_month));
    assert!(card.holder.len() <= 200);
    assert!(!format!("{card:?}").contains(&card.number));
}

fn number(text: &str) {
    // In the frame, the caret is anywhere.
    for caret in [0, text.encode_utf16().count()] {
        let (formatted, after) = format_number(text, caret);
        assert!(after <= formatted.encode_utf16().count().max(caret));
        assert_eq!(format_number(&formatted, after), (formatted, after));
    }
    assert!(last4(text).chars().count() <= 4);
    let Ok(brand) = check_number(text) else {
        return;
    };
    let plain = digits(text).unwrap();
    assert!(brand.lengths().contains(&plain.len()), "{}", plain.len());
    let (formatted, _) = format_number(text, 0);
    assert_eq!(*digits(&formatted).unwrap(), *plain);
    assert!(check_number(&formatted).is_ok());
    // A security code of the number's own digits: of the brand's length, or refused.
    for length in 0..=5.min(plain.len()) {
        let fits = check_cvc(&plain[..length], brand).is_ok();
        let wanted = length == brand.cvc_length() || (brand == Brand::Unknown && length == 4);
        assert_eq!(fits, wanted, "{brand:?} {length}");
    }
}

fn expiry(text: &str) {
    for caret in [0, text.encode_utf16().count()] {
        let (formatted, after) = format_expiry(text, caret);
        assert!(after <= formatted.encode_utf16().count().max(caret));
    }
    if let Ok(expiry) = Expiry::parse(text) {
        assert!((1..=12).contains(&expiry.month()));
        assert!((1000..=9999).contains(&expiry.year()) || expiry.year() < 2100);
        let again = format!("{:02}/{:04}", expiry.month(), expiry.year());
        assert_eq!(Expiry::parse(&again), Ok(expiry));
    }
}
