//! What a channel says: of a payment, of a refund, in a notice.

use serde::{Deserialize, Serialize};

use super::{PaymentProof, RefundProof};
use crate::id::{Reference, RefundId};
use crate::money::Money;
use crate::tagged;
use crate::time::UnixTime;

/// What a channel says of a payment, from an answer or a verified notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The channel's own number of this payment, once it has one.
    pub channel_number: Option<String>,
    /// Brand and last four digits where the channel tells them.
    pub card: Option<CardFacts>,
    /// What the channel keeps of a payment that was taken, in the currency that it settles in. None
    /// where it does not tell, which is not zero. Information alone: no money is counted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
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
#[serde(remote = "Self", rename_all = "snake_case")]
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

tagged!(Status, "type", "value");

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
#[serde(remote = "Self", rename_all = "snake_case")]
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

tagged!(RefundStatus, "type", "value");

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
#[serde(remote = "Self", rename_all = "snake_case")]
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

tagged!(Fact, "type");

/// Which payment a notice is about: by our reference, or by the channel's number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Our reference, where the notice carries it.
    pub reference: Option<Reference>,
    /// The channel's number of the payment.
    pub channel_number: Option<String>,
}

/// What the shopper has to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
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

tagged!(Action, "type");

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
