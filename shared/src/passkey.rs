//! Passkeys: what a browser hands over when one is made and when one signs in, read and checked as
//! WebAuthn Level 3 says (sections 7.1 and 7.2), for ES256 alone.
//!
//! In scope: client data, authenticator data, the key in it, what is signed. Not in scope: checking
//! the signature, which the worker has WebCrypto do; attestation, of which nothing is concluded:
//! any passkey that the operator chooses will do.

mod cbor;
mod challenge;
mod data;
mod signature;
#[cfg(test)]
mod tests;

pub use challenge::{CHALLENGE_LIFE_S, Challenge, Purpose};

use crate::json;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt;

use cbor::Item;
use data::AuthenticatorData;

/// The longest of the parts that a browser hands over, in bytes; the usual have some hundred.
const MAX_PART: usize = 8 * 1024;

/// Why a passkey does not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyError {
    /// It was made for, or used in, a page inside another site's page.
    CrossOrigin,
    /// It is not of the form that WebAuthn has, or contradicts itself.
    Malformed,
    /// Nobody touched the authenticator.
    NotPresent,
    /// The authenticator did not ask for a finger, a face or a PIN.
    NotVerified,
    /// The key is not one for ES256.
    UnsupportedKey,
    /// It answers another challenge.
    WrongChallenge,
    /// It was made for, or used at, another origin.
    WrongOrigin,
    /// It belongs to another site.
    WrongParty,
    /// It was made where one was to be used, or the other way round.
    WrongType,
}

impl fmt::Display for PasskeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CrossOrigin => "the passkey was used inside another site's page",
            Self::Malformed => "the passkey's data cannot be read",
            Self::NotPresent => "nobody touched the authenticator",
            Self::NotVerified => "the authenticator did not check who touched it",
            Self::UnsupportedKey => "the passkey's key is not one for ES256",
            Self::WrongChallenge => "the passkey answers another challenge",
            Self::WrongOrigin => "the passkey was used at another origin",
            Self::WrongParty => "the passkey belongs to another site",
            Self::WrongType => "the passkey was made where one was to be used, or the reverse",
        })
    }
}

impl std::error::Error for PasskeyError {}

/// Whether the authenticator has to check who touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It may leave that out.
    Discouraged,
    /// A finger, a face or a PIN: the passkey is the only thing that lets in.
    Required,
}

/// What a passkey has to be for, and to answer.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The challenge that was given out.
    pub challenge: &'a [u8],
    /// The page's origin.
    pub origin: &'a str,
    /// The site: the origin's host.
    pub party: &'a str,
    /// Whether the authenticator had to check who touched it.
    pub verification: Verification,
}

/// A passkey that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// What names it, as the authenticator chose.
    pub id: Vec<u8>,
    /// Its public key: an uncompressed point of P-256 (SEC 1, section 2.3.3). Whether it lies on
    /// the curve is checked by whoever imports it.
    pub public_key: [u8; 65],
    /// How often it has signed; 0 where the authenticator does not count.
    pub sign_count: u32,
    /// Whether it may be copied to other devices of its owner.
    pub can_be_backed_up: bool,
}

/// A use of a passkey. It proves nothing until its signature was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedAssertion {
    /// What was signed.
    pub message: Vec<u8>,
    /// The signature as WebCrypto takes it: r and s, 32 bytes each.
    pub signature: [u8; 64],
    /// How often the passkey has signed; 0 where the authenticator does not count.
    pub sign_count: u32,
    /// Whether it may be copied to other devices; this never changes.
    pub can_be_backed_up: bool,
}

/// Client data, as far as it decides anything (section 5.8.1). Browsers may add fields.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// The challenge that client data says it answers: to find out by it whether it was given out.
///
/// # Errors
/// [`PasskeyError::Malformed`].
pub fn challenge_of(client_data: &[u8]) -> Result<Vec<u8>, PasskeyError> {
    base64(&read_client_data(client_data)?.challenge)
}

/// Reads a passkey that was made (section 7.1).
///
/// # Errors
/// The first thing that does not fit.
pub fn read_registration(
    client_data: &[u8],
    attestation: &[u8],
    expected: &Expected<'_>,
) -> Result<NewPasskey, PasskeyError> {
    check_client_data(client_data, "webauthn.create", expected)?;
    let object = read_part(attestation)?;
    // The statement beside it is not read: nothing is concluded from it.
    let Some(Item::Bytes(data)) = object.field("authData") else {
        return Err(PasskeyError::Malformed);
    };
    let data = AuthenticatorData::parse(data)?;
    data.check(expected)?;
    let made = data.made.as_ref().ok_or(PasskeyError::Malformed)?;
    Ok(NewPasskey {
        id: made.id.to_vec(),
        public_key: made.public_key,
        sign_count: data.sign_count,
        can_be_backed_up: data.can_be_backed_up(),
    })
}

/// Reads a use of a passkey (section 7.2).
///
/// # Errors
/// The first thing that does not fit.
pub fn read_assertion(
    client_data: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
    expected: &Expected<'_>,
) -> Result<UnverifiedAssertion, PasskeyError> {
    check_client_data(client_data, "webauthn.get", expected)?;
    if authenticator_data.len() > MAX_PART {
        return Err(PasskeyError::Malformed);
    }
    let data = AuthenticatorData::parse(authenticator_data)?;
    data.check(expected)?;
    let mut message = authenticator_data.to_vec();
    message.extend_from_slice(&Sha256::digest(client_data));
    Ok(UnverifiedAssertion {
        message,
        signature: signature::raw(signature)?,
        sign_count: data.sign_count,
        can_be_backed_up: data.can_be_backed_up(),
    })
}

/// Whether a passkey that counts its uses was used once more. One whose count does not grow may
/// have been copied (section 7.2, step 22).
#[must_use]
pub const fn counts_on(before: u32, now: u32) -> bool {
    (before == 0 && now == 0) || now > before
}

fn read_client_data(json: &[u8]) -> Result<ClientData, PasskeyError> {
    // An object in UTF-8 (section 5.8.1.2): serde would read a list of the fields' values as well,
    // and passes over what it does not know.
    if json.len() > MAX_PART || json.first() != Some(&b'{') || str::from_utf8(json).is_err() {
        return Err(PasskeyError::Malformed);
    }
    json::from_slice(json).map_err(|_| PasskeyError::Malformed)
}

fn check_client_data(json: &[u8], kind: &str, expected: &Expected<'_>) -> Result<(), PasskeyError> {
    let data = read_client_data(json)?;
    if data.kind != kind {
        return Err(PasskeyError::WrongType);
    }
    if base64(&data.challenge)? != expected.challenge {
        return Err(PasskeyError::WrongChallenge);
    }
    if data.origin != expected.origin {
        return Err(PasskeyError::WrongOrigin);
    }
    if data.cross_origin || data.top_origin.is_some() {
        return Err(PasskeyError::CrossOrigin);
    }
    Ok(())
}

fn read_part(bytes: &[u8]) -> Result<Item<'_>, PasskeyError> {
    if bytes.len() > MAX_PART {
        return Err(PasskeyError::Malformed);
    }
    match cbor::read(bytes)? {
        (item, []) => Ok(item),
        (_, [_, ..]) => Err(PasskeyError::Malformed),
    }
}

fn base64(text: &str) -> Result<Vec<u8>, PasskeyError> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(text).map_err(|_| PasskeyError::Malformed)
}
