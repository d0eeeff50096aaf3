//! Trades: starting, asking, closing.

use std::rc::Rc;

use serde::Serialize;

use super::answer::{Answer, is_trade_number, read_money};
use super::gateway::{Gateway, Pages};
use super::outcome::{self, Meaning};
use crate::channel::proof::{PaymentEvidence, PaymentProof, ProofKind, Source};
use crate::channel::{Action, ChannelError, Decline, DeclineReason, Payment, Reported, Status};
use crate::id::{AccountId, Reference};
use crate::money::Money;
use crate::sign::{Next, Step};
use crate::time::UnixTime;

/// A trade may be payable for one minute to fifteen days (AlipayTradePagePayModel.java,
/// `time_expire`).
const PAYABLE_S: (i64, i64) = (60, 15 * 24 * 3600);

/// A code of precreate dies after two hours, whatever its trade's time is
/// (AlipayTradePrecreateModel.java, `timeout_express`).
const CODE_S: i64 = 2 * 3600;

/// A code is an address of some forty characters; a QR code cannot hold much more than this.
const CODE_MAX: usize = 1024;

/// Which trade of which account.
#[derive(Clone)]
pub(super) struct Trade {
    pub account: AccountId,
    pub reference: Reference,
}

impl Trade {
    pub fn of(payment: &Payment<'_>) -> Self {
        Self {
            account: payment.account.id.clone(),
            reference: payment.reference.clone(),
        }
    }
}

/// `biz_content` of page.pay, wap.pay and precreate.
#[derive(Serialize)]
struct Order<'a> {
    out_trade_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_code: Option<&'static str>,
    total_amount: String,
    subject: String,
    time_expire: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    quit_url: Option<&'a str>,
}

impl<'a> Order<'a> {
    fn of(payment: &'a Payment<'_>, until: UnixTime) -> Self {
        Self {
            out_trade_no: payment.reference.as_str(),
            product_code: None,
            total_amount: payment.amount.to_decimal(),
            subject: subject(payment),
            time_expire: until.beijing(),
            quit_url: None,
        }
    }
}

/// The page for desktop browsers.
pub(super) fn page_pay(gateway: &Gateway, payment: &Payment<'_>) -> Next<Reported> {
    let Some(until) = payable_until(payment, gateway.now) else {
        return too_late();
    };
    let order = Order {
        product_code: Some("FAST_INSTANT_TRADE_PAY"),
        ..Order::of(payment, until)
    };
    redirect(gateway, "alipay.trade.page.pay", &order, payment)
}

/// The page for phone browsers, which opens the app where it is installed.
pub(super) fn wap_pay(gateway: &Gateway, payment: &Payment<'_>) -> Next<Reported> {
    let Some(until) = payable_until(payment, gateway.now) else {
        return too_late();
    };
    let order = Order {
        product_code: Some("QUICK_WAP_WAY"),
        quit_url: Some(payment.return_url),
        ..Order::of(payment, until)
    };
    redirect(gateway, "alipay.trade.wap.pay", &order, payment)
}

fn redirect(
    gateway: &Gateway,
    method: &'static str,
    order: &Order<'_>,
    payment: &Payment<'_>,
) -> Next<Reported> {
    let pages = Pages {
        notice: Some(payment.notice_url),
        back: Some(payment.return_url),
    };
    gateway.page(method, order, &pages)?.and_then(|url| {
        let action = Action::Redirect { url };
        Ok(Step::Done(report(None, Status::RequiresAction(action))))
    })
}

