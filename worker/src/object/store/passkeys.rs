//! The passkeys of operators: public keys alone. Nothing here lets anybody in who has read it.

use causeway_shared::passkey::counts_on;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{self, Entry};
use super::sessions::{self, NewSession, Way};
use super::{StoreAnswer, missing_is_empty, operators};
use crate::actor::Actor;
use crate::sql::{Row, Sql, SqlError, Value};

/// The most passkeys of an operator.
const MAX_PASSKEYS: i64 = 20;

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its id: `psk_` and 16 characters.
    pub id: String,
    /// Whose it is.
    pub operator: String,
    /// What the authenticator calls it, in base64url.
    pub credential: String,
    /// Its public key, an uncompressed point of P-256, in base64url.
    pub public_key: String,
    /// How often it has signed; 0 where it does not count.
    pub sign_count: u32,
    /// Whether it may be copied to other devices of its owner.
    pub can_be_backed_up: bool,
    /// The operator's own name for it.
    pub label: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it last signed its operator in.
    pub used_at: Option<UnixTime>,
}

/// A challenge that was answered, and until when it could be answered again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// SHA-256 of the challenge, in hexadecimal.
    pub hash: String,
    /// From when it is good for nothing anyway.
    pub expires_at: UnixTime,
}

/// What is asked about passkeys.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyCall {
    /// Keep one that was made.
    Add {
        /// It.
        passkey: Box<Passkey>,
        /// What it answers.
        answered: Answered,
    },
    /// The one of this name.
    Find {
        /// What the authenticator calls it, in base64url.
        credential: String,
    },
    /// Those of an operator, the first that was made first.
    List {
        /// Whose.
        operator: String,
    },
    /// Delete one, or all, of an operator.
    Remove {
        /// Whose.
        operator: String,
        /// Which; all when left out.
        id: Option<String>,
    },
    /// Sign in by one whose signature holds.
    SignIn {
        /// What the authenticator calls it, in base64url.
        credential: String,
        /// How often it says that it has signed.
        sign_count: u32,
        /// What it answers.
        answered: Answered,
        /// The session to open.
        session: NewSession,
    },
}

fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    sessions::make_tables(sql)?;
    for query in [
        "CREATE TABLE IF NOT EXISTS passkeys (id TEXT PRIMARY KEY, operator TEXT NOT NULL,
         credential TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, sign_count INTEGER NOT NULL,
         can_be_backed_up INTEGER NOT NULL, label TEXT NOT NULL, created_at INTEGER NOT NULL,
         used_at INTEGER) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS passkeys_by_operator ON passkeys (operator)",
        "CREATE TABLE IF NOT EXISTS answered (hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL)
         WITHOUT ROWID",
    ] {
        sql.run(query, &[])?;
    }
    Ok(())
}

pub(super) fn call(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    call: PasskeyCall,
) -> Result<StoreAnswer, SqlError> {
    match call {
        PasskeyCall::Add { passkey, answered } => add(sql, now, actor, *passkey, &answered),
        PasskeyCall::Find { credential } => {
            found(select(sql, "credential = ?", &[credential.into()])?)
        }
        PasskeyCall::List { operator } => found(select(sql, "operator = ?", &[operator.into()])?),
        PasskeyCall::Remove { operator, id } => remove(sql, now, actor, &operator, id.as_deref()),
        PasskeyCall::SignIn {
            credential,
            sign_count,
            answered,
            session,
        } => sign_in(sql, now, &credential, sign_count, &answered, session),
    }
}

fn found(passkeys: Vec<Passkey>) -> Result<StoreAnswer, SqlError> {
    Ok(StoreAnswer::Passkeys { passkeys })
}

fn refused(detail: &str) -> Result<StoreAnswer, SqlError> {
    Ok(StoreAnswer::Refused {
        detail: detail.to_owned(),
    })
}

fn add(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    passkey: Passkey,
    answered: &Answered,
) -> Result<StoreAnswer, SqlError> {
    if operators::find(sql, &passkey.operator)?.is_none() {
        return Ok(StoreAnswer::NotFound);
    }
    make_tables(sql)?;
    if !answer_once(sql, now, answered)? {
        return refused("this passkey answers a challenge that was answered before");
    }
    if !select(sql, "credential = ?", &[passkey.credential.as_str().into()])?.is_empty() {
        return refused("this passkey is known already");
    }
    let count = sql.run(
        "SELECT count(*) FROM passkeys WHERE operator = ?",
        &[passkey.operator.as_str().into()],
    )?;
    if count.first().map_or(Ok(0), |row| row.integer(0))? >= MAX_PASSKEYS {
        return refused("an operator has 20 passkeys at most; delete one first");
    }
    sql.run(
        "INSERT INTO passkeys (id, operator, credential, public_key, sign_count,
         can_be_backed_up, label, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            passkey.id.as_str().into(),
            passkey.operator.as_str().into(),
            passkey.credential.as_str().into(),
            passkey.public_key.as_str().into(),
            passkey.sign_count.into(),
            i64::from(passkey.can_be_backed_up).into(),
            passkey.label.as_str().into(),
            passkey.created_at.millis().into(),
        ],
    )?;
    record(sql, now, actor, "passkey.create", &passkey)?;
    found(vec![passkey])
}

