//! Applying events: what shoppers, merchants and the clock do to an order.

use super::{
    Attempt, AttemptState, CancelReason, Ending, Event, Hold, MAX_ATTEMPTS, NewAttempt, Order,
    Outcome, Rejected, State, Topic,
};
use crate::channel::Flow;
use crate::id::{AttemptId, Reference};
use crate::time::UnixTime;

impl Order {
    /// What the order becomes when `event` happens at `now`. Pure and total.
    ///
    /// # Errors
    /// [`Rejected`] names the conflict; the order stays as it is.
    pub fn apply(&self, event: Event, now: UnixTime) -> Result<Outcome, Rejected> {
        let order = self.clone();
        match event {
            Event::StartAttempt(new) => order.start_attempt(new, now),
            Event::Report { number, reported } => order.report(number, reported, now),
            Event::GiveUp { attempt } => order.give_up(&attempt, now),
            Event::Capture { amount } => order.start_capture(amount, now),
            Event::CaptureFailed { attempt, decline } => {
                order.capture_failed(&attempt, &decline, now)
            }
            Event::ConfirmByHand { attempt, proof } => order.confirm_by_hand(attempt, &proof, now),
            Event::Cancel { reason } => order.cancel(reason, now),
            Event::FeeUntold { attempt } => order.fee_untold(&attempt, now),
            Event::Expire => order.expire(now),
            Event::RequestRefund {
                refund,
                attempt,
                amount,
                reason,
            } => order.request_refund(refund, attempt, (amount, reason), now),
            Event::RefundReport { refund, reported } => order.report_refund(&refund, reported, now),
        }
    }

    fn start_attempt(mut self, new: NewAttempt, now: UnixTime) -> Result<Outcome, Rejected> {
        if let Some(known) = self.attempt(&new.id) {
            let same = known.account == new.account
                && known.method == new.method
                && known.flow == new.flow
                && known.channel == new.channel;
            return if same {
                Ok(Outcome::Unchanged)
            } else {
                Err(Rejected::AttemptIdReused)
            };
        }
        match &self.state {
            State::Created | State::Processing { .. } | State::RequiresAction { .. } => {}
            State::Authorized { .. } => return Err(Rejected::AlreadyAuthorized),
            State::Paid(_) | State::PartlyRefunded(_) | State::Refunded(_) => {
                return Err(Rejected::AlreadyPaid);
            }
            State::Cancelled { .. } => return Err(Rejected::AlreadyCancelled),
            State::Expired { .. } => return Err(Rejected::AlreadyExpired),
        }
        if self.ending.is_some() {
            return Err(Rejected::Ending);
        }
        if now >= self.expires_at {
            return Err(Rejected::AlreadyExpired);
        }
        if let Some(open) = self.attempts.iter().find(|a| a.may_charge_by_itself()) {
            return Err(Rejected::AttemptOpen(open.id.clone()));
        }
        if self.attempts.len() >= MAX_ATTEMPTS {
            return Err(Rejected::TooManyAttempts);
        }
        self.close_open_attempts(None);
        self.push_attempt(new, now)?;
        self.settle_open_state(now);
        Ok(self.moved(Vec::new(), now))
    }

    fn push_attempt(&mut self, new: NewAttempt, now: UnixTime) -> Result<(), Rejected> {
        let number =
            u8::try_from(self.attempts.len() + 1).map_err(|_| Rejected::TooManyAttempts)?;
        let reference = Reference::make(&self.id, number).map_err(|_| Rejected::TooManyAttempts)?;
        self.attempts.push(Attempt {
            id: new.id,
            number,
            reference,
            account: new.account,
            channel: new.channel,
            method: new.method,
            flow: new.flow,
            amount: self.total,
            created_at: now,
            state: AttemptState::Started,
            channel_number: None,
            card: None,
            fee: None,
            fee_untold: false,
            doubted: false,
            unseen: false,
            refused_captures: 0,
        });
        Ok(())
    }

    /// Has every open attempt closed at its channel, but for `except`. Of a card payment that
    /// was sent, its channel says whether that came in time; what was not sent never is.
    pub(super) fn close_open_attempts(&mut self, except: Option<&AttemptId>) {
        for attempt in &mut self.attempts {
            if Some(&attempt.id) != except && attempt.state.is_open() {
                attempt.state = AttemptState::Closing;
            }
        }
    }

