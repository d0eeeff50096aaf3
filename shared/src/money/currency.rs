//! ISO 4217 currencies and their minor units.
//!
//! Source: ISO 4217 list one up to amendment 180 (in force since 1 January 2026).
//! In scope: every active code of that list with a minor unit, funds codes included.
//! Left out, because an amount in them has no smallest unit that one could count: XAG, XAU, XPD
//! and XPT (metals), XBA to XBD (bond market units), XDR, XSU and XUA (units of account), XTS
//! (tests) and XXX (no currency). Codes that the list has dropped (ANG, BGN, CUC, HRK, SLL, ZWL)
//! are unknown here.

use super::MoneyError;
use crate::json::from_text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An active ISO 4217 currency. Ordered by its code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

impl Currency {
    /// Pound sterling, two decimals.
    pub const GBP: Self = Self::named("GBP");
    /// Euro, two decimals.
    pub const EUR: Self = Self::named("EUR");
    /// United States dollar, two decimals.
    pub const USD: Self = Self::named("USD");
    /// Renminbi yuan, two decimals.
    pub const CNY: Self = Self::named("CNY");
    /// Hong Kong dollar, two decimals.
    pub const HKD: Self = Self::named("HKD");
    /// Japanese yen, no decimals.
    pub const JPY: Self = Self::named("JPY");
    /// Australian dollar, two decimals.
    pub const AUD: Self = Self::named("AUD");
    /// Canadian dollar, two decimals.
    pub const CAD: Self = Self::named("CAD");
    /// Swiss franc, two decimals.
    pub const CHF: Self = Self::named("CHF");
    /// Singapore dollar, two decimals.
    pub const SGD: Self = Self::named("SGD");
    /// South Korean won, no decimals.
    pub const KRW: Self = Self::named("KRW");
    /// Kuwaiti dinar, three decimals.
    pub const KWD: Self = Self::named("KWD");
    /// Unidad de fomento, four decimals.
    pub const CLF: Self = Self::named("CLF");

    /// Finds the currency of a three-letter code. Upper case only, as ISO 4217 writes it.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for anything that is not an active code with a minor unit.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        TABLE
            .binary_search_by(|(known, _)| (*known).cmp(code))
            .ok()
            .and_then(|position| u8::try_from(position).ok())
            .map(Self)
            .ok_or(MoneyError::UnknownCurrency)
    }

    /// The three-letter code, upper case.
    pub const fn code(self) -> &'static str {
        TABLE[self.0 as usize].0
    }

    /// How many decimals the minor unit has: 0, 2, 3 or 4.
    pub const fn exponent(self) -> u32 {
        TABLE[self.0 as usize].1 as u32
    }

    /// All currencies, ordered by code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE
            .iter()
            .zip(0u8..)
            .map(|(_, position)| Self(position))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// For the constants above only: an unknown code runs off the table and does not compile.
    const fn named(code: &str) -> Self {
        let code = code.as_bytes();
        let mut position = 0;
        loop {
            let known = TABLE[position].0.as_bytes();
            if known[0] == code[0] && known[1] == code[1] && known[2] == code[2] {
                return Self(position as u8);
            }
            position += 1;
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, Self::parse)
    }
}

/// Code and exponent, ordered by code so that it can be searched.
#[rustfmt::skip]
const TABLE: [(&str, u8); 165] = [
    ("AED", 2), ("AFN", 2), ("ALL", 2), ("AMD", 2), ("AOA", 2), ("ARS", 2), ("AUD", 2),
    ("AWG", 2), ("AZN", 2), ("BAM", 2), ("BBD", 2), ("BDT", 2), ("BHD", 3), ("BIF", 0),
    ("BMD", 2), ("BND", 2), ("BOB", 2), ("BOV", 2), ("BRL", 2), ("BSD", 2), ("BTN", 2),
    ("BWP", 2), ("BYN", 2), ("BZD", 2), ("CAD", 2), ("CDF", 2), ("CHE", 2), ("CHF", 2),
    ("CHW", 2), ("CLF", 4), ("CLP", 0), ("CNY", 2), ("COP", 2), ("COU", 2), ("CRC", 2),
    ("CUP", 2), ("CVE", 2), ("CZK", 2), ("DJF", 0), ("DKK", 2), ("DOP", 2), ("DZD", 2),
    ("EGP", 2), ("ERN", 2), ("ETB", 2), ("EUR", 2), ("FJD", 2), ("FKP", 2), ("GBP", 2),
    ("GEL", 2), ("GHS", 2), ("GIP", 2), ("GMD", 2), ("GNF", 0), ("GTQ", 2), ("GYD", 2),
    ("HKD", 2), ("HNL", 2), ("HTG", 2), ("HUF", 2), ("IDR", 2), ("ILS", 2), ("INR", 2),
    ("IQD", 3), ("IRR", 2), ("ISK", 0), ("JMD", 2), ("JOD", 3), ("JPY", 0), ("KES", 2),
    ("KGS", 2), ("KHR", 2), ("KMF", 0), ("KPW", 2), ("KRW", 0), ("KWD", 3), ("KYD", 2),
    ("KZT", 2), ("LAK", 2), ("LBP", 2), ("LKR", 2), ("LRD", 2), ("LSL", 2), ("LYD", 3),
    ("MAD", 2), ("MDL", 2), ("MGA", 2), ("MKD", 2), ("MMK", 2), ("MNT", 2), ("MOP", 2),
    ("MRU", 2), ("MUR", 2), ("MVR", 2), ("MWK", 2), ("MXN", 2), ("MXV", 2), ("MYR", 2),
    ("MZN", 2), ("NAD", 2), ("NGN", 2), ("NIO", 2), ("NOK", 2), ("NPR", 2), ("NZD", 2),
    ("OMR", 3), ("PAB", 2), ("PEN", 2), ("PGK", 2), ("PHP", 2), ("PKR", 2), ("PLN", 2),
    ("PYG", 0), ("QAR", 2), ("RON", 2), ("RSD", 2), ("RUB", 2), ("RWF", 0), ("SAR", 2),
    ("SBD", 2), ("SCR", 2), ("SDG", 2), ("SEK", 2), ("SGD", 2), ("SHP", 2), ("SLE", 2),
    ("SOS", 2), ("SRD", 2), ("SSP", 2), ("STN", 2), ("SVC", 2), ("SYP", 2), ("SZL", 2),
    ("THB", 2), ("TJS", 2), ("TMT", 2), ("TND", 3), ("TOP", 2), ("TRY", 2), ("TTD", 2),
    ("TWD", 2), ("TZS", 2), ("UAH", 2), ("UGX", 0), ("USD", 2), ("USN", 2), ("UYI", 0),
    ("UYU", 2), ("UYW", 4), ("UZS", 2), ("VED", 2), ("VES", 2), ("VND", 0), ("VUV", 0),
    ("WST", 2), ("XAD", 2), ("XAF", 0), ("XCD", 2), ("XCG", 2), ("XOF", 0), ("XPF", 0),
    ("YER", 2), ("ZAR", 2), ("ZMW", 2), ("ZWG", 2),
];
