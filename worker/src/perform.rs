//! Doing what tills hand out: speaking to channels and sending webhooks. This and its parts are
//! the only code that sends anything out of the deployment.

mod channel;
mod deliver;
pub mod mail;
mod send;
mod step;

pub use channel::{base, fresh, open_account, open_fields};
pub use deliver::{TIMEOUT, excerpt, secret_name, signed};
pub use send::{NoAnswer, send, send_for_excerpt};
pub use step::{PerformError, Seen, run, run_watched};

use std::time::Duration;

use causeway_shared::id::{OrderId, StoreId};
use causeway_shared::json;
use causeway_shared::order::Event;
use futures_util::future::join_all;
use serde_json::json;
use worker::{Context, Delay, Env};

use crate::app::App;
use crate::error::AppError;
use crate::object::store::stock::StockCall;
use crate::object::till::call::{
    Act, ChannelWork, DeliverWork, OrderRecord, Report, TillAnswer, TillCall, TillReply, Work,
};

/// The most rounds of follow-up work within one request; what is left comes by the alarm.
const MAX_ROUNDS: usize = 4;

/// Performs what an alarm has leased. What fails is leased again.
pub async fn perform_leased(env: Env, context: Context, reply: &str) {
    let request_id = crate::random::random_text(16);
    let app = match App::new(env, &request_id, context) {
        Ok(app) => app,
        Err(error) => {
            worker::console_error!("{}", error.problem(&request_id));
            return;
        }
    };
    let Ok(TillReply {
        store: Some(store),
        work,
        ..
    }) = json::from_str(reply)
    else {
        app.log("alarm_unreadable", json!({}));
        return;
    };
    perform_all(&app, &store, work).await;
}

/// Performs work and what follows from it: channels while the caller waits, webhooks and messages
/// after. Answers
/// the order as the till told it last, where it was told anything.
pub async fn perform_all(app: &App, store: &StoreId, work: Vec<Work>) -> Option<OrderRecord> {
    let mut work = work;
    let mut last = None;
    for _ in 0..MAX_ROUNDS {
        let (webhooks, others): (Vec<Work>, Vec<Work>) = work
            .into_iter()
            .partition(|w| !matches!(w, Work::Channel(_) | Work::Expire { .. }));
        tell_later(app, store, webhooks);
        if others.is_empty() {
            return last;
        }
        let next = join_all(others.into_iter().map(|w| perform_one(app, store, w))).await;
        work = Vec::new();
        for reply in next.into_iter().flatten() {
            work.extend(reply.work);
            last = later(last, reply.answer);
        }
    }
    last
}

/// The later of an order that is known and the one in an answer: answers can overtake each other.
fn later(known: Option<OrderRecord>, answer: TillAnswer) -> Option<OrderRecord> {
    let (TillAnswer::Order { record, .. } | TillAnswer::Rejected { record, .. }) = answer else {
        return known;
    };
    match known {
        Some(known) if known.order.version() > record.order.version() => Some(known),
        _ => Some(*record),
    }
}

fn tell_later(app: &App, store: &StoreId, work: Vec<Work>) {
    if work.is_empty() {
        return;
    }
    let (background, store) = (app.clone(), store.clone());
    app.later(async move {
        // Somebody waits for the response: it goes first.
        Delay::from(Duration::ZERO).await;
        let told = work.into_iter().map(|w| tell_one(&background, &store, w));
        join_all(told).await;
    });
}

async fn tell_one(app: &App, store: &StoreId, work: Work) {
    match work {
        Work::Deliver(item) => deliver_one(app, store, item).await,
        Work::Message(item) => mail::send_message(app, store, *item).await,
        Work::Remind(item) => mail::send_reminder(app, store, item).await,
        Work::Stock {
            order,
            version,
            sold,
        } => tell_stock(app, store, order, (version, sold)).await,
        // Those were set apart.
        Work::Channel(_) | Work::Expire { .. } => {}
    }
}

async fn perform_one(app: &App, store: &StoreId, work: Work) -> Option<TillReply> {
    let (name, result) = match work {
        Work::Channel(item) => ("effect", perform_channel(app, store, *item).await),
        Work::Expire { order } => ("expire", expire(app, store, order).await),
        // Those were set apart.
        Work::Deliver(_) | Work::Message(_) | Work::Remind(_) | Work::Stock { .. } => return None,
    };
    match result {
        Ok(reply) => Some(reply),
        Err(error) => {
            app.log("work_failed", json!({ "work": name, "code": error.code() }));
            None
        }
    }
}

async fn perform_channel(
    app: &App,
    store: &StoreId,
    item: ChannelWork,
) -> Result<TillReply, AppError> {
    let Some(record) = &item.record else {
        return Err(AppError::Internal("work came without its order".to_owned()));
    };
    let order = record.order.id().clone();
    let (mut events, messages) = channel::perform(app, store, &item, record).await?;
    events.extend(channel::ends_asking(&item, record));
    let report = Report {
        order: order.clone(),
        effect: Some(item.effect),
        events,
        notice: None,
        messages,
    };
    let call = TillCall::Report(Box::new(report));
    app.objects.order_till(store, &order, call).await
}

async fn expire(app: &App, store: &StoreId, order: OrderId) -> Result<TillReply, AppError> {
    let act = Act {
        order: order.clone(),
        event: Event::Expire,
        context: None,
    };
    let call = TillCall::Act(Box::new(act));
    app.objects.order_till(store, &order, call).await
}

/// Tells the store's count what became of an order, and then the till that it was told. What fails
/// is handed out again.
async fn tell_stock(app: &App, store: &StoreId, order: OrderId, (version, sold): (u64, bool)) {
    let settle = StockCall::Settle {
        order: order.clone(),
        version,
        sold,
    };
    let told = TillCall::StockTold {
        order: order.clone(),
        sold,
    };
    let result = async {
        app.objects.stock(store, settle).await?;
        app.objects.order_till(store, &order, told).await
    };
    if let Err(error) = result.await {
        app.log(
            "work_failed",
            json!({ "work": "stock", "code": error.code() }),
        );
    }
}

async fn deliver_one(app: &App, store: &StoreId, item: DeliverWork) {
    let (event, order) = (item.event.clone(), item.order.clone());
    let result = async {
        let delivered = deliver::deliver(app, store, item).await?;
        app.objects
            .order_till(store, &order, TillCall::Delivered(delivered))
            .await
    };
    if let Err(error) = result.await {
        app.log(
            "delivery_failed",
            json!({ "webhook": event.as_str(), "code": error.code() }),
        );
    }
}
