//! The bodies of requests, cut to WeChat Pay's limits.
//!
//! Limits confirmed on pay.weixin.qq.com (doc/v3/merchant/4012525171 and its siblings) and in
//! wechatpay-go (`services/payments/*/models.go`, `services/refunddomestic/models.go`). Lengths are
//! counted in bytes of UTF-8: the gateway says so in its `PARAM_ERROR` messages, and refuses a
//! description of 69 characters and 135 bytes (JeffreySu/WeiXinMPSDK, issue 3217), although the
//! page speaks of 127 characters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::credentials::Merchant;
use crate::channel::{CaptureMode, ChannelError, Flow, Method, Payment, RefundOrder};
use crate::id::Reference;
use crate::money::{Currency, Money};

const DESCRIPTION_BYTES: usize = 127;
const REASON_BYTES: usize = 80;
const NOTIFY_URL_BYTES: usize = 255;
/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// One of the three products that we have orders in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// A page for the phone's browser, which opens WeChat.
    H5,
    /// Inside WeChat's own browser.
    Jsapi,
    /// A QR code.
    Native,
}

impl Product {
    /// The product for a flow.
    pub fn of(flow: Flow) -> Result<Self, ChannelError> {
        match flow {
            Flow::Bridge => Ok(Self::Jsapi),
            Flow::Qr => Ok(Self::Native),
            Flow::RedirectPhone => Ok(Self::H5),
            Flow::Card | Flow::RedirectDesktop => {
                Err(ChannelError::Unsupported("WeChat Pay has no such flow"))
            }
        }
    }

    /// Where orders of it are created.
    pub fn path(self) -> &'static str {
        match self {
            Self::H5 => "/v3/pay/transactions/h5",
            Self::Jsapi => "/v3/pay/transactions/jsapi",
            Self::Native => "/v3/pay/transactions/native",
        }
    }
}

/// The body of a create request; the order of the fields is the order in which they are sent.
#[derive(Serialize)]
pub(super) struct Order {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: String,
    notify_url: String,
    amount: OrderAmount,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Scene>,
}

