//! What people of the store, their programs and shoppers do to orders that were made: what they
//! can ask a till for, and what it answers.

use causeway_shared::actor::Actor;
use causeway_shared::channel::Decline;
use causeway_shared::id::{AttemptId, Mode, OrderId, RefundId, RefundRequestId};
use causeway_shared::money::Money;
use causeway_shared::order::Event;
use causeway_shared::time::UnixTime;
use causeway_shared::wire::ItemShare;
use serde::{Deserialize, Serialize};

use super::Till;
use super::call::{TillAnswer, Work};
use super::history::{self, Entry};
use crate::sql::SqlError;

/// An act, and who acts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Desk {
    /// Who.
    pub by: Actor,
    /// What.
    pub act: DeskAct,
}

/// What is done or read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskAct {
    /// Give back what was asked for.
    Approve(Approve),
    /// Ask for a refund.
    Ask(Ask),
    /// Say that an order was paid, though no channel proves it.
    Confirm {
        /// Which order.
        order: OrderId,
        /// The attempt that paid; none where the money came outside of channels.
        attempt: Option<AttemptId>,
        /// Why it is known.
        reason: String,
    },
    /// Refuse what was asked for.
    Decline {
        /// Which request.
        request: RefundRequestId,
        /// Its orders' mode.
        mode: Mode,
        /// What the shopper is told.
        explanation: String,
    },
    /// Something happens to the money.
    Event {
        /// Of which order.
        order: OrderId,
        /// What.
        event: Event,
    },
    /// Write a note.
    Note {
        /// At which order.
        order: OrderId,
        /// The words.
        text: String,
    },
    /// Give money back.
    Refund(NewRefund),
    /// Read a request.
    Request {
        /// Which.
        request: RefundRequestId,
        /// Its orders' mode.
        mode: Mode,
    },
    /// List requests, newest first.
    Requests(RequestQuery),
    /// Say that goods are on their way.
    Ship(Ship),
    /// Read what happened to an order.
    Timeline {
        /// Which.
        order: OrderId,
    },
}

impl DeskAct {
    /// Whether it changes nothing.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        match self {
            Self::Request { .. } | Self::Requests(_) | Self::Timeline { .. } => true,
            Self::Approve(_)
            | Self::Ask(_)
            | Self::Confirm { .. }
            | Self::Decline { .. }
            | Self::Event { .. }
            | Self::Note { .. }
            | Self::Refund(_)
            | Self::Ship(_) => false,
        }
    }
}

/// Approves a request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Approve {
    /// Which.
    pub request: RefundRequestId,
    /// Its orders' mode.
    pub mode: Mode,
    /// Another amount than was asked for.
    pub amount: Option<Money>,
    /// Other items than were asked for.
    pub items: Option<Vec<ItemShare>>,
}

/// Asks for a refund.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    /// The id that the request is to get.
    pub id: RefundRequestId,
    /// Of which order.
    pub order: OrderId,
    /// Which items; of none in particular when empty.
    pub items: Vec<ItemShare>,
    /// How much; what the items cost, or all that is left, when left out.
    pub amount: Option<Money>,
    /// Why.
    pub reason: String,
}

/// Gives money back.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewRefund {
    /// Of which order.
    pub order: OrderId,
    /// The refund's id.
    pub refund: RefundId,
    /// Whose payment it is taken from; see [`Event::RequestRefund`].
    pub attempt: Option<AttemptId>,
    /// How much; what the items cost, or all that is left, when left out.
    pub amount: Option<Money>,
    /// For which items; for none in particular when empty.
    pub items: Vec<ItemShare>,
    /// Why.
    pub reason: String,
}

/// Says that goods are on their way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ship {
    /// Of which order.
    pub order: OrderId,
    /// Who carries them.
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
    /// Where to follow them.
    pub url: Option<String>,
    /// Which items; all when empty.
    pub items: Vec<ItemShare>,
}

/// Which requests to list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestQuery {
    /// Test or live.
    pub mode: Mode,
    /// In this state only.
    pub state: Option<RequestState>,
    /// Of this order only.
    pub order: Option<OrderId>,
    /// Older than this one: the cursor.
    pub before: Option<RefundRequestId>,
    /// At most so many.
    pub limit: u32,
}