/// A code to be scanned.
pub(super) fn precreate(gateway: &Rc<Gateway>, payment: &Payment<'_>) -> Next<Reported> {
    let Some(until) = payable_until(payment, gateway.now) else {
        return too_late();
    };
    let expires_at = until.min(gateway.now.plus_seconds(CODE_S));
    let order = Order {
        product_code: gateway.keys.precreate_product,
        ..Order::of(payment, until)
    };
    let pages = Pages {
        notice: Some(payment.notice_url),
        back: None,
    };
    let (trade, asker) = (Trade::of(payment), Rc::clone(gateway));
    gateway
        .call("alipay.trade.precreate", &order, &pages)?
        .and_then(move |answer| {
            let status = match outcome::meaning(&answer) {
                Meaning::Done => {
                    is_about(&answer, &trade)?;
                    let content = answer
                        .get("qr_code")
                        .filter(|code| code.len() <= CODE_MAX)
                        .ok_or(ChannelError::Malformed("no qr_code of a fitting length"))?
                        .to_owned();
                    Status::RequiresAction(Action::Qr {
                        content,
                        expires_at,
                    })
                }
                Meaning::AskTrade => return query(&asker, trade),
                Meaning::Declined(reason) => {
                    Status::Declined(Decline::new(reason, answer.sub_code()))
                }
                Meaning::Refused => return Err(outcome::refused(&answer)),
                Meaning::NotExist | Meaning::Unknown => return Err(outcome::unavailable(&answer)),
            };
            Ok(Step::Done(report(None, status)))
        })
}

/// `biz_content` of query and close.
#[derive(Serialize)]
struct OneTrade<'a> {
    out_trade_no: &'a str,
}

/// Asks where a trade stands.
pub(super) fn query(gateway: &Rc<Gateway>, trade: Trade) -> Next<Reported> {
    let now = gateway.now;
    let content = OneTrade {
        out_trade_no: trade.reference.as_str(),
    };
    gateway
        .call("alipay.trade.query", &content, &Pages::default())?
        .and_then(move |answer| match outcome::meaning(&answer) {
            Meaning::Done => Ok(Step::Done(read(&answer, &trade, now)?)),
            Meaning::NotExist => Ok(Step::Done(report(None, Status::NotFound))),
            // A refused question says nothing of the trade.
            Meaning::AskTrade | Meaning::Declined(_) | Meaning::Refused | Meaning::Unknown => {
                Err(outcome::unavailable(&answer))
            }
        })
}

/// Closes an unpaid trade. What cannot be closed is asked for, and reported as it is.
pub(super) fn close(gateway: &Rc<Gateway>, trade: Trade) -> Next<Reported> {
    let asker = Rc::clone(gateway);
    let content = OneTrade {
        out_trade_no: trade.reference.as_str(),
    };
    gateway
        .call("alipay.trade.close", &content, &Pages::default())?
        .and_then(move |answer| match outcome::meaning(&answer) {
            Meaning::Done => {
                is_about(&answer, &trade)?;
                Ok(Step::Done(report(answer.trade_no(), Status::Closed)))
            }
            Meaning::AskTrade => query(&asker, trade),
            Meaning::NotExist => Ok(Step::Done(report(None, Status::NotFound))),
            Meaning::Refused => Err(outcome::refused(&answer)),
            Meaning::Declined(_) | Meaning::Unknown => Err(outcome::unavailable(&answer)),
        })
}

/// What an answer to a query says of the trade.
fn read(answer: &Answer, trade: &Trade, now: UnixTime) -> Result<Reported, ChannelError> {
    if answer.get("out_trade_no") != Some(trade.reference.as_str()) {
        return Err(ChannelError::Malformed("the answer is about another trade"));
    }
    // Two states that look like success before the merchant has the money, both for products that
    // have to be agreed upon with Alipay (AlipayTradeQueryResponse.java): the buyer has paid and
    // the seller not received it, and the buyer pays after delivery.
    if answer
        .get("additional_status")
        .or(answer.get("credit_pay_mode"))
        .is_some()
    {
        return Ok(report(answer.trade_no(), Status::Pending));
    }
    let paid_at = answer.time("send_pay_date");
    let facts = TradeFacts {
        status: answer.get("trade_status"),
        was_paid: answer.get("send_pay_date").is_some(),
        number: answer.trade_no(),
        // Alipay may leave it out; the answer itself is then the first we know of it.
        paid_at: paid_at.unwrap_or(now),
    };
    let reported = facts.report(trade, Source::Answer, || {
        answer.money("total_amount", "trans_currency")
    })?;
    // What the payee is charged, in yuan. Told to merchants alone who came through an institution
    // or have agreed on it (AlipayTradeQueryResponse.java, `charge_amount`).
    let in_yuan = answer.get("settle_currency").is_none_or(|c| c == "CNY");
    let tells = in_yuan && matches!(reported.status, Status::Paid(_));
    let fee = read_money(answer.get("charge_amount"), None).ok();
    Ok(Reported {
        fee: fee.filter(|_| tells),
        ..reported
    })
}

