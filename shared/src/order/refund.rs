//! Money given back: what may be asked for, and what a channel says about it.

use serde::{Deserialize, Serialize};

use super::{Irregular, IrregularKind, Order, Outcome, Rejected, Resolution, State, Topic};
use crate::channel::{Decline, ProofKind, RefundProof, RefundReported, RefundStatus, Source};
use crate::id::{AttemptId, RefundId};
use crate::money::Money;
use crate::tagged;
use crate::time::UnixTime;

/// The most refunds that one order can have; channels allow about 50.
pub const MAX_REFUNDS: usize = 50;

/// Money given back, or on its way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The idempotency key at the channel.
    pub id: RefundId,
    /// The attempt whose payment it comes from.
    pub attempt: AttemptId,
    /// How much.
    pub amount: Money,
    /// The merchant's words; may be blank.
    pub reason: String,
    /// When it was asked for.
    pub created_at: UnixTime,
    /// The channel's own number, once known.
    pub channel_number: Option<String>,
    /// Where it stands.
    pub state: RefundState,
    /// It had failed, and a notice says that it settled: the channel is to be asked.
    pub doubted: bool,
}

/// Where a refund stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum RefundState {
    /// Asked for; the channel has not settled it.
    Pending,
    /// The channel has given the money back.
    Settled {
        /// The evidence.
        proof: RefundProof,
    },
    /// The channel refused it: the money stays with the merchant.
    Failed {
        /// Why.
        decline: Decline,
    },
}

tagged!(RefundState, "name");

impl RefundState {
    /// The state's name in the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Settled { .. } => "settled",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Order {
    /// What of an attempt's payment is given back or on its way back.
    #[must_use]
    pub fn refunded_or_pending(&self, attempt: &AttemptId) -> Money {
        self.sum_refunds(attempt, |state| match state {
            RefundState::Pending | RefundState::Settled { .. } => true,
            RefundState::Failed { .. } => false,
        })
    }

    /// What of the winner's payment is given back for certain.
    #[must_use]
    pub fn refunded(&self) -> Money {
        self.winning()
            .map_or(Money::zero(self.total.currency()), |w| self.settled(w))
    }

    /// What of the winner's payment is on its way back.
    #[must_use]
    pub fn refund_pending(&self) -> Money {
        self.winning()
            .map_or(Money::zero(self.total.currency()), |w| {
                self.sum_refunds(w, |state| *state == RefundState::Pending)
            })
    }

    pub(super) fn settled(&self, attempt: &AttemptId) -> Money {
        self.sum_refunds(attempt, |state| {
            matches!(state, RefundState::Settled { .. })
        })
    }

    fn sum_refunds(&self, attempt: &AttemptId, counts: impl Fn(&RefundState) -> bool) -> Money {
        let zero = Money::zero(self.total.currency());
        self.refunds
            .iter()
            .filter(|r| &r.attempt == attempt && counts(&r.state))
            // Each sum was checked against the capture when its last refund was added.
            .fold(zero, |sum, r| sum.checked_add(r.amount).unwrap_or(sum))
    }

    /// What can still be refunded of an attempt's payment; where none is named, of the winner's,
    /// or of one that is held back while there is no winner's.
    #[must_use]
    pub fn refundable(&self, attempt: Option<&AttemptId>) -> Money {
        self.refundable_payment(attempt)
            .map_or(Money::zero(self.total.currency()), |(_, left)| left)
    }

    /// Which attempt's payment a refund is taken from, and what is left of it.
    fn refundable_payment(&self, named: Option<&AttemptId>) -> Option<(AttemptId, Money)> {
        if let Some(attempt) = named {
            let captured = self.captured_by(attempt);
            let left = self.left(attempt, captured);
            return captured.is_positive().then(|| (attempt.clone(), left));
        }
        if let Some(payment) = self.state.payment() {
            let left = self.left(&payment.attempt, payment.proof.amount());
            return Some((payment.attempt.clone(), left));
        }
        let held = |i: &&Irregular| i.resolution == Resolution::Held;
        let held = self.irregular.iter().find(held)?;
        let left = self.left(&held.attempt, self.captured_by(&held.attempt));
        Some((held.attempt.clone(), left))
    }

