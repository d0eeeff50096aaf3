//! What happened to an order, in words for people of the store: a row for each thing, written in
//! the transaction that does it.
//!
//! In scope: attempts, changes of state, messages to and from channels (redacted, see
//! `causeway_shared::channel::Told`), notices, acts with who acted. Out of scope: webhooks, whose
//! deliveries are kept for themselves; a question to a channel that brought nothing new, of which
//! there are many.

use causeway_shared::actor::Actor;
use causeway_shared::id::OrderId;
use causeway_shared::json;
use causeway_shared::order::{AttemptState, Order};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Till;
use super::call::{Message, Report, TillAnswer};
use super::desk::{DeskAct, DeskAnswer};
use crate::sql::{Row, SqlError};

/// The most rows of an order.
const MAX_ROWS: i64 = 500;

/// One statement for all rows of a call about one order.
const ADD: &str = "INSERT INTO history (order_id, seq, at, kind, code, actor, data)
    SELECT ?1, (SELECT coalesce(max(seq), 0) FROM history WHERE order_id = ?1) + key + 1,
        json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        json_extract(value, '$[3]'), json_extract(value, '$[4]')
    FROM json_each(?2) RETURNING seq";

/// Messages go before what they have changed does.
const PRUNE: &str = "DELETE FROM history WHERE order_id = ?1 AND seq IN (
    SELECT seq FROM history WHERE order_id = ?1
    ORDER BY kind IN ('act', 'attempt', 'state'), seq
    LIMIT max(0, (SELECT count(*) FROM history WHERE order_id = ?1) - ?2))";

pub(super) const READ: &str =
    "SELECT at, kind, code, actor, data FROM history WHERE order_id = ?1 ORDER BY seq";

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: UnixTime,
    /// What kind of thing.
    pub kind: EntryKind,
    /// Who did it; nobody where Causeway or a channel did.
    pub actor: Option<Actor>,
    /// What, for programs: such as `order.paid`.
    pub code: String,
    /// More about it, by its code.
    pub data: Value,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Somebody of the store, or a program of theirs, did something.
    Act,
    /// Something about an attempt.
    Attempt,
    /// A channel said something.
    MessageReceived,
    /// A channel was told or asked something.
    MessageSent,
    /// A channel posted something by itself.
    Notice,
    /// A channel was asked where things stand, and had news.
    Query,
    /// The order or a refund came into another state.
    State,
    /// The shop was told.
    Webhook,
}

impl EntryKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Attempt => "attempt",
            Self::MessageReceived => "message_received",
            Self::MessageSent => "message_sent",
            Self::Notice => "notice",
            Self::Query => "query",
            Self::State => "state",
            Self::Webhook => "webhook",
        }
    }
}

