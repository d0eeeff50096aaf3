//! One world: a few orders, their till, a worker, the channels, a bad line, and time.

mod exchanges;
mod notices;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use causeway_shared::channel::CaptureMode;
use causeway_shared::id::{AccountId, OrderId, StoreId, Till as TillNumber};
use causeway_shared::money::{Currency, Money};
use causeway_shared::order::{Event, IrregularPolicy, NewOrder, Order, Outcome, Policy};
use causeway_shared::time::UnixTime;

use super::Plant;
use super::books::{At, Books, Later};
use super::check;
use super::exchange::Exchange;
use super::people::{Merchant, Tab};
use super::till::{Till, Told};
use super::words::{Answer, Call, Checked, Notice, Violation, must};
use crate::chance::Chance;

const START: UnixTime = UnixTime::from_seconds(1_790_000_000);
/// By then everything must rest.
const END_S: i64 = 60 * 24 * 3600;
/// No world takes so many steps unless it runs in a circle.
const MAX_STEPS: usize = 200_000;

/// What is going to happen.
#[derive(Clone, Debug)]
enum Happening {
    Answer(u64, u64, Answer),
    Arrive(u64, u64, Call),
    Channel(Later),
    Crash,
    Merchant(usize),
    Notice(Notice),
    Shopper(usize),
    TimeOut(u64, u64),
}

/// A world and all that has happened in it.
pub struct World {
    pub chance: Chance,
    pub now: UnixTime,
    pub till: Till,
    pub books: Books,
    pub tabs: Vec<Tab>,
    pub merchants: Vec<Merchant>,
    /// What happened, kept only when asked for: order and words.
    pub history: Option<Vec<(Option<usize>, String)>>,
    queue: BinaryHeap<Reverse<(UnixTime, u64)>>,
    planned: BTreeMap<u64, Happening>,
    exchanges: BTreeMap<u64, (u64, Exchange)>,
    serial: u64,
    faults_end: UnixTime,
    till_skew_ms: i64,
    channel_skew_ms: i64,
}

impl World {
    /// The world of this seed.
    pub fn new(seed: u64, plant: Plant, keeps_history: bool) -> Checked<Self> {
        let mut chance = Chance::new(seed);
        let faults_s = chance.between(600, 6 * 3600);
        let mut skew = |most: i64| match chance.hits(50) {
            true => chance.between(-most, most),
            false => 0,
        };
        let (till_skew_ms, channel_skew_ms) = (skew(30_000), skew(90_000));
        let mut world = Self {
            chance,
            now: START,
            till: Till::new(plant),
            books: Books::default(),
            tabs: Vec::new(),
            merchants: Vec::new(),
            history: keeps_history.then(Vec::new),
            queue: BinaryHeap::new(),
            planned: BTreeMap::new(),
            exchanges: BTreeMap::new(),
            serial: 0,
            faults_end: START.plus_seconds(faults_s),
            till_skew_ms,
            channel_skew_ms,
        };
        world.books.faults = true;
        for index in 0..world.chance.pick([1, 1, 2, 3]) {
            world.add_order(index)?;
        }
        for _ in 0..world.chance.pick([0, 0, 1, 3]) {
            let delay = world.chance.between(1, faults_s * 1000);
            world.plan(delay, Happening::Crash);
        }
        Ok(world)
    }

