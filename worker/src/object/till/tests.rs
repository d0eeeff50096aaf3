//! A till on an ordinary SQLite.

mod outbox;

use causeway_shared::channel::{CaptureMode, ChannelId, Flow, Method};
use causeway_shared::id::{
    AccountId, AttemptId, EndpointId, EventId, Mode, OrderId, StoreId, Till as TillNumber,
};
use causeway_shared::money::{Currency, Money};
use causeway_shared::order::{CancelReason, Effect, Event, IrregularPolicy, NewAttempt};
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{Details, ShopperDetails};
use serde_json::{Value as Json, json};

use super::call::{
    Act, AttemptContext, Create, DeliverWork, Delivered, EventQuery, EventRecord, Idempotency,
    NoticeKey, OrderQuery, OrderRecord, Report, Subscription, TillAnswer, TillCall, TillReply,
    TillRequest, Work,
};
use super::{After, call, due};
use crate::sql::{Row, Sql, SqlError, Value};

pub(crate) struct Sqlite(pub(crate) rusqlite::Connection);

impl Sql for Sqlite {
    fn run(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let sql = |e: rusqlite::Error| SqlError(e.to_string());
        let mut statement = self.0.prepare(query).map_err(sql)?;
        let columns = statement.column_count();
        let values = values.iter().map(|v| match v {
            Value::Null => rusqlite::types::Value::Null,
            Value::Integer(i) => rusqlite::types::Value::Integer(*i),
            Value::Text(t) => rusqlite::types::Value::Text(t.clone()),
        });
        let mut rows = statement
            .query(rusqlite::params_from_iter(values))
            .map_err(sql)?;
        let mut read = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let row = (0..columns).map(|i| match row.get_unwrap(i) {
                rusqlite::types::Value::Integer(i) => Value::Integer(i),
                rusqlite::types::Value::Text(t) => Value::Text(t),
                _ => Value::Null,
            });
            read.push(Row(row.collect()));
        }
        Ok(read)
    }
}

/// One till with a clock that the test moves.
struct Bench {
    sql: Sqlite,
    now: UnixTime,
    endpoints: Vec<Subscription>,
}

const START: i64 = 1_790_000_000;

impl Bench {
    fn new() -> Self {
        let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
        let endpoints = vec![endpoint(1, &[]), endpoint(2, &["order.paid"])];
        Self {
            sql,
            now: UnixTime::from_seconds(START),
            endpoints,
        }
    }

    fn call(&self, call_: TillCall) -> TillReply {
        let (reply, _) = self.call_with_timer(call_);
        reply
    }

    fn call_with_timer(&self, call_: TillCall) -> (TillReply, Option<UnixTime>) {
        let request = TillRequest {
            store: store(),
            endpoints: self.endpoints.clone(),
            call: call_,
        };
        let request = serde_json::to_string(&request).unwrap();
        let After {
            replies,
            next_timer,
            ..
        } = call(&self.sql, self.now, &request).unwrap();
        (serde_json::from_str(&replies[0]).unwrap(), next_timer)
    }

    fn alarms(&self) -> Vec<TillReply> {
        let replies = due(&self.sql, self.now).unwrap().replies;
        replies
            .iter()
            .map(|r| serde_json::from_str(r).unwrap())
            .collect()
    }

