//! Orders, the till that an order id names, and the reference that a channel gets.

use super::{IdError, base32, text_traits};
use sha2::{Digest, Sha256};
use std::fmt;

/// The number of a till, 0 to 1023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Till(u16);

impl Till {
    /// How many tills a store can have.
    pub const COUNT_MAX: u16 = 1024;

    /// A till by its number.
    ///
    /// # Errors
    /// [`IdError::Range`] above 1023.
    pub const fn new(number: u16) -> Result<Self, IdError> {
        if number < Self::COUNT_MAX {
            Ok(Self(number))
        } else {
            Err(IdError::Range)
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The till for `key` among `tills` (held to 1..=1024): always the same one, and when tills
    /// are added, a key stays or moves to a new till, never between old ones.
    ///
    /// Source: Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm" (2014), over
    /// the first eight bytes, big-endian, of SHA-256 of the key.
    pub fn choose(key: &[u8], tills: u16) -> Self {
        let digest = Sha256::digest(key);
        let first = digest
            .iter()
            .take(8)
            .fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        Self(jump(first, tills.clamp(1, Self::COUNT_MAX)))
    }
}

impl fmt::Display for Till {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The jump consistent hash as published. Its floating point is part of its definition: exact
/// integers would send a few keys elsewhere than other implementations do.
pub(super) fn jump(mut key: u64, buckets: u16) -> u16 {
    let mut bucket = 0u16;
    let mut next = 0f64;
    while next < f64::from(buckets) {
        // `next` is a whole number below 1024 here, so the conversion is exact.
        bucket = next as u16;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let divisor = ((key >> 33) + 1) as f64;
        next = ((f64::from(bucket) + 1.0) * ((1u64 << 31) as f64 / divisor)).floor();
    }
    bucket
}

/// An order: a ULID, 26 characters of Crockford's base32 (48 bits of time, 80 of randomness).
/// The ten highest random bits, characters 11 and 12, name the order's till.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(String);

text_traits!(OrderId);

impl OrderId {
    /// How many random bits follow the time.
    const RANDOM_BITS: u32 = 80;
    /// How many of them follow the till.
    const TAIL_BITS: u32 = 70;

    /// Makes an id from a time (milliseconds since 1970, of which the 48 lowest bits count), the
    /// till and ten random bytes, whose ten highest bits give way to the till.
    pub fn make(time_ms: u64, till: Till, random: [u8; 10]) -> Self {
        let random = random
            .iter()
            .fold(0u128, |sum, &byte| sum << 8 | u128::from(byte));
        let tail = random & ((1 << Self::TAIL_BITS) - 1);
        // 48 + 80 bits: a longer time loses its highest bits in the shift.
        let time = u128::from(time_ms) << Self::RANDOM_BITS;
        Self(base32::encode(
            time | u128::from(till.0) << Self::TAIL_BITS | tail,
        ))
    }

    /// Reads an id. Capitals only: one order has one spelling.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], [`IdError::Range`] for a first character
    /// above 7.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        base32::decode(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The till that keeps the order.
    pub fn till(&self) -> Till {
        Self::till_of(&self.0)
    }

    /// The till that 26 characters name.
    pub(super) fn till_of(text: &str) -> Till {
        Till((bits(text) >> Self::TAIL_BITS) as u16 & (Till::COUNT_MAX - 1))
    }

    /// When the id was made, in milliseconds since 1970.
    pub fn time_ms(&self) -> u64 {
        (bits(&self.0) >> Self::RANDOM_BITS) as u64
    }
}

fn bits(text: &str) -> u128 {
    // Parsing and making leave nothing else than what decodes.
    base32::decode(text).unwrap_or_default()
}

/// What a channel gets as the merchant's order number: the order id and two digits, the number of
/// the attempt (01 to 99). 28 characters, letters and digits only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

text_traits!(Reference);

impl Reference {
    /// The reference of an order's attempt `number`.
    ///
    /// # Errors
    /// [`IdError::Range`] unless the number is 1 to 99.
    pub fn make(order: &OrderId, number: u8) -> Result<Self, IdError> {
        if !(1..=99).contains(&number) {
            return Err(IdError::Range);
        }
        Ok(Self(format!("{order}{number:02}")))
    }

    /// Reads a reference.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], [`IdError::Range`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.len() != base32::LENGTH + 2 {
            return Err(IdError::Length);
        }
        let (order, number) = text
            .split_at_checked(base32::LENGTH)
            .ok_or(IdError::Character)?;
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdError::Character);
        }
        Self::make(
            &OrderId::parse(order)?,
            number.parse().map_err(|_| IdError::Character)?,
        )
    }

    /// The order.
    pub fn order(&self) -> OrderId {
        OrderId(self.0[..base32::LENGTH].to_owned())
    }

    /// The number of the attempt, 1 to 99.
    pub fn number(&self) -> u8 {
        self.0
            .bytes()
            .skip(base32::LENGTH)
            .fold(0, |sum, digit| sum * 10 + (digit - b'0'))
    }
}
