//! Reminders to a store's owners that a licence or a number lapses: 30 days and 7 days before its
//! last day, and on it. They are planned when the profile is set, and handed out by the object's
//! alarm as a till hands out messages: leased, tried again, each sent once to each owner.
//!
//! A row without a recipient is planned; once it is due, each owner gets a row of their own.

use causeway_shared::id::{MessageId, StoreId};
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::profile::{DAY_S, Registration, StoreProfile};
use super::{missing_is_empty, profile};
use crate::object::till::messages::{SendOutcome, derive_id};
use crate::object::till::outbox::{LEASE_S, next_try};
use crate::sql::{Sql, SqlError};

/// So many days before the last day owners are reminded; the dashboard does it from the first on.
const STEPS: [i64; 3] = [profile::REMIND_DAYS, 7, 0];
/// The most that one alarm hands out. It rings again at once for the rest.
const MAX_TOGETHER: usize = 6;
/// Stands for the address of the profile, in a store of which nobody is an owner by name.
const CONTACT: &str = "contact";

/// A reminder that is owed to somebody.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reminder {
    /// Which, of how many days before.
    pub name: String,
    /// Whose.
    pub recipient: String,
    /// Where it goes.
    pub to: String,
    /// What lapses.
    pub registration: Registration,
    /// In how many days.
    pub days: i64,
}

impl Reminder {
    /// Its id, the same at each try.
    #[must_use]
    pub fn id(&self, store: &StoreId) -> MessageId {
        derive_id(&[store.as_str(), &self.name, &self.recipient])
    }
}

/// What became of a reminder.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reminded {
    /// Which.
    pub name: String,
    /// Whose.
    pub recipient: String,
    /// What to make of the try.
    pub outcome: SendOutcome,
}

/// Plans what is to come, and forgets what is not: a registration that is gone, or has another last
/// day. What is past already is not caught up on, since whoever sets it has it before them.
pub(super) fn plan(sql: &dyn Sql, now: UnixTime, store: &str) -> Result<(), SqlError> {
    let profile = profile::load(sql)?;
    let planned = profile.registrations.iter().flat_map(|registration| {
        let last = registration.last_day();
        let due =
            move |days: i64| Some((name(registration, days), last?.plus_seconds(-days * DAY_S)));
        STEPS.into_iter().filter_map(due)
    });
    let planned: Vec<(String, UnixTime)> = planned.collect();
    let names: Vec<&str> = planned.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        sql.run(
            "CREATE TABLE IF NOT EXISTS reminders (name TEXT NOT NULL, recipient TEXT NOT NULL,
             store TEXT NOT NULL, tries INTEGER NOT NULL, first_at INTEGER NOT NULL,
             due_at INTEGER, PRIMARY KEY (name, recipient)) WITHOUT ROWID",
            &[],
        )?;
    }
    missing_is_empty(sql.run(
        "DELETE FROM reminders WHERE name NOT IN (SELECT value FROM json_each(?))",
        &[serde_json::to_string(&names)?.into()],
    ))?;
    for (name, due) in planned.iter().filter(|(_, due)| *due > now) {
        insert(sql, (name, ""), store, *due)?;
    }
    Ok(())
}

/// Tells a registration from every other, and from itself with another last day.
fn name(it: &Registration, days: i64) -> String {
    let last = it.expires_on.as_deref().unwrap_or_default();
    let kind = it.kind.name();
    format!("{kind} {} {} {last} {days}", it.country, it.number)
}

fn insert(
    sql: &dyn Sql,
    (name, recipient): (&str, &str),
    store: &str,
    due: UnixTime,
) -> Result<(), SqlError> {
    sql.write(
        "INSERT INTO reminders (name, recipient, store, tries, first_at, due_at)
         VALUES (?1, ?2, ?3, 0, ?4, ?4) ON CONFLICT DO NOTHING",
        &[
            name.into(),
            recipient.into(),
            store.into(),
            due.millis().into(),
        ],
    )
}

