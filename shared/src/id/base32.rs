//! Crockford's base32: digits and capitals without I, L, O and U. Canonical form only.

use super::IdError;

/// How many characters 128 bits take. The first holds three bits only, so it is 0 to 7.
pub const LENGTH: usize = 26;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 bits as 26 characters, the highest bits first.
pub fn encode(value: u128) -> String {
    characters(value, LENGTH).collect()
}

/// The lowest `5 × count` bits as lower-case characters, the highest first.
pub fn encode_lower(value: u128, count: usize) -> String {
    characters(value, count)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn characters(value: u128, count: usize) -> impl Iterator<Item = char> {
    (0..count)
        .rev()
        .map(move |place| char::from(DIGITS[(value >> (5 * place)) as usize & 31]))
}

/// Reads what [`encode`] writes.
pub fn decode(text: &str) -> Result<u128, IdError> {
    if text.len() != LENGTH {
        return Err(IdError::Length);
    }
    let mut value = 0u128;
    for (place, byte) in text.bytes().enumerate() {
        let digit = digit(byte).ok_or(IdError::Character)?;
        if place == 0 && digit > 7 {
            return Err(IdError::Range);
        }
        value = value << 5 | digit;
    }
    Ok(value)
}

/// Whether all characters are lower-case base32 digits.
pub fn is_lower(text: &str) -> bool {
    text.bytes()
        .all(|byte| !byte.is_ascii_uppercase() && digit(byte.to_ascii_uppercase()).is_some())
}

fn digit(byte: u8) -> Option<u128> {
    DIGITS
        .iter()
        .zip(0u128..)
        .find(|(known, _)| **known == byte)
        .map(|(_, value)| value)
}