impl Till<'_> {
    /// Remembers something for [`Till::write_history`].
    pub(super) fn note_entry(&mut self, order: &OrderId, entry: Entry) {
        self.history.push((order.clone(), entry));
    }

    fn entry(&self, kind: EntryKind, code: String, data: Value) -> Entry {
        Entry {
            at: self.now,
            kind,
            actor: self.by.clone(),
            code,
            data,
        }
    }

    /// Remembers what has changed of an order.
    pub(super) fn trace(&mut self, before: &Order, after: &Order) {
        let id = after.id();
        for attempt in after.attempts() {
            let known = before.attempt(&attempt.id);
            let mut data = json!({ "number": attempt.number });
            match known {
                Some(known) if known.state.name() == attempt.state.name() => continue,
                Some(_) => {}
                None => {
                    data = json!({ "number": attempt.number, "method": attempt.method,
                        "flow": attempt.flow, "channel": attempt.channel });
                }
            }
            if let AttemptState::Declined { decline } = &attempt.state {
                data["reason"] = json!(decline.reason);
                data["channel_code"] = json!(decline.channel_code.as_str());
            }
            let code = format!("attempt.{}", attempt.state.name());
            let mut entry = self.entry(EntryKind::Attempt, code, data);
            if known.is_none() && entry.actor.is_none() {
                entry.actor = Some(Actor::shopper());
            }
            self.note_entry(id, entry);
        }
        for irregular in after.irregular().iter().skip(before.irregular().len()) {
            let data = json!({ "kind": irregular.kind, "amount": irregular.amount });
            let code = "order.irregular_payment".to_owned();
            let entry = self.entry(EntryKind::State, code, data);
            self.note_entry(id, entry);
        }
        for refund in after.refunds() {
            let known = before.refund(&refund.id).map(|r| r.state.name());
            if known == Some(refund.state.name()) {
                continue;
            }
            let data = json!({ "refund": refund.id, "amount": refund.amount, "from": known });
            let code = format!("refund.{}", refund.state.name());
            let entry = self.entry(EntryKind::State, code, data);
            self.note_entry(id, entry);
        }
        if before.state().name() != after.state().name() {
            let data = json!({ "from": before.state().name(), "version": after.version() });
            let code = format!("order.{}", after.state().name());
            let entry = self.entry(EntryKind::State, code, data);
            self.note_entry(id, entry);
        }
    }

    /// Remembers what was said to a channel and by it, before what that changed. Questions that
    /// brought nothing new are left out.
    pub(super) fn note_messages(&mut self, report: &Report, changed: bool) {
        let asks = report.effect.as_ref().is_some_and(super::effects::asks);
        if asks && !changed {
            return;
        }
        let mut entries = Vec::with_capacity(report.messages.len() + 1);
        if asks {
            entries.push(self.entry(EntryKind::Query, "channel.query".to_owned(), json!({})));
        }
        for message in &report.messages {
            let Message { at, sent, told } = message;
            let (kind, code) = match (&report.notice, sent) {
                (Some(_), _) => (EntryKind::Notice, "channel.notice"),
                (None, true) => (EntryKind::MessageSent, "channel.request"),
                (None, false) => (EntryKind::MessageReceived, "channel.answer"),
            };
            let data = match told {
                Some(told) => json!(told),
                None => json!({ "failed": "no_answer" }),
            };
            let mut entry = self.entry(kind, code.to_owned(), data);
            entry.at = *at;
            entries.push(entry);
        }
        for entry in entries {
            self.note_entry(&report.order, entry);
        }
    }

    /// Remembers an act that has changed something, with what it has changed.
    pub(super) fn note_act(&mut self, name: &str, mut data: Value, answer: &TillAnswer) {
        let order = match answer {
            TillAnswer::Order {
                record,
                changed: true,
            } => record.order.id().clone(),
            TillAnswer::Desk(desk) => match &**desk {
                DeskAnswer::Request {
                    request,
                    changed: true,
                } => request.order.clone(),
                _ => return,
            },
            _ => return,
        };
        std::mem::take(&mut self.delta).write(&mut data);
        let entry = self.entry(EntryKind::Act, format!("act.{name}"), data);
        // It comes before what it has changed.
        let place = self.history.iter().position(|(of, _)| *of == order);
        let place = place.unwrap_or(self.history.len());
        self.history.insert(place, (order, entry));
    }

    /// Writes what was remembered: one statement for each order, which is one.
    pub(super) fn write_history(&mut self) -> Result<(), SqlError> {
        let mut entries = std::mem::take(&mut self.history);
        while let Some(order) = entries.first().map(|(order, _)| order.clone()) {
            let (of_it, rest): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(of, _)| *of == order);
            entries = rest;
            let mut rows = Vec::with_capacity(of_it.len());
            for (_, entry) in &of_it {
                let actor = entry
                    .actor
                    .as_ref()
                    .map(serde_json::to_string)
                    .transpose()?;
                rows.push(json!([
                    entry.at.millis(),
                    entry.kind.as_str(),
                    entry.code,
                    actor,
                    entry.data.to_string(),
                ]));
            }
            let rows = Value::Array(rows).to_string();
            let written = self.sql.run(ADD, &[order.as_str().into(), rows.into()])?;
            let last = written.last().map_or(Ok(0), |row| row.integer(0))?;
            if last > MAX_ROWS {
                self.sql
                    .run(PRUNE, &[order.as_str().into(), MAX_ROWS.into()])?;
            }
        }
        Ok(())
    }

    /// What happened to an order, oldest first.
    pub(super) fn timeline(&self, order: &OrderId) -> Result<TillAnswer, SqlError> {
        let Some(record) = self.load(order)? else {
            return Ok(TillAnswer::NotFound);
        };
        let created = Entry {
            at: record.order.created_at(),
            kind: EntryKind::State,
            actor: None,
            code: "order.created".to_owned(),
            data: json!({ "total": record.order.total(), "expires_at": record.order.expires_at() }),
        };
        let rows = self.sql.run(READ, &[order.as_str().into()])?;
        let mut entries = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        entries.extend(self.webhooks(order)?);
        // What happened at one time stays in the order in which it was written.
        entries.sort_by_key(|entry| entry.at);
        entries.insert(0, created);
        let answer = DeskAnswer::Timeline {
            mode: record.details.mode,
            entries,
        };
        Ok(TillAnswer::Desk(Box::new(answer)))
    }

    fn webhooks(&self, order: &OrderId) -> Result<Vec<Entry>, SqlError> {
        let query = "SELECT e.created_at, e.kind, e.id, json_group_array(json_object(
                'endpoint', d.endpoint, 'state', d.state, 'tries', d.tries,
                'status', d.last_status))
            FROM events AS e LEFT JOIN deliveries AS d ON d.event_id = e.id
            WHERE e.order_id = ?1 GROUP BY e.id";
        let rows = self.sql.run(query, &[order.as_str().into()])?;
        rows.iter()
            .map(|row| {
                let mut deliveries: Vec<Value> = json::from_str(row.text(3)?)?;
                deliveries.retain(|d| !d["endpoint"].is_null());
                Ok(Entry {
                    at: UnixTime::from_millis(row.integer(0)?),
                    kind: EntryKind::Webhook,
                    actor: None,
                    code: row.text(1)?.to_owned(),
                    data: json!({ "event": row.text(2)?, "deliveries": deliveries }),
                })
            })
            .collect()
    }
}

