//! Acts on orders: events with the one who causes them, refunds by item, payments confirmed by
//! hand, shipments, notes.

use std::collections::BTreeMap;

use causeway_shared::actor::Actor;
use causeway_shared::channel::{ByHand, PaymentProof};
use causeway_shared::id::{AttemptId, OrderId, RefundId};
use causeway_shared::order::{Event, Order, Outcome, RefundState, Rejected};
use causeway_shared::wire::{
    Added, EventBody, ItemShare, Note, RefundAdded, ShareError, Shipment, check_shares, price_of,
};

use super::call::{OrderRecord, TillAnswer, Work};
use super::desk::{Conflict, Invalid, NewRefund, Ship, conflict, invalid};
use super::{MAX_INLINE, Till};
use crate::sql::SqlError;

/// The most shipments of an order.
const MAX_SHIPMENTS: usize = 50;
/// The most notes at an order.
const MAX_NOTES: usize = 100;

/// Events that acts tell of come after those that `apply` tells of.
pub(super) const AFTER_TOPICS: usize = 100;

type Answered = Result<(TillAnswer, Vec<Work>), SqlError>;

impl Till<'_> {
    /// Applies an event.
    pub(super) fn change(&mut self, order: &OrderId, event: Event) -> Answered {
        let Some(record) = self.load(order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        self.change_record(record, event)
    }

    /// Applies an event to an order whose `added` is as it is to be afterwards.
    pub(super) fn change_record(&mut self, mut record: OrderRecord, event: Event) -> Answered {
        match record.order.apply(event, self.now) {
            Ok(Outcome::Unchanged) => Ok((unchanged(record), Vec::new())),
            Ok(Outcome::Moved { order, topics }) => {
                let before = std::mem::replace(&mut record.order, *order);
                let told = self.tell(&record, &topics, MAX_INLINE)?;
                let mut work = self.store(&record, &before, None, None)?;
                work.extend(told);
                Ok((changed(record), work))
            }
            Err(rejected) => Ok((rejection(rejected, record), Vec::new())),
        }
    }

    pub(super) fn confirm(
        &mut self,
        order: &OrderId,
        attempt: Option<AttemptId>,
        reason: String,
        by: Actor,
    ) -> Answered {
        let Some(record) = self.load(order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        let place = attempt.as_ref().and_then(|id| record.order.attempt(id));
        let place = place.map(|a| (&a.account, &a.reference));
        let total = record.order.total();
        let by_hand = ByHand {
            by: by.clone(),
            reason,
        };
        let proof = PaymentProof::by_hand(by_hand, place, total, self.now);
        self.change_record(record, Event::ConfirmByHand { attempt, proof })
    }

    pub(super) fn refund(&mut self, new: NewRefund, by: Actor) -> Answered {
        let Some(mut record) = self.load(&new.order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        let known = record.order.refund(&new.refund);
        // "All that is left" means the same when the request is repeated.
        let amount = match (new.amount.or(known.map(|r| r.amount)), known) {
            (Some(amount), Some(_)) => {
                let items = record.added.refunds.get(&new.refund);
                if items.map_or(&[][..], |r| &r.items) != new.items {
                    let rejected = Rejected::RefundIdReused;
                    return Ok((rejection(rejected, record), Vec::new()));
                }
                amount
            }
            (asked, _) => {
                if let Err(error) = check_items(&record, &new.items) {
                    return Ok(error);
                }
                asked
                    .or_else(|| items_price(&record, &new.items))
                    .unwrap_or_else(|| record.order.refundable(new.attempt.as_ref()))
            }
        };
        let added = RefundAdded {
            items: new.items,
            by: by.clone(),
            request: None,
        };
        record.added.refunds.insert(new.refund.clone(), added);
        let event = Event::RequestRefund {
            refund: new.refund,
            attempt: new.attempt,
            amount,
            reason: new.reason,
        };
        self.change_record(record, event)
    }

    /// The same parcel told again is told once.
    pub(super) fn ship(&mut self, ship: Ship, by: Actor) -> Answered {
        let Some(mut record) = self.load(&ship.order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        let shipments = &record.added.shipments;
        if shipments.iter().any(|s| is_same(s, &ship)) {
            return Ok((unchanged(record), Vec::new()));
        }
        if shipments.len() >= MAX_SHIPMENTS {
            return Ok(conflict(Conflict::TooMany));
        }
        let shipped = sum(shipments.iter().map(|s| s.items.as_slice()));
        let items = &record.details.items;
        if let Err(error) = check_shares(items, &ship.items, &shipped) {
            return Ok(refused_share(error));
        }
        let count = shipments.len();
        self.note_delta("shipments", count.into(), (count + 1).into());
        record.added.shipments.push(Shipment {
            carrier: ship.carrier,
            number: ship.number,
            url: ship.url,
            items: ship.items,
            at: self.now,
            by,
        });
        let mut work = self.touch(&mut record)?;
        let body = EventBody::shipped(record.parts(), self.now);
        let body = serde_json::to_string(&body)?;
        let kind = (AFTER_TOPICS, "order.shipped");
        work.extend(self.tell_one(&record, kind, &body, MAX_INLINE)?);
        work.extend(self.message_shipped(&record)?);
        Ok((changed(record), work))
    }

    pub(super) fn note(&mut self, order: &OrderId, text: String, by: Actor) -> Answered {
        let Some(mut record) = self.load(order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        if record.added.notes.len() >= MAX_NOTES {
            return Ok(conflict(Conflict::TooMany));
        }
        let count = record.added.notes.len();
        self.note_delta("notes", count.into(), (count + 1).into());
        record.added.notes.push(Note {
            text,
            at: self.now,
            by,
        });
        let work = self.touch(&mut record)?;
        Ok((changed(record), work))
    }

    /// Stores an order of which something beside its money has changed.
    pub(super) fn touch(&mut self, record: &mut OrderRecord) -> Result<Vec<Work>, SqlError> {
        let touched = record.order.clone().touched(self.now);
        let before = std::mem::replace(&mut record.order, touched);
        self.store(record, &before, None, None)
    }
}

fn changed(record: OrderRecord) -> TillAnswer {
    TillAnswer::Order {
        record: Box::new(record),
        changed: true,
    }
}

fn unchanged(record: OrderRecord) -> TillAnswer {
    TillAnswer::Order {
        record: Box::new(record),
        changed: false,
    }
}

pub(super) fn rejection(rejected: Rejected, record: OrderRecord) -> TillAnswer {
    TillAnswer::Rejected {
        rejected,
        record: Box::new(record),
    }
}

fn is_same(known: &Shipment, ship: &Ship) -> bool {
    known.carrier == ship.carrier && known.number == ship.number && known.items == ship.items
}

/// How many of each item.
fn sum<'a>(lists: impl Iterator<Item = &'a [ItemShare]>) -> BTreeMap<u32, u32> {
    let mut sums: BTreeMap<u32, u32> = BTreeMap::new();
    for share in lists.flatten() {
        let sum = sums.entry(share.index).or_default();
        *sum = sum.saturating_add(share.quantity);
    }
    sums
}

/// What of each item was given back or is on its way back.
fn refunded_items(order: &Order, added: &Added) -> BTreeMap<u32, u32> {
    let counts = |id: &RefundId| match order.refund(id).map(|r| &r.state) {
        Some(RefundState::Pending | RefundState::Settled { .. }) => true,
        Some(RefundState::Failed { .. }) | None => false,
    };
    let refunds = added.refunds.iter().filter(|(id, _)| counts(id));
    sum(refunds.map(|(_, refund)| refund.items.as_slice()))
}

/// Whether the items can be given back.
pub(super) fn check_items(
    record: &OrderRecord,
    items: &[ItemShare],
) -> Result<(), (TillAnswer, Vec<Work>)> {
    let gone = refunded_items(&record.order, &record.added);
    check_shares(&record.details.items, items, &gone).map_err(refused_share)
}

/// What items cost; none where no item is named.
pub(super) fn items_price(
    record: &OrderRecord,
    items: &[ItemShare],
) -> Option<causeway_shared::money::Money> {
    if items.is_empty() {
        return None;
    }
    price_of(&record.details, items)
}

fn refused_share(error: ShareError) -> (TillAnswer, Vec<Work>) {
    match error {
        ShareError::Item(place) => invalid(format!("/items/{place}/index"), Invalid::Item),
        ShareError::Quantity(place) => {
            invalid(format!("/items/{place}/quantity"), Invalid::Quantity)
        }
    }
}
