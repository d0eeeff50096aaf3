//! Ids that are a prefix and a body.

use super::{IdError, OrderId, Till, base32, text_traits};

/// A store: 1 to 24 lower-case letters and digits, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(String);

text_traits!(StoreId);

impl StoreId {
    /// Reads a store id.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], [`IdError::Prefix`] when it starts with a digit.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if !(1..=24).contains(&text.len()) {
            return Err(IdError::Length);
        }
        if !text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            return Err(IdError::Character);
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(IdError::Prefix);
        }
        Ok(Self(text.to_owned()))
    }
}

/// An id of a prefix and 128 bits of Crockford's base32.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        text_traits!($name);

        impl $name {
            /// Makes an id of sixteen random bytes.
            pub fn make(random: [u8; 16]) -> Self {
                let body = base32::encode(u128::from_be_bytes(random));
                // The widget makes attempts: joining costs it less than formatting.
                Self([$prefix, &body].concat())
            }

            /// Reads an id.
            ///
            /// # Errors
            /// [`IdError::Prefix`], [`IdError::Length`], [`IdError::Character`], and
            /// [`IdError::Range`] for more than 128 bits.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                base32::decode(text.strip_prefix($prefix).ok_or(IdError::Prefix)?)?;
                Ok(Self(text.to_owned()))
            }
        }
    };
}

random_id! {
    /// One try to pay an order: `att_` and 26 characters. The widget makes it and keeps it, so that
    /// a repeated request is known as the same attempt.
    AttemptId, "att_"
}

random_id! {
    /// A message to a shopper: `msg_` and 26 characters. It is the message's idempotency key.
    MessageId, "msg_"
}

random_id! {
    /// A refund: `ref_` and 26 characters. It is the refund's idempotency key.
    RefundId, "ref_"
}

random_id! {
    /// An event that a merchant is told of: `evt_` and 26 characters, which say when and in which
    /// till as those of an order id do. Older ids are random throughout.
    EventId, "evt_"
}

impl EventId {
    /// The id of an event in a till, at a time in milliseconds since 1970.
    pub fn of_till(time_ms: u64, till: Till, random: [u8; 10]) -> Self {
        Self(["evt_", OrderId::make(time_ms, till, random).as_str()].concat())
    }

    /// The till to ask first.
    pub fn till(&self) -> Till {
        let body = self.0.strip_prefix("evt_").unwrap_or_default();
        OrderId::till_of(body)
    }
}

random_id! {
    /// A request for a refund: `rrq_` and 26 characters, which say when and in which till as those
    /// of an order id do.
    RefundRequestId, "rrq_"
}

impl RefundRequestId {
    /// The id of a request in a till, at a time in milliseconds since 1970.
    pub fn of_till(time_ms: u64, till: Till, random: [u8; 10]) -> Self {
        Self(["rrq_", OrderId::make(time_ms, till, random).as_str()].concat())
    }

    /// The till that keeps it.
    pub fn till(&self) -> Till {
        let body = self.0.strip_prefix("rrq_").unwrap_or_default();
        OrderId::till_of(body)
    }
}

random_id! {
    /// A merchant's webhook endpoint: `whe_` and 26 characters.
    EndpointId, "whe_"
}

/// A store's account at a channel: `acc_`, the store, `_`, ten lower-case base32 characters.
/// It names its store, so that a channel's notice can be routed without a look-up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

text_traits!(AccountId);

impl AccountId {
    const PREFIX: &str = "acc_";
    const BODY: usize = 10;

    /// Makes an id of eight random bytes, of which the 50 lowest bits are kept.
    pub fn make(store: &StoreId, random: [u8; 8]) -> Self {
        let body = base32::encode_lower(u128::from(u64::from_be_bytes(random)), Self::BODY);
        Self(format!("{}{store}_{body}", Self::PREFIX))
    }

    /// Reads an id.
    ///
    /// # Errors
    /// [`IdError::Prefix`], [`IdError::Length`], [`IdError::Character`], and those of
    /// [`StoreId::parse`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let rest = text.strip_prefix(Self::PREFIX).ok_or(IdError::Prefix)?;
        let (store, body) = rest.split_once('_').ok_or(IdError::Prefix)?;
        StoreId::parse(store)?;
        if body.len() != Self::BODY {
            return Err(IdError::Length);
        }
        if !base32::is_lower(body) {
            return Err(IdError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The store that the account belongs to.
    pub fn store(&self) -> StoreId {
        let end = self.0.len() - Self::BODY - 1;
        StoreId(self.0[Self::PREFIX.len()..end].to_owned())
    }
}