/// Leases what is due, with the store that it is of. `sends`: whether the store sends messages;
/// without, the dashboard alone reminds.
pub(super) fn due(
    sql: &dyn Sql,
    now: UnixTime,
    sends: bool,
) -> Result<(String, Vec<Reminder>), SqlError> {
    let profile = profile::load(sql)?;
    let owners = recipients(sql, &profile)?;
    let rows = missing_is_empty(sql.run(
        "UPDATE reminders SET due_at = NULL WHERE recipient = '' AND due_at <= ?
         RETURNING name, store",
        &[now.millis().into()],
    ))?;
    for registration in profile.registrations.iter().filter(|_| sends) {
        // Of several that an alarm which came late finds, the last says it all.
        let is_due = |days: &i64| {
            let name = name(registration, *days);
            rows.iter().find(|row| row.text(0).is_ok_and(|n| n == name))
        };
        let Some(row) = STEPS.iter().rev().find_map(is_due) else {
            continue;
        };
        for (owner, _) in &owners {
            insert(sql, (row.text(0)?, owner), row.text(1)?, now)?;
        }
    }
    lease(sql, now, &profile, &owners)
}

fn lease(
    sql: &dyn Sql,
    now: UnixTime,
    profile: &StoreProfile,
    owners: &[(String, String)],
) -> Result<(String, Vec<Reminder>), SqlError> {
    let limit = u32::try_from(MAX_TOGETHER).unwrap_or(u32::MAX);
    let rows = missing_is_empty(sql.run(
        "SELECT name, recipient, store FROM reminders WHERE recipient <> '' AND due_at <= ?
         ORDER BY tries, due_at LIMIT ?",
        &[now.millis().into(), limit.into()],
    ))?;
    let mut store = String::new();
    let mut leased = Vec::new();
    for row in &rows {
        let (key, whose) = (row.text(0)?, row.text(1)?);
        let listed = profile.registrations.iter();
        let mut listed = listed.filter(|r| STEPS.iter().any(|days| name(r, *days) == key));
        let to = owners.iter().find(|(id, _)| id == whose);
        // Who is no owner any more is not told.
        let reminder = listed.next().zip(to).and_then(|(registration, (_, to))| {
            Some(Reminder {
                name: key.to_owned(),
                recipient: whose.to_owned(),
                to: to.clone(),
                registration: registration.clone(),
                days: registration.days_left(now)?.max(0),
            })
        });
        let next = reminder
            .is_some()
            .then(|| now.plus_seconds(LEASE_S).millis());
        set_due(sql, (key, whose), next)?;
        row.text(2)?.clone_into(&mut store);
        leased.extend(reminder);
    }
    Ok((store, leased))
}

fn set_due(
    sql: &dyn Sql,
    (name, recipient): (&str, &str),
    next: Option<i64>,
) -> Result<(), SqlError> {
    sql.write(
        "UPDATE reminders SET due_at = ?, tries = tries + 1 WHERE name = ? AND recipient = ?",
        &[next.into(), name.into(), recipient.into()],
    )
}

/// Who is reminded: each owner; where there is none by name, the store's own address.
fn recipients(sql: &dyn Sql, profile: &StoreProfile) -> Result<Vec<(String, String)>, SqlError> {
    let query = "SELECT id, email FROM operators WHERE role = 'owner'";
    let rows = missing_is_empty(sql.run(query, &[]))?;
    let owners = rows
        .iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
    let owners: Vec<_> = owners.collect::<Result<_, SqlError>>()?;
    if !owners.is_empty() {
        return Ok(owners);
    }
    let contact = profile.contact.email.iter();
    Ok(contact.map(|to| (CONTACT.to_owned(), to.clone())).collect())
}

/// Notes what became of a reminder.
pub(super) fn sent(sql: &dyn Sql, now: UnixTime, it: &Reminded) -> Result<(), SqlError> {
    let rows = missing_is_empty(sql.run(
        "SELECT first_at FROM reminders WHERE name = ? AND recipient = ? AND due_at IS NOT NULL",
        &[it.name.as_str().into(), it.recipient.as_str().into()],
    ))?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let next = match it.outcome {
        SendOutcome::Again => next_try(UnixTime::from_millis(row.integer(0)?), now),
        SendOutcome::Never | SendOutcome::Taken => None,
    };
    set_due(sql, (&it.name, &it.recipient), next.map(UnixTime::millis))
}

/// When the next is due.
pub(super) fn next(sql: &dyn Sql) -> Result<Option<UnixTime>, SqlError> {
    let rows = missing_is_empty(sql.run("SELECT min(due_at) FROM reminders", &[]))?;
    let next = rows.first().and_then(|row| row.integer(0).ok());
    Ok(next.map(UnixTime::from_millis))
}
