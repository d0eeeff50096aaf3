//! The channels, with books of their own: card-like (Stripe), page-like (Alipay) and code-like
//! (WeChat Pay). They tell the truth when they answer, except where a fault says otherwise.
//!
//! What we take for granted: of money that moves after a channel has said that nothing can move
//! any more, it posts a notice until it is acknowledged; otherwise nobody could ever know.

mod refunds;
mod report;

use causeway_shared::channel::{
    CaptureMode, Flow, RefundReported, RefundStatus, Reported, Source, Status,
};
use causeway_shared::id::{AccountId, AttemptId, Reference, RefundId};
use causeway_shared::money::Money;
use causeway_shared::order::{Attempt, Event, Order};
use causeway_shared::time::UnixTime;

use super::words::{Answer, Ask, Call, Checked, Violation, must};
use crate::chance::Chance;

/// How young a card payment may be while Stripe's lists lack it.
const LIST_LAG_S: i64 = 60;
/// How long after the order a code or page may be paid.
const GRACE_S: i64 = 60;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The channel refused the request, and does so whenever it is repeated.
    Refused,
    /// The issuer is deciding.
    Deciding,
    /// It waits for the shopper.
    Offered,
    Held(Money),
    Taken(Money),
    Declined,
    Dead,
}

/// A payment on the books.
#[derive(Clone, Debug)]
pub struct Payment {
    pub order: usize,
    pub number: u8,
    key: String,
    attempt: AttemptId,
    reference: Reference,
    account: AccountId,
    flow: Flow,
    amount: Money,
    two_steps: bool,
    pub at: At,
    channel_number: String,
    expires_at: UnixTime,
    born: UnixTime,
    moved: UnixTime,
    refused_captures: Vec<Money>,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    Pending,
    Settled,
    Failed,
}

/// A refund on the books.
#[derive(Clone, Debug)]
pub struct GivenBack {
    pub id: RefundId,
    /// The payment's place on the books.
    payment: usize,
    pub order: usize,
    pub number: u8,
    pub amount: Money,
    pub back: Back,
    moved: UnixTime,
}

/// What a channel does later, in seconds.
#[derive(Clone, Debug)]
pub enum Later {
    Decide(usize),
    Lapse(usize),
    /// A payment that was closed goes through after all.
    Revive(usize),
    Return(usize),
    Settle(usize),
    /// A code or page dies.
    TimeOut(usize),
}

/// What leaves the channel because of something: acts of its own, and news for us.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    pub later: Vec<(i64, Later)>,
    /// The news, and whether it is posted until acknowledged.
    pub news: Vec<(usize, Event, bool)>,
}

/// All channels of a world.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub payments: Vec<Payment>,
    pub refunds: Vec<GivenBack>,
    pub wake: Wake,
    pub faults: bool,
}

impl Books {
    /// A request arrives.
    pub fn hear(&mut self, call: &Call, now: UnixTime, chance: &mut Chance) -> Checked<Answer> {
        match &call.ask {
            Ask::Create => self.create(call, now, chance),
            Ask::Query => self.query(call, now, chance),
            Ask::Close => self.close(call, now, chance),
            Ask::Capture(amount) => self.capture(call, *amount, now, chance),
            Ask::Refund(id, amount) => self.refund(call, id, *amount, now, chance),
            Ask::QueryRefund(id) => match self.refunds.iter().position(|r| r.id == *id) {
                Some(known) => self.tell_refund(known, Source::Answer).map(Answer::Refund),
                None => Ok(Answer::Refund(RefundReported {
                    channel_number: None,
                    status: RefundStatus::NotFound,
                })),
            },
        }
    }

    /// What the channel took for an attempt, in all payments of its reference.
    pub fn taken(&self, order: usize, number: u8) -> i64 {
        let of = |p: &&Payment| p.order == order && p.number == number;
        let taken = self.payments.iter().filter(of).map(|p| match p.at {
            At::Taken(amount) => amount.minor(),
            _ => 0,
        });
        taken.sum()
    }

    /// What the channel gave back of an attempt, as far as `counts`.
    pub fn given_back(&self, order: usize, number: u8, counts: impl Fn(Back) -> bool) -> i64 {
        let of = |r: &&GivenBack| r.order == order && r.number == number && counts(r.back);
        let all = self.refunds.iter().filter(of);
        all.map(|r| r.amount.minor()).sum()
    }

