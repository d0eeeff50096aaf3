//! The parts of Stripe's JSON that we read. All else is passed over, since Stripe adds fields and
//! enum values without a new version.
//!
//! Field names and types: npm `stripe` 23.1.0, `cjs/resources/PaymentIntents.d.ts`, `Charges.d.ts`,
//! `Refunds.d.ts`, `Events.d.ts`, and `cjs/Error.js` for errors.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::request::checked_number;

/// A reference to another object: its id, or the object itself where `expand` asked for it.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    #[serde(deserialize_with = "number")]
    Id(String),
    Object(Box<T>),
}

impl<T> Expandable<T> {
    pub(super) fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

/// What we wrote into `metadata`, where it still is.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub attempt: Option<String>,
    pub reference: Option<String>,
    pub refund: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct PaymentIntent {
    #[serde(deserialize_with = "number")]
    pub id: String,
    pub object: String,
    pub status: String,
    pub currency: String,
    pub livemode: bool,
    pub created: i64,
    #[serde(default)]
    pub amount_capturable: i64,
    #[serde(default)]
    pub amount_received: i64,
    pub last_payment_error: Option<ApiError>,
    pub latest_charge: Option<Expandable<Charge>>,
    pub metadata: Option<Metadata>,
    pub next_action: Option<NextAction>,
}

#[derive(Clone, Deserialize)]
pub(super) struct NextAction {
    #[serde(rename = "type")]
    pub kind: String,
    pub redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Clone, Deserialize)]
pub(super) struct RedirectToUrl {
    pub url: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Charge {
    /// As it comes, since a payment is to be read whatever becomes of this: null before the money
    /// is booked, an id, or the object (`BalanceTransactions.d.ts`).
    pub balance_transaction: Option<serde_json::Value>,
    pub created: i64,
    pub payment_method_details: Option<PaymentMethod>,
    /// Left out by Stripe unless expanded.
    pub refunds: Option<List<Refund>>,
}

/// A payment method, or the details of one at a charge: both carry `card`.
#[derive(Clone, Deserialize)]
pub(super) struct PaymentMethod {
    pub card: Option<Card>,
}

#[derive(Clone, Deserialize)]
pub(super) struct Card {
    pub brand: Option<String>,
    pub last4: Option<String>,
}

/// `error` of an error answer, and `last_payment_error` of a payment.
#[derive(Clone, Deserialize)]
pub(super) struct ApiError {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub param: Option<String>,
    pub payment_intent: Option<Box<PaymentIntent>>,
    pub payment_method: Option<PaymentMethod>,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub error: ApiError,
}

#[derive(Clone, Deserialize)]
pub(super) struct Refund {
    #[serde(deserialize_with = "number")]
    pub id: String,
    pub object: String,
    pub amount: i64,
    pub currency: String,
    pub created: i64,
    pub failure_reason: Option<String>,
    pub metadata: Option<Metadata>,
    pub payment_intent: Option<Expandable<Id>>,
    pub status: Option<String>,
}

/// An expanded object of which only the id matters.
#[derive(Clone, Deserialize)]
pub(super) struct Id {
    #[serde(deserialize_with = "number")]
    pub id: String,
}

/// Numbers are stored, shown and put into paths: what is none is refused at the door.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match checked_number(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(de::Error::custom(error)),
    }
}

impl Refund {
    /// The number of the payment that it belongs to.
    pub(super) fn payment(&self) -> Option<&str> {
        match self.payment_intent.as_ref()? {
            Expandable::Id(id) => Some(id),
            Expandable::Object(object) => Some(&object.id),
        }
    }
}

#[derive(Clone, Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// What every event has, a thin one of the second API included.
#[derive(Deserialize)]
pub(super) struct EventHead {
    pub object: String,
}

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub created: i64,
    pub livemode: bool,
    /// Set when the event comes from an account connected to the merchant's.
    pub account: Option<String>,
    #[serde(borrow)]
    pub data: EventData<'a>,
}

#[derive(Deserialize)]
pub(super) struct EventData<'a> {
    /// As text: what it is, the event's kind tells.
    #[serde(borrow)]
    pub object: &'a RawValue,
}
