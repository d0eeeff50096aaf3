//! What channels say of attempts, except evidence of money (`payment.rs`).

use super::{AttemptState, CancelReason, Hold, Order, Outcome, Rejected, State, Topic};
use crate::channel::{Decline, Flow, Reported, Status};
use crate::id::AttemptId;
use crate::time::UnixTime;

/// How long after an order's expiry a payment that its channel had never seen may still come into
/// being there: Alipay lets each be begun for a minute at least; the rest is for clocks and for
/// requests under way.
const UNSEEN_S: i64 = 600;

impl Order {
    pub(super) fn report(
        mut self,
        number: u8,
        reported: Reported,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let Reported {
            channel_number,
            card,
            fee,
            status,
        } = reported;
        let attempt = self
            .attempts
            .iter_mut()
            .find(|a| a.number == number)
            .ok_or(Rejected::UnknownAttempt)?;
        let id = attempt.id.clone();
        let proven = match &status {
            Status::Authorized(proof) | Status::Paid(proof) => Some(proof.channel_number()),
            Status::Closed
            | Status::Declined(_)
            | Status::NotFound
            | Status::Pending
            | Status::RequiresAction(_) => None,
        };
        let mut noted = false;
        for new in [channel_number.as_deref(), proven].into_iter().flatten() {
            match &attempt.channel_number {
                Some(known) if known != new => return Err(Rejected::WrongChannelNumber),
                Some(_) => {}
                None => {
                    attempt.channel_number = Some(new.to_owned());
                    noted = true;
                }
            }
        }
        if card.is_some() && attempt.card != card {
            attempt.card = card;
            noted = true;
        }
        if fee.is_some() && attempt.fee != fee {
            attempt.fee = fee;
            noted = true;
        }
        let proves = matches!(status, Status::Authorized(_) | Status::Paid(_));
        if !proves && let Some(noted) = self.heard_of_vouched(&id, noted) {
            return Ok(self.noted(noted, now));
        }
        match status {
            Status::Authorized(proof) | Status::Paid(proof) => {
                self.report_money(&id, &proof, noted, now)
            }
            // It adds nothing to an attempt that waits for the shopper, and takes nothing from
            // one that has come to rest.
            Status::Pending => self.report_open(&id, None, noted, now),
            Status::RequiresAction(action) => {
                let next = AttemptState::RequiresAction { action };
                self.report_open(&id, Some(next), noted, now)
            }
            Status::NotFound => self.report_not_found(&id, noted, now),
            Status::Declined(decline) => self.report_declined(&id, decline, noted, now),
            Status::Closed => self.report_closed(&id, noted, now),
        }
    }

    /// It is not asked for again. Should it be told after all, it counts.
    pub(super) fn fee_untold(mut self, id: &AttemptId, now: UnixTime) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        let noted = attempt.fee.is_none() && !attempt.fee_untold;
        attempt.fee_untold |= noted;
        Ok(self.noted(noted, now))
    }

    /// The outcome of a report that changed nothing but, perhaps, what is noted of the attempt.
    pub(super) fn noted(self, noted: bool, now: UnixTime) -> Outcome {
        if noted {
            self.moved(Vec::new(), now)
        } else {
            Outcome::Unchanged
        }
    }

    /// Under way, with something to do for the shopper or with nothing.
    fn report_open(
        mut self,
        id: &AttemptId,
        action: Option<AttemptState>,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let attempt = self.attempt_mut(id)?;
        let next = match (&attempt.state, action) {
            (AttemptState::Started, None) => AttemptState::Pending,
            (state, Some(next)) if state.is_open() && *state != next => next,
            (_, _) => return Ok(self.noted(noted, now)),
        };
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
        let payable = self.state.is_unpaid() && self.ending.is_none();
        let may_begin = now < self.expires_at.plus_seconds(UNSEEN_S);
        let attempt = self.attempt_mut(id)?;
        match &attempt.state {
            // Another attempt could start while this one arrives after all, and charges.
            AttemptState::Closing if payable && attempt.flow == Flow::Card => {
                Ok(self.noted(noted, now))
            }
            // We gave it up, and there is nothing to close: a code that nobody has scanned, a
            // page that nobody has opened. It is closed again until it can't come into being.
            AttemptState::Closing => Ok(self.close_attempt(id, may_begin, now)),
            AttemptState::Closed if attempt.unseen && may_begin => Ok(self.noted(noted, now)),
            // There the same code is still offered, or a request that was lost is repeated.
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Authorized
            | AttemptState::Paid
            | AttemptState::Declined { .. }
            | AttemptState::Closed => {
                let cleared = attempt.clear_doubt();
                Ok(self.noted(noted || cleared, now))
            }
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
                let cleared = attempt.clear_doubt();
                return Ok(self.noted(noted || cleared, now));
            }
            AttemptState::Paid => return Err(Rejected::ContradictsProof),
            AttemptState::Authorized => return Ok(self.held_declined(id, noted, now)),
            AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Closing => {}
        }
        attempt.state = AttemptState::Declined { decline };
        attempt.clear_doubt();
        let mut topics = Vec::new();
        // Of an order that another attempt has paid, nothing failed.
        if self.state.is_unpaid() {
            topics.push(Topic::PaymentFailed {
                attempt: id.clone(),
            });
        }
        topics.extend(self.settle_open_state(now));
        Ok(self.moved(topics, now))
    }

    /// "Declined" about held money. As the answer to a capture it is a refusal; else it is an old
    /// message, for what ends a hold is told as closed.
    fn held_declined(self, id: &AttemptId, noted: bool, now: UnixTime) -> Outcome {
        match &self.state {
            State::Authorized { attempt, hold, .. } if attempt == id => match hold {
                Hold::Capturing { .. } => self.capture_refused(id, now),
                Hold::Waiting | Hold::Voiding { .. } => self.noted(noted, now),
            },
            // Held by an attempt that did not win: there is nothing left to release.
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Authorized { .. }
            | State::Paid(_)
            | State::PartlyRefunded(_)
            | State::Refunded(_)
            | State::Cancelled { .. }
            | State::Expired { .. } => self.close_attempt(id, false, now),
        }
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
                let cleared = attempt.clear_doubt();
                Ok(self.noted(noted || cleared, now))
            }
            AttemptState::Paid => Err(Rejected::ContradictsProof),
            AttemptState::Authorized
            | AttemptState::Started
            | AttemptState::Pending
            | AttemptState::RequiresAction { .. }
            | AttemptState::Closing => Ok(self.close_attempt(id, false, now)),
        }
    }

    /// The attempt can't be paid any more; if it held the order's money, the order ends.
    fn close_attempt(mut self, id: &AttemptId, unseen: bool, now: UnixTime) -> Outcome {
        if let Ok(attempt) = self.attempt_mut(id) {
            attempt.state = AttemptState::Closed;
            attempt.clear_doubt();
            attempt.unseen = unseen;
        }
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
        self.moved(topics, now)
    }
}
