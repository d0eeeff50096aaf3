//! A till on an ordinary SQLite.

mod acts;
mod audit;
mod bench;
mod delta;
mod effects;
mod fees;
mod history;
mod messages;
mod orders;
mod outbox;
mod requests;
mod search;
mod stock;
mod webhooks;

use causeway_shared::channel::{CaptureMode, ChannelId, Flow, Method};
use causeway_shared::id::{
    AccountId, AttemptId, EndpointId, EventId, Mode, OrderId, RefundId, StoreId, Till as TillNumber,
};
use causeway_shared::money::{Currency, Money};
use causeway_shared::order::{CancelReason, Effect, Event, IrregularPolicy, NewAttempt};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{Details, ShopperDetails};
use serde_json::{Value as Json, json};

use super::call::{
    Act, AttemptContext, Create, DeliverWork, Delivered, EventQuery, EventRecord, Idempotency,
    Mailing, NoticeKey, OrderQuery, OrderRecord, Report, Subscription, TillAnswer, TillCall,
    TillReply, TillRequest, Work,
};
use super::{After, call, due, read};
use crate::sql::{Row, Sql, SqlError, Value};

pub(crate) use bench::Sqlite;
use bench::{
    Bench, START, account, attempt, deliveries, draft, effects, endpoint, first_effect, order_id,
    paid, reported, store, usd,
};
