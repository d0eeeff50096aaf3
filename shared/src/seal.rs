//! Sealing what a shopper types, so that only the worker opens it, and for one attempt only.
//!
//! In scope: the suite, the envelope, the associated data, sealing (in the widget) and opening (in
//! the worker). Not in scope: where keys are kept, randomness (it is an argument), and what is
//! sealed (a card, see `card`).
//!
//! HPKE (RFC 9180) in base mode with X-Wing (draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and
//! ChaCha20-Poly1305: a recording stays closed as long as X25519 or ML-KEM-768 holds.
//!
//! Envelope: version byte 1, key id (8 bytes), encapsulated key (1120), ciphertext and tag.

mod binding;
mod open;
#[cfg(test)]
mod primitives;
#[cfg(test)]
mod tests;

pub use binding::Binding;
pub use open::{OpenKey, key_of, open};

use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, OpModeS, Serializable};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::fmt;
use zeroize::Zeroizing;

type Aead = hpke::aead::ChaCha20Poly1305;
type Kdf = hpke::kdf::HkdfSha256;
type Kem = hpke::kem::XWing;
type PublicKey = <Kem as hpke::Kem>::PublicKey;
type PrivateKey = <Kem as hpke::Kem>::PrivateKey;
type EncappedKey = <Kem as hpke::Kem>::EncappedKey;

/// What HPKE calls `info`: what the keys are used for, and the version of it.
const INFO: &[u8] = b"causeway seal v1";
const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 8;
const ENCAPPED_LENGTH: usize = 1120;
/// Poly1305's tag.
const TAG_LENGTH: usize = 16;
/// Where the ciphertext begins.
const HEADER_LENGTH: usize = 1 + KEY_ID_LENGTH + ENCAPPED_LENGTH;

/// How many random bytes a sealing takes.
pub const RANDOM_LENGTH: usize = 64;
/// How many bytes a public key has.
pub const PUBLIC_KEY_LENGTH: usize = 1216;

/// It did not work. Opening fails in this one way, whatever the cause: a damaged envelope, another
/// order, attempt, account or amount, a key that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealError;

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the envelope could not be sealed or opened")
    }
}

impl std::error::Error for SealError {}

/// The name of a key: the first eight bytes of SHA-256 of the public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_LENGTH]);

impl KeyId {
    fn of(public: &[u8]) -> Self {
        let digest = Sha256::digest(public);
        let mut id = [0; KEY_ID_LENGTH];
        id.copy_from_slice(&digest[..KEY_ID_LENGTH]);
        Self(id)
    }

    /// The eight bytes.
    pub const fn as_bytes(&self) -> &[u8; KEY_ID_LENGTH] {
        &self.0
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The public half of a key: it only seals.
#[derive(Clone)]
pub struct SealKey {
    key: PublicKey,
    id: KeyId,
}

impl SealKey {
    /// Reads the 1216 bytes of a public key.
    ///
    /// # Errors
    /// [`SealError`] if they are no X-Wing key.
    pub fn parse(public: &[u8]) -> Result<Self, SealError> {
        let key = PublicKey::from_bytes(public).map_err(|_| SealError)?;
        Ok(Self {
            key,
            id: KeyId::of(public),
        })
    }

    /// The key's name.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The 1216 bytes that [`SealKey::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.to_bytes().to_vec()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", self.id)
    }
}

/// Seals `plaintext` for the attempt that `binding` names, into an envelope.
///
/// `random` must come from a cryptographic generator and be used for this envelope only.
///
/// # Errors
/// [`SealError`] if a field of the binding has more than 65,535 bytes, or the encryption failed.
pub fn seal(
    key: &SealKey,
    binding: &Binding<'_>,
    plaintext: &[u8],
    random: [u8; RANDOM_LENGTH],
) -> Result<Vec<u8>, SealError> {
    let mut random = Random {
        bytes: Zeroizing::new(random),
        used: 0,
    };
    let (encapped, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &key.key,
        INFO,
        plaintext,
        &binding.associated_data()?,
        &mut random,
    )
    .map_err(|_| SealError)?;
    // Too little randomness would have been made up with zeros: such an envelope is not given out.
    if random.used != RANDOM_LENGTH {
        return Err(SealError);
    }
    let mut envelope = Vec::with_capacity(HEADER_LENGTH + ciphertext.len());
    envelope.push(VERSION);
    envelope.extend_from_slice(key.id.as_bytes());
    envelope.extend_from_slice(&encapped.to_bytes());
    envelope.extend_from_slice(&ciphertext);
    Ok(envelope)
}

/// Hands out the caller's random bytes, once.
struct Random {
    bytes: Zeroizing<[u8; RANDOM_LENGTH]>,
    /// How many were asked for; more than there are is noticed in [`seal`].
    used: usize,
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        let end = self.used.saturating_add(target.len());
        match self.bytes.get(self.used..end) {
            Some(bytes) => target.copy_from_slice(bytes),
            None => target.fill(0),
        }
        self.used = end;
        Ok(())
    }
}

impl TryCryptoRng for Random {}
