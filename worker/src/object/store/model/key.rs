//! An API key, and how another takes its place.

use causeway_shared::id::{KeyKind, Mode};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::{FULL, MAX_EACH, StoreConfig};

/// An API key. The key itself was shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyDoc {
    /// Names the key without giving it away.
    pub id: String,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// Test or live.
    pub mode: Mode,
    /// The merchant's own name for it.
    pub label: String,
    /// SHA-256 of the key, in hexadecimal.
    pub hash: String,
    /// Its last characters, for people.
    pub hint: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends, where another one has taken its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// The key that has taken its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

impl KeyDoc {
    /// Whether it still lets anybody in.
    #[must_use]
    pub fn is_valid(&self, now: UnixTime) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

impl StoreConfig {
    /// Puts a new key in the place of another. `Ok(false)`: there is no such key.
    pub(super) fn roll_key(
        &mut self,
        id: &str,
        expires_at: UnixTime,
        new: KeyDoc,
        now: UnixTime,
    ) -> Result<bool, &'static str> {
        self.keys.retain(|k| k.is_valid(now));
        // The one that ends soon does not count.
        if self.keys.len() > MAX_EACH {
            return Err(FULL);
        }
        let Some(old) = self.keys.iter_mut().find(|k| k.id == id) else {
            return Ok(false);
        };
        if old.replaced_by.is_some() {
            return Err("another key has taken its place already");
        }
        old.expires_at = Some(expires_at);
        old.replaced_by = Some(new.id.clone());
        self.keys.push(new);
        Ok(true)
    }
}
