//! What a change of the settings is called in the audit log, and what of them it touches.

use causeway_shared::id::{AccountId, EndpointId, Mode};
use serde::Serialize;
use serde_json::{Value, json};

use super::mail::MailDoc;
use super::model::{StoreChange, StoreConfig};

/// What a change touches.
#[derive(Debug)]
pub(super) enum Target {
    Account(AccountId),
    Endpoint(EndpointId),
    Key(String),
    Mail(Mode),
    Profile,
    SealingKey(String),
}

impl StoreChange {
    /// What the audit log calls it.
    pub(super) const fn act(&self) -> &'static str {
        match self {
            Self::AddAccount(_) => "account.create",
            Self::AddEndpoint(_) => "endpoint.create",
            Self::AddKey(_) => "key.create",
            Self::AddSealingKey(_) => "sealing_key.create",
            Self::DisableEndpoint { .. } => "endpoint.disable",
            Self::EditAccount { .. } => "account.edit",
            Self::EditEndpoint { .. } => "endpoint.edit",
            Self::PutMail(_) => "mail.edit",
            Self::PutProfile(_) => "store.edit",
            Self::RemoveAccount { .. } => "account.delete",
            Self::RemoveEndpoint { .. } => "endpoint.delete",
            Self::RemoveKey { .. } => "key.delete",
            Self::RemoveMail { .. } => "mail.delete",
            Self::RemoveSealingKey { .. } => "sealing_key.delete",
            Self::RollKey { .. } => "key.roll",
            Self::RotateSecret { .. } => "endpoint.rotate_secret",
        }
    }

    pub(super) fn target(&self) -> Target {
        match self {
            Self::AddAccount(doc) => Target::Account(doc.id.clone()),
            Self::EditAccount { id, .. } | Self::RemoveAccount { id } => {
                Target::Account(id.clone())
            }
            Self::AddEndpoint(doc) => Target::Endpoint(doc.id.clone()),
            Self::DisableEndpoint { id, .. }
            | Self::EditEndpoint { id, .. }
            | Self::RemoveEndpoint { id }
            | Self::RotateSecret { id, .. } => Target::Endpoint(id.clone()),
            Self::AddKey(doc) => Target::Key(doc.id.clone()),
            Self::RemoveKey { id } | Self::RollKey { id, .. } => Target::Key(id.clone()),
            Self::AddSealingKey(doc) => Target::SealingKey(doc.id.clone()),
            Self::RemoveSealingKey { id } => Target::SealingKey(id.clone()),
            Self::PutMail(MailDoc { mode, .. }) | Self::RemoveMail { mode } => Target::Mail(*mode),
            Self::PutProfile(_) => Target::Profile,
        }
    }
}

impl Target {
    /// How the audit log names it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Endpoint(id) => id.as_str(),
            Self::Key(id) | Self::SealingKey(id) => id,
            Self::Mail(_) => "mail",
            Self::Profile => "store",
        }
    }

    /// It as it stands in the settings; nothing where it does not.
    pub(super) fn of(&self, config: &StoreConfig) -> Option<Value> {
        match self {
            Self::Account(id) => {
                let mut accounts = config.accounts.iter();
                told(accounts.find(|a| &a.id == id && !a.retired))
            }
            Self::Endpoint(id) => told(config.endpoints.iter().find(|e| &e.id == id)),
            Self::Key(id) => told(config.keys.iter().find(|k| &k.id == id)),
            Self::Mail(mode) => told(config.mail.iter().find(|m| m.mode == *mode)),
            Self::Profile => told(config.profile.as_ref()),
            // Of the key itself neither half: the public one is long, and says nothing to people.
            Self::SealingKey(id) => {
                let key = config.sealing.iter().find(|k| &k.id == id)?;
                Some(json!({ "created_at": key.created_at, "ends_at": key.ends_at }))
            }
        }
    }
}

fn told(doc: Option<&impl Serialize>) -> Option<Value> {
    doc.and_then(|doc| serde_json::to_value(doc).ok())
}
