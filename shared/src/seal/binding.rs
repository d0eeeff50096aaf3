//! What an envelope is bound to.

use super::SealError;
use crate::id::{AccountId, AttemptId, OrderId};
use crate::money::Money;

/// The payment that an envelope is for: it opens with exactly these values.
/// Plain text and numbers, so that the widget need not carry the code that parses ids and money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The order id.
    pub order: &'a str,
    /// The attempt id.
    pub attempt: &'a str,
    /// The account that the card is for.
    pub account: &'a str,
    /// What is to be paid, in minor units.
    pub amount_minor: i64,
    /// The ISO 4217 code of the amount.
    pub currency: &'a str,
}

impl<'a> Binding<'a> {
    /// The binding of an attempt.
    pub fn new(
        order: &'a OrderId,
        attempt: &'a AttemptId,
        account: &'a AccountId,
        amount: Money,
    ) -> Self {
        Self {
            order: order.as_str(),
            attempt: attempt.as_str(),
            account: account.as_str(),
            amount_minor: amount.minor(),
            currency: amount.currency().code(),
        }
    }

    /// The associated data: a version byte, order, attempt and account (each with its length in two
    /// bytes before it), the minor units in eight bytes, the currency (with its length); all
    /// numbers big-endian. No two bindings give the same bytes.
    ///
    /// # Errors
    /// [`SealError`] if a field has more than 65,535 bytes.
    pub fn associated_data(&self) -> Result<Vec<u8>, SealError> {
        let mut data = vec![super::VERSION];
        for field in [self.order, self.attempt, self.account] {
            push_field(&mut data, field)?;
        }
        data.extend_from_slice(&self.amount_minor.to_be_bytes());
        push_field(&mut data, self.currency)?;
        Ok(data)
    }
}

fn push_field(data: &mut Vec<u8>, field: &str) -> Result<(), SealError> {
    let length = u16::try_from(field.len()).map_err(|_| SealError)?;
    data.extend_from_slice(&length.to_be_bytes());
    data.extend_from_slice(field.as_bytes());
    Ok(())
}
