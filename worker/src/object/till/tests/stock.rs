//! What a till owes to the store's count of pieces.

use super::acts::{mei, refund};
use super::*;

impl Bench {
    /// An order that holds pieces, or not.
    fn holding(&self, n: u8, holds_stock: bool) -> OrderId {
        let mut create = draft(n, None);
        create.details.holds_stock = holds_stock;
        let order = create.id.clone();
        self.call(TillCall::Create(Box::new(create)));
        order
    }

    fn heard(&self, order: &OrderId, sold: bool) {
        let order = order.clone();
        self.call(TillCall::StockTold { order, sold });
    }
}

/// What the count is to be told.
fn news(work: &[Work]) -> Vec<bool> {
    let news = work.iter().filter_map(|w| match w {
        Work::Stock { sold, .. } => Some(*sold),
        Work::Channel(_)
        | Work::Deliver(_)
        | Work::Expire { .. }
        | Work::Message(_)
        | Work::Remind(_) => None,
    });
    news.collect()
}

fn cancel() -> Event {
    Event::Cancel {
        reason: CancelReason::Merchant,
    }
}

#[test]
fn the_count_is_told_of_a_cancellation_until_it_has_heard() {
    let mut bench = Bench::new();
    let order = bench.holding(1, true);
    assert_eq!(news(&bench.act(&order, cancel(), None).work), [false]);
    assert_eq!(news(&bench.alarm().work), [false; 0], "it is leased");
    bench.pass(41);
    assert_eq!(news(&bench.alarm().work), [false], "nothing was heard");
    bench.heard(&order, false);
    bench.pass(1_000);
    assert_eq!(news(&bench.alarm().work), [false; 0]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
}

#[test]
fn the_count_is_told_of_an_expiry() {
    let mut bench = Bench::new();
    let order = bench.holding(1, true);
    bench.pass(3_600);
    assert_eq!(news(&bench.alarm().work), [false; 0], "it is not over yet");
    assert_eq!(news(&bench.act(&order, Event::Expire, None).work), [false]);
}

#[test]
fn the_count_is_told_of_a_payment_and_not_of_its_refund() {
    let bench = Bench::new();
    let order = bench.holding(1, true);
    let work = bench.start(&order, Flow::Card).work;
    assert_eq!(news(&work), [false; 0]);
    let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    assert_eq!(news(&reply.work), [true]);
    bench.heard(&order, true);
    assert_eq!(bench.record(&order).added.stock_sold, Some(true));
    let refund = bench.desk(mei(), refund(&order, 1, None, &[]));
    assert_eq!(news(&refund.work), [false; 0]);
}

#[test]
fn an_order_that_holds_pieces_is_not_made_after_its_time() {
    let mut bench = Bench::new();
    bench.pass(3_600);
    let mut create = draft(1, None);
    create.details.holds_stock = true;
    let request = TillRequest {
        store: store(),
        endpoints: Vec::new(),
        mailings: Vec::new(),
        call: TillCall::Create(Box::new(create)),
    };
    let request = serde_json::to_string(&request).unwrap();
    call(&bench.sql, bench.now, &request, false).unwrap_err();
    assert!(bench.stored("SELECT id FROM orders").is_empty());
}

#[test]
fn an_order_that_holds_nothing_has_no_news() {
    let bench = Bench::new();
    let order = bench.holding(1, false);
    assert_eq!(news(&bench.act(&order, cancel(), None).work), [false; 0]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
}
