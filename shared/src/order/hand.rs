//! Payments that an operator vouches for, because no channel can or will prove them.
//!
//! Such a payment is for the whole total. It names the attempt whose channel has the money, so that
//! the channel's own proof, should it still come, is no second payment and refunds go through the
//! channel; or it names none: then the money came outside of channels, and goes back that way.

use sha2::{Digest, Sha256};

use super::{Ending, Order, Outcome, RefundState, Rejected, State, Topic};
use crate::channel::{ByHand, PaymentProof, RefundProof, Source};
use crate::id::{AttemptId, OrderId, RefundId};
use crate::money::Money;
use crate::time::UnixTime;

impl Order {
    /// Who vouched for the payment, where an operator did.
    #[must_use]
    pub fn vouched(&self) -> Option<&ByHand> {
        self.state.payment().and_then(|p| p.proof.vouched())
    }

    pub(super) fn confirm_by_hand(
        mut self,
        named: Option<AttemptId>,
        proof: &PaymentProof,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        let id = named.clone().unwrap_or_else(|| outside(&self.id));
        self.check_word(named.as_ref(), proof)?;
        if let Some(payment) = self.state.payment() {
            let same = payment.attempt == id && payment.proof.vouched() == proof.vouched();
            return if same {
                Ok(Outcome::Unchanged)
            } else {
                Err(Rejected::AlreadyPaid)
            };
        }
        match (&self.state, self.ending) {
            (State::Authorized { .. }, _) => return Err(Rejected::AlreadyAuthorized),
            (State::Cancelled { .. }, _) => return Err(Rejected::AlreadyCancelled),
            (_, Some(Ending::Cancel { .. })) => return Err(Rejected::Ending),
            // Whoever vouches for the money of an order that has expired reopens it.
            (_, _) => {}
        }
        // What an attempt took is known already, and does not fit.
        if !self.captured_by(&id).is_zero() {
            return Err(Rejected::WrongAttempt);
        }
        let topics = self.win(&id, proof);
        if let Ok(attempt) = self.attempt_mut(&id) {
            // Refunds need the channel's number of it, so the channel is asked for it once.
            attempt.doubted = attempt.channel_number.is_none();
        }
        Ok(self.moved(topics, now))
    }

    /// What a channel says of a payment that was vouched for, where it is no evidence: it was
    /// asked, and the operator's word stands. `None` for all other payments.
    pub(super) fn heard_of_vouched(&mut self, id: &AttemptId, noted: bool) -> Option<bool> {
        self.vouched()?;
        let is_it = self.winning() == Some(id);
        let attempt = self.attempt_mut(id).ok().filter(|_| is_it)?;
        Some(attempt.clear_doubt() || noted)
    }

    fn check_word(&self, named: Option<&AttemptId>, proof: &PaymentProof) -> Result<(), Rejected> {
        if proof.source() != Source::Operator || proof.vouched().is_none() {
            return Err(Rejected::WrongAttempt);
        }
        if proof.amount().currency() != self.total.currency() {
            return Err(Rejected::WrongCurrency);
        }
        if proof.amount() != self.total {
            return Err(Rejected::WrongAmount);
        }
        let attempt = named
            .map(|id| self.attempt(id).ok_or(Rejected::UnknownAttempt))
            .transpose()?;
        if proof.account() != attempt.map(|a| &a.account) {
            return Err(Rejected::WrongAccount);
        }
        if proof.reference() != attempt.map(|a| &a.reference) {
            return Err(Rejected::WrongAttempt);
        }
        Ok(())
    }

    /// No channel has the money: whoever asks for the refund gives it back.
    pub(super) fn give_back_by_hand(
        mut self,
        id: &RefundId,
        amount: Money,
        now: UnixTime,
    ) -> Outcome {
        let proof = RefundProof::by_hand(id, amount, now);
        if let Some(refund) = self.refunds.iter_mut().find(|r| &r.id == id) {
            refund.state = RefundState::Settled { proof };
        }
        self.settle_refund_state();
        let refund = id.clone();
        self.moved(vec![Topic::RefundSettled { refund }], now)
    }
}

/// Stands for the attempt of a payment that has none: one for an order, and no widget's.
fn outside(order: &OrderId) -> AttemptId {
    let mut hash = Sha256::new();
    hash.update(b"causeway payment outside of channels v1\0");
    hash.update(order.as_str());
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 16];
    random.copy_from_slice(&digest[..16]);
    AttemptId::make(random)
}