    fn alarm(&self) -> TillReply {
        TillReply {
            store: Some(store()),
            answer: TillAnswer::Done,
            work: self.alarms().into_iter().flat_map(|r| r.work).collect(),
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }

    fn create(&self, n: u8) -> OrderRecord {
        match self.call(TillCall::Create(Box::new(draft(n, None)))).answer {
            TillAnswer::Order {
                record,
                changed: true,
            } => *record,
            other => panic!("{other:?}"),
        }
    }

    fn act(&self, order: &OrderId, event: Event, context: Option<AttemptContext>) -> TillReply {
        self.call(TillCall::Act(Box::new(Act {
            order: order.clone(),
            event,
            context,
        })))
    }

    fn start(&self, order: &OrderId, flow: Flow) -> TillReply {
        let context = AttemptContext {
            envelope: Some("c2VhbGVk".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            locale: None,
        };
        self.act(order, Event::StartAttempt(attempt(1, flow)), Some(context))
    }

    fn report(&self, order: &OrderId, effect: Option<Effect>, status: Option<Json>) -> TillReply {
        let report = Report {
            order: order.clone(),
            effect,
            events: status.into_iter().map(|s| reported(1, &s)).collect(),
            notice: None,
        };
        self.call(TillCall::Report(Box::new(report)))
    }

    fn stored(&self, query: &str) -> Vec<String> {
        let rows = self.sql.run(query, &[]).unwrap();
        rows.iter()
            .map(|r| r.text(0).unwrap_or_default().to_owned())
            .collect()
    }

    fn events(&self) -> Vec<EventRecord> {
        let query = EventQuery {
            mode: Mode::Test,
            kind: None,
            order: None,
            before: None,
            limit: 100,
        };
        match self.call(TillCall::Events(query)).answer {
            TillAnswer::Events { events } => events,
            other => panic!("{other:?}"),
        }
    }
}

fn store() -> StoreId {
    StoreId::parse("demo").unwrap()
}

fn account() -> AccountId {
    AccountId::make(&store(), [7; 8])
}

fn endpoint(n: u8, events: &[&str]) -> Subscription {
    Subscription {
        id: EndpointId::make([n; 16]),
        mode: Mode::Test,
        events: events.iter().map(|e| (*e).to_owned()).collect(),
    }
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn order_id(n: u8) -> OrderId {
    let time_ms = (START as u64) * 1000 + u64::from(n);
    OrderId::make(time_ms, TillNumber::new(0).unwrap(), [n; 10])
}

fn draft(n: u8, idempotency: Option<Idempotency>) -> Create {
    Create {
        id: order_id(n),
        total: usd(1000),
        capture: CaptureMode::Automatic,
        policy: IrregularPolicy::default(),
        expires_at: UnixTime::from_seconds(START + 3600),
        details: Details {
            store: store(),
            mode: Mode::Test,
            items: Vec::new(),
            shipping: None,
            tax: None,
            discount: None,
            shopper: ShopperDetails::default(),
            description: "Tea".to_owned(),
            merchant_reference: None,
            return_url: None,
            metadata: std::collections::BTreeMap::new(),
            methods: None,
        },
        idempotency,
    }
}

fn attempt(n: u8, flow: Flow) -> NewAttempt {
    let (channel, method) = match flow {
        Flow::Card => (ChannelId::Stripe, Method::Card),
        _ => (ChannelId::Alipay, Method::Alipay),
    };
    NewAttempt {
        id: AttemptId::make([n; 16]),
        account: account(),
        channel,
        method,
        flow,
    }
}

/// What a channel said, as it crosses to the till.
fn reported(number: u8, status: &Json) -> Event {
    serde_json::from_value(json!({
        "type": "report",
        "number": number,
        "reported": { "channel_number": "ch_1", "card": null, "status": status },
    }))
    .unwrap()
}

fn paid(order: &OrderId) -> Json {
    json!({ "type": "paid", "value": {
        "kind": "captured", "source": "answer", "account": account(),
        "reference": format!("{order}01"), "attempt": null, "channel_number": "ch_1",
        "amount": usd(1000), "at": UnixTime::from_seconds(START),
    }})
}

fn effects(work: &[Work]) -> Vec<&Effect> {
    let effect = |w: &Work| matches!(w, Work::Channel(_));
    work.iter()
        .filter(|w| effect(w))
        .map(|w| match w {
            Work::Channel(item) => &item.effect,
            Work::Deliver(_) | Work::Expire { .. } => unreachable!(),
        })
        .collect()
}

fn first_effect(work: &[Work]) -> Effect {
    let id = work.iter().find_map(|w| match w {
        Work::Channel(item) => Some(item.effect.clone()),
        Work::Deliver(_) | Work::Expire { .. } => None,
    });
    id.unwrap()
}

fn deliveries(work: &[Work]) -> Vec<(EventId, EndpointId)> {
    let delivery = |w: &Work| match w {
        Work::Deliver(d) => Some((d.event.clone(), d.endpoint.clone())),
        Work::Channel(_) | Work::Expire { .. } => None,
    };
    work.iter().filter_map(delivery).collect()
}

#[test]
fn a_key_makes_one_order_and_refuses_another_body() {
    let mut bench = Bench::new();
    let key = |body: &str| {
        Some(Idempotency {
            key: "k".to_owned(),
            body: body.to_owned(),
        })
    };
    let create = |bench: &Bench, n, body: &str| {
        bench
            .call(TillCall::Create(Box::new(draft(n, key(body)))))
            .answer
    };
    let TillAnswer::Order {
        record,
        changed: true,
    } = create(&bench, 1, "a")
    else {
        panic!()
    };
    let TillAnswer::Order {
        record: again,
        changed: false,
    } = create(&bench, 2, "a")
    else {
        panic!()
    };
    assert_eq!(record.order.id(), again.order.id());
    assert!(matches!(create(&bench, 3, "b"), TillAnswer::KeyConflict));
    assert_eq!(bench.stored("SELECT id FROM orders").len(), 1);
    // After seven days the key is free again.
    bench.pass(7 * 24 * 3600 + 1);
    bench.alarm();
    assert!(bench.stored("SELECT key FROM idempotency").is_empty());
}

/// While the number of tills is raised, one isolate may know the new number and another the old.
#[test]
fn a_key_that_has_left_a_till_makes_no_order_there() {
    let bench = Bench::new();
    let key = |key: &str| Idempotency {
        key: key.to_owned(),
        body: "a".to_owned(),
    };
    let create = |n, name| {
        let call_ = TillCall::Create(Box::new(draft(n, Some(key(name)))));
        bench.call(call_).answer
    };
    let moved = |name| bench.call(TillCall::MoveKey(key(name))).answer;
    create(1, "made before");
    assert!(matches!(moved("made before"), TillAnswer::Order { .. }));
    assert!(matches!(moved("new"), TillAnswer::KeyMoved));
    assert!(matches!(moved("new"), TillAnswer::KeyMoved));
    assert!(matches!(create(2, "new"), TillAnswer::KeyMoved));
    let found = bench.call(TillCall::FindKey(key("new"))).answer;
    assert!(matches!(found, TillAnswer::KeyMoved));
    assert_eq!(bench.stored("SELECT id FROM orders").len(), 1);
}

#[test]
fn work_is_leased_and_handed_out_again_when_nothing_is_heard() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let reply = bench.start(&order, Flow::Card);
    assert!(matches!(effects(&reply.work)[..], [Effect::Create { .. }]));
    assert!(effects(&bench.alarm().work).is_empty(), "leased");
    bench.pass(41);
    let again = bench.alarm();
    assert!(matches!(effects(&again.work)[..], [Effect::Create { .. }]));
    let Work::Channel(item) = &again.work[0] else {
        panic!()
    };
    assert_eq!(item.tries, 1);
    assert_eq!(item.context.envelope.as_deref(), Some("c2VhbGVk"));
}

#[test]
fn an_unknown_outcome_is_tried_again_with_growing_pauses() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let mut work = bench.start(&order, Flow::Card).work;
    for pause in [3, 10, 30, 60, 120, 300, 600, 600] {
        bench.report(&order, Some(first_effect(&work)), None);
        bench.pass(pause - 1);
        assert!(effects(&bench.alarm().work).is_empty(), "before {pause}");
        bench.pass(1);
        work = bench.alarm().work;
        work.retain(|w| matches!(w, Work::Channel(_)));
        assert_eq!(work.len(), 1, "after {pause}");
    }
}

#[test]
fn a_late_report_does_not_touch_the_effect_that_took_the_place_of_its_own() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let create = first_effect(&bench.start(&order, Flow::Qr).work);
    let id = attempt(1, Flow::Qr).id;
    let closing = bench.act(&order, Event::GiveUp { attempt: id }, None).work;
    assert!(matches!(effects(&closing)[..], [Effect::Close { .. }]));
    bench.report(&order, Some(create), None);
    bench.pass(39);
    assert!(effects(&bench.alarm().work).is_empty(), "still leased");
    bench.pass(2);
    let again = bench.alarm().work;
    assert!(matches!(effects(&again)[..], [Effect::Close { .. }]));
}

