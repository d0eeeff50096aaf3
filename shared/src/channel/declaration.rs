//! What a channel declares about itself: the dashboard's forms, the checkout's choice of methods
//! and the chaser's plan are read from here.

use serde::Serialize;

use super::{ChannelId, Flow, Method};
use crate::money::{Currency, Money};

/// All that the rest of Causeway needs to know about a channel without calling it.
#[derive(Debug)]
pub struct Declaration {
    /// The channel.
    pub id: ChannelId,
    /// Its name, as its owner writes it.
    pub name: &'static str,
    /// The fields of an account.
    pub fields: &'static [FieldSpec],
    /// Whether it has a place to try things out without money. Where it has none, a test account
    /// takes real money.
    pub sandbox: bool,
    /// The field with the secret of notices, where the merchant has to enter the notice address
    /// at the channel by hand; none where each payment tells it.
    pub notice_secret: Option<&'static str>,
    /// What a shopper can choose.
    pub methods: &'static [MethodSpec],
    /// Whether money can be held and captured later.
    pub manual_capture: bool,
    /// Whether an unpaid payment can be closed at the channel.
    pub close: bool,
    /// Its rules for refunds.
    pub refunds: RefundRules,
    /// When to ask, in seconds after an attempt began, while no notice comes. After the last one
    /// the interval between the last two is repeated until the order comes to rest.
    pub query_after_s: &'static [u32],
    /// When to ask what a payment has cost, in seconds from the payment or the question before, as
    /// long as no answer has told. Empty for a channel that tells in no answer, but in files.
    pub fee_after_s: &'static [u32],
    /// Whether its page for phones refuses shoppers who do not come from a page of a domain that
    /// the merchant has registered, told by `Referer`.
    pub wants_referrer: bool,
    /// GETs whose answers serve again for the same account: path and seconds. For what changes
    /// rarely and is asked for often, such as a channel's certificates.
    pub reusable: &'static [(&'static str, u32)],
}

/// One field of an account: enough to draw a form, and to say where its value is found.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// The name in the API, as the channel itself calls it.
    pub name: &'static str,
    /// How it is typed.
    pub kind: FieldKind,
    /// Whether an account works without it.
    pub required: bool,
    /// What a merchant calls it.
    pub label: Words,
    /// Where in the channel's own console the value is found, in sentences.
    pub help: Words,
    /// How a value begins or looks; never one that works. Empty for what has no telling form.
    pub example: &'static str,
}

/// How a field is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Several lines that anybody may see: a certificate, a public key.
    Area,
    /// One of these values.
    Choice(&'static [Choice]),
    /// One line that nobody else may see.
    Secret,
    /// Several lines that nobody else may see: a private key.
    SecretArea,
    /// One line that anybody may see.
    Text,
}

impl FieldKind {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Choice(_) => "choice",
            Self::Secret => "secret",
            Self::SecretArea => "secret_area",
            Self::Text => "text",
        }
    }

    /// Whether the value must not be seen by others.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        match self {
            Self::Secret | Self::SecretArea => true,
            Self::Area | Self::Choice(_) | Self::Text => false,
        }
    }
}

/// A value to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value, as the channel writes it.
    pub value: &'static str,
    /// What a merchant calls it.
    pub label: Words,
}

/// A text in each language of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: &'static str,
}

impl Words {
    /// From both languages.
    #[must_use]
    pub const fn new(en: &'static str, zh_cn: &'static str) -> Self {
        Self { en, zh_cn }
    }
}

/// A method of a channel.
#[derive(Debug)]
pub struct MethodSpec {
    /// What the shopper sees.
    pub method: Method,
    /// The ways it can reach them.
    pub flows: &'static [Flow],
    /// Those of them that need a contract of their own, which few merchants have: offered only
    /// where the account's settings name them.
    pub on_request: &'static [Flow],
    /// The currencies it can charge.
    pub currencies: Currencies,
    /// How card data travels; `None` where there is none.
    pub lane: Option<Lane>,
    /// The smallest and largest amount in minor units, where the channel states one for all
    /// currencies.
    pub amount_minor: (i64, i64),
}

impl MethodSpec {
    /// Whether an amount can be charged by this method.
    #[must_use]
    pub fn accepts(&self, amount: Money) -> bool {
        let (min, max) = self.amount_minor;
        self.currencies.contains(amount.currency()) && (min..=max).contains(&amount.minor())
    }
}

/// A set of currencies.
#[derive(Debug)]
pub enum Currencies {
    /// All of ISO 4217 except these codes.
    AllExcept(&'static [&'static str]),
    /// These codes alone.
    Only(&'static [&'static str]),
}

impl Currencies {
    /// Whether `currency` is one of them.
    #[must_use]
    pub fn contains(&self, currency: Currency) -> bool {
        match self {
            Self::AllExcept(codes) => !codes.contains(&currency.code()),
            Self::Only(codes) => codes.contains(&currency.code()),
        }
    }

    /// All of them, by code.
    pub fn iter(&self) -> impl Iterator<Item = Currency> {
        Currency::all().filter(|currency| self.contains(*currency))
    }
}

/// How card data travels (design: Words). Each lane means another PCI DSS assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Sealed to the channel's public key: the worker cannot read it.
    ChannelKey,
    /// The channel's own page or fields.
    Hosted,
    /// Sealed to this deployment's key: the worker reads it for one request.
    WorkerKey,
}

impl Lane {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChannelKey => "channel_key",
            Self::Hosted => "hosted",
            Self::WorkerKey => "worker_key",
        }
    }
}

/// A channel's rules for refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundRules {
    /// Whether less than the whole can be refunded.
    pub partial: bool,
    /// How many refunds one payment can have.
    pub max_count: u32,
    /// For how many days after the payment.
    pub window_days: u32,
}
