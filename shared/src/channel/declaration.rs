//! What a channel declares about itself: the dashboard's forms, the checkout's choice of methods
//! and the chaser's plan are read from here.

use super::{ChannelId, FieldSpec, Flow, Method};
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
    /// Whether its page for phones refuses shoppers who do not come from a page of a domain that
    /// the merchant has registered, told by `Referer`.
    pub wants_referrer: bool,
    /// GETs whose answers serve again for the same account: path and seconds. For what changes
    /// rarely and is asked for often, such as a channel's certificates.
    pub reusable: &'static [(&'static str, u32)],
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
