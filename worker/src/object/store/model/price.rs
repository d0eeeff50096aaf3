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
    /// How many had been taken out of the stock when it was read, null where it was not counted.
    /// What was taken since is taken from the stock that is set then, however often it is sent.
    #[serde(default, skip_serializing_if = "Said::is_nothing")]
    pub stock_taken: Said,
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

    /// Makes its stock the one that is to be stored in place of the price that is known.
    pub fn count_from(&mut self, known: Option<&Price>) {
        let now = known.and_then(Price::pieces);
        let taken = known.and_then(|known| known.stock_taken.0.flatten());
        let pieces = match (self.stock.0, self.stock_taken.0, taken) {
            (None, _, _) | (Some(None), Some(None), _) => now,
            // Counting that began after it was read began with nothing taken.
            (Some(Some(to)), Some(was), Some(taken)) => {
                let left = i64::from(to) + i64::from(was.unwrap_or(0)) - i64::from(taken);
                Some(u32::try_from(left.max(0)).unwrap_or(u32::MAX))
            }
            (Some(to), _, _) => to,
        };
        self.stock = Said(pieces.map(Some));
        self.stock_taken = Said(pieces.map(|_| Some(taken.unwrap_or(0))));
    }
}

fn yes() -> bool {
    true
}
