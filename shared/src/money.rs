//! Money: an integer count of minor units in one ISO 4217 currency.
//!
//! In scope: parsing and printing decimal strings, checked arithmetic, splitting without losing a
//! unit, percentages and conversion with a named rounding. Not in scope: where a rate comes from,
//! and how an amount looks to a person (that is the browser's `Intl`).
//! No floating point is used anywhere here.

mod arithmetic;
mod currency;
#[cfg(test)]
mod tests;
mod text;

pub use arithmetic::Rounding;
pub use currency::Currency;

use std::cmp::Ordering;
use std::fmt;

/// The largest count of minor units, 2^53 − 1: integers beyond it do not survive a JavaScript
/// number, and a Durable Object's storage hands them over as such.
pub const MINOR_MAX: i64 = (1 << 53) - 1;

/// An amount in one currency. May be negative (a difference, a discount).
///
/// As JSON: `{"amount":"12.34","currency":"USD"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why an amount was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    CurrencyMismatch,
    /// The text is not a plain decimal number: optional `-`, digits, optionally `.` and digits.
    Malformed,
    /// Nothing to share by: there are no weights, or all of them are zero.
    NoWeights,
    /// The result lies beyond ±(2^53 − 1) minor units, or a rate has too many digits.
    Overflow,
    /// An exchange rate of zero or less.
    RateNotPositive,
    /// More decimals than the currency has, be they zeros.
    TooManyDecimals,
    /// Not an active ISO 4217 code with a minor unit.
    UnknownCurrency,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CurrencyMismatch => "the amounts are in different currencies",
            Self::Malformed => "not a plain decimal number such as 12.34",
            Self::NoWeights => "no weight above zero to share the amount by",
            Self::Overflow => "the amount is too large",
            Self::RateNotPositive => "the exchange rate is not above zero",
            Self::TooManyDecimals => "more decimals than the currency has",
            Self::UnknownCurrency => "not an active ISO 4217 currency code with a minor unit",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Money {
    /// An amount of `minor` units (cents, yen, fils, …) of `currency`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] beyond ±[`MINOR_MAX`].
    pub const fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < -MINOR_MAX || minor > MINOR_MAX {
            return Err(MoneyError::Overflow);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The count of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }
}

/// Amounts of different currencies have no order: `<`, `>` and their kin are then all false.
impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}
