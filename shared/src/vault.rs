//! Sealing what the deployment keeps for itself: channel credentials and webhook secrets, under
//! keys derived from its master key.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonce is long enough to be random, with
//! the name of what is sealed as associated data: a ciphertext that was moved to another row does
//! not open. Keys come from the master key by HKDF-SHA256 (RFC 5869), one per purpose.

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::mac::hmac_sha256;
use crate::secret::Secret;

/// Bytes of randomness for one sealing.
pub const NONCE_LENGTH: usize = 24;
const VERSION: u8 = 1;

/// What was to be opened is not what was sealed under this name, or the master key is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be opened with this master key")]
pub struct VaultError;

/// The deployment's master key: 32 random bytes.
#[derive(Debug)]
pub struct MasterKey(Secret<Vec<u8>>);

impl MasterKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`VaultError`] if there are not 32 of them.
    pub fn new(bytes: Vec<u8>) -> Result<Self, VaultError> {
        if bytes.len() == 32 {
            Ok(Self(Secret::new(bytes)))
        } else {
            Err(VaultError)
        }
    }

    /// A key for one purpose: the first block of HKDF-Expand over HKDF-Extract with no salt.
    #[must_use]
    pub fn derive_key(&self, purpose: &str) -> [u8; 32] {
        let extracted = Zeroizing::new(hmac_sha256(&[0; 32], &[self.0.expose()]));
        hmac_sha256(&*extracted, &[purpose.as_bytes(), &[1]])
    }

    /// Seals `plaintext` under the name `name`. `nonce` must be fresh and random.
    ///
    /// # Errors
    /// [`VaultError`] if the text is too long for the cipher.
    pub fn seal(
        &self,
        name: &str,
        plaintext: &[u8],
        nonce: [u8; NONCE_LENGTH],
    ) -> Result<String, VaultError> {
        let payload = Payload {
            msg: plaintext,
            aad: name.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError)?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(Base64UrlUnpadded::encode_string(&bytes))
    }

    /// Opens what was sealed under the name `name`.
    ///
    /// # Errors
    /// [`VaultError`], whatever the cause.
    pub fn open(&self, name: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let bytes = Base64UrlUnpadded::decode_vec(sealed).map_err(|_| VaultError)?;
        let (version, rest) = bytes.split_first().ok_or(VaultError)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(VaultError)?;
        if *version != VERSION {
            return Err(VaultError);
        }
        let payload = Payload {
            msg: sealed,
            aad: name.as_bytes(),
        };
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| VaultError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.derive_key("causeway vault v1"));
        XChaCha20Poly1305::new((&*key).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_under_the_same_name_only() {
        let sealed = key(1)
            .seal("acc_1", b"sk_test_1", [7; NONCE_LENGTH])
            .unwrap();
        assert_eq!(
            key(1).open("acc_1", &sealed).unwrap().as_slice(),
            b"sk_test_1"
        );
        assert_eq!(key(1).open("acc_2", &sealed).unwrap_err(), VaultError);
        assert_eq!(key(2).open("acc_1", &sealed).unwrap_err(), VaultError);
    }

    #[test]
    fn refuses_every_truncation_and_every_changed_byte() {
        let sealed = key(1)
            .seal("acc_1", b"sk_test_1", [7; NONCE_LENGTH])
            .unwrap();
        let bytes = Base64UrlUnpadded::decode_vec(&sealed).unwrap();
        for length in 0..bytes.len() {
            let cut = Base64UrlUnpadded::encode_string(&bytes[..length]);
            assert_eq!(
                key(1).open("acc_1", &cut).unwrap_err(),
                VaultError,
                "{length}"
            );
            let mut changed = bytes.clone();
            changed[length] ^= 1;
            let changed = Base64UrlUnpadded::encode_string(&changed);
            assert_eq!(
                key(1).open("acc_1", &changed).unwrap_err(),
                VaultError,
                "{length}"
            );
        }
    }

    #[test]
    fn derives_by_hkdf() {
        // RFC 5869, test case 3: no salt, no info; IKM is 22 times 0x0b, so only the extract and
        // expand steps are compared, on that input.
        let extracted = hmac_sha256(&[0; 32], &[&[0x0b; 22]]);
        let expanded = hmac_sha256(&extracted, &[b"", &[1]]);
        assert_eq!(
            crate::testing::hex(&expanded),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        );
        assert_ne!(key(1).derive_key("a"), key(1).derive_key("b"));
    }
}
