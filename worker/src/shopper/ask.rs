//! `POST /orders/{token}/refund`: a shopper asks for a refund.

use causeway_shared::actor::Actor;
use causeway_shared::order::RefundState;
use causeway_shared::wire::ItemShare;
use worker::{Request, Response};

use super::form::Form;
use super::order;
use crate::api::refund_requests::make_id;
use crate::app::App;
use crate::checkout::Opened;
use crate::error::AppError;
use crate::object::till::call::{OrderRecord, TillAnswer, TillCall};
use crate::object::till::desk::{
    Ask, Conflict, Desk, DeskAct, DeskAnswer, RefundRequest, RequestQuery,
};
use crate::objects::Limit;
use crate::page::{AskView, Locale};
use crate::perform::perform_all;
use crate::reply::see_other;

/// Requests per order and hour.
const ASKS: u32 = 10;
/// The most characters of a reason.
const MAX_REASON: usize = 500;
/// The fewest: a word.
const MIN_REASON: usize = 3;

/// Takes a form.
///
/// # Errors
/// [`AppError::NotFound`] for a false token.
pub async fn post(app: &App, request: &mut Request, token: &str) -> Result<Response, AppError> {
    let opened = Opened::of(app, token).await?;
    let form = Form::read(request).await?;
    let locale = form
        .get("locale")
        .and_then(Locale::of_tag)
        .unwrap_or_default();
    let mut typed = AskView {
        is_whole: form.get("what") != Some("items"),
        reason: form.text("reason"),
        quantities: quantities(&opened.record, &form),
        ..AskView::default()
    };
    let counted = counted(&typed);
    if let Some(error) = fault(&typed, counted.as_deref()) {
        typed.error = Some(error);
        return order::render(app, request, &opened, Some(typed), 422).await;
    }
    let id = opened.record.order.id().clone();
    let limited = app.limit(Limit {
        store: opened.store.as_str(),
        what: "refund requests",
        who: id.as_str(),
        most: ASKS,
        window_s: 3600,
    });
    if let Err(AppError::TooMany { .. }) = limited.await {
        typed.error = Some("ask.error_many");
        return order::render(app, request, &opened, Some(typed), 429).await;
    }
    match send(app, &opened, &typed, counted.unwrap_or_default()).await? {
        None => see_other(&format!("/orders/{token}?locale={}#requests", locale.tag())),
        Some((error, status)) => {
            typed.error = Some(error);
            order::render(app, request, &opened, Some(typed), status).await
        }
    }
}

/// Makes the request in the till. Answers the text of what does not fit, and the status.
async fn send(
    app: &App,
    opened: &Opened,
    typed: &AskView,
    counted: Vec<u32>,
) -> Result<Option<(&'static str, u16)>, AppError> {
    let order = opened.record.order.id();
    let shares = counted.into_iter().enumerate();
    let shares = shares.filter(|(_, quantity)| !typed.is_whole && *quantity > 0);
    let items = shares.filter_map(|(index, quantity)| {
        let index = u32::try_from(index).ok()?;
        Some(ItemShare { index, quantity })
    });
    let ask = Ask {
        id: make_id(order),
        order: order.clone(),
        items: items.collect(),
        amount: None,
        reason: typed.reason.clone(),
    };
    let desk = Desk {
        by: Actor::shopper(),
        act: DeskAct::Ask(ask),
    };
    let call = TillCall::Desk(Box::new(desk));
    let reply = app.objects.order_till(&opened.store, order, call).await?;
    perform_all(app, &opened.store, reply.work).await;
    match reply.answer {
        TillAnswer::Desk(answer) => Ok(match *answer {
            DeskAnswer::Request { .. }
            | DeskAnswer::Requests { .. }
            | DeskAnswer::Timeline { .. } => None,
            DeskAnswer::Invalid { .. } => Some(("ask.error_quantity", 422)),
            DeskAnswer::Conflict { code } => Some(match code {
                Conflict::RequestOpen | Conflict::RequestDecided => ("ask.error_open", 409),
                Conflict::TooMany => ("ask.error_many", 409),
            }),
        }),
        TillAnswer::Rejected { .. } => Ok(Some(("ask.error_closed", 409))),
        _ => Err(AppError::NotFound),
    }
}

/// How many of each item is meant; none where something else than a number was typed.
fn counted(typed: &AskView) -> Option<Vec<u32>> {
    let typed = typed.quantities.iter().map(|quantity| quantity.trim());
    let numbers = typed.map(|quantity| {
        if quantity.is_empty() {
            Some(0)
        } else {
            quantity.parse().ok()
        }
    });
    numbers.collect()
}

/// What does not fit, seen without the order.
fn fault(typed: &AskView, counted: Option<&[u32]>) -> Option<&'static str> {
    let length = typed.reason.chars().count();
    let is_plain = !typed.reason.chars().any(|c| c.is_control() && c != '\n');
    match counted {
        _ if typed.is_whole => {}
        Some(counted) if counted.iter().any(|quantity| *quantity > 0) => {}
        Some(_) => return Some("ask.error_items"),
        None => return Some("ask.error_number"),
    }
    if !(MIN_REASON..=MAX_REASON).contains(&length) || !is_plain {
        return Some("ask.error_reason");
    }
    None
}

/// How many of each item, as typed.
fn quantities(record: &OrderRecord, form: &Form) -> Vec<String> {
    let items = 0..record.details.items.len();
    items.map(|i| form.text(&format!("item-{i}"))).collect()
}

/// The requests of an order, newest first.
///
/// # Errors
/// When the till does not answer.
pub async fn requests(app: &App, opened: &Opened) -> Result<Vec<RefundRequest>, AppError> {
    let order = opened.record.order.id();
    let act = DeskAct::Requests(RequestQuery {
        mode: opened.record.details.mode,
        state: None,
        order: Some(order.clone()),
        before: None,
        limit: 20,
    });
    let by = Actor::shopper();
    let call = TillCall::Desk(Box::new(Desk { by, act }));
    let reply = app.objects.order_till(&opened.store, order, call).await?;
    match reply.answer {
        TillAnswer::Desk(answer) => match *answer {
            DeskAnswer::Requests { requests } => Ok(requests),
            _ => Ok(Vec::new()),
        },
        _ => Ok(Vec::new()),
    }
}

/// How many of each item were neither given back nor are on their way back.
#[must_use]
pub fn left(record: &OrderRecord) -> Vec<u32> {
    let items = record.details.items.iter().enumerate();
    let gone = |index: usize| -> u32 {
        let refunds = record.added.refunds.iter();
        let counted = refunds.filter(|(id, _)| match record.order.refund(id).map(|r| &r.state) {
            Some(RefundState::Pending | RefundState::Settled { .. }) => true,
            Some(RefundState::Failed { .. }) | None => false,
        });
        let shares = counted.flat_map(|(_, added)| &added.items);
        let same = shares.filter(|share| usize::try_from(share.index) == Ok(index));
        same.map(|share| share.quantity).sum()
    };
    items
        .map(|(index, item)| item.quantity.saturating_sub(gone(index)))
        .collect()
}
