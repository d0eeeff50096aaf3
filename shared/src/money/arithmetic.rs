//! Checked arithmetic. Every step is exact: where a result has to be rounded, it is rounded once.

use super::{Currency, Money, MoneyError};
use rust_decimal::Decimal;

/// What happens to the part of a minor unit that cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// To the nearest unit; a half goes to the even neighbour (bankers' rounding).
    HalfEven,
    /// To the nearest unit; a half goes away from zero.
    HalfUp,
    /// Away from zero.
    Up,
}

impl Money {
    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        // Neither side exceeds 2^53, so that the sum of two cannot leave an i64.
        Self::from_minor(self.minor + other.minor, self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::from_minor(self.minor - other.minor, self.currency)
    }

    /// The amount `count` times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self
            .minor
            .checked_mul(i64::from(count))
            .ok_or(MoneyError::Overflow)?;
        Self::from_minor(minor, self.currency)
    }

    /// Splits the amount by `weights`, so that the parts add up to it again.
    ///
    /// Each part is first rounded towards zero; the units left over go, one each, to the parts that
    /// lost the most (largest remainder), and among equals to the earlier one. A weight of zero
    /// gets nothing.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] when there is no weight above zero.
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let whole = u128::from(self.minor.unsigned_abs());
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let mut left = whole;
        for (position, &weight) in weights.iter().enumerate() {
            let share = whole * u128::from(weight);
            parts.push(share / total);
            remainders.push((share % total, position));
            left -= share / total;
        }
        // The sort is stable, which leaves equals in their order.
        remainders.sort_by_key(|&(remainder, _)| std::cmp::Reverse(remainder));
        for (_, position) in remainders {
            if left == 0 {
                break;
            }
            parts[position] += 1;
            left -= 1;
        }
        parts
            .into_iter()
            .map(|part| self.with_magnitude(part, self.is_negative()))
            .collect()
    }

    /// `rate` per cent of the amount: a rate of 7.25 means 7.25 %. A negative rate is a deduction.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn percentage(self, rate: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        self.scaled(rate, 2, self.currency, rounding)
    }

    /// The amount in the currency `to`, where one unit of this currency buys `rate` units of `to`
    /// (major units both: at a rate of 150, 1.00 USD is 150 JPY).
    ///
    /// # Errors
    /// [`MoneyError::RateNotPositive`], [`MoneyError::Overflow`].
    pub fn convert(
        self,
        rate: Decimal,
        to: Currency,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        if rate.is_zero() || rate.is_sign_negative() {
            return Err(MoneyError::RateNotPositive);
        }
        let shift = i64::from(self.currency.exponent()) - i64::from(to.exponent());
        self.scaled(rate, shift, to, rounding)
    }

    /// amount × rate ÷ 10^shift, in exact integers and rounded once.
    fn scaled(
        self,
        rate: Decimal,
        shift: i64,
        to: Currency,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        // Trailing zeros of the rate would only bring the overflow nearer.
        let rate = rate.normalize();
        let product = u128::from(self.minor.unsigned_abs())
            .checked_mul(rate.mantissa().unsigned_abs())
            .ok_or(MoneyError::Overflow)?;
        let shift = shift + i64::from(rate.scale());
        let power = u32::try_from(shift.unsigned_abs())
            .ok()
            .and_then(|exponent| 10u128.checked_pow(exponent))
            .ok_or(MoneyError::Overflow)?;
        let magnitude = if shift < 0 {
            product.checked_mul(power).ok_or(MoneyError::Overflow)?
        } else {
            divide(product, power, rounding)
        };
        let negative = self.is_negative() != rate.is_sign_negative();
        Self::zero(to).with_magnitude(magnitude, negative)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch)
        }
    }

    /// This amount's currency with another count.
    fn with_magnitude(self, magnitude: u128, negative: bool) -> Result<Self, MoneyError> {
        let minor = i64::try_from(magnitude).map_err(|_| MoneyError::Overflow)?;
        Self::from_minor(if negative { -minor } else { minor }, self.currency)
    }
}

/// Divides magnitudes; "up" is therefore away from zero.
fn divide(dividend: u128, divisor: u128, rounding: Rounding) -> u128 {
    let quotient = dividend / divisor;
    let remainder = dividend % divisor;
    // Compared without doubling, which could overflow.
    let half = remainder.cmp(&(divisor - remainder));
    let up = match rounding {
        Rounding::Down => false,
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 == 1),
        Rounding::HalfUp => half.is_ge(),
        Rounding::Up => remainder > 0,
    };
    quotient + u128::from(up)
}
