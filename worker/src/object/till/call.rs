//! What a till can be asked, and what it answers. The JSON stays inside the deployment.

use causeway_shared::channel::{Method, Told};
use causeway_shared::id::{AccountId, AttemptId, EndpointId, EventId, Mode, OrderId, StoreId};

pub use super::messages::{MessageData, MessageRecord, MessageWork, Sent};
use crate::mail::MessageKind;
use causeway_shared::order::{Effect, Event, IrregularPolicy, Order, Rejected};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{Added, Details, Parts};
use causeway_shared::{channel::CaptureMode, money::Money};
use serde::{Deserialize, Serialize};

use super::audit::ActQuery;
use crate::object::store::audit::Record;

use super::days::{Day, DayQuery};
use super::deliveries::{DeliveryQuery, SentRecord};
use super::desk::{Desk, DeskAnswer};
use super::search::SearchQuery;

/// A call, with what the till cannot know by itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct TillRequest {
    /// The store whose till it is.
    pub store: StoreId,
    /// Where webhooks go now; deliveries are recorded for these.
    pub endpoints: Vec<Subscription>,
    /// Which messages the store sends to shoppers; none without a sender.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mailings: Vec<Mailing>,
    /// What is asked.
    pub call: TillCall,
}

/// A webhook endpoint, as far as a till needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Which.
    pub id: EndpointId,
    /// Test or live.
    pub mode: Mode,
    /// The event types it wants; all when empty.
    pub events: Vec<String>,
}

/// That a store sends messages to shoppers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailing {
    /// Test or live.
    pub mode: Mode,
    /// Those that it does not send.
    pub off: Vec<MessageKind>,
}

/// What is asked of a till.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TillCall {
    /// Something is to happen to an order.
    Act(Box<Act>),
    /// List acts, newest first.
    Acts(ActQuery),
    /// Read what has changed.
    Changes {
        /// Test or live.
        mode: Mode,
        /// After this change; without it, only which one is the last is told.
        since: Option<i64>,
        /// At most so many.
        limit: u32,
    },
    /// Make an order.
    Create(Box<Create>),
    /// Count what each day brought.
    Days(DayQuery),
    /// How a delivery went.
    Delivered(Delivered),
    /// List what was sent to an endpoint, newest first.
    Deliveries(DeliveryQuery),
    /// What people of the store do, or a shopper asks them for.
    Desk(Box<Desk>),
    /// Read one event.
    Event {
        /// Which.
        event: EventId,
    },
    /// List events, newest first.
    Events(EventQuery),
    /// Which order an idempotency key made.
    FindKey(Idempotency),
    /// Ask the channels about an order now: the shopper has come back.
    Hurry {
        /// Which.
        order: OrderId,
    },
    /// List orders, newest first.
    List(OrderQuery),
    /// Which order a channel's number belongs to.
    Locate {
        /// The account.
        account: AccountId,
        /// The channel's number of the payment.
        channel_number: String,
    },
    /// Which order an idempotency key made; where it made none, it is not to make one here.
    MoveKey(Idempotency),
    /// List the orders that were placed with an address, newest first.
    OfEmail(EmailQuery),
    /// List the messages about an order, oldest first.
    Messages {
        /// Which.
        order: OrderId,
    },
    /// Read one order.
    Read {
        /// Which.
        order: OrderId,
    },
    /// Send an event again.
    Redeliver {
        /// Which.
        event: EventId,
    },
    /// Send an endpoint what it has missed.
    Replay(Replay),
    /// What an exchange with a channel brought.
    Report(Box<Report>),
    /// Find orders.
    Search(Box<SearchQuery>),
    /// What became of a message.
    Sent(Sent),
    /// The store's count was told what became of an order.
    StockTold {
        /// Which.
        order: OrderId,
        /// Whether it was told that it is sold.
        sold: bool,
    },
}

impl TillCall {
    /// Whether it changes nothing, so that it needs no transaction.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        match self {
            Self::Acts(_)
            | Self::Changes { .. }
            | Self::Days(_)
            | Self::Deliveries(_)
            | Self::Event { .. }
            | Self::Events(_)
            | Self::FindKey(_)
            | Self::List(_)
            | Self::Locate { .. }
            | Self::Messages { .. }
            | Self::OfEmail(_)
            | Self::Read { .. } => true,
            Self::Desk(desk) => desk.act.only_reads(),
            Self::Act(_)
            | Self::Create(_)
            | Self::Delivered(_)
            | Self::Hurry { .. }
            | Self::MoveKey(_)
            | Self::Redeliver { .. }
            | Self::Replay(_)
            | Self::Report(_)
            | Self::Search(_)
            | Self::Sent(_)
            | Self::StockTold { .. } => false,
        }
    }
}

