//! Held money: capturing it, and refusals to.

use super::{Hold, Order, Outcome, Rejected, State, Topic};
use crate::channel::Decline;
use crate::id::AttemptId;
use crate::money::Money;
use crate::time::UnixTime;

impl Order {
    pub(super) fn start_capture(
        mut self,
        amount: Money,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let total = self.total.minor();
        match &mut self.state {
            State::Authorized { proof, hold, .. } => {
                if amount.currency() != proof.amount().currency() {
                    return Err(Rejected::WrongCurrency);
                }
                if !amount.is_positive() {
                    return Err(Rejected::AmountNotPositive);
                }
                // What is held above the total was never owed.
                if amount.minor() > proof.amount().minor().min(total) {
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

    pub(super) fn capture_failed(
        self,
        id: &AttemptId,
        _decline: &Decline,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        self.attempt(id).ok_or(Rejected::UnknownAttempt)?;
        match &self.state {
            State::Authorized { attempt, hold, .. } if attempt == id => match hold {
                Hold::Capturing { .. } => {}
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
        Ok(self.capture_refused(id, now))
    }

    /// The money is held on, and the merchant may ask for it again.
    pub(super) fn capture_refused(mut self, id: &AttemptId, now: UnixTime) -> Outcome {
        if let State::Authorized { hold, .. } = &mut self.state {
            *hold = Hold::Waiting;
        }
        if let Ok(attempt) = self.attempt_mut(id) {
            attempt.refused_captures = attempt.refused_captures.saturating_add(1);
        }
        self.moved(vec![Topic::CaptureFailed], now)
    }
}
