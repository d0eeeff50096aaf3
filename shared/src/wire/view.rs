//! What the API and webhooks show of an order.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Added, Details, Item, ItemShare, Note, RefundAdded, Shipment, ShopperDetails};
use crate::actor::Actor;
use crate::channel::{ByHand, CaptureMode, CardFacts, ChannelId, DeclineReason, Flow, Method};
use crate::id::{AccountId, AttemptId, Mode, OrderId, RefundId, RefundRequestId, StoreId};
use crate::money::Money;
use crate::order::{
    Attempt, AttemptState, Irregular, IrregularKind, Order, Refund, RefundState, Resolution, Topic,
};
use crate::time::UnixTime;

/// The parts of an order as they are kept.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Its money.
    pub order: &'a Order,
    /// What it was made with.
    pub details: &'a Details,
    /// What was added later.
    pub added: &'a Added,
}

/// An order as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct OrderView<'a> {
    id: &'a OrderId,
    store: &'a StoreId,
    mode: Mode,
    state: &'static str,
    /// Whether it waits for an attempt to be closed before it is cancelled or expires.
    ending: bool,
    version: u64,
    created_at: UnixTime,
    updated_at: UnixTime,
    expires_at: UnixTime,
    items: &'a [Item],
    shipping: Option<Money>,
    tax: Option<Money>,
    discount: Option<Money>,
    total: Money,
    captured: Money,
    refunded: Money,
    refund_pending: Money,
    refundable: Money,
    /// What channels keep, of each payment that they have told it of.
    fees: Vec<Money>,
    capture: CaptureMode,
    shopper: &'a ShopperDetails,
    description: &'a str,
    merchant_reference: Option<&'a str>,
    return_url: Option<&'a str>,
    metadata: &'a BTreeMap<String, String>,
    methods: Option<&'a [Method]>,
    attempts: Vec<AttemptView<'a>>,
    refunds: Vec<RefundView<'a>>,
    irregular: Vec<IrregularView<'a>>,
    /// Who vouched for the payment, where no channel proved it.
    by_hand: Option<&'a ByHand>,
    shipments: &'a [Shipment],
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a [Note]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<&'a str>,
}

/// An attempt as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptView<'a> {
    id: &'a AttemptId,
    number: u8,
    method: Method,
    flow: Flow,
    channel: ChannelId,
    account: &'a AccountId,
    state: &'static str,
    amount: Money,
    channel_number: Option<&'a str>,
    card: Option<&'a CardFacts>,
    /// Unknown where none.
    fee: Option<Money>,
    decline: Option<DeclineView<'a>>,
    created_at: UnixTime,
}

/// A decline as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct DeclineView<'a> {
    reason: DeclineReason,
    channel_code: &'a str,
}

/// A refund as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct RefundView<'a> {
    id: &'a RefundId,
    attempt: &'a AttemptId,
    amount: Money,
    reason: &'a str,
    state: &'static str,
    channel_number: Option<&'a str>,
    created_at: UnixTime,
    settled_at: Option<UnixTime>,
    failure: Option<DeclineView<'a>>,
    items: &'a [ItemShare],
    /// None where Causeway made it by itself.
    by: Option<&'a Actor>,
    request: Option<&'a RefundRequestId>,
}

/// A payment that did not fit, as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct IrregularView<'a> {
    kind: IrregularKind,
    attempt: &'a AttemptId,
    received: Money,
    amount: Money,
    resolution: &'a Resolution,
}

/// The body of a webhook (Standard Webhooks: `type`, `timestamp`, `data`).
#[derive(Debug, Serialize)]
pub struct EventBody<'a> {
    /// Such as `order.paid`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happened.
    pub timestamp: UnixTime,
    /// What it is about.
    pub data: EventData<'a>,
}

/// What a webhook is about.
#[derive(Debug, Serialize)]
pub struct EventData<'a> {
    order: OrderView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<RefundView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<&'a Shipment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_request: Option<serde_json::Value>,
}

impl<'a> OrderView<'a> {
    /// The view of an order, without the token that lets a shopper pay it.
    #[must_use]
    pub fn new(parts: Parts<'a>) -> Self {
        let Parts {
            order,
            details,
            added,
        } = parts;
        let refunds = order.refunds().iter();
        Self {
            id: order.id(),
            store: &details.store,
            mode: details.mode,
            state: order.state().name(),
            ending: order.ending().is_some(),
            version: order.version(),
            created_at: order.created_at(),
            updated_at: order.updated_at(),
            expires_at: order.expires_at(),
            items: &details.items,
            shipping: details.shipping,
            tax: details.tax,
            discount: details.discount,
            total: order.total(),
            captured: order.captured(),
            refunded: order.refunded(),
            refund_pending: order.refund_pending(),
            refundable: order.refundable(None),
            fees: order.attempts().iter().filter_map(|a| a.fee).collect(),
            capture: order.capture(),
            shopper: &details.shopper,
            description: &details.description,
            merchant_reference: details.merchant_reference.as_deref(),
            return_url: details.return_url.as_deref(),
            metadata: &details.metadata,
            methods: details.methods.as_deref(),
            attempts: order.attempts().iter().map(AttemptView::new).collect(),
            refunds: refunds.map(|r| RefundView::new(r, added)).collect(),
            irregular: order.irregular().iter().map(IrregularView::new).collect(),
            by_hand: order.vouched(),
            shipments: &added.shipments,
            notes: None,
            client_token: None,
            checkout_url: None,
        }
    }

