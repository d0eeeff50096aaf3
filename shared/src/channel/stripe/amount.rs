//! Amounts as Stripe counts them, which is not always by ISO 4217's minor units.
//!
//! Source: docs.stripe.com/currencies, sections "Zero-decimal currencies", "Three-decimal
//! currencies", "Special cases" and "Minimum and maximum charge amounts".
//!
//! Minimum amounts depend on the currency that the merchant's bank account settles in, which we do
//! not know, so Stripe enforces them: `amount_too_small` is a decline with a reason of its own.

use crate::channel::ChannelError;
use crate::money::{Currency, Money};

/// The currencies that card payments can be charged in, by ISO 4217 code.
///
/// Which of them an account can use depends on its country; Stripe refuses the others. Codes that
/// ISO 4217 has dropped (ANG, BGN, HRK, STD, …) are left out.
#[rustfmt::skip]
pub(super) const CURRENCIES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF",
    "CLP", "CNY", "COP", "CRC", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ETB", "EUR",
    "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG",
    "HUF", "IDR", "ILS", "INR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KRW",
    "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK",
    "MNT", "MOP", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR",
    "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB",
    "RWF", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SZL", "THB", "TJS",
    "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VND", "VUV",
    "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW",
];

/// The largest amount of a card payment in Stripe's units: twelve digits.
pub(super) const UNITS_MAX: i64 = 999_999_999_999;

/// How one of our minor units becomes Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// The same count.
    Same,
    /// The same count, whose last digit has to be 0 for Stripe's partners.
    SameInTens,
    /// Stripe counts hundredths of our minor unit, always a multiple of 100.
    TimesHundred,
    /// Stripe counts whole units where ISO 4217 has two decimals.
    ByHundred,
}

fn scale(currency: Currency) -> Scale {
    match currency.code() {
        // Zero-decimal at Stripe and at ISO 4217.
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => Scale::Same,
        // Zero-decimal at Stripe alone: an iraimbilanja is a fifth of an ariary, not a hundredth.
        "MGA" => Scale::ByHundred,
        // Zero-decimal at ISO 4217 alone: "to charge 5 ISK, provide an amount value of 500".
        // Stripe's page says the same of UGX, and yet names UGX in its zero-decimal list as well.
        // The special case holds: Stripe refuses 5 UGX as 5 ("must be evenly divisible by 100",
        // woocommerce/woocommerce-gateway-stripe, issue 2674), and charged 3800 for 380000
        // (WordPress/wordcamp.org, pull request 1320).
        "ISK" | "UGX" => Scale::TimesHundred,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => Scale::SameInTens,
        _ => Scale::Same,
    }
}

/// `amount` in Stripe's units.
///
/// # Errors
/// [`ChannelError::Unsupported`] for a currency that Stripe does not charge, for zero or less, for
/// more than twelve digits, and for a fraction that Stripe's unit cannot express.
pub(super) fn to_units(amount: Money) -> Result<i64, ChannelError> {
    if !CURRENCIES.contains(&amount.currency().code()) {
        return Err(ChannelError::Unsupported(
            "Stripe does not charge this currency",
        ));
    }
    if !amount.is_positive() {
        return Err(ChannelError::Unsupported("the amount is not above zero"));
    }
    let minor = amount.minor();
    let fraction = Err(ChannelError::Unsupported(
        "Stripe cannot charge so small a fraction",
    ));
    let units = match scale(amount.currency()) {
        Scale::Same => minor,
        Scale::SameInTens if minor % 10 != 0 => return fraction,
        Scale::SameInTens => minor,
        // No overflow: an amount has at most 2^53 minor units.
        Scale::TimesHundred => minor * 100,
        Scale::ByHundred if minor % 100 != 0 => return fraction,
        Scale::ByHundred => minor / 100,
    };
    if units > UNITS_MAX {
        return Err(ChannelError::Unsupported(
            "Stripe charges twelve digits at most",
        ));
    }
    Ok(units)
}

