//! What a change of the settings is called in the audit log, and what of them it touches.

use causeway_shared::id::{AccountId, EndpointId, Mode};
use serde::Serialize;
use serde_json::Value;

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
}

impl StoreChange {
    /// What the audit log calls it.
    pub(super) const fn act(&self) -> &'static str {
        match self {
            Self::AddAccount(_) => "account.create",
            Self::AddEndpoint(_) => "endpoint.create",
            Self::AddKey(_) => "key.create",
            Self::DisableEndpoint { .. } => "endpoint.disable",
            Self::EditAccount { .. } => "account.edit",
            Self::EditEndpoint { .. } => "endpoint.edit",
            Self::PutMail(_) => "mail.edit",
            Self::PutProfile(_) => "store.edit",
            Self::RemoveAccount { .. } => "account.delete",
            Self::RemoveEndpoint { .. } => "endpoint.delete",
            Self::RemoveKey { .. } => "key.delete",
            Self::RemoveMail { .. } => "mail.delete",
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
            Self::Key(id) => id,
            Self::Mail(_) => "mail",
            Self::Profile => "store",
        }
    }

    /// It as it stands in the settings; nothing where it does not.
    pub(super) fn of(&self, config: &StoreConfig) -> Option<Value> {
        match self {
            Self::Account(id) => {
                let mut accounts = config.accounts.iter();
                json(accounts.find(|a| &a.id == id && !a.retired))
            }
            Self::Endpoint(id) => json(config.endpoints.iter().find(|e| &e.id == id)),
            Self::Key(id) => json(config.keys.iter().find(|k| &k.id == id)),
            Self::Mail(mode) => json(config.mail.iter().find(|m| m.mode == *mode)),
            Self::Profile => json(config.profile.as_ref()),
        }
    }
}

fn json(doc: Option<&impl Serialize>) -> Option<Value> {
    doc.and_then(|doc| serde_json::to_value(doc).ok())
}
