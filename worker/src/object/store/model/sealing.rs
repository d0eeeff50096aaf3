//! Keys of a store's own that cards are sealed to: how they are made, and how they end.
//!
//! Their seeds are random and not derived from anything, so that what was sealed to a key can be
//! opened by nobody once the key is deleted, and no backup of the object has it any more.

use std::cell::OnceCell;
use std::rc::Rc;

use causeway_shared::seal::OpenKey;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::StoreConfig;

/// The most keys of a store: the one in use, and older ones that still open.
const MAX_KEYS: usize = 8;
/// For so long after a newer key was made a page that is still open may seal to the one before it.
pub const OVERLAP_S: i64 = 48 * 3600;
/// A card that was taken before its key's end has so long to be opened and sent to its channel.
const GRACE_S: i64 = 600;

/// A key that cards are sealed to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealingKeyDoc {
    /// Its name, as `seal::KeyId` writes it.
    pub id: String,
    /// The public half in base64url, so that no page has to expand the seed; empty once a newer
    /// key is in use.
    pub public: String,
    /// The seed, sealed under the master key.
    pub sealed: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// Until when a card may be sealed to it; none for the one in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<UnixTime>,
    /// The key itself, once an envelope has named it; goes with these settings.
    #[serde(skip)]
    pub open: OnceCell<Rc<OpenKey>>,
}

impl SealingKeyDoc {
    /// Whether what is sealed to it is still taken.
    #[must_use]
    pub fn is_valid(&self, now: UnixTime) -> bool {
        self.ends_at.is_none_or(|at| at > now)
    }
}

impl StoreConfig {
    /// Puts a new key in use. The one before goes on opening for a while.
    pub(super) fn add_sealing_key(
        &mut self,
        doc: SealingKeyDoc,
        now: UnixTime,
    ) -> Result<bool, &'static str> {
        self.sweep_sealing_keys(now);
        if self.sealing.len() >= MAX_KEYS {
            return Err(
                "the store has 8 sealing keys, the most there may be; delete one that is \
                        not in use, or wait until the oldest ends",
            );
        }
        if let Some(before) = self.sealing.first_mut() {
            before.ends_at = Some(now.plus_seconds(OVERLAP_S));
            before.public = String::new();
        }
        self.sealing.insert(0, doc);
        Ok(true)
    }

    /// Deletes a key that is not in use. `Ok(false)`: there is no such key.
    pub(super) fn remove_sealing_key(&mut self, id: &str) -> Result<bool, &'static str> {
        match self.sealing.iter().position(|k| k.id == id) {
            Some(0) => Err("new pages seal to this key; make a new one first, then delete this"),
            Some(place) => {
                self.sealing.remove(place);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// When the first key is to be deleted.
    pub(in crate::object::store) fn next_end(&self) -> Option<UnixTime> {
        let ends = self.sealing.iter().filter_map(|k| k.ends_at);
        ends.min().map(|at| at.plus_seconds(GRACE_S))
    }

    /// Deletes keys that have ended; says whether there were any.
    pub(in crate::object::store) fn sweep_sealing_keys(&mut self, now: UnixTime) -> bool {
        let before = self.sealing.len();
        let is_over = |at: UnixTime| at.plus_seconds(GRACE_S) <= now;
        self.sealing.retain(|k| !k.ends_at.is_some_and(is_over));
        self.sealing.len() < before
    }
}
