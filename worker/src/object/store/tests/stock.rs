//! Counted products: taken out once, back once, never below zero.

use causeway_shared::id::{OrderId, Till};

use super::super::model::Price;
use super::super::stock::{StockAnswer, StockCall};
use super::*;

struct Shop(Sqlite);

/// All orders are to be over by then.
const UNTIL: i64 = 1_000;

fn order(n: u8) -> OrderId {
    OrderId::make(1_790_000_000_000, Till::new(0).unwrap(), [n; 10])
}

impl Shop {
    /// With so many of each product.
    fn with(stock: &[(&str, Option<u32>)]) -> Self {
        let shop = Self(Sqlite(rusqlite::Connection::open_in_memory().unwrap()));
        for (sku, pieces) in stock {
            shop.put(sku, *pieces);
        }
        shop
    }

    fn ask(&self, at: i64, ask: StoreCall) -> StoreAnswer {
        let request = serde_json::to_string(&ask).unwrap();
        let answer = call(&self.0, UnixTime::from_seconds(at), &request).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn put(&self, sku: &str, stock: Option<u32>) {
        let price = serde_json::json!({ "sku": sku, "name": "Tea", "prices": [], "stock": stock });
        let price: Price = serde_json::from_value(price).unwrap();
        let actor = Actor::owner();
        self.ask(0, StoreCall::PutPrice { actor, price });
    }

    fn hold_at(&self, at: i64, n: u8, items: &[(&str, u32)]) -> StockAnswer {
        let ask = StockCall::Hold {
            order: order(n),
            until: UnixTime::from_seconds(UNTIL),
            items: items.iter().map(|(s, q)| ((*s).to_owned(), *q)).collect(),
        };
        match self.ask(at, StoreCall::Stock(ask)) {
            StoreAnswer::Stock(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn hold(&self, n: u8, items: &[(&str, u32)]) -> StockAnswer {
        self.hold_at(0, n, items)
    }

    fn settle(&self, n: u8, version: u64, sold: bool) {
        let order = order(n);
        let ask = StockCall::Settle {
            order,
            version,
            sold,
        };
        self.ask(0, StoreCall::Stock(ask));
    }

    fn left(&self, sku: &str) -> Option<u32> {
        let skus = vec![sku.to_owned()];
        match self.ask(0, StoreCall::Prices { skus }) {
            StoreAnswer::Prices { prices } => prices.first().and_then(Price::pieces),
            other => panic!("{other:?}"),
        }
    }
}

fn holds(holds: bool) -> StockAnswer {
    StockAnswer {
        holds,
        short: None,
        lapsed: Vec::new(),
    }
}

fn short(sku: &str, left: u32) -> StockAnswer {
    StockAnswer {
        holds: false,
        short: Some((sku.to_owned(), left)),
        lapsed: Vec::new(),
    }
}

#[test]
fn pieces_are_taken_out_once_for_an_order_and_all_or_none() {
    let shop = Shop::with(&[("tea", Some(3)), ("cup", Some(1)), ("free", None)]);
    let items = [("tea", 2), ("cup", 1), ("free", 9), ("unknown", 9)];
    assert_eq!(shop.hold(1, &items), holds(true));
    assert_eq!(shop.hold(1, &items), holds(true), "again");
    assert_eq!((shop.left("tea"), shop.left("cup")), (Some(1), Some(0)));
    assert_eq!(shop.hold(2, &[("tea", 1), ("cup", 1)]), short("cup", 0));
    assert_eq!(shop.left("tea"), Some(1), "nothing was taken");
    assert_eq!(shop.hold(3, &[("free", 1)]), holds(false));
    assert_eq!(shop.left("free"), None);
}

#[test]
fn pieces_come_back_once() {
    let shop = Shop::with(&[("tea", Some(3))]);
    shop.hold(1, &[("tea", 2)]);
    shop.settle(1, 4, false);
    shop.settle(1, 4, false);
    assert_eq!(shop.left("tea"), Some(3));
    shop.settle(2, 4, false);
    assert_eq!(shop.left("tea"), Some(3), "an order that holds nothing");
}

#[test]
fn what_is_sold_stays_out_whatever_comes_later() {
    let shop = Shop::with(&[("tea", Some(3))]);
    shop.hold(1, &[("tea", 2)]);
    shop.settle(1, 4, true);
    for version in [3, 4, 5] {
        shop.settle(1, version, false);
    }
    shop.settle(1, 5, true);
    assert_eq!(shop.left("tea"), Some(1));
}

#[test]
fn an_expired_order_that_is_paid_takes_its_pieces_again_as_far_as_there_are_any() {
    let shop = Shop::with(&[("tea", Some(3))]);
    shop.hold(1, &[("tea", 2)]);
    shop.settle(1, 4, false);
    shop.hold(2, &[("tea", 2)]);
    shop.settle(1, 5, true);
    assert_eq!(shop.left("tea"), Some(0));
    // Old news of the expiry, which come late.
    shop.settle(1, 4, false);
    assert_eq!(shop.left("tea"), Some(0));
}

#[test]
fn time_alone_returns_nothing_but_names_whom_to_ask() {
    let shop = Shop::with(&[("tea", Some(2))]);
    shop.hold(1, &[("tea", 2)]);
    assert_eq!(shop.hold_at(UNTIL, 2, &[("tea", 1)]), short("tea", 0));
    let answer = shop.hold_at(UNTIL + 1, 2, &[("tea", 1)]);
    assert_eq!(answer.lapsed, [order(1)]);
    assert_eq!(answer.short, Some(("tea".to_owned(), 0)));
    // Others are not told of it at once, in case nobody asks.
    assert!(shop.hold_at(UNTIL + 2, 2, &[("tea", 1)]).lapsed.is_empty());
    assert_eq!(
        shop.hold_at(UNTIL + 602, 2, &[("tea", 1)]).lapsed,
        [order(1)]
    );
    // Its till does not know it.
    shop.settle(1, 0, false);
    assert_eq!(shop.hold_at(UNTIL + 603, 2, &[("tea", 2)]).short, None);
    assert_eq!(shop.left("tea"), Some(0));
}

#[test]
fn what_was_settled_is_not_asked_about_and_forgotten_after_three_months() {
    let shop = Shop::with(&[("tea", Some(3))]);
    shop.hold(1, &[("tea", 1)]);
    shop.hold(2, &[("tea", 1)]);
    shop.settle(1, 4, true);
    shop.settle(2, 4, false);
    let day = 24 * 3600;
    assert!(
        shop.hold_at(UNTIL + 90 * day, 3, &[("tea", 1)])
            .lapsed
            .is_empty()
    );
    let rows = || shop.0.run("SELECT 1 FROM held", &[]).unwrap().len();
    assert_eq!(rows(), 3);
    shop.hold_at(UNTIL + 90 * day + 1, 4, &[("tea", 1)]);
    assert_eq!(rows(), 2);
}

#[test]
fn a_new_count_counts_without_what_is_held() {
    let shop = Shop::with(&[("tea", Some(3))]);
    shop.hold(1, &[("tea", 2)]);
    shop.put("tea", Some(10));
    shop.settle(1, 4, false);
    assert_eq!(shop.left("tea"), Some(12));
    shop.put("tea", None);
    assert_eq!(shop.left("tea"), None);
    shop.settle(1, 5, true);
    assert_eq!(shop.left("tea"), None);
}

/// A product as somebody sends it: `stock` and `stock_taken` where they say them.
fn sent(stock: serde_json::Value) -> Price {
    let mut price = serde_json::json!({ "sku": "tea", "name": "Green tea", "prices": [] });
    price
        .as_object_mut()
        .unwrap()
        .append(&mut stock.as_object().unwrap().clone());
    serde_json::from_value(price).unwrap()
}

impl Shop {
    /// Sets the one product of its book, alone or with the book.
    fn send(&self, price: Price, in_book: bool) {
        let actor = Actor::owner();
        let call = match in_book {
            false => StoreCall::PutPrice { actor, price },
            true => StoreCall::PutBook {
                actor,
                book: Book {
                    prices: vec![price],
                    keep_others: false,
                    dry_run: false,
                },
            },
        };
        let answer = self.ask(0, call);
        if let StoreAnswer::Prices { prices } = &answer {
            assert_eq!(prices[0].pieces(), self.left("tea"), "the answer");
        }
    }
}

#[test]
fn a_change_of_the_stock_keeps_what_was_sold_since_it_was_read() {
    use serde_json::json;
    // Three of thirteen were taken when it was read, and two more since; how many are left.
    for (stock, left) in [
        (json!({}), Some(8)),
        (json!({ "stock_taken": 3 }), Some(8)),
        (json!({ "stock": 10, "stock_taken": 3 }), Some(8)),
        (json!({ "stock": 15, "stock_taken": 3 }), Some(13)),
        (json!({ "stock": 4, "stock_taken": 3 }), Some(2)),
        (json!({ "stock": 1, "stock_taken": 3 }), Some(0)),
        (json!({ "stock": 10 }), Some(10)),
        (json!({ "stock": null, "stock_taken": 3 }), None),
        (json!({ "stock": null }), None),
        (json!({ "stock": null, "stock_taken": null }), Some(8)),
    ] {
        for in_book in [false, true] {
            let shop = Shop::with(&[("tea", Some(13))]);
            shop.hold(1, &[("tea", 3)]);
            shop.hold(2, &[("tea", 2)]);
            // An answer may be lost, and the change sent again.
            for _ in 0..2 {
                shop.send(sent(stock.clone()), in_book);
                assert_eq!(shop.left("tea"), left, "{stock}, in a book: {in_book}");
            }
        }
    }
}

#[test]
fn a_count_that_began_while_somebody_typed_keeps_what_was_sold_since() {
    use serde_json::json;
    let shop = Shop::with(&[("tea", None)]);
    let price = sent(json!({ "stock": 4, "stock_taken": null }));
    shop.send(price.clone(), false);
    assert_eq!(shop.left("tea"), Some(4));
    shop.hold(1, &[("tea", 1)]);
    shop.send(price, false);
    assert_eq!(shop.left("tea"), Some(3));
    let shop = Shop::with(&[("tea", None)]);
    shop.send(sent(json!({ "stock": 4, "stock_taken": 10 })), false);
    assert_eq!(shop.left("tea"), Some(4), "not counted any more");
}

#[test]
fn what_comes_back_was_not_taken() {
    let shop = Shop::with(&[("tea", Some(10))]);
    let read = || format!("{:?}", shop.ask(0, StoreCall::Prices { skus: Vec::new() }));
    let before = read();
    shop.hold(1, &[("tea", 2)]);
    assert_ne!(read(), before);
    shop.settle(1, 2, false);
    assert_eq!(read(), before);
}
