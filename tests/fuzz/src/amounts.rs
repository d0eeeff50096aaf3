//! Amounts and currencies.
//!
//! Form: a line with a currency's code, a line with an amount, a line with another, a line with a
//! rate; or the JSON of an amount.

use causeway_shared::money::{Currency, MINOR_MAX, Money, Rounding};
use rust_decimal::Decimal;

use crate::checks::same_as_json;

/// Takes two amounts.
pub fn parse(data: &[u8]) {
    if let Ok(money) = serde_json::from_slice::<Money>(data) {
        same_as_json(&money);
        whole(money);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let Ok(currency) = Currency::parse(line()) else {
        return;
    };
    assert_eq!(Currency::parse(currency.code()), Ok(currency));
    let (one, other, rate) = (line(), line(), line());
    let Ok(one) = Money::parse(one, currency) else {
        return;
    };
    whole(one);
    let other = Money::parse(other, currency).unwrap_or(Money::zero(currency));
    add(one, other);
    share(one, rate.as_bytes());
    if let Ok(rate) = rate.parse::<Decimal>() {
        scale(one, rate);
    }
}

/// Within its bounds, and the same after printing.
fn whole(money: Money) {
    assert!((-MINOR_MAX..=MINOR_MAX).contains(&money.minor()));
    let printed = money.to_decimal();
    assert_eq!(Money::parse(&printed, money.currency()), Ok(money));
    let decimals = printed.split_once('.').map_or(0, |(_, d)| d.len());
    assert_eq!(decimals, money.currency().exponent() as usize);
}

fn add(one: Money, other: Money) {
    if let Ok(sum) = one.checked_add(other) {
        whole(sum);
        assert_eq!(sum.checked_sub(other), Ok(one));
    }
    let count = other.minor().unsigned_abs() as u32;
    if let Ok(product) = one.checked_mul(count) {
        whole(product);
        let exact = i128::from(one.minor()) * i128::from(count);
        assert_eq!(i128::from(product.minor()), exact);
    }
}

fn share(one: Money, weights: &[u8]) {
    let weights: Vec<u32> = weights.iter().map(|b| u32::from(*b)).collect();
    if let Ok(parts) = one.allocate(&weights) {
        let sum: i64 = parts.iter().map(|part| part.minor()).sum();
        assert_eq!(sum, one.minor(), "a unit lost or won");
        assert_eq!(parts.len(), weights.len());
    }
}

fn scale(one: Money, rate: Decimal) {
    let up = one.percentage(rate, Rounding::Up);
    if let (Ok(up), Ok(down)) = (up, one.percentage(rate, Rounding::Down)) {
        whole(up);
        whole(down);
        let apart = up.minor().abs() - down.minor().abs();
        assert!((0..=1).contains(&apart), "{up} {down}");
    }
    if let Ok(converted) = one.convert(rate, Currency::JPY, Rounding::Down) {
        whole(converted);
        assert!(converted.is_zero() || converted.is_negative() == one.is_negative());
    }
}
