//! Searching orders: by words, and by what a column says; and which orders have changed.
//!
//! The index is brought up to date in bulk: by the alarm, and by a search before it looks. So it
//! costs a payment nothing but the number of its last change, which `orders` keeps.

use std::collections::VecDeque;

use causeway_shared::channel::{ChannelId, Method};
use causeway_shared::id::{Mode, OrderId};
use causeway_shared::order::{Attempt, AttemptState, Order};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Till;
use super::call::{OrderRecord, TillAnswer};
use super::list::{AFTER_ALL, lowest_id};
use super::orders::read_record;
use super::words::{self, Choice, Wanted};
use crate::sql::{SqlError, Value};

/// The most orders that a search takes into the index before it looks.
const MAX_BEHIND: i64 = 1_500;
/// The most orders that an alarm takes into the index.
pub(super) const MAX_IN_ALARM: i64 = 300;
/// How long orders may wait for the index while nobody searches.
pub(super) const REST_MS: i64 = 3_600_000;
/// The most words that one beginning stands for.
const MAX_BEGINNINGS: i64 = 20_000;
/// From how many declined attempts on an order looks like somebody who tries cards.
const MANY_DECLINES: usize = 3;

/// When the alarm takes orders into the index: the first that waits says so. `?3` is [`REST_MS`].
pub(super) const NEXT: &str = "SELECT max(m.index_after, o.created_at + ?3)
    FROM meta AS m JOIN orders AS o ON o.change = (
        SELECT min(change) FROM orders INDEXED BY orders_by_change WHERE change > m.indexed)";

const BEHIND: &str = "SELECT money, details, added, change
    FROM orders INDEXED BY orders_by_change WHERE change > (SELECT indexed FROM meta) ORDER BY change LIMIT ?1";

const PUT_FOUND: &str = "INSERT OR REPLACE INTO found
        (mode, id, state, channel, method, country, currency, risk)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
        json_extract(value, '$[6]'), json_extract(value, '$[7]')
    FROM json_each(?1)";

/// Words are never taken away: what an order was found by, it is found by for ever.
const PUT_WORDS: &str = "INSERT OR IGNORE INTO words (word, id)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?1)";

pub(super) const CHANGES: &str = "SELECT money, details, added, change
    FROM orders INDEXED BY orders_by_change WHERE change > ?1 AND mode = ?2 ORDER BY change LIMIT ?3";

/// Which orders to find.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Test or live.
    pub mode: Mode,
    /// Words.
    pub text: Option<String>,
    /// In this state only.
    pub state: Option<String>,
    /// Paid, or last tried, at this channel.
    pub channel: Option<ChannelId>,
    /// Paid, or last tried, by this method.
    pub method: Option<Method>,
    /// Of shoppers of this country.
    pub country: Option<String>,
    /// In this currency.
    pub currency: Option<String>,
    /// Of this risk.
    pub risk: Option<Risk>,
    /// Created at or after.
    pub from: Option<UnixTime>,
    /// Created before.
    pub to: Option<UnixTime>,
    /// Older than this order: the cursor.
    pub before: Option<OrderId>,
    /// At most so many.
    pub limit: u32,
}

/// Whether an order deserves a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Nothing of the other kind.
    None,
    /// A channel refused it for its risk, several attempts were declined, or money came that does
    /// not fit.
    Raised,
}

impl Risk {
    /// All of them, as the API names them.
    pub const NAMES: &[&str] = &["none", "raised"];

    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Raised => "raised",
        }
    }

    /// What an order's attempts and payments say.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        use causeway_shared::channel::DeclineReason::RiskRefused;
        let declined = order.attempts().iter().filter_map(|a| match &a.state {
            AttemptState::Declined { decline } => Some(decline.reason),
            _ => None,
        });
        let reasons: Vec<_> = declined.collect();
        let tried = reasons.len() >= MANY_DECLINES || reasons.contains(&RiskRefused);
        if tried || !order.irregular().is_empty() {
            Self::Raised
        } else {
            Self::None
        }
    }
}

