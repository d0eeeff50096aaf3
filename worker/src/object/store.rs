//! A store: what a merchant has set. Read by every isolate and cached there for a few seconds.
//!
//! Credentials and webhook secrets arrive here already sealed under the deployment's master key;
//! API keys arrive as hashes. Nothing in this database opens anything.

pub mod audit;
mod changed;
pub mod mail;
pub mod model;
pub mod operators;
pub mod passkeys;
pub mod prices;
pub mod profile;
pub mod reminders;
pub mod sessions;
pub mod standing;
pub mod stock;
pub mod uses;
pub mod views;

use std::collections::BTreeMap;

use causeway_shared::id::StoreId;
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use self::audit::{AuditQuery, Entry, Record};
use self::mail::{MailAnswer, MailCall};
use self::model::{Price, StoreChange, StoreConfig};
use self::operators::{Operator, OperatorCall};
use self::passkeys::{Passkey, PasskeyCall};
use self::prices::{Book, BookCounts};
use self::profile::StoreProfile;
use self::reminders::Reminded;
use self::sessions::{Session, SessionCall, SignedIn};
use self::standing::{Standing, StandingCall};
use self::stock::{StockAnswer, StockCall};
use self::uses::UseCall;
use self::views::{View, ViewCall};
use crate::actor::Actor;
use crate::object::till::call::{TillAnswer, TillReply, Work};
use crate::sql::{Row, Sql, SqlError};

/// What is asked of a store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreCall {
    /// Read the audit log.
    Audit(AuditQuery),
    /// Change a setting.
    Change {
        /// Who does.
        actor: Actor,
        /// What.
        change: Box<StoreChange>,
    },
    /// Read or change what messages are written with.
    Mail {
        /// Who does.
        actor: Actor,
        /// What.
        call: MailCall,
    },
    /// Read or change operators.
    Operators {
        /// Who does.
        actor: Actor,
        /// What.
        call: OperatorCall,
    },
    /// Read all settings but the price book.
    Read,
    /// Set many prices at once, or none.
    PutBook {
        /// Who does.
        actor: Actor,
        /// What.
        book: Book,
    },
    /// Set or replace a price.
    PutPrice {
        /// Who does.
        actor: Actor,
        /// The price.
        price: Price,
    },
    /// Set the store profile.
    PutProfile {
        /// Who does.
        actor: Actor,
        /// The profile.
        profile: Box<StoreProfile>,
    },
    /// Read prices: those named, or all when none is named.
    Prices {
        /// Which.
        skus: Vec<String>,
    },
    /// Read the store profile.
    Profile,
    /// Delete a price.
    RemovePrice {
        /// Who does.
        actor: Actor,
        /// Which.
        sku: String,
    },
    /// Read or change passkeys, and sign in by them.
    Passkeys {
        /// Who does.
        actor: Actor,
        /// What.
        call: PasskeyCall,
    },
    /// What became of a reminder.
    Reminded(Reminded),
    /// Sign operators in and out.
    Sessions {
        /// Who does.
        actor: Actor,
        /// What.
        call: SessionCall,
    },
    /// Read or change somebody's saved views.
    Views {
        /// Whose.
        actor: Actor,
        /// What.
        call: ViewCall,
    },
    /// Read how the store stands, or note a check of an account.
    Standing(StandingCall),
    /// Take pieces out of the stock, or hear what became of them.
    Stock(StockCall),
    /// Read or note when API keys were used.
    Uses(UseCall),
}

/// A store's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreAnswer {
    /// Rows of the audit log, newest first.
    Audit {
        /// They.
        records: Vec<Record>,
    },
    /// The settings, after a change where there was one.
    Config(Box<StoreConfig>),
    /// What messages are written with.
    Mail(MailAnswer),
    /// There is no such thing to change.
    NotFound,
    /// The change does not fit.
    Refused {
        /// Why, in words for the merchant.
        detail: String,
    },
    /// The operators asked for, or the one that was changed.
    Operators {
        /// They.
        operators: Vec<Operator>,
    },
    /// The prices asked for, by sku.
    Prices {
        /// They.
        prices: Vec<Price>,
    },
    /// The store profile.
    Profile(Box<StoreProfile>),
    /// The passkeys asked for.
    Passkeys {
        /// They.
        passkeys: Vec<Passkey>,
    },
    /// The sessions asked for.
    Sessions {
        /// They.
        sessions: Vec<Session>,
    },
    /// Who is signed in.
    SignedIn(Box<SignedIn>),
    /// Somebody's saved views.
    Views {
        /// They.
        views: Vec<View>,
    },
    /// What the new book changed.
    Book(BookCounts),
    /// It is noted.
    Done,
    /// How the store stands.
    Standing(Box<Standing>),
    /// What came of taking pieces out.
    Stock(StockAnswer),
    /// On which days API keys were last used, by id.
    Uses(BTreeMap<String, UnixTime>),
}

