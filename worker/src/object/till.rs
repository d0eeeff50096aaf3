//! A till: the one writer of its orders.
//!
//! In scope: applying events, storing orders, effects, outgoing events and timers together, and
//! saying what is due. Out of scope: the network, keys, HTTP.

mod acts;
pub mod audit;
pub mod call;
pub mod days;
pub mod deliveries;
mod delta;
pub mod desk;
mod effects;
pub mod history;
mod list;
pub mod messages;
mod orders;
pub(in crate::object) mod outbox;
mod replay;
pub mod reply;
pub mod requests;
mod schema;
pub mod search;
pub mod stock;
mod sweep;
#[cfg(test)]
pub(crate) mod tests;
mod words;

use causeway_shared::actor::Actor;
use causeway_shared::id::OrderId;
use causeway_shared::json;
use causeway_shared::order::Outcome;
use causeway_shared::time::UnixTime;

use self::call::{
    Act, Create, Mailing, Report, Subscription, TillAnswer, TillCall, TillReply, TillRequest, Work,
};
use self::delta::Delta;
use self::history::Entry;
use crate::sql::{Sql, SqlError};

/// The most work that one alarm hands out.
const MAX_WORK: usize = 64;

/// The most webhooks that a request sends besides what it came for; the alarm, which rings at
/// once, sends the rest. Cloudflare lets a request wait for six answers at a time, and what waits
/// for its turn would seem to get no answer.
const MAX_INLINE: usize = 4;

/// The most calls of the worker that one alarm makes; Cloudflare allows 32.
const MAX_GROUPS: usize = 24;

/// How much work one call does: Cloudflare lets it wait for six answers at a time, and the clock of
/// what waits for its turn would run out.
const MAX_TOGETHER: usize = 6;

/// One call to a till, inside one transaction.
pub struct Till<'a> {
    sql: &'a dyn Sql,
    now: UnixTime,
    endpoints: Vec<Subscription>,
    mailings: Vec<Mailing>,
    changed: Vec<OrderId>,
    unreadable: Vec<String>,
    /// Who makes the call, where it is not Causeway.
    by: Option<Actor>,
    /// What is to be remembered of it.
    history: Vec<(OrderId, Entry)>,
    /// What the act of this call has changed.
    delta: Delta,
}

impl<'a> Till<'a> {
    /// `told` is who is told of what happens: endpoints, and shoppers.
    fn new(sql: &'a dyn Sql, now: UnixTime, told: (Vec<Subscription>, Vec<Mailing>)) -> Self {
        let (endpoints, mailings) = told;
        Self {
            sql,
            now,
            endpoints,
            mailings,
            changed: Vec::new(),
            unreadable: Vec::new(),
            by: None,
            history: Vec::new(),
            delta: Delta::default(),
        }
    }
}

/// What a call leaves to be done outside the transaction.
#[derive(Debug)]
pub struct After {
    /// The reply, JSON. For an alarm one for each party that is to be spoken to, so that one which
    /// hangs keeps no other waiting.
    pub replies: Vec<String>,
    /// When the alarm is to ring.
    pub next_timer: Option<UnixTime>,
    /// Orders whose watchers are to be told.
    pub changed: Vec<OrderId>,
    /// Orders whose rows cannot be read, to be logged.
    pub unreadable: Vec<String>,
}

/// Answers one call. `known` says that this object has answered one since it was started: then the
/// tables are there, and the store is noted.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back.
pub fn call(sql: &dyn Sql, now: UnixTime, request: &str, known: bool) -> Result<After, SqlError> {
    let TillRequest {
        store,
        endpoints,
        mailings,
        call,
    } = json::from_str(request)?;
    if !known {
        schema::ensure(sql)?;
        schema::remember_store(sql, &store)?;
    }
    let mut till = Till::new(sql, now, (endpoints, mailings));
    let (answer, work) = till.answer(call)?;
    till.finish(vec![TillReply {
        store: Some(store),
        answer,
        work,
    }])
}