impl SearchQuery {
    /// Whether the lists of orders can answer it without the index.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.text.is_none()
            && self.channel.is_none()
            && self.method.is_none()
            && self.country.is_none()
            && self.currency.is_none()
            && self.risk.is_none()
    }

    /// The columns of `found` that are asked for.
    fn columns(&self) -> Result<Vec<(&'static str, Value)>, SqlError> {
        let name = |json: Json| json.as_str().map(str::to_owned).unwrap_or_default();
        let mut columns: Vec<(&'static str, Value)> = Vec::new();
        if let Some(state) = &self.state {
            columns.push(("state", state.as_str().into()));
        }
        if let Some(channel) = self.channel {
            columns.push(("channel", name(serde_json::to_value(channel)?).into()));
        }
        if let Some(method) = self.method {
            columns.push(("method", name(serde_json::to_value(method)?).into()));
        }
        if let Some(country) = &self.country {
            columns.push(("country", country.as_str().into()));
        }
        if let Some(currency) = &self.currency {
            columns.push(("currency", currency.as_str().into()));
        }
        if let Some(risk) = self.risk {
            columns.push(("risk", risk.as_str().into()));
        }
        Ok(columns)
    }
}

/// A statement in the making.
struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Adds text, with `?` for each value.
    fn add(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(text);
        self.values.extend(values);
    }

    /// Adds a condition: that `column` is what is searched for.
    fn add_choice(&mut self, column: &str, choice: &Choice) {
        let marks = vec!["?"; choice.words.len()].join(", ");
        self.add(&format!("({column} IN ({marks})"), []);
        self.values
            .extend(choice.words.iter().map(|w| w.as_str().into()));
        if let Some(beginning) = &choice.beginning {
            let end = format!("{beginning}\u{10FFFF}");
            let text = format!(" OR ({column} >= ? AND {column} < ?)");
            self.add(&text, [beginning.as_str().into(), end.into()]);
        }
        self.add(")", []);
    }
}

impl Till<'_> {
    /// Takes orders into the index, at most `limit`, oldest change first. Whether there are more.
    pub(super) fn index(&self, limit: i64) -> Result<bool, SqlError> {
        let rows = self.sql.run(BEHIND, &[limit.into()])?;
        let Some(last) = rows.last() else {
            return Ok(false);
        };
        let (mut found, mut words) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            // One that cannot be read is not found; all others still are.
            let Ok(record) = read_record(row) else {
                continue;
            };
            found.push(found_row(&record));
            let id = record.order.id();
            words.extend(words::of_order(&record).into_iter().map(|w| json!([w, id])));
        }
        for (statement, rows) in [(PUT_FOUND, found), (PUT_WORDS, words)] {
            self.sql
                .run(statement, &[Json::Array(rows).to_string().into()])?;
        }
        let rest = self.now.millis() + REST_MS;
        let values = [last.integer(3)?.into(), rest.into()];
        self.sql
            .run("UPDATE meta SET indexed = ?, index_after = ?", &values)?;
        Ok(i64::try_from(rows.len()).unwrap_or(limit) >= limit)
    }

    /// Finds orders, newest first; or says that the index is behind, and is to be asked again.
    pub(super) fn search(&self, query: &SearchQuery) -> Result<TillAnswer, SqlError> {
        if self.index(MAX_BEHIND)? {
            return Ok(TillAnswer::Behind);
        }
        let statement = match &query.text {
            None => Some(by_columns(query)?),
            Some(text) => self.by_words(query, words::wanted(text, query.mode))?,
        };
        let Some(Statement { text, values }) = statement else {
            return Ok(TillAnswer::Orders { orders: Vec::new() });
        };
        let rows = self.sql.run_made(&text, &values)?;
        let orders = rows.iter().map(read_record).collect::<Result<_, _>>()?;
        Ok(TillAnswer::Orders { orders })
    }

    /// None where a word is nowhere.
    fn by_words(&self, query: &SearchQuery, wanted: Wanted) -> Result<Option<Statement>, SqlError> {
        let mut choices = Vec::new();
        let mut left: VecDeque<Choice> = wanted.0.into();
        while let Some(mut choice) = left.pop_front() {
            let rare = self.how_many(&choice.words)?;
            let parts = std::mem::take(&mut choice.parts);
            if rare > 0 {
                choice.beginning = None;
            } else if !parts.is_empty() {
                left.extend(parts);
                continue;
            } else if choice.beginning.is_none() {
                return Ok(None);
            }
            choices.push((rare, choice));
        }
        // The rarest leads, so that the fewest orders are looked at.
        choices.sort_by_key(|(rare, choice)| (choice.beginning.is_some(), *rare));
        let mut choices = choices.into_iter().map(|(_, choice)| choice);
        let Some(first) = choices.next() else {
            return Ok(None);
        };
        let (from, to) = range(query);
        let mut statement = Statement {
            text: "SELECT o.money, o.details, o.added FROM ".to_owned(),
            values: Vec::new(),
        };
        if let (1, None) = (first.words.len(), &first.beginning) {
            statement.add("words AS w", []);
        } else {
            statement.add("(SELECT DISTINCT id FROM words WHERE ", []);
            statement.add_choice("word", &first);
            let limit = MAX_BEGINNINGS.into();
            let text = " AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?) AS w";
            statement.add(text, [from.clone(), to.clone(), limit]);
        }
        statement.add(
            " CROSS JOIN found AS f ON f.mode = ? AND f.id = w.id
              CROSS JOIN orders AS o ON o.id = w.id WHERE w.id >= ? AND w.id < ?",
            [query.mode.as_str().into(), from, to],
        );
        if let ([word], None) = (&first.words[..], &first.beginning) {
            statement.add(" AND w.word = ?", [word.as_str().into()]);
        }
        for choice in choices {
            statement.add(" AND EXISTS (SELECT 1 FROM words AS x WHERE ", []);
            statement.add_choice("x.word", &choice);
            statement.add(" AND x.id = w.id)", []);
        }
        for (column, value) in query.columns()? {
            statement.add(&format!(" AND f.{column} = ?"), [value]);
        }
        statement.add(" ORDER BY w.id DESC LIMIT ?", [query.limit.into()]);
        Ok(Some(statement))
    }

    /// How many orders have one of some words, as far as that tells which are rare.
    fn how_many(&self, words: &[String]) -> Result<i64, SqlError> {
        let mut sum = 0;
        for word in words {
            let query = "SELECT count(*) FROM (SELECT 1 FROM words WHERE word = ? LIMIT 1000)";
            let rows = self.sql.run(query, &[word.as_str().into()])?;
            sum += rows.first().map_or(Ok(0), |row| row.integer(0))?;
        }
        Ok(sum)
    }

    /// The orders that have changed since, the oldest change first; without `since`, none, and
    /// where the last change is.
    pub(super) fn changes(
        &self,
        mode: Mode,
        since: Option<i64>,
        limit: u32,
    ) -> Result<TillAnswer, SqlError> {
        let Some(since) = since else {
            let rows = self
                .sql
                .run("SELECT coalesce(max(change), 0) FROM orders", &[])?;
            let last = rows.first().map_or(Ok(0), |row| row.integer(0))?;
            let orders = Vec::new();
            return Ok(TillAnswer::Changes { orders, last });
        };
        let values = [since.into(), mode.as_str().into(), limit.into()];
        let rows = self.sql.run(CHANGES, &values)?;
        let last = rows.last().map_or(Ok(since), |row| row.integer(3))?;
        let orders = rows.iter().map(read_record).collect::<Result<_, _>>()?;
        Ok(TillAnswer::Changes { orders, last })
    }
}

