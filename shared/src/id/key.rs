//! API keys. A key names its store, so that any edge location can route it without a look-up.

use super::{IdError, StoreId};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Whether real money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Real channels, real money.
    Live,
    /// The channels' test systems.
    Test,
}

impl Mode {
    /// `live` or `test`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// Reads `live` or `test`.
    ///
    /// # Errors
    /// [`IdError::Prefix`] for all else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match text {
            "live" => Ok(Self::Live),
            "test" => Ok(Self::Test),
            _ => Err(IdError::Prefix),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// `pk_…`: stands in a page and may only post a cart.
    Publishable,
    /// `sk_…`: stays on the shop's server and may do everything.
    Secret,
}

impl KeyKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Publishable => "pk",
            Self::Secret => "sk",
        }
    }
}

/// An API key: `sk_` or `pk_`, `live_` or `test_`, the store, `_`, 32 base62 characters.
///
/// Redacted in `Debug`, without `Display` and JSON, wiped on drop. What is stored is its
/// [`hash`](Self::hash).
#[derive(Clone)]
pub struct ApiKey {
    text: Secret<String>,
    kind: KeyKind,
    mode: Mode,
    store: StoreId,
}

impl ApiKey {
    const BODY: usize = 32;

    /// Makes a key of 24 random bytes. Their 192 bits are taken modulo 62^32 (190.5 bits), which
    /// leaves no way to guess that is worth naming.
    pub fn make(kind: KeyKind, mode: Mode, store: &StoreId, random: [u8; 24]) -> Self {
        let mut text = format!("{}_{mode}_{store}_", kind.prefix());
        push_base62(&mut text, random, Self::BODY);
        Self {
            text: Secret::new(text),
            kind,
            mode,
            store: store.clone(),
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`IdError::Prefix`], [`IdError::Length`], [`IdError::Character`], and those of
    /// [`StoreId::parse`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split('_');
        let kind = match parts.next() {
            Some("pk") => KeyKind::Publishable,
            Some("sk") => KeyKind::Secret,
            _ => return Err(IdError::Prefix),
        };
        let mode = Mode::parse(parts.next().ok_or(IdError::Prefix)?)?;
        let store = StoreId::parse(parts.next().ok_or(IdError::Prefix)?)?;
        let body = parts.next().ok_or(IdError::Prefix)?;
        if parts.next().is_some() {
            return Err(IdError::Character);
        }
        if body.len() != Self::BODY {
            return Err(IdError::Length);
        }
        if !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(IdError::Character);
        }
        Ok(Self {
            text: Secret::new(text.to_owned()),
            kind,
            mode,
            store,
        })
    }

    /// What the key may do.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether real money moves.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The store that the key belongs to.
    pub const fn store(&self) -> &StoreId {
        &self.store
    }

    /// SHA-256 of the whole key. The key has 190 random bits, so that a slow hash would add nothing.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.expose().as_bytes()).into()
    }

    /// Whether `hash` is this key's, compared in constant time.
    pub fn has_hash(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }

    /// The key itself, to be shown once to the one who asked for it.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ApiKey({}_{}_{}_…)",
            self.kind.prefix(),
            self.mode,
            self.store
        )
    }
}

/// Appends the `count` lowest base62 digits of a big-endian number, the lowest first.
fn push_base62(text: &mut String, mut number: [u8; 24], count: usize) {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for _ in 0..count {
        let mut remainder = 0u32;
        for byte in &mut number {
            let value = remainder << 8 | u32::from(*byte);
            // remainder < 62, so value < 62 × 256 and the quotient fits a byte.
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        text.push(char::from(DIGITS[remainder as usize]));
    }
}
