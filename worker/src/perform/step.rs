//! Carrying out the steps of an exchange (`causeway_shared::sign::Step`).

use std::time::Duration;

use causeway_shared::channel::ChannelError;
use causeway_shared::sign::Step;

use super::send::{NoAnswer, send};
use crate::keys;

/// How long a channel may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most steps of one exchange.
const MAX_STEPS: usize = 12;

/// Why an exchange has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerformError {
    /// The channel file says so.
    Channel(ChannelError),
    /// No answer came: the outcome is unknown.
    NoAnswer,
}

impl PerformError {
    /// Whether it is certain that nothing moved.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        match self {
            Self::Channel(error) => error.is_definite(),
            Self::NoAnswer => false,
        }
    }

    /// For logs: the kind, and the channel's own code where there is one.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Channel(error) => error.to_string(),
            Self::NoAnswer => "no answer".to_owned(),
        }
    }
}

impl From<ChannelError> for PerformError {
    fn from(error: ChannelError) -> Self {
        Self::Channel(error)
    }
}

impl From<NoAnswer> for PerformError {
    fn from(_: NoAnswer) -> Self {
        Self::NoAnswer
    }
}

/// Carries out an exchange.
///
/// # Errors
/// [`PerformError`]; a signature that does not hold is [`ChannelError::Unauthentic`].
pub async fn run<T>(first: Result<Step<T>, ChannelError>) -> Result<T, PerformError> {
    let mut step = first?;
    for _ in 0..MAX_STEPS {
        step = match step {
            Step::Sign(to_sign, then) => {
                let signature = keys::sign(&to_sign).await.map_err(|_| BAD_PRIVATE_KEY)?;
                then(signature)?
            }
            Step::Verify(to_verify, then) => match keys::verify(&to_verify).await {
                Ok(true) => then(())?,
                Ok(false) => return Err(ChannelError::Unauthentic("signature").into()),
                Err(_) => return Err(BAD_PUBLIC_KEY.into()),
            },
            Step::Send(request, then) => then(send(&request, TIMEOUT).await?)?,
            Step::Done(result) => return Ok(result),
        };
    }
    Err(ChannelError::Malformed("the exchange does not end").into())
}

const BAD_PRIVATE_KEY: ChannelError = ChannelError::Credentials {
    field: "private key",
    problem: "is not an RSA private key",
};

/// Not definite: it is found only after something was sent.
const BAD_PUBLIC_KEY: ChannelError =
    ChannelError::Unauthentic("the channel's public key is not an RSA key");