    fn left(&self, attempt: &AttemptId, captured: Money) -> Money {
        captured
            .checked_sub(self.refunded_or_pending(attempt))
            .unwrap_or(Money::zero(self.total.currency()))
    }

    pub(super) fn request_refund(
        mut self,
        id: RefundId,
        named: Option<AttemptId>,
        (amount, reason): (Money, String),
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        if let Some(known) = self.refund(&id) {
            let same = known.amount == amount
                && known.reason == reason
                && named.is_none_or(|attempt| attempt == known.attempt);
            return if same {
                Ok(Outcome::Unchanged)
            } else {
                Err(Rejected::RefundIdReused)
            };
        }
        if let Some(attempt) = &named {
            self.attempt(attempt).ok_or(Rejected::UnknownAttempt)?;
        }
        let (payer, left) = self
            .refundable_payment(named.as_ref())
            .ok_or(Rejected::NotPaid)?;
        if amount.currency() != self.total.currency() {
            return Err(Rejected::WrongCurrency);
        }
        if !amount.is_positive() {
            return Err(Rejected::AmountNotPositive);
        }
        if amount.minor() > left.minor() {
            return Err(Rejected::RefundExceedsCaptured { left });
        }
        if self.refunds.len() >= MAX_REFUNDS {
            return Err(Rejected::TooManyRefunds);
        }
        self.add_refund(id.clone(), &payer, amount, reason, now);
        if self.attempt(&payer).is_none() {
            return Ok(self.give_back_by_hand(&id, amount, now));
        }
        self.resolve(&payer, &id, amount);
        Ok(self.moved(Vec::new(), now))
    }

    pub(super) fn add_refund(
        &mut self,
        id: RefundId,
        attempt: &AttemptId,
        amount: Money,
        reason: String,
        now: UnixTime,
    ) {
        self.refunds.push(Refund {
            id,
            attempt: attempt.clone(),
            amount,
            reason,
            created_at: now,
            channel_number: None,
            state: RefundState::Pending,
            doubted: false,
        });
    }

    pub(super) fn report_refund(
        mut self,
        id: &RefundId,
        reported: RefundReported,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let index = self
            .refunds
            .iter()
            .position(|r| &r.id == id)
            .ok_or(Rejected::UnknownRefund)?;
        let number_is_new = self.note_refund_number(index, reported.channel_number)?;
        let next = match reported.status {
            RefundStatus::Pending => None,
            RefundStatus::NotFound => {
                let undoubted = std::mem::take(&mut self.refunds[index].doubted);
                return Ok(self.noted(number_is_new || undoubted, now));
            }
            RefundStatus::Failed(decline) => Some(RefundState::Failed { decline }),
            RefundStatus::Settled(proof) => {
                self.check_refund_proof(index, &proof)?;
                Some(RefundState::Settled { proof })
            }
        };
        let refund = &mut self.refunds[index];
        let topic = match (&refund.state, &next) {
            // A failed one does not settle by a message that may be older than the failure.
            (RefundState::Failed { .. }, Some(RefundState::Settled { proof }))
                if proof.source() == Source::Notice =>
            {
                let first = !std::mem::replace(&mut refund.doubted, true);
                return Ok(self.noted(number_is_new || first, now));
            }
            (RefundState::Failed { .. }, Some(RefundState::Failed { .. })) => {
                let undoubted = std::mem::take(&mut refund.doubted);
                return Ok(self.noted(number_is_new || undoubted, now));
            }
            (_, None) | (RefundState::Settled { .. }, Some(RefundState::Settled { .. })) => {
                return Ok(self.noted(number_is_new, now));
            }
            (_, Some(RefundState::Settled { .. })) => Topic::RefundSettled { refund: id.clone() },
            (_, Some(RefundState::Failed { .. } | RefundState::Pending)) => {
                Topic::RefundFailed { refund: id.clone() }
            }
        };
        if let Some(state) = next {
            refund.doubted = false;
            refund.state = state;
        }
        self.settle_refund_state();
        self.settle_resolution(index);
        Ok(self.moved(vec![topic], now))
    }

