//! Who is signed in to the dashboard: one-time links and browsers' sessions. Both are stored as
//! hashes of what the operator holds.

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{self, Entry};
use super::operators::{self, Operator};
use super::{StoreAnswer, missing_is_empty};
use crate::actor::Actor;
use crate::sql::{Row, Sql, SqlError};

/// How long a one-time link is good for: a quarter of an hour.
pub const LINK_LIFE_S: i64 = 15 * 60;
/// After so long without a request a session is over: twelve hours.
pub const IDLE_S: i64 = 12 * 3600;
/// After so long a session is over however much it is used: seven days.
pub const LIFE_S: i64 = 7 * 24 * 3600;
/// After so long a session gets another token: an hour.
pub const ROTATE_S: i64 = 3600;
/// For so long the token before is still good: requests that were under way carry it.
pub const OVERLAP_S: i64 = 60;
/// How exactly it is known when a session was last used.
const SEEN_S: i64 = 60;
/// The most sessions of an operator; the one that was used longest ago gives way.
const MAX_SESSIONS: i64 = 50;
/// The most unused links of an operator; the oldest gives way.
const MAX_LINKS: i64 = 5;

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Names it without giving it away: `sid_` and 16 characters.
    pub id: String,
    /// How its operator signed in.
    pub way: Way,
    /// What the browser says it is; at most 200 characters.
    pub agent: String,
    /// When its operator signed in.
    pub created_at: UnixTime,
    /// When it was last used, to the minute.
    pub seen_at: UnixTime,
}

/// How an operator signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By a one-time link.
    Link,
    /// By a passkey.
    Passkey,
    /// By an operator's token.
    Token,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Passkey => "passkey",
            Self::Token => "token",
        }
    }
}

/// A session to be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewSession {
    /// Its id.
    pub id: String,
    /// SHA-256 of its token, in hexadecimal.
    pub hash: String,
    /// What the browser says it is.
    pub agent: String,
}

/// What is asked about sessions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionCall {
    /// End a session by its token: the operator signs out.
    End {
        /// SHA-256 of the token.
        hash: String,
    },
    /// The sessions of an operator, the one that was used last first.
    List {
        /// Whose.
        operator: String,
    },
    /// Make a one-time link for an operator: by id, or by address.
    MakeLink {
        /// An id, or an address.
        whose: String,
        /// SHA-256 of the link's token.
        hash: String,
    },
    /// Whose one-time link this is, which stays unused.
    PeekLink {
        /// SHA-256 of the link's token.
        hash: String,
    },
    /// End sessions of an operator.
    Revoke {
        /// Whose.
        operator: String,
        /// Which; all when left out.
        id: Option<String>,
        /// But not this one.
        but: Option<String>,
    },
    /// Sign in by a one-time link, which is used up.
    SignInByLink {
        /// SHA-256 of the link's token.
        link: String,
        /// The session to open.
        session: NewSession,
    },
    /// Sign in by an operator's token.
    SignInByToken {
        /// SHA-256 of the token.
        token: String,
        /// The session to open.
        session: NewSession,
    },
    /// Whose session this is; it counts as used.
    Use {
        /// SHA-256 of the session's token.
        hash: String,
        /// SHA-256 of the token that takes its place if it is time for another; none where the
        /// browser cannot be told one.
        next: Option<String>,
        /// Whether nobody need be there: a page asks by itself. That does not prolong a session.
        unattended: bool,
    },
}

/// An operator who is signed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub operator: Operator,
    /// In which browser.
    pub session: Session,
    /// Whether the session has the next token from now on.
    pub rotated: bool,
}

pub(super) fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    operators::make_tables(sql)?;
    for query in [
        "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, operator TEXT NOT NULL,
         hash TEXT NOT NULL UNIQUE, previous TEXT, rotated_at INTEGER NOT NULL,
         way TEXT NOT NULL, agent TEXT NOT NULL, created_at INTEGER NOT NULL,
         seen_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS sessions_by_operator ON sessions (operator, seen_at)",
        "CREATE INDEX IF NOT EXISTS sessions_by_previous ON sessions (previous)
         WHERE previous IS NOT NULL",
        "CREATE TABLE IF NOT EXISTS links (hash TEXT PRIMARY KEY, operator TEXT NOT NULL,
         expires_at INTEGER NOT NULL) WITHOUT ROWID",
    ] {
        sql.run(query, &[])?;
    }
    Ok(())
}

