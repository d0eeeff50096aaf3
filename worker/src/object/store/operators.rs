//! The operators of a store: who works in the dashboard, as what, and with which token programs of
//! theirs call the API. Tables of their own, because most requests do not need them.

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit::{self, Entry};
use super::{StoreAnswer, missing_is_empty, passkeys, sessions};
use crate::actor::Actor;
use crate::api::may::Role;
use crate::sql::{Row, Sql, SqlError, Value};

/// The most operators of a store.
const MAX_OPERATORS: i64 = 200;

/// A person who works in the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Its id: `opr_` and 16 characters.
    pub id: String,
    /// Where one-time links are sent; one operator per address.
    pub email: String,
    /// What other operators read.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The language of the dashboard, by BCP 47 tag; the browser's when left out.
    pub locale: Option<String>,
    /// The token of its programs, without the token itself.
    pub token: Option<TokenNote>,
    /// When it was made.
    pub created_at: UnixTime,
}

/// A token that was shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenNote {
    /// Its last characters.
    pub hint: String,
    /// When it was made.
    pub created_at: UnixTime,
}

/// What is asked about operators.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorCall {
    /// Add one.
    Add(Operator),
    /// Whose token this is.
    ByToken {
        /// SHA-256 of the token, in hexadecimal.
        hash: String,
    },
    /// Change one; what is left out stays.
    Edit {
        /// Which.
        id: String,
        /// New address.
        email: Option<String>,
        /// New name.
        name: Option<String>,
        /// New role.
        role: Option<Role>,
        /// New language.
        locale: Option<String>,
    },
    /// All of them, or one; the first that was made first.
    List {
        /// Which, where not all.
        id: Option<String>,
    },
    /// Delete one, with its token, sessions, links and passkeys.
    Remove {
        /// Which.
        id: String,
    },
    /// Delete an operator's token.
    RemoveToken {
        /// Whose.
        id: String,
    },
    /// Give an operator a token in place of the one before.
    SetToken {
        /// Whose.
        id: String,
        /// SHA-256 of the token, in hexadecimal.
        hash: String,
        /// Its last characters.
        hint: String,
    },
}

/// What every reader of an operator selects, in the order that [`read`] wants.
pub(super) const COLUMNS: &str = "operators.id, operators.email, operators.name, operators.role,
    operators.locale, operators.token_hint, operators.token_at, operators.created_at";

pub(super) fn make_tables(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS operators (id TEXT PRIMARY KEY,
         email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, role TEXT NOT NULL,
         locale TEXT, token_hash TEXT UNIQUE, token_hint TEXT, token_at INTEGER,
         created_at INTEGER NOT NULL)",
        &[],
    )?;
    audit::make_table(sql)
}

pub(super) fn call(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    call: OperatorCall,
) -> Result<StoreAnswer, SqlError> {
    let is_reading = matches!(
        call,
        OperatorCall::ByToken { .. } | OperatorCall::List { .. }
    );
    // Anybody can make up a token of a store: looking for it must not store anything.
    if !is_reading {
        make_tables(sql)?;
    }
    match call {
        OperatorCall::Add(operator) => add(sql, now, actor, operator),
        OperatorCall::ByToken { hash } => answer(by_token(sql, &hash)?.into_iter().collect()),
        OperatorCall::Edit {
            id,
            email,
            name,
            role,
            locale,
        } => {
            let Some(before) = find(sql, &id)? else {
                return Ok(StoreAnswer::NotFound);
            };
            let after = Operator {
                email: email.unwrap_or_else(|| before.email.clone()),
                name: name.unwrap_or_else(|| before.name.clone()),
                role: role.unwrap_or(before.role),
                locale: locale.or_else(|| before.locale.clone()),
                ..before.clone()
            };
            edit(sql, now, actor, &before, after)
        }
        OperatorCall::List { id: None } => answer(select(sql, "1 = 1", &[])?),
        OperatorCall::List { id: Some(id) } => answer(find(sql, &id)?.into_iter().collect()),
        OperatorCall::Remove { id } => remove(sql, now, actor, &id),
        OperatorCall::RemoveToken { id } => set_token(sql, now, actor, &id, None),
        OperatorCall::SetToken { id, hash, hint } => {
            set_token(sql, now, actor, &id, Some((hash, hint)))
        }
    }
}

fn add(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    operator: Operator,
) -> Result<StoreAnswer, SqlError> {
    let count = sql.run("SELECT count(*) FROM operators", &[])?;
    if count.first().map_or(Ok(0), |row| row.integer(0))? >= MAX_OPERATORS {
        return refused("the store has 200 operators already; delete one first");
    }
    if is_taken(sql, &operator)? {
        return refused(TAKEN);
    }
    sql.run(
        "INSERT INTO operators (id, email, name, role, locale, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
        &[
            operator.id.as_str().into(),
            operator.email.as_str().into(),
            operator.name.as_str().into(),
            operator.role.as_str().into(),
            operator.locale.clone().into(),
            operator.created_at.millis().into(),
        ],
    )?;
    let entry = Entry {
        actor,
        act: "operator.create",
        target: &operator.id,
        before: None,
        after: Some(json!(operator)),
    };
    audit::record(sql, now, &entry)?;
    answer(vec![operator])
}

const TAKEN: &str = "another operator of the store has this address";