/// Makes an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Create {
    /// Its id.
    pub id: OrderId,
    /// What is to be paid.
    pub total: Money,
    /// Take or hold.
    pub capture: CaptureMode,
    /// The store's policy at this time.
    pub policy: IrregularPolicy,
    /// From when it cannot be paid any more.
    pub expires_at: UnixTime,
    /// The rest.
    pub details: Details,
    /// The `Idempotency-Key`, if any.
    pub idempotency: Option<Idempotency>,
}

/// An `Idempotency-Key` and what it stood for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Idempotency {
    /// SHA-256 of the key, in hexadecimal.
    pub key: String,
    /// SHA-256 of the body, in hexadecimal.
    pub body: String,
}

/// Something is to happen to an order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Act {
    /// Which.
    pub order: OrderId,
    /// What.
    pub event: Event,
    /// What is kept beside a new attempt.
    pub context: Option<AttemptContext>,
}

/// What is kept beside an attempt: personal data and the sealed card, which `order` must not hold.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AttemptContext {
    /// The sealed card, base64url; deleted as soon as the channel has answered.
    pub envelope: Option<String>,
    /// The shopper's address.
    pub ip: Option<String>,
    /// The language the frame was shown in.
    pub locale: Option<String>,
}

impl std::fmt::Debug for AttemptContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AttemptContext([redacted])")
    }
}

/// What an exchange with a channel brought.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// Which order.
    pub order: OrderId,
    /// The effect that was performed, where it was one.
    pub effect: Option<Effect>,
    /// What is known now; empty when the outcome is not known.
    pub events: Vec<Event>,
    /// The notice that said so.
    pub notice: Option<NoticeKey>,
    /// What was said to the channel and by it, in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
}

/// What was said to a channel, or by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// When.
    pub at: UnixTime,
    /// By us.
    pub sent: bool,
    /// As far as people of the store may see it; none where no answer came.
    pub told: Option<Told>,
}

/// What makes a notice the same notice.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoticeKey {
    /// The account it came for.
    pub account: AccountId,
    /// The channel's id of it.
    pub id: String,
}

/// How a delivery went.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delivered {
    /// Which event.
    pub event: EventId,
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// The HTTP status; `None` for no answer.
    pub status: Option<u16>,
    /// Whether there is no use in trying again (endpoint deleted or answered 410).
    pub gone: bool,
    /// How the answer began, where it was a refusal.
    #[serde(default)]
    pub response: Option<String>,
}

/// Which orders to list.
#[derive(Debug, Serialize, Deserialize)]
pub struct OrderQuery {
    /// Test or live.
    pub mode: Mode,
    /// In this state only.
    pub state: Option<String>,
    /// Created at or after.
    pub from: Option<UnixTime>,
    /// Created before.
    pub to: Option<UnixTime>,
    /// Older than this order: the cursor.
    pub before: Option<OrderId>,
    /// At most so many.
    pub limit: u32,
}

/// Whose orders to list.
#[derive(Clone, Serialize, Deserialize)]
pub struct EmailQuery {
    /// Test or live.
    pub mode: Mode,
    /// The address.
    pub email: String,
    /// At most so many.
    pub limit: u32,
}

impl std::fmt::Debug for EmailQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailQuery([redacted])")
    }
}

/// Which events to list.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventQuery {
    /// Test or live.
    pub mode: Mode,
    /// Of this type only.
    pub kind: Option<String>,
    /// Of this order only.
    pub order: Option<OrderId>,
    /// Older than this event: the cursor.
    pub before: Option<(UnixTime, EventId)>,
    /// At most so many.
    pub limit: u32,
}

/// Which events to send to an endpoint again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replay {
    /// Where to.
    pub endpoint: EndpointId,
    /// Of this mode.
    pub mode: Mode,
    /// Of these types only; of all when empty.
    pub kinds: Vec<String>,
    /// Told at or after.
    pub from: UnixTime,
    /// Told before.
    pub to: UnixTime,
    /// Also those that were delivered.
    pub delivered_too: bool,
    /// Later than this event: where the call before ended.
    pub after: Option<(UnixTime, EventId)>,
    /// When the first of them is to be sent.
    pub start_at: UnixTime,
    /// Milliseconds from one handful to the next, so that the endpoint is not flooded.
    pub pause_ms: u32,
}

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
