//! Saved views: filters of lists under a name, each operator's own.

use causeway_shared::json;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{StoreAnswer, missing_is_empty};
use crate::actor::Actor;
use crate::sql::{Row, Sql, SqlError};

/// The most views of an operator.
const MAX_VIEWS: i64 = 50;

/// Filters under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// What its owner calls it.
    pub name: String,
    /// Parameters of a list of orders.
    pub filters: BTreeMap<String, String>,
}

/// What is asked about views.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewCall {
    /// Read all, by name.
    List,
    /// Save one, perhaps in place of another.
    Put(View),
    /// Delete one.
    Remove {
        /// Which.
        name: String,
    },
}

/// Answers one call.
///
/// # Errors
/// [`SqlError`]: the transaction is to be rolled back.
pub fn call(sql: &dyn Sql, actor: &Actor, call: ViewCall) -> Result<StoreAnswer, SqlError> {
    let owner = format!("{}:{}", actor.kind.as_str(), actor.id);
    match call {
        ViewCall::List => list(sql, &owner),
        ViewCall::Put(view) => put(sql, &owner, &view),
        ViewCall::Remove { name } => {
            let query = "DELETE FROM views WHERE owner = ? AND name = ? RETURNING name";
            let values = [owner.as_str().into(), name.into()];
            let gone = missing_is_empty(sql.run(query, &values))?;
            if gone.is_empty() {
                return Ok(StoreAnswer::NotFound);
            }
            list(sql, &owner)
        }
    }
}

fn list(sql: &dyn Sql, owner: &str) -> Result<StoreAnswer, SqlError> {
    let query = "SELECT doc FROM views WHERE owner = ? ORDER BY name";
    let rows = missing_is_empty(sql.run(query, &[owner.into()]))?;
    let views = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(StoreAnswer::Views { views })
}

fn read(row: &Row) -> Result<View, SqlError> {
    Ok(json::from_str(row.text(0)?)?)
}

fn put(sql: &dyn Sql, owner: &str, view: &View) -> Result<StoreAnswer, SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS views (
            owner TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL,
            PRIMARY KEY (owner, name)) WITHOUT ROWID",
        &[],
    )?;
    let others = sql.run(
        "SELECT count(*) FROM views WHERE owner = ? AND name <> ?",
        &[owner.into(), view.name.as_str().into()],
    )?;
    if others.first().map_or(Ok(0), |row| row.integer(0))? >= MAX_VIEWS {
        return Ok(StoreAnswer::Refused {
            detail: "you have 50 views already; delete one first".to_owned(),
        });
    }
    sql.run(
        "INSERT OR REPLACE INTO views (owner, name, doc) VALUES (?, ?, ?)",
        &[
            owner.into(),
            view.name.as_str().into(),
            serde_json::to_string(view)?.into(),
        ],
    )?;
    list(sql, owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::till::tests::Sqlite;

    fn view(name: &str) -> View {
        View {
            name: name.to_owned(),
            filters: BTreeMap::from([("state".to_owned(), "paid".to_owned())]),
        }
    }

    #[test]
    fn everybody_has_views_of_their_own() {
        let sql = Sqlite(rusqlite::Connection::open_in_memory().unwrap());
        let (mei, tom) = (
            Actor::operator("opr_1", "Mei"),
            Actor::operator("opr_2", "Tom"),
        );
        let names = |answer| match answer {
            StoreAnswer::Views { views } => {
                views.into_iter().map(|v: View| v.name).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert!(names(call(&sql, &mei, ViewCall::List).unwrap()).is_empty());
        let put = |actor: &Actor, name: &str| call(&sql, actor, ViewCall::Put(view(name))).unwrap();
        put(&mei, "b");
        assert_eq!(names(put(&mei, "a")), ["a", "b"]);
        assert_eq!(names(put(&mei, "a")), ["a", "b"], "in place of itself");
        assert!(names(call(&sql, &tom, ViewCall::List).unwrap()).is_empty());
        let remove = |actor| {
            let name = "a".to_owned();
            call(&sql, actor, ViewCall::Remove { name }).unwrap()
        };
        assert!(matches!(remove(&tom), StoreAnswer::NotFound));
        assert_eq!(names(remove(&mei)), ["b"]);
        for n in 1..50 {
            put(&mei, &n.to_string());
        }
        assert!(matches!(put(&mei, "too many"), StoreAnswer::Refused { .. }));
        assert_eq!(names(put(&mei, "b")).len(), 50);
    }
}
