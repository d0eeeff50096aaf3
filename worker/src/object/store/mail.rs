//! With what a store sends messages, and the texts that the merchant wrote.
//!
//! The sender stands among the settings; texts have rows of their own, read when a message is sent.

use causeway_shared::id::Mode;
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::audit::{self, Entry};
use super::profile::{self, StoreProfile};
use super::{SqlError, StoreAnswer, missing_is_empty};
use crate::actor::Actor;
use crate::mail::{MessageKind, Shape, Template};
use crate::page::Locale;
use crate::sql::Sql;

/// With what messages of one mode are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailDoc {
    /// Test or live.
    pub mode: Mode,
    /// The address that messages bear.
    pub from: String,
    /// Messages that are not sent.
    pub off: Vec<MessageKind>,
    /// By whom.
    pub service: MailService,
}

/// Who sends messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailService {
    /// Cloudflare's e-mail service, through the binding `EMAIL`.
    Cloudflare,
    /// A mail service with an HTTP API.
    Http {
        /// Whose API it speaks.
        shape: Shape,
        /// Its address.
        url: String,
        /// Its key, sealed under the master key.
        sealed: String,
    },
}

/// A text that the merchant wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTemplate {
    /// Of which message.
    pub kind: MessageKind,
    /// In which language: its BCP 47 tag.
    pub locale: String,
    /// What it says.
    pub template: Template,
}

/// What is asked about messages.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailCall {
    /// What a message of this kind is written with.
    Letterhead {
        /// Which.
        kind: MessageKind,
        /// The language.
        locale: String,
    },
    /// Set a text, or go back to the usual one.
    PutTemplate {
        /// Which.
        kind: MessageKind,
        /// The language.
        locale: String,
        /// The text; none for the usual one.
        template: Option<Template>,
    },
    /// All texts that the merchant wrote.
    Templates,
    /// Use a link that is good once.
    UseLink {
        /// SHA-256 of it, in hexadecimal.
        hash: String,
        /// When it is no longer good by itself.
        expires_at: UnixTime,
    },
}

/// What a message is written with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Letterhead {
    /// The merchant's own text, where there is one.
    pub template: Option<Template>,
    /// Who sells, without the picture's bytes.
    pub profile: StoreProfile,
}

/// An answer about messages.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAnswer {
    /// What a message is written with.
    Letterhead(Box<Letterhead>),
    /// Texts.
    Templates {
        /// They.
        templates: Vec<StoredTemplate>,
    },
    /// Whether the link was not used before.
    Used {
        /// It was not.
        first: bool,
    },
}

impl MailCall {
    /// Whether it stores nothing.
    pub(super) const fn only_reads(&self) -> bool {
        match self {
            Self::Letterhead { .. } | Self::Templates => true,
            Self::PutTemplate { .. } | Self::UseLink { .. } => false,
        }
    }
}

pub(super) fn make_table(sql: &dyn Sql) -> Result<(), SqlError> {
    sql.run(
        "CREATE TABLE IF NOT EXISTS templates (kind TEXT NOT NULL, locale TEXT NOT NULL,
         doc TEXT NOT NULL, PRIMARY KEY (kind, locale)) WITHOUT ROWID",
        &[],
    )?;
    sql.run(
        "CREATE TABLE IF NOT EXISTS used_links (hash TEXT PRIMARY KEY,
         expires_at INTEGER NOT NULL) WITHOUT ROWID",
        &[],
    )?;
    Ok(())
}

pub(super) fn call(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    call: MailCall,
) -> Result<StoreAnswer, SqlError> {
    let answer = match call {
        MailCall::Letterhead { kind, locale } => {
            let mut profile = profile::load(sql)?;
            profile.logo = None;
            MailAnswer::Letterhead(Box::new(Letterhead {
                template: template(sql, kind, &locale)?,
                profile,
            }))
        }
        MailCall::PutTemplate {
            kind,
            locale,
            template: new,
        } => {
            put(sql, now, actor, (kind, &locale), new.as_ref())?;
            MailAnswer::Templates {
                templates: templates(sql)?,
            }
        }
        MailCall::Templates => MailAnswer::Templates {
            templates: templates(sql)?,
        },
        MailCall::UseLink { hash, expires_at } => MailAnswer::Used {
            first: use_link(sql, now, &hash, expires_at)?,
        },
    };
    Ok(StoreAnswer::Mail(answer))
}

/// Marks a link as used, and forgets those that are not good any more by themselves.
fn use_link(
    sql: &dyn Sql,
    now: UnixTime,
    hash: &str,
    expires_at: UnixTime,
) -> Result<bool, SqlError> {
    let query = "DELETE FROM used_links WHERE expires_at <= ?";
    sql.run(query, &[now.millis().into()])?;
    let rows = sql.run(
        "INSERT INTO used_links (hash, expires_at) VALUES (?, ?)
         ON CONFLICT DO NOTHING RETURNING hash",
        &[hash.into(), expires_at.millis().into()],
    )?;
    Ok(!rows.is_empty())
}

fn template(sql: &dyn Sql, kind: MessageKind, locale: &str) -> Result<Option<Template>, SqlError> {
    let query = "SELECT doc FROM templates WHERE kind = ? AND locale = ?";
    let rows = missing_is_empty(sql.run(query, &[kind.name().into(), locale.into()]))?;
    rows.first()
        .map(|row| Ok(json::from_str(row.text(0)?)?))
        .transpose()
}

fn templates(sql: &dyn Sql) -> Result<Vec<StoredTemplate>, SqlError> {
    let query = "SELECT kind, locale, doc FROM templates";
    let rows = missing_is_empty(sql.run(query, &[]))?;
    // A kind that a later version knew is left alone.
    let read = |row: &crate::sql::Row| -> Result<Option<StoredTemplate>, SqlError> {
        let Some(kind) = MessageKind::parse(row.text(0)?) else {
            return Ok(None);
        };
        Ok(Some(StoredTemplate {
            kind,
            locale: row.text(1)?.to_owned(),
            template: json::from_str(row.text(2)?)?,
        }))
    };
    rows.iter()
        .filter_map(|row| read(row).transpose())
        .collect()
}

fn put(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    (kind, locale): (MessageKind, &str),
    new: Option<&Template>,
) -> Result<(), SqlError> {
    // Languages are few: nobody can fill the table.
    let locale = Locale::of_tag(locale).unwrap_or_default().tag();
    let before = template(sql, kind, locale)?;
    let keys = [kind.name().into(), locale.into()];
    match new {
        Some(template) => {
            let [kind, locale] = keys;
            sql.run(
                "INSERT OR REPLACE INTO templates (kind, locale, doc) VALUES (?, ?, ?)",
                &[kind, locale, serde_json::to_string(template)?.into()],
            )?;
        }
        None => {
            let query = "DELETE FROM templates WHERE kind = ? AND locale = ?";
            sql.run(query, &keys)?;
        }
    }
    let entry = Entry {
        actor,
        act: "template.edit",
        target: &format!("{} {locale}", kind.name()),
        before: before.map(serde_json::to_value).transpose()?,
        after: new.map(serde_json::to_value).transpose()?,
    };
    audit::record(sql, now, &entry)
}
