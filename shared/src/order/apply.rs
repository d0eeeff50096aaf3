//! The transitions, except what evidence of money does (`payment.rs`) and refunds (`refund.rs`).

use super::{
    Attempt, AttemptState, CancelReason, Ending, Event, Hold, MAX_ATTEMPTS, NewAttempt, Order,
    Outcome, Rejected, State, Topic,
};
use crate::channel::{Decline, Flow, Reported, Status};
use crate::id::{AttemptId, Reference};
use crate::money::Money;
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
            Event::Cancel { reason } => order.cancel(reason, now),
            Event::Expire => order.expire(now),
            Event::RequestRefund {
                refund,
                amount,
                reason,
            } => order.request_refund(refund, amount, reason, now),
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
            doubted: false,
        });
        Ok(())
    }

    /// Has every attempt closed that the shopper could still complete, but for `except`. A card
    /// payment that was sent cannot be called back: it is waited for.
    pub(super) fn close_open_attempts(&mut self, except: Option<&AttemptId>) {
        for attempt in &mut self.attempts {
            if Some(&attempt.id) != except && attempt.can_be_given_up() {
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

    fn report(
        mut self,
        number: u8,
        reported: Reported,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let Reported {
            channel_number,
            card,
            status,
        } = reported;
        let attempt = self
            .attempts
            .iter_mut()
            .find(|a| a.number == number)
            .ok_or(Rejected::UnknownAttempt)?;
        let id = attempt.id.clone();
        let mut noted = false;
        match (&attempt.channel_number, channel_number) {
            (Some(known), Some(new)) if *known != new => {
                return Err(Rejected::WrongChannelNumber);
            }
            (None, Some(new)) => {
                attempt.channel_number = Some(new);
                noted = true;
            }
            (_, _) => {}
        }
        if card.is_some() && attempt.card != card {
            attempt.card = card;
            noted = true;
        }
        match status {
            Status::Authorized(proof) | Status::Paid(proof) => {
                self.report_money(&id, &proof, noted, now)
            }
            Status::Pending => self.report_pending(&id, noted, now),
            Status::RequiresAction(action) => {
                self.report_open(&id, AttemptState::RequiresAction { action }, noted, now)
            }
            Status::NotFound => self.report_not_found(&id, noted, now),
            Status::Declined(decline) => self.report_declined(&id, decline, noted, now),
            Status::Closed => self.report_closed(&id, noted, now),
        }
    }

    /// The outcome of a report that changed nothing but, perhaps, what is noted of the attempt.
    pub(super) fn noted(self, noted: bool, now: UnixTime) -> Outcome {
        if noted {
            self.moved(Vec::new(), now)
        } else {
            Outcome::Unchanged
        }
    }

    fn report_pending(
        mut self,
        id: &AttemptId,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        let undoubted = std::mem::take(&mut attempt.doubted);
        match &attempt.state {
            // "Pending" adds nothing to an attempt that waits for the shopper, and takes nothing
            // from one that has come to rest.
            AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Authorized
            | AttemptState::Paid
            | AttemptState::Declined { .. }
            | AttemptState::Closing
            | AttemptState::Closed => Ok(self.noted(noted || undoubted, now)),
            AttemptState::Started => self.report_open(id, AttemptState::Pending, noted, now),
        }
    }

    fn report_open(
        mut self,
        id: &AttemptId,
        next: AttemptState,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        if !attempt.state.is_open() || attempt.state == next {
            return Ok(self.noted(noted, now));
        }
        attempt.state = next;
        self.settle_open_state(now);
        Ok(self.moved(Vec::new(), now))
    }

    fn report_not_found(
        mut self,
        id: &AttemptId,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        match &attempt.state {
            // We gave it up and the channel has nothing to close.
            AttemptState::Closing => self.report_closed(id, noted, now),
            // A code that nobody has scanned, or a request that never arrived and is repeated.
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Authorized
            | AttemptState::Paid
            | AttemptState::Declined { .. }
            | AttemptState::Closed => Ok(self.noted(noted, now)),
        }
    }

    fn report_declined(
        mut self,
        id: &AttemptId,
        decline: Decline,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        match &attempt.state {
            AttemptState::Declined { .. } | AttemptState::Closed => {
                return Ok(self.noted(noted, now));
            }
            AttemptState::Authorized | AttemptState::Paid => {
                return Err(Rejected::ContradictsProof);
            }
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Closing => {}
        }
        attempt.state = AttemptState::Declined { decline };
        attempt.doubted = false;
        let mut topics = vec![Topic::PaymentFailed {
            attempt: id.clone(),
        }];
        topics.extend(self.settle_open_state(now));
        Ok(self.moved(topics, now))
    }

    fn report_closed(
        mut self,
        id: &AttemptId,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        match &attempt.state {
            AttemptState::Closed | AttemptState::Declined { .. } => {
                return Ok(self.noted(noted, now));
            }
            AttemptState::Paid => return Err(Rejected::ContradictsProof),
            AttemptState::Authorized
            | AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Closing => {}
        }
        attempt.state = AttemptState::Closed;
        attempt.doubted = false;
        let topics = match &self.state {
            State::Authorized { attempt, hold, .. } if attempt == id => {
                let reason = match hold {
                    Hold::Voiding { reason } => *reason,
                    Hold::Waiting | Hold::Capturing { .. } => CancelReason::AuthorizationLapsed,
                };
                self.state = State::Cancelled { reason, at: now };
                vec![Topic::Cancelled]
            }
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Authorized { .. }
            | State::Paid(_)
            | State::PartlyRefunded(_)
            | State::Refunded(_)
            | State::Cancelled { .. }
            | State::Expired { .. } => self.settle_open_state(now).into_iter().collect(),
        };
        Ok(self.moved(topics, now))
    }

    fn start_capture(mut self, amount: Money, now: UnixTime) -> Result<Outcome, Rejected> {
        match &mut self.state {
            State::Authorized { proof, hold, .. } => {
                if amount.currency() != proof.amount().currency() {
                    return Err(Rejected::WrongCurrency);
                }
                if !amount.is_positive() {
                    return Err(Rejected::AmountNotPositive);
                }
                if amount.minor() > proof.amount().minor() {
                    return Err(Rejected::CaptureExceedsAuthorized);
                }
                match hold {
                    Hold::Waiting => *hold = Hold::Capturing { amount },
                    Hold::Capturing { amount: other } if *other == amount => {
                        return Ok(Outcome::Unchanged);
                    }
                    Hold::Capturing { .. } => return Err(Rejected::CaptureConflict),
                    Hold::Voiding { .. } => return Err(Rejected::Ending),
                }
            }
            State::Paid(p) | State::PartlyRefunded(p) | State::Refunded(p) => {
                let same = p.proof.amount() == amount;
                return if same {
                    Ok(Outcome::Unchanged)
                } else {
                    Err(Rejected::CaptureConflict)
                };
            }
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Cancelled { .. }
            | State::Expired { .. } => return Err(Rejected::NotAuthorized),
        }
        Ok(self.moved(Vec::new(), now))
    }

    fn capture_failed(
        mut self,
        id: &AttemptId,
        _decline: &Decline,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        self.attempt_mut(id)?;
        match &mut self.state {
            State::Authorized { attempt, hold, .. } if attempt == id => match hold {
                Hold::Capturing { .. } => *hold = Hold::Waiting,
                Hold::Waiting | Hold::Voiding { .. } => return Ok(Outcome::Unchanged),
            },
            State::Paid(_) | State::PartlyRefunded(_) | State::Refunded(_) => {
                return Err(Rejected::AlreadyPaid);
            }
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Authorized { .. }
            | State::Cancelled { .. }
            | State::Expired { .. } => return Err(Rejected::NotAuthorized),
        }
        Ok(self.moved(vec![Topic::CaptureFailed], now))
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