#[test]
fn the_sealed_card_is_deleted_once_the_channel_has_answered() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    assert!(bench.stored("SELECT context FROM attempts")[0].contains("c2VhbGVk"));
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "pending" })),
    );
    let context = &bench.stored("SELECT context FROM attempts")[0];
    assert!(
        !context.contains("c2VhbGVk") && context.contains("192.0.2.1"),
        "{context}"
    );
}

#[test]
fn a_payment_tells_each_endpoint_that_wants_it_and_leaves_nothing_due() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let sent = deliveries(&reply.work);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].0, sent[1].0, "one event, two endpoints");
    for (event, endpoint) in sent {
        let done = Delivered {
            event,
            endpoint,
            status: Some(204),
            gone: false,
        };
        bench.call(TillCall::Delivered(done));
    }
    bench.pass(7200);
    let (_, timer) = bench.call_with_timer(TillCall::Read { order });
    let forgotten = UnixTime::from_millis(START * 1000 + super::sweep::EVENT_LIFE_MS);
    assert_eq!(timer, Some(forgotten));
    assert!(bench.alarm().work.is_empty());
    assert!(
        bench.events()[0]
            .deliveries
            .iter()
            .all(|d| d.state == "delivered")
    );
}

#[test]
fn endpoints_get_only_what_they_asked_for() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let decline = json!({ "type": "declined",
        "value": { "reason": "card_declined", "channel_code": "generic_decline" } });
    let reply = bench.report(&order, Some(first_effect(&work)), Some(decline));
    let to: Vec<EndpointId> = deliveries(&reply.work)
        .into_iter()
        .map(|(_, e)| e)
        .collect();
    assert_eq!(to, [endpoint(1, &[]).id]);
}

