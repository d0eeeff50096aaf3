//! What the worker does with the work that the till handed it, over a bad line.

use causeway_shared::order::Event;

use super::super::Plant;
use super::super::exchange::{Exchange, Next};
use super::super::till::Work;
use super::super::words::{Answer, Call, Checked};
use super::{Happening, World, at};

/// The worker waits so long for one answer.
const TIME_OUT_MS: i64 = 10_000;
/// More follow-up than this waits for the alarm.
const MAX_ROUNDS: usize = 4;

impl World {
    pub(super) fn perform(&mut self, work: Vec<Work>, round: usize) -> Checked {
        for item in work {
            if round >= MAX_ROUNDS {
                return Ok(());
            }
            if item.effect.is_none() {
                self.act(item.order, Event::Expire)?;
            } else if let Some(mut exchange) = Exchange::new(item, round) {
                self.serial += 1;
                let next = exchange.begin(self.till_now());
                self.proceed(self.serial, exchange, next)?;
            }
        }
        Ok(())
    }

    pub(super) fn proceed(&mut self, id: u64, exchange: Exchange, next: Next) -> Checked {
        match next {
            Next::Done(events) => {
                let (order, row) = (exchange.work.order, exchange.work.row);
                self.report(order, Some(row), events, None, exchange.round)?;
            }
            Next::Send(mut call) => {
                self.serial += 1;
                let turn = self.serial;
                if self.till.plant == Plant::ForgetsKey {
                    call.key = format!("{}_{turn}", call.key);
                }
                self.plan(TIME_OUT_MS, Happening::TimeOut(id, turn));
                // It arrives at once, late, or never.
                let slow = self.fails(5);
                let delay = self.chance.between(5, if slow { 60_000 } else { 300 });
                if !self.fails(3) {
                    self.plan(delay, Happening::Arrive(id, turn, call));
                }
                self.exchanges.insert(id, (turn, exchange));
            }
        }
        Ok(())
    }

    pub(super) fn arrive(&mut self, id: u64, turn: u64, call: &Call) -> Checked {
        if self.fails(4) {
            self.note(Some(call.order), || format!("500 before {:?}", call.ask));
            self.plan(5, Happening::Answer(id, turn, Answer::Unknown));
            return Ok(());
        }
        let now = self.channel_now();
        let answer = self
            .books
            .hear(call, now, &mut self.chance)
            .map_err(|v| at(call.order, v))?;
        let dropped = self.fails(8);
        self.note(Some(call.order), || {
            let lost = if dropped { ", answer lost" } else { "" };
            format!(
                "channel on {:?} of attempt {}: {answer:?}{lost}",
                call.ask, call.number
            )
        });
        if !dropped {
            let delay = self.chance.between(5, 2000);
            self.plan(delay, Happening::Answer(id, turn, answer));
        }
        Ok(())
    }

    pub(super) fn go_on(&mut self, id: u64, turn: u64, answer: Answer) -> Checked {
        match self.exchanges.get(&id) {
            Some((waits_for, _)) if *waits_for == turn => {}
            Some(_) | None => return Ok(()),
        }
        let Some((_, mut exchange)) = self.exchanges.remove(&id) else {
            return Ok(());
        };
        let next = exchange.go_on(answer, self.till.plant, self.till_now());
        self.proceed(id, exchange, next)
    }
}
