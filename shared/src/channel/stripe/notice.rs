//! Notices: Stripe's webhooks.
//!
//! The signature is an HMAC over the raw body, so it is checked here and not by the worker.
//! Verification follows `cjs/Webhooks.js` of npm `stripe` 23.1.0, and is stricter in three points:
//! time is bounded on both sides, a second `t` is refused, and events of connected accounts are
//! refused, since whoever holds such an account writes its metadata.

use subtle::ConstantTimeEq;

use crate::channel::proof::Source;
use crate::channel::{Account, ChannelError, Fact, Noticed, Subject};
use crate::http::Request;
use crate::id::Mode;
use crate::json;
use crate::mac::hmac_sha256;
use crate::time::UnixTime;

use super::answer::{Reading, reference_of, refund_of};
use super::wire::{Charge, Event, EventHead, PaymentIntent, Refund};
use serde_json::value::RawValue;

/// How far a notice's time may be from ours, in seconds: `DEFAULT_TOLERANCE` of the SDK.
const TOLERANCE_S: i64 = 300;
/// The longest `Stripe-Signature` that we read: while a secret is rolled there are two signatures
/// of 67 bytes each.
const HEADER_BYTES_MAX: usize = 4096;
/// The longest id of an event that is kept.
const ID_BYTES_MAX: usize = 128;

/// Verifies a notice, then reads it.
pub(super) fn read(
    base: &str,
    account: &Account,
    notice: &Request,
    now: UnixTime,
) -> Result<Noticed, ChannelError> {
    let secret = super::webhook_secret(account)?;
    let header = notice
        .header("stripe-signature")
        .ok_or(ChannelError::Unauthentic("there is no Stripe-Signature"))?;
    verify(header, &notice.body, secret, now)?;
    let event = parse(&notice.body)?;
    if event.livemode != (account.mode == Mode::Live) {
        return Err(ChannelError::Unauthentic("an event of the other mode"));
    }
    if event.account.is_some() {
        return Err(ChannelError::Unauthentic("an event of a connected account"));
    }
    let reading = Reading {
        account: &account.id,
        live: account.mode == Mode::Live,
        plain_http: base.starts_with("http://"),
        source: Source::Notice,
        at: Some(UnixTime::from_seconds(event.created)),
    };
    Ok(Noticed {
        facts: facts(&reading, event.kind.as_str(), event.data.object)?,
        notice_id: event.id,
    })
}

/// Checks `t=…,v1=…[,v1=…]` against the raw body.
pub(super) fn verify(
    header: &str,
    body: &[u8],
    secret: &str,
    now: UnixTime,
) -> Result<(), ChannelError> {
    const UNREADABLE: ChannelError =
        ChannelError::Unauthentic("the Stripe-Signature is unreadable");
    if header.len() > HEADER_BYTES_MAX {
        return Err(UNREADABLE);
    }
    let mut timestamp = None;
    let mut signatures = Vec::new();
    for item in header.split(',') {
        match item.split_once('=') {
            Some(("t", text)) if timestamp.is_none() => timestamp = Some(text),
            Some(("t", _)) => return Err(UNREADABLE),
            Some(("v1", signature)) => signatures.push(signature),
            // Other schemes prove nothing: Stripe sends `v0` with test events, anyone can.
            _ => {}
        }
    }
    let timestamp = timestamp.ok_or(UNREADABLE)?;
    // At most 12 digits: no overflow, and no second way of writing the signed text.
    if timestamp.is_empty()
        || timestamp.len() > 12
        || !timestamp.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(UNREADABLE);
    }
    let expected = hmac_sha256(secret.as_bytes(), &[timestamp.as_bytes(), b".", body]);
    let expected = lower_hex(&expected);
    let mut holds = subtle::Choice::from(0);
    for signature in signatures {
        holds |= signature.as_bytes().ct_eq(expected.as_bytes());
    }
    if !bool::from(holds) {
        return Err(ChannelError::Unauthentic(
            "no signature of the notice holds",
        ));
    }
    let signed_at = timestamp.parse::<i64>().map_err(|_| UNREADABLE)?;
    if (now.seconds() - signed_at).abs() > TOLERANCE_S {
        return Err(ChannelError::Unauthentic(
            "the notice is too old, or of the future",
        ));
    }
    Ok(())
}