    fn find(&self, call: &Call) -> Option<usize> {
        let of = |p: &Payment| p.order == call.order && p.number == call.number;
        self.payments.iter().position(of)
    }

    fn create(&mut self, call: &Call, now: UnixTime, chance: &mut Chance) -> Checked<Answer> {
        if let Some(known) = self.payments.iter().position(|p| p.key == call.key) {
            return self.answer(known);
        }
        let index = self.open(call, now, chance);
        if call.flow != Flow::Card {
            return self.answer(index);
        }
        match chance.between(1, 100) {
            1..=60 => self.approve(index, now, chance)?,
            61..=75 => {}
            76..=85 => self.set(index, At::Declined, now),
            86..=95 => {
                self.set(index, At::Deciding, now);
                let delay_s = chance.between(2, 900);
                self.wake.later.push((delay_s, Later::Decide(index)));
            }
            _ => self.set(index, At::Refused, now),
        }
        if self.payments[index].at == At::Declined {
            self.announce(index, false)?;
        }
        self.answer(index)
    }

    /// A payment that waits for the shopper.
    fn open(&mut self, call: &Call, now: UnixTime, chance: &mut Chance) -> usize {
        let is_card = call.flow == Flow::Card;
        self.payments.push(Payment {
            order: call.order,
            number: call.number,
            key: call.key.clone(),
            attempt: call.attempt.clone(),
            reference: call.reference.clone(),
            account: call.account.clone(),
            flow: call.flow,
            amount: call.amount,
            two_steps: is_card && (call.is_manual || chance.hits(20)),
            at: At::Offered,
            channel_number: format!("ch_{}_{}", call.reference, self.payments.len()),
            expires_at: call.expires_at,
            born: now,
            moved: now,
            refused_captures: Vec::new(),
        });
        let index = self.payments.len() - 1;
        if !is_card {
            let left_s = call.expires_at.seconds() + GRACE_S - now.seconds();
            self.wake.later.push((left_s.max(1), Later::TimeOut(index)));
        }
        index
    }

    fn approve(&mut self, index: usize, now: UnixTime, chance: &mut Chance) -> Checked {
        let payment = &self.payments[index];
        let minor = payment.amount.minor();
        let paid = match chance.between(1, 100) {
            1..=2 if self.faults => minor * 6 / 10,
            3..=4 if self.faults => minor + minor / 5,
            _ => minor,
        };
        let amount = Money::from_minor(paid, payment.amount.currency())?;
        if payment.two_steps {
            self.set(index, At::Held(amount), now);
            if self.faults && chance.hits(4) {
                let delay_s = chance.between(30, 20_000);
                self.wake.later.push((delay_s, Later::Lapse(index)));
            }
        } else {
            self.set(index, At::Taken(amount), now);
        }
        self.announce(index, false)
    }

    /// The shopper completes what waits for them; or does not, and is declined.
    pub fn pay(
        &mut self,
        call: &Call,
        approves: bool,
        now: UnixTime,
        chance: &mut Chance,
    ) -> Checked {
        let is_alive = now < call.expires_at.plus_seconds(GRACE_S);
        let index = match self.find(call) {
            _ if !is_alive => return Ok(()),
            Some(known) => known,
            // A page is known to the channel once it is opened.
            None if matches!(call.flow, Flow::RedirectDesktop | Flow::RedirectPhone) => {
                self.open(call, now, chance)
            }
            None => return Ok(()),
        };
        let payment = &self.payments[index];
        if payment.at != At::Offered {
            return Ok(());
        }
        if approves {
            return self.approve(index, now, chance);
        }
        if payment.flow == Flow::Card {
            self.set(index, At::Declined, now);
            self.announce(index, false)?;
        }
        Ok(())
    }

    fn query(&mut self, call: &Call, now: UnixTime, chance: &mut Chance) -> Checked<Answer> {
        let known = self
            .find(call)
            .filter(|i| self.is_listed(*i, call, now, chance));
        match known {
            Some(index) => self.answer(index),
            // Not finding a card payment proves nothing.
            None if call.flow == Flow::Card => Ok(nothing(Status::Pending)),
            None => Ok(nothing(Status::NotFound)),
        }
    }

    fn is_listed(&self, index: usize, call: &Call, now: UnixTime, chance: &mut Chance) -> bool {
        let payment = &self.payments[index];
        if payment.at == At::Refused {
            return false;
        }
        let is_young = now.seconds() - payment.born.seconds() < LIST_LAG_S;
        call.numbered || payment.flow != Flow::Card || !is_young || !chance.hits(30)
    }

