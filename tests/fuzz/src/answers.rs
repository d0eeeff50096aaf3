//! Answers of channels: the exchange of a transcript, with other answers.
//!
//! Form: the transcript's name, in a line; one character that says which signatures hold, in a
//! line; then the answers (see `messages.rs`).

use causeway_shared::channel::{Channel, ChannelId, Source, channel};
use causeway_shared::http::Response;
use causeway_shared::sign::Next;

use crate::checks::{Expected, error};
use crate::messages::{answers, first_line};
use crate::run::{Ran, run};
use crate::transcripts::{Operation, Transcript, named, of};

/// Runs one exchange with the channel of a folder.
pub fn read(folder: &str, data: &[u8]) {
    let (name, rest) = first_line(data);
    let (which, rest) = first_line(rest);
    let transcript = named(name, &of(folder, false));
    // A bit for each signature, from the lowest on; `?` has them all hold.
    let mut which = which.first().copied().unwrap_or(b'?');
    let holds = move || {
        let holds = which & 1 == 1;
        which = which >> 1 | 0x80;
        holds
    };
    perform(transcript, answers(rest), holds);
}

fn perform(
    transcript: &Transcript,
    answers: impl Iterator<Item = Response>,
    holds: impl FnMut() -> bool,
) {
    let account = transcript.account();
    let channel: &dyn Channel = channel(account.channel);
    let (base, fresh) = (transcript.base.as_str(), &transcript.fresh());
    let expected = Expected {
        account: &account.id,
        source: Source::Answer,
    };
    // Stripe's answers are authentic because of TLS; the others sign them.
    let signed = account.channel != ChannelId::Stripe;
    transcript.with_payment(&account, |payment| {
        let refund = transcript.refund();
        let next = match transcript.operation {
            Operation::Create => channel.create(base, payment, fresh),
            Operation::Query => channel.query(base, payment, fresh),
            Operation::Capture => {
                let amount = transcript.amount.unwrap_or(payment.amount);
                channel.capture(base, payment, amount, fresh)
            }
            Operation::Close => channel.close(base, payment, fresh),
            Operation::Refund | Operation::QueryRefund => {
                let refund = refund.unwrap();
                let next = if transcript.operation == Operation::Refund {
                    channel.refund(base, payment, &refund, fresh)
                } else {
                    channel.query_refund(base, payment, &refund, fresh)
                };
                let Some((reported, held)) = done(next, answers, holds) else {
                    return;
                };
                if let Some(proof) = expected.refund(&reported) {
                    assert!(!signed || held > 0, "a proof without a signature");
                    assert_eq!(proof.refund(), refund.refund);
                }
                return;
            }
            Operation::ReadNotice => return,
        };
        let Some((reported, held)) = done(next, answers, holds) else {
            return;
        };
        if let Some(proof) = expected.payment(&reported) {
            assert!(!signed || held > 0, "a proof without a signature");
            // Stripe's number names the payment; that its metadata fit is held by the order.
            assert!(!signed || proof.reference() == Some(payment.reference));
        }
    });
}

fn done<T>(
    next: Next<T>,
    answers: impl Iterator<Item = Response>,
    holds: impl FnMut() -> bool,
) -> Option<(T, usize)> {
    let Ran { result, held } = run(next, answers, holds)?;
    match result {
        Ok(reported) => Some((reported, held)),
        Err(problem) => {
            error(&problem);
            None
        }
    }
}