#[test]
fn a_webhook_is_tried_for_72_hours_and_then_fails_without_delaying_others() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let mut reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let began = bench.now;
    let mut tries = 0;
    let good = endpoint(2, &[]).id;
    loop {
        for (event, endpoint) in deliveries(&reply.work) {
            let status = if endpoint == good { Some(200) } else { None };
            tries += u32::from(endpoint != good);
            bench.call(TillCall::Delivered(Delivered {
                event,
                endpoint,
                status,
                gone: false,
            }));
        }
        let call_ = TillCall::Read {
            order: order.clone(),
        };
        let timer = bench.call_with_timer(call_).1.unwrap();
        assert!(timer > bench.now);
        if timer.seconds() > began.seconds() + 80 * 24 * 3600 {
            break;
        }
        bench.now = timer;
        reply = bench.alarm();
    }
    assert!(bench.now.seconds() - began.seconds() >= 72 * 3600);
    assert!(tries > 10);
    let states: Vec<String> = bench.events()[0]
        .deliveries
        .iter()
        .map(|d| d.state.clone())
        .collect();
    assert_eq!(states.iter().filter(|s| *s == "delivered").count(), 1);
    assert_eq!(states.iter().filter(|s| *s == "failed").count(), 1);
}

#[test]
fn an_alarm_speaks_to_each_party_apart() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let other = bench.create(2).order.id().clone();
    bench.start(&other, Flow::Qr);
    bench.pass(41);
    let replies = bench.alarms();
    assert!(replies.iter().all(|r| r.store == Some(store())));
    let groups: Vec<usize> = replies.iter().map(|r| r.work.len()).collect();
    assert_eq!(groups, [1, 1, 1], "a channel and two endpoints");
}

/// Six answers can be waited for at a time; what waits for its turn would seem to get none.
#[test]
fn an_alarm_hands_out_six_calls_to_a_party_at_a_time() {
    let mut bench = Bench::new();
    for n in 1..=70 {
        let order = bench.create(n).order.id().clone();
        bench.start(&order, Flow::Qr);
    }
    bench.pass(41);
    let sizes =
        |replies: &[TillReply]| -> Vec<usize> { replies.iter().map(|r| r.work.len()).collect() };
    let replies = bench.alarms();
    assert_eq!(sizes(&replies), [&[6; 10][..], &[4]].concat());
    assert_eq!(sizes(&bench.alarms()), [6], "the rest at once");
}

#[test]
fn more_parties_than_calls_share_them() {
    let orders: Vec<Work> = (1..=64)
        .map(|n| {
            Work::Deliver(DeliverWork {
                event: EventId::make([n; 16]),
                order: order_id(n),
                endpoint: EndpointId::make([n; 16]),
                body: String::new(),
            })
        })
        .collect();
    let groups = super::by_party(orders);
    assert_eq!(groups.len(), super::MAX_GROUPS);
    assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 64);
    assert!(groups.iter().all(|g| g.len() <= 3));
}

