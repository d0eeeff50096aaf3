//! Authenticator data (WebAuthn Level 3, section 6.1), and the key in it (RFC 9053, section 7.1.1).

use sha2::{Digest, Sha256};

use super::cbor::{self, Item};
use super::{Expected, PasskeyError, Verification};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The longest id of a credential (section 4: at most 1023 bytes).
const MAX_ID: usize = 1023;

pub(super) struct AuthenticatorData<'a> {
    party_hash: &'a [u8],
    flags: u8,
    pub(super) sign_count: u32,
    /// The credential, where one was just made.
    pub(super) made: Option<Made<'a>>,
}

pub(super) struct Made<'a> {
    pub(super) id: &'a [u8],
    pub(super) public_key: [u8; 65],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, PasskeyError> {
        let (party_hash, rest) = split(bytes, 32)?;
        let (flags, rest) = split(rest, 1)?;
        let (count, mut rest) = split(rest, 4)?;
        let flags = flags.first().copied().unwrap_or_default();
        let mut made = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (found, after) = read_made(rest)?;
            made = Some(found);
            rest = after;
        }
        if flags & HAS_EXTENSIONS != 0 {
            let (Item::Map(_), after) = cbor::read(rest)? else {
                return Err(PasskeyError::Malformed);
            };
            rest = after;
        }
        if !rest.is_empty() {
            return Err(PasskeyError::Malformed);
        }
        Ok(Self {
            party_hash,
            flags,
            sign_count: count.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)),
            made,
        })
    }

    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<(), PasskeyError> {
        if *self.party_hash != *Sha256::digest(expected.party) {
            return Err(PasskeyError::WrongParty);
        }
        if self.flags & PRESENT == 0 {
            return Err(PasskeyError::NotPresent);
        }
        if expected.verification == Verification::Required && self.flags & VERIFIED == 0 {
            return Err(PasskeyError::NotVerified);
        }
        if self.flags & BACKED_UP != 0 && !self.can_be_backed_up() {
            return Err(PasskeyError::Malformed);
        }
        Ok(())
    }

    pub(super) const fn can_be_backed_up(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }
}

/// Attested credential data (section 6.5.1): the model, the id's length, the id, the key.
fn read_made(bytes: &[u8]) -> Result<(Made<'_>, &[u8]), PasskeyError> {
    let (_model, rest) = split(bytes, 16)?;
    let (length, rest) = split(rest, 2)?;
    let length = length.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
    if length == 0 || length > MAX_ID {
        return Err(PasskeyError::Malformed);
    }
    let (id, rest) = split(rest, length)?;
    let (key, rest) = cbor::read(rest)?;
    let public_key = read_key(&key)?;
    Ok((Made { id, public_key }, rest))
}

/// A COSE key: `kty` EC2, `alg` ES256, `crv` P-256, `x` and `y` of 32 bytes.
fn read_key(key: &Item<'_>) -> Result<[u8; 65], PasskeyError> {
    for (label, value) in [(1, 2), (3, -7), (-1, 1)] {
        if key.label(label) != Some(&Item::Integer(value)) {
            return Err(PasskeyError::UnsupportedKey);
        }
    }
    let (Some(Item::Bytes(x)), Some(Item::Bytes(y))) = (key.label(-2), key.label(-3)) else {
        return Err(PasskeyError::UnsupportedKey);
    };
    let mut point = [4; 65];
    let (Ok(x), Ok(y)) = (<&[u8; 32]>::try_from(*x), <&[u8; 32]>::try_from(*y)) else {
        return Err(PasskeyError::UnsupportedKey);
    };
    point[1..33].copy_from_slice(x);
    point[33..].copy_from_slice(y);
    Ok(point)
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), PasskeyError> {
    bytes.split_at_checked(at).ok_or(PasskeyError::Malformed)
}
