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
mod declaration;
mod keys;
mod proof;
mod registry;
pub mod stripe;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod vectors;
pub mod wechatpay;

pub use account::{Account, Credentials, FieldSpec};
pub use declaration::{Currencies, Declaration, Lane, MethodSpec, RefundRules};
pub use proof::{PaymentProof, ProofKind, RefundProof, Source};
pub use registry::channel;

use serde::{Deserialize, Serialize};

use crate::card::CardPlain;
use crate::http::{Request, Response};
use crate::id::{AttemptId, OrderId, Reference, RefundId};
use crate::money::Money;
use crate::sign::Next;
use crate::time::UnixTime;

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

/// What the shopper has to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Call the channel's script bridge with these parameters (WeChat JSAPI), a JSON object.
    Bridge {
        /// The parameters, as JSON text made by the channel file.
        parameters: String,
    },
    /// Show the card issuer's page in a frame of its own (3-D Secure).
    Challenge {
        /// The page's address.
        url: String,
    },
    /// Post a form to the channel from a top-level page of ours.
    FormPost {
        /// Where to.
        url: String,
        /// The fields, in order.
        fields: Vec<(String, String)>,
    },
    /// Draw this content as a QR code.
    Qr {
        /// The code's content.
        content: String,
        /// When the code dies.
        expires_at: UnixTime,
    },
    /// Go to the channel's page.
    Redirect {
        /// The page's address.
        url: String,
    },
}

/// A definite "no" to one attempt: nothing was and nothing will be charged by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// What it means for shopper and merchant.
    pub reason: DeclineReason,
    /// The channel's own code, for support; at most 64 characters, no personal data.
    pub channel_code: String,
}

impl Decline {
    /// Keeps at most 64 printable ASCII characters of the channel's code.
    #[must_use]
    pub fn new(reason: DeclineReason, channel_code: &str) -> Self {
        let channel_code = channel_code
            .chars()
            .filter(char::is_ascii_graphic)
            .take(64)
            .collect();
        Self {
            reason,
            channel_code,
        }
    }
}

/// Why an attempt was declined: one text per reason in the locale files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The shopper or issuer did not authenticate (3-D Secure failed or was abandoned).
    AuthenticationFailed,
    /// Declined without a stated reason.
    CardDeclined,
    /// The channel refused our request (keys, permission, parameters): the merchant has to act.
    ConfigurationError,
    /// The card has expired.
    ExpiredCard,
    /// The security code is wrong.
    IncorrectCvc,
    /// The card number is wrong.
    IncorrectNumber,
    /// Not enough money.
    InsufficientFunds,
    /// Amount below or above what the channel or the shopper's account allows.
    LimitExceeded,
    /// This card or wallet cannot pay this order (type, currency, country).
    NotSupported,
    /// Something passing went wrong at the channel; trying again is sensible.
    ProcessingError,
    /// The shopper cancelled at the channel.
    ShopperCancelled,
    /// The channel's risk checks refused.
    RiskRefused,
    /// The time to pay ran out at the channel.
    TimedOut,
}

/// What the worker supplies because a channel file has neither clock nor randomness.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The time to state in requests.
    pub now: UnixTime,
    /// Random characters for nonces, `[0-9A-Za-z]`, 32 of them.
    pub nonce: String,
}

/// One attempt at a payment, as a channel needs to know it.
///
/// It holds the same data at create, query, capture, close and refund, so that any of them can be
/// repeated from what the till stores.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// The account that takes the money.
    pub account: &'a Account,
    /// The order.
    pub order: &'a OrderId,
    /// The attempt; the idempotency key of its creation.
    pub attempt: &'a AttemptId,
    /// Order id and attempt number: the merchant order number at the channel.
    pub reference: &'a Reference,
    /// What is to be paid, in minor units of its currency.
    pub amount: Money,
    /// What the shopper chose.
    pub method: Method,
    /// How it reaches them.
    pub flow: Flow,
    /// What the shopper reads at the channel, in any language; the channel file cuts it to length.
    pub description: &'a str,
    /// When the order can no longer be paid.
    pub expires_at: UnixTime,
    /// When the attempt was started.
    pub created_at: UnixTime,
    /// Take or hold.
    pub capture: CaptureMode,
    /// Where the channel posts notices about this account.
    pub notice_url: &'a str,
    /// Where the channel sends the shopper back to.
    pub return_url: &'a str,
    /// What is known of the shopper.
    pub shopper: Shopper<'a>,
    /// The channel's own number of this payment, once known.
    pub channel_number: Option<&'a str>,
    /// How many captures of it the channel has refused for certain: what is asked for after that
    /// is a new request, which must not be answered with the old refusal.
    pub refused_captures: u32,
    /// The opened card; present only while a card attempt is created.
    pub card: Option<&'a CardPlain>,
}

