//! What a channel is asked about: a payment or a refund, with all that an exchange needs.

use super::{Account, CaptureMode, Flow, Method};
use crate::card::CardPlain;
use crate::id::{AttemptId, OrderId, Reference, RefundId};
use crate::money::Money;
use crate::time::UnixTime;

/// What the worker supplies because a channel file has neither clock nor randomness.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The time to state in requests.
    pub now: UnixTime,
    /// Random characters for nonces, `[0-9A-Za-z]`, 32 of them.
    pub nonce: String,
}

/// One attempt at a payment, as a channel needs to know it.
///
/// It holds the same data at create, query, capture, close and refund, so that any of them can be
/// repeated from what the till stores.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// The account that takes the money.
    pub account: &'a Account,
    /// The order.
    pub order: &'a OrderId,
    /// The attempt; the idempotency key of its creation.
    pub attempt: &'a AttemptId,
    /// Order id and attempt number: the merchant order number at the channel.
    pub reference: &'a Reference,
    /// What is to be paid, in minor units of its currency.
    pub amount: Money,
    /// What the shopper chose.
    pub method: Method,
    /// How it reaches them.
    pub flow: Flow,
    /// What the shopper reads at the channel, in any language; the channel file cuts it to length.
    pub description: &'a str,
    /// When the order can no longer be paid.
    pub expires_at: UnixTime,
    /// When the attempt was started.
    pub created_at: UnixTime,
    /// Take or hold.
    pub capture: CaptureMode,
    /// Where the channel posts notices about this account.
    pub notice_url: &'a str,
    /// Where the channel sends the shopper back to.
    pub return_url: &'a str,
    /// What is known of the shopper.
    pub shopper: Shopper<'a>,
    /// The channel's own number of this payment, once known.
    pub channel_number: Option<&'a str>,
    /// How many captures of it the channel has refused for certain: what is asked for after that
    /// is a new request, which must not be answered with the old refusal.
    pub refused_captures: u32,
    /// The opened card; present only while a card attempt is created.
    pub card: Option<&'a CardPlain>,
}

/// What a channel may be told about the shopper. `Debug` is redacted.
#[derive(Clone, Copy, Default)]
pub struct Shopper<'a> {
    /// E-mail address, for the channel's receipt.
    pub email: Option<&'a str>,
    /// The address that the attempt came from (WeChat H5 needs it).
    pub ip: Option<&'a str>,
    /// BCP 47 language tag.
    pub locale: Option<&'a str>,
    /// The shopper's id at WeChat for this merchant (JSAPI).
    pub openid: Option<&'a str>,
}

impl std::fmt::Debug for Shopper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shopper([redacted])")
    }
}

/// A refund, as a channel needs to know it.
#[derive(Clone, Debug)]
pub struct RefundOrder<'a> {
    /// The refund's id: its idempotency key at the channel.
    pub refund: &'a RefundId,
    /// How much, in the payment's currency.
    pub amount: Money,
    /// What the payment captured in all.
    pub captured: Money,
    /// The merchant's words, if any.
    pub reason: Option<&'a str>,
    /// The channel's own number of this refund, once known.
    pub channel_number: Option<&'a str>,
}