/// What a query's answer and a notice have in common.
pub(super) struct TradeFacts<'a> {
    pub status: Option<&'a str>,
    /// Whether it carries the time of a payment, which an unpaid trade has not.
    pub was_paid: bool,
    pub number: Option<&'a str>,
    pub paid_at: UnixTime,
}

impl TradeFacts<'_> {
    /// The status, for [`Source`] as the caller has verified it.
    ///
    /// `TRADE_CLOSED` has two meanings (AlipayTradeQueryResponse.java, `trade_status`): closed
    /// unpaid, or paid and given back in full. The second is reported as paid, which it was; what
    /// went back is told by refunds.
    pub fn report(
        &self,
        trade: &Trade,
        source: Source,
        amount: impl FnOnce() -> Result<Money, ChannelError>,
    ) -> Result<Reported, ChannelError> {
        let status = match self.status {
            Some("TRADE_SUCCESS" | "TRADE_FINISHED") => self.paid(trade, source, amount()?)?,
            Some("TRADE_CLOSED") if self.was_paid => self.paid(trade, source, amount()?)?,
            Some("TRADE_CLOSED") => Status::Closed,
            // WAIT_BUYER_PAY: opened or scanned, not paid yet. And whatever is new.
            _ => Status::Pending,
        };
        Ok(report(self.number, status))
    }

    fn paid(&self, trade: &Trade, source: Source, amount: Money) -> Result<Status, ChannelError> {
        let number = self
            .number
            .filter(|number| is_trade_number(number))
            .ok_or(ChannelError::Malformed("a paid trade without its number"))?;
        if !amount.is_positive() {
            return Err(ChannelError::Malformed("a paid trade without an amount"));
        }
        Ok(Status::Paid(PaymentProof::new(PaymentEvidence {
            kind: ProofKind::Captured,
            source,
            account: &trade.account,
            reference: trade.reference.clone(),
            attempt: None,
            channel_number: number,
            amount,
            at: self.paid_at,
        })))
    }
}

fn report(number: Option<&str>, status: Status) -> Reported {
    Reported {
        channel_number: number.map(str::to_owned),
        card: None,
        fee: None,
        status,
    }
}

/// Nothing is sent, so nothing can be paid.
fn too_late() -> Next<Reported> {
    let decline = Decline::new(DeclineReason::TimedOut, "expired");
    Ok(Step::Done(report(None, Status::Declined(decline))))
}

/// An answer that names a trade has to name ours.
pub(super) fn is_about(answer: &Answer, trade: &Trade) -> Result<(), ChannelError> {
    match answer.get("out_trade_no") {
        Some(number) if number != trade.reference.as_str() => {
            Err(ChannelError::Malformed("the answer is about another trade"))
        }
        _ => Ok(()),
    }
}

/// Until when the trade can be paid: the order's expiry, within what Alipay allows. In an order's
/// last minute that is a little longer; a payment that comes then is a late one. `None` when the
/// order has expired.
fn payable_until(payment: &Payment<'_>, now: UnixTime) -> Option<UnixTime> {
    let (least, most) = PAYABLE_S;
    // Beijing time is stated in whole seconds, rounded down.
    (payment.expires_at > now).then(|| {
        payment
            .expires_at
            .max(now.plus_seconds(least))
            .min(now.plus_seconds(most))
    })
}

/// What the shopper reads: at most 256 characters, without `/`, `=` and `&`, which Alipay forbids
/// (AlipayTradePagePayModel.java, `subject`; the full-width forms stand in), never empty.
fn subject(payment: &Payment<'_>) -> String {
    let text = one_line(payment.description, 256, |c| match c {
        '/' => '／',
        '=' => '＝',
        '&' => '＆',
        c => c,
    });
    if text.is_empty() {
        payment.reference.as_str().to_owned()
    } else {
        text
    }
}

/// At most `max` characters of `text`, trimmed, with blanks for control characters.
pub(super) fn one_line(text: &str, max: usize, replace: impl Fn(char) -> char) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { replace(c) };
    let text: String = text.trim().chars().map(clean).take(max).collect();
    text.trim_end().to_owned()
}
