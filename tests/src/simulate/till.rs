//! A till as `worker/src/object/till` keeps it: orders and what they owe, stored together.
//!
//! A call is a transaction: it is stored whole or not at all. What was handed out is leased, and
//! handed out again if nothing is heard.

use std::collections::BTreeSet;

use causeway_shared::channel::channel;
use causeway_shared::id::AttemptId;
use causeway_shared::order::{Effect, Event, Order, Outcome, Rejected};
use causeway_shared::time::UnixTime;

use super::Plant;
use super::check;
use super::words::Checked;

const LEASE_S: i64 = 40;
const RETRY_S: [i64; 7] = [3, 10, 30, 60, 120, 300, 600];
const NEVER: UnixTime = UnixTime::from_millis(i64::MAX);

/// The till's storage.
#[derive(Clone, Debug)]
pub struct Till {
    pub records: Vec<Record>,
    pub plant: Plant,
    last_row: u64,
}

/// An order and its rows.
#[derive(Clone, Debug)]
pub struct Record {
    pub order: Order,
    rows: Vec<Row>,
    notices: BTreeSet<u64>,
}

#[derive(Clone, Debug)]
struct Row {
    id: u64,
    /// None: it expires.
    effect: Option<Effect>,
    tries: u32,
    due: UnixTime,
}

/// What is handed out.
#[derive(Clone, Debug)]
pub struct Work {
    pub order: usize,
    pub row: u64,
    /// None: it expires.
    pub effect: Option<Effect>,
    pub tries: u32,
    pub snapshot: Order,
}

/// What became of one event.
#[derive(Clone, Debug)]
pub struct Told {
    pub event: Event,
    pub result: Result<Outcome, Rejected>,
}

impl Till {
    /// A till without orders.
    pub fn new(plant: Plant) -> Self {
        Self {
            records: Vec::new(),
            plant,
            last_row: 0,
        }
    }

    /// Stores a new order.
    pub fn insert(&mut self, order: Order) {
        let now = order.created_at();
        self.records.push(Record {
            order,
            rows: Vec::new(),
            notices: BTreeSet::new(),
        });
        self.reconcile(self.records.len() - 1, now);
    }

    /// A shopper, a merchant or the clock does something.
    pub fn act(&mut self, order: usize, event: Event, now: UnixTime) -> Checked<(Told, Vec<Work>)> {
        let told = self.tell(order, event, now)?;
        let work = match &told.result {
            Ok(Outcome::Moved { .. }) => self.lease(Some(order), now),
            Ok(Outcome::Unchanged) | Err(_) => Vec::new(),
        };
        Ok((told, work))
    }

    /// What an exchange or a notice brought.
    pub fn report(
        &mut self,
        order: usize,
        row: Option<u64>,
        events: Vec<Event>,
        notice: Option<u64>,
        now: UnixTime,
    ) -> Checked<(Vec<Told>, Vec<Work>)> {
        if let Some(notice) = notice
            && !self.records[order].notices.insert(notice)
        {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut all = Vec::new();
        for event in events {
            all.push(self.tell(order, event, now)?);
        }
        if let Some(row) = row {
            self.reschedule(order, row, now);
        }
        Ok((all, self.lease(Some(order), now)))
    }

    /// Hands out what is due.
    pub fn lease(&mut self, only: Option<usize>, now: UnixTime) -> Vec<Work> {
        let mut work = Vec::new();
        for (index, record) in self.records.iter_mut().enumerate() {
            if only.is_some_and(|only| only != index) {
                continue;
            }
            for row in record.rows.iter_mut().filter(|row| row.due <= now) {
                work.push(Work {
                    order: index,
                    row: row.id,
                    effect: row.effect.clone(),
                    tries: row.tries,
                    snapshot: record.order.clone(),
                });
                row.tries += 1;
                row.due = if self.plant == Plant::LosesLease {
                    NEVER
                } else {
                    now.plus_seconds(LEASE_S)
                };
            }
        }
        work
    }

    /// The shopper has come back: the channels are asked at once.
    pub fn hurry(&mut self, order: usize, now: UnixTime) -> Vec<Work> {
        for row in &mut self.records[order].rows {
            if matches!(row.effect, Some(Effect::Query { .. })) && row.due > now {
                row.due = now;
            }
        }
        self.lease(Some(order), now)
    }

    /// When the alarm rings.
    pub fn next_timer(&self) -> Option<UnixTime> {
        let rows = self.records.iter().flat_map(|record| &record.rows);
        rows.map(|row| row.due).filter(|due| *due < NEVER).min()
    }

    /// Whether something will happen to this order by itself.
    pub fn has_timer(&self, order: usize) -> bool {
        self.records[order].rows.iter().any(|row| row.due < NEVER)
    }

    fn tell(&mut self, index: usize, event: Event, now: UnixTime) -> Checked<Told> {
        let record = &mut self.records[index];
        let result = record.order.apply(event.clone(), now);
        if let Ok(Outcome::Moved { order: next, .. }) = &result {
            check::step(&record.order, &event, next, now)?;
            record.order = (**next).clone();
            self.reconcile(index, now);
        }
        Ok(Told { event, result })
    }

    fn reconcile(&mut self, index: usize, now: UnixTime) {
        let Record { order, rows, .. } = &mut self.records[index];
        let mut wanted: Vec<Option<Effect>> = order.effects().into_iter().map(Some).collect();
        let expires = order.state().is_unpaid() && order.ending().is_none();
        wanted.extend(expires.then_some(None));
        rows.retain(|row| {
            let known = wanted.iter().position(|w| *w == row.effect);
            known.map(|known| wanted.swap_remove(known)).is_some()
        });
        for effect in wanted {
            let due = match &effect {
                None => order.expires_at(),
                Some(Effect::Query {
                    attempt,
                    doubted: false,
                }) => next_query(order, attempt, now),
                Some(_) => now,
            };
            self.last_row += 1;
            rows.push(Row {
                id: self.last_row,
                effect,
                tries: 0,
                due,
            });
        }
    }

    fn reschedule(&mut self, index: usize, id: u64, now: UnixTime) {
        let Record { order, rows, .. } = &mut self.records[index];
        let Some(row) = rows.iter_mut().find(|row| row.id == id) else {
            return;
        };
        row.due = match &row.effect {
            Some(Effect::Query {
                attempt,
                doubted: false,
            }) => next_query(order, attempt, now),
            Some(_) | None => {
                let step = (row.tries as usize)
                    .saturating_sub(1)
                    .min(RETRY_S.len() - 1);
                now.plus_seconds(RETRY_S[step])
            }
        };
    }
}

fn next_query(order: &Order, attempt: &AttemptId, now: UnixTime) -> UnixTime {
    let Some(attempt) = order.attempt(attempt) else {
        return now;
    };
    let plan = channel(attempt.channel).declaration().query_after_s;
    let age_s = now.seconds() - attempt.created_at.seconds();
    if let Some(next) = plan.iter().map(|s| i64::from(*s)).find(|s| *s > age_s) {
        return attempt.created_at.plus_seconds(next);
    }
    let interval = match plan {
        [.., before, last] => i64::from(last - before),
        [only] => i64::from(*only),
        [] => 60,
    };
    now.plus_seconds(interval.max(1))
}