    /// Adds the notes. They are for people of the store, so they are no part of a webhook.
    #[must_use]
    pub fn with_notes(mut self, added: &'a Added) -> Self {
        self.notes = Some(&added.notes);
        self
    }

    /// Adds what the merchant's server hands to the shopper's page. Never part of a webhook.
    #[must_use]
    pub fn with_token(mut self, client_token: &'a str, checkout_url: &'a str) -> Self {
        self.client_token = Some(client_token);
        self.checkout_url = Some(checkout_url);
        self
    }
}

impl<'a> AttemptView<'a> {
    /// The view of an attempt.
    #[must_use]
    pub fn new(attempt: &'a Attempt) -> Self {
        let decline = match &attempt.state {
            AttemptState::Declined { decline } => {
                let channel_code = decline.channel_code.as_str();
                Some(DeclineView {
                    reason: decline.reason,
                    channel_code,
                })
            }
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Authorized
            | AttemptState::Paid
            | AttemptState::Closing
            | AttemptState::Closed => None,
        };
        Self {
            id: &attempt.id,
            number: attempt.number,
            method: attempt.method,
            flow: attempt.flow,
            channel: attempt.channel,
            account: &attempt.account,
            state: attempt.state.name(),
            amount: attempt.amount,
            channel_number: attempt.channel_number.as_deref(),
            card: attempt.card.as_ref(),
            fee: attempt.fee,
            decline,
            created_at: attempt.created_at,
        }
    }
}

impl<'a> RefundView<'a> {
    /// The view of a refund, with what was added to its order.
    #[must_use]
    pub fn new(refund: &'a Refund, added: &'a Added) -> Self {
        let known = added.refunds.get(&refund.id);
        let (settled_at, failure) = match &refund.state {
            RefundState::Pending => (None, None),
            RefundState::Settled { proof } => (Some(proof.at()), None),
            RefundState::Failed { decline } => {
                let channel_code = decline.channel_code.as_str();
                (
                    None,
                    Some(DeclineView {
                        reason: decline.reason,
                        channel_code,
                    }),
                )
            }
        };
        Self {
            id: &refund.id,
            attempt: &refund.attempt,
            amount: refund.amount,
            reason: &refund.reason,
            state: refund.state.name(),
            channel_number: refund.channel_number.as_deref(),
            created_at: refund.created_at,
            settled_at,
            failure,
            items: known.map_or(&[], |k: &RefundAdded| k.items.as_slice()),
            by: known.map(|k| &k.by),
            request: known.and_then(|k| k.request.as_ref()),
        }
    }
}

impl<'a> IrregularView<'a> {
    fn new(irregular: &'a Irregular) -> Self {
        Self {
            kind: irregular.kind,
            attempt: &irregular.attempt,
            received: irregular.proof.amount(),
            amount: irregular.amount,
            resolution: &irregular.resolution,
        }
    }
}

impl<'a> EventBody<'a> {
    /// What the merchant is told about `topic`.
    #[must_use]
    pub fn new(topic: &Topic, parts: Parts<'a>, now: UnixTime) -> Self {
        let (attempt, refund) = match topic {
            Topic::PaymentFailed { attempt } => (parts.order.attempt(attempt), None),
            Topic::RefundSettled { refund } | Topic::RefundFailed { refund } => {
                (None, parts.order.refund(refund))
            }
            Topic::Authorized
            | Topic::Cancelled
            | Topic::CaptureFailed
            | Topic::Expired
            | Topic::IrregularPayment
            | Topic::Paid => (None, None),
        };
        let mut body = Self::named(event_type(topic), parts, now);
        body.data.attempt = attempt.map(AttemptView::new);
        body.data.refund = refund.map(|r| RefundView::new(r, parts.added));
        body
    }

    /// The merchant is told that the last shipment was added.
    #[must_use]
    pub fn shipped(parts: Parts<'a>, now: UnixTime) -> Self {
        let mut body = Self::named("order.shipped", parts, now);
        body.data.shipment = parts.added.shipments.last();
        body
    }

    /// The merchant is told what became of a request for a refund, which is shown as `view`.
    #[must_use]
    pub fn of_request(
        kind: &'static str,
        parts: Parts<'a>,
        view: serde_json::Value,
        now: UnixTime,
    ) -> Self {
        let mut body = Self::named(kind, parts, now);
        body.data.refund_request = Some(view);
        body
    }

    fn named(kind: &'static str, parts: Parts<'a>, now: UnixTime) -> Self {
        Self {
            kind,
            timestamp: now,
            data: EventData {
                order: OrderView::new(parts),
                attempt: None,
                refund: None,
                shipment: None,
                refund_request: None,
            },
        }
    }
}

/// The type of the event that tells about `topic`.
#[must_use]
pub fn event_type(topic: &Topic) -> &'static str {
    match topic {
        Topic::Authorized => "order.authorized",
        Topic::Cancelled => "order.cancelled",
        Topic::CaptureFailed => "order.capture_failed",
        Topic::Expired => "order.expired",
        Topic::IrregularPayment => "order.irregular_payment",
        Topic::Paid => "order.paid",
        Topic::PaymentFailed { .. } => "order.payment_failed",
        Topic::RefundFailed { .. } => "refund.failed",
        Topic::RefundSettled { .. } => "refund.settled",
    }
}
