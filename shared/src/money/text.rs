//! Decimal strings and JSON.

use super::{Currency, MINOR_MAX, Money, MoneyError};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

impl Money {
    /// Reads a plain decimal string: an optional `-`, digits, and optionally `.` and digits.
    /// Fewer decimals than the currency has are filled up ("12" is 12.00 USD).
    ///
    /// # Errors
    /// [`MoneyError::Malformed`] for all else (`+`, an exponent, blanks, separators, `.5`, `5.`),
    /// [`MoneyError::TooManyDecimals`], [`MoneyError::Overflow`].
    pub fn parse(decimal: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = match decimal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, decimal),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !fraction.is_none_or(all_digits) {
            return Err(MoneyError::Malformed);
        }
        let fraction = fraction.unwrap_or("");
        let exponent = currency.exponent() as usize;
        if fraction.len() > exponent {
            return Err(MoneyError::TooManyDecimals);
        }
        let zeros = std::iter::repeat_n(b'0', exponent - fraction.len());
        let mut minor = 0i64;
        for digit in whole.bytes().chain(fraction.bytes()).chain(zeros) {
            minor = minor * 10 + i64::from(digit - b'0');
            // Checked at each digit, so that the multiplication above never leaves an i64.
            if minor > MINOR_MAX {
                return Err(MoneyError::Overflow);
            }
        }
        Self::from_minor(if negative { -minor } else { minor }, currency)
    }

    /// The amount as a decimal string with all the decimals of its currency: `12.30`, `-0.05`,
    /// `1000` (yen). [`Money::parse`] reads it back.
    pub fn to_decimal(self) -> String {
        let exponent = self.currency.exponent() as usize;
        let sign = if self.is_negative() { "-" } else { "" };
        let digits = format!(
            "{:0>width$}",
            self.minor.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let point = if exponent == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The shape of [`Money`] in JSON.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            amount: self.to_decimal(),
            currency: self.currency,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MoneyVisitor)
    }
}

/// Refuses an amount that does not fit while the object is being read, so that the error has its
/// place.
struct MoneyVisitor;

impl<'de> Visitor<'de> for MoneyVisitor {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount with its currency")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Money, A::Error> {
        let wire = Wire::deserialize(MapAccessDeserializer::new(map))?;
        Money::parse(&wire.amount, wire.currency).map_err(A::Error::custom)
    }
}
