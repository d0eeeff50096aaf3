//! Finding orders, and what that costs.

use causeway_shared::wire::Item;

use super::super::search::{CHANGES, MAX_IN_ALARM, Risk, SearchQuery};
use super::*;

fn all() -> SearchQuery {
    SearchQuery {
        mode: Mode::Test,
        text: None,
        state: None,
        channel: None,
        method: None,
        country: None,
        currency: None,
        risk: None,
        from: None,
        to: None,
        before: None,
        limit: 100,
    }
}

fn text(text: &str) -> SearchQuery {
    SearchQuery {
        text: Some(text.to_owned()),
        ..all()
    }
}

/// An order over an item, of somebody.
fn order_of(n: u32, item: &str, email: &str) -> Create {
    let mut create = draft(1, None);
    let time_ms = (START as u64) * 1000 + u64::from(n);
    let mut random = [0; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    create.id = OrderId::make(time_ms, TillNumber::new(0).unwrap(), random);
    create.details.items = vec![Item {
        name: item.to_owned(),
        sku: Some(format!("sku-{n}")),
        quantity: 1,
        unit_price: usd(1000),
        image_url: None,
    }];
    create.details.shopper.email = Some(email.to_owned());
    create.details.shopper.country = Some("DE".to_owned());
    create.details.merchant_reference = Some(format!("A-{n}"));
    create
}

impl Bench {
    fn sell(&self, n: u32, item: &str, email: &str) -> OrderId {
        let create = order_of(n, item, email);
        let id = create.id.clone();
        self.call(TillCall::Create(Box::new(create)));
        id
    }

    fn find(&self, query: SearchQuery) -> Vec<OrderId> {
        for _ in 0..200 {
            match self.call(TillCall::Search(Box::new(query.clone()))).answer {
                TillAnswer::Orders { orders } => {
                    return orders.iter().map(|r| r.order.id().clone()).collect();
                }
                TillAnswer::Behind => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("always behind");
    }

    fn changed_since(&self, since: Option<i64>) -> (Vec<OrderId>, i64) {
        let call_ = TillCall::Changes {
            mode: Mode::Test,
            since,
            limit: 10,
        };
        match self.call(call_).answer {
            TillAnswer::Changes { orders, last } => {
                (orders.iter().map(|r| r.order.id().clone()).collect(), last)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn orders_are_found_by_what_people_know_of_them() {
    let bench = Bench::new();
    let tea = bench.sell(1, "龙井绿茶 Longjing", "mei@example.com");
    let cup = bench.sell(2, "Tea cup", "john.smith@shop.example");
    let work = bench.start(&cup, Flow::Card).work;
    bench.report(&cup, Some(first_effect(&work)), Some(paid(&cup)));
    for (query, found) in [
        (tea.as_str(), vec![&tea]),
        (&format!("{cup}01"), vec![&cup]),
        ("ch_1", vec![&cup]),
        ("MEI@example.com", vec![&tea]),
        ("john.smith", vec![&cup]),
        ("绿茶", vec![&tea]),
        ("茶", vec![&tea]),
        ("longjing", vec![&tea]),
        ("longj", vec![&tea]),
        ("tea", vec![&cup]),
        ("a-1", vec![&tea]),
        ("sku-2", vec![&cup]),
        ("10.00", vec![&cup, &tea]),
        ("$10", vec![&cup, &tea]),
        ("10.01", vec![]),
        ("example", vec![&cup, &tea]),
        ("example cup", vec![&cup]),
        ("cup example mei", vec![]),
        ("!?", vec![]),
    ] {
        let wanted: Vec<OrderId> = found.into_iter().cloned().collect();
        assert_eq!(bench.find(text(query)), wanted, "{query}");
    }
    let live = SearchQuery {
        mode: Mode::Live,
        ..text("tea")
    };
    assert!(bench.find(live).is_empty());
}

#[test]
fn filters_narrow_what_is_found() {
    let bench = Bench::new();
    let one = bench.sell(1, "Tea", "a@example.com");
    let two = bench.sell(2, "Tea", "b@example.com");
    let work = bench.start(&two, Flow::Card).work;
    let refused = json!({ "type": "declined",
        "value": { "reason": "risk_refused", "channel_code": "fraud" } });
    bench.report(&two, Some(first_effect(&work)), Some(refused));
    let channel = SearchQuery {
        channel: Some(ChannelId::Stripe),
        ..all()
    };
    let method = SearchQuery {
        method: Some(Method::Card),
        ..text("tea")
    };
    let risk = |risk| SearchQuery {
        risk: Some(risk),
        ..all()
    };
    let country = SearchQuery {
        country: Some("DE".to_owned()),
        currency: Some("USD".to_owned()),
        state: Some("created".to_owned()),
        ..all()
    };
    let euros = SearchQuery {
        currency: Some("EUR".to_owned()),
        ..all()
    };
    assert_eq!(bench.find(channel), std::slice::from_ref(&two));
    assert_eq!(bench.find(method), std::slice::from_ref(&two));
    assert_eq!(bench.find(risk(Risk::Raised)), std::slice::from_ref(&two));
    assert_eq!(bench.find(risk(Risk::None)), std::slice::from_ref(&one));
    assert_eq!(bench.find(country), [two.clone(), one.clone()]);
    assert!(bench.find(euros).is_empty());
    let page = SearchQuery {
        before: Some(two.clone()),
        limit: 1,
        ..text("tea")
    };
    assert_eq!(bench.find(page), [one]);
}

#[test]
fn a_search_sees_what_was_just_changed_and_the_alarm_does_the_rest() {
    let mut bench = Bench::new();
    for n in 1..=10 {
        bench.sell(n, "Tea", "a@example.com");
    }
    assert!(bench.stored("SELECT id FROM found").is_empty());
    let (_, timer) = bench.call_with_timer(TillCall::Read { order: order_id(1) });
    let waits = UnixTime::from_millis(START * 1000 + 3_600_000);
    assert_eq!(timer, Some(waits));
    bench.pass(3600);
    bench.alarm();
    assert_eq!(bench.stored("SELECT id FROM found").len(), 10);
    let order = bench.sell(11, "Coffee", "a@example.com");
    assert_eq!(bench.find(text("coffee")), [order]);
}

#[test]
fn an_index_that_is_behind_says_so_and_gets_nearer() {
    let bench = Bench::new();
    for n in 1..=1_600 {
        bench.sell(n, "Tea", "a@example.com");
    }
    let search = || bench.call(TillCall::Search(Box::new(text("tea")))).answer;
    assert!(matches!(search(), TillAnswer::Behind));
    assert!(matches!(search(), TillAnswer::Orders { orders } if orders.len() == 100));
    const { assert!(MAX_IN_ALARM < 1_600) };
}

#[test]
fn changes_are_told_in_their_order_and_once() {
    let bench = Bench::new();
    let one = bench.sell(1, "Tea", "a@example.com");
    let (none, start) = bench.changed_since(None);
    assert!(none.is_empty());
    assert_eq!(bench.changed_since(Some(start)), (Vec::new(), start));
    let two = bench.sell(2, "Tea", "a@example.com");
    let cancel = Event::Cancel {
        reason: CancelReason::Merchant,
    };
    bench.act(&one, cancel, None);
    let (changed, last) = bench.changed_since(Some(start));
    assert_eq!(changed, [two, one]);
    assert_eq!(bench.changed_since(Some(last)), (Vec::new(), last));
    let plan = format!("EXPLAIN QUERY PLAN {CHANGES}");
    let rows = bench.sql.run_made(&plan, &vec![Value::Null; 3]).unwrap();
    let plan = rows[0].text(3).unwrap();
    assert!(plan.ends_with("orders_by_change (change>?)"), "{plan}");
}