    fn add_order(&mut self, index: usize) -> Checked {
        let chance = &mut self.chance;
        let currency = chance.pick([Currency::USD, Currency::JPY, Currency::CNY, Currency::KWD]);
        let total = Money::from_minor(chance.between(100, 2_000_000), currency)?;
        let mut policy = || chance.pick([Policy::Accept, Policy::Hold, Policy::Refund]);
        let policy = IrregularPolicy {
            late: policy(),
            short: policy(),
            excess: policy(),
        };
        let capture = chance.pick([CaptureMode::Automatic, CaptureMode::Manual]);
        let life_s = match chance.between(1, 100) {
            1..=3 => 30 * 3600,
            _ => chance.between(300, 3 * 3600),
        };
        let mut random = [0; 10];
        random.copy_from_slice(&chance.bytes()[..10]);
        let (tabs, patience) = (chance.pick([1, 1, 2]), chance.between(2, 10));
        let merchant_acts = chance.pick([0, 0, 2, 9]);
        let created_at = self.till_now();
        let time_ms = created_at.millis().unsigned_abs();
        let order = Order::new(
            NewOrder {
                id: OrderId::make(time_ms, TillNumber::new(0)?, random),
                total,
                capture,
                policy,
                expires_at: created_at.plus_seconds(life_s),
            },
            created_at,
        )?;
        self.till.insert(order);
        for _ in 0..tabs {
            self.tabs.push(Tab::new(index, patience));
            self.wake_tab(self.tabs.len() - 1, 20_000);
        }
        self.merchants.push(Merchant::new(merchant_acts));
        self.wake_merchant(index);
        Ok(())
    }

    /// Lives until everything rests, then checks the books.
    pub fn live(&mut self) -> Checked {
        let end = START.plus_seconds(END_S);
        for _ in 0..MAX_STEPS {
            let alarm = self
                .till
                .next_timer()
                .map(|t| t.plus_millis(-self.till_skew_ms));
            let head = self.queue.peek().map(|Reverse((at, _))| *at);
            let Some(next) = [alarm, head].into_iter().flatten().min() else {
                return self.check_end();
            };
            if next > end {
                return self.check_end();
            }
            self.now = self.now.max(next);
            self.books.faults = self.now < self.faults_end;
            match head {
                Some(at) if at <= next => self.step()?,
                _ => self.ring()?,
            }
            self.drain();
        }
        Err(Violation(format!("no rest after {MAX_STEPS} steps")))
    }

    fn check_end(&mut self) -> Checked {
        for (index, record) in self.till.records.iter().enumerate() {
            check::end(index, &record.order, &self.books)
                .map_err(|v| Violation(format!("order {index} in the end: {v}")))?;
        }
        Ok(())
    }

    /// Payments that moved money.
    pub fn payments(&self) -> u64 {
        let moved = |at| matches!(at, At::Held(_) | At::Taken(_));
        self.books.payments.iter().filter(|p| moved(p.at)).count() as u64
    }

    /// The time as the till's machine has it.
    pub fn till_now(&self) -> UnixTime {
        self.now.plus_millis(self.till_skew_ms)
    }

    /// The time as the channels have it.
    pub fn channel_now(&self) -> UnixTime {
        self.now.plus_millis(self.channel_skew_ms)
    }

    /// Whether things still go wrong and people still act.
    pub fn is_troubled(&self) -> bool {
        self.books.faults
    }

    /// True so many times in a hundred, while things go wrong.
    fn fails(&mut self, percent: i64) -> bool {
        self.is_troubled() && self.chance.hits(percent)
    }

    fn ring(&mut self) -> Checked {
        let work = self.till.lease(None, self.till_now());
        // The till has stored the leases; a crash loses what was handed out.
        if self.fails(2) {
            self.crash();
            return Ok(());
        }
        self.perform(work, 0)
    }

    fn step(&mut self) -> Checked {
        let Some(Reverse((_, serial))) = self.queue.pop() else {
            return Ok(());
        };
        let Some(happening) = self.planned.remove(&serial) else {
            return Ok(());
        };
        match happening {
            Happening::Answer(id, turn, answer) => self.go_on(id, turn, answer),
            Happening::TimeOut(id, turn) => self.go_on(id, turn, Answer::Unknown),
            Happening::Arrive(id, turn, call) => self.arrive(id, turn, &call),
            Happening::Channel(later) => {
                let now = self.channel_now();
                self.note(None, || format!("channel: {later:?}"));
                self.books.act(&later, now, &mut self.chance)
            }
            Happening::Crash => {
                self.crash();
                Ok(())
            }
            Happening::Merchant(order) => self.merchant(order),
            Happening::Notice(notice) => self.deliver(notice),
            Happening::Shopper(tab) => self.shopper(tab),
        }
    }