    /// A payment that waited for the merchant is on its way back.
    fn resolve(&mut self, attempt: &AttemptId, refund: &RefundId, amount: Money) {
        let all = self.left(attempt, self.captured_by(attempt)).is_zero();
        for irregular in &mut self.irregular {
            let waits = &irregular.attempt == attempt && irregular.resolution == Resolution::Held;
            if waits && (all || irregular.amount == amount) {
                irregular.resolution = Resolution::Refunded {
                    refund: refund.clone(),
                };
            }
        }
    }

    /// What could not be given back waits for the merchant, until it is given back after all.
    fn settle_resolution(&mut self, index: usize) {
        let Refund {
            id,
            attempt,
            amount,
            state,
            ..
        } = self.refunds[index].clone();
        match state {
            RefundState::Pending => {}
            RefundState::Settled { .. } => self.resolve(&attempt, &id, amount),
            RefundState::Failed { .. } => {
                // Of several refunds that gave a payment back in parts, the last one is named.
                let by_it = |i: &Irregular| match &i.resolution {
                    Resolution::Refunded { refund } => {
                        *refund == id || (i.attempt == attempt && i.kind != IrregularKind::Excess)
                    }
                    Resolution::Accepted | Resolution::Held | Resolution::Released => false,
                };
                for irregular in self.irregular.iter_mut().filter(|i| by_it(i)) {
                    irregular.resolution = Resolution::Held;
                }
            }
        }
    }

    fn note_refund_number(
        &mut self,
        index: usize,
        number: Option<String>,
    ) -> Result<bool, Rejected> {
        let refund = &mut self.refunds[index];
        match (&refund.channel_number, number) {
            (_, None) => Ok(false),
            (Some(known), Some(new)) if *known == new => Ok(false),
            (Some(_), Some(_)) => Err(Rejected::WrongChannelNumber),
            (None, Some(new)) => {
                refund.channel_number = Some(new);
                Ok(true)
            }
        }
    }

    fn check_refund_proof(&self, index: usize, proof: &RefundProof) -> Result<(), Rejected> {
        let refund = &self.refunds[index];
        let attempt = self
            .attempt(&refund.attempt)
            .ok_or(Rejected::UnknownAttempt)?;
        if proof.refund() != &refund.id {
            return Err(Rejected::WrongRefund);
        }
        if proof.account() != Some(&attempt.account) {
            return Err(Rejected::WrongAccount);
        }
        if proof.amount().currency() != refund.amount.currency() {
            return Err(Rejected::WrongCurrency);
        }
        if proof.amount() != refund.amount {
            return Err(Rejected::WrongAmount);
        }
        // A refund that had failed and settles after all must not lift the sum over the capture.
        if matches!(refund.state, RefundState::Failed { .. }) {
            let captured = self.captured_by(&refund.attempt);
            let left = self.left(&refund.attempt, captured);
            if refund.amount.minor() > left.minor() {
                return Err(Rejected::RefundExceedsCaptured { left });
            }
        }
        Ok(())
    }

    /// What an attempt took, the winner or not.
    #[must_use]
    pub fn captured_by(&self, attempt: &AttemptId) -> Money {
        let won = self
            .state
            .payment()
            .filter(|p| &p.attempt == attempt)
            .map(|p| p.proof.amount());
        let stray = || {
            let took =
                |i: &&Irregular| &i.attempt == attempt && i.proof.kind() == ProofKind::Captured;
            self.irregular.iter().find(took).map(|i| i.proof.amount())
        };
        won.or_else(stray)
            .unwrap_or(Money::zero(self.total.currency()))
    }

    /// Paid, partly refunded or refunded, by what has settled.
    pub(super) fn settle_refund_state(&mut self) {
        let Some(payment) = self.state.payment().cloned() else {
            return;
        };
        let settled = self.settled(&payment.attempt).minor();
        self.state = if settled == 0 {
            State::Paid(payment)
        } else if settled < payment.proof.amount().minor() {
            State::PartlyRefunded(payment)
        } else {
            State::Refunded(payment)
        };
    }
}
