//! What evidence of money does to an order: the one way to "authorized" and "paid", and the
//! payments that do not fit.

use sha2::{Digest, Sha256};

use super::{
    Attempt, AttemptState, Ending, Hold, Irregular, IrregularKind, Order, Outcome, Payment, Policy,
    Rejected, Resolution, State, Topic,
};
use crate::channel::{CaptureMode, PaymentProof, ProofKind, Source};
use crate::id::{AttemptId, RefundId};
use crate::money::Money;
use crate::time::UnixTime;

impl Order {
    pub(super) fn report_money(
        mut self,
        id: &AttemptId,
        proof: &PaymentProof,
        noted: bool,
        now: UnixTime,
    ) -> Result<Outcome, Rejected> {
        self.check_proof(id, proof)?;
        if self.is_known(id, proof) {
            let attempt = self.attempt_mut(id)?;
            let undoubted = std::mem::take(&mut attempt.doubted);
            return Ok(self.noted(noted || undoubted, now));
        }
        // A payment is taken once: of two amounts one must be wrong.
        if proof.kind() == ProofKind::Captured && !self.captured_by(id).is_zero() {
            return Err(Rejected::WrongAmount);
        }
        if proof.source() == Source::Notice && self.is_doubtful(id, proof) {
            let attempt = self.attempt_mut(id)?;
            let first = !std::mem::replace(&mut attempt.doubted, true);
            return Ok(self.noted(noted || first, now));
        }
        if self.is_held_by(id) && proof.kind() == ProofKind::Authorized {
            return Ok(self.hold_otherwise(id, proof, now));
        }
        let topics = if proof.amount() == self.expected(id, proof.kind()) {
            self.take_equal(id, proof, now)
        } else {
            self.take_unequal(id, proof, now)
        };
        Ok(self.moved(topics, now))
    }

    fn take_equal(&mut self, id: &AttemptId, proof: &PaymentProof, now: UnixTime) -> Vec<Topic> {
        match &self.state {
            State::Created | State::Processing { .. } | State::RequiresAction { .. } => {
                self.win(id, proof)
            }
            State::Authorized { attempt, .. } if attempt == id => self.win(id, proof),
            State::Authorized { .. }
            | State::Paid(_)
            | State::PartlyRefunded(_)
            | State::Refunded(_) => self.stray(IrregularKind::Duplicate, id, proof, now),
            State::Expired { .. } if self.came_in_time(proof) => self.win(id, proof),
            State::Expired { .. } | State::Cancelled { .. } => {
                self.stray(IrregularKind::Late, id, proof, now)
            }
        }
    }

    /// Whether the shopper paid while they could, and we hear of it when the order has expired.
    fn came_in_time(&self, proof: &PaymentProof) -> bool {
        matches!(self.state, State::Expired { .. }) && proof.at() < self.expires_at
    }

    fn is_held_by(&self, id: &AttemptId) -> bool {
        matches!(&self.state, State::Authorized { attempt, .. } if attempt == id)
    }

    /// Whether the channel is to be asked before a notice is believed: one that states another
    /// amount, and "held" of what it has closed, which is most likely an old message.
    fn is_doubtful(&self, id: &AttemptId, proof: &PaymentProof) -> bool {
        let held = proof.kind() == ProofKind::Authorized;
        let is_closed = |a: &Attempt| a.state == AttemptState::Closed;
        proof.amount() != self.expected(id, proof.kind())
            || (held && (self.is_held_by(id) || self.attempt(id).is_some_and(is_closed)))
    }

    /// The winner holds more or less than it did. What was asked of the channel still is.
    fn hold_otherwise(mut self, id: &AttemptId, proof: &PaymentProof, now: UnixTime) -> Outcome {
        if let State::Authorized { proof: known, .. } = &mut self.state {
            *known = proof.clone();
        }
        self.set_taken(id, AttemptState::Authorized);
        self.moved(Vec::new(), now)
    }

    /// Rule 5: order, attempt, account and currency must be the attempt's own.
    fn check_proof(&self, id: &AttemptId, proof: &PaymentProof) -> Result<(), Rejected> {
        let attempt = self.attempt(id).ok_or(Rejected::UnknownAttempt)?;
        // What an operator says comes by another event.
        let reference = proof.reference().ok_or(Rejected::WrongAttempt)?;
        if proof.source() == Source::Operator {
            return Err(Rejected::WrongAttempt);
        }
        if reference.order() != self.id {
            return Err(Rejected::WrongOrder);
        }
        let named_other = proof.attempt().is_some_and(|named| named != id);
        if reference != &attempt.reference || named_other {
            return Err(Rejected::WrongAttempt);
        }
        if proof.account() != Some(&attempt.account) {
            return Err(Rejected::WrongAccount);
        }
        if proof.amount().currency() != attempt.amount.currency() {
            return Err(Rejected::WrongCurrency);
        }
        if !proof.amount().is_positive() {
            return Err(Rejected::WrongAmount);
        }
        Ok(())
    }

