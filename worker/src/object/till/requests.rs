//! Requests for refunds: asked for by shoppers and people of the store, decided by the store,
//! followed until the channel has settled them.
//!
//! An order has one request at a time that waits for a decision. Approving makes a refund like any
//! other, so that no request can lift refunds above what was captured.

use causeway_shared::actor::Actor;
use causeway_shared::id::{Mode, OrderId, RefundId, RefundRequestId};
use causeway_shared::json;
use causeway_shared::money::Money;
use causeway_shared::order::{Event, RefundState, Rejected, Topic};
use causeway_shared::wire::{EventBody, RefundAdded};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::acts::{AFTER_TOPICS, check_items, items_price, rejection};
use super::call::{OrderRecord, TillAnswer, Work};
use super::desk::{
    Approve, Ask, Conflict, DeskAnswer, RefundRequest, RequestQuery, RequestState, answer, conflict,
};
use super::{MAX_INLINE, Till};
use crate::sql::{Row, SqlError, Value as SqlValue};

/// The most requests for refunds of an order.
const MAX_REQUESTS: usize = 20;

/// Greater than every id of a request.
const AFTER_ALL: &str = "~";

pub(super) const IN_TIME: &str = "SELECT doc FROM refund_requests
    WHERE mode = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

pub(super) const IN_STATE: &str = "SELECT doc FROM refund_requests
    WHERE mode = ?1 AND state = ?4 AND id < ?2 ORDER BY id DESC LIMIT ?3";

pub(super) const OF_ORDER: &str = "SELECT doc FROM refund_requests
    WHERE order_id = ?4 AND (?5 IS NULL OR state = ?5) AND mode = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

type Answered = Result<(TillAnswer, Vec<Work>), SqlError>;

