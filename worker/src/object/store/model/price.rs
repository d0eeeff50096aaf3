//! A product of the price book, and what a change of it makes of its stock.

use std::collections::BTreeMap;

use causeway_shared::money::Money;
use serde::{Deserialize, Serialize};

/// A product of the price book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The shop's own number of it.
    #[serde(default)]
    pub sku: String,
    /// What the shopper reads.
    pub name: String,
    /// A small picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// One price per currency.
    pub prices: Vec<Money>,
    /// Whether it can be bought.
    #[serde(default = "yes")]
    pub active: bool,
    /// Names in other languages, by BCP 47 tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// How many can still be sold, without those that unpaid orders hold; null where it is not
    /// counted. Left out: as it is, and where it is read, not counted.
    #[serde(default, skip_serializing_if = "Said::is_nothing")]
    pub stock: Said,
    /// What `stock` was when whoever sets it read it: only the difference is theirs.
    #[serde(default, skip_serializing_if = "Said::is_nothing")]
    pub stock_was: Said,
}

/// A number that may be null, where null is something else than nothing said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Said(pub Option<Option<u32>>);

impl Said {
    fn is_nothing(&self) -> bool {
        self.0.is_none()
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(|number| Self(Some(number)))
    }
}

impl Price {
    /// How many can still be sold; none where it is not counted.
    #[must_use]
    pub fn pieces(&self) -> Option<u32> {
        self.stock.0.flatten()
    }

    /// As it is given to those who may send it back later, when some are sold.
    #[must_use]
    pub fn given(mut self) -> Self {
        self.stock_was = self.stock;
        self
    }

    /// Makes its stock the one that is to be stored, where `now` is stored.
    pub fn count_from(&mut self, now: Option<u32>) {
        let pieces = match (self.stock.0, self.stock_was.0) {
            (None, _) => now,
            (Some(to), Some(was)) if to == was => now,
            (Some(Some(to)), Some(Some(was))) => match now {
                Some(now) => Some(now.saturating_add(to).saturating_sub(was)),
                None => Some(to),
            },
            (Some(to), _) => to,
        };
        self.stock = Said(pieces.map(Some));
        self.stock_was = Said::default();
    }
}

fn yes() -> bool {
    true
}
