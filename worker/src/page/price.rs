//! How amounts stand in a page before the browser's `Intl` writes them.
//!
//! The text is the one that `Intl` gives for `en-001` and `zh-CN`, so that nothing moves when the
//! widget writes it again. The figures are taken as they are, never computed.

use super::Locale;

/// An amount as the API states it: a decimal string and an ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Such as `12.34`, with all decimals of the currency.
    pub amount: String,
    /// Such as `USD`.
    pub currency: String,
}

impl Price {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        !self.amount.contains(|c: char| ('1'..='9').contains(&c))
    }

    /// The amount for a reader of `locale`, such as `US$1,234.50`.
    #[must_use]
    pub fn display(&self, locale: Locale) -> String {
        let (sign, figures) = match self.amount.strip_prefix('-') {
            Some(figures) => ("-", figures),
            None => ("", self.amount.as_str()),
        };
        let (whole, decimals) = match figures.split_once('.') {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (figures, None),
        };
        let mut text = format!("{sign}{}{}", symbol(&self.currency, locale), grouped(whole));
        if let Some(decimals) = decimals {
            text.push('.');
            text.push_str(decimals);
        }
        text
    }
}

/// Thousands apart.
fn grouped(whole: &str) -> String {
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The sign before an amount (Unicode CLDR: en-001, zh), or the code and a space that does not
/// break.
fn symbol(currency: &str, locale: Locale) -> String {
    let known = match (currency, locale) {
        ("AUD", Locale::En) => "A$",
        ("AUD", Locale::ZhCn) => "AU$",
        ("BRL", _) => "R$",
        ("CAD", _) => "CA$",
        ("CNY", Locale::En) => "CN¥",
        ("CNY", Locale::ZhCn) => "¥",
        ("EUR", _) => "€",
        ("GBP", _) => "£",
        ("HKD", _) => "HK$",
        ("ILS", _) => "₪",
        ("INR", _) => "₹",
        ("JPY", _) => "JP¥",
        ("KRW", _) => "₩",
        ("MXN", _) => "MX$",
        ("NZD", _) => "NZ$",
        ("TWD", _) => "NT$",
        ("USD", _) => "US$",
        ("VND", _) => "₫",
        _ => return format!("{currency}\u{a0}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display(amount: &str, currency: &str, locale: Locale) -> String {
        Price {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
        }
        .display(locale)
    }

    #[test]
    fn reads_as_intl_writes_it() {
        // Source: Intl.NumberFormat of Chromium, locales en-001 and zh-CN.
        let cases = [
            ("12345.60", "USD", "US$12,345.60", "US$12,345.60"),
            ("12345.60", "CNY", "CN¥12,345.60", "¥12,345.60"),
            ("12346", "JPY", "JP¥12,346", "JP¥12,346"),
            (
                "12345.600",
                "KWD",
                "KWD\u{a0}12,345.600",
                "KWD\u{a0}12,345.600",
            ),
            ("-2.00", "AUD", "-A$2.00", "-AU$2.00"),
            ("0.05", "EUR", "€0.05", "€0.05"),
            ("999", "JPY", "JP¥999", "JP¥999"),
            ("1000000", "KRW", "₩1,000,000", "₩1,000,000"),
        ];
        for (amount, currency, en, zh) in cases {
            assert_eq!(display(amount, currency, Locale::En), en);
            assert_eq!(display(amount, currency, Locale::ZhCn), zh);
        }
    }
}