impl Till<'_> {
    /// Makes a request for a refund. Told again with the same contents while it waits, it is the
    /// same request.
    pub(super) fn make_request(&mut self, ask: Ask, by: Actor) -> Answered {
        let Some(mut record) = self.load(&ask.order)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        let left = record.order.refundable(None);
        if record.order.state().payment().is_none() && left.is_zero() {
            return Ok((rejection(Rejected::NotPaid, record), Vec::new()));
        }
        if let Err(error) = check_items(&record, &ask.items) {
            return Ok(error);
        }
        let price = || items_price(&record, &ask.items);
        let amount = ask.amount.or_else(price).unwrap_or(left);
        if let Some(rejected) = refused_amount(amount, left) {
            return Ok((rejection(rejected, record), Vec::new()));
        }
        let known = self.of_order(&ask.order)?;
        if let Some(open) = known.iter().find(|r| r.state.waits()) {
            let same = open.items == ask.items && open.amount == amount;
            if same && open.reason == ask.reason && open.by == by {
                return Ok((answer(Some(open.clone()), false), Vec::new()));
            }
            return Ok(conflict(Conflict::RequestOpen));
        }
        if known.len() >= MAX_REQUESTS {
            return Ok(conflict(Conflict::TooMany));
        }
        let request = RefundRequest {
            id: ask.id,
            order: ask.order,
            mode: record.details.mode,
            by,
            items: ask.items,
            amount,
            reason: ask.reason,
            state: RequestState::Open,
            explanation: None,
            decided_by: None,
            refund: None,
            decline: None,
            created_at: self.now,
            updated_at: self.now,
            approvals: 0,
        };
        let mut work = self.touch(&mut record)?;
        self.note_delta("request", Value::Null, json!(request.state));
        self.put_request(&request)?;
        let kind = (AFTER_TOPICS, "refund_request.created");
        work.extend(self.tell_request(&record, &request, kind, MAX_INLINE)?);
        work.extend(self.message_request(&record, &request)?);
        Ok((answer(Some(request), true), work))
    }

    /// Makes the refund. A request that the channel has refused can be approved again.
    pub(super) fn approve(&mut self, approve: &Approve, by: &Actor) -> Answered {
        let Some((mut request, mut record)) = self.with_order(&approve.request, approve.mode)?
        else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        match request.state {
            RequestState::Open | RequestState::Refused => {}
            RequestState::Approved | RequestState::Settled => {
                return Ok((answer(Some(request), false), Vec::new()));
            }
            RequestState::Declined => return Ok(conflict(Conflict::RequestDecided)),
        }
        if let Some(items) = &approve.items {
            request.items.clone_from(items);
        }
        if let Err(error) = check_items(&record, &request.items) {
            return Ok(error);
        }
        let price = || {
            let other = approve.items.as_ref()?;
            items_price(&record, other)
        };
        request.amount = approve.amount.or_else(price).unwrap_or(request.amount);
        let was = request.state;
        request.approvals = request.approvals.saturating_add(1);
        let refund = derive_refund_id(&request);
        let added = RefundAdded {
            items: request.items.clone(),
            by: by.clone(),
            request: Some(request.id.clone()),
        };
        record.added.refunds.insert(refund.clone(), added);
        request.refund = Some(refund.clone());
        request.state = RequestState::Approved;
        request.decline = None;
        request.decided_by = Some(by.clone());
        request.updated_at = self.now;
        let event = Event::RequestRefund {
            refund,
            attempt: None,
            amount: request.amount,
            reason: request.reason.clone(),
        };
        if let Err(rejected) = record.order.apply(event.clone(), self.now) {
            return Ok((rejection(rejected, record), Vec::new()));
        }
        // Stored first: of money that came outside of channels, the refund settles at once.
        self.put_request(&request)?;
        let (answered, mut work) = self.change_record(record, event)?;
        if let TillAnswer::Order { record, .. } = &answered {
            let kind = (AFTER_TOPICS, "refund_request.approved");
            work.extend(self.tell_request(record, &request, kind, MAX_INLINE)?);
        }
        let request = self.load_request(&approve.request, approve.mode)?;
        let state = request.as_ref().map(|request| request.state);
        self.note_delta("request", json!(was), json!(state));
        Ok((answer(request, true), work))
    }

    pub(super) fn decline(
        &mut self,
        id: &RefundRequestId,
        mode: Mode,
        explanation: String,
        by: Actor,
    ) -> Answered {
        let Some((mut request, mut record)) = self.with_order(id, mode)? else {
            return Ok((TillAnswer::NotFound, Vec::new()));
        };
        if !request.state.waits() {
            let again = request.state == RequestState::Declined
                && request.explanation.as_ref() == Some(&explanation);
            return Ok(if again {
                (answer(Some(request), false), Vec::new())
            } else {
                conflict(Conflict::RequestDecided)
            });
        }
        self.note_delta(
            "request",
            json!(request.state),
            json!(RequestState::Declined),
        );
        request.state = RequestState::Declined;
        request.explanation = Some(explanation);
        request.decided_by = Some(by);
        request.updated_at = self.now;
        let mut work = self.touch(&mut record)?;
        self.put_request(&request)?;
        let kind = (AFTER_TOPICS, "refund_request.declined");
        work.extend(self.tell_request(&record, &request, kind, MAX_INLINE)?);
        work.extend(self.message_request(&record, &request)?);
        Ok((answer(Some(request), true), work))
    }

    /// After an event: requests whose refund has settled, or was refused by the channel.
    pub(super) fn follow_requests(
        &mut self,
        record: &OrderRecord,
        topics: &[Topic],
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let mut work = Vec::new();
        for (index, topic) in topics.iter().enumerate() {
            let (Topic::RefundSettled { refund } | Topic::RefundFailed { refund }) = topic else {
                continue;
            };
            let added = record.added.refunds.get(refund);
            let Some(id) = added.and_then(|a| a.request.as_ref()) else {
                continue;
            };
            let Some(mut request) = self.load_request(id, record.details.mode)? else {
                continue;
            };
            // An earlier refund of the same request says nothing about its last one.
            if request.refund.as_ref() != Some(refund) {
                continue;
            }
            match record.order.refund(refund).map(|r| &r.state) {
                Some(RefundState::Settled { .. }) => {
                    request.state = RequestState::Settled;
                    request.decline = None;
                }
                Some(RefundState::Failed { decline }) => {
                    request.state = RequestState::Refused;
                    request.decline = Some(decline.clone());
                }
                Some(RefundState::Pending) | None => continue,
            }
            request.updated_at = self.now;
            self.put_request(&request)?;
            if request.state == RequestState::Refused {
                let kind = (AFTER_TOPICS + 1 + index, "refund_request.refused");
                let left = limit.saturating_sub(work.len());
                work.extend(self.tell_request(record, &request, kind, left)?);
            }
        }
        Ok(work)
    }

    pub(super) fn load_request(
        &self,
        id: &RefundRequestId,
        mode: Mode,
    ) -> Result<Option<RefundRequest>, SqlError> {
        let query = "SELECT doc FROM refund_requests WHERE id = ?1 AND mode = ?2";
        let rows = self
            .sql
            .run(query, &[id.as_str().into(), mode.as_str().into()])?;
        rows.first().map(read).transpose()
    }

    pub(super) fn requests(&self, query: &RequestQuery) -> Result<TillAnswer, SqlError> {
        let before = query.before.as_ref().map_or(AFTER_ALL, |id| id.as_str());
        let mut values: Vec<SqlValue> = vec![
            query.mode.as_str().into(),
            before.into(),
            query.limit.into(),
        ];
        let statement = match (&query.order, query.state) {
            (Some(order), state) => {
                values.push(order.as_str().into());
                values.push(state.map(RequestState::as_str).into());
                OF_ORDER
            }
            (None, Some(state)) => {
                values.push(state.as_str().into());
                IN_STATE
            }
            (None, None) => IN_TIME,
        };
        let rows = self.sql.run(statement, &values)?;
        let requests = rows.iter().map(read).collect::<Result<_, _>>()?;
        let answer = DeskAnswer::Requests { requests };
        Ok(TillAnswer::Desk(Box::new(answer)))
    }

    fn of_order(&self, order: &OrderId) -> Result<Vec<RefundRequest>, SqlError> {
        let query = "SELECT doc FROM refund_requests WHERE order_id = ?1";
        let rows = self.sql.run(query, &[order.as_str().into()])?;
        rows.iter().map(read).collect()
    }

    fn with_order(
        &self,
        id: &RefundRequestId,
        mode: Mode,
    ) -> Result<Option<(RefundRequest, OrderRecord)>, SqlError> {
        let Some(request) = self.load_request(id, mode)? else {
            return Ok(None);
        };
        let record = self.load(&request.order)?;
        Ok(record.map(|record| (request, record)))
    }

    fn put_request(&self, request: &RefundRequest) -> Result<(), SqlError> {
        self.sql.write(
            "INSERT INTO refund_requests (id, order_id, mode, state, doc) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET state = excluded.state, doc = excluded.doc",
            &[
                request.id.as_str().into(),
                request.order.as_str().into(),
                request.mode.as_str().into(),
                request.state.as_str().into(),
                serde_json::to_string(request)?.into(),
            ],
        )?;
        Ok(())
    }

    fn tell_request(
        &mut self,
        record: &OrderRecord,
        request: &RefundRequest,
        (index, kind): (usize, &'static str),
        limit: usize,
    ) -> Result<Vec<Work>, SqlError> {
        let body = EventBody::of_request(kind, record.parts(), view(request), self.now);
        let body = serde_json::to_string(&body)?;
        self.tell_one(record, (index, kind), &body, limit)
    }
}