#[test]
fn lists_read_one_range_of_an_index() {
    let bench = Bench::new();
    bench.create(1);
    for (query, values, index) in [
        (
            super::list::IN_TIME,
            4,
            "orders_by_time (mode=? AND id>? AND id<?)",
        ),
        (
            super::list::IN_STATE,
            5,
            "orders_by_state (mode=? AND state=? AND id>? AND id<?)",
        ),
        (
            super::outbox::IN_TIME,
            5,
            "events_by_time (mode=? AND (created_at,id)<(?,?))",
        ),
        (
            super::outbox::OF_ORDER,
            6,
            "events_by_order (order_id=? AND (created_at,id)<(?,?))",
        ),
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {query}");
        let rows = bench.sql.run(&plan, &vec![Value::Null; values]).unwrap();
        let plan: Vec<&str> = rows.iter().map(|r| r.text(3).unwrap()).collect();
        assert!(plan[0].ends_with(index), "{plan:?}");
    }
}

#[test]
fn an_endpoint_that_is_gone_is_not_tried_again_until_asked_for() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    let reply = bench.report(&order, Some(first_effect(&work)), Some(paid(&order)));
    let event = deliveries(&reply.work)[0].0.clone();
    for (event, endpoint) in deliveries(&reply.work) {
        let gone = Delivered {
            event,
            endpoint,
            status: Some(410),
            gone: true,
        };
        bench.call(TillCall::Delivered(gone));
    }
    bench.pass(1_000_000);
    assert!(bench.alarm().work.is_empty());
    let again = bench.call(TillCall::Redeliver { event });
    assert_eq!(deliveries(&again.work).len(), 2);
}

#[test]
fn a_notice_counts_once() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    bench.start(&order, Flow::RedirectDesktop);
    let notice = |id: &str, status: Json| {
        bench.call(TillCall::Report(Box::new(Report {
            order: order.clone(),
            effect: None,
            events: vec![reported(1, &status)],
            notice: Some(NoticeKey {
                account: account(),
                id: id.to_owned(),
            }),
        })))
    };
    let TillAnswer::Order { changed: true, .. } = notice("n1", paid(&order)).answer else {
        panic!()
    };
    let repeated = notice("n1", json!({ "type": "closed" }));
    assert!(matches!(
        repeated.answer,
        TillAnswer::Order { changed: false, .. }
    ));
    // Another notice that contradicts the proof is rejected by name, and changes nothing.
    let other = notice("n2", json!({ "type": "closed" }));
    assert!(matches!(other.answer, TillAnswer::Rejected { .. }));
}

#[test]
fn a_channels_number_is_found_at_its_account_alone() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Card).work;
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "pending" })),
    );
    let locate = |account: AccountId| {
        let channel_number = "ch_1".to_owned();
        bench
            .call(TillCall::Locate {
                account,
                channel_number,
            })
            .answer
    };
    let TillAnswer::Located {
        order: found,
        number: 1,
    } = locate(account())
    else {
        panic!()
    };
    assert_eq!(found, order);
    let other = AccountId::make(&store(), [8; 8]);
    assert!(matches!(locate(other), TillAnswer::NotFound));
}

#[test]
fn an_order_expires_by_the_alarm() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let (_, timer) = bench.call_with_timer(TillCall::Read {
        order: order.clone(),
    });
    assert_eq!(timer, Some(UnixTime::from_seconds(START + 3600)));
    bench.pass(3600);
    let work = bench.alarm().work;
    let [Work::Expire { order: due }] = &work[..] else {
        panic!("{work:?}")
    };
    assert_eq!(due, &order);
    bench.act(&order, Event::Expire, None);
    assert_eq!(bench.stored("SELECT state FROM orders"), ["expired"]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
    assert_eq!(bench.events()[0].kind, "order.expired");
}

#[test]
fn an_open_payment_is_closed_at_its_channel_before_the_order_expires() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Qr).work;
    let qr = json!({ "type": "requires_action", "value": {
        "type": "qr", "content": "x", "expires_at": UnixTime::from_seconds(START + 3600) } });
    bench.report(&order, Some(first_effect(&work)), Some(qr));
    bench.pass(3600);
    bench.alarm();
    let work = bench.act(&order, Event::Expire, None).work;
    assert!(matches!(effects(&work)[..], [Effect::Close { .. }]));
    assert_eq!(bench.stored("SELECT state FROM orders"), ["processing"]);
    bench.report(
        &order,
        Some(first_effect(&work)),
        Some(json!({ "type": "closed" })),
    );
    assert_eq!(bench.stored("SELECT state FROM orders"), ["expired"]);
}

