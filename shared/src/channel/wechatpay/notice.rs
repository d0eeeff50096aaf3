//! Notices: verified, then decrypted, then read, in this order.

use serde::Deserialize;

use super::answer::{Refund, Transaction, parse};
use super::exchange::{Encrypted, Exchange};
use crate::channel::{ChannelError, Fact, Noticed, Source, Subject};

/// The envelope, which is signed; what matters in it is encrypted besides.
#[derive(Deserialize)]
struct Notice {
    id: String,
    event_type: String,
    resource: Encrypted,
}

/// Reads the body of a notice whose signature holds.
pub(super) fn read(exchange: &Exchange, body: &[u8]) -> Result<Noticed, ChannelError> {
    let notice: Notice = parse(body)?;
    // 36 characters are documented.
    let has_form =
        (1..=128).contains(&notice.id.len()) && notice.id.bytes().all(|b| b.is_ascii_graphic());
    if !has_form {
        return Err(ChannelError::Malformed("the notice's id is no such id"));
    }
    let kind = notice.event_type.split('.').next().unwrap_or_default();
    let fact = match kind {
        "TRANSACTION" => payment(exchange, &decrypt(exchange, &notice)?)?,
        "REFUND" => refund(exchange, &decrypt(exchange, &notice)?)?,
        // Other products of the same merchant number.
        _ => None,
    };
    Ok(Noticed {
        notice_id: notice.id,
        facts: fact.into_iter().collect(),
    })
}

fn decrypt(exchange: &Exchange, notice: &Notice) -> Result<Vec<u8>, ChannelError> {
    notice.resource.open(&exchange.merchant.api_v3_key)
}

/// What is said of a payment; nothing if its number is none of ours.
fn payment(exchange: &Exchange, resource: &[u8]) -> Result<Option<Fact>, ChannelError> {
    let transaction: Transaction = parse(resource)?;
    let merchant = &exchange.merchant;
    if !transaction.is_of(merchant) {
        return Err(ChannelError::Unauthentic(
            "the notice is for another merchant or app",
        ));
    }
    let Some(reference) = transaction.reference() else {
        return Ok(None);
    };
    let reported = transaction.reported(&reference, merchant, Source::Notice, exchange.now)?;
    let channel_number = reported.channel_number.clone();
    let subject = Subject {
        reference: Some(reference),
        channel_number,
    };
    Ok(Some(Fact::Payment { subject, reported }))
}

/// What is said of a refund; nothing if it was made elsewhere, in the merchant platform say: it
/// has no id of ours that a proof could state.
fn refund(exchange: &Exchange, resource: &[u8]) -> Result<Option<Fact>, ChannelError> {
    let refund: Refund = parse(resource)?;
    let merchant = &exchange.merchant;
    if !refund.is_of(merchant) {
        return Err(ChannelError::Unauthentic(
            "the notice is for another merchant",
        ));
    }
    let (Some(reference), Some(id)) = (refund.reference(), refund.id()) else {
        return Ok(None);
    };
    let subject = Subject {
        reference: Some(reference),
        channel_number: refund.payment_number()?,
    };
    let reported = refund.reported(&id, merchant, Source::Notice, exchange.now)?;
    Ok(Some(Fact::Refund {
        subject,
        refund: Some(id),
        reported,
    }))
}
