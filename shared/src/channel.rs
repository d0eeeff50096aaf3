//! The contract between Causeway and payment channels, and the registry of channels.
//!
//! A channel is one file of pure functions (see [`Channel`]): it says what to sign, what to send
//! and how to read the answer. It does no I/O, reads no clock and draws no random number.
//!
//! Only this module and the files below it can make a [`PaymentProof`] or a [`RefundProof`]; an
//! order becomes paid by nothing else. To review who may say "paid", review this folder.
//!
//! To add a channel: its file, one `mod` line, one [`ChannelId`] variant with its registry lines,
//! one transcript folder, one simulator.

mod account;
pub mod alipay;
mod asked;
mod declaration;
mod diagnosis;
mod error;
mod keys;
mod proof;
mod registry;
mod said;
pub mod stripe;
#[cfg(test)]
pub(crate) mod testing;
mod told;
#[cfg(test)]
mod vectors;
pub mod wechatpay;

pub use account::{Account, Credentials};
pub use asked::{Fresh, Payment, RefundOrder, Shopper};
pub use declaration::{
    Choice, Currencies, Declaration, FieldKind, FieldSpec, Lane, MethodSpec, RefundRules, Words,
};
pub use diagnosis::Diagnosis;
pub use error::{ChannelCode, ChannelError};
pub use proof::{ByHand, PaymentProof, ProofKind, RefundProof, Source};
pub use registry::channel;
pub use said::{
    Action, CardFacts, Decline, DeclineReason, Fact, Noticed, RefundReported, RefundStatus,
    Reported, Status, Subject,
};
pub use told::Told;

use serde::{Deserialize, Serialize};

use crate::http::{Request, Response};
use crate::money::Money;
use crate::sign::Next;

/// A payment system that Causeway can speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelId {
    /// Alipay, mainland OpenAPI.
    Alipay,
    /// Stripe.
    Stripe,
    /// WeChat Pay API v3, direct merchant.
    WechatPay,
}

/// What the shopper chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The Alipay wallet.
    Alipay,
    /// A payment card.
    Card,
    /// The WeChat Pay wallet.
    WechatPay,
}

/// How a method reaches the shopper. The widget states the device, the worker picks the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Card data sealed in the frame.
    Card,
    /// Inside the channel's own app browser, through its script bridge (WeChat JSAPI).
    Bridge,
    /// A code on the screen, scanned with the phone.
    Qr,
    /// The channel's page, made for a desktop browser.
    RedirectDesktop,
    /// The channel's page or app, made for a phone browser.
    RedirectPhone,
}

/// Whether an approved payment is taken at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// The money is taken when the payment is approved.
    #[default]
    Automatic,
    /// The money is held, and taken when the merchant captures.
    Manual,
}

/// A payment channel. No default methods: silence must not look like success.
///
/// `base` is the gateway's address without a trailing slash: the channel's live or test host, or
/// a simulator's. Channels with several hosts add their own paths.
pub trait Channel: Sync {
    /// What the channel can do, and what an account needs.
    fn declaration(&self) -> &'static Declaration;

    /// The gateway's address for an account in its mode.
    fn host(&self, account: &Account) -> &'static str;

    /// Checks that the credentials are there and of their form, without asking the channel.
    ///
    /// # Errors
    /// [`ChannelError::Credentials`] names the first field to mend.
    fn check_credentials(&self, account: &Account) -> Result<(), ChannelError>;

    /// What is wrong with an account whose question ended in `error`; `status` is that of the
    /// channel's last answer, if it gave one.
    fn diagnose(&self, error: &ChannelError, status: Option<u16>) -> Diagnosis;

    /// Starts a payment. Repeating it with the same attempt starts no second one.
    fn create(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

    /// Asks where a payment stands.
    fn query(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

    /// Asks what a payment that was taken has cost: [`Reported::fee`]. It may ask for more than
    /// [`Channel::query`] does, and so be refused where that is not: nothing but the fee rests on
    /// it.
    fn query_fee(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

    /// Takes `amount` of an authorized payment; the rest is released.
    fn capture(
        &self,
        base: &str,
        payment: &Payment<'_>,
        amount: Money,
        fresh: &Fresh,
    ) -> Next<Reported>;

    /// Ends an unpaid or merely authorized payment, so that it can never be paid. Reports what
    /// the channel says it is then: a payment that was paid meanwhile is reported as paid.
    fn close(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

    /// Gives money back. Repeating it with the same refund id refunds once.
    fn refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported>;

    /// Asks where a refund stands.
    fn query_refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        fresh: &Fresh,
    ) -> Next<RefundReported>;

    /// Verifies a notice, then decrypts it, then reads it; in this order.
    fn read_notice(
        &self,
        base: &str,
        account: &Account,
        notice: &Request,
        fresh: &Fresh,
    ) -> Next<Noticed>;

    /// The answer that makes the channel stop repeating the notice.
    fn acknowledge(&self) -> Response;

    /// The answer that makes the channel repeat the notice later.
    fn reject(&self) -> Response;
}
