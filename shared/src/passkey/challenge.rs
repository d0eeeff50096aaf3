//! Challenges that need not be kept until they are answered: they say by themselves what they are
//! for and when they were given out. That each is answered once is for whoever takes the answer.

use subtle::ConstantTimeEq;

use crate::mac::hmac_sha256;
use crate::time::UnixTime;

/// How long a challenge can be answered, in seconds: five minutes.
pub const CHALLENGE_LIFE_S: i64 = 300;

const RANDOM: usize = 16;
const TIME: usize = 8;

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Making a passkey, for this operator.
    Register(&'a str),
    /// Signing in, whoever it is.
    SignIn,
}

impl Purpose<'_> {
    fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::Register(whose) => [b"register\0", whose.as_bytes()],
            Self::SignIn => [b"sign in\0", b""],
        }
    }
}

/// A challenge: 16 random bytes, the time in milliseconds, and 16 bytes that only the holder of the
/// key can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge(pub [u8; RANDOM + TIME + 16]);

impl Challenge {
    /// Makes one.
    #[must_use]
    pub fn make(key: &[u8; 32], purpose: Purpose<'_>, random: [u8; RANDOM], now: UnixTime) -> Self {
        let mut bytes = [0; RANDOM + TIME + 16];
        bytes[..RANDOM].copy_from_slice(&random);
        bytes[RANDOM..RANDOM + TIME].copy_from_slice(&now.millis().to_be_bytes());
        let mac = derive_mac(key, purpose, &bytes[..RANDOM + TIME]);
        bytes[RANDOM + TIME..].copy_from_slice(&mac);
        Self(bytes)
    }

    /// When a challenge of this form can no longer be answered. `None` for one that was not made
    /// here, or not for this, or too long ago.
    #[must_use]
    pub fn expiry(
        key: &[u8; 32],
        purpose: Purpose<'_>,
        bytes: &[u8],
        now: UnixTime,
    ) -> Option<UnixTime> {
        let (stated, mac) = bytes.split_at_checked(RANDOM + TIME)?;
        if !bool::from(derive_mac(key, purpose, stated).ct_eq(mac)) {
            return None;
        }
        let time = stated.get(RANDOM..)?.try_into().ok()?;
        let made_at = UnixTime::from_millis(i64::from_be_bytes(time));
        let expires_at = made_at.plus_seconds(CHALLENGE_LIFE_S);
        (now < expires_at).then_some(expires_at)
    }
}

fn derive_mac(key: &[u8; 32], purpose: Purpose<'_>, stated: &[u8]) -> [u8; 16] {
    let [what, whose] = purpose.parts();
    // What is stated has one length, so that no two purposes give the same message.
    let mac = hmac_sha256(key, &[b"causeway passkey v1\0", stated, what, whose]);
    let mut first = [0; 16];
    first.copy_from_slice(&mac[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixTime = UnixTime::from_seconds(1_790_000_000);

    #[test]
    fn a_challenge_is_good_for_its_purpose_and_five_minutes() {
        let key = [7; 32];
        let ann = Purpose::Register("opr_1");
        let made = Challenge::make(&key, ann, [1; 16], AT);
        let good = |purpose, seconds| {
            Challenge::expiry(&key, purpose, &made.0, AT.plus_seconds(seconds)).is_some()
        };
        assert!(good(ann, 0) && good(ann, CHALLENGE_LIFE_S - 1));
        assert!(!good(ann, CHALLENGE_LIFE_S));
        assert!(!good(Purpose::Register("opr_2"), 0) && !good(Purpose::SignIn, 0));
        assert!(Challenge::expiry(&[8; 32], ann, &made.0, AT).is_none());
        for place in 0..made.0.len() {
            let mut turned = made.0;
            turned[place] ^= 1;
            assert!(
                Challenge::expiry(&key, ann, &turned, AT).is_none(),
                "{place}"
            );
        }
        assert!(Challenge::expiry(&key, ann, &made.0[..39], AT).is_none());
        assert!(Challenge::expiry(&key, ann, b"", AT).is_none());
    }
}