pub(super) fn call(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    call: SessionCall,
) -> Result<StoreAnswer, SqlError> {
    match call {
        SessionCall::End { hash } => end(sql, now, &hash),
        SessionCall::List { operator } => {
            let query = format!(
                "SELECT {COLUMNS} FROM sessions WHERE operator = ?1 AND seen_at > ?2
                 AND created_at > ?3 ORDER BY seen_at DESC, id"
            );
            let rows = sql.run_made(
                &query,
                &[operator.into(), idle(now).into(), old(now).into()],
            );
            let sessions = missing_is_empty(rows)?;
            let sessions: Result<_, SqlError> = sessions.iter().map(|r| read(r, 0)).collect();
            Ok(StoreAnswer::Sessions {
                sessions: sessions?,
            })
        }
        SessionCall::MakeLink { whose, hash } => make_link(sql, now, actor, &whose, &hash),
        SessionCall::PeekLink { hash } => {
            let query = format!(
                "SELECT {} FROM links JOIN operators ON operators.id = links.operator
                 WHERE links.hash = ? AND links.expires_at > ?",
                operators::COLUMNS
            );
            let rows = missing_is_empty(sql.run_made(&query, &[hash.into(), now.millis().into()]))?;
            let operators: Result<_, SqlError> = rows.iter().map(operators::read).collect();
            Ok(StoreAnswer::Operators {
                operators: operators?,
            })
        }
        SessionCall::Revoke { operator, id, but } => {
            revoke(sql, now, actor, &operator, id.as_deref(), but.as_deref())
        }
        SessionCall::SignInByLink { link, session } => {
            let rows = sql.run(
                "DELETE FROM links WHERE hash = ? AND expires_at > ? RETURNING operator",
                &[link.into(), now.millis().into()],
            );
            let rows = missing_is_empty(rows)?;
            let Some(row) = rows.first() else {
                return Ok(StoreAnswer::NotFound);
            };
            let operator = operators::find(sql, row.text(0)?)?;
            sign_in(sql, now, operator, Way::Link, session)
        }
        SessionCall::SignInByToken { token, session } => {
            let operator = operators::by_token(sql, &token)?;
            sign_in(sql, now, operator, Way::Token, session)
        }
        SessionCall::Use {
            hash,
            next,
            unattended,
        } => use_(sql, now, &hash, next.filter(|_| !unattended), unattended),
    }
}

const COLUMNS: &str = "sessions.id, sessions.way, sessions.agent, sessions.created_at,
    sessions.seen_at";

/// A session from the columns of a row that begin at `from`.
fn read(row: &Row, from: usize) -> Result<Session, SqlError> {
    Ok(Session {
        id: row.text(from)?.to_owned(),
        way: json::from_word(row.text(from + 1)?)?,
        agent: row.text(from + 2)?.to_owned(),
        created_at: UnixTime::from_millis(row.integer(from + 3)?),
        seen_at: UnixTime::from_millis(row.integer(from + 4)?),
    })
}

/// A session that was last used by this time is over.
fn idle(now: UnixTime) -> i64 {
    now.plus_seconds(-IDLE_S).millis()
}

/// A session that was opened by this time is over.
fn old(now: UnixTime) -> i64 {
    now.plus_seconds(-LIFE_S).millis()
}

/// Opens a session for one who has proved to be this operator.
pub(super) fn sign_in(
    sql: &dyn Sql,
    now: UnixTime,
    operator: Option<Operator>,
    way: Way,
    new: NewSession,
) -> Result<StoreAnswer, SqlError> {
    let Some(operator) = operator else {
        return Ok(StoreAnswer::NotFound);
    };
    make_tables(sql)?;
    // What is over, and what is one too many.
    sql.run(
        "DELETE FROM sessions WHERE seen_at <= ? OR created_at <= ?",
        &[idle(now).into(), old(now).into()],
    )?;
    sql.run(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE operator = ?
         ORDER BY seen_at DESC, id LIMIT -1 OFFSET ?)",
        &[operator.id.as_str().into(), (MAX_SESSIONS - 1).into()],
    )?;
    let session = Session {
        id: new.id,
        way,
        agent: new.agent,
        created_at: now,
        seen_at: now,
    };
    sql.run(
        "INSERT INTO sessions (id, operator, hash, rotated_at, way, agent, created_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?4)",
        &[
            session.id.as_str().into(),
            operator.id.as_str().into(),
            new.hash.into(),
            now.millis().into(),
            way.as_str().into(),
            session.agent.as_str().into(),
        ],
    )?;
    let entry = Entry {
        actor: &Actor::operator(&operator.id, &operator.name),
        act: "session.open",
        target: &session.id,
        before: None,
        after: Some(json!({ "way": way, "agent": session.agent })),
    };
    audit::record(sql, now, &entry)?;
    Ok(StoreAnswer::SignedIn(Box::new(SignedIn {
        operator,
        session,
        rotated: false,
    })))
}