/// What a channel may be told about the shopper. `Debug` is redacted.
#[derive(Clone, Copy, Default)]
pub struct Shopper<'a> {
    /// E-mail address, for the channel's receipt.
    pub email: Option<&'a str>,
    /// The address that the attempt came from (WeChat H5 needs it).
    pub ip: Option<&'a str>,
    /// BCP 47 language tag.
    pub locale: Option<&'a str>,
    /// The shopper's id at WeChat for this merchant (JSAPI).
    pub openid: Option<&'a str>,
}

impl std::fmt::Debug for Shopper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shopper([redacted])")
    }
}

/// A refund, as a channel needs to know it.
#[derive(Clone, Debug)]
pub struct RefundOrder<'a> {
    /// The refund's id: its idempotency key at the channel.
    pub refund: &'a RefundId,
    /// How much, in the payment's currency.
    pub amount: Money,
    /// What the payment captured in all.
    pub captured: Money,
    /// The merchant's words, if any.
    pub reason: Option<&'a str>,
    /// The channel's own number of this refund, once known.
    pub channel_number: Option<&'a str>,
}

/// What a channel says of a payment, from an answer or a verified notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The channel's own number of this payment, once it has one.
    pub channel_number: Option<String>,
    /// Brand and last four digits where the channel tells them.
    pub card: Option<CardFacts>,
    /// Where the payment stands.
    pub status: Status,
}

/// The part of a card that may be kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFacts {
    /// The brand in lower case, such as `visa`.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
}

/// Where a payment stands at its channel. Whatever a channel file does not know is `Pending`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Status {
    /// The money is held for us, to be captured.
    Authorized(PaymentProof),
    /// The payment ended unpaid and can never be paid: closed, revoked, cancelled, expired.
    Closed,
    /// A definite no.
    Declined(Decline),
    /// The channel does not know the payment (yet): a QR code nobody has scanned, or a request
    /// that never arrived.
    NotFound,
    /// The money was taken.
    Paid(PaymentProof),
    /// Under way, or in a state that we do not know. Ask again.
    Pending,
    /// The shopper has something to do.
    RequiresAction(Action),
}

/// What a channel says of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReported {
    /// The channel's own number of the refund, once it has one.
    pub channel_number: Option<String>,
    /// Where the refund stands.
    pub status: RefundStatus,
}

/// Where a refund stands at its channel. Whatever a channel file does not know is `Pending`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum RefundStatus {
    /// A definite no: the money stays with the merchant.
    Failed(Decline),
    /// The channel does not know this refund: it never arrived there.
    NotFound,
    /// Accepted or unclear. Ask again.
    Pending,
    /// The money is back with the shopper, or irrevocably on its way.
    Settled(RefundProof),
}

/// A notice whose signature holds, read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The channel's id of the notice, the same when it is repeated; at most 128 characters.
    pub notice_id: String,
    /// What it says; empty for a genuine notice about something that we do not keep.
    pub facts: Vec<Fact>,
}

/// One statement of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// About a payment.
    Payment {
        /// Which one.
        subject: Subject,
        /// What.
        reported: Reported,
    },
    /// About a refund.
    Refund {
        /// Of which payment.
        subject: Subject,
        /// Which refund, where the channel carries our id.
        refund: Option<RefundId>,
        /// What.
        reported: RefundReported,
    },
}

/// Which payment a notice is about: by our reference, or by the channel's number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Our reference, where the notice carries it.
    pub reference: Option<Reference>,
    /// The channel's number of the payment.
    pub channel_number: Option<String>,
}

/// Why an exchange with a channel has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// A credential is missing or not of its form. Nothing was sent.
    #[error("credential `{field}`: {problem}")]
    Credentials {
        /// The field of the account.
        field: &'static str,
        /// What is wrong with it, in words for a merchant.
        problem: &'static str,
    },
    /// The channel refused our request for a reason of ours (keys, permission, parameters).
    /// Definite: nothing moved.
    #[error("the channel refused the request: {0}")]
    Refused(ChannelCode),
    /// A signature does not hold, is missing, or is too old. Believe nothing of it.
    #[error("not authentic: {0}")]
    Unauthentic(&'static str),
    /// An answer or notice is not of the form that the channel documents. Outcome unknown.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// The channel cannot answer now (5xx, rate limit). Outcome unknown; the same request may be
    /// repeated.
    #[error("the channel is unavailable: {0}")]
    Unavailable(ChannelCode),
    /// The channel cannot do this. Nothing was sent.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
}

impl ChannelError {
    /// Whether it is certain that this exchange moved no money.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        match self {
            Self::Credentials { .. } | Self::Refused(_) | Self::Unsupported(_) => true,
            Self::Unauthentic(_) | Self::Malformed(_) | Self::Unavailable(_) => false,
        }
    }
}

/// A channel's own error code: at most 64 printable ASCII characters, so that no message with
/// personal data gets into a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelCode(String);

impl ChannelCode {
    /// Keeps what may be kept of `code`.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(
            code.chars()
                .filter(char::is_ascii_graphic)
                .take(64)
                .collect(),
        )
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ChannelCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
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

    /// Starts a payment. Repeating it with the same attempt starts no second one.
    fn create(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

    /// Asks where a payment stands.
    fn query(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported>;

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