    fn close(&mut self, call: &Call, now: UnixTime, chance: &mut Chance) -> Checked<Answer> {
        let known = self
            .find(call)
            .filter(|i| self.is_listed(*i, call, now, chance));
        let Some(index) = known else {
            return Ok(nothing(Status::NotFound));
        };
        match self.payments[index].at {
            At::Deciding | At::Refused => return Ok(Answer::Refused),
            At::Taken(_) if chance.hits(50) => return Ok(Answer::Refused),
            At::Offered => {
                self.set(index, At::Dead, now);
                if self.faults && chance.hits(3) {
                    let delay_s = chance.between(1, 5000);
                    self.wake.later.push((delay_s, Later::Revive(index)));
                }
                self.announce(index, false)?;
            }
            At::Held(_) => {
                self.set(index, At::Dead, now);
                self.announce(index, false)?;
            }
            At::Taken(_) | At::Declined | At::Dead => {}
        }
        self.answer(index)
    }

    fn capture(
        &mut self,
        call: &Call,
        amount: Money,
        now: UnixTime,
        chance: &mut Chance,
    ) -> Checked<Answer> {
        let Some(index) = self.find(call) else {
            return Err(Violation("a capture of what the channel never had".into()));
        };
        if let At::Held(held) = self.payments[index].at {
            must(amount.minor() <= held.minor(), || {
                format!("{amount:?} is captured of {held:?}")
            })?;
            if self.payments[index].refused_captures.contains(&amount) {
                return Ok(Answer::Refused);
            }
            if self.faults && chance.hits(8) {
                self.payments[index].refused_captures.push(amount);
                return Ok(Answer::Refused);
            }
            self.set(index, At::Taken(amount), now);
            self.announce(index, false)?;
        }
        self.answer(index)
    }

    /// What was to happen later happens.
    pub fn act(&mut self, what: &Later, now: UnixTime, chance: &mut Chance) -> Checked {
        match *what {
            Later::Decide(index) if self.payments[index].at == At::Deciding => {
                if chance.hits(70) {
                    return self.approve(index, now, chance);
                }
                self.set(index, At::Declined, now);
                self.announce(index, false)
            }
            Later::Lapse(index) if matches!(self.payments[index].at, At::Held(_)) => {
                self.set(index, At::Dead, now);
                self.announce(index, false)
            }
            Later::Revive(index) if self.payments[index].at == At::Dead => {
                let amount = self.payments[index].amount;
                self.set(index, At::Taken(amount), now);
                self.announce(index, true)
            }
            Later::TimeOut(index) if self.payments[index].at == At::Offered => {
                self.set(index, At::Dead, now);
                self.announce(index, false)
            }
            Later::Settle(index) if self.refunds[index].back == Back::Pending => {
                let fails = self.faults && chance.hits(5);
                self.refunds[index].moved = now;
                self.refunds[index].back = if fails { Back::Failed } else { Back::Settled };
                if fails {
                    self.announce_refund(index, false)
                } else {
                    self.settled(index, chance)
                }
            }
            Later::Return(index) if self.refunds[index].back == Back::Settled => {
                self.refunds[index].back = Back::Failed;
                self.refunds[index].moved = now;
                self.announce_refund(index, true)
            }
            Later::Decide(_)
            | Later::Lapse(_)
            | Later::Return(_)
            | Later::Revive(_)
            | Later::Settle(_)
            | Later::TimeOut(_) => Ok(()),
        }
    }

    fn set(&mut self, index: usize, at: At, now: UnixTime) {
        self.payments[index].at = at;
        self.payments[index].moved = now;
    }
}

/// The call that a shopper's own visit to the channel amounts to.
pub fn visit(index: usize, order: &Order, attempt: &Attempt) -> Call {
    Call {
        order: index,
        number: attempt.number,
        key: attempt.id.as_str().to_owned(),
        attempt: attempt.id.clone(),
        reference: attempt.reference.clone(),
        account: attempt.account.clone(),
        flow: attempt.flow,
        numbered: true,
        amount: attempt.amount,
        expires_at: order.expires_at(),
        is_manual: order.capture() == CaptureMode::Manual,
        ask: Ask::Query,
    }
}

fn nothing(status: Status) -> Answer {
    Answer::Payment(Box::new(Reported {
        channel_number: None,
        card: None,
        fee: None,
        status,
    }))
}