fn use_(
    sql: &dyn Sql,
    now: UnixTime,
    hash: &str,
    next: Option<String>,
    unattended: bool,
) -> Result<StoreAnswer, SqlError> {
    let query = format!(
        "SELECT {}, {COLUMNS}, sessions.hash, sessions.rotated_at FROM sessions
         JOIN operators ON operators.id = sessions.operator
         WHERE (sessions.hash = ?1 OR sessions.previous = ?1)
         AND sessions.seen_at > ?2 AND sessions.created_at > ?3",
        operators::COLUMNS
    );
    let values = [hash.into(), idle(now).into(), old(now).into()];
    let rows = missing_is_empty(sql.run_made(&query, &values))?;
    let Some(row) = rows.first() else {
        return Ok(StoreAnswer::NotFound);
    };
    let (operator, mut session) = (operators::read(row)?, read(row, 8)?);
    let is_current = row.text(13)? == hash;
    let age_s = now.millis_since(UnixTime::from_millis(row.integer(14)?)) / 1000;
    if !is_current && age_s > OVERLAP_S {
        return Ok(StoreAnswer::NotFound);
    }
    let next = next.filter(|_| is_current && age_s >= ROTATE_S);
    let rotated = next.is_some();
    if let Some(next) = next {
        sql.run(
            "UPDATE sessions SET hash = ?1, previous = hash, rotated_at = ?2, seen_at = ?2
             WHERE id = ?3",
            &[next.into(), now.millis().into(), session.id.as_str().into()],
        )?;
    } else if !unattended && now.millis_since(session.seen_at) >= SEEN_S * 1000 {
        sql.run(
            "UPDATE sessions SET seen_at = ? WHERE id = ?",
            &[now.millis().into(), session.id.as_str().into()],
        )?;
        session.seen_at = now;
    }
    Ok(StoreAnswer::SignedIn(Box::new(SignedIn {
        operator,
        session,
        rotated,
    })))
}

fn make_link(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    whose: &str,
    hash: &str,
) -> Result<StoreAnswer, SqlError> {
    let Some(operator) = operators::by_id_or_email(sql, whose)? else {
        return Ok(StoreAnswer::NotFound);
    };
    make_tables(sql)?;
    sql.run(
        "DELETE FROM links WHERE expires_at <= ?",
        &[now.millis().into()],
    )?;
    sql.run(
        "DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE operator = ?
         ORDER BY expires_at DESC, hash LIMIT -1 OFFSET ?)",
        &[operator.id.as_str().into(), (MAX_LINKS - 1).into()],
    )?;
    sql.run(
        "INSERT INTO links (hash, operator, expires_at) VALUES (?, ?, ?)",
        &[
            hash.into(),
            operator.id.as_str().into(),
            now.plus_seconds(LINK_LIFE_S).millis().into(),
        ],
    )?;
    let entry = Entry {
        actor,
        act: "operator.make_link",
        target: &operator.id,
        before: None,
        after: None,
    };
    audit::record(sql, now, &entry)?;
    Ok(StoreAnswer::Operators {
        operators: vec![operator],
    })
}

/// The operator signs out. A session that is not known is over already.
fn end(sql: &dyn Sql, now: UnixTime, hash: &str) -> Result<StoreAnswer, SqlError> {
    let rows = sql.run(
        "DELETE FROM sessions WHERE hash = ?1 OR previous = ?1
         RETURNING id, operator, (SELECT name FROM operators WHERE id = sessions.operator)",
        &[hash.into()],
    );
    for row in missing_is_empty(rows)? {
        let name = row.optional_text(2)?.unwrap_or_default();
        let entry = Entry {
            actor: &Actor::operator(row.text(1)?, name),
            act: "session.close",
            target: row.text(0)?,
            before: None,
            after: None,
        };
        audit::record(sql, now, &entry)?;
    }
    Ok(StoreAnswer::Sessions {
        sessions: Vec::new(),
    })
}

fn revoke(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    operator: &str,
    id: Option<&str>,
    but: Option<&str>,
) -> Result<StoreAnswer, SqlError> {
    let rows = sql.run(
        "DELETE FROM sessions WHERE operator = ?1 AND (?2 IS NULL OR id = ?2)
         AND (?3 IS NULL OR id <> ?3) RETURNING id",
        &[operator.into(), id.into(), but.into()],
    );
    let rows = missing_is_empty(rows)?;
    if id.is_some() && rows.is_empty() {
        return Ok(StoreAnswer::NotFound);
    }
    for row in rows {
        let entry = Entry {
            actor,
            act: "session.revoke",
            target: row.text(0)?,
            before: Some(json!({ "operator": operator })),
            after: None,
        };
        audit::record(sql, now, &entry)?;
    }
    Ok(StoreAnswer::Sessions {
        sessions: Vec::new(),
    })
}

/// An operator is gone: so is all that lets it in.
pub(super) fn forget(sql: &dyn Sql, operator: &str) -> Result<(), SqlError> {
    for table in ["sessions", "links"] {
        let query = format!("DELETE FROM {table} WHERE operator = ?");
        missing_is_empty(sql.run_made(&query, &[operator.into()]))?;
    }
    Ok(())
}

/// A token is gone: whoever has signed in by it is signed out, and may not have been its owner.
pub(super) fn forget_token(sql: &dyn Sql, operator: &str) -> Result<(), SqlError> {
    let query = "DELETE FROM sessions WHERE operator = ? AND way = 'token'";
    missing_is_empty(sql.run(query, &[operator.into()]))?;
    Ok(())
}
