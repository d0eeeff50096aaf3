//! A model of a channel, and of an order that deals with it over a bad line.
//!
//! The channel tells the truth, but its answers get lost, requests arrive late, and its notices
//! come twice, in any order or not at all.

use std::collections::BTreeMap;

use super::support::*;
use crate::channel::{Flow, RefundStatus, Status};
use crate::id::{AttemptId, RefundId};
use crate::order::{Effect, Event, Order, Outcome};
use crate::time::UnixTime;

/// Where a payment stands at the channel. Amounts in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Unheard,
    Open,
    Challenge,
    Held(i64),
    Taken(i64),
    Declined,
    Dead,
}

/// What becomes of one call to the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// It was carried out, and its answer got lost.
    AnswerLost,
    /// It is still on its way.
    Flying,
    /// Refused, so that nothing moved.
    Refused,
}

/// A card's issuer decides at once, or wants to see the shopper, or takes its time.
#[derive(Clone, Copy, Debug)]
pub enum Issuer {
    Approves,
    Challenges,
    Declines,
    Hesitates,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    Pending,
    Settled,
    Failed,
}

pub struct World {
    pub order: Order,
    pub now: UnixTime,
    /// By number, from 1.
    at: Vec<At>,
    refunds: BTreeMap<RefundId, (u8, i64, Back)>,
    flying: Vec<u8>,
    notices: Vec<Event>,
    /// Those that tell of a refund which failed after it had settled: nobody would ask for it.
    returns: Vec<Event>,
}

