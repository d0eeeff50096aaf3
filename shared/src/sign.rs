//! What is to be signed or verified with an asymmetric key, and the steps of an exchange.
//!
//! A channel file never holds a key operation on an RSA key: it says what is to be done, and the
//! worker does it with WebCrypto, natively (RSA in WASM costs some 10 ms a signature). Tests do
//! the same with a Rust crate. MACs and AEADs are fast in WASM and stay inside the channel file.

use std::fmt;

use crate::channel::ChannelError;
use crate::http::{Request, Response};
use crate::secret::Secret;

/// The algorithms that channels ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2): Alipay RSA2, WeChat Pay v3.
    RsaSha256,
}

/// A signature that the worker is to make.
pub struct ToSign {
    /// How.
    pub algorithm: Algorithm,
    /// The merchant's private key, PKCS#8 DER (PKCS#1 is wrapped before it comes here).
    pub key_pkcs8: Secret<Vec<u8>>,
    /// The exact bytes to be signed.
    pub message: Vec<u8>,
}

impl fmt::Debug for ToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ToSign({:?}, {} bytes)",
            self.algorithm,
            self.message.len()
        )
    }
}

/// A signature that the worker is to verify.
///
/// There is no boolean answer: the exchange goes on only when the signature holds, and ends with
/// [`ChannelError::Unauthentic`] when it does not.
#[derive(Clone, PartialEq, Eq)]
pub struct ToVerify {
    /// How.
    pub algorithm: Algorithm,
    /// The channel's public key, `SubjectPublicKeyInfo` DER.
    pub key_spki: Vec<u8>,
    /// The exact bytes that were signed.
    pub message: Vec<u8>,
    /// The signature that came with them.
    pub signature: Vec<u8>,
}

impl fmt::Debug for ToVerify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ToVerify({:?}, {} bytes)",
            self.algorithm,
            self.message.len()
        )
    }
}

/// The next step of an exchange with a channel, or its result.
///
/// A channel returns a step; whoever may touch keys and the network carries it out and calls
/// `then`. That loop stands in two places only: the worker's `perform` and the native test
/// harness. A step that cannot be carried out (time-out, false signature) is never answered:
/// `then` is dropped.
pub enum Step<T> {
    /// Make a signature, go on with its bytes.
    Sign(ToSign, Then<Vec<u8>, T>),
    /// Verify a signature, go on only if it holds.
    Verify(ToVerify, Then<(), T>),
    /// Send a request, go on with the answer, whatever its status.
    Send(Request, Then<Response, T>),
    /// The exchange is over.
    Done(T),
}

/// What follows a step.
pub type Then<A, T> = Box<dyn FnOnce(A) -> Next<T>>;

/// A step, or the reason why there is none.
pub type Next<T> = Result<Step<T>, ChannelError>;

impl<T: 'static> Step<T> {
    /// A signing step.
    pub fn sign(to_sign: ToSign, then: impl FnOnce(Vec<u8>) -> Next<T> + 'static) -> Self {
        Step::Sign(to_sign, Box::new(then))
    }

    /// A verifying step.
    pub fn verify(to_verify: ToVerify, then: impl FnOnce() -> Next<T> + 'static) -> Self {
        Step::Verify(to_verify, Box::new(move |()| then()))
    }

    /// A sending step.
    pub fn send(request: Request, then: impl FnOnce(Response) -> Next<T> + 'static) -> Self {
        Step::Send(request, Box::new(then))
    }

    /// Turns the result of the exchange into another, which may need further steps.
    pub fn and_then<U: 'static>(self, f: impl FnOnce(T) -> Next<U> + 'static) -> Next<U> {
        self.chain(Box::new(f))
    }

    /// Compiled once for two types, and not for each `f`.
    fn chain<U: 'static>(self, f: Then<T, U>) -> Next<U> {
        Ok(match self {
            Step::Sign(s, then) => Step::sign(s, |a| then(a)?.chain(f)),
            Step::Verify(v, then) => Step::verify(v, || then(())?.chain(f)),
            Step::Send(r, then) => Step::send(r, |a| then(a)?.chain(f)),
            Step::Done(t) => return f(t),
        })
    }
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Sign(s, _) => s.fmt(f),
            Step::Verify(v, _) => v.fmt(f),
            Step::Send(r, _) => r.fmt(f),
            Step::Done(_) => f.write_str("Done"),
        }
    }
}
