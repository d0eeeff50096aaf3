//! Messages to shoppers: which are owed, handed out and sent, as webhooks are. Each is recorded in
//! the transaction of its cause, under an id that follows from the cause, so that none is recorded
//! twice; what it says and where it goes is found out when it is sent.

use causeway_shared::actor::ActorKind;
use causeway_shared::id::{MessageId, OrderId};
use causeway_shared::json;
use causeway_shared::money::Money;
use causeway_shared::order::{Irregular, Resolution, Topic};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Till;
use super::call::{OrderRecord, TillAnswer, Work};
use super::desk::{RefundRequest, RequestState};
use super::orders::order_id;
use super::outbox::{LEASE_S, next_try};
use crate::mail::MessageKind;
use crate::sql::{Row, SqlError};

/// The most messages that one alarm hands out. It rings again at once for the rest.
const MAX_AT_ONCE: usize = 5;

/// What a message says beside its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageData {
    /// An amount, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Who carries the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// Where the carrier tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// Of a payment that did not fit: whether it is being given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_returned: Option<bool>,
}

/// A message that is owed.
#[derive(Debug, Serialize, Deserialize)]
pub struct MessageWork {
    /// Its id, the same at each try.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// The language in which the order was paid, where it is known.
    pub locale: Option<String>,
    /// What it says beside the order.
    pub data: MessageData,
    /// The order as it stands.
    pub record: OrderRecord,
}

/// What became of a message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sent {
    /// Which.
    pub message: MessageId,
    /// Whose; it names the till.
    pub order: OrderId,
    /// The HTTP status; `None` for no answer.
    pub status: Option<u16>,
    /// What to make of it.
    pub outcome: SendOutcome,
}

/// What to make of a try to send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// The mail service has it.
    Taken,
    /// It is tried again.
    Again,
    /// There is no use in trying again: refused for good, or nothing to send it with.
    Never,
}

/// A message as the API lists it.
#[derive(Debug, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Its id.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// `pending`, `sent` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub tries: u32,
    /// When its cause happened.
    pub created_at: UnixTime,
    /// The last HTTP status.
    pub last_status: Option<u16>,
    /// When it is tried next.
    pub next_at: Option<UnixTime>,
}

