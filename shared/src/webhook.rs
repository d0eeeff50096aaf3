//! Signing what we send to merchants: Standard Webhooks (standardwebhooks.com), scheme `v1`.
//!
//! In scope: signing secrets and the value of `webhook-signature`. Not in scope: when and where a
//! webhook is sent, and its body.

use crate::mac::hmac_sha256;
use crate::secret::Secret;
use crate::time::UnixTime;
use base64ct::{Base64, Encoding};
use std::fmt;
use zeroize::Zeroizing;

/// The header with the event's id, the same at every try.
pub const HEADER_ID: &str = "webhook-id";
/// The header with the time of this try, in seconds since 1970.
pub const HEADER_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const HEADER_SIGNATURE: &str = "webhook-signature";

const PREFIX: &str = "whsec_";
/// How many bytes a secret may have; the specification's bounds.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The text is no signing secret: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretError;

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a signing secret: whsec_ and 24 to 64 bytes in base64")
    }
}

impl std::error::Error for SecretError {}

/// What an endpoint's signatures are made with. Redacted in `Debug`, wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecret(Secret<Vec<u8>>);

impl SigningSecret {
    /// Makes a secret of 32 random bytes.
    pub fn make(random: [u8; 32]) -> Self {
        Self(Secret::new(random.to_vec()))
    }

    /// Reads a secret as text.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError)?;
        let key = Secret::new(Base64::decode_vec(encoded).map_err(|_| SecretError)?);
        if LENGTHS.contains(&key.expose().len()) {
            Ok(Self(key))
        } else {
            Err(SecretError)
        }
    }

    /// The secret as text, to be shown once to the merchant, and for sealing before it is stored.
    pub fn expose(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(Base64::encode_string(self.0.expose()));
        Zeroizing::new([PREFIX, &encoded].concat())
    }
}

/// The value of `webhook-signature`: one signature for each secret, so that a secret can be changed
/// while both the old and the new one are valid.
///
/// What is signed is the id, the time in seconds and the body, with full stops between them; an id
/// of ours has none itself. `body` must be sent byte for byte as it is given here.
pub fn sign(secrets: &[SigningSecret], id: &str, at: UnixTime, body: &[u8]) -> String {
    let timestamp = at.seconds().to_string();
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let sign = |secret: &SigningSecret| {
        let mac = hmac_sha256(secret.0.expose(), &parts);
        format!("v1,{}", Base64::encode_string(&mac))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
