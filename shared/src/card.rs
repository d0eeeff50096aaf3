//! Payment cards, as far as they can be judged without asking anyone.
//!
//! In scope: the brand, the form of number, expiry and security code, how they look while they are
//! typed, and the plaintext that the widget seals. Not in scope: whether such a card exists.
//! The widget carries this code, so it does without serde and regular expressions.

mod brand;
mod expiry;
mod number;
mod plain;
#[cfg(test)]
mod tests;

pub use brand::Brand;
pub use expiry::{Expiry, ExpiryError, format_expiry};
pub use number::{check_cvc, check_number, format_number, last4, luhn};
pub use plain::CardPlain;

use std::fmt;
use zeroize::Zeroizing;

/// What is wrong with a card number or a security code. It never repeats a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardError {
    /// The check digit does not fit: a digit is wrong or two are swapped.
    Checksum,
    /// Nothing there.
    Empty,
    /// Something that is no digit, space or dash.
    Letters,
    /// A sealed card that is not what the widget writes.
    Malformed,
    /// More digits than such a card has.
    TooLong,
    /// Fewer digits than such a card has.
    TooShort,
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checksum => "the check digit does not fit",
            Self::Empty => "nothing was entered",
            Self::Letters => "only digits, spaces and dashes belong here",
            Self::Malformed => "the sealed card cannot be read",
            Self::TooLong => "too many digits",
            Self::TooShort => "too few digits",
        })
    }
}

impl std::error::Error for CardError {}

/// The digits of what a person typed or pasted: full-width digits become ASCII ones, spaces and
/// dashes go.
///
/// # Errors
/// [`CardError::Letters`] for all else, [`CardError::Empty`] for no digit at all.
pub fn digits(text: &str) -> Result<Zeroizing<String>, CardError> {
    // As long as the text, so that growing leaves no copy behind.
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        match digit(c) {
            Some(digit) => digits.push(digit),
            None if is_spacing(c) => {}
            None => return Err(CardError::Letters),
        }
    }
    if digits.is_empty() {
        Err(CardError::Empty)
    } else {
        Ok(digits)
    }
}

/// An ASCII digit for an ASCII or full-width one.
const fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        // U+FF10 to U+FF19, which Chinese and Japanese keyboards type.
        '０'..='９' => Some((b'0' + (c as u32 - '０' as u32) as u8) as char),
        _ => None,
    }
}

/// What people write between groups of digits.
const fn is_spacing(c: char) -> bool {
    is_space(c) || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
}

/// The spaces that keyboards and web pages bring.
const fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{3000}'
    )
}