/// Answers a call that changes nothing ([`TillCall::only_reads`]), outside a transaction. The object
/// has answered one inside since it was started, so that the tables are there.
///
/// # Errors
/// [`SqlError`], also for a call that would write.
pub fn read(sql: &dyn Sql, now: UnixTime, request: &str) -> Result<String, SqlError> {
    let TillRequest {
        store,
        endpoints,
        mailings,
        call,
    } = json::from_str(request)?;
    if !call.only_reads() {
        return Err(SqlError("a call that writes was to read only".to_owned()));
    }
    if let TillCall::Read { order } = &call
        && let Some(reply) = orders::stored(sql, &store, order)?
    {
        return Ok(reply);
    }
    let mut till = Till::new(sql, now, (endpoints, mailings));
    let (answer, work) = till.answer(call)?;
    Ok(serde_json::to_string(&TillReply {
        store: Some(store),
        answer,
        work,
    })?)
}

/// Leases what is due, for the alarm to hand to the worker.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back, and the alarm rings again.
pub fn due(sql: &dyn Sql, now: UnixTime) -> Result<After, SqlError> {
    schema::ensure(sql)?;
    let mut till = Till::new(sql, now, Default::default());
    till.sweep()?;
    till.index(search::MAX_IN_ALARM)?;
    let mut work = till.lease_effects(None, MAX_WORK)?;
    let left = MAX_WORK.saturating_sub(work.len());
    work.extend(till.lease_deliveries(None, left)?);
    let left = MAX_WORK.saturating_sub(work.len());
    work.extend(till.lease_messages(left)?);
    let store = schema::store(sql)?;
    let reply = |work| TillReply {
        store: store.clone(),
        answer: TillAnswer::Done,
        work,
    };
    till.finish(by_party(work).into_iter().map(reply).collect())
}