    /// Whether the order has already taken this evidence into account.
    fn is_known(&self, id: &AttemptId, proof: &PaymentProof) -> bool {
        let taken = |known: &PaymentProof| match (known.kind(), proof.kind()) {
            // "Held" after "taken" is an old message, whatever its amount.
            (ProofKind::Captured, ProofKind::Authorized) => true,
            (ProofKind::Authorized, ProofKind::Captured) => false,
            (ProofKind::Captured, ProofKind::Captured)
            | (ProofKind::Authorized, ProofKind::Authorized) => known.amount() == proof.amount(),
        };
        let won = match &self.state {
            State::Authorized {
                attempt,
                proof: known,
                ..
            } => attempt == id && taken(known),
            State::Paid(p) | State::PartlyRefunded(p) | State::Refunded(p) => {
                &p.attempt == id && taken(&p.proof)
            }
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Cancelled { .. }
            | State::Expired { .. } => false,
        };
        won || self
            .irregular
            .iter()
            .any(|i| &i.attempt == id && taken(&i.proof))
    }

    /// The amount that fits: what was asked for, or what was told to be captured.
    fn expected(&self, id: &AttemptId, kind: ProofKind) -> Money {
        match &self.state {
            State::Authorized {
                attempt,
                hold: Hold::Capturing { amount },
                ..
            } if attempt == id && kind == ProofKind::Captured => *amount,
            State::Paid(p) | State::PartlyRefunded(p) | State::Refunded(p) if &p.attempt == id => {
                p.proof.amount()
            }
            State::Created
            | State::Processing { .. }
            | State::RequiresAction { .. }
            | State::Authorized { .. }
            | State::Paid(_)
            | State::PartlyRefunded(_)
            | State::Refunded(_)
            | State::Cancelled { .. }
            | State::Expired { .. } => self.total,
        }
    }

    /// The attempt wins: the order is authorized or paid, and what else is open is closed.
    pub(super) fn win(&mut self, id: &AttemptId, proof: &PaymentProof) -> Vec<Topic> {
        self.close_open_attempts(Some(id));
        let ending = self.ending.take();
        match proof.kind() {
            ProofKind::Authorized => {
                let (hold, topics) = match (ending, self.capture) {
                    // What was not taken yet can still be released, as the merchant wants.
                    (Some(Ending::Cancel { reason }), _) => (Hold::Voiding { reason }, Vec::new()),
                    // The channel has two steps where the merchant wants one.
                    (Some(Ending::Expire) | None, CaptureMode::Automatic) => (
                        Hold::Capturing { amount: self.total },
                        vec![Topic::Authorized],
                    ),
                    (Some(Ending::Expire) | None, CaptureMode::Manual) => {
                        (Hold::Waiting, vec![Topic::Authorized])
                    }
                };
                self.state = State::Authorized {
                    attempt: id.clone(),
                    proof: proof.clone(),
                    hold,
                };
                self.set_taken(id, AttemptState::Authorized);
                topics
            }
            ProofKind::Captured => {
                self.state = State::Paid(Payment {
                    attempt: id.clone(),
                    proof: proof.clone(),
                });
                self.set_taken(id, AttemptState::Paid);
                vec![Topic::Paid]
            }
        }
    }

    fn set_taken(&mut self, id: &AttemptId, state: AttemptState) {
        if let Ok(attempt) = self.attempt_mut(id) {
            attempt.state = state;
            attempt.clear_doubt();
        }
    }

    /// Money for an order that was paid by another attempt, or had ended.
    fn stray(
        &mut self,
        kind: IrregularKind,
        id: &AttemptId,
        proof: &PaymentProof,
        now: UnixTime,
    ) -> Vec<Topic> {
        let expired = matches!(self.state, State::Expired { .. });
        let accept = kind == IrregularKind::Late && expired && self.policy.late == Policy::Accept;
        if accept {
            let mut topics = self.win(id, proof);
            self.note_irregular(kind, id, proof, proof.amount(), Resolution::Accepted);
            topics.push(Topic::IrregularPayment);
            return topics;
        }
        let policy = match kind {
            IrregularKind::Late => self.policy.late,
            IrregularKind::Duplicate | IrregularKind::Short | IrregularKind::Excess => {
                Policy::Refund
            }
        };
        self.put_aside(kind, policy, id, proof, now)
    }

