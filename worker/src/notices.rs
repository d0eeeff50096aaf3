//! `POST /notices/{account}`: what channels post to us. Verified first, then read, then applied;
//! acknowledged once it is stored.

use causeway_shared::channel::{Account, ChannelError, Fact, Noticed, Subject, Told, channel};
use causeway_shared::http::{Method, Request as Notice, Response as Answer};
use causeway_shared::id::{AccountId, OrderId, RefundId, StoreId};
use causeway_shared::order::Event;
use futures_util::StreamExt;
use serde_json::json;
use worker::{Request, Response};

use crate::api::body::read_bytes;
use crate::app::App;
use crate::checkout::shopper_network;
use crate::error::AppError;
use crate::gate;
use crate::object::till::call::{Message, NoticeKey, Report, TillAnswer, TillCall};
use crate::perform::{PerformError, base, fresh, open_account, perform_all, run};
use crate::random::now;
use crate::reply::default_headers;

/// Notices have a few kilobytes.
const MAX_NOTICE: usize = 256 * 1024;

/// Takes a notice.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown account; else the channel's own way of saying no.
pub async fn take(app: &App, mut request: Request, account: &str) -> Result<Response, AppError> {
    let id = AccountId::parse(account)?;
    let address = shopper_network(&request);
    let address = address.as_deref();
    gate::pass_notice(None, address, now())?;
    gate::pass_notice(Some(&id), address, now())?;
    let store = id.store();
    let config = app.objects.store_config(&store).await?;
    let Some(doc) = config.accounts.iter().find(|a| a.id == id) else {
        gate::count_false_notice(None, address, now());
        return Err(AppError::NotFound);
    };
    let account = open_account(app, doc)?;
    let notice = Notice {
        method: Method::Post,
        url: request.url()?.to_string(),
        headers: request.headers().entries().collect(),
        body: read_bytes(&mut request, MAX_NOTICE).await?,
    };
    let channel = channel(account.channel);
    let base = base(app, channel, &account);
    let noticed = run(
        &account,
        channel.read_notice(&base, &account, &notice, &fresh()),
    )
    .await;
    let noticed = match noticed {
        Ok(noticed) => noticed,
        Err(error) => {
            let why = error.describe();
            if let PerformError::Channel(
                ChannelError::Unauthentic(_) | ChannelError::Malformed(_),
            ) = &error
            {
                gate::count_false_notice(Some(&id), address, now());
            }
            app.log(
                "notice_refused",
                json!({ "account": id.as_str(), "why": why }),
            );
            return to_worker(channel.reject());
        }
    };
    let told = Told::of_request(account.channel, &notice);
    match apply(app, &store, &account, noticed, &told).await {
        Ok(()) => to_worker(channel.acknowledge()),
        Err(error) => {
            app.log(
                "notice_not_stored",
                json!({ "account": id.as_str(), "code": error.code() }),
            );
            to_worker(channel.reject())
        }
    }
}

/// Applies each fact. One that is about no order of ours is logged, and the notice acknowledged all
/// the same: the account may serve other systems too, and a channel that is refused often stops
/// telling us.
async fn apply(
    app: &App,
    store: &StoreId,
    account: &Account,
    noticed: Noticed,
    told: &Told,
) -> Result<(), AppError> {
    for (index, fact) in noticed.facts.into_iter().enumerate() {
        // Each fact of a notice counts once.
        let notice = NoticeKey {
            account: account.id.clone(),
            id: format!("{}#{index}", noticed.notice_id),
        };
        match apply_one(app, store, account, fact, (notice, told)).await {
            Err(AppError::NotFound) => app.log(
                "notice_without_order",
                json!({ "account": account.id.as_str() }),
            ),
            result => result?,
        }
    }
    Ok(())
}

/// Applies a fact at the till of its order. One that does not fit is logged: repeating it would
/// not help.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such order.
async fn apply_one(
    app: &App,
    store: &StoreId,
    account: &Account,
    fact: Fact,
    (notice, told): (NoticeKey, &Told),
) -> Result<(), AppError> {
    let found = locate(app, store, account, fact).await?;
    let (order, event) = found.ok_or(AppError::NotFound)?;
    let report = Report {
        order: order.clone(),
        effect: None,
        events: vec![event],
        notice: Some(notice),
        messages: vec![Message {
            at: now(),
            sent: false,
            told: Some(told.clone()),
        }],
    };
    let call = TillCall::Report(Box::new(report));
    let reply = app.objects.order_till(store, &order, call).await?;
    match &reply.answer {
        TillAnswer::NotFound => return Err(AppError::NotFound),
        TillAnswer::Rejected { rejected, .. } => {
            let why = rejected.to_string();
            app.log(
                "notice_rejected",
                json!({ "order": order.as_str(), "why": why }),
            );
        }
        _ => {}
    }
    let (task, store) = (app.clone(), store.clone());
    app.later(async move {
        perform_all(&task, &store, reply.work).await;
    });
    Ok(())
}

/// The order that a fact is about, and the event it becomes.
async fn locate(
    app: &App,
    store: &StoreId,
    account: &Account,
    fact: Fact,
) -> Result<Option<(OrderId, Event)>, AppError> {
    match fact {
        Fact::Payment { subject, reported } => {
            let place = place(app, store, account, subject).await?;
            Ok(place.map(|(order, number)| (order, Event::Report { number, reported })))
        }
        Fact::Refund {
            subject,
            refund,
            reported,
        } => {
            let Some((order, _)) = place(app, store, account, subject).await? else {
                return Ok(None);
            };
            let refund = match refund {
                Some(refund) => Some(refund),
                None => {
                    let number = reported.channel_number.as_deref();
                    refund_by_number(app, store, &order, number).await?
                }
            };
            Ok(refund.map(|refund| (order, Event::RefundReport { refund, reported })))
        }
    }
}

/// By our reference, which names the till; else the channel's number is looked up in all tills.
async fn place(
    app: &App,
    store: &StoreId,
    account: &Account,
    subject: Subject,
) -> Result<Option<(OrderId, u8)>, AppError> {
    if let Some(reference) = subject.reference {
        return Ok(Some((reference.order(), reference.number())));
    }
    let Some(channel_number) = subject.channel_number else {
        return Ok(None);
    };
    let tills = app.objects.tills(store).await?;
    let call = || TillCall::Locate {
        account: account.id.clone(),
        channel_number: channel_number.clone(),
    };
    let mut replies = app.objects.ask(store, tills, call);
    while let Some(reply) = replies.next().await {
        if let TillAnswer::Located { order, number } = reply?.answer {
            return Ok(Some((order, number)));
        }
    }
    Ok(None)
}

/// Some notices name a refund by the channel's number alone.
async fn refund_by_number(
    app: &App,
    store: &StoreId,
    order: &OrderId,
    number: Option<&str>,
) -> Result<Option<RefundId>, AppError> {
    let Some(number) = number else {
        return Ok(None);
    };
    let record = crate::checkout::read(app, store, order).await?;
    let found = record
        .order
        .refunds()
        .iter()
        .find(|r| r.channel_number.as_deref() == Some(number));
    Ok(found.map(|r| r.id.clone()))
}

fn to_worker(answer: Answer) -> Result<Response, AppError> {
    let headers = default_headers()?;
    for (name, value) in &answer.headers {
        headers.set(name, value)?;
    }
    let response = if answer.body.is_empty() {
        Response::empty()?
    } else {
        Response::from_bytes(answer.body)?
    };
    Ok(response.with_headers(headers).with_status(answer.status))
}