    /// Everything that is not stored is lost.
    fn crash(&mut self) {
        self.note(None, || "crash".to_owned());
        self.exchanges.clear();
    }

    /// Somebody asks something of the till. False: nobody heard what became of it.
    pub fn act(&mut self, order: usize, event: Event) -> Checked<bool> {
        if self.fails(2) {
            self.note(Some(order), || format!("crash before {event:?} was stored"));
            self.crash();
            return Ok(false);
        }
        let (told, work) = self
            .till
            .act(order, event, self.till_now())
            .map_err(|v| at(order, v))?;
        self.look(order, &[told])?;
        if self.fails(2) {
            self.crash();
            return Ok(false);
        }
        self.perform(work, 0)?;
        Ok(true)
    }

    /// The shopper has come back.
    pub fn hurry(&mut self, order: usize) -> Checked {
        let work = self.till.hurry(order, self.till_now());
        self.perform(work, 0)
    }

    fn report(
        &mut self,
        order: usize,
        row: Option<u64>,
        events: Vec<Event>,
        notice: Option<u64>,
        round: usize,
    ) -> Checked<bool> {
        if self.fails(1) {
            self.note(Some(order), || {
                format!("crash before {events:?} was stored")
            });
            self.crash();
            return Ok(false);
        }
        let now = self.till_now();
        let (told, work) = self
            .till
            .report(order, row, events, notice, now)
            .map_err(|v| at(order, v))?;
        self.look(order, &told)?;
        if self.fails(1) {
            self.crash();
            return Ok(true);
        }
        self.perform(work, round + 1)?;
        Ok(true)
    }

    /// Notes what was told to an order, and checks what must hold at every moment.
    fn look(&mut self, order: usize, told: &[Told]) -> Checked {
        for Told { event, result } in told {
            let state = self.till.records[order].order.state().name();
            self.note(Some(order), || match result {
                Ok(Outcome::Moved { order, .. }) => {
                    format!("{event:?}: {state}, version {}", order.version())
                }
                Ok(Outcome::Unchanged) => format!("{event:?}: unchanged"),
                Err(rejected) => format!("{event:?}: {rejected}"),
            });
        }
        let record = &self.till.records[order];
        check::evidence(order, &record.order, &self.books).map_err(|v| at(order, v))?;
        let waits = record.order.effects().is_empty() && !record.order.state().is_unpaid();
        let waits = waits || self.till.plant == Plant::LosesLease || self.till.has_timer(order);
        must(waits, || {
            format!("order {order} neither rests nor waits with a timer")
        })
    }

    pub fn wake_tab(&mut self, tab: usize, most_ms: i64) {
        let delay = self.chance.between(10, most_ms);
        self.plan(delay, Happening::Shopper(tab));
    }

    pub fn wake_merchant(&mut self, order: usize) {
        let hurries = self.chance.hits(40);
        let most_ms = if hurries { 120_000 } else { 3_600_000 };
        let delay = self.chance.between(5_000, most_ms);
        self.plan(delay, Happening::Merchant(order));
    }

    fn plan(&mut self, delay_ms: i64, happening: Happening) {
        self.serial += 1;
        self.queue
            .push(Reverse((self.now.plus_millis(delay_ms), self.serial)));
        self.planned.insert(self.serial, happening);
    }

    pub fn note(&mut self, order: Option<usize>, words: impl FnOnce() -> String) {
        if let Some(history) = &mut self.history {
            history.push((order, format!("{} {}", self.now.rfc3339(), words())));
        }
    }
}

/// The account of each channel.
pub fn account(number: u8) -> Checked<AccountId> {
    Ok(AccountId::make(&StoreId::parse("demo")?, [number; 8]))
}

fn at(order: usize, violation: Violation) -> Violation {
    Violation(format!("order {order}: {violation}"))
}
