//! Alipay, mainland OpenAPI (`gateway.do`), signature RSA2, key mode and certificate mode.
//!
//! In scope: page.pay on desktops, wap.pay on phones, precreate for a QR code; query, close,
//! refund, refund query, and trade notices. Not in scope: OpenAPI v3, Antom, content encryption,
//! bar codes, mini programs, and acting for other merchants (`app_auth_token`).
//!
//! Facts are taken from npm alipay-sdk 4.14.0 (src/), from the field comments of
//! alipay-sdk-java-all (v2, com/alipay/api/{domain,response}), and from Alipay's documentation.
//! A trade comes into being when the shopper opens the page or scans the code, not when it is
//! created here: until then Alipay knows nothing of it, which is [`super::Status::NotFound`].

mod answer;
mod fields;
mod gateway;
mod keys;
mod notice;
mod outcome;
mod refund;
#[cfg(test)]
mod tests;
mod trade;

use super::{
    Account, CaptureMode, Channel, ChannelError, ChannelId, Currencies, Declaration, Diagnosis,
    Flow, Fresh, Method, MethodSpec, Noticed, Payment, RefundOrder, RefundReported, RefundRules,
    Reported,
};
use crate::http::{Request, Response};
use crate::id::Mode;
use crate::money::Money;
use crate::sign::Next;
use gateway::Gateway;
use keys::Keys;

/// Alipay.
#[derive(Debug)]
pub struct Alipay;

/// The smallest and largest `total_amount`: 0.01 to 100,000,000.00 yuan
/// (AlipayTradePagePayModel.java, AlipayTradePrecreateModel.java).
const AMOUNT_MINOR: (i64, i64) = (1, 10_000_000_000);

static DECLARATION: Declaration = Declaration {
    id: ChannelId::Alipay,
    name: "Alipay",
    fields: fields::FIELDS,
    sandbox: true,
    notice_secret: None,
    methods: &[MethodSpec {
        method: Method::Alipay,
        flows: &[Flow::Qr, Flow::RedirectDesktop, Flow::RedirectPhone],
        // Precreate is no part of the two website products.
        on_request: &[Flow::Qr],
        currencies: Currencies::Only(&["CNY"]),
        lane: None,
        amount_minor: AMOUNT_MINOR,
    }],
    manual_capture: false,
    close: true,
    // Twelve months unless the contract says otherwise. How many refunds a trade can have is not
    // stated for this call (99 for an older one): 50 is the smallest number that is told.
    refunds: RefundRules {
        partial: true,
        max_count: 50,
        window_days: 365,
    },
    // A scanned code is paid within seconds. Precreate and page.pay push no notice of a trade that
    // is closed, so that asking must go on.
    query_after_s: &[5, 10, 20, 40, 60, 120, 300, 600, 1200],
    // Told to few merchants, and to those at once.
    fee_after_s: &[3600],
    wants_referrer: false,
    reusable: &[],
};

impl Channel for Alipay {
    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    fn host(&self, account: &Account) -> &'static str {
        match account.mode {
            Mode::Live => "https://openapi.alipay.com",
            Mode::Test => "https://openapi-sandbox.dl.alipaydev.com",
        }
    }

    fn check_credentials(&self, account: &Account) -> Result<(), ChannelError> {
        Keys::read(&account.credentials)?.check_pairs(&account.credentials)
    }

    fn diagnose(&self, error: &ChannelError, _status: Option<u16>) -> Diagnosis {
        Diagnosis::of(error).unwrap_or_else(|| outcome::diagnosis(error.code().unwrap_or_default()))
    }

    fn create(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        if payment.method != Method::Alipay {
            return Err(ChannelError::Unsupported("a method other than Alipay"));
        }
        if payment.capture == CaptureMode::Manual {
            return Err(ChannelError::Unsupported(
                "holding money to capture it later",
            ));
        }
        if DECLARATION
            .methods
            .iter()
            .all(|method| !method.accepts(payment.amount))
        {
            return Err(ChannelError::Unsupported(
                "an amount outside 0.01 to 100,000,000.00 CNY",
            ));
        }
        let gateway = Gateway::new(base, payment.account, fresh)?;
        match payment.flow {
            Flow::Qr => trade::precreate(&gateway, payment),
            Flow::RedirectDesktop => trade::page_pay(&gateway, payment),
            Flow::RedirectPhone => trade::wap_pay(&gateway, payment),
            Flow::Bridge | Flow::Card => Err(ChannelError::Unsupported(
                "a flow other than QR code and redirect",
            )),
        }
    }

    fn query(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let gateway = Gateway::new(base, payment.account, fresh)?;
        trade::query(&gateway, trade::Trade::of(payment))
    }

    fn query_fee(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        self.query(base, payment, fresh)
    }

    fn capture(
        &self,
        _base: &str,
        _payment: &Payment<'_>,
        _amount: Money,
        _fresh: &Fresh,
    ) -> Next<Reported> {
        Err(ChannelError::Unsupported(
            "holding money to capture it later",
        ))
    }

    /// Of a trade that nobody has opened, Alipay knows nothing and closes nothing
    /// ([`super::Status::NotFound`]): its link or code stays usable until the order's expiry,
    /// which it carries.
    fn close(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let gateway = Gateway::new(base, payment.account, fresh)?;
        trade::close(&gateway, trade::Trade::of(payment))
    }

    fn refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported> {
        let gateway = Gateway::new(base, payment.account, fresh)?;
        refund::refund(&gateway, payment, refund)
    }

    fn query_refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported> {
        let gateway = Gateway::new(base, payment.account, fresh)?;
        refund::query(&gateway, refund::Wanted::of(payment, refund))
    }

    fn read_notice(
        &self,
        _base: &str,
        account: &Account,
        notice: &Request,
        fresh: &Fresh,
    ) -> Next<Noticed> {
        notice::read(account, notice, fresh)
    }

    /// Exactly these seven characters; anything else has the notice repeated for some 25 hours.
    fn acknowledge(&self) -> Response {
        Response::new(200, "text/plain", "success")
    }

    fn reject(&self) -> Response {
        Response::new(200, "text/plain", "fail")
    }
}