fn is_taken(sql: &dyn Sql, operator: &Operator) -> Result<bool, SqlError> {
    let values = [operator.email.as_str().into(), operator.id.as_str().into()];
    let others = select(sql, "email = ? AND id <> ?", &values)?;
    Ok(!others.is_empty())
}

fn edit(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    before: &Operator,
    after: Operator,
) -> Result<StoreAnswer, SqlError> {
    if before.role == Role::Owner && after.role != Role::Owner && is_last_owner(sql, &after.id)? {
        return refused(LAST_OWNER);
    }
    if is_taken(sql, &after)? {
        return refused(TAKEN);
    }
    sql.run(
        "UPDATE operators SET email = ?, name = ?, role = ?, locale = ? WHERE id = ?",
        &[
            after.email.as_str().into(),
            after.name.as_str().into(),
            after.role.as_str().into(),
            after.locale.clone().into(),
            after.id.as_str().into(),
        ],
    )?;
    let entry = Entry {
        actor,
        act: "operator.edit",
        target: &after.id,
        before: Some(json!(before)),
        after: Some(json!(after)),
    };
    audit::record(sql, now, &entry)?;
    answer(vec![after])
}

const LAST_OWNER: &str = "this is the store's last owner: make another one first";

fn is_last_owner(sql: &dyn Sql, id: &str) -> Result<bool, SqlError> {
    let others = select(sql, "role = 'owner' AND id <> ?", &[id.into()])?;
    Ok(others.is_empty())
}

fn remove(sql: &dyn Sql, now: UnixTime, actor: &Actor, id: &str) -> Result<StoreAnswer, SqlError> {
    let Some(before) = find(sql, id)? else {
        return Ok(StoreAnswer::NotFound);
    };
    if before.role == Role::Owner && is_last_owner(sql, id)? {
        return refused(LAST_OWNER);
    }
    sql.run("DELETE FROM operators WHERE id = ?", &[id.into()])?;
    sessions::forget(sql, id)?;
    passkeys::forget(sql, id)?;
    let entry = Entry {
        actor,
        act: "operator.delete",
        target: id,
        before: Some(json!(before)),
        after: None,
    };
    audit::record(sql, now, &entry)?;
    answer(Vec::new())
}

fn set_token(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    id: &str,
    token: Option<(String, String)>,
) -> Result<StoreAnswer, SqlError> {
    let Some(before) = find(sql, id)? else {
        return Ok(StoreAnswer::NotFound);
    };
    if token.is_none() && before.token.is_none() {
        return Ok(StoreAnswer::NotFound);
    }
    let act = match token {
        Some(_) => "operator.make_token",
        None => "operator.delete_token",
    };
    let (hash, hint, at) = match token {
        Some((hash, hint)) => (Some(hash), Some(hint), Some(now.millis())),
        None => (None, None, None),
    };
    sql.run(
        "UPDATE operators SET token_hash = ?, token_hint = ?, token_at = ? WHERE id = ?",
        &[hash.into(), hint.into(), at.into(), id.into()],
    )?;
    sessions::forget_token(sql, id)?;
    let after = find(sql, id)?;
    let entry = Entry {
        actor,
        act,
        target: id,
        before: Some(json!(before)),
        after: after.as_ref().map(|after| json!(after)),
    };
    audit::record(sql, now, &entry)?;
    answer(after.into_iter().collect())
}

pub(super) fn find(sql: &dyn Sql, id: &str) -> Result<Option<Operator>, SqlError> {
    Ok(select(sql, "id = ?", &[id.into()])?.into_iter().next())
}

pub(super) fn by_token(sql: &dyn Sql, hash: &str) -> Result<Option<Operator>, SqlError> {
    Ok(select(sql, "token_hash = ?", &[hash.into()])?
        .into_iter()
        .next())
}

pub(super) fn by_id_or_email(sql: &dyn Sql, whose: &str) -> Result<Option<Operator>, SqlError> {
    Ok(select(sql, "id = ?1 OR email = ?1", &[whose.into()])?
        .into_iter()
        .next())
}

fn select(sql: &dyn Sql, which: &str, values: &[Value]) -> Result<Vec<Operator>, SqlError> {
    let query = format!("SELECT {COLUMNS} FROM operators WHERE {which} ORDER BY created_at, id");
    let rows = missing_is_empty(sql.run_made(&query, values))?;
    rows.iter().map(read).collect()
}

/// An operator from the first columns of a row.
pub(super) fn read(row: &Row) -> Result<Operator, SqlError> {
    let token = match row.optional_text(5)? {
        Some(hint) => Some(TokenNote {
            hint: hint.to_owned(),
            created_at: UnixTime::from_millis(row.integer(6)?),
        }),
        None => None,
    };
    Ok(Operator {
        id: row.text(0)?.to_owned(),
        email: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        role: json::from_word(row.text(3)?)?,
        locale: row.optional_text(4)?.map(ToOwned::to_owned),
        token,
        created_at: UnixTime::from_millis(row.integer(7)?),
    })
}

fn answer(operators: Vec<Operator>) -> Result<StoreAnswer, SqlError> {
    Ok(StoreAnswer::Operators { operators })
}

fn refused(detail: &str) -> Result<StoreAnswer, SqlError> {
    Ok(StoreAnswer::Refused {
        detail: detail.to_owned(),
    })
}
