//! One order of 100 dollars and the things that can be said of it.

use crate::actor::Actor;
use crate::channel::{
    Action, ByHand, CaptureMode, ChannelId, Decline, DeclineReason, Flow, Method, PaymentProof,
    ProofKind, RefundProof, RefundReported, RefundStatus, Reported, Source, Status,
};
use crate::id::{AccountId, AttemptId, OrderId, Reference, RefundId, StoreId, Till};
use crate::money::{Currency, Money};
use crate::order::{Event, IrregularPolicy, NewAttempt, NewOrder, Order, Outcome, Topic};
use crate::time::UnixTime;

/// 2026-11-22T03:00:00Z: when the order is made and, mostly, when things happen.
pub const NOW: UnixTime = UnixTime::from_seconds(1_795_316_400);
/// Two hours later.
pub const EXPIRY: UnixTime = NOW.plus_seconds(7200);
/// When no payment can begin any more that its channel had never seen.
pub const LONG_AFTER: UnixTime = EXPIRY.plus_seconds(600);

pub use ProofKind::{Authorized, Captured};
pub use Source::{Answer, Notice, Operator};

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR).unwrap()
}

pub fn order_id() -> OrderId {
    OrderId::make(1_795_316_400_000, Till::new(5).unwrap(), [7; 10])
}

pub fn attempt_id(number: u8) -> AttemptId {
    AttemptId::make([number; 16])
}

pub fn refund_id(number: u8) -> RefundId {
    RefundId::make([0x40 | number; 16])
}

pub fn account(number: u8) -> AccountId {
    AccountId::make(&StoreId::parse("demo").unwrap(), [number; 8])
}

pub fn new_order(capture: CaptureMode, policy: IrregularPolicy) -> Order {
    let new = NewOrder {
        id: order_id(),
        total: usd(100_00),
        capture,
        policy,
        expires_at: EXPIRY,
    };
    Order::new(new, NOW).unwrap()
}

/// Whose merchant captures, and who gives back what does not fit.
pub fn manual() -> Order {
    new_order(CaptureMode::Manual, IrregularPolicy::default())
}

pub fn start(number: u8, flow: Flow) -> Event {
    let card = flow == Flow::Card;
    Event::StartAttempt(NewAttempt {
        id: attempt_id(number),
        account: account(1),
        channel: if card {
            ChannelId::Stripe
        } else {
            ChannelId::Alipay
        },
        method: if card { Method::Card } else { Method::Alipay },
        flow,
    })
}

pub fn qr_code(content: &str) -> Status {
    Status::RequiresAction(Action::Qr {
        content: content.to_owned(),
        expires_at: EXPIRY,
    })
}

pub fn decline() -> Decline {
    Decline::new(DeclineReason::CardDeclined, "generic_decline")
}

pub fn said(number: u8, status: Status) -> Event {
    let reported = Reported {
        channel_number: None,
        card: None,
        fee: None,
        status,
    };
    Event::Report { number, reported }
}

pub fn proof(kind: ProofKind, source: Source, number: u8, minor: i64) -> PaymentProof {
    proof_of(kind, source, number, usd(minor), NOW)
}

pub fn proof_of(
    kind: ProofKind,
    source: Source,
    number: u8,
    amount: Money,
    at: UnixTime,
) -> PaymentProof {
    let reference = Reference::make(&order_id(), number).unwrap();
    PaymentProof::for_test((kind, source), &account(1), reference, amount, at)
        .numbered(&format!("ch_{number}"))
}

/// Says that money was taken or is held, by what the proof says.
pub fn proven(number: u8, proof: PaymentProof) -> Event {
    let status = match proof.kind() {
        Authorized => Status::Authorized(proof),
        Captured => Status::Paid(proof),
    };
    said(number, status)
}

pub fn money(kind: ProofKind, source: Source, number: u8, minor: i64) -> Event {
    proven(number, proof(kind, source, number, minor))
}

/// Somebody of the store vouches for the total: of an attempt, or outside of channels.
pub fn confirm(number: Option<u8>) -> Event {
    confirm_as(number, usd(100_00), "Came by bank")
}

pub fn confirm_as(number: Option<u8>, amount: Money, reason: &str) -> Event {
    let place = number.map(|n| (account(1), Reference::make(&order_id(), n).unwrap()));
    let by_hand = ByHand {
        by: Actor::operator("opr_1", "Mei"),
        reason: reason.to_owned(),
    };
    let place = place
        .as_ref()
        .map(|(account, reference)| (account, reference));
    Event::ConfirmByHand {
        attempt: number.map(attempt_id),
        proof: PaymentProof::by_hand(by_hand, place, amount, NOW),
    }
}

pub fn give_up(number: u8) -> Event {
    Event::GiveUp {
        attempt: attempt_id(number),
    }
}

pub fn capture(amount: Money) -> Event {
    Event::Capture { amount }
}

pub fn capture_failed(number: u8) -> Event {
    Event::CaptureFailed {
        attempt: attempt_id(number),
        decline: decline(),
    }
}

pub fn cancel() -> Event {
    Event::Cancel {
        reason: crate::order::CancelReason::Merchant,
    }
}

pub fn ask_refund(refund: RefundId, amount: Money) -> Event {
    ask_refund_of(None, refund, amount)
}

/// Of the payment of the attempt of this number.
pub fn ask_refund_of(number: Option<u8>, refund: RefundId, amount: Money) -> Event {
    Event::RequestRefund {
        refund,
        attempt: number.map(attempt_id),
        amount,
        reason: "Broken".to_owned(),
    }
}

pub fn refund_said(refund: &RefundId, status: RefundStatus) -> Event {
    let reported = RefundReported {
        channel_number: None,
        status,
    };
    Event::RefundReport {
        refund: refund.clone(),
        reported,
    }
}

pub fn settled(source: Source, refund: &RefundId, amount: Money) -> Event {
    let proof = RefundProof::for_test(source, &account(1), refund, amount, NOW);
    refund_said(refund, RefundStatus::Settled(proof))
}

impl Order {
    /// The order after an event that has to change it.
    pub(super) fn after(&self, event: Event) -> Self {
        self.after_at(event, NOW)
    }

    pub(super) fn after_at(&self, event: Event, now: UnixTime) -> Self {
        self.told(event, now).0
    }

    /// The same, and what the merchant is told.
    pub(super) fn told(&self, event: Event, now: UnixTime) -> (Self, Vec<Topic>) {
        match self.apply(event.clone(), now) {
            Ok(Outcome::Moved { order, topics }) => (*order, topics),
            other => panic!("{event:?} had no effect on {self:?}: {other:?}"),
        }
    }
}
