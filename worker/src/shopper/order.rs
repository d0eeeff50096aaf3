//! `/orders/{token}`: the shopper's page of an order.

use causeway_shared::actor::ActorKind;
use causeway_shared::id::Mode;
use causeway_shared::money::Money;
use causeway_shared::order::{Irregular, Order, Refund, RefundState, Resolution, State};
use causeway_shared::time::UnixTime;
use worker::{Request, Response};

use super::ask::{left, requests};
use super::merchant::{merchant, style};
use super::{assets, locale, respond_with};
use crate::app::App;
use crate::checkout::Opened;
use crate::checkout::frame::{price, word};
use crate::error::AppError;
use crate::object::till::call::OrderRecord;
use crate::object::till::desk::RefundRequest;
use crate::page::{
    AskForm, AskView, Locale, Moment, OrderLine, OrderView, PaymentView, Price, RefundView,
    RequestView, ShipmentView, render_order,
};
use crate::perform::mail::sender_for;
use crate::random::now;

/// The page of an order.
///
/// # Errors
/// [`AppError::NotFound`] for a false token.
pub async fn page(app: &App, request: &Request, token: &str) -> Result<Response, AppError> {
    let opened = Opened::of(app, token).await?;
    render(app, request, &opened, None, 200).await
}

/// The page with what was typed into its form, where that did not fit.
///
/// # Errors
/// When the store or the till does not answer.
pub async fn render(
    app: &App,
    request: &Request,
    opened: &Opened,
    typed: Option<AskView>,
    status: u16,
) -> Result<Response, AppError> {
    let profile = app.objects.profile(&opened.store).await?;
    let asked = requests(app, opened).await?;
    let settings = opened.config.profile.as_ref();
    let locale = locale(
        request,
        opened.record.details.shopper.locale.as_deref(),
        settings.and_then(|p| p.default_locale.as_deref()),
    );
    let (record, token) = (&opened.record, &opened.token);
    let order = &record.order;
    let refunded = order.refunded();
    let pending = order.refund_pending();
    let kept = order.captured().checked_sub(refunded);
    let kept = kept.and_then(|kept| kept.checked_sub(pending));
    let is_reduced = !(refunded.is_zero() && pending.is_zero());
    let moment = |at| Moment::of(at, locale);
    let view = OrderView {
        locale,
        path: format!("/orders/{token}"),
        printed_from: host(&app.origin).to_owned(),
        is_test: record.details.mode == Mode::Test,
        merchant: merchant(&opened.store, &opened.config, profile, locale),
        number: number(record).to_owned(),
        placed: moment(order.created_at()),
        until: moment(order.expires_at()),
        state: state(record),
        items: lines(record)?,
        sums: sums(record)?,
        total: price(order.total()),
        captured: price(order.captured()),
        refunded: price(refunded),
        refund_pending: price(pending),
        kept: kept.ok().filter(|_| is_reduced).map(price),
        payment: payment(order, locale),
        shipments: shipments(record, locale),
        ask: ask_form(opened, &asked, typed),
        requests: asked.iter().map(|r| request_view(r, locale)).collect(),
        find: format!("/orders/find/{}", opened.store),
        refunds: order
            .refunds()
            .iter()
            .rev()
            .map(|r| refund(r, locale))
            .collect(),
        irregular: order.irregular().iter().filter_map(irregular).collect(),
        email: record.details.shopper.email.as_deref().and_then(masked),
        pay_url: order
            .is_payable(now())
            .then(|| format!("/checkout/{token}?locale={}", locale.tag())),
        assets: assets(app).await?,
    };
    respond_with(status, render_order(&view)?, &style(&opened.config.face))
}

/// The state as shoppers know it: what was paid and sent is on its way.
#[must_use]
pub fn state(record: &OrderRecord) -> &'static str {
    match record.order.state().name() {
        "paid" if !record.added.shipments.is_empty() => "shipped",
        other => other,
    }
}

fn shipments(record: &OrderRecord, locale: Locale) -> Vec<ShipmentView> {
    let name = |index: u32| {
        let items = &record.details.items;
        let item = usize::try_from(index).ok().and_then(|i| items.get(i));
        item.map(|i| i.name.clone()).unwrap_or_default()
    };
    let shipments = record.added.shipments.iter().rev().map(|s| ShipmentView {
        carrier: s.carrier.clone(),
        number: s.number.clone(),
        url: s.url.clone(),
        items: s
            .items
            .iter()
            .map(|i| (i.quantity, name(i.index)))
            .collect(),
        at: Moment::of(s.at, locale),
    });
    shipments.collect()
}

fn request_view(request: &RefundRequest, locale: Locale) -> RequestView {
    RequestView {
        state: request.state.as_str(),
        amount: price(request.amount),
        is_own: request.by.kind == ActorKind::Shopper,
        reason: request.reason.clone(),
        explanation: request.explanation.clone(),
        at: Moment::of(request.created_at, locale),
    }
}

