//! The audit log of a store: who changed what, when, from what to what. A row is written in the
//! transaction of the change, and none is ever changed.
//!
//! Secrets are told by their names alone. Acts on orders are in the history of their till.

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Actor;
use crate::sql::{Row, Sql, SqlError};

/// Fields whose values nobody is told, wherever they stand.
const SECRETS: &[&str] = &[
    "api_key",
    "credentials",
    "hash",
    "key",
    "password",
    "sealed",
    "secret",
    "secrets",
    "token",
];

/// What stands for the value of a secret.
const HIDDEN: &str = "[secret]";
/// What stands for a secret that has another value than before.
const REPLACED: &str = "[secret, replaced]";

/// What is recorded.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What was done, such as `account.edit`.
    pub act: &'a str,
    /// To what: an id, or a word where there is but one.
    pub target: &'a str,
    /// As it was; nothing for what was made.
    pub before: Option<Value>,
    /// As it is now; nothing for what is gone.
    pub after: Option<Value>,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Names the row: `aud_` and a number that grows.
    pub id: String,
    /// When.
    pub at: UnixTime,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub act: String,
    /// To what.
    pub target: String,
    /// As it was.
    pub before: Option<Value>,
    /// As it is now.
    pub after: Option<Value>,
    /// What was said with an act on an order.
    #[serde(default)]
    pub data: Option<Value>,
}

/// Which rows; all filters together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Of an actor with this id or kind.
    pub actor: Option<String>,
    /// Of this act, or of all acts that begin so where it ends in a full stop.
    pub act: Option<String>,
    /// On this target.
    pub target: Option<String>,
    /// From this time on.
    pub from: Option<UnixTime>,
    /// Before this time.
    pub to: Option<UnixTime>,
    /// Only rows before this one.
    pub before: Option<(UnixTime, String)>,
    /// The most rows.
    pub limit: u32,
}

pub(super) fn make_table(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
         actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL,
         target TEXT NOT NULL, before TEXT, after TEXT)",
        &[],
    )?;
    sql.run(
        "CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at, id)",
        &[],
    )?;
    Ok(())
}

/// Records what was done. Values of secrets are left out here, whatever the caller gives.
///
/// # Errors
/// [`SqlError`]: the change is rolled back with it.
pub fn record(sql: &dyn Sql, now: UnixTime, entry: &Entry<'_>) -> Result<(), SqlError> {
    let (mut before, mut after) = (entry.before.clone(), entry.after.clone());
    hide(before.as_mut(), after.as_mut());
    let json = |value: Option<Value>| value.map(|v| v.to_string());
    sql.run(
        "INSERT INTO audit (at, actor_kind, actor_id, actor, act, target, before, after)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            now.millis().into(),
            entry.actor.kind.as_str().into(),
            entry.actor.id.as_str().into(),
            serde_json::to_string(entry.actor)?.into(),
            entry.act.into(),
            entry.target.into(),
            json(before).into(),
            json(after).into(),
        ],
    )?;
    Ok(())
}

/// Replaces the values of secrets on both sides.
fn hide(before: Option<&mut Value>, after: Option<&mut Value>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            for (name, value) in after.iter_mut() {
                let was = before.get_mut(name);
                if !is_secret(name) {
                    hide(was, Some(value));
                } else if !value.is_null() {
                    let same = was.is_none_or(|was| was == value);
                    *value = if same { HIDDEN } else { REPLACED }.into();
                }
            }
            hide_all(before);
        }
        (before, after) => {
            for side in [before, after].into_iter().flatten() {
                match side {
                    Value::Object(fields) => hide_all(fields),
                    Value::Array(items) => items.iter_mut().for_each(|i| hide(Some(i), None)),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
    }
}

fn hide_all(fields: &mut serde_json::Map<String, Value>) {
    for (name, value) in fields.iter_mut() {
        if !is_secret(name) {
            hide(Some(value), None);
        } else if !value.is_null() {
            *value = HIDDEN.into();
        }
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// Reads rows, newest first.
///
/// # Errors
/// [`SqlError`].
pub fn list(sql: &dyn Sql, query: &AuditQuery) -> Result<Vec<Record>, SqlError> {
    let (before_at, before_id) = match &query.before {
        // A row of a till stands after all rows of the store that have the same time.
        Some((at, id)) => (at.millis(), number(id).unwrap_or(0)),
        None => (crate::sql::MAX_SAFE, 0),
    };
    let rows = sql.run(
        "SELECT id, at, actor, act, target, before, after FROM audit
         WHERE at >= ?1 AND at < ?2 AND (at, id) < (?3, ?4)
         AND (?5 IS NULL OR actor_id = ?5 OR actor_kind = ?5)
         AND (?6 IS NULL OR act = ?6 OR (?6 LIKE '%.' AND substr(act, 1, length(?6)) = ?6))
         AND (?7 IS NULL OR target = ?7)
         ORDER BY at DESC, id DESC LIMIT ?8",
        &[
            query.from.map_or(0, UnixTime::millis).into(),
            query
                .to
                .map_or(crate::sql::MAX_SAFE, UnixTime::millis)
                .into(),
            before_at.into(),
            before_id.into(),
            query.actor.clone().into(),
            query.act.clone().into(),
            query.target.clone().into(),
            query.limit.into(),
        ],
    );
    match rows {
        Err(error) if error.0.contains("no such table") => Ok(Vec::new()),
        rows => rows?.iter().map(read).collect(),
    }
}

fn read(row: &Row) -> Result<Record, SqlError> {
    let json = |index| -> Result<Option<Value>, SqlError> {
        let text = row.optional_text(index)?;
        Ok(text.map(json::from_str).transpose()?)
    };
    Ok(Record {
        id: format!("aud_{:010}", row.integer(0)?),
        at: UnixTime::from_millis(row.integer(1)?),
        actor: json::from_str(row.text(2)?)?,
        act: row.text(3)?.to_owned(),
        target: row.text(4)?.to_owned(),
        before: json(5)?,
        after: json(6)?,
        data: None,
    })
}

fn number(id: &str) -> Option<i64> {
    id.strip_prefix("aud_")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_told_by_name_and_by_whether_they_changed() {
        let mut before = json!({ "label": "a", "sealed": "S1", "secrets": [{ "sealed": "x" }],
            "mail": { "key": "K1", "from": "f" }, "hash": null });
        let mut after = json!({ "label": "b", "sealed": "S2", "secrets": [{ "sealed": "x" }],
            "mail": { "key": "K2", "from": "f" }, "list": [{ "token": "T" }], "hash": "H" });
        hide(Some(&mut before), Some(&mut after));
        assert_eq!(
            before,
            json!({ "label": "a", "sealed": "[secret]", "secrets": "[secret]",
                "mail": { "key": "[secret]", "from": "f" }, "hash": null })
        );
        assert_eq!(
            after,
            json!({ "label": "b", "sealed": "[secret, replaced]", "secrets": "[secret]",
                "mail": { "key": "[secret, replaced]", "from": "f" },
                "list": [{ "token": "[secret]" }], "hash": "[secret, replaced]" })
        );
    }

    #[test]
    fn one_side_alone_hides_too() {
        let mut made = json!({ "hash": "H", "hint": "abcd", "deep": [[{ "password": "P" }]] });
        hide(None, Some(&mut made));
        let hidden =
            json!({ "hash": "[secret]", "hint": "abcd", "deep": [[{ "password": "[secret]" }]] });
        assert_eq!(made, hidden);
    }
}
