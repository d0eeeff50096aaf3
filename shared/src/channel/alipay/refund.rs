//! Refunds: giving money back, asking whether it went.

use std::rc::Rc;

use serde::Serialize;

use super::answer::Answer;
use super::gateway::{Gateway, Pages};
use super::outcome::{self, Meaning, RefundMeaning};
use super::trade::{Trade, is_about, one_line};
use crate::channel::proof::{RefundProof, Source};
use crate::channel::{ChannelError, Decline, Payment, RefundOrder, RefundReported, RefundStatus};
use crate::id::RefundId;
use crate::money::{Currency, Money};
use crate::sign::{Next, Step};
use crate::time::UnixTime;

/// Which refund of which trade.
#[derive(Clone)]
pub(super) struct Wanted {
    trade: Trade,
    refund: RefundId,
    amount: Money,
}

impl Wanted {
    pub fn of(payment: &Payment<'_>, refund: &RefundOrder<'_>) -> Self {
        Self {
            trade: Trade::of(payment),
            refund: refund.refund.clone(),
            amount: refund.amount,
        }
    }
}

/// `biz_content` of alipay.trade.refund. Fields that are not documented are known to make it fail
/// or refund twice, so there are none.
#[derive(Serialize)]
struct RefundContent<'a> {
    out_trade_no: &'a str,
    refund_amount: String,
    out_request_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_reason: Option<String>,
}

/// Gives money back.
///
/// Code 10000 is no proof. `fund_change` Y says that this call moved money, N that it did not,
/// because an earlier one did or because it is still to come; then the refund is asked for. So it
/// is after a refusal: an earlier call under the same id, whose answer was lost, may have used up
/// what this one was refused.
pub(super) fn refund(
    gateway: &Rc<Gateway>,
    payment: &Payment<'_>,
    refund: &RefundOrder<'_>,
) -> Next<RefundReported> {
    if refund.amount.currency() != Currency::CNY || !refund.amount.is_positive() {
        return Err(ChannelError::Unsupported(
            "a refund that is not an amount in CNY",
        ));
    }
    let content = RefundContent {
        out_trade_no: payment.reference.as_str(),
        refund_amount: refund.amount.to_decimal(),
        out_request_no: refund.refund.as_str(),
        refund_reason: refund
            .reason
            .map(|reason| one_line(reason, 256, |c| c))
            .filter(|reason| !reason.is_empty()),
    };
    let wanted = Wanted::of(payment, refund);
    let asker = Rc::clone(gateway);
    gateway
        .call("alipay.trade.refund", &content, &Pages::default())?
        .and_then(move |answer| {
            let otherwise = match outcome::refund_meaning(&answer) {
                RefundMeaning::Accepted => {
                    if let Some(proof) = moved(&answer, &wanted, asker.now)? {
                        return Ok(Step::Done(report(RefundStatus::Settled(proof))));
                    }
                    RefundStatus::Pending
                }
                RefundMeaning::Conflict => RefundStatus::Pending,
                RefundMeaning::Declined(reason) => {
                    RefundStatus::Failed(Decline::new(reason, answer.sub_code()))
                }
                RefundMeaning::Refused => return Err(outcome::refused(&answer)),
                RefundMeaning::Unknown => return Err(outcome::unavailable(&answer)),
            };
            ask(&asker, wanted, otherwise)
        })
}

/// The proof in the answer to a refund, if there is one.
///
/// The answer states the sum of all the trade's refunds (AlipayTradeRefundResponse.java,
/// `refund_fee`), not this one: only where the two are the same does it prove the amount.
fn moved(
    answer: &Answer,
    wanted: &Wanted,
    now: UnixTime,
) -> Result<Option<RefundProof>, ChannelError> {
    is_about(answer, &wanted.trade)?;
    if answer.get("fund_change") != Some("Y") {
        return Ok(None);
    }
    let sum = answer.money("refund_fee", "refund_currency")?;
    if sum.currency() == wanted.amount.currency() && sum.minor() < wanted.amount.minor() {
        return Err(ChannelError::Malformed(
            "less was refunded than was asked for",
        ));
    }
    let at = answer.time("gmt_refund_pay").unwrap_or(now);
    Ok((sum == wanted.amount).then(|| proof(wanted, sum, at)))
}

/// Asks whether money went back. A refund that Alipay does not know is
/// [`RefundStatus::NotFound`], which it also says of one that failed: repeating it under the same
/// id is safe and what its documentation asks for.
pub(super) fn query(gateway: &Rc<Gateway>, wanted: Wanted) -> Next<RefundReported> {
    ask(gateway, wanted, RefundStatus::NotFound)
}

/// `biz_content` of alipay.trade.fastpay.refund.query. The time comes only when it is asked for
/// (AlipayTradeFastpayRefundQueryResponse.java, `gmt_refund_pay`).
#[derive(Serialize)]
struct QueryContent<'a> {
    out_trade_no: &'a str,
    out_request_no: &'a str,
    query_options: [&'static str; 1],
}

/// Asks for a refund; `otherwise` is what is reported when Alipay does not say that it went.
fn ask(gateway: &Rc<Gateway>, wanted: Wanted, otherwise: RefundStatus) -> Next<RefundReported> {
    let now = gateway.now;
    let content = QueryContent {
        out_trade_no: wanted.trade.reference.as_str(),
        out_request_no: wanted.refund.as_str(),
        query_options: ["gmt_refund_pay"],
    };
    let method = "alipay.trade.fastpay.refund.query";
    gateway
        .call(method, &content, &Pages::default())?
        .and_then(move |answer| {
            let status = match outcome::meaning(&answer) {
                Meaning::Done => read(&answer, &wanted, now)?.unwrap_or(otherwise),
                Meaning::NotExist => otherwise,
                // A refused question says nothing of the refund.
                Meaning::AskTrade | Meaning::Declined(_) | Meaning::Refused | Meaning::Unknown => {
                    return Err(outcome::unavailable(&answer));
                }
            };
            Ok(Step::Done(report(status)))
        })
}

/// What a refund query says. Without `refund_status` the refund was not received, has failed, or
/// was made a moment ago (AlipayTradeFastpayRefundQueryResponse.java): `None`.
fn read(
    answer: &Answer,
    wanted: &Wanted,
    now: UnixTime,
) -> Result<Option<RefundStatus>, ChannelError> {
    let Some(status) = answer.get("refund_status") else {
        return Ok(None);
    };
    if status != "REFUND_SUCCESS" {
        return Ok(Some(RefundStatus::Pending));
    }
    let is_ours = answer.get("out_trade_no") == Some(wanted.trade.reference.as_str())
        && answer.get("out_request_no") == Some(wanted.refund.as_str());
    if !is_ours {
        return Err(ChannelError::Malformed(
            "the answer is about another refund",
        ));
    }
    let amount = answer.money("refund_amount", "refund_currency")?;
    let at = answer.time("gmt_refund_pay").unwrap_or(now);
    Ok(Some(RefundStatus::Settled(proof(wanted, amount, at))))
}

fn proof(wanted: &Wanted, amount: Money, at: UnixTime) -> RefundProof {
    RefundProof::new(
        Source::Answer,
        &wanted.trade.account,
        &wanted.refund,
        amount,
        at,
    )
}

/// Alipay numbers trades, not refunds.
fn report(status: RefundStatus) -> RefundReported {
    RefundReported {
        channel_number: None,
        status,
    }
}
