//! What a till answers, and what it hands out to be done. The JSON stays inside the deployment.

use causeway_shared::channel::Method;
use causeway_shared::id::{AccountId, AttemptId, EndpointId, EventId, OrderId, StoreId};
use causeway_shared::order::{Effect, Order, Rejected};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{Added, Details, Parts};
use serde::{Deserialize, Serialize};

use super::call::AttemptContext;
use super::days::Day;
use super::deliveries::SentRecord;
use super::desk::DeskAnswer;
use super::messages::{MessageRecord, MessageWork};
use crate::object::store::audit::Record;
use crate::object::store::reminders::Reminder;

/// A till's reply.
#[derive(Debug, Serialize, Deserialize)]
pub struct TillReply {
    /// The store whose till it is, once it was told.
    pub store: Option<StoreId>,
    /// The answer to the call.
    pub answer: TillAnswer,
    /// What is due now; it is leased to the caller, and handed out again if nothing is heard.
    pub work: Vec<Work>,
}

impl TillReply {
    /// Leaves an order that the answer tells out of the work: it would be written, and read, twice.
    pub(super) fn tell_once(&mut self) {
        let Self { answer, work, .. } = self;
        let Some(told) = answer.record() else {
            return;
        };
        for item in work {
            if let Work::Channel(item) = item {
                let order = |r: &OrderRecord| (r.order.id().clone(), r.order.version());
                item.record.take_if(|r| order(r) == order(told));
            }
        }
    }

    /// Puts it back, where the reply is read.
    #[must_use]
    pub fn whole(mut self) -> Self {
        let Self { answer, work, .. } = &mut self;
        for item in work {
            if let Work::Channel(item) = item
                && item.record.is_none()
            {
                item.record = answer.record().cloned();
            }
        }
        self
    }
}

impl TillAnswer {
    /// The order that it tells of.
    const fn record(&self) -> Option<&OrderRecord> {
        match self {
            Self::Order { record, .. } | Self::Rejected { record, .. } => Some(record),
            _ => None,
        }
    }
}

/// The answer to a call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TillAnswer {
    /// Acts on orders.
    Acts {
        /// They, newest first.
        records: Vec<Record>,
    },
    /// The index is behind, and got nearer: ask again.
    Behind,
    /// Orders that have changed, the oldest change first.
    Changes {
        /// They.
        orders: Vec<OrderRecord>,
        /// The last change that this tells of.
        last: i64,
    },
    /// What was sent to an endpoint.
    Deliveries {
        /// Newest first.
        deliveries: Vec<SentRecord>,
    },
    /// What each day brought.
    Days {
        /// One after the other.
        days: Vec<Day>,
    },
    /// What was asked of the desk, but for orders.
    Desk(Box<DeskAnswer>),
    /// Done, nothing to say.
    Done,
    /// One event.
    Event(Box<EventRecord>),
    /// Events, newest first.
    Events {
        /// The page.
        events: Vec<EventRecord>,
    },
    /// The idempotency key stood for another body.
    KeyConflict,
    /// The idempotency key makes its order in another till.
    KeyMoved,
    /// Where a channel's number belongs.
    Located {
        /// The order.
        order: OrderId,
        /// The attempt's number.
        number: u8,
    },
    /// Messages, oldest first.
    Messages {
        /// All of an order.
        messages: Vec<MessageRecord>,
    },
    /// There is no such thing here.
    NotFound,
    /// An order.
    Order {
        /// The order.
        record: Box<OrderRecord>,
        /// Whether the call changed it or (for a create) made it.
        changed: bool,
    },
    /// Orders, newest first.
    Orders {
        /// The page.
        orders: Vec<OrderRecord>,
    },
    /// Events wait to be sent again.
    Replayed {
        /// How many.
        queued: u32,
        /// The last of them, where there are more.
        last: Option<(UnixTime, EventId)>,
        /// When the next one is to be sent.
        next_at: UnixTime,
    },
    /// The event does not fit the order, which stands as told.
    Rejected {
        /// Why.
        rejected: Rejected,
        /// The order.
        record: Box<OrderRecord>,
    },
}

/// An order with all that is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderRecord {
    /// Its money.
    pub order: Order,
    /// The rest.
    pub details: Details,
    /// What people of the store have added.
    #[serde(default, skip_serializing_if = "Added::is_empty")]
    pub added: Added,
}

impl OrderRecord {
    /// As they are shown.
    #[must_use]
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            order: &self.order,
            details: &self.details,
            added: &self.added,
        }
    }

    /// Sorts orders, the newest first: their ids begin with their time.
    pub fn sort_newest_first(records: &mut [Self]) {
        records.sort_unstable_by(|a, b| b.order.id().cmp(a.order.id()));
    }
}

/// An event with its deliveries.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id; the `webhook-id`.
    pub id: EventId,
    /// Such as `order.paid`.
    pub kind: String,
    /// Whose.
    pub order: OrderId,
    /// When.
    pub created_at: UnixTime,
    /// The webhook's body, JSON text.
    pub body: String,
    /// To whom it was sent.
    pub deliveries: Vec<DeliveryRecord>,
}

/// One event at one endpoint.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Where.
    pub endpoint: EndpointId,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub tries: u32,
    /// The last HTTP status.
    pub last_status: Option<u16>,
    /// How the last answer began, where it was a refusal.
    pub response: Option<String>,
    /// When it was tried first, or for the first time again.
    pub first_tried_at: UnixTime,
    /// When it is tried next.
    pub next_at: Option<UnixTime>,
}

/// Something that the worker is to do now.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Speak to a channel.
    Channel(Box<ChannelWork>),
    /// Send a webhook.
    Deliver(DeliverWork),
    /// An order's time is up.
    Expire {
        /// Which.
        order: OrderId,
    },
    /// Send a message to a shopper.
    Message(Box<MessageWork>),
    /// Remind an owner of something that lapses; of the store's object, which has no tills' work.
    Remind(Reminder),
    /// Tell the store's count what became of an order.
    Stock {
        /// Which.
        order: OrderId,
        /// Its version.
        version: u64,
        /// Whether it is paid; else it ended without.
        sold: bool,
    },
}

/// A call to a channel that is owed.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChannelWork {
    /// What is owed.
    pub effect: Effect,
    /// How often it was tried before.
    pub tries: u32,
    /// The order as it stands; none on the way from the till where the answer beside it tells the
    /// same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<OrderRecord>,
    /// What is kept beside the attempt.
    pub context: AttemptContext,
}

/// A webhook that is owed.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverWork {
    /// The `webhook-id`.
    pub event: EventId,
    /// Whose; it names the till.
    pub order: OrderId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The body, JSON text.
    pub body: String,
}

impl ChannelWork {
    /// The account that is spoken to.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        let order = &self.record.as_ref()?.order;
        order.attempt(self.attempt_id()?).map(|a| &a.account)
    }

    /// The attempt that an effect is about, through its refund where it is one.
    #[must_use]
    pub fn attempt_id(&self) -> Option<&AttemptId> {
        match &self.effect {
            Effect::Capture { attempt, .. }
            | Effect::Close { attempt }
            | Effect::Create { attempt }
            | Effect::Fee { attempt }
            | Effect::Query { attempt, .. } => Some(attempt),
            Effect::Refund { refund } => {
                let order = &self.record.as_ref()?.order;
                order.refund(refund).map(|r| &r.attempt)
            }
        }
    }
}

/// The methods a shopper may use, where the order restricts them.
#[must_use]
pub fn allows(details: &Details, method: Method) -> bool {
    details
        .methods
        .as_ref()
        .is_none_or(|methods| methods.contains(&method))
}
