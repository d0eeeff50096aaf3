//! What a failed question to a channel points to, for the merchant to mend.

use super::ChannelError;

/// What is wrong with an account, as far as a refused question tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// A key, number or certificate is not the one that the channel knows.
    BadKey,
    /// Our clock and the channel's differ.
    Clock,
    /// Something else.
    Unknown,
    /// The account belongs to the other mode: a sandbox app with live money, or the reverse.
    WrongMode,
}

impl Diagnosis {
    /// What an error means at every channel; `None` where the channel's own code tells more.
    pub(super) fn of(error: &ChannelError) -> Option<Self> {
        match error {
            // What is set here as the channel's key did not verify its answer.
            ChannelError::Credentials { .. } | ChannelError::Unauthentic(_) => Some(Self::BadKey),
            ChannelError::Malformed(_) | ChannelError::Unsupported(_) => Some(Self::Unknown),
            ChannelError::Refused(_) | ChannelError::Unavailable(_) => None,
        }
    }
}
