//! Shoppers with one or two tabs, and merchants.

use causeway_shared::channel::{ChannelId, Flow, Method};
use causeway_shared::id::{AttemptId, RefundId};
use causeway_shared::money::Money;
use causeway_shared::order::{AttemptState, CancelReason, Event, Hold, NewAttempt, Order, State};

use super::books::visit;
use super::words::Checked;
use super::world::{World, account};

/// A tab or device with the order open in it.
#[derive(Clone, Debug)]
pub struct Tab {
    order: usize,
    patience: i64,
    /// Attempts whose code or page it has seen, and may still pay.
    seen: Vec<u8>,
    last: Option<NewAttempt>,
}

/// A merchant, as far as one order goes.
#[derive(Clone, Debug)]
pub struct Merchant {
    acts: i64,
    last: Option<Event>,
}

impl Tab {
    /// A tab whose shopper does so many things.
    pub fn new(order: usize, patience: i64) -> Self {
        Self {
            order,
            patience,
            seen: Vec::new(),
            last: None,
        }
    }
}

impl Merchant {
    /// A merchant who does so many things.
    pub fn new(acts: i64) -> Self {
        Self { acts, last: None }
    }
}

impl World {
    /// A shopper does one thing, and perhaps another later.
    pub fn shopper(&mut self, index: usize) -> Checked {
        let mut tab = self.tabs[index].clone();
        tab.patience -= 1;
        if tab.patience < 0 || !self.is_troubled() {
            return Ok(());
        }
        let order = self.till.records[tab.order].order.clone();
        let waiting = order.attempts().iter().find(|a| {
            let waits = matches!(a.state, AttemptState::RequiresAction { .. });
            waits && !tab.seen.contains(&a.number)
        });
        tab.seen.extend(waiting.map(|a| a.number));
        match self.chance.between(1, 100) {
            1..=45 => self.pay(&mut tab, &order)?,
            46..=80 => self.start(&mut tab, &order)?,
            81..=88 => {
                if let Some(attempt) = order.attempts().last() {
                    let attempt = attempt.id.clone();
                    self.act(tab.order, Event::GiveUp { attempt })?;
                }
            }
            89..=95 => self.hurry(tab.order)?,
            _ => {}
        }
        self.disturb(tab.order)?;
        let rests = self.chance.hits(10);
        self.wake_tab(index, if rests { 4_000_000 } else { 40_000 });
        self.tabs[index] = tab;
        Ok(())
    }

    /// The shopper pays what a tab shows, or what it showed once; or begins, when it shows nothing.
    fn pay(&mut self, tab: &mut Tab, order: &Order) -> Checked {
        let old = self.chance.hits(10);
        let chosen = if old {
            tab.seen.first()
        } else {
            tab.seen.last()
        };
        let Some(attempt) = chosen.and_then(|n| order.attempt_by_number(*n)) else {
            return self.start(tab, order);
        };
        let approves = self.chance.hits(80);
        let (call, now) = (visit(tab.order, order, attempt), self.channel_now());
        let number = attempt.number;
        self.note(Some(tab.order), || {
            format!("shopper pays attempt {number} at the channel: {approves}")
        });
        self.books.pay(&call, approves, now, &mut self.chance)
    }

    fn start(&mut self, tab: &mut Tab, order: &Order) -> Checked {
        let wants = order.is_payable(self.till_now()) || self.chance.hits(10);
        if !wants {
            return Ok(());
        }
        let again = tab.last.clone().filter(|_| self.chance.hits(15));
        let new = match again {
            Some(known) => known,
            None => self.new_attempt()?,
        };
        tab.last = Some(new.clone());
        // Whose answer is lost presses again, with the same id.
        let heard = self.act(tab.order, Event::StartAttempt(new.clone()))?;
        if !heard {
            self.act(tab.order, Event::StartAttempt(new))?;
        }
        Ok(())
    }

    fn new_attempt(&mut self) -> Checked<NewAttempt> {
        let (channel, method, flow, number) = self.chance.pick([
            (ChannelId::Stripe, Method::Card, Flow::Card, 1),
            (ChannelId::Stripe, Method::Card, Flow::Card, 1),
            (ChannelId::Alipay, Method::Alipay, Flow::RedirectDesktop, 2),
            (ChannelId::WechatPay, Method::WechatPay, Flow::Qr, 3),
        ]);
        Ok(NewAttempt {
            id: AttemptId::make(self.chance.bytes()),
            account: account(number)?,
            channel,
            method,
            flow,
        })
    }

    /// A merchant does one thing, and perhaps another later.
    pub fn merchant(&mut self, index: usize) -> Checked {
        let mut merchant = self.merchants[index].clone();
        merchant.acts -= 1;
        if merchant.acts < 0 || !self.is_troubled() {
            return Ok(());
        }
        let order = self.till.records[index].order.clone();
        let again = merchant.last.clone().filter(|_| self.chance.hits(20));
        let event = match again {
            Some(known) => Some(known),
            None => self.merchant_wants(&order)?,
        };
        if let Some(event) = event {
            merchant.last = Some(event.clone());
            if !self.act(index, event.clone())? {
                self.act(index, event)?;
            }
        }
        self.merchants[index] = merchant;
        self.wake_merchant(index);
        Ok(())
    }

    fn merchant_wants(&mut self, order: &Order) -> Checked<Option<Event>> {
        let cancel = Event::Cancel {
            reason: CancelReason::Merchant,
        };
        let total = order.total();
        let waits = matches!(
            order.state(),
            State::Authorized {
                hold: Hold::Waiting,
                ..
            }
        );
        if waits && self.chance.hits(80) {
            let minor = total.minor();
            let minor = self.chance.pick([minor, minor, minor / 2, minor * 3 / 10]);
            let amount = Money::from_minor(minor, total.currency())?;
            return Ok(Some(Event::Capture { amount }));
        }
        // Any payment may be given back, also one that did not win the order.
        let attempt = self.chance.pick_of(order.attempts()).map(|a| a.id.clone());
        let attempt = attempt.filter(|_| self.chance.hits(30));
        let left = order.refundable(attempt.as_ref()).minor();
        if left > 0 {
            let some = self.chance.between(1, left);
            let minor = self.chance.pick([left, left, some, left + 1]);
            return Ok(Some(Event::RequestRefund {
                refund: RefundId::make(self.chance.bytes()),
                attempt,
                amount: Money::from_minor(minor, total.currency())?,
                reason: String::new(),
            }));
        }
        Ok(Some(cancel).filter(|_| self.chance.hits(30)))
    }
}