#[test]
fn the_chaser_follows_the_channels_plan_and_can_be_hurried() {
    let mut bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    let work = bench.start(&order, Flow::Qr).work;
    let pending = json!({ "type": "pending" });
    bench.report(&order, Some(first_effect(&work)), Some(pending));
    let plan = causeway_shared::channel::channel(ChannelId::Alipay)
        .declaration()
        .query_after_s;
    let call_ = TillCall::Read {
        order: order.clone(),
    };
    let (_, timer) = bench.call_with_timer(call_);
    assert_eq!(
        timer,
        Some(UnixTime::from_seconds(START + i64::from(plan[0])))
    );
    let hurried = bench.call(TillCall::Hurry {
        order: order.clone(),
    });
    assert!(matches!(effects(&hurried.work)[..], [Effect::Query { .. }]));
    bench.pass(i64::from(plan[0]));
    assert!(
        effects(&bench.alarm().work).is_empty(),
        "leased by the hurry"
    );
}

#[test]
fn cancelling_leaves_nothing_owed() {
    let bench = Bench::new();
    let order = bench.create(1).order.id().clone();
    bench.act(
        &order,
        Event::Cancel {
            reason: CancelReason::Merchant,
        },
        None,
    );
    assert_eq!(bench.stored("SELECT state FROM orders"), ["cancelled"]);
    assert!(bench.stored("SELECT effect FROM effects").is_empty());
}

#[test]
fn lists_are_newest_first_with_filters_and_cursor() {
    let bench = Bench::new();
    let ids: Vec<OrderId> = (1..=5)
        .map(|n| bench.create(n).order.id().clone())
        .collect();
    bench.act(
        &ids[1],
        Event::Cancel {
            reason: CancelReason::Merchant,
        },
        None,
    );
    let list = |state: Option<&str>, before: Option<&OrderId>, limit: u32, mode: Mode| {
        let query = OrderQuery {
            mode,
            state: state.map(str::to_owned),
            from: None,
            to: None,
            before: before.cloned(),
            limit,
        };
        match bench.call(TillCall::List(query)).answer {
            TillAnswer::Orders { orders } => orders
                .iter()
                .map(|r| r.order.id().clone())
                .collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        list(None, None, 2, Mode::Test),
        [ids[4].clone(), ids[3].clone()]
    );
    assert_eq!(
        list(None, Some(&ids[3]), 2, Mode::Test),
        [ids[2].clone(), ids[1].clone()]
    );
    assert_eq!(
        list(Some("cancelled"), None, 9, Mode::Test),
        [ids[1].clone()]
    );
    assert!(list(None, None, 9, Mode::Live).is_empty());
}

#[test]
fn a_till_of_a_newer_layout_is_refused() {
    let bench = Bench::new();
    bench.create(1);
    bench.sql.run("UPDATE meta SET version = 99", &[]).unwrap();
    let request = TillRequest {
        store: store(),
        endpoints: Vec::new(),
        call: TillCall::Read { order: order_id(1) },
    };
    let request = serde_json::to_string(&request).unwrap();
    let error = call(&bench.sql, bench.now, &request).unwrap_err();
    assert!(error.to_string().contains("layout 99"), "{error}");
}

#[test]
fn an_unknown_order_is_not_found() {
    let bench = Bench::new();
    let reply = bench.act(&order_id(9), Event::Expire, None);
    assert!(matches!(reply.answer, TillAnswer::NotFound));
}

#[test]
fn an_order_that_cannot_be_read_does_not_silence_the_alarm() {
    let mut bench = Bench::new();
    let broken = bench.create(1).order.id().clone();
    let good = bench.create(2).order.id().clone();
    bench.start(&broken, Flow::Card);
    bench.start(&good, Flow::Card);
    let values = ["not json".into(), broken.as_str().into()];
    bench
        .sql
        .run("UPDATE orders SET money = ? WHERE id = ?", &values)
        .unwrap();
    bench.pass(41);
    let after = due(&bench.sql, bench.now).unwrap();
    assert_eq!(after.unreadable, [broken.as_str()]);
    let replies = after.replies.iter();
    let work = replies.flat_map(|r| serde_json::from_str::<TillReply>(r).unwrap().work);
    assert_eq!(
        effects(&work.collect::<Vec<_>>()).len(),
        1,
        "the good order's work"
    );
}
