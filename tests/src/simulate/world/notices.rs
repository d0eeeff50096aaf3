//! What channels and strangers post, and what becomes of it on the way.

use causeway_shared::channel::{ProofKind, Source, Status};
use causeway_shared::order::Event;

use super::super::Plant;
use super::super::words::{Checked, Evidence, Notice, said};
use super::{Happening, World};

impl World {
    pub(super) fn deliver(&mut self, notice: Notice) -> Checked {
        if !notice.is_signed && self.till.plant != Plant::BelievesForged {
            self.note(Some(notice.order), || {
                "a forged notice is refused".to_owned()
            });
            return Ok(());
        }
        let events = vec![notice.event.clone()];
        if !self.report(notice.order, None, events, Some(notice.id), 0)? {
            // It was not acknowledged, so it is posted again.
            let delay = self.chance.between(5_000, 60_000);
            self.plan(delay, Happening::Notice(notice));
        }
        Ok(())
    }

    /// Posts what the channels have to say, over the bad line.
    pub(super) fn drain(&mut self) {
        let wake = std::mem::take(&mut self.books.wake);
        for (delay_s, later) in wake.later {
            self.plan(delay_s * 1000, Happening::Channel(later));
        }
        for (order, event, insists) in wake.news {
            let lost = self.fails(15);
            if insists || !lost {
                self.post(order, event.clone());
            }
            if self.fails(15) {
                self.post(order, event);
            }
        }
    }

    pub(super) fn post(&mut self, order: usize, event: Event) {
        self.serial += 1;
        let notice = Notice {
            id: self.serial,
            order,
            event,
            is_signed: true,
        };
        let late = self.fails(10);
        let delay = self
            .chance
            .between(10, if late { 7_200_000 } else { 8_000 });
        if self.fails(10) {
            let again = delay + self.chance.between(0, 600_000);
            self.plan(again, Happening::Notice(notice.clone()));
        }
        self.plan(delay, Happening::Notice(notice));
    }

    /// Strangers post forgeries, and channels post nonsense.
    pub fn disturb(&mut self, order: usize) -> Checked {
        if self.fails(10)
            && let Some(event) = self.books.misstate(order, &mut self.chance)?
        {
            self.post(order, event);
        }
        if self.fails(10)
            && let Some(attempt) = self.till.records[order].order.attempts().last()
        {
            let proof = Evidence {
                kind: ProofKind::Captured,
                source: Source::Notice,
                account: &attempt.account,
                reference: &attempt.reference,
                attempt: None,
                channel_number: "ch_forged",
                amount: attempt.amount,
                at: self.now,
            }
            .proof()?;
            let event = said(attempt.number, None, Status::Paid(proof));
            self.serial += 1;
            let notice = Notice {
                id: self.serial,
                order,
                event,
                is_signed: false,
            };
            self.plan(100, Happening::Notice(notice));
        }
        Ok(())
    }
}
