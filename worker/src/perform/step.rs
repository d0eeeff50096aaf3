//! Carrying out the steps of an exchange (`causeway_shared::sign::Step`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use causeway_shared::channel::{Account, ChannelCode, ChannelError, Told, channel};
use causeway_shared::http::{Method, Request, Response};
use causeway_shared::sign::Step;
use causeway_shared::time::UnixTime;

use super::send::{NoAnswer, send};
use crate::keys;
use crate::object::till::call::Message;
use crate::random::now;

/// How long a channel may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most answers that are kept.
const MAX_KEPT: usize = 64;
/// How long a refusal is kept, in seconds: of an answer that serves again.
const REFUSED_S: u32 = 60;
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

    /// The same about a question, whose failure says nothing of what it asked about.
    #[must_use]
    pub fn without_certainty(self) -> Self {
        if !self.is_definite() {
            return self;
        }
        let code = ChannelCode::new(&self.describe());
        Self::Channel(ChannelError::Unavailable(code))
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

/// Answers that serve again: by credentials, which another merchant's answer would not fit, and
/// address, with the time until which they do.
type Kept = HashMap<([u8; 32], String), (UnixTime, Response)>;

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::new(HashMap::new());
}

/// Carries out an exchange for an account.
///
/// # Errors
/// [`PerformError`]; a signature that does not hold is [`ChannelError::Unauthentic`].
pub async fn run<T>(
    account: &Account,
    first: Result<Step<T>, ChannelError>,
) -> Result<T, PerformError> {
    run_watched(account, first, |_| ()).await
}

/// What goes between us and a channel.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// An answer came.
    Answer(&'a Response),
    /// No answer came.
    Nothing,
    /// A request goes out.
    Request(&'a Request),
}

/// [`run`], which also notes what is said, as far as people of the store may see it.
///
/// # Errors
/// See [`run`].
pub async fn run_noting<T>(
    account: &Account,
    first: Result<Step<T>, ChannelError>,
    messages: &RefCell<Vec<Message>>,
) -> Result<T, PerformError> {
    let note = |seen: Seen<'_>| {
        let (sent, told) = match seen {
            Seen::Answer(answer) => (false, Some(Told::of_response(account.channel, answer))),
            Seen::Nothing => (false, None),
            Seen::Request(request) => (true, Some(Told::of_request(account.channel, request))),
        };
        let at = now();
        messages.borrow_mut().push(Message { at, sent, told });
    };
    run_watched(account, first, note).await
}

/// [`run`], which also shows each message as it goes.
///
/// # Errors
/// See [`run`].
pub async fn run_watched<T>(
    account: &Account,
    first: Result<Step<T>, ChannelError>,
    mut watch: impl FnMut(Seen<'_>),
) -> Result<T, PerformError> {
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
            Step::Send(request, then) => {
                watch(Seen::Request(&request));
                let answer = exchange(account, &request).await;
                watch(answer.as_ref().map_or(Seen::Nothing, Seen::Answer));
                then(answer?)?
            }
            Step::Done(result) => return Ok(result),
        };
    }
    Err(ChannelError::Malformed("the exchange does not end").into())
}

/// Sends a request, unless an answer to it is kept.
async fn exchange(account: &Account, request: &Request) -> Result<Response, NoAnswer> {
    let Some(life_s) = reusable_s(account, request) else {
        return send(request, TIMEOUT).await;
    };
    let key = (account.credentials.fingerprint(), request.url.clone());
    let kept = KEPT.with(|k| {
        k.borrow()
            .get(&key)
            .filter(|(until, _)| *until > now())
            .cloned()
    });
    if let Some((_, response)) = kept {
        return Ok(response);
    }
    let response = send(request, TIMEOUT).await?;
    // A refusal is kept too: strangers who post notices must not have us ask again for each.
    let life_s = match response.status {
        200..=299 => Some(life_s),
        429 => None,
        400..=499 => Some(REFUSED_S.min(life_s)),
        _ => None,
    };
    if let Some(life_s) = life_s {
        let until = now().plus_seconds(i64::from(life_s));
        KEPT.with(|k| {
            let mut kept = k.borrow_mut();
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(key, (until, response.clone()));
        });
    }
    Ok(response)
}

fn reusable_s(account: &Account, request: &Request) -> Option<u32> {
    let reusable = channel(account.channel).declaration().reusable;
    let fits = |path: &str| request.method == Method::Get && request.url.ends_with(path);
    reusable
        .iter()
        .find(|(path, _)| fits(path))
        .map(|(_, life_s)| *life_s)
}

const BAD_PRIVATE_KEY: ChannelError = ChannelError::Credentials {
    field: "private key",
    problem: "is not an RSA private key",
};

/// Not definite: it is found only after something was sent.
const BAD_PUBLIC_KEY: ChannelError =
    ChannelError::Unauthentic("the channel's public key is not an RSA key");
