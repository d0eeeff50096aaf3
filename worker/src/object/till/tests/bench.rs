//! What the tests stand on.

use super::*;

pub(crate) struct Sqlite(pub(crate) rusqlite::Connection);

impl Sql for Sqlite {
    fn run_made(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
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
pub(super) struct Bench {
    pub(super) sql: Sqlite,
    pub(super) now: UnixTime,
    pub(super) endpoints: Vec<Subscription>,
    pub(super) mailings: Vec<Mailing>,
}

pub(super) const START: i64 = 1_790_000_000;

impl Bench {
    pub(super) fn new() -> Self {
        let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
        let endpoints = vec![endpoint(1, &[]), endpoint(2, &["order.paid"])];
        Self {
            sql,
            now: UnixTime::from_seconds(START),
            endpoints,
            mailings: Vec::new(),
        }
    }

    pub(super) fn call(&self, call_: TillCall) -> TillReply {
        let (reply, _) = self.call_with_timer(call_);
        reply
    }

    pub(super) fn call_with_timer(&self, call_: TillCall) -> (TillReply, Option<UnixTime>) {
        let request = TillRequest {
            store: store(),
            endpoints: self.endpoints.clone(),
            mailings: self.mailings.clone(),
            call: call_,
        };
        let only_reads = request.call.only_reads();
        let request = serde_json::to_string(&request).unwrap();
        let After {
            replies,
            next_timer,
            ..
        } = call(&self.sql, self.now, &request, false).unwrap();
        if only_reads {
            let before = self.changes();
            assert_eq!(read(&self.sql, self.now, &request).unwrap(), replies[0]);
            assert_eq!(self.changes(), before, "a call that reads has written");
        } else {
            read(&self.sql, self.now, &request).unwrap_err();
        }
        let reply: TillReply = serde_json::from_str(&replies[0]).unwrap();
        if let TillAnswer::Order { .. } | TillAnswer::Rejected { .. } = reply.answer {
            let again = |w: &Work| matches!(w, Work::Channel(item) if item.record.is_some());
            assert!(!reply.work.iter().any(again), "an order that is told twice");
        }
        (reply.whole(), next_timer)
    }

    /// Rows that were written so far.
    fn changes(&self) -> i64 {
        let rows = self.sql.run("SELECT total_changes()", &[]).unwrap();
        rows[0].integer(0).unwrap()
    }

    pub(super) fn alarms(&self) -> Vec<TillReply> {
        let replies = due(&self.sql, self.now).unwrap().replies;
        replies
            .iter()
            .map(|r| serde_json::from_str(r).unwrap())
            .collect()
    }

    pub(super) fn alarm(&self) -> TillReply {
        TillReply {
            store: Some(store()),
            answer: TillAnswer::Done,
            work: self.alarms().into_iter().flat_map(|r| r.work).collect(),
        }
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }

    pub(super) fn create(&self, n: u8) -> OrderRecord {
        match self.call(TillCall::Create(Box::new(draft(n, None)))).answer {
            TillAnswer::Order {
                record,
                changed: true,
            } => *record,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn act(
        &self,
        order: &OrderId,
        event: Event,
        context: Option<AttemptContext>,
    ) -> TillReply {
        self.call(TillCall::Act(Box::new(Act {
            order: order.clone(),
            event,
            context,
        })))
    }

    pub(super) fn start(&self, order: &OrderId, flow: Flow) -> TillReply {
        let context = AttemptContext {
            envelope: Some("c2VhbGVk".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            locale: None,
        };
        self.act(order, Event::StartAttempt(attempt(1, flow)), Some(context))
    }

    pub(super) fn report(
        &self,
        order: &OrderId,
        effect: Option<Effect>,
        status: Option<Json>,
    ) -> TillReply {
        let report = Report {
            order: order.clone(),
            effect,
            events: status.into_iter().map(|s| reported(1, &s)).collect(),
            notice: None,
            messages: Vec::new(),
        };
        self.call(TillCall::Report(Box::new(report)))
    }

    pub(super) fn stored(&self, query: &str) -> Vec<String> {
        let rows = self.sql.run_made(query, &[]).unwrap();
        rows.iter()
            .map(|r| r.text(0).unwrap_or_default().to_owned())
            .collect()
    }

    pub(super) fn events(&self) -> Vec<EventRecord> {
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

pub(super) fn store() -> StoreId {
    StoreId::parse("demo").unwrap()
}

pub(super) fn account() -> AccountId {
    AccountId::make(&store(), [7; 8])
}

pub(super) fn endpoint(n: u8, events: &[&str]) -> Subscription {
    Subscription {
        id: EndpointId::make([n; 16]),
        mode: Mode::Test,
        events: events.iter().map(|e| (*e).to_owned()).collect(),
    }
}

pub(super) fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

pub(super) fn order_id(n: u8) -> OrderId {
    let time_ms = (START as u64) * 1000 + u64::from(n);
    OrderId::make(time_ms, TillNumber::new(0).unwrap(), [n; 10])
}

pub(super) fn draft(n: u8, idempotency: Option<Idempotency>) -> Create {
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
            holds_stock: false,
        },
        idempotency,
    }
}

pub(super) fn attempt(n: u8, flow: Flow) -> NewAttempt {
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

/// What a channel said, as it crosses to the till. What was paid has its fee, and leaves nothing to
/// be asked.
pub(super) fn reported(number: u8, status: &Json) -> Event {
    let fee = (status["type"] == "paid").then(|| usd(59));
    let reported = json!({
        "channel_number": "ch_1", "card": null, "fee": fee, "status": status,
    });
    let event = json!({ "type": "report", "number": number, "reported": reported });
    causeway_shared::json::from_str(&event.to_string()).unwrap()
}

pub(super) fn paid(order: &OrderId) -> Json {
    json!({ "type": "paid", "value": {
        "kind": "captured", "source": "answer", "account": account(),
        "reference": format!("{order}01"), "attempt": null, "channel_number": "ch_1",
        "amount": usd(1000), "at": UnixTime::from_seconds(START),
    }})
}

pub(super) fn effects(work: &[Work]) -> Vec<&Effect> {
    let effect = |w: &Work| matches!(w, Work::Channel(_));
    work.iter()
        .filter(|w| effect(w))
        .map(|w| match w {
            Work::Channel(item) => &item.effect,
            Work::Deliver(_)
            | Work::Expire { .. }
            | Work::Message(_)
            | Work::Remind(_)
            | Work::Stock { .. } => {
                unreachable!()
            }
        })
        .collect()
}

pub(super) fn first_effect(work: &[Work]) -> Effect {
    let id = work.iter().find_map(|w| match w {
        Work::Channel(item) => Some(item.effect.clone()),
        Work::Deliver(_)
        | Work::Expire { .. }
        | Work::Message(_)
        | Work::Remind(_)
        | Work::Stock { .. } => None,
    });
    id.unwrap()
}

pub(super) fn deliveries(work: &[Work]) -> Vec<(EventId, EndpointId)> {
    let delivery = |w: &Work| match w {
        Work::Deliver(d) => Some((d.event.clone(), d.endpoint.clone())),
        Work::Channel(_)
        | Work::Expire { .. }
        | Work::Message(_)
        | Work::Remind(_)
        | Work::Stock { .. } => None,
    };
    work.iter().filter_map(delivery).collect()
}