#[derive(Serialize)]
struct OrderAmount {
    total: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Payer {
    openid: String,
}

#[derive(Serialize)]
struct Scene {
    payer_client_ip: String,
    h5_info: H5Info,
}

#[derive(Serialize)]
struct H5Info {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Order {
    /// The body for a payment. Repeated for the same attempt it is the same, byte for byte, as the
    /// gateway demands of a repeated `out_trade_no`.
    pub fn new(
        product: Product,
        payment: &Payment<'_>,
        merchant: &Merchant,
    ) -> Result<Self, ChannelError> {
        if payment.method != Method::WechatPay {
            return Err(ChannelError::Unsupported("WeChat Pay has no such method"));
        }
        if payment.capture == CaptureMode::Manual {
            return Err(ChannelError::Unsupported(
                "WeChat Pay takes the money at once",
            ));
        }
        let payer = match product {
            Product::Jsapi => Some(Payer {
                openid: openid(payment)?,
            }),
            Product::H5 | Product::Native => None,
        };
        let scene_info = match product {
            Product::H5 => Some(Scene {
                payer_client_ip: client_ip(payment)?,
                h5_info: H5Info { kind: "Wap" },
            }),
            Product::Jsapi | Product::Native => None,
        };
        Ok(Self {
            appid: merchant.appid.clone(),
            mchid: merchant.mchid.clone(),
            description: description(payment),
            out_trade_no: payment.reference.as_str().to_owned(),
            time_expire: payment.expires_at.rfc3339_beijing(),
            notify_url: notify_url(payment)?,
            amount: OrderAmount {
                total: total(payment.amount)?,
                currency: "CNY",
            },
            payer,
            scene_info,
        })
    }
}

/// The body of a close request.
#[derive(Serialize)]
pub(super) struct Close {
    mchid: String,
}

impl Close {
    /// The body for any order of the merchant.
    pub fn new(merchant: &Merchant) -> Self {
        Self {
            mchid: merchant.mchid.clone(),
        }
    }
}

/// The body of a refund request.
#[derive(Serialize)]
pub(super) struct RefundBody {
    /// The order by the channel's number where it is known: the gateway has been seen not to find
    /// a paid order by ours for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<String>,
    /// Up to 64 of `[0-9A-Za-z_|*@-]`; the same number is refunded once.
    out_refund_no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    notify_url: String,
    amount: RefundTotals,
}

#[derive(Serialize)]
struct RefundTotals {
    refund: i64,
    total: i64,
    currency: &'static str,
}

impl RefundBody {
    /// The body for a refund of a payment.
    pub fn new(payment: &Payment<'_>, refund: &RefundOrder<'_>) -> Result<Self, ChannelError> {
        let transaction_id = payment.channel_number.map(str::to_owned);
        let out_trade_no = transaction_id
            .is_none()
            .then(|| payment.reference.as_str().to_owned());
        let reason = refund.reason.map(|reason| cut(reason, REASON_BYTES));
        Ok(Self {
            transaction_id,
            out_trade_no,
            out_refund_no: refund.refund.as_str().to_owned(),
            reason: reason.filter(|reason| !reason.is_empty()),
            notify_url: notify_url(payment)?,
            amount: RefundTotals {
                refund: total(refund.amount)?,
                total: total(refund.captured)?,
                currency: "CNY",
            },
        })
    }
}

/// Path and query of the query for an order.
pub(super) fn query_path(reference: &Reference, merchant: &Merchant) -> String {
    format!(
        "/v3/pay/transactions/out-trade-no/{reference}?mchid={}",
        merchant.mchid
    )
}

/// Path of the request that closes an order.
pub(super) fn close_path(reference: &Reference) -> String {
    format!("/v3/pay/transactions/out-trade-no/{reference}/close")
}

/// Where refunds are asked for; with `/` and the refund's number, queried.
pub(super) const REFUNDS: &str = "/v3/refund/domestic/refunds";

/// The H5 page, told where to send the shopper back to.
pub(super) fn with_return_url(h5_url: &str, return_url: &str) -> String {
    let separator = if h5_url.contains('?') { '&' } else { '?' };
    format!(
        "{h5_url}{separator}redirect_url={}",
        utf8_percent_encode(return_url, COMPONENT)
    )
}

fn total(amount: Money) -> Result<i64, ChannelError> {
    if amount.currency() != Currency::CNY {
        return Err(ChannelError::Unsupported("WeChat Pay charges CNY alone"));
    }
    if !amount.is_positive() {
        return Err(ChannelError::Unsupported("the amount is not above zero"));
    }
    Ok(amount.minor())
}

/// An address that takes notices: no query string, no fragment.
fn notify_url(payment: &Payment<'_>) -> Result<String, ChannelError> {
    let url = payment.notice_url;
    if url.len() > NOTIFY_URL_BYTES || url.contains(['?', '#']) {
        return Err(ChannelError::Unsupported(
            "the notice address is longer than 255 characters, or has a query string",
        ));
    }
    Ok(url.to_owned())
}

fn openid(payment: &Payment<'_>) -> Result<String, ChannelError> {
    payment
        .shopper
        .openid
        .filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
        .map(str::to_owned)
        .ok_or(ChannelError::Unsupported(
            "paying inside WeChat needs the shopper's openid",
        ))
}

fn client_ip(payment: &Payment<'_>) -> Result<String, ChannelError> {
    payment
        .shopper
        .ip
        .and_then(|ip| ip.parse::<std::net::IpAddr>().ok())
        .map(|ip| ip.to_string())
        .ok_or(ChannelError::Unsupported(
            "the phone page needs the shopper's IP address",
        ))
}

/// What the shopper reads in WeChat; never empty.
fn description(payment: &Payment<'_>) -> String {
    let text = cut(payment.description, DESCRIPTION_BYTES);
    if text.is_empty() {
        payment.reference.as_str().to_owned()
    } else {
        text
    }
}

/// One line of at most `bytes` bytes, whole characters only.
fn cut(text: &str, bytes: usize) -> String {
    let mut line = String::new();
    for c in text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
    {
        if line.len() + c.len_utf8() > bytes {
            break;
        }
        line.push(c);
    }
    line.truncate(line.trim_end().len());
    line
}