impl World {
    pub fn new(order: Order) -> Self {
        Self {
            order,
            now: NOW,
            at: Vec::new(),
            refunds: BTreeMap::new(),
            flying: Vec::new(),
            notices: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// Applies an event and checks what must hold after each.
    pub fn tell(&mut self, event: Event) {
        super::properties::check_step(&self.order, &event, self.now);
        if let Ok(Outcome::Moved { order, .. }) = self.order.apply(event, self.now) {
            self.order = *order;
        }
        self.check_books();
    }

    pub fn start(&mut self, flow: Flow) {
        let number = u8::try_from(self.order.attempts().len() + 1).unwrap();
        self.tell(start(number, flow));
        if self.order.attempts().len() == usize::from(number) {
            self.at.push(At::Unheard);
        }
    }

    /// Makes one of the calls that the order owes.
    pub fn perform(&mut self, index: usize, fate: Fate, issuer: Issuer) {
        let effects = self.order.effects();
        let Some(effect) = effects.get(index % effects.len().max(1)) else {
            return;
        };
        match effect {
            Effect::Create { attempt } => self.create(self.number(attempt), fate, issuer),
            Effect::Fee { attempt } | Effect::Query { attempt, .. } => {
                self.answer(self.number(attempt), fate)
            }
            Effect::Close { attempt } => {
                let number = self.number(attempt);
                let live = matches!(self.at(number), At::Open | At::Challenge | At::Held(_));
                // A payment that is being decided on cannot be closed.
                if live && fate != Fate::Refused {
                    self.set(number, At::Dead);
                }
                self.answer(number, fate);
            }
            Effect::Capture { attempt, amount } => {
                let number = self.number(attempt);
                match (self.at(number), fate) {
                    (At::Held(_), Fate::Refused) => self.tell(capture_failed(number)),
                    (At::Held(held), _) => {
                        assert!(amount.minor() <= held, "more is captured than held");
                        self.set(number, At::Taken(amount.minor()));
                        self.answer(number, fate);
                    }
                    (_, _) => self.answer(number, fate),
                }
            }
            Effect::Refund { refund } => self.give_back(&refund.clone(), fate),
        }
    }

    fn create(&mut self, number: u8, fate: Fate, issuer: Issuer) {
        match fate {
            Fate::Refused if self.at(number) == At::Unheard => {
                let declined = Status::Declined(decline());
                self.set(number, At::Declined);
                self.tell(said(number, declined));
            }
            Fate::Flying => self.flying.push(number),
            Fate::Answered | Fate::AnswerLost | Fate::Refused => {
                self.arrive(number, issuer);
                if fate == Fate::Answered && self.is_code(number) {
                    self.tell(said(number, qr_code("1")));
                } else {
                    self.answer(number, fate);
                }
            }
        }
    }

    /// A code that nobody has scanned is unknown to the channel.
    fn is_code(&self, number: u8) -> bool {
        self.flow(number) != Flow::Card && self.at(number) == At::Unheard
    }

    /// A creation reaches the channel. A repeated one is the same payment.
    fn arrive(&mut self, number: u8, issuer: Issuer) {
        if self.at(number) != At::Unheard || self.is_code(number) {
            return;
        }
        match issuer {
            Issuer::Approves => {
                self.set(number, At::Open);
                self.take(number, 100_00);
            }
            Issuer::Challenges => self.set(number, At::Challenge),
            Issuer::Declines => self.set(number, At::Declined),
            Issuer::Hesitates => self.set(number, At::Open),
        }
    }

    /// All that is on its way arrives.
    pub fn land(&mut self, issuer: Issuer) {
        for number in std::mem::take(&mut self.flying) {
            self.arrive(number, issuer);
        }
    }

    /// No request is on its way for longer than a minute.
    pub fn wait(&mut self, seconds: i64) {
        self.land(Issuer::Approves);
        self.now = self.now.plus_seconds(seconds);
    }

    /// Somebody pays, as long as the channel lets them: a code for a minute after the order.
    pub fn pay(&mut self, number: u8, minor: i64) {
        if number == 0 || usize::from(number) > self.at.len() {
            return;
        }
        let scannable = self.is_code(number) && self.now < EXPIRY.plus_seconds(60);
        if scannable || matches!(self.at(number), At::Open | At::Challenge) {
            self.take(number, minor);
        }
    }

    fn take(&mut self, number: u8, minor: i64) {
        let two_steps = self.flow(number) == Flow::Card
            && self.order.capture() == crate::channel::CaptureMode::Manual;
        let at = if two_steps {
            At::Held(minor)
        } else {
            At::Taken(minor)
        };
        self.set(number, at);
        self.notices.push(said(number, self.status(number, true)));
    }

    /// The issuer lets a hold lapse.
    pub fn lapse(&mut self, number: u8) {
        if usize::from(number) <= self.at.len() && matches!(self.at(number), At::Held(_)) {
            self.set(number, At::Dead);
            self.notices.push(said(number, Status::Closed));
        }
    }

    /// A notice with an amount that nobody paid. Its signature holds.
    pub fn misstate(&mut self, number: u8) {
        if usize::from(number) <= self.at.len() {
            self.tell(money(Captured, Notice, number, 77_77));
        }
    }

    /// Delivers one of all notices so far, perhaps again.
    pub fn deliver(&mut self, index: usize) {
        let notice = self.notices.get(index % self.notices.len().max(1)).cloned();
        notice.into_iter().for_each(|notice| self.tell(notice));
    }

    fn give_back(&mut self, id: &RefundId, fate: Fate) {
        let refund = self.order.refund(id).unwrap();
        let (number, minor) = (self.number(&refund.attempt), refund.amount.minor());
        let At::Taken(taken) = self.at(number) else {
            panic!("a refund of what was not taken: {:?}", self.order);
        };
        let left = taken - self.given_back(number, |back| back != Back::Failed);
        let known = self.refunds.get(id).map(|(_, _, back)| *back);
        let back = match (known, fate) {
            (Some(Back::Pending), Fate::Answered) => Back::Settled,
            (Some(known), _) => known,
            (None, Fate::Refused) => Back::Failed,
            (None, _) => {
                assert!(minor <= left, "more is given back than was taken");
                Back::Pending
            }
        };
        self.refunds.insert(id.clone(), (number, minor, back));
        let event = match back {
            Back::Pending => refund_said(id, RefundStatus::Pending),
            Back::Settled => {
                self.notices.push(settled(Notice, id, usd(minor)));
                settled(Answer, id, usd(minor))
            }
            Back::Failed => refund_said(id, RefundStatus::Failed(decline())),
        };
        if matches!(fate, Fate::Answered | Fate::Refused) {
            self.tell(event);
        }
    }

    /// The shopper's bank sends a refund back.
    pub fn return_refund(&mut self, index: usize) {
        let settled = self
            .refunds
            .iter_mut()
            .filter(|(_, r)| r.2 == Back::Settled);
        let all: Vec<_> = settled.collect();
        let position = index % all.len().max(1);
        if let Some((id, refund)) = all.into_iter().nth(position) {
            refund.2 = Back::Failed;
            let notice = refund_said(id, RefundStatus::Failed(decline()));
            self.notices.push(notice.clone());
            self.returns.push(notice);
        }
    }

    /// What the channel answers about a payment.
    fn answer(&mut self, number: u8, fate: Fate) {
        if matches!(fate, Fate::Answered | Fate::Refused) {
            let status = self.status(number, false);
            self.tell(said(number, status));
        }
    }

    fn status(&self, number: u8, notice: bool) -> Status {
        let source = if notice { Notice } else { Answer };
        match self.at(number) {
            At::Unheard => Status::NotFound,
            At::Open => Status::Pending,
            At::Challenge => qr_code("challenge"),
            At::Held(minor) => Status::Authorized(proof(Authorized, source, number, minor)),
            At::Taken(minor) => Status::Paid(proof(Captured, source, number, minor)),
            At::Declined => Status::Declined(decline()),
            At::Dead => Status::Closed,
        }
    }

    /// The line is good again, and all that is owed is done until nothing is. Old notices come
    /// last, or never.
    pub fn settle(&mut self, old_notices: bool) {
        self.wait(0);
        self.now = self.now.max(EXPIRY);
        self.tell(Event::Expire);
        for notice in std::mem::take(&mut self.returns) {
            self.tell(notice);
        }
        for notice in std::mem::take(&mut self.notices).into_iter().rev() {
            if old_notices {
                self.tell(notice);
            }
        }
        for round in 0..100 {
            let owed = self.order.effects().len();
            if owed == 0 {
                return;
            }
            let fate = if round == 0 {
                Fate::Refused
            } else {
                Fate::Answered
            };
            for index in 0..owed {
                self.perform(index, fate, Issuer::Declines);
            }
            self.decide();
            if round == 50 {
                self.now = LONG_AFTER;
            }
        }
        panic!("still owed: {:?}", self.order);
    }

    /// Issuers come to a decision, and shoppers do nothing.
    fn decide(&mut self) {
        for number in 1..=u8::try_from(self.at.len()).unwrap() {
            match self.at(number) {
                At::Open => self.take(number, 100_00),
                At::Challenge => self.set(number, At::Declined),
                At::Unheard | At::Held(_) | At::Taken(_) | At::Declined | At::Dead => {}
            }
        }
    }

    /// What the order knows to be taken is what was taken, and all of it is accounted for.
    fn check_books(&self) {
        // What came outside of channels stands in no channel's books.
        let outside = self.order.winner().is_none();
        let mut known = if outside {
            self.order.captured().minor()
        } else {
            0
        };
        for attempt in self.order.attempts() {
            let captured = self.order.captured_by(&attempt.id).minor();
            known += captured;
            if captured > 0 {
                assert_eq!(self.at(attempt.number), At::Taken(captured));
            }
        }
        assert_eq!(known, super::properties::booked(&self.order));
    }

    /// When nothing is owed any more, the order knows all that happened at the channel.
    pub fn check_end(&self) {
        for attempt in self.order.attempts() {
            let at = self.at(attempt.number);
            let taken = if let At::Taken(minor) = at { minor } else { 0 };
            let is_winner = self.order.winner().is_some_and(|w| w.id == attempt.id);
            assert_eq!(self.order.captured_by(&attempt.id).minor(), taken);
            let settled = self.order.settled(&attempt.id).minor();
            let given_back = self.given_back(attempt.number, |back| back == Back::Settled);
            assert_eq!(settled, given_back);
            assert!(is_winner || !matches!(at, At::Held(_)), "held for nothing");
            assert!(!attempt.state.is_open());
        }
    }

    fn given_back(&self, number: u8, counts: impl Fn(Back) -> bool) -> i64 {
        let of = self.refunds.values();
        of.filter(|(of, _, back)| *of == number && counts(*back))
            .map(|(_, minor, _)| minor)
            .sum()
    }

    fn at(&self, number: u8) -> At {
        self.at[usize::from(number) - 1]
    }

    fn set(&mut self, number: u8, at: At) {
        self.at[usize::from(number) - 1] = at;
    }

    fn number(&self, attempt: &AttemptId) -> u8 {
        self.order.attempt(attempt).unwrap().number
    }

    fn flow(&self, number: u8) -> Flow {
        self.order.attempt_by_number(number).unwrap().flow
    }
}