    /// Keeps money out of the order's state: released if only held, else held or given back.
    fn put_aside(
        &mut self,
        kind: IrregularKind,
        policy: Policy,
        id: &AttemptId,
        proof: &PaymentProof,
        now: UnixTime,
    ) -> Vec<Topic> {
        let resolution = match (proof.kind(), policy) {
            // The effect that closes an attempt follows from its state.
            (ProofKind::Authorized, _) => Resolution::Released,
            (ProofKind::Captured, Policy::Hold) => Resolution::Held,
            (ProofKind::Captured, Policy::Refund | Policy::Accept) => {
                let refund = derive_refund_id(id, kind);
                self.add_refund(refund.clone(), id, proof.amount(), String::new(), now);
                Resolution::Refunded { refund }
            }
        };
        self.set_taken(
            id,
            match proof.kind() {
                ProofKind::Authorized => AttemptState::Authorized,
                ProofKind::Captured => AttemptState::Paid,
            },
        );
        self.note_irregular(kind, id, proof, proof.amount(), resolution);
        let mut topics = vec![Topic::IrregularPayment];
        topics.extend(self.settle_open_state(now));
        topics
    }

    /// An amount that does not fit, confirmed by the channel's own answer.
    fn take_unequal(&mut self, id: &AttemptId, proof: &PaymentProof, now: UnixTime) -> Vec<Topic> {
        let expected = self.expected(id, proof.kind());
        let held = self.is_held_by(id);
        let open = self.state.is_unpaid() || held || self.came_in_time(proof);
        let more = proof.amount().minor() > expected.minor();
        if !open {
            let kind = if self.is_won() {
                IrregularKind::Duplicate
            } else {
                IrregularKind::Late
            };
            let policy = match (kind, self.policy.late) {
                (IrregularKind::Late, Policy::Hold) => Policy::Hold,
                (_, _) => Policy::Refund,
            };
            self.put_aside(kind, policy, id, proof, now)
        } else if held && !more {
            // The channel captured less than was held, as a merchant may do in its console.
            self.win(id, proof)
        } else if more {
            self.take_excess(id, proof, expected, now)
        } else {
            let policy = match self.policy.short {
                Policy::Hold => Policy::Hold,
                Policy::Accept | Policy::Refund => Policy::Refund,
            };
            self.put_aside(IrregularKind::Short, policy, id, proof, now)
        }
    }

    /// The order is paid; what is above the total is given back or held.
    fn take_excess(
        &mut self,
        id: &AttemptId,
        proof: &PaymentProof,
        expected: Money,
        now: UnixTime,
    ) -> Vec<Topic> {
        let above = proof.amount().checked_sub(expected).unwrap_or(expected);
        let resolution = match (proof.kind(), self.policy.excess) {
            // The capture takes no more than the total.
            (ProofKind::Authorized, _) => Resolution::Released,
            (ProofKind::Captured, Policy::Accept) => Resolution::Accepted,
            (ProofKind::Captured, Policy::Hold) => Resolution::Held,
            (ProofKind::Captured, Policy::Refund) => {
                let refund = derive_refund_id(id, IrregularKind::Excess);
                self.add_refund(refund.clone(), id, above, String::new(), now);
                Resolution::Refunded { refund }
            }
        };
        let mut topics = self.win(id, proof);
        self.note_irregular(IrregularKind::Excess, id, proof, above, resolution);
        topics.push(Topic::IrregularPayment);
        topics
    }

    fn note_irregular(
        &mut self,
        kind: IrregularKind,
        id: &AttemptId,
        proof: &PaymentProof,
        amount: Money,
        resolution: Resolution,
    ) {
        let irregular = Irregular {
            kind,
            attempt: id.clone(),
            proof: proof.clone(),
            amount,
            resolution,
        };
        // What was to be released was taken instead, or is held as another amount.
        let was_held =
            |i: &&mut Irregular| &i.attempt == id && i.resolution == Resolution::Released;
        match self.irregular.iter_mut().find(was_held) {
            Some(held) => *held = irregular,
            None => self.irregular.push(irregular),
        }
    }
}

/// The id of a refund that nobody asked for: the same whenever it is derived, so that a replay
/// cannot refund twice.
fn derive_refund_id(attempt: &AttemptId, kind: IrregularKind) -> RefundId {
    let label: &[u8] = match kind {
        IrregularKind::Duplicate => b"duplicate",
        IrregularKind::Excess => b"excess",
        IrregularKind::Late => b"late",
        IrregularKind::Short => b"short",
    };
    let mut hash = Sha256::new();
    hash.update(b"causeway refund of irregular payment v1\0");
    hash.update(label);
    hash.update(b"\0");
    hash.update(attempt.as_str());
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 16];
    random.copy_from_slice(&digest[..16]);
    RefundId::make(random)
}
