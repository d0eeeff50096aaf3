//! One try to pay an order.

use serde::{Deserialize, Serialize};

use crate::channel::{Action, CardFacts, ChannelId, Decline, Flow, Method};
use crate::id::{AccountId, AttemptId, Reference};
use crate::money::Money;
use crate::tagged;
use crate::time::UnixTime;

/// One try to pay an order through one channel account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Made by the widget; the idempotency key at the channel.
    pub id: AttemptId,
    /// 1 for the first, counted within the order.
    pub number: u8,
    /// Order id and number: the merchant order number at the channel.
    pub reference: Reference,
    /// Where the money would go.
    pub account: AccountId,
    /// The account's channel.
    pub channel: ChannelId,
    /// What the shopper chose.
    pub method: Method,
    /// How it reaches them.
    pub flow: Flow,
    /// What is to be paid.
    pub amount: Money,
    /// When it was started.
    pub created_at: UnixTime,
    /// Where it stands.
    pub state: AttemptState,
    /// The channel's own number, once known.
    pub channel_number: Option<String>,
    /// Brand and last four digits, where the channel tells them.
    pub card: Option<CardFacts>,
    /// What the channel keeps of what it took, in the currency that it settles in; none where it
    /// has not told. No money is counted by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// The channel was asked for its fee, and does not tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fee_untold: bool,
    /// A notice does not fit what is known of it, so the channel is to be asked at once.
    pub doubted: bool,
    /// Closed while the channel had never heard of it. It may come into being there as long as
    /// somebody holds its code or page, so it is closed again until that time is over.
    pub unseen: bool,
    /// How many captures its channel has refused for certain.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused_captures: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What is needed to start an attempt. Its amount is the order's total, whatever a page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAttempt {
    /// Made by the widget.
    pub id: AttemptId,
    /// The account to pay to.
    pub account: AccountId,
    /// The account's channel.
    pub channel: ChannelId,
    /// What the shopper chose.
    pub method: Method,
    /// How it reaches them.
    pub flow: Flow,
}

/// Where an attempt stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum AttemptState {
    /// Recorded; the channel has not answered yet.
    Started,
    /// The channel has it; the outcome is not known.
    Pending,
    /// The shopper has something to do.
    RequiresAction {
        /// What.
        action: Action,
    },
    /// The channel holds the money.
    Authorized,
    /// The channel took the money, or took an amount that does not fit (see `irregular`).
    Paid,
    /// A definite no.
    Declined {
        /// Why.
        decline: Decline,
    },
    /// Given up by us; the channel has not confirmed that it can no longer be paid.
    Closing,
    /// It can't be paid any more (but see `unseen`).
    Closed,
}

tagged!(AttemptState, "name");

impl AttemptState {
    /// The state's name in the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Pending => "pending",
            Self::RequiresAction { .. } => "requires_action",
            Self::Authorized => "authorized",
            Self::Paid => "paid",
            Self::Declined { .. } => "declined",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    /// Whether the shopper or the channel may still complete it, as far as we want it to.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Started | Self::Pending | Self::RequiresAction { .. } => true,
            Self::Authorized
            | Self::Paid
            | Self::Declined { .. }
            | Self::Closing
            | Self::Closed => false,
        }
    }
}

impl Attempt {
    /// What was doubtful is certain now. Whether anything was.
    pub(super) fn clear_doubt(&mut self) -> bool {
        let doubted = std::mem::take(&mut self.doubted);
        std::mem::take(&mut self.unseen) || doubted
    }

    /// Whether money may move without a further act of the shopper's, so that no other attempt
    /// may start. A QR code or a redirect is closed instead, and its late payment given back.
    #[must_use]
    pub fn may_charge_by_itself(&self) -> bool {
        let live = self.state.is_open() || self.state == AttemptState::Closing;
        live && self.flow == Flow::Card
    }

    /// Whether the shopper can leave it for another: always where they still have to act; a card
    /// payment that was sent has to be waited for.
    #[must_use]
    pub fn can_be_given_up(&self) -> bool {
        match &self.state {
            AttemptState::RequiresAction { .. } => true,
            AttemptState::Started | AttemptState::Pending => self.flow != Flow::Card,
            AttemptState::Authorized
            | AttemptState::Paid
            | AttemptState::Declined { .. }
            | AttemptState::Closing
            | AttemptState::Closed => false,
        }
    }
}
