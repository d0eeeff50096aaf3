//! What a till can be asked. The JSON stays inside the deployment.

use causeway_shared::channel::{CaptureMode, Told};
use causeway_shared::id::{AccountId, EndpointId, EventId, Mode, OrderId, StoreId};
use causeway_shared::money::Money;
use causeway_shared::order::{Effect, Event, IrregularPolicy};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::Details;
use serde::{Deserialize, Serialize};

pub use super::messages::{MessageData, MessageRecord, MessageWork, Sent};
pub use super::reply::{
    ChannelWork, DeliverWork, DeliveryRecord, EventRecord, OrderRecord, TillAnswer, TillReply,
    Work, allows,
};

use super::audit::ActQuery;
use super::days::DayQuery;
use super::deliveries::DeliveryQuery;
use super::desk::Desk;
use super::search::SearchQuery;
use crate::mail::MessageKind;

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
