//! What people of the store add to an order beside its money: shipments, notes, and what its refunds
//! are for. And what a share of an order's items costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Details, Item};
use crate::actor::Actor;
use crate::id::{RefundId, RefundRequestId};
use crate::money::Money;
use crate::object_only;
use crate::time::UnixTime;

/// What was added to an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
    /// Oldest first. For people of the store alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What is known of refunds beside their money.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<RefundId, RefundAdded>,
    /// Of an order that holds stock: what the store's count was told last. Whether it was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_sold: Option<bool>,
}

/// Goods on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Who carries them.
    pub carrier: String,
    /// The carrier's number of the parcel.
    pub number: String,
    /// Where the shopper can follow it.
    pub url: Option<String>,
    /// Which items; all when empty.
    pub items: Vec<ItemShare>,
    /// When it was told.
    pub at: UnixTime,
    /// By whom.
    pub by: Actor,
}

/// A note among people of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The words.
    pub text: String,
    /// When.
    pub at: UnixTime,
    /// By whom.
    pub by: Actor,
}

/// What is known of a refund beside its money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAdded {
    /// What it is for; of no items in particular when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemShare>,
    /// Who made it.
    pub by: Actor,
    /// The request that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RefundRequestId>,
}

/// Some pieces of one item of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ItemShare {
    /// The item's place in the order, from 0.
    pub index: u32,
    /// How many of it; at least one.
    pub quantity: u32,
}

object_only!(ItemShare, both);

impl Added {
    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shipments.is_empty()
            && self.notes.is_empty()
            && self.refunds.is_empty()
            && self.stock_sold.is_none()
    }
}

/// What is wrong with a share, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareError {
    /// The order has no such item, or the list names it twice.
    Item(usize),
    /// None, or more of it than the order has left.
    Quantity(usize),
}

/// Checks shares against what an order has, less `taken` of each item.
///
/// # Errors
/// The first that does not fit.
pub fn check_shares(
    items: &[Item],
    shares: &[ItemShare],
    taken: &BTreeMap<u32, u32>,
) -> Result<(), ShareError> {
    for (place, share) in shares.iter().enumerate() {
        let is_first = shares.iter().take(place).all(|s| s.index != share.index);
        let item = usize::try_from(share.index).ok().and_then(|i| items.get(i));
        let item = item.filter(|_| is_first).ok_or(ShareError::Item(place))?;
        let gone = taken.get(&share.index).copied().unwrap_or(0);
        if share.quantity == 0 || share.quantity > item.quantity.saturating_sub(gone) {
            return Err(ShareError::Quantity(place));
        }
    }
    Ok(())
}

/// What shares of an order's items cost: their prices, less their part of the order's discount,
/// rounded down. Shipping and tax are no part of it. `None` where it is more than money can say.
#[must_use]
pub fn price_of(details: &Details, shares: &[ItemShare]) -> Option<Money> {
    let currency = details.items.first()?.unit_price.currency();
    let cost = |item: &Item, quantity: u32| {
        i128::from(item.unit_price.minor()).checked_mul(i128::from(quantity))
    };
    let mut all: i128 = 0;
    for item in &details.items {
        all = all.checked_add(cost(item, item.quantity)?)?;
    }
    let mut some: i128 = 0;
    for share in shares {
        let item = details.items.get(usize::try_from(share.index).ok()?)?;
        some = some.checked_add(cost(item, share.quantity)?)?;
    }
    let discount = details.discount.map_or(0, |d| i128::from(d.minor()));
    let paid = all.checked_sub(discount)?.max(0);
    let minor = if all == 0 {
        0
    } else {
        some.checked_mul(paid)? / all
    };
    Money::from_minor(i64::try_from(minor).ok()?, currency).ok()
}
