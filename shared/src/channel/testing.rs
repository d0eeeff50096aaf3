//! Carries out the steps of an exchange natively: real RSA, answers from the test, no network.
//!
//! Compiled into the unit tests of `shared` and, by path, into `tests/transcripts.rs`; so it
//! names the crate from outside.

use causeway_shared::channel::ChannelError;
use causeway_shared::http::{Request, Response};
use causeway_shared::sign::{Algorithm, Next, Step, ToSign, ToVerify};
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::{RsaPrivateKey, RsaPublicKey};

/// Runs an exchange to its end. Each request goes to `answer`.
pub fn run<T>(
    next: Next<T>,
    mut answer: impl FnMut(Request) -> Response,
) -> Result<T, ChannelError> {
    let mut step = next?;
    loop {
        step = match step {
            Step::Sign(to_sign, then) => then(sign(&to_sign))?,
            Step::Verify(to_verify, then) if holds(&to_verify) => then(())?,
            Step::Verify(..) => {
                return Err(ChannelError::Unauthentic("the signature does not hold"));
            }
            Step::Send(request, then) => then(answer(request))?,
            Step::Done(result) => return Ok(result),
        };
    }
}

/// For exchanges that send nothing.
#[allow(dead_code)]
pub fn run_offline<T>(next: Next<T>) -> Result<T, ChannelError> {
    run(next, |request| {
        panic!("nothing was to be sent, but {request:?} was")
    })
}

fn sign(to_sign: &ToSign) -> Vec<u8> {
    let Algorithm::RsaSha256 = to_sign.algorithm;
    let key = RsaPrivateKey::from_pkcs8_der(to_sign.key_pkcs8.expose()).unwrap();
    SigningKey::<Sha256>::new(key)
        .sign(&to_sign.message)
        .to_vec()
}

fn holds(to_verify: &ToVerify) -> bool {
    let Algorithm::RsaSha256 = to_verify.algorithm;
    let key = RsaPublicKey::from_public_key_der(&to_verify.key_spki).unwrap();
    let Ok(signature) = Signature::try_from(to_verify.signature.as_slice()) else {
        return false;
    };
    VerifyingKey::<Sha256>::new(key)
        .verify(&to_verify.message, &signature)
        .is_ok()
}

/// A throw-away key pair of `tests/vectors/channels/test_keys.json`.
pub struct TestKey {
    /// PKCS#8, PEM.
    pub private: String,
    /// `SubjectPublicKeyInfo`, PEM.
    pub public: String,
}

impl TestKey {
    /// `merchant`, `channel` or `stranger`.
    pub fn named(name: &str) -> Self {
        let text = include_str!("../../../tests/vectors/channels/test_keys.json");
        let file: serde_json::Value = serde_json::from_str(text).unwrap();
        let part = |part: &str| file["keys"][name][part].as_str().unwrap().to_owned();
        Self {
            private: part("pkcs8_pem"),
            public: part("spki_pem"),
        }
    }

    /// An RSA-SHA256 signature over `message`.
    #[allow(dead_code)]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let key = RsaPrivateKey::from_pkcs8_pem(&self.private).unwrap();
        SigningKey::<Sha256>::new(key).sign(message).to_vec()
    }
}
