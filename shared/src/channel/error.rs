//! Why an exchange with a channel has no result.

/// Why an exchange with a channel has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// A credential is missing or not of its form. Nothing was sent.
    #[error("credential `{field}`: {problem}")]
    Credentials {
        /// The field of the account.
        field: &'static str,
        /// What is wrong with it, in words for a merchant.
        problem: &'static str,
    },
    /// The channel refused our request for a reason of ours (keys, permission, parameters).
    /// Definite: nothing moved.
    #[error("the channel refused the request: {0}")]
    Refused(ChannelCode),
    /// A signature does not hold, is missing, or is too old. Believe nothing of it.
    #[error("not authentic: {0}")]
    Unauthentic(&'static str),
    /// An answer or notice is not of the form that the channel documents. Outcome unknown.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The channel cannot answer now (5xx, rate limit). Outcome unknown; the same request may be
    /// repeated.
    #[error("the channel is unavailable: {0}")]
    Unavailable(ChannelCode),
    /// The channel cannot do this. Nothing was sent.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
}

impl ChannelError {
    /// The channel's own code, where it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(code) | Self::Unavailable(code) => Some(code.as_str()),
            Self::Credentials { .. }
            | Self::Malformed(_)
            | Self::Unauthentic(_)
            | Self::Unsupported(_) => None,
        }
    }

    /// Whether it is certain that this exchange moved no money.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        match self {
            Self::Credentials { .. } | Self::Refused(_) | Self::Unsupported(_) => true,
            Self::Unauthentic(_) | Self::Malformed(_) | Self::Unavailable(_) => false,
        }
    }
}

/// A channel's own error code: at most 64 printable ASCII characters, so that no message with
/// personal data gets into a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelCode(String);

impl ChannelCode {
    /// Keeps what may be kept of `code`.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(
            code.chars()
                .filter(char::is_ascii_graphic)
                .take(64)
                .collect(),
        )
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ChannelCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
