//! One exchange of the worker with a channel, as `worker/src/perform/channel.rs` holds it. It
//! lives in memory alone: a crash ends it.

use causeway_shared::channel::{
    Action, CaptureMode, Flow, RefundReported, RefundStatus, Reported, Status,
};
use causeway_shared::order::{Attempt, Effect, Event};
use causeway_shared::time::UnixTime;

use super::Plant;
use super::till::Work;
use super::words::{Answer, Ask, Call, decline, said};

/// Stripe forgets keys after a day; later nothing is sent.
const REPEAT_MAX_S: i64 = 23 * 3600;

/// An exchange that waits for an answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub work: Work,
    /// How many rounds of follow-up work led here.
    pub round: usize,
    effect: Effect,
    attempt: Attempt,
    stage: Stage,
    in_doubt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// On a repeat the channel is asked first.
    Asking,
    Doing,
    /// A refusal to close says nothing about the payment.
    AskingAfter,
}

/// What an exchange does next.
#[derive(Debug)]
pub enum Next {
    Send(Call),
    /// What is known now; nothing when the outcome is unknown.
    Done(Vec<Event>),
}

impl Exchange {
    /// An exchange for handed out work; none for an expiry, or for what the order does not know.
    pub fn new(work: Work, round: usize) -> Option<Self> {
        let effect = work.effect.clone()?;
        let order = &work.snapshot;
        let attempt = match &effect {
            Effect::Capture { attempt, .. }
            | Effect::Close { attempt }
            | Effect::Create { attempt }
            | Effect::Fee { attempt }
            | Effect::Query { attempt, .. } => order.attempt(attempt),
            Effect::Refund { refund } => {
                order.refund(refund).and_then(|r| order.attempt(&r.attempt))
            }
        };
        let attempt = attempt?.clone();
        let repeats = work.tries > 0;
        let asks = matches!(effect, Effect::Create { .. } | Effect::Refund { .. });
        Some(Self {
            work,
            round,
            effect,
            attempt,
            stage: if repeats && asks {
                Stage::Asking
            } else {
                Stage::Doing
            },
            in_doubt: false,
        })
    }

    /// The first step.
    pub fn begin(&mut self, now: UnixTime) -> Next {
        match (&self.effect, self.stage) {
            (Effect::Create { .. }, Stage::Asking) => self.send(Ask::Query),
            (Effect::Create { .. }, _) => self.create(now),
            // The model's till asks for no fees: no money rests on them.
            (Effect::Fee { .. } | Effect::Query { .. }, _) => self.send(Ask::Query),
            (Effect::Close { .. }, _) => self.send(Ask::Close),
            (Effect::Capture { amount, .. }, _) => self.send(Ask::Capture(*amount)),
            (Effect::Refund { refund }, Stage::Asking) => {
                self.send(Ask::QueryRefund(refund.clone()))
            }
            (Effect::Refund { .. }, _) => self.refund(),
        }
    }

    /// The step after an answer.
    pub fn go_on(&mut self, answer: Answer, plant: Plant, now: UnixTime) -> Next {
        match (self.effect.clone(), self.stage, answer) {
            (Effect::Create { .. }, Stage::Asking, Answer::Payment(asked)) => match asked.status {
                Status::NotFound => self.create(now),
                Status::Pending => {
                    self.in_doubt = true;
                    self.create(now)
                }
                _ => self.done(*asked),
            },
            (Effect::Create { .. }, Stage::Doing, Answer::Unknown)
                if plant == Plant::DropIsDecline =>
            {
                self.declined()
            }
            (Effect::Create { .. }, Stage::Doing, Answer::Refused) if !self.in_doubt => {
                self.declined()
            }
            (Effect::Close { .. }, Stage::Doing, Answer::Refused) => {
                self.stage = Stage::AskingAfter;
                self.send(Ask::Query)
            }
            (Effect::Capture { attempt, .. }, _, Answer::Refused) => {
                Next::Done(vec![Event::CaptureFailed {
                    attempt,
                    decline: decline(),
                }])
            }
            (Effect::Refund { .. }, Stage::Asking, Answer::Refund(asked))
                if asked.status == RefundStatus::NotFound =>
            {
                self.stage = Stage::Doing;
                self.refund()
            }
            (Effect::Refund { refund }, _, Answer::Refund(reported)) => {
                Next::Done(vec![Event::RefundReport { refund, reported }])
            }
            (Effect::Refund { refund }, Stage::Doing, Answer::Refused) => {
                let reported = RefundReported {
                    channel_number: None,
                    status: RefundStatus::Failed(decline()),
                };
                Next::Done(vec![Event::RefundReport { refund, reported }])
            }
            (_, _, Answer::Payment(reported)) => self.done(*reported),
            (_, _, Answer::Refund(_) | Answer::Refused | Answer::Unknown) => Next::Done(Vec::new()),
        }
    }

    fn create(&mut self, now: UnixTime) -> Next {
        self.stage = Stage::Doing;
        let age_s = now.seconds() - self.attempt.created_at.seconds();
        match self.attempt.flow {
            // Its address is made here; the channel hears of it when the shopper goes there.
            Flow::RedirectDesktop | Flow::RedirectPhone => {
                let url = format!("https://channel.test/{}", self.attempt.reference);
                let action = Action::Redirect { url };
                let status = Status::RequiresAction(action);
                Next::Done(vec![said(self.attempt.number, None, status)])
            }
            Flow::Card if age_s >= REPEAT_MAX_S => self.send(Ask::Query),
            Flow::Card | Flow::Bridge | Flow::Qr => self.send(Ask::Create),
        }
    }

    fn refund(&self) -> Next {
        let Effect::Refund { refund } = &self.effect else {
            return Next::Done(Vec::new());
        };
        match self.work.snapshot.refund(refund) {
            Some(known) => self.send(Ask::Refund(refund.clone(), known.amount)),
            None => Next::Done(Vec::new()),
        }
    }

    fn done(&self, reported: Reported) -> Next {
        let number = self.attempt.number;
        Next::Done(vec![Event::Report { number, reported }])
    }

    fn declined(&self) -> Next {
        let status = Status::Declined(decline());
        Next::Done(vec![said(self.attempt.number, None, status)])
    }

    fn send(&self, ask: Ask) -> Next {
        let (order, attempt) = (&self.work.snapshot, &self.attempt);
        Next::Send(Call {
            order: self.work.order,
            number: attempt.number,
            key: attempt.id.as_str().to_owned(),
            attempt: attempt.id.clone(),
            reference: attempt.reference.clone(),
            account: attempt.account.clone(),
            flow: attempt.flow,
            numbered: attempt.channel_number.is_some(),
            amount: attempt.amount,
            expires_at: order.expires_at(),
            is_manual: order.capture() == CaptureMode::Manual,
            ask,
        })
    }
}
