//! Fees: told with the payment or asked for later, a few times, and never twice at once.

use super::*;

const FEE_ROWS: &str = "SELECT effect FROM effects WHERE effect LIKE '%fee%'";

fn plan(channel: ChannelId) -> &'static [u32] {
    causeway_shared::channel::channel(channel)
        .declaration()
        .fee_after_s
}

/// A payment that was proven without its fee, as by a notice.
fn paid_order(bench: &Bench, flow: Flow) -> OrderId {
    let order = bench.create(1).order.id().clone();
    let create = first_effect(&bench.start(&order, flow).work);
    answer(bench, &order, &create, None, false);
    assert_eq!(due_fee(bench), None, "nothing is asked at once");
    order
}

/// The answer to a question for a fee.
fn answer(bench: &Bench, order: &OrderId, effect: &Effect, fee: Option<Money>, ends: bool) {
    let mut said = reported(1, &paid(order));
    if let Event::Report { reported, .. } = &mut said {
        reported.fee = fee;
    }
    let end = Event::FeeUntold {
        attempt: attempt(1, Flow::Card).id,
    };
    let mut events = vec![said];
    events.extend(ends.then_some(end));
    bench.call(TillCall::Report(Box::new(Report {
        order: order.clone(),
        effect: Some(effect.clone()),
        events,
        notice: None,
        messages: Vec::new(),
    })));
}

fn due_fee(bench: &Bench) -> Option<(Effect, u32)> {
    let mut work = bench.alarm().work.into_iter().filter_map(|w| match w {
        Work::Channel(item) => Some((item.effect, item.tries)),
        _ => None,
    });
    work.next()
}

#[test]
fn a_fee_that_came_with_the_payment_is_not_asked_for() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let create = first_effect(&bench.start(&order, Flow::Card).work);
    answer(&bench, &order, &create, Some(usd(59)), false);
    assert_eq!(bench.stored("SELECT state FROM orders"), ["paid"]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
}

#[test]
fn a_fee_that_did_not_come_is_asked_for_by_the_channels_plan() {
    let mut bench = Bench::new();
    let order = paid_order(&bench, Flow::Card);
    let events = bench.events().len();
    for (tries, after_s) in plan(ChannelId::Stripe).iter().enumerate() {
        bench.pass(i64::from(*after_s) - 1);
        assert_eq!(due_fee(&bench), None, "before {after_s}");
        bench.pass(1);
        let (effect, tried) = due_fee(&bench).unwrap();
        assert!(matches!(effect, Effect::Fee { .. }));
        assert_eq!(usize::try_from(tried), Ok(tries));
        assert_eq!(due_fee(&bench), None, "leased");
        let ends = tries + 1 == plan(ChannelId::Stripe).len();
        answer(&bench, &order, &effect, None, ends);
    }
    assert!(bench.stored(FEE_ROWS).is_empty(), "asked for no more");
    bench.pass(400_000);
    assert_eq!(due_fee(&bench), None);
    assert_eq!(bench.events().len(), events, "nobody is told");
    let stored = &bench.stored("SELECT money FROM orders")[0];
    assert!(
        !stored.contains("\"fee\":"),
        "unknown is not zero: {stored}"
    );
}

#[test]
fn the_answer_that_tells_the_fee_ends_the_asking() {
    let mut bench = Bench::new();
    let order = paid_order(&bench, Flow::Qr);
    bench.pass(i64::from(plan(ChannelId::Alipay)[0]));
    let (effect, _) = due_fee(&bench).unwrap();
    answer(&bench, &order, &effect, Some(usd(6)), true);
    assert!(bench.stored(FEE_ROWS).is_empty());
    let stored = &bench.stored("SELECT money FROM orders")[0];
    assert!(stored.contains(r#""fee":{"amount":"0.06","currency":"USD"}"#));
    assert!(!stored.contains("fee_untold"), "{stored}");
}

#[test]
fn a_shopper_who_comes_back_hurries_no_question_for_a_fee() {
    let bench = Bench::new();
    let order = paid_order(&bench, Flow::Qr);
    let hurried = bench.call(TillCall::Hurry { order });
    assert!(effects(&hurried.work).is_empty());
    assert_eq!(bench.stored(FEE_ROWS).len(), 1);
}

/// Stored by a Causeway that knew of no fees.
#[test]
fn an_old_order_is_read_and_asked_for_when_it_changes() {
    let mut bench = Bench::new();
    let order = paid_order(&bench, Flow::Card);
    bench.stored("DELETE FROM effects");
    let refund = RefundId::make([9; 16]);
    let ask = Event::RequestRefund {
        refund: refund.clone(),
        attempt: None,
        amount: usd(100),
        reason: String::new(),
    };
    let reply = bench.act(&order, ask, None);
    assert_eq!(effects(&reply.work), [&Effect::Refund { refund }]);
    bench.pass(i64::from(plan(ChannelId::Stripe)[0]));
    let asked = bench.alarm().work;
    let asks = |e: &&Effect| matches!(e, Effect::Fee { .. });
    assert_eq!(effects(&asked).into_iter().filter(asks).count(), 1);
}
