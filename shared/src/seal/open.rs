//! Opening. Apart from sealing, so that the widget does not carry it.

use super::{
    Aead, Binding, EncappedKey, HEADER_LENGTH, INFO, KEY_ID_LENGTH, Kdf, Kem, KeyId, PrivateKey,
    SealError, SealKey, TAG_LENGTH, VERSION,
};
use hpke::{Deserializable, Kem as _, OpModeR, Serializable};
use std::fmt;
use zeroize::Zeroizing;

/// The private half of a key. Wiped on drop, redacted in `Debug`.
pub struct OpenKey {
    pub(super) key: PrivateKey,
    public: SealKey,
}

impl OpenKey {
    /// Derives the key of a 32-byte seed, as X-Wing defines it.
    ///
    /// # Errors
    /// [`SealError`] if the seed has another length.
    pub fn from_seed(seed: &[u8]) -> Result<Self, SealError> {
        let key = PrivateKey::from_bytes(seed).map_err(|_| SealError)?;
        let public = Kem::sk_to_pk(&key);
        let id = KeyId::of(&public.to_bytes());
        Ok(Self {
            key,
            public: SealKey { key: public, id },
        })
    }

    /// The public half, to be put into a page.
    pub const fn seal_key(&self) -> &SealKey {
        &self.public
    }

    /// The key's name.
    pub const fn id(&self) -> KeyId {
        self.public.id
    }
}

impl fmt::Debug for OpenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenKey({} …)", self.public.id)
    }
}

/// The key that `envelope` names, if it has the form of an envelope: what does not is not worth
/// storing, and might be a card that was never sealed. It says nothing about whether it opens.
#[must_use]
pub fn key_of(envelope: &[u8]) -> Option<KeyId> {
    let (version, rest) = envelope.split_first()?;
    let is_whole = *version == VERSION && envelope.len() > HEADER_LENGTH + TAG_LENGTH;
    rest.first_chunk().filter(|_| is_whole).map(|id| KeyId(*id))
}

/// Opens an envelope with the one of `keys` that it names, if it is bound to `binding`.
///
/// # Errors
/// [`SealError`], whatever the cause.
pub fn open(
    keys: &[OpenKey],
    binding: &Binding<'_>,
    envelope: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (header, ciphertext) = envelope.split_at_checked(HEADER_LENGTH).ok_or(SealError)?;
    let (version, rest) = header.split_first().ok_or(SealError)?;
    let (id, encapped) = rest.split_at_checked(KEY_ID_LENGTH).ok_or(SealError)?;
    if *version != VERSION {
        return Err(SealError);
    }
    let key = keys
        .iter()
        .find(|key| key.id().as_bytes() == id)
        .ok_or(SealError)?;
    hpke::single_shot_open::<Aead, Kdf, Kem>(
        &OpModeR::Base,
        &key.key,
        &EncappedKey::from_bytes(encapped).map_err(|_| SealError)?,
        INFO,
        ciphertext,
        &binding.associated_data()?,
    )
    .map(Zeroizing::new)
    .map_err(|_| SealError)
}