fn by_columns(query: &SearchQuery) -> Result<Statement, SqlError> {
    let (from, to) = range(query);
    let mut statement = Statement {
        text: String::new(),
        values: Vec::new(),
    };
    statement.add(
        "SELECT o.money, o.details, o.added FROM found AS f CROSS JOIN orders AS o ON o.id = f.id
         WHERE f.mode = ? AND f.id >= ? AND f.id < ?",
        [query.mode.as_str().into(), from, to],
    );
    for (column, value) in query.columns()? {
        statement.add(&format!(" AND f.{column} = ?"), [value]);
    }
    statement.add(" ORDER BY f.id DESC LIMIT ?", [query.limit.into()]);
    Ok(statement)
}

/// The ids that are looked at.
fn range(query: &SearchQuery) -> (Value, Value) {
    let from = query.from.map(lowest_id).unwrap_or_default();
    let to = query.to.map_or_else(|| AFTER_ALL.to_owned(), lowest_id);
    let before = query.before.as_ref().map_or(AFTER_ALL, OrderId::as_str);
    (from.into(), to.as_str().min(before).into())
}

fn found_row(record: &OrderRecord) -> Json {
    let (order, details) = (&record.order, &record.details);
    let shown = shown_attempt(order);
    json!([
        details.mode,
        order.id(),
        order.state().name(),
        shown.map(|a| a.channel),
        shown.map(|a| a.method),
        details.shopper.country,
        order.total().currency().code(),
        Risk::of(order),
    ])
}

/// The attempt that paid, else the last one.
#[must_use]
pub fn shown_attempt(order: &Order) -> Option<&Attempt> {
    let outside = order.state().payment().is_some() && order.winner().is_none();
    if outside {
        return None;
    }
    order.winner().or_else(|| order.attempts().last())
}