fn lower_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte)])
        .collect()
}

fn parse(body: &[u8]) -> Result<Event<'_>, ChannelError> {
    const FORM: ChannelError = ChannelError::Malformed("not an event");
    let head: EventHead = json::from_slice(body).map_err(|_| FORM)?;
    match head.object.as_str() {
        "event" => {}
        // Refused by the SDK too: it names an object and does not hold it.
        "v2.core.event" => return Err(ChannelError::Malformed("a thin event of the second API")),
        _ => return Err(FORM),
    }
    let event: Event = json::from_slice(body).map_err(|_| FORM)?;
    let id_fits = (1..=ID_BYTES_MAX).contains(&event.id.len())
        && event.id.bytes().all(|b| b.is_ascii_graphic());
    if id_fits { Ok(event) } else { Err(FORM) }
}

/// Event names: `cjs/resources/Events.d.ts` of npm `stripe` 23.1.0.
fn facts(reading: &Reading<'_>, kind: &str, object: &RawValue) -> Result<Vec<Fact>, ChannelError> {
    match kind {
        "charge.refund.updated" => Ok(refund_fact(reading, &parse_object(object)?)?
            .into_iter()
            .collect()),
        "charge.refunded" => {
            // Lists its refunds in old versions of the API alone; `refund.created` always comes.
            let charge: Charge = parse_object(object)?;
            let refunds = charge.refunds.map(|list| list.data).unwrap_or_default();
            refunds
                .iter()
                .filter_map(|refund| refund_fact(reading, refund).transpose())
                .collect()
        }
        _ if kind.starts_with("payment_intent.") => {
            Ok(payment_fact(reading, &parse_object(object)?)?
                .into_iter()
                .collect())
        }
        _ if kind.starts_with("refund.") => Ok(refund_fact(reading, &parse_object(object)?)?
            .into_iter()
            .collect()),
        // `charge.dispute.*` and whatever else the endpoint was subscribed to.
        _ => Ok(Vec::new()),
    }
}

fn parse_object<T: serde::de::DeserializeOwned>(object: &RawValue) -> Result<T, ChannelError> {
    json::from_str(object.get())
        .map_err(|_| ChannelError::Malformed("an event whose object is not what Stripe documents"))
}

/// Nothing for a payment without a reference of ours: the merchant uses Stripe elsewhere too.
fn payment_fact(
    reading: &Reading<'_>,
    intent: &PaymentIntent,
) -> Result<Option<Fact>, ChannelError> {
    let Some(reference) = reference_of(intent.metadata.as_ref()) else {
        return Ok(None);
    };
    let subject = Subject {
        reference: Some(reference),
        channel_number: Some(intent.id.clone()),
    };
    Ok(Some(Fact::Payment {
        subject,
        reported: reading.payment(intent)?,
    }))
}

/// A refund made in Stripe's dashboard carries no metadata; its payment's number names the order.
fn refund_fact(reading: &Reading<'_>, refund: &Refund) -> Result<Option<Fact>, ChannelError> {
    let subject = Subject {
        reference: reference_of(refund.metadata.as_ref()),
        channel_number: refund.payment().map(str::to_owned),
    };
    if subject.reference.is_none() && subject.channel_number.is_none() {
        return Ok(None);
    }
    let ours = refund_of(refund.metadata.as_ref());
    let reported = reading.refund(refund, ours.as_ref())?;
    Ok(Some(Fact::Refund {
        subject,
        refund: ours,
        reported,
    }))
}
