//! WeChat Pay, API v3, direct merchants in mainland China.
//!
//! In scope: Native (QR code), H5 (phone browser) and JSAPI (inside WeChat); query, close, refund,
//! notices; answers verified with the WeChat Pay public key, with platform certificates, or with
//! both while a merchant changes over. Not in scope: partner and cross-border merchants, barcodes,
//! app and mini-program payments, APIv2.
//!
//! There is no sandbox: a test account talks to the live host, with live money.

mod answer;
mod credentials;
mod exchange;
mod fields;
mod notice;
mod request;
#[cfg(test)]
mod tests;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use self::answer::{Answer, Call, Meaning, Refund, Transaction, parse};
use self::credentials::Merchant;
use self::exchange::{Exchange, PROBED, WRONG_TIME};
use self::request::{Close, Order, Product, REFUNDS, RefundBody};
use super::{
    Account, Action, Channel, ChannelError, ChannelId, Currencies, Declaration, Diagnosis, Flow,
    Fresh, Method, MethodSpec, Noticed, Payment, RefundOrder, RefundReported, RefundRules,
    RefundStatus, Reported, Source, Status,
};
use crate::http::{Request, Response};
use crate::id::{Reference, RefundId};
use crate::money::{MINOR_MAX, Money};
use crate::sign::{Next, Step};
use crate::time::UnixTime;
use crate::wire::is_web_url;

/// The channel.
pub struct WechatPay;

/// How long a code_url can be scanned, in seconds; asking again gives a new one.
const QR_LIFETIME_S: i64 = 2 * 60 * 60;

static DECLARATION: Declaration = Declaration {
    id: ChannelId::WechatPay,
    name: "WeChat Pay",
    fields: fields::FIELDS,
    sandbox: false,
    notice_secret: None,
    methods: &[MethodSpec {
        method: Method::WechatPay,
        flows: &[Flow::Bridge, Flow::Qr, Flow::RedirectPhone],
        on_request: &[],
        currencies: Currencies::Only(&["CNY"]),
        lane: None,
        // One fen; no largest amount is stated, each shopper has limits of their own.
        amount_minor: (1, MINOR_MAX),
    }],
    manual_capture: false,
    close: true,
    // Within a year, at most 50 for one order (pay.weixin.qq.com, refund requests).
    refunds: RefundRules {
        partial: true,
        max_count: 50,
        window_days: 365,
    },
    query_after_s: &[5, 15, 30, 60, 120, 300, 600],
    fee_after_s: &[],
    // An h5_url that is opened without a Referer, or from a domain that is not registered for H5
    // payments, ends in an error page (pay.weixin.qq.com/wiki/doc/api/H5.php?chapter=15_4).
    wants_referrer: true,
    // Below the 300 s for which the signature of the download is taken.
    reusable: &[("/v3/certificates", 240)],
};

