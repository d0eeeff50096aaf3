//! Card numbers and security codes: checks, and how a number looks while it is typed.

use super::{Brand, CardError, digit, digits, is_spacing};

/// No card number is longer (ISO/IEC 7812).
const LENGTH_MAX: usize = 19;

/// Checks a number as typed or pasted, and tells its brand.
///
/// # Errors
/// [`CardError::Empty`], [`CardError::Letters`], [`CardError::TooShort`], [`CardError::TooLong`],
/// [`CardError::Checksum`]. A length between two valid ones is too short.
pub fn check_number(text: &str) -> Result<Brand, CardError> {
    let digits = digits(text)?;
    let brand = Brand::detect(&digits);
    let lengths = brand.lengths();
    if !lengths.contains(&digits.len()) {
        let longest = lengths.iter().copied().max().unwrap_or(LENGTH_MAX);
        let error = if digits.len() > longest {
            CardError::TooLong
        } else {
            CardError::TooShort
        };
        return Err(error);
    }
    if brand.has_check_digit() && !luhn(&digits) {
        return Err(CardError::Checksum);
    }
    Ok(brand)
}

/// Whether the last of these ASCII digits is the check digit after Luhn (ISO/IEC 7812-1, annex B).
pub fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return false;
        }
        // Every second digit from the right is doubled, and its two digits are added.
        sum += match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        };
    }
    !digits.is_empty() && sum % 10 == 0
}

/// Checks a security code. A card of an unknown brand may have three or four digits.
///
/// # Errors
/// [`CardError::Empty`], [`CardError::Letters`], [`CardError::TooShort`], [`CardError::TooLong`].
pub fn check_cvc(text: &str, brand: Brand) -> Result<(), CardError> {
    let length = digits(text)?.len();
    let longest = if matches!(brand, Brand::Unknown) {
        4
    } else {
        brand.cvc_length()
    };
    if length < brand.cvc_length() {
        Err(CardError::TooShort)
    } else if length > longest {
        Err(CardError::TooLong)
    } else {
        Ok(())
    }
}

/// The last four digits, which may be kept and shown; empty if there are not at least twelve.
pub fn last4(text: &str) -> String {
    match digits(text) {
        Ok(digits) if digits.len() >= 12 => digits.chars().skip(digits.len() - 4).collect(),
        _ => String::new(),
    }
}

/// Groups a number as it is printed on the card: 4-6-5 for American Express, 4-6-4 for Diners
/// Club, otherwise fours. Digits beyond the nineteenth go.
///
/// `caret` is where the caret stands in `input`, in UTF-16 units as in `selectionStart`; the answer
/// has it behind the same digit, and before the space where a group ends. A text with anything but
/// digits, spaces and dashes is left as it is, for [`check_number`] to say what is wrong.
///
/// A browser's Delete in front of a space takes only the space away, which comes back here: the
/// caller moves the caret over the space first.
pub fn format_number(input: &str, caret: usize) -> (String, usize) {
    let mut number = String::with_capacity(input.len());
    let (mut units, mut before) = (0, 0);
    for c in input.chars() {
        match digit(c) {
            Some(digit) => {
                number.push(digit);
                before += usize::from(units < caret);
            }
            None if is_spacing(c) => {}
            None => return (input.to_owned(), caret),
        }
        units += c.len_utf16();
    }
    number.truncate(LENGTH_MAX);
    let gaps = gaps(Brand::detect(&number), number.len());
    let mut text = String::with_capacity(number.len() + gaps.len());
    for (place, digit) in number.chars().enumerate() {
        if gaps.contains(&place) {
            text.push(' ');
        }
        text.push(digit);
    }
    let before = before.min(number.len());
    let spaces = gaps.iter().filter(|&&gap| gap < before).count();
    (text, before + spaces)
}

/// Before which digits a space stands.
const fn gaps(brand: Brand, length: usize) -> &'static [usize] {
    match brand {
        Brand::Amex => &[4, 10],
        // Longer ones are printed in fours.
        Brand::Diners if length <= 14 => &[4, 10],
        _ => &[4, 8, 12, 16],
    }
}