/// A request for a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// Its id; it names the till.
    pub id: RefundRequestId,
    /// Of which order.
    pub order: OrderId,
    /// Of orders of this mode.
    pub mode: Mode,
    /// Who asked.
    pub by: Actor,
    /// For which items; for none in particular when empty.
    pub items: Vec<ItemShare>,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: RequestState,
    /// What the shopper is told, where it was declined.
    pub explanation: Option<String>,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// The refund that answers it; the last one, where a channel has refused others.
    pub refund: Option<RefundId>,
    /// Why the channel refused it.
    pub decline: Option<Decline>,
    /// When it was asked for.
    pub created_at: UnixTime,
    /// When it last changed.
    pub updated_at: UnixTime,
    /// How often it was approved.
    #[serde(default)]
    pub approvals: u32,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// The channel was told to give the money back.
    Approved,
    /// It was declined by the store.
    Declined,
    /// It waits for a decision.
    Open,
    /// The channel has refused the refund: it waits for another decision.
    Refused,
    /// The money is back.
    Settled,
}

impl RequestState {
    /// All of them, as the API names them.
    pub const NAMES: &[&str] = &["approved", "declined", "open", "refused", "settled"];

    /// The state's name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Settled => "settled",
        }
    }

    /// Whether somebody has to decide.
    #[must_use]
    pub const fn waits(self) -> bool {
        match self {
            Self::Open | Self::Refused => true,
            Self::Approved | Self::Declined | Self::Settled => false,
        }
    }
}

/// What is answered beside orders.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskAnswer {
    /// The request does not fit what there is.
    Conflict {
        /// For programs.
        code: Conflict,
    },
    /// A value does not fit the order.
    Invalid {
        /// Which: a JSON pointer.
        pointer: String,
        /// For programs.
        code: Invalid,
    },
    /// A request.
    Request {
        /// It.
        request: Box<RefundRequest>,
        /// Whether the call made or changed it.
        changed: bool,
    },
    /// Requests, newest first.
    Requests {
        /// The page.
        requests: Vec<RefundRequest>,
    },
    /// What happened to an order, oldest first.
    Timeline {
        /// Whether it is an order of test or live money.
        mode: Mode,
        /// All of it.
        entries: Vec<Entry>,
    },
}

/// Why an act does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The request was decided otherwise.
    RequestDecided,
    /// Another request for the order waits for a decision.
    RequestOpen,
    /// The order has as much of it as it can have.
    TooMany,
}

/// Why a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// The order has no such item, or it is named twice.
    Item,
    /// None, or more than the order has left of it.
    Quantity,
}

impl Till<'_> {
    pub(super) fn desk(&mut self, desk: Desk) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        let Desk { by, act } = desk;
        self.by = Some(by.clone());
        let described = history::described(&act);
        let (answer, work) = self.carry_out(act, by)?;
        if let Some((name, data)) = described {
            self.note_act(name, data, &answer);
        }
        Ok((answer, work))
    }

    fn carry_out(&mut self, act: DeskAct, by: Actor) -> Result<(TillAnswer, Vec<Work>), SqlError> {
        match act {
            DeskAct::Approve(approve) => self.approve(&approve, &by),
            DeskAct::Ask(ask) => self.make_request(ask, by),
            DeskAct::Confirm {
                order,
                attempt,
                reason,
            } => self.confirm(&order, attempt, reason, by),
            DeskAct::Decline {
                request,
                mode,
                explanation,
            } => self.decline(&request, mode, explanation, by),
            DeskAct::Event { order, event } => self.change(&order, event),
            DeskAct::Note { order, text } => self.note(&order, text, by),
            DeskAct::Refund(new) => self.refund(new, by),
            DeskAct::Request { request, mode } => {
                let found = self.load_request(&request, mode)?;
                Ok((answer(found, false), Vec::new()))
            }
            DeskAct::Requests(query) => Ok((self.requests(&query)?, Vec::new())),
            DeskAct::Ship(ship) => self.ship(ship, by),
            DeskAct::Timeline { order } => Ok((self.timeline(&order)?, Vec::new())),
        }
    }
}

/// The answer about one request.
pub(super) fn answer(request: Option<RefundRequest>, changed: bool) -> TillAnswer {
    request.map_or(TillAnswer::NotFound, |request| {
        TillAnswer::Desk(Box::new(DeskAnswer::Request {
            request: Box::new(request),
            changed,
        }))
    })
}

/// Nothing was done, because it does not fit.
pub(super) fn conflict(code: Conflict) -> (TillAnswer, Vec<Work>) {
    let answer = DeskAnswer::Conflict { code };
    (TillAnswer::Desk(Box::new(answer)), Vec::new())
}

/// Nothing was done, because a value does not fit.
pub(super) fn invalid(pointer: String, code: Invalid) -> (TillAnswer, Vec<Work>) {
    let answer = DeskAnswer::Invalid { pointer, code };
    (TillAnswer::Desk(Box::new(answer)), Vec::new())
}
