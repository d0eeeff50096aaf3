//! Many prices at once: all or none, counted and recorded.

use crate::actor::Actor;
use crate::object::store::model::{Price, Said};
use crate::object::store::prices::{Book, BookCounts, MAX_PRICES};
use crate::object::store::{StoreAnswer, StoreCall, call};
use crate::object::till::tests::Sqlite;
use crate::sql::Sql;
use causeway_shared::money::{Currency, Money};
use causeway_shared::time::UnixTime;

struct Shop(Sqlite);

impl Shop {
    fn new() -> Self {
        Self(Sqlite(rusqlite::Connection::open_in_memory().unwrap()))
    }

    fn ask(&self, ask: &StoreCall) -> StoreAnswer {
        let request = serde_json::to_string(ask).unwrap();
        let answer = call(&self.0, UnixTime::from_seconds(0), &request).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn put(&self, prices: Vec<Price>, keep_others: bool, dry_run: bool) -> StoreAnswer {
        self.ask(&StoreCall::PutBook {
            actor: Actor::owner(),
            book: Book {
                prices,
                keep_others,
                dry_run,
            },
        })
    }

    fn skus(&self) -> Vec<String> {
        let StoreAnswer::Prices { prices } = self.ask(&StoreCall::Prices { skus: Vec::new() })
        else {
            panic!("prices")
        };
        prices.into_iter().map(|price| price.sku).collect()
    }

    fn recorded(&self) -> usize {
        self.0.run("SELECT 1 FROM audit", &[]).unwrap().len()
    }
}

fn price(sku: &str, minor: i64) -> Price {
    Price {
        sku: sku.to_owned(),
        name: "Tea".to_owned(),
        image_url: None,
        prices: vec![Money::from_minor(minor, Currency::USD).unwrap()],
        active: true,
        names: std::collections::BTreeMap::new(),
        stock: Said::default(),
        stock_taken: Said::default(),
    }
}

fn counts(added: u32, changed: u32, removed: u32, unchanged: u32) -> BookCounts {
    BookCounts {
        added,
        changed,
        removed,
        unchanged,
    }
}

#[track_caller]
fn assert_counts(answer: StoreAnswer, wanted: BookCounts) {
    let StoreAnswer::Book(found) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(found, wanted);
}

#[test]
fn a_new_book_replaces_the_old_one_and_each_change_is_recorded() {
    let shop = Shop::new();
    let first = vec![price("a", 1), price("b", 2), price("c", 3)];
    assert_counts(shop.put(first, false, false), counts(3, 0, 0, 0));
    assert_eq!(shop.recorded(), 3);
    let second = || vec![price("a", 1), price("b", 9), price("d", 4)];
    assert_counts(shop.put(second(), false, true), counts(1, 1, 1, 1));
    assert_eq!(shop.skus(), ["a", "b", "c"], "a dry run changes nothing");
    assert_eq!(shop.recorded(), 3);
    assert_counts(shop.put(second(), true, false), counts(1, 1, 0, 2));
    assert_eq!(shop.skus(), ["a", "b", "c", "d"]);
    assert_counts(shop.put(second(), false, false), counts(0, 0, 1, 3));
    assert_eq!(shop.skus(), ["a", "b", "d"]);
    assert_eq!(shop.recorded(), 6);
}

#[test]
fn the_order_of_currencies_is_no_change() {
    let shop = Shop::new();
    let mut tea = price("tea", 1);
    tea.prices
        .push(Money::from_minor(8, Currency::CNY).unwrap());
    shop.put(vec![tea.clone()], false, false);
    tea.prices.reverse();
    assert_counts(shop.put(vec![tea], false, false), counts(0, 0, 0, 1));
    assert_eq!(shop.recorded(), 1);
}

#[test]
fn a_book_that_would_be_too_large_changes_nothing() {
    let shop = Shop::new();
    assert_counts(
        shop.put(vec![price("a", 1)], false, false),
        counts(1, 0, 0, 0),
    );
    let many = || (0..MAX_PRICES).map(|n| price(&n.to_string(), 1)).collect();
    let refused = shop.put(many(), true, false);
    assert!(
        matches!(refused, StoreAnswer::Refused { .. }),
        "{refused:?}"
    );
    assert_eq!(shop.skus(), ["a"]);
    assert_counts(shop.put(many(), false, true), counts(10_000, 0, 1, 0));
}
