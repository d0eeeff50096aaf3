//! What the channels say of a payment: in answers, in notices, and when somebody lies.

use causeway_shared::channel::{Action, Flow, ProofKind, Reported, Source, Status};
use causeway_shared::money::Money;
use causeway_shared::order::Event;

use super::super::words::{Answer, Checked, Evidence, decline, said};
use super::{At, Books, Payment};
use crate::chance::Chance;

impl Books {
    pub(super) fn announce(&mut self, index: usize, insists: bool) -> Checked {
        let Payment { order, number, .. } = self.payments[index];
        let status = self.status(index, Source::Notice)?;
        let name = self.payments[index].channel_number.clone();
        let event = said(number, Some(name), status);
        self.wake.news.push((order, event, insists));
        Ok(())
    }

    pub(super) fn answer(&self, index: usize) -> Checked<Answer> {
        let payment = &self.payments[index];
        if payment.at == At::Refused {
            return Ok(Answer::Refused);
        }
        Ok(Answer::Payment(Box::new(Reported {
            channel_number: Some(payment.channel_number.clone()),
            card: None,
            fee: None,
            status: self.status(index, Source::Answer)?,
        })))
    }

    pub(super) fn status(&self, index: usize, source: Source) -> Checked<Status> {
        let payment = &self.payments[index];
        let proof = |kind, amount| payment.evidence(kind, source, amount).proof();
        Ok(match payment.at {
            At::Refused | At::Declined => Status::Declined(decline()),
            At::Deciding => Status::Pending,
            At::Offered => Status::RequiresAction(payment.action()),
            At::Held(amount) => Status::Authorized(proof(ProofKind::Authorized, amount)?),
            At::Taken(amount) => Status::Paid(proof(ProofKind::Captured, amount)?),
            At::Dead => Status::Closed,
        })
    }

    /// A signed notice about a payment of this order with an amount that nobody paid.
    pub fn misstate(&self, order: usize, chance: &mut Chance) -> Checked<Option<Event>> {
        let of = |p: &&Payment| p.order == order && p.at != At::Refused;
        let count = self.payments.iter().filter(of).count();
        let chosen = chance.between(0, count as i64 - 1).unsigned_abs() as usize;
        let Some(payment) = self.payments.iter().filter(of).nth(chosen) else {
            return Ok(None);
        };
        let minor = payment.amount.minor();
        let wrong = chance.pick([minor * 3 + 1, minor / 3 + 1]);
        let wrong = Money::from_minor(wrong, payment.amount.currency())?;
        let evidence = payment.evidence(ProofKind::Captured, Source::Notice, wrong);
        let name = Some(payment.channel_number.clone());
        Ok(Some(said(
            payment.number,
            name,
            Status::Paid(evidence.proof()?),
        )))
    }
}

impl Payment {
    fn evidence(&self, kind: ProofKind, source: Source, amount: Money) -> Evidence<'_> {
        Evidence {
            kind,
            source,
            account: &self.account,
            reference: &self.reference,
            attempt: Some(&self.attempt).filter(|_| self.flow == Flow::Card),
            channel_number: &self.channel_number,
            amount,
            at: self.moved,
        }
    }

    fn action(&self) -> Action {
        match self.flow {
            Flow::Card => Action::Challenge {
                url: format!("https://issuer.test/{}", self.reference),
            },
            Flow::RedirectDesktop | Flow::RedirectPhone => Action::Redirect {
                url: format!("https://channel.test/{}", self.reference),
            },
            Flow::Qr | Flow::Bridge => Action::Qr {
                content: self.channel_number.clone(),
                expires_at: self.expires_at,
            },
        }
    }
}