fn read(row: &Row) -> Result<RefundRequest, SqlError> {
    Ok(json::from_str(row.text(0)?)?)
}

/// Why an amount cannot be asked for, if it cannot.
fn refused_amount(amount: Money, left: Money) -> Option<Rejected> {
    if amount.currency() != left.currency() {
        Some(Rejected::WrongCurrency)
    } else if amount.minor() > left.minor() {
        Some(Rejected::RefundExceedsCaptured { left })
    } else if !amount.is_positive() {
        Some(Rejected::AmountNotPositive)
    } else {
        None
    }
}

/// The same whenever it is derived; another one for each approval, because a channel answers a
/// repeated id as it did before.
fn derive_refund_id(request: &RefundRequest) -> RefundId {
    let mut hash = Sha256::new();
    hash.update(b"causeway refund of request v1\0");
    hash.update(request.id.as_str());
    hash.update(request.approvals.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 16];
    random.copy_from_slice(&digest[..16]);
    RefundId::make(random)
}

/// A request as the API and webhooks show it.
#[must_use]
pub fn view(request: &RefundRequest) -> Value {
    let decline = request.decline.as_ref();
    json!({
        "id": request.id,
        "order": request.order,
        "by": request.by,
        "items": request.items,
        "amount": request.amount,
        "reason": request.reason,
        "state": request.state,
        "explanation": request.explanation,
        "decided_by": request.decided_by,
        "refund": request.refund,
        "decline": decline.map(|d| json!({
            "reason": d.reason, "channel_code": d.channel_code.as_str(),
        })),
        "created_at": request.created_at,
        "updated_at": request.updated_at,
    })
}