    fn give_up(mut self, id: &AttemptId, now: UnixTime) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        match &attempt.state {
            AttemptState::Closing | AttemptState::Closed | AttemptState::Declined { .. } => {
                return Ok(Outcome::Unchanged);
            }
            AttemptState::Authorized => return Err(Rejected::AlreadyAuthorized),
            AttemptState::Paid => return Err(Rejected::AlreadyPaid),
            AttemptState::Started | AttemptState::Pending | AttemptState::RequiresAction { .. } => {
            }
        }
        if !attempt.can_be_given_up() {
            return Err(Rejected::AttemptOpen(id.clone()));
        }
        attempt.state = AttemptState::Closing;
        self.settle_open_state(now);
        Ok(self.moved(Vec::new(), now))
    }

    fn cancel(mut self, reason: CancelReason, now: UnixTime) -> Result<Outcome, Rejected> {
        match &mut self.state {
            State::Created | State::Processing { .. } | State::RequiresAction { .. } => {}
            State::Authorized { hold, .. } => {
                return match hold {
                    Hold::Waiting => {
                        *hold = Hold::Voiding { reason };
                        Ok(self.moved(Vec::new(), now))
                    }
                    Hold::Voiding { .. } => Ok(Outcome::Unchanged),
                    Hold::Capturing { .. } => Err(Rejected::CaptureConflict),
                };
            }
            State::Paid(_) | State::PartlyRefunded(_) | State::Refunded(_) => {
                return Err(Rejected::AlreadyPaid);
            }
            State::Cancelled { .. } => return Ok(Outcome::Unchanged),
            State::Expired { .. } => return Err(Rejected::AlreadyExpired),
        }
        if matches!(self.ending, Some(Ending::Cancel { .. })) {
            return Ok(Outcome::Unchanged);
        }
        self.ending = Some(Ending::Cancel { reason });
        self.close_open_attempts(None);
        let topics = self.settle_open_state(now).into_iter().collect();
        Ok(self.moved(topics, now))
    }

    fn expire(mut self, now: UnixTime) -> Result<Outcome, Rejected> {
        match &self.state {
            State::Created | State::Processing { .. } | State::RequiresAction { .. } => {}
            State::Authorized { .. } => return Err(Rejected::AlreadyAuthorized),
            State::Paid(_) | State::PartlyRefunded(_) | State::Refunded(_) => {
                return Err(Rejected::AlreadyPaid);
            }
            State::Cancelled { .. } => return Err(Rejected::AlreadyCancelled),
            State::Expired { .. } => return Ok(Outcome::Unchanged),
        }
        if now < self.expires_at {
            return Err(Rejected::NotYetExpired);
        }
        if self.ending.is_some() {
            return Ok(Outcome::Unchanged);
        }
        self.ending = Some(Ending::Expire);
        self.close_open_attempts(None);
        let topics = self.settle_open_state(now).into_iter().collect();
        Ok(self.moved(topics, now))
    }

    /// Sets the state of an unpaid order by its attempts: the newest open one counts; without
    /// any, an order that is to end ends.
    pub(super) fn settle_open_state(&mut self, now: UnixTime) -> Option<Topic> {
        if !self.state.is_unpaid() {
            return None;
        }
        let ending = self.ending;
        let counts = |a: &&Attempt| {
            let closing = a.state == AttemptState::Closing;
            // While the order ends, what is being closed may still be paid. A card payment may
            // be so at any time.
            a.state.is_open() || (closing && (ending.is_some() || a.flow == Flow::Card))
        };
        if let Some(open) = self.attempts.iter().rev().find(counts) {
            let attempt = open.id.clone();
            self.state = match &open.state {
                AttemptState::RequiresAction { .. } => State::RequiresAction { attempt },
                AttemptState::Started
                | AttemptState::Pending
                | AttemptState::Authorized
                | AttemptState::Paid
                | AttemptState::Declined { .. }
                | AttemptState::Closing
                | AttemptState::Closed => State::Processing { attempt },
            };
            return None;
        }
        match self.ending.take() {
            Some(Ending::Cancel { reason }) => {
                self.state = State::Cancelled { reason, at: now };
                Some(Topic::Cancelled)
            }
            Some(Ending::Expire) => {
                self.state = State::Expired { at: now };
                Some(Topic::Expired)
            }
            None => {
                self.state = State::Created;
                None
            }
        }
    }

    pub(super) fn moved(mut self, topics: Vec<Topic>, now: UnixTime) -> Outcome {
        self.version += 1;
        self.updated_at = now;
        Outcome::Moved {
            order: Box::new(self),
            topics,
        }
    }
}
