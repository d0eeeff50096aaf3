//! What must hold: after every step, and in the end.

use causeway_shared::order::{
    Event, Irregular, IrregularKind, Order, Outcome, RefundState, Resolution, State,
};
use causeway_shared::time::UnixTime;

use super::books::{At, Back, Books};
use super::words::{Checked, must};

/// What holds of every single event: the version grows by one, a replay changes nothing, what is
/// stored is read again as it was, and no more goes back than came.
pub fn step(before: &Order, event: &Event, after: &Order, now: UnixTime) -> Checked {
    must(after.version() == before.version() + 1, || {
        format!("version {} after {}", after.version(), before.version())
    })?;
    let again = after.apply(event.clone(), now);
    must(again == Ok(Outcome::Unchanged), || {
        format!("{event:?} twice: {again:?}")
    })?;
    if after.version().is_multiple_of(8) {
        let stored: Order = serde_json::from_str(&serde_json::to_string(after)?)?;
        must(stored == *after, || "stored otherwise than it was".into())?;
    }
    for attempt in after.attempts() {
        let back = after.refunded_or_pending(&attempt.id).minor();
        let captured = after.captured_by(&attempt.id).minor();
        must(back <= captured, || {
            format!(
                "{back} goes back of {captured} that attempt {} took",
                attempt.number
            )
        })?;
    }
    Ok(())
}

/// What holds at every moment: the order believes no money that the channel does not have.
pub fn evidence(index: usize, order: &Order, books: &Books) -> Checked {
    for attempt in order.attempts() {
        let (ours, number) = (order.captured_by(&attempt.id).minor(), attempt.number);
        let theirs = books.taken(index, number);
        must(ours == 0 || ours == theirs, || {
            format!("attempt {number} took {ours}, and the channel has {theirs}")
        })?;
        let settled = settled(order, number);
        let gone = |back| back != Back::Pending;
        let theirs = books.given_back(index, number, gone);
        must(settled <= theirs, || {
            format!("attempt {number} gave back {settled}, and the channel {theirs}")
        })?;
    }
    Ok(())
}

/// What holds when faults have stopped and time has passed.
pub fn end(index: usize, order: &Order, books: &Books) -> Checked {
    charged_once(index, order, books)?;
    let owed = order.effects();
    must(owed.is_empty(), || format!("still owed: {owed:?}"))?;
    let rests = !order.state().is_unpaid();
    must(rests, || format!("never ends: {}", order.state().name()))?;
    for attempt in order.attempts() {
        let number = attempt.number;
        let (ours, theirs) = (
            order.captured_by(&attempt.id).minor(),
            books.taken(index, number),
        );
        must(ours == theirs, || {
            format!("attempt {number} took {ours}, and the channel has {theirs}")
        })?;
        let back = settled(order, number);
        let theirs = books.given_back(index, number, |back| back == Back::Settled);
        must(back == theirs, || {
            format!("attempt {number} gave back {back}, and the channel {theirs}")
        })?;
        must(!attempt.state.is_open(), || {
            format!("attempt {number} is open")
        })?;
        let is_winner = order.winner().is_some_and(|w| w.id == attempt.id);
        must(
            is_winner || kept_for_a_reason(order, number, ours - back),
            || format!("attempt {number} keeps {} for nothing", ours - back),
        )?;
    }
    for payment in books.payments.iter().filter(|p| p.order == index) {
        let wins = order.winner().is_some_and(|w| w.number == payment.number);
        let waits = wins && matches!(order.state(), State::Authorized { .. });
        let is_held = matches!(payment.at, At::Held(_));
        must(!is_held || waits, || {
            format!("attempt {} holds money for nothing", payment.number)
        })?;
    }
    Ok(())
}

/// Money of an attempt that did not win stays only where it waits for the merchant, and then the
/// merchant can give it back.
fn kept_for_a_reason(order: &Order, number: u8, kept: i64) -> bool {
    let waits = |i: &Irregular| {
        i.kind != IrregularKind::Excess
            && i.resolution == Resolution::Held
            && order
                .attempt(&i.attempt)
                .is_some_and(|a| a.number == number)
    };
    kept == 0 || order.irregular().iter().any(waits)
}

/// One payment at most for each attempt, and one winner.
fn charged_once(index: usize, order: &Order, books: &Books) -> Checked {
    for attempt in order.attempts() {
        let number = attempt.number;
        let moved = |at| matches!(at, At::Held(_) | At::Taken(_));
        let of = books.payments.iter();
        let of = of.filter(|p| p.order == index && p.number == number && moved(p.at));
        let count = of.count();
        must(count <= 1, || {
            format!("attempt {number} was charged {count} times")
        })?;
    }
    Ok(())
}

fn settled(order: &Order, number: u8) -> i64 {
    let of = |attempt| order.attempt(attempt).is_some_and(|a| a.number == number);
    let settled = order
        .refunds()
        .iter()
        .filter(|r| of(&r.attempt) && matches!(r.state, RefundState::Settled { .. }));
    settled.map(|r| r.amount.minor()).sum()
}
