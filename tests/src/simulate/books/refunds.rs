//! Refunds on the books: made, settled, given back by the bank, and told.

use causeway_shared::channel::{RefundReported, RefundStatus, Source};
use causeway_shared::id::RefundId;
use causeway_shared::money::Money;
use causeway_shared::order::Event;
use causeway_shared::time::UnixTime;

use super::super::words::{Answer, Call, Checked, RefundEvidence, Violation, decline, must};
use super::{At, Back, Books, GivenBack, Later};
use crate::chance::Chance;

impl Books {
    pub(super) fn refund(
        &mut self,
        call: &Call,
        id: &RefundId,
        amount: Money,
        now: UnixTime,
        chance: &mut Chance,
    ) -> Checked<Answer> {
        if let Some(known) = self.refunds.iter().position(|r| r.id == *id) {
            return self.tell_refund(known, Source::Answer).map(Answer::Refund);
        }
        let paid = self.find(call).map(|i| (i, self.payments[i].at));
        let Some((payment, At::Taken(taken))) = paid else {
            return Err(Violation(format!(
                "a refund of what was not taken: {paid:?}"
            )));
        };
        let gone = self.given_back(call.order, call.number, |back| back != Back::Failed);
        must(amount.minor() <= taken.minor() - gone, || {
            format!("{amount:?} is refunded of {taken:?}, of which {gone} has gone back")
        })?;
        let back = match chance.between(1, 100) {
            1..=4 if self.faults => Back::Failed,
            5..=50 => Back::Settled,
            _ => Back::Pending,
        };
        self.refunds.push(GivenBack {
            id: id.clone(),
            payment,
            order: call.order,
            number: call.number,
            amount,
            back,
            moved: now,
        });
        let index = self.refunds.len() - 1;
        match back {
            Back::Failed => return Ok(Answer::Refused),
            Back::Settled => self.settled(index, chance)?,
            Back::Pending => {
                let delay_s = chance.between(1, 3000);
                self.wake.later.push((delay_s, Later::Settle(index)));
            }
        }
        self.tell_refund(index, Source::Answer).map(Answer::Refund)
    }

    pub(super) fn settled(&mut self, index: usize, chance: &mut Chance) -> Checked {
        if self.faults && chance.hits(3) {
            let delay_s = chance.between(1, 9000);
            self.wake.later.push((delay_s, Later::Return(index)));
        }
        self.announce_refund(index, false)
    }

    pub(super) fn announce_refund(&mut self, index: usize, insists: bool) -> Checked {
        let refund = self.refunds[index].id.clone();
        let order = self.refunds[index].order;
        let reported = self.tell_refund(index, Source::Notice)?;
        let event = Event::RefundReport { refund, reported };
        self.wake.news.push((order, event, insists));
        Ok(())
    }

    pub(super) fn tell_refund(&self, index: usize, source: Source) -> Checked<RefundReported> {
        let refund = &self.refunds[index];
        let status = match refund.back {
            Back::Pending => RefundStatus::Pending,
            Back::Failed => RefundStatus::Failed(decline()),
            Back::Settled => RefundStatus::Settled(
                RefundEvidence {
                    source,
                    account: &self.payments[refund.payment].account,
                    refund: &refund.id,
                    amount: refund.amount,
                    at: refund.moved,
                }
                .proof()?,
            ),
        };
        Ok(RefundReported {
            channel_number: Some(format!("re_{}", refund.id)),
            status,
        })
    }
}