/// What Stripe states, as money.
///
/// # Errors
/// [`ChannelError::Malformed`] for an unknown currency, zero or less, too large an amount, and
/// hundredths of a currency that has none.
pub(super) fn from_units(units: i64, currency: &str) -> Result<Money, ChannelError> {
    let currency = charged(currency)?;
    if !(1..=UNITS_MAX).contains(&units) {
        return Err(ChannelError::Malformed("amount out of range"));
    }
    let minor = match scale(currency) {
        Scale::Same | Scale::SameInTens => units,
        Scale::TimesHundred if units % 100 != 0 => {
            return Err(ChannelError::Malformed(
                "a fraction of a currency without decimals",
            ));
        }
        Scale::TimesHundred => units / 100,
        Scale::ByHundred => units * 100,
    };
    Money::from_minor(minor, currency).map_err(|_| ChannelError::Malformed("amount out of range"))
}

/// A currency that Stripe charges, by the code that it writes.
fn charged(code: &str) -> Result<Currency, ChannelError> {
    let currency = Currency::parse(&code.to_ascii_uppercase())
        .map_err(|_| ChannelError::Malformed("unknown currency"))?;
    if CURRENCIES.contains(&currency.code()) {
        Ok(currency)
    } else {
        Err(ChannelError::Malformed(
            "a currency that Stripe does not charge",
        ))
    }
}

/// A fee that Stripe states, which may be nothing. None for what cannot be one.
pub(super) fn fee_from_units(units: i64, currency: &str) -> Option<Money> {
    match units {
        0 => charged(currency).ok().map(Money::zero),
        _ => from_units(units, currency).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(decimal: &str, code: &str) -> Money {
        Money::parse(decimal, Currency::parse(code).unwrap()).unwrap()
    }

    #[test]
    fn amounts_cross_in_the_units_of_the_documentation() {
        for (decimal, code, units) in [
            ("10.99", "USD", 1099),
            ("0.01", "EUR", 1),
            ("500", "JPY", 500),
            ("500", "KRW", 500),
            ("5", "ISK", 500),
            ("5", "UGX", 500),
            ("12.00", "MGA", 12),
            ("5.120", "KWD", 5120),
            ("5.130", "TND", 5130),
            ("10.45", "HUF", 1045),
            ("800.45", "TWD", 80_045),
            ("12.34", "LAK", 1234),
        ] {
            let amount = money(decimal, code);
            assert_eq!(to_units(amount), Ok(units), "{amount}");
            assert_eq!(
                from_units(units, &code.to_ascii_lowercase()),
                Ok(amount),
                "{amount}"
            );
        }
    }

    #[test]
    fn every_currency_has_the_scale_that_its_exponent_asks_for() {
        for code in CURRENCIES {
            let currency = Currency::parse(code).unwrap();
            let stripe_exponent = match scale(currency) {
                Scale::Same | Scale::SameInTens => currency.exponent(),
                Scale::TimesHundred => currency.exponent() + 2,
                Scale::ByHundred => currency.exponent() - 2,
            };
            let expected = match *code {
                "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF"
                | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
                "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
                _ => 2,
            };
            assert_eq!(stripe_exponent, expected, "{code}");
        }
    }

    #[test]
    fn rejects_what_stripe_cannot_express() {
        for (decimal, code) in [
            ("5.124", "KWD"),
            ("12.34", "MGA"),
            ("0.00", "USD"),
            ("-1.00", "USD"),
            ("1.0000", "CLF"),
            ("1.000", "IQD"),
            ("10000000000.00", "USD"),
            ("10000000000", "ISK"),
        ] {
            let amount = money(decimal, code);
            assert!(
                matches!(to_units(amount), Err(ChannelError::Unsupported(_))),
                "{amount}"
            );
        }
    }

    #[test]
    fn rejects_answers_that_no_amount_of_ours_can_be() {
        for (units, code) in [
            (550, "isk"),
            (1, "ugx"),
            (0, "usd"),
            (-5, "usd"),
            (1_000_000_000_000, "usd"),
            (100, "xyz"),
            (100, "bgn"),
            (100, "iqd"),
            (100, ""),
        ] {
            let read = from_units(units, code);
            assert!(
                matches!(read, Err(ChannelError::Malformed(_))),
                "{units} {code}: {read:?}"
            );
        }
    }
}