/// The form, as long as there is something to give back and no request waits. What was typed into it
/// is shown even then, with what is wrong.
fn ask_form(opened: &Opened, asked: &[RefundRequest], typed: Option<AskView>) -> Option<AskForm> {
    let order = &opened.record.order;
    let amount = order.refundable(None);
    let waits = asked.iter().any(|r| r.state.waits());
    let can_ask = order.state().payment().is_some() && amount.is_positive() && !waits;
    if !can_ask && typed.is_none() {
        return None;
    }
    let items = opened.record.details.items.iter().zip(left(&opened.record));
    let items = items.enumerate().filter(|(_, (_, left))| *left > 0);
    let mode = opened.record.details.mode;
    let has_address = opened.record.details.shopper.email.is_some();
    Some(AskForm {
        action: format!("/orders/{}/refund", opened.token),
        amount: price(amount),
        items: items
            .map(|(index, (item, left))| (index, item.name.clone(), left))
            .collect(),
        is_told: has_address && sender_for(&opened.config, Some(mode)).is_some(),
        typed: typed.unwrap_or_default(),
    })
}

/// The number by which shop and shopper speak of an order: the shop's own where it has one.
#[must_use]
pub fn number(record: &OrderRecord) -> &str {
    let own = record.details.merchant_reference.as_deref();
    own.unwrap_or_else(|| record.order.id().as_str())
}

/// An address with most of its name hidden: whoever holds the link may know where messages go, not
/// to whom.
fn masked(email: &str) -> Option<String> {
    let (name, host) = email.split_once('@')?;
    let first = name.chars().next()?;
    Some(format!("{first}…@{host}"))
}

fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn lines(record: &OrderRecord) -> Result<Vec<OrderLine>, AppError> {
    let lines = record.details.items.iter().map(|item| {
        let total = item.unit_price.checked_mul(item.quantity);
        Ok(OrderLine {
            name: item.name.clone(),
            quantity: item.quantity,
            unit: price(item.unit_price),
            total: price(total.map_err(|e| AppError::Internal(e.to_string()))?),
        })
    });
    lines.collect()
}

/// Shipping, tax and discount, as far as there are any. Free shipping is worth a line.
pub(super) fn sums(record: &OrderRecord) -> Result<Vec<(&'static str, Price)>, AppError> {
    let details = &record.details;
    let mut sums = Vec::new();
    if let Some(shipping) = details.shipping {
        sums.push(("order.shipping", price(shipping)));
    }
    if let Some(tax) = details.tax.filter(|tax| !tax.is_zero()) {
        sums.push(("order.tax", price(tax)));
    }
    if let Some(discount) = details.discount.filter(|discount| !discount.is_zero()) {
        let below = Money::zero(discount.currency()).checked_sub(discount);
        let below = below.map_err(|e| AppError::Internal(e.to_string()))?;
        sums.push(("order.discount", price(below)));
    }
    Ok(sums)
}

fn payment(order: &Order, locale: Locale) -> Option<PaymentView> {
    // Without an attempt, an operator says that the shop got the money in another way.
    let attempt = order.winner();
    let (proof, is_held) = match order.state() {
        State::Authorized { proof, .. } => (proof, true),
        state => (&state.payment()?.proof, false),
    };
    let card = attempt.and_then(|a| a.card.as_ref());
    Some(PaymentView {
        is_held,
        method: attempt.map_or_else(|| "direct".to_owned(), |a| word(&a.method)),
        card: card.map(|c| (c.brand.clone(), c.last4.clone())),
        at: Moment::of(proof.at(), locale),
        number: proof.channel_number().to_owned(),
        amount: price(proof.amount()),
    })
}

fn refund(refund: &Refund, locale: Locale) -> RefundView {
    let at: UnixTime = match &refund.state {
        RefundState::Settled { proof } => proof.at(),
        RefundState::Pending | RefundState::Failed { .. } => refund.created_at,
    };
    RefundView {
        state: refund.state.name(),
        amount: price(refund.amount),
        at: Moment::of(at, locale),
        reason: refund.reason.clone(),
    }
}

/// What a shopper needs to hear of a payment that did not fit.
fn irregular(irregular: &Irregular) -> Option<(&'static str, Price)> {
    let key = match irregular.resolution {
        Resolution::Accepted | Resolution::Released => return None,
        Resolution::Held => "irregular.held",
        Resolution::Refunded { .. } => "irregular.refunded",
    };
    Some((key, price(irregular.amount)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_host_and_one_character() {
        assert_eq!(masked("ada@example.com").as_deref(), Some("a…@example.com"));
        assert_eq!(masked("陈@example.com").as_deref(), Some("陈…@example.com"));
        assert_eq!(masked("@example.com"), None);
    }
}