/// Groups work by whom it speaks to, [`MAX_TOGETHER`] in a group. Where there are too many groups,
/// the smallest take what is left.
fn by_party(work: Vec<Work>) -> Vec<Vec<Work>> {
    let mut groups: Vec<(Option<String>, Vec<Work>)> = Vec::new();
    for item in work {
        let party = match &item {
            Work::Channel(item) => item.account().map(|a| a.as_str().to_owned()),
            Work::Deliver(item) => Some(item.endpoint.as_str().to_owned()),
            Work::Expire { .. } | Work::Stock { .. } => None,
            Work::Message(_) | Work::Remind(_) => Some("mail".to_owned()),
        };
        let has_room =
            |(p, group): &(Option<String>, Vec<Work>)| *p == party && group.len() < MAX_TOGETHER;
        let known = groups.iter().position(has_room);
        let index = match known {
            None if groups.len() == MAX_GROUPS => smallest(&groups),
            other => other,
        };
        match index.and_then(|index| groups.get_mut(index)) {
            Some((_, group)) => group.push(item),
            None => groups.push((party, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn smallest(groups: &[(Option<String>, Vec<Work>)]) -> Option<usize> {
    let sizes = groups.iter().map(|(_, group)| group.len());
    sizes
        .enumerate()
        .min_by_key(|(_, size)| *size)
        .map(|(i, _)| i)
}

impl Till<'_> {
    fn finish(mut self, mut replies: Vec<TillReply>) -> Result<After, SqlError> {
        self.write_history()?;
        replies.iter_mut().for_each(TillReply::tell_once);
        self.changed.sort_unstable();
        self.changed.dedup();
        Ok(After {
            replies: replies
                .iter()
                .map(serde_json::to_string)
                .collect::<Result<_, _>>()?,
            next_timer: self.next_timer()?,
            changed: self.changed,
            unreadable: self.unreadable,
        })
    }

    fn answer(&mut self, call: TillCall) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        match call {
            TillCall::Act(act) => self.act(*act),
            TillCall::Acts(asked) => Ok((self.acts(&asked)?, Vec::new())),
            TillCall::Changes { mode, since, limit } => {
                Ok((self.changes(mode, since, limit)?, Vec::new()))
            }
            TillCall::Create(create) => self.create(*create).map(|a| (a, Vec::new())),
            TillCall::Delivered(delivered) => {
                self.delivered(&delivered)?;
                Ok((TillAnswer::Done, Vec::new()))
            }
            TillCall::Desk(desk) => self.desk(*desk),
            TillCall::Event { event } => Ok((self.event(&event)?, Vec::new())),
            TillCall::Events(query) => Ok((self.events(&query)?, Vec::new())),
            TillCall::FindKey(key) => Ok((
                self.find_key(&key)?.unwrap_or(TillAnswer::NotFound),
                Vec::new(),
            )),
            TillCall::Hurry { order } => self.hurry(&order),
            TillCall::Deliveries(query) => Ok((self.deliveries(&query)?, Vec::new())),
            TillCall::Days(query) => Ok((self.days(query)?, Vec::new())),
            TillCall::List(query) => Ok((self.list(&query)?, Vec::new())),
            TillCall::Locate {
                account,
                channel_number,
            } => Ok((self.locate(&account, &channel_number)?, Vec::new())),
            TillCall::OfEmail(query) => Ok((self.of_email(&query)?, Vec::new())),
            TillCall::Messages { order } => Ok((self.messages(&order)?, Vec::new())),
            TillCall::MoveKey(key) => Ok((self.move_key(&key)?, Vec::new())),
            TillCall::Read { order } => Ok((self.read(&order)?, Vec::new())),
            TillCall::Redeliver { event } => self.redeliver(&event),
            TillCall::Replay(replay) => Ok((self.replay(&replay)?, Vec::new())),
            TillCall::Report(report) => self.report(*report),
            TillCall::Search(query) => Ok((self.search(&query)?, Vec::new())),
            TillCall::Sent(sent) => {
                self.sent(&sent)?;
                Ok((TillAnswer::Done, Vec::new()))
            }
            TillCall::StockTold { order, sold } => Ok((self.stock_told(&order, sold)?, Vec::new())),
        }
    }

    fn create(&mut self, create: Create) -> Result<TillAnswer, SqlError> {
        if let Some(idempotency) = &create.idempotency
            && let Some(known) = self.find_key(idempotency)?
        {
            return Ok(known);
        }
        self.insert(create)
    }

    fn act(&mut self, act: Act) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        let Some(mut record) = self.load(&act.order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        match record.order.apply(act.event, self.now) {
            Ok(Outcome::Unchanged) => Ok((
                TillAnswer::Order {
                    record: Box::new(record),
                    changed: false,
                },
                Vec::new(),
            )),
            Ok(Outcome::Moved { order, topics }) => {
                let before = std::mem::replace(&mut record.order, *order);
                let mut work = self.store(&record, &before, act.context.as_ref(), None)?;
                work.extend(self.tell(&record, &topics, MAX_INLINE)?);
                Ok((
                    TillAnswer::Order {
                        record: Box::new(record),
                        changed: true,
                    },
                    work,
                ))
            }
            Err(rejected) => Ok((
                TillAnswer::Rejected {
                    rejected,
                    record: Box::new(record),
                },
                Vec::new(),
            )),
        }
    }

    /// Applies what a channel said. What does not fit is rejected one by one; the rest counts.
    fn report(&mut self, mut report: Report) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        let Some(mut record) = self.load(&report.order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        if let Some(notice) = &report.notice
            && !self.is_new_notice(&notice.account, &notice.id, &report.order)?
        {
            return Ok((TillAnswer::Done, Vec::new()));
        }
        let before = record.order.clone();
        let mut told = Vec::new();
        let mut last_rejection = None;
        for event in std::mem::take(&mut report.events) {
            match record.order.apply(event, self.now) {
                Ok(Outcome::Unchanged) => {}
                Ok(Outcome::Moved { order, topics }) => {
                    record.order = *order;
                    let left = MAX_INLINE.saturating_sub(told.len());
                    told.extend(self.tell(&record, &topics, left)?);
                }
                Err(rejected) => last_rejection = Some(rejected),
            }
        }
        let changed = record.order != before;
        self.note_messages(&report, changed);
        let mut work = if changed {
            self.store(&record, &before, None, report.effect.as_ref())?
        } else {
            if let Some(effect) = &report.effect {
                self.reschedule(effect, &record)?;
            }
            self.lease_effects(Some(&report.order), MAX_TOGETHER)?
        };
        work.extend(told);
        let record = Box::new(record);
        let answer = match last_rejection {
            Some(rejected) => TillAnswer::Rejected { rejected, record },
            // Who sent a notice is not told of the order.
            None if report.notice.is_some() => TillAnswer::Done,
            None => TillAnswer::Order { record, changed },
        };
        Ok((answer, work))
    }
}

/// Reads an order outside a call, for those who watch it.
///
/// # Errors
/// When the row cannot be read.
pub fn read_order(
    sql: &dyn Sql,
    now: UnixTime,
    order: &OrderId,
) -> Result<Option<call::OrderRecord>, SqlError> {
    schema::ensure(sql)?;
    Till::new(sql, now, Default::default()).load(order)
}