fn read(row: &Row) -> Result<Entry, SqlError> {
    let actor = row.optional_text(3)?.map(json::from_str);
    Ok(Entry {
        at: UnixTime::from_millis(row.integer(0)?),
        kind: json::from_word(row.text(1)?)?,
        actor: actor.transpose()?,
        code: row.text(2)?.to_owned(),
        data: json::from_str(row.text(4)?)?,
    })
}

/// The name of an act and what is told of it; none for what changes nothing.
pub(super) fn described(act: &DeskAct) -> Option<(&'static str, Value)> {
    use causeway_shared::order::Event;
    Some(match act {
        DeskAct::Approve(a) => (
            "approve_refund",
            json!({ "request": a.request, "amount": a.amount, "items": a.items }),
        ),
        DeskAct::Ask(a) => (
            "ask_refund",
            json!({ "request": a.id, "amount": a.amount, "items": a.items, "reason": a.reason }),
        ),
        DeskAct::Confirm {
            attempt, reason, ..
        } => ("confirm", json!({ "attempt": attempt, "reason": reason })),
        DeskAct::Decline {
            request,
            explanation,
            ..
        } => (
            "decline_refund",
            json!({ "request": request, "explanation": explanation }),
        ),
        DeskAct::Event { event, .. } => match event {
            Event::Capture { amount } => ("capture", json!({ "amount": amount })),
            Event::Cancel { reason } => ("cancel", json!({ "reason": reason })),
            _ => ("event", json!({})),
        },
        DeskAct::Note { text, .. } => ("note", json!({ "text": text })),
        DeskAct::Refund(r) => (
            "refund",
            json!({ "refund": r.refund, "amount": r.amount, "items": r.items,
                "reason": r.reason }),
        ),
        DeskAct::Ship(s) => (
            "ship",
            json!({ "carrier": s.carrier, "number": s.number, "items": s.items }),
        ),
        DeskAct::Request { .. } | DeskAct::Requests(_) | DeskAct::Timeline { .. } => return None,
    })
}