impl Channel for WechatPay {
    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn host(&self, _account: &Account) -> &'static str {
        "https://api.mch.weixin.qq.com"
    }

    fn check_credentials(&self, account: &Account) -> Result<(), ChannelError> {
        Merchant::read(account).map(|_| ())
    }

    fn diagnose(&self, error: &ChannelError, _status: Option<u16>) -> Diagnosis {
        match error {
            ChannelError::Unauthentic(WRONG_TIME) => Diagnosis::Clock,
            // Sent now and then to every merchant: it says nothing of the keys.
            ChannelError::Unauthentic(PROBED) => Diagnosis::Unknown,
            _ => Diagnosis::of(error)
                .unwrap_or_else(|| answer::diagnosis(error.code().unwrap_or_default())),
        }
    }

    fn create(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let exchange = Exchange::new(base, payment.account, fresh)?;
        let product = Product::of(payment.flow)?;
        let order = Order::new(product, payment, &exchange.merchant)?;
        let created = Created {
            product,
            reference: payment.reference.clone(),
            return_url: payment.return_url.to_owned(),
            expires_at: payment.expires_at,
        };
        exchange
            .post(product.path(), &order)?
            .and_then(|(exchange, answer)| created.read(exchange, &answer))
    }

    fn query(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        query(
            Exchange::new(base, payment.account, fresh)?,
            payment.reference.clone(),
        )
    }

    /// No answer tells it; the files of a day's trades and funds do.
    fn query_fee(&self, _: &str, _: &Payment<'_>, _: &Fresh) -> Next<Reported> {
        Err(ChannelError::Unsupported("WeChat Pay tells fees in files"))
    }

    fn capture(&self, _: &str, _: &Payment<'_>, _: Money, _: &Fresh) -> Next<Reported> {
        Err(ChannelError::Unsupported(
            "WeChat Pay takes the money at once",
        ))
    }

    fn close(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let exchange = Exchange::new(base, payment.account, fresh)?;
        let reference = payment.reference.clone();
        let body = Close::new(&exchange.merchant);
        let closed = exchange.post(&request::close_path(&reference), &body)?;
        closed.and_then(|(exchange, answer)| {
            // 204 is also said of a number that the gateway does not know
            // (developers.weixin.qq.com/community/pay/doc/00048a1efdc23011142d839d351800): only a
            // query tells.
            if answer.is_success() || answer.meaning(Call::Close) == Meaning::Exists {
                query(exchange, reference)
            } else {
                Err(answer.error(Call::Close))
            }
        })
    }

    fn refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported> {
        let exchange = Exchange::new(base, payment.account, fresh)?;
        let body = RefundBody::new(payment, refund)?;
        let asked = AskedRefund::new(payment, refund);
        let sent = exchange.post(REFUNDS, &body)?;
        sent.and_then(|(exchange, answer)| {
            if answer.is_success() {
                return asked.read(&exchange, &answer).map(Step::Done);
            }
            let code = answer.code();
            match answer.meaning(Call::Refund) {
                Meaning::Declined(reason) => Ok(Step::Done(RefundReported {
                    channel_number: None,
                    status: RefundStatus::Failed(super::Decline::new(reason, code.as_str())),
                })),
                Meaning::Ask => asked
                    .query(exchange)?
                    .and_then(|reported| match reported.status {
                        RefundStatus::NotFound => Err(ChannelError::Refused(code)),
                        _ => Ok(Step::Done(reported)),
                    }),
                _ => Err(answer.error(Call::Refund)),
            }
        })
    }

    fn query_refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported> {
        let exchange = Exchange::new(base, payment.account, fresh)?;
        AskedRefund::new(payment, refund).query(exchange)
    }

    fn read_notice(
        &self,
        base: &str,
        account: &Account,
        notice: &Request,
        fresh: &Fresh,
    ) -> Next<Noticed> {
        let received = Exchange::new(base, account, fresh)?.receive_notice(notice)?;
        received.and_then(|(exchange, body)| notice::read(&exchange, &body).map(Step::Done))
    }

    fn acknowledge(&self) -> Response {
        Response {
            status: 204,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn reject(&self) -> Response {
        Response::new(
            500,
            "application/json",
            r#"{"code":"FAIL","message":"not accepted"}"#,
        )
    }
}

/// What has to be remembered until a created order is answered.
struct Created {
    product: Product,
    reference: Reference,
    return_url: String,
    expires_at: UnixTime,
}

#[derive(Deserialize)]
struct CreatedBody {
    code_url: Option<String>,
    h5_url: Option<String>,
    prepay_id: Option<String>,
}

impl Created {
    fn read(self, exchange: Exchange, answer: &Answer) -> Next<Reported> {
        if answer.is_success() {
            return self.action(exchange, parse(&answer.body)?);
        }
        let code = answer.code();
        let if_not_found = match answer.meaning(Call::Create) {
            Meaning::Ask => ChannelError::Refused(code),
            Meaning::Exists => ChannelError::Unavailable(code),
            _ => return Err(answer.error(Call::Create)),
        };
        query(exchange, self.reference)?.and_then(|reported| match reported.status {
            Status::NotFound => Err(if_not_found),
            _ => Ok(Step::Done(reported)),
        })
    }

    /// What the shopper has to do with a new order.
    fn action(self, exchange: Exchange, body: CreatedBody) -> Next<Reported> {
        let action = match self.product {
            Product::H5 => {
                let page = bounded(body.h5_url)?;
                // Only a simulator's is `http`, on this machine.
                if !is_web_url(&page, true) {
                    return Err(ChannelError::Malformed(
                        "h5_url is not an address of a page",
                    ));
                }
                Action::Redirect {
                    url: request::with_return_url(&page, &self.return_url),
                }
            }
            Product::Jsapi => return bridge(exchange, &bounded(body.prepay_id)?),
            Product::Native => {
                let dies_at = exchange
                    .now
                    .plus_seconds(QR_LIFETIME_S)
                    .min(self.expires_at);
                Action::Qr {
                    content: bounded(body.code_url)?,
                    expires_at: dies_at,
                }
            }
        };
        Ok(Step::Done(required(action)))
    }
}

/// A text of a create answer: 64 to 512 characters are documented.
fn bounded(text: Option<String>) -> Result<String, ChannelError> {
    text.filter(|t| (1..=512).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or(ChannelError::Malformed("nothing to hand to the shopper"))
}

fn required(action: Action) -> Reported {
    Reported {
        channel_number: None,
        card: None,
        fee: None,
        status: Status::RequiresAction(action),
    }
}

/// The parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BridgeParameters {
    app_id: String,
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: &'static str,
    pay_sign: String,
}

/// Signs what WeChat's script bridge is called with: app id, time, nonce and package, each with a
/// line feed (wechatpay-go, `services/payments/jsapi/api_jsapi_request_payment.go`).
fn bridge(mut exchange: Exchange, prepay_id: &str) -> Next<Reported> {
    let mut parameters = BridgeParameters {
        app_id: exchange.merchant.appid.clone(),
        time_stamp: exchange.now.seconds().to_string(),
        nonce_str: exchange.take_nonce(),
        package: format!("prepay_id={prepay_id}"),
        sign_type: "RSA",
        pay_sign: String::new(),
    };
    let BridgeParameters {
        app_id,
        time_stamp,
        nonce_str,
        package,
        ..
    } = &parameters;
    let message = format!("{app_id}\n{time_stamp}\n{nonce_str}\n{package}\n");
    Ok(Step::sign(
        exchange.sign(message.into_bytes()),
        move |signature| {
            parameters.pay_sign = Base64::encode_string(&signature);
            let parameters = serde_json::to_string(&parameters).map_err(|_| {
                ChannelError::Malformed("the bridge's parameters cannot be written")
            })?;
            Ok(Step::Done(required(Action::Bridge { parameters })))
        },
    ))
}

/// Asks for an order by our number.
fn query(exchange: Exchange, reference: Reference) -> Next<Reported> {
    let path = request::query_path(&reference, &exchange.merchant);
    exchange.get(&path)?.and_then(move |(exchange, answer)| {
        if answer.meaning(Call::Query) == Meaning::NotFound {
            let status = Status::NotFound;
            return Ok(Step::Done(Reported {
                channel_number: None,
                card: None,
                fee: None,
                status,
            }));
        }
        if !answer.is_success() {
            return Err(answer.error(Call::Query));
        }
        let transaction: Transaction = parse(&answer.body)?;
        let merchant = &exchange.merchant;
        if !transaction.is_of(merchant) || transaction.reference().as_ref() != Some(&reference) {
            return Err(ChannelError::Malformed("the answer is about another order"));
        }
        let reported = transaction.reported(&reference, merchant, Source::Answer, exchange.now)?;
        Ok(Step::Done(reported))
    })
}

/// Which refund was asked for or about.
#[derive(Clone)]
struct AskedRefund {
    id: RefundId,
    reference: Reference,
}

impl AskedRefund {
    fn new(payment: &Payment<'_>, refund: &RefundOrder<'_>) -> Self {
        Self {
            id: refund.refund.clone(),
            reference: payment.reference.clone(),
        }
    }

    fn query(self, exchange: Exchange) -> Next<RefundReported> {
        let path = format!("{REFUNDS}/{}", self.id);
        exchange.get(&path)?.and_then(move |(exchange, answer)| {
            if answer.meaning(Call::QueryRefund) == Meaning::NotFound {
                let status = RefundStatus::NotFound;
                return Ok(Step::Done(RefundReported {
                    channel_number: None,
                    status,
                }));
            }
            if !answer.is_success() {
                return Err(answer.error(Call::QueryRefund));
            }
            self.read(&exchange, &answer).map(Step::Done)
        })
    }

    /// Reads a successful answer about the refund.
    fn read(&self, exchange: &Exchange, answer: &Answer) -> Result<RefundReported, ChannelError> {
        let refund: Refund = parse(&answer.body)?;
        if refund.id().as_ref() != Some(&self.id)
            || refund.reference().as_ref() != Some(&self.reference)
        {
            return Err(ChannelError::Malformed(
                "the answer is about another refund",
            ));
        }
        refund.reported(&self.id, &exchange.merchant, Source::Answer, exchange.now)
    }
}
