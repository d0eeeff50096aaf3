//! Client tokens: what a page holds to pay one order, and nothing else.

use super::{IdError, OrderId, StoreId, base32};
use crate::mac::hmac_sha256;
use crate::secret::Secret;
use std::fmt;
use subtle::ConstantTimeEq;

const PREFIX: &str = "ct_";

/// A token that lets its bearer pay one order: `ct_`, the store, `_`, the order, `_`, and 26
/// characters that only the holder of the deployment's key can make. Redacted in `Debug`.
#[derive(Clone)]
pub struct ClientToken(Secret<String>);

impl ClientToken {
    /// The token of an order. The same order always has the same token.
    pub fn make(key: &[u8; 32], store: &StoreId, order: &OrderId) -> Self {
        let signature = derive_signature(key, store, order);
        Self(Secret::new(format!("{PREFIX}{store}_{order}_{signature}")))
    }

    /// Takes a token apart. It proves nothing until [`UnverifiedToken::verify`] has.
    ///
    /// # Errors
    /// [`IdError::Prefix`], [`IdError::Length`], [`IdError::Character`], [`IdError::Range`].
    pub fn parse(text: &str) -> Result<UnverifiedToken, IdError> {
        let mut parts = text.strip_prefix(PREFIX).ok_or(IdError::Prefix)?.split('_');
        let store = StoreId::parse(parts.next().ok_or(IdError::Prefix)?)?;
        let order = OrderId::parse(parts.next().ok_or(IdError::Prefix)?)?;
        let signature = parts.next().ok_or(IdError::Prefix)?;
        if parts.next().is_some() {
            return Err(IdError::Character);
        }
        base32::decode(signature)?;
        Ok(UnverifiedToken {
            store,
            order,
            signature: Secret::new(signature.to_owned()),
        })
    }

    /// The token as text: for the answer to the shop, and for the frame's address.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientToken(…)")
    }
}

/// A token of the right form, whose signature nobody has checked.
#[derive(Clone)]
pub struct UnverifiedToken {
    store: StoreId,
    order: OrderId,
    signature: Secret<String>,
}

impl UnverifiedToken {
    /// The store that the token claims, to find the way by.
    pub const fn store(&self) -> &StoreId {
        &self.store
    }

    /// The order that the token claims, to find the way by.
    pub const fn order(&self) -> &OrderId {
        &self.order
    }

    /// Checks the signature, in constant time.
    ///
    /// # Errors
    /// [`IdError::Signature`].
    pub fn verify(self, key: &[u8; 32]) -> Result<(StoreId, OrderId), IdError> {
        let expected = derive_signature(key, &self.store, &self.order);
        let same: bool = expected
            .as_bytes()
            .ct_eq(self.signature.expose().as_bytes())
            .into();
        if same {
            Ok((self.store, self.order))
        } else {
            Err(IdError::Signature)
        }
    }
}

impl fmt::Debug for UnverifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedToken({} {} …)", self.store, self.order)
    }
}

/// The first 16 bytes of HMAC-SHA256 over a label, the store and the order, as base32.
fn derive_signature(key: &[u8; 32], store: &StoreId, order: &OrderId) -> String {
    // A store id has no zero byte, so that no two pairs give the same message.
    let parts: [&[u8]; 4] = [
        b"causeway client token v1\0",
        store.as_str().as_bytes(),
        b"\0",
        order.as_str().as_bytes(),
    ];
    let mac = hmac_sha256(key, &parts);
    let first = mac.iter().take(16);
    base32::encode(first.fold(0, |sum, &byte| sum << 8 | u128::from(byte)))
}
