//! What the list of things to do before going live asks of a store: one reading for all of it, and
//! how the last check of each account went.

use std::collections::BTreeMap;

use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::{StoreAnswer, missing_is_empty};
use crate::sql::{Sql, SqlError};

/// What is asked about a store's standing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingCall {
    /// An account was checked.
    Checked {
        /// Which.
        account: String,
        /// How it went.
        check: Check,
    },
    /// How the store stands.
    Read,
}

/// The last check of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// When.
    pub at: UnixTime,
    /// Whether there was nothing to mend.
    pub ok: bool,
    /// Tells the credentials that were checked from those that are there now.
    pub credentials: String,
}

/// How a store stands, besides its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether the price book has something that can be bought.
    pub sells: bool,
    /// Whether an operator has a way to sign in again: a passkey or a token.
    pub has_operator: bool,
    /// The last check of each account, by its id.
    pub checks: BTreeMap<String, Check>,
}

pub(super) fn call(sql: &dyn Sql, call: StandingCall) -> Result<StoreAnswer, SqlError> {
    if let StandingCall::Checked { account, check } = call {
        sql.run(
            "CREATE TABLE IF NOT EXISTS account_checks
             (account TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID",
            &[],
        )?;
        sql.run(
            "INSERT OR REPLACE INTO account_checks (account, doc) VALUES (?, ?)",
            &[account.into(), serde_json::to_string(&check)?.into()],
        )?;
    }
    read(sql).map(|standing| StoreAnswer::Standing(Box::new(standing)))
}

fn read(sql: &dyn Sql) -> Result<Standing, SqlError> {
    let any = |query| Ok::<_, SqlError>(!missing_is_empty(sql.run(query, &[]))?.is_empty());
    let mut checks = BTreeMap::new();
    for row in missing_is_empty(sql.run("SELECT account, doc FROM account_checks", &[]))? {
        checks.insert(row.text(0)?.to_owned(), json::from_str(row.text(1)?)?);
    }
    Ok(Standing {
        sells: any("SELECT 1 FROM prices WHERE json_extract(doc, '$.active') LIMIT 1")?,
        has_operator: any("SELECT 1 FROM operators WHERE token_hash IS NOT NULL LIMIT 1")?
            || any("SELECT 1 FROM passkeys LIMIT 1")?,
        checks,
    })
}