/// Whether a challenge is answered for the first time.
fn answer_once(sql: &dyn Sql, now: UnixTime, answered: &Answered) -> Result<bool, SqlError> {
    sql.run(
        "DELETE FROM answered WHERE expires_at <= ?",
        &[now.millis().into()],
    )?;
    let rows = sql.run(
        "INSERT INTO answered (hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING
         RETURNING hash",
        &[
            answered.hash.as_str().into(),
            answered.expires_at.millis().into(),
        ],
    )?;
    Ok(!rows.is_empty())
}

fn sign_in(
    sql: &dyn Sql,
    now: UnixTime,
    credential: &str,
    sign_count: u32,
    answered: &Answered,
    session: NewSession,
) -> Result<StoreAnswer, SqlError> {
    let known = select(sql, "credential = ?", &[credential.into()])?;
    let Some(passkey) = known.into_iter().next() else {
        return Ok(StoreAnswer::NotFound);
    };
    // A passkey whose count does not grow may have been copied.
    if !answer_once(sql, now, answered)? || !counts_on(passkey.sign_count, sign_count) {
        return Ok(StoreAnswer::NotFound);
    }
    sql.run(
        "UPDATE passkeys SET sign_count = ?, used_at = ? WHERE id = ?",
        &[
            sign_count.into(),
            now.millis().into(),
            passkey.id.as_str().into(),
        ],
    )?;
    let operator = operators::find(sql, &passkey.operator)?;
    sessions::sign_in(sql, now, operator, Way::Passkey, session)
}

fn remove(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    operator: &str,
    id: Option<&str>,
) -> Result<StoreAnswer, SqlError> {
    let which = "operator = ?1 AND (?2 IS NULL OR id = ?2)";
    let values = [operator.into(), id.into()];
    let gone = select(sql, which, &values)?;
    if id.is_some() && gone.is_empty() {
        return Ok(StoreAnswer::NotFound);
    }
    for passkey in &gone {
        sql.run(
            "DELETE FROM passkeys WHERE id = ?",
            &[passkey.id.as_str().into()],
        )?;
        record(sql, now, actor, "passkey.delete", passkey)?;
    }
    found(Vec::new())
}

fn record(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    act: &str,
    passkey: &Passkey,
) -> Result<(), SqlError> {
    let told = Some(json!({ "operator": passkey.operator, "label": passkey.label }));
    let is_made = act == "passkey.create";
    let (before, after) = if is_made { (None, told) } else { (told, None) };
    let entry = Entry {
        actor,
        act,
        target: &passkey.id,
        before,
        after,
    };
    audit::record(sql, now, &entry)
}

/// An operator is gone, and so are its passkeys.
pub(super) fn forget(sql: &dyn Sql, operator: &str) -> Result<(), SqlError> {
    let query = "DELETE FROM passkeys WHERE operator = ?";
    missing_is_empty(sql.run(query, &[operator.into()]))?;
    Ok(())
}

fn select(sql: &dyn Sql, which: &str, values: &[Value]) -> Result<Vec<Passkey>, SqlError> {
    let query = format!(
        "SELECT id, operator, credential, public_key, sign_count, can_be_backed_up, label,
         created_at, used_at FROM passkeys WHERE {which} ORDER BY created_at, id"
    );
    let rows = missing_is_empty(sql.run_made(&query, values))?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Passkey, SqlError> {
    let used_at = match row.0.get(8) {
        Some(Value::Null) => None,
        _ => Some(UnixTime::from_millis(row.integer(8)?)),
    };
    Ok(Passkey {
        id: row.text(0)?.to_owned(),
        operator: row.text(1)?.to_owned(),
        credential: row.text(2)?.to_owned(),
        public_key: row.text(3)?.to_owned(),
        sign_count: u32::try_from(row.integer(4)?).unwrap_or(u32::MAX),
        can_be_backed_up: row.integer(5)? != 0,
        label: row.text(6)?.to_owned(),
        created_at: UnixTime::from_millis(row.integer(7)?),
        used_at,
    })
}