/// The most bytes of all settings: SQLite takes two million in a row, and every isolate reads them.
const MAX_CONFIG: usize = 1_000_000;

/// Answers one call.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back.
pub fn call(sql: &dyn Sql, now: UnixTime, request: &str) -> Result<String, SqlError> {
    answer(sql, now, json::from_str(request)?)
}

/// Answers one call to the object of this store, and says when its alarm is to ring, where that may
/// have changed or is not known: `is_armed` says that it is, and that the time lies ahead.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back.
pub fn timed_call(
    sql: &dyn Sql,
    now: UnixTime,
    request: &str,
    (store, is_armed): (&str, bool),
) -> Result<(String, Option<Option<UnixTime>>), SqlError> {
    let call = json::from_str(request)?;
    let plans = matches!(call, StoreCall::PutProfile { .. });
    let moves = matches!(call, StoreCall::Change { .. } | StoreCall::Reminded(_));
    let answer = answer(sql, now, call)?;
    if plans || !is_armed {
        reminders::plan(sql, now, store)?;
    }
    let asked = plans || moves || !is_armed;
    let next = asked.then(|| next_timer(sql)).transpose()?;
    Ok((answer, next))
}

/// What the alarm hands to the worker, if anything, and when it is to ring next.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back, and the alarm rings again.
pub fn due(sql: &dyn Sql, now: UnixTime) -> Result<(Option<String>, Option<UnixTime>), SqlError> {
    let sends = !read_swept(sql, now)?.mail.is_empty();
    let (store, work) = reminders::due(sql, now, sends)?;
    let reply = TillReply {
        store: StoreId::parse(&store).ok(),
        answer: TillAnswer::Done,
        work: work.into_iter().map(Work::Remind).collect(),
    };
    let handed = !reply.work.is_empty();
    let reply = handed.then(|| serde_json::to_string(&reply)).transpose()?;
    Ok((reply, next_timer(sql)?))
}

/// When a reminder is due, or the first key ends.
fn next_timer(sql: &dyn Sql) -> Result<Option<UnixTime>, SqlError> {
    let ends = read(sql)?.next_end();
    Ok(reminders::next(sql)?.into_iter().chain(ends).min())
}

fn answer(sql: &dyn Sql, now: UnixTime, call: StoreCall) -> Result<String, SqlError> {
    // Anybody can name a store that does not exist: asking for it must not store anything.
    let makes_its_own = match &call {
        StoreCall::Audit(_)
        | StoreCall::Read
        | StoreCall::Profile
        | StoreCall::Reminded(_)
        | StoreCall::Operators { .. }
        | StoreCall::Passkeys { .. }
        | StoreCall::Sessions { .. }
        | StoreCall::Standing(_)
        | StoreCall::Uses(_)
        | StoreCall::Views { .. } => true,
        StoreCall::Mail { call, .. } => call.only_reads(),
        _ => false,
    };
    if !makes_its_own {
        make_tables(sql)?;
    }
    let answer = match call {
        StoreCall::Read => StoreAnswer::Config(Box::new(read_swept(sql, now)?)),
        StoreCall::Audit(query) => StoreAnswer::Audit {
            records: audit::list(sql, &query)?,
        },
        StoreCall::Change { actor, change } => apply(sql, &actor, *change, now)?,
        StoreCall::Mail { actor, call } => mail::call(sql, now, &actor, call)?,
        StoreCall::Operators { actor, call } => operators::call(sql, now, &actor, call)?,
        StoreCall::PutPrice { actor, price } => prices::put(sql, now, &actor, price)?,
        StoreCall::PutBook { actor, book } => prices::put_book(sql, now, &actor, book)?,
        StoreCall::PutProfile { actor, profile } => profile::put(sql, now, &actor, *profile)?,
        StoreCall::Profile => profile::read(sql)?,
        StoreCall::Prices { skus } => StoreAnswer::Prices {
            prices: prices::read(sql, &skus)?,
        },
        StoreCall::Passkeys { actor, call } => passkeys::call(sql, now, &actor, call)?,
        StoreCall::Standing(call) => standing::call(sql, call)?,
        StoreCall::Stock(call) => stock::call(sql, now, call)?,
        StoreCall::Uses(call) => uses::call(sql, now, call)?,
        StoreCall::Reminded(reminded) => {
            reminders::sent(sql, now, &reminded)?;
            StoreAnswer::Done
        }
        StoreCall::Sessions { actor, call } => sessions::call(sql, now, &actor, call)?,
        StoreCall::RemovePrice { actor, sku } => prices::remove(sql, now, &actor, &sku)?,
        StoreCall::Views { actor, call } => views::call(sql, &actor, call)?,
    };
    Ok(serde_json::to_string(&answer)?)
}

fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS config (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)",
        &[],
    )?;
    sql.run(
        "CREATE TABLE IF NOT EXISTS prices (sku TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID",
        &[],
    )?;
    sql.run(
        "CREATE TABLE IF NOT EXISTS profile (id INTEGER PRIMARY KEY, doc TEXT NOT NULL)",
        &[],
    )?;
    stock::make_tables(sql)?;
    mail::make_table(sql)?;
    audit::make_table(sql)
}

/// The rows of a query, none where its table was never made.
fn missing_is_empty(rows: Result<Vec<Row>, SqlError>) -> Result<Vec<Row>, SqlError> {
    match rows {
        Err(error) if error.0.contains("no such table") => Ok(Vec::new()),
        rows => rows,
    }
}

fn read(sql: &dyn Sql) -> Result<StoreConfig, SqlError> {
    let rows = missing_is_empty(sql.run("SELECT doc FROM config WHERE id = 1", &[]))?;
    let Some(row) = rows.first() else {
        return Ok(StoreConfig::default());
    };
    let mut config: StoreConfig = json::from_str(row.text(0)?)?;
    config.counts_stock = stock::counts_any(sql)?;
    Ok(config)
}

/// Reads the settings; keys for cards whose time is over are deleted first.
fn read_swept(sql: &dyn Sql, now: UnixTime) -> Result<StoreConfig, SqlError> {
    let mut config = read(sql)?;
    if config.sweep_sealing_keys(now) {
        config.version += 1;
        save(sql, &config)?;
    }
    Ok(config)
}

fn apply(
    sql: &dyn Sql,
    actor: &Actor,
    change: StoreChange,
    now: UnixTime,
) -> Result<StoreAnswer, SqlError> {
    let mut config = read(sql)?;
    let (act, target) = (change.act(), change.target());
    let before = target.of(&config);
    match config.apply(change, now) {
        Ok(true) => {
            config.version += 1;
            if let Some(refused) = save(sql, &config)? {
                return Ok(refused);
            }
            let entry = Entry {
                actor,
                act,
                target: target.name(),
                before,
                after: target.of(&config),
            };
            audit::record(sql, now, &entry)?;
            Ok(StoreAnswer::Config(Box::new(config)))
        }
        Ok(false) => Ok(StoreAnswer::NotFound),
        Err(detail) => Ok(StoreAnswer::Refused {
            detail: detail.to_owned(),
        }),
    }
}

/// Stores the settings, or says why they cannot be.
fn save(sql: &dyn Sql, config: &StoreConfig) -> Result<Option<StoreAnswer>, SqlError> {
    let doc = serde_json::to_string(config)?;
    if doc.len() > MAX_CONFIG {
        return Ok(Some(StoreAnswer::Refused {
            detail: "all settings together may have 1000000 bytes".to_owned(),
        }));
    }
    sql.run(
        "INSERT OR REPLACE INTO config (id, doc) VALUES (1, ?)",
        &[doc.into()],
    )?;
    Ok(None)
}

#[cfg(test)]
mod tests;