impl Till<'_> {
    /// Records the message that a topic calls for, and hands it out at once.
    pub(super) fn message_about(
        &mut self,
        record: &OrderRecord,
        topic: &Topic,
    ) -> Result<Option<Work>, SqlError> {
        match topic {
            Topic::Paid => self.owe_message(record, MessageKind::Paid, "", MessageData::default()),
            Topic::IrregularPayment => {
                let order = &record.order;
                let Some((data, about)) = order.irregular().last().and_then(|irregular| {
                    let number = order.irregular().len();
                    Some((misfit(irregular)?, number.to_string()))
                }) else {
                    return Ok(None);
                };
                self.owe_message(record, MessageKind::LatePayment, &about, data)
            }
            Topic::RefundSettled { refund } => {
                let Some(refund) = record.order.refund(refund) else {
                    return Ok(None);
                };
                // A payment that did not fit was told about already.
                let is_misfit = |i: &Irregular| {
                    matches!(&i.resolution,
                    Resolution::Refunded { refund: by } if *by == refund.id)
                };
                if record.order.irregular().iter().any(is_misfit) {
                    return Ok(None);
                }
                let data = MessageData {
                    amount: Some(refund.amount),
                    reason: Some(refund.reason.clone()),
                    ..MessageData::default()
                };
                let about = refund.id.as_str().to_owned();
                self.owe_message(record, MessageKind::RefundMade, &about, data)
            }
            Topic::Authorized
            | Topic::Cancelled
            | Topic::CaptureFailed
            | Topic::Expired
            | Topic::PaymentFailed { .. }
            | Topic::RefundFailed { .. } => Ok(None),
        }
    }

    /// Records the message about the parcel that was told last.
    pub(super) fn message_shipped(
        &mut self,
        record: &OrderRecord,
    ) -> Result<Option<Work>, SqlError> {
        let shipments = &record.added.shipments;
        let Some(shipment) = shipments.last() else {
            return Ok(None);
        };
        let data = MessageData {
            carrier: Some(shipment.carrier.clone()),
            tracking: Some(shipment.number.clone()),
            tracking_url: shipment.url.clone(),
            ..MessageData::default()
        };
        let about = shipments.len().to_string();
        self.owe_message(record, MessageKind::Shipped, &about, data)
    }

    /// Records the message about a request that the shopper made: that it is there, or was declined.
    /// What people of the store ask each other is not the shopper's.
    pub(super) fn message_request(
        &mut self,
        record: &OrderRecord,
        request: &RefundRequest,
    ) -> Result<Option<Work>, SqlError> {
        let kind = match request.state {
            _ if request.by.kind != ActorKind::Shopper => return Ok(None),
            RequestState::Open => MessageKind::RefundAsked,
            RequestState::Declined => MessageKind::RefundDeclined,
            RequestState::Approved | RequestState::Refused | RequestState::Settled => {
                return Ok(None);
            }
        };
        let data = MessageData {
            amount: Some(request.amount),
            reason: Some(request.reason.clone()),
            explanation: request.explanation.clone(),
            ..MessageData::default()
        };
        self.owe_message(record, kind, request.id.as_str(), data)
    }

    /// Records a message, unless the store does not send such, the shopper has no address, or it was
    /// recorded before, and hands it out at once. `about` tells apart what an order can have more
    /// than one message of.
    pub(super) fn owe_message(
        &mut self,
        record: &OrderRecord,
        kind: MessageKind,
        about: &str,
        data: MessageData,
    ) -> Result<Option<Work>, SqlError> {
        let mode = record.details.mode;
        let sends = |m: &super::call::Mailing| m.mode == mode && !m.off.contains(&kind);
        if record.details.shopper.email.is_none() || !self.mailings.iter().any(sends) {
            return Ok(None);
        }
        let order = record.order.id();
        let id = derive_id(&[order.as_str(), kind.name(), about]);
        let number = record.order.winner().or(record.order.attempts().last());
        let number = number.map_or(0, |attempt| u32::from(attempt.number));
        let rows = self.sql.run(
            "INSERT INTO messages
                (id, order_id, kind, locale, data, state, tries, first_at, due_at)
             VALUES (?1, ?2, ?3,
                (SELECT json_extract(context, '$.locale') FROM attempts
                 WHERE order_id = ?2 AND number = ?4),
                ?5, 'pending', 1, ?6, ?7)
             ON CONFLICT DO NOTHING RETURNING locale",
            &[
                id.as_str().into(),
                order.as_str().into(),
                kind.name().into(),
                number.into(),
                serde_json::to_string(&data)?.into(),
                self.now.millis().into(),
                self.now.plus_seconds(LEASE_S).millis().into(),
            ],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(Work::Message(Box::new(MessageWork {
            id,
            kind,
            locale: row.optional_text(0)?.map(str::to_owned),
            data,
            record: record.clone(),
        }))))
    }

    /// Hands out due messages; what has failed least comes first.
    pub(super) fn lease_messages(&mut self, limit: usize) -> Result<Vec<Work>, SqlError> {
        let limit = i64::try_from(limit.min(MAX_AT_ONCE)).unwrap_or(0);
        let rows = self.sql.run(
            "SELECT id, order_id, kind, locale, data FROM messages
             WHERE due_at <= ? ORDER BY tries, due_at LIMIT ?",
            &[self.now.millis().into(), limit.into()],
        )?;
        let mut work = Vec::with_capacity(rows.len());
        for row in rows {
            self.sql.write(
                "UPDATE messages SET tries = tries + 1, due_at = ? WHERE id = ?",
                &[
                    self.now.plus_seconds(LEASE_S).millis().into(),
                    row.text(0)?.into(),
                ],
            )?;
            match self.message_work(&row) {
                Ok(item) => work.extend(item),
                // One that cannot be read must not silence the alarm for all others.
                Err(_) => self.unreadable.push(row.text(1)?.to_owned()),
            }
        }
        Ok(work)
    }

    fn message_work(&self, row: &Row) -> Result<Option<Work>, SqlError> {
        let Some(record) = self.load(&order_id(row.text(1)?)?)? else {
            return Ok(None);
        };
        Ok(Some(Work::Message(Box::new(MessageWork {
            id: message_id(row.text(0)?)?,
            kind: kind(row.text(2)?)?,
            locale: row.optional_text(3)?.map(str::to_owned),
            data: json::from_str(row.text(4)?)?,
            record,
        }))))
    }

    /// Notes what became of a message.
    pub(super) fn sent(&mut self, sent: &Sent) -> Result<(), SqlError> {
        let query = "SELECT first_at FROM messages WHERE id = ? AND state = 'pending'";
        let rows = self.sql.run(query, &[sent.message.as_str().into()])?;
        let Some(row) = rows.first() else {
            return Ok(());
        };
        let first = UnixTime::from_millis(row.integer(0)?);
        let (state, next) = match sent.outcome {
            SendOutcome::Taken => ("sent", None),
            SendOutcome::Never => ("failed", None),
            SendOutcome::Again => match next_try(first, self.now) {
                Some(next) => ("pending", Some(next)),
                None => ("failed", None),
            },
        };
        self.sql.write(
            "UPDATE messages SET state = ?, due_at = ?, last_status = ? WHERE id = ?",
            &[
                state.into(),
                next.map(UnixTime::millis).into(),
                sent.status.map(u32::from).into(),
                sent.message.as_str().into(),
            ],
        )?;
        Ok(())
    }

    /// The messages about an order, oldest first.
    pub(super) fn messages(&self, order: &OrderId) -> Result<TillAnswer, SqlError> {
        let rows = self.sql.run(
            "SELECT id, kind, state, tries, first_at, last_status, due_at FROM messages
             WHERE order_id = ? ORDER BY first_at, id",
            &[order.as_str().into()],
        )?;
        let messages = rows.iter().map(|row| {
            Ok(MessageRecord {
                id: message_id(row.text(0)?)?,
                kind: kind(row.text(1)?)?,
                state: row.text(2)?.to_owned(),
                tries: u32::try_from(row.integer(3)?).unwrap_or(u32::MAX),
                created_at: UnixTime::from_millis(row.integer(4)?),
                last_status: row.integer(5).ok().and_then(|s| u16::try_from(s).ok()),
                next_at: row.integer(6).ok().map(UnixTime::from_millis),
            })
        });
        let messages = messages.collect::<Result<_, SqlError>>()?;
        Ok(TillAnswer::Messages { messages })
    }
}

/// What a shopper is told of a payment that did not fit; nothing where it counts after all, or was
/// never taken.
fn misfit(irregular: &Irregular) -> Option<MessageData> {
    let is_returned = match irregular.resolution {
        Resolution::Accepted | Resolution::Released => return None,
        Resolution::Held => false,
        Resolution::Refunded { .. } => true,
    };
    Some(MessageData {
        amount: Some(irregular.amount),
        is_returned: Some(is_returned),
        ..MessageData::default()
    })
}

/// The same whenever it is derived, so that a cause which is heard of twice is told once.
pub(in crate::object) fn derive_id(about: &[&str]) -> MessageId {
    let mut hash = Sha256::new();
    for part in ["causeway message v1"].iter().chain(about) {
        hash.update(part);
        hash.update(b"\0");
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut random = [0; 16];
    random.copy_from_slice(&digest[..16]);
    MessageId::make(random)
}

fn message_id(text: &str) -> Result<MessageId, SqlError> {
    MessageId::parse(text).map_err(|e| SqlError(e.to_string()))
}

fn kind(text: &str) -> Result<MessageKind, SqlError> {
    MessageKind::parse(text).ok_or_else(|| SqlError("a kind of message".to_owned()))
}
