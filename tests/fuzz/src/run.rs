//! Carries out the steps of an exchange. Whether a signature holds is for the fuzz input to say:
//! no fuzzer finds one.

use causeway_shared::channel::ChannelError;
use causeway_shared::http::Response;
use causeway_shared::sign::{Next, Step};

/// More steps than any exchange has.
const STEPS_MAX: usize = 40;

/// How an exchange went.
pub(crate) struct Ran<T> {
    pub result: Result<T, ChannelError>,
    /// How many signatures were verified, and held.
    pub held: usize,
}

/// Runs an exchange to its end. Where answers run out, the network ends it.
pub(crate) fn run<T>(
    mut next: Next<T>,
    mut answers: impl Iterator<Item = Response>,
    mut holds: impl FnMut() -> bool,
) -> Option<Ran<T>> {
    let mut held = 0;
    for _ in 0..STEPS_MAX {
        next = match next {
            Err(error) => {
                let result = Err(error);
                return Some(Ran { result, held });
            }
            Ok(Step::Done(done)) => {
                let result = Ok(done);
                return Some(Ran { result, held });
            }
            Ok(Step::Sign(_, then)) => then(vec![7; 256]),
            Ok(Step::Verify(_, then)) if holds() => {
                held += 1;
                then(())
            }
            Ok(Step::Verify(..)) => return None,
            Ok(Step::Send(_, then)) => then(answers.next()?),
        };
    }
    panic!("an exchange goes on and on");
}
