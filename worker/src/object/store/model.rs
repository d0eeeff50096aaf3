//! A store's settings and how they change.

mod key;
mod price;
mod sealing;

pub use key::KeyDoc;
pub use price::{Price, Said};
pub use sealing::{OVERLAP_S, SealingKeyDoc};

use causeway_shared::channel::{ChannelId, Flow, Method};
use causeway_shared::id::{AccountId, EndpointId, Mode};
use causeway_shared::object_only;
use causeway_shared::order::IrregularPolicy;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};

use super::mail::MailDoc;
use super::profile::Face;

/// The most accounts, keys or endpoints of a store.
const MAX_EACH: usize = 100;
/// The most deleted accounts that are kept besides: all settings are one row and one message.
const MAX_RETIRED: usize = 200;
/// For so long a key may still be found in the till that an earlier number of tills chose.
pub const KEY_LIFE_S: i64 = 7 * 24 * 3600;
/// How long a rotated webhook secret is still used beside the new one: a day.
pub const SECRET_OVERLAP_S: i64 = 24 * 3600;

/// All settings of a store but its price book.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StoreConfig {
    /// Grows by one with every change; 0 for a store that was never set up.
    pub version: u64,
    /// Name, origins, policies.
    pub profile: Option<Profile>,
    /// Accounts at channels.
    pub accounts: Vec<AccountDoc>,
    /// API keys.
    pub keys: Vec<KeyDoc>,
    /// Webhook endpoints.
    pub endpoints: Vec<EndpointDoc>,
    /// What the checkout shows of the store profile.
    #[serde(default)]
    pub face: Face,
    /// With what messages are sent, at most once for each mode.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<MailDoc>,
    /// The store's own keys for cards, the newest first; see `sealing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealing: Vec<SealingKeyDoc>,
    /// Whether any product is counted. Looked up at each reading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts_stock: bool,
}

/// What a store is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What shoppers read.
    pub name: String,
    /// The pages that may show the checkout, as origins.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// The language when neither page nor browser say one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_locale: Option<String>,
    /// Where the store is: ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The card lane that the operator has stated to be assessed; none when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_lane: Option<CardLane>,
    /// What is done with payments that do not fit.
    #[serde(default)]
    pub irregular_payments: IrregularPolicy,
    /// How many tills keep its orders.
    #[serde(default = "one")]
    pub tills: u16,
    /// How many there were before, as long as a key may still be found there; oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tills_before: Vec<TillsBefore>,
}

fn one() -> u16 {
    1
}

/// An earlier number of tills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillsBefore {
    /// How many.
    pub tills: u16,
    /// When the number was raised.
    pub changed_at: UnixTime,
}

/// The operator's statement about card data (design: Sealing).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct CardLane {
    /// The lane.
    pub lane: LaneName,
    /// What the operator states.
    pub statement: LaneStatement,
}

object_only!(CardLane, both);

/// A lane that has to be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneName {
    /// The worker reads card data for one request.
    WorkerKey,
}

/// What an operator can state about a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneStatement {
    /// This deployment is assessed under PCI DSS SAQ D.
    SaqDAssessed,
}

/// An account at a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountDoc {
    /// Its id.
    pub id: AccountId,
    /// The channel.
    pub channel: ChannelId,
    /// Test or live.
    pub mode: Mode,
    /// The merchant's own name for it.
    pub label: String,
    /// Whether new attempts may use it.
    pub enabled: bool,
    /// The only methods to offer; all of the channel's when left out.
    pub methods: Option<Vec<Method>>,
    /// The only flows to use, those that the merchant has a contract for; the usual when left out.
    #[serde(default)]
    pub flows: Option<Vec<Flow>>,
    /// The names of the credentials that are there.
    pub fields: Vec<String>,
    /// The credentials as JSON, sealed under the master key.
    pub sealed: String,
    /// Deleted by the merchant: shown nowhere and offered to nobody, but kept, because open
    /// payments have to be closed and paid ones refunded through it.
    #[serde(default)]
    pub retired: bool,
    /// When it was made.
    pub created_at: UnixTime,
}

/// Where webhooks go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndpointDoc {
    /// Its id.
    pub id: EndpointId,
    /// Test or live.
    pub mode: Mode,
    /// The address.
    pub url: String,
    /// The event types it wants; all when empty.
    pub events: Vec<String>,
    /// The merchant's own words.
    pub description: String,
    /// Whether webhooks are sent.
    pub enabled: bool,
    /// Since when and why it is off, where we switched it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// Signing secrets, newest first, each sealed under the master key.
    pub secrets: Vec<SealedSecret>,
    /// When it was made.
    pub created_at: UnixTime,
}

/// Why an endpoint was switched off without the merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Why.
    pub reason: DisabledReason,
    /// When.
    pub at: UnixTime,
}

/// What makes us switch an endpoint off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// It answered 410 Gone, which in Standard Webhooks means that it wants no more.
    Gone,
}

/// A webhook secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealedSecret {
    /// The secret, sealed under the master key.
    pub sealed: String,
    /// When it is no longer used; never for the newest.
    pub expires_at: Option<UnixTime>,
}

/// A change of the settings. Everything that needs keys or randomness was done by the worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreChange {
    /// Add an account.
    AddAccount(AccountDoc),
    /// Add a webhook endpoint.
    AddEndpoint(EndpointDoc),
    /// Add an API key.
    AddKey(KeyDoc),
    /// Seal cards to a new key from now on.
    AddSealingKey(SealingKeyDoc),
    /// Switch an endpoint off that wants no more.
    DisableEndpoint {
        /// Which.
        id: EndpointId,
        /// The address that said so: the merchant may have set another since.
        url: String,
        /// Why.
        reason: DisabledReason,
    },
    /// Change an account; what is left out stays.
    EditAccount {
        /// Which.
        id: AccountId,
        /// New name.
        label: Option<String>,
        /// On or off.
        enabled: Option<bool>,
        /// New methods.
        methods: Option<Vec<Method>>,
        /// New flows.
        flows: Option<Vec<Flow>>,
        /// New credentials: names and sealed values.
        credentials: Option<(Vec<String>, String)>,
    },
    /// Change an endpoint; what is left out stays.
    EditEndpoint {
        /// Which.
        id: EndpointId,
        /// New address.
        url: Option<String>,
        /// New event types.
        events: Option<Vec<String>>,
        /// New words.
        description: Option<String>,
        /// On or off.
        enabled: Option<bool>,
    },
    /// Set with what messages of a mode are sent.
    PutMail(MailDoc),
    /// Set the profile.
    PutProfile(Profile),
    /// Retire an account.
    RemoveAccount {
        /// Which.
        id: AccountId,
    },
    /// Delete an endpoint.
    RemoveEndpoint {
        /// Which.
        id: EndpointId,
    },
    /// Delete an API key.
    RemoveKey {
        /// Which.
        id: String,
    },
    /// Send no messages of a mode any more.
    RemoveMail {
        /// Which.
        mode: Mode,
    },
    /// Delete an older key for cards at once.
    RemoveSealingKey {
        /// Which.
        id: String,
    },
    /// Put a new key in the place of another, which stays valid for a while.
    RollKey {
        /// Which.
        id: String,
        /// When it ends.
        expires_at: UnixTime,
        /// The new key.
        new: Box<KeyDoc>,
    },
    /// Give an endpoint a new secret; the old one stays valid for a day.
    RotateSecret {
        /// Which.
        id: EndpointId,
        /// The new secret, sealed.
        sealed: String,
    },
}

impl StoreConfig {
    /// Applies a change. `Ok(false)`: there is no such thing to change.
    ///
    /// # Errors
    /// What does not fit, in words for the merchant.
    pub fn apply(&mut self, change: StoreChange, now: UnixTime) -> Result<bool, &'static str> {
        match change {
            StoreChange::AddAccount(doc) => self.add_account(doc),
            StoreChange::AddEndpoint(doc) => add(&mut self.endpoints, doc),
            StoreChange::AddKey(doc) => {
                self.keys.retain(|k| k.is_valid(now));
                add(&mut self.keys, doc)
            }
            StoreChange::AddSealingKey(doc) => self.add_sealing_key(doc, now),
            StoreChange::DisableEndpoint { id, url, reason } => {
                let mut endpoints = self.endpoints.iter_mut();
                let it = endpoints.find(|e| e.id == id && e.url == url && e.enabled);
                let Some(endpoint) = it else {
                    return Ok(false);
                };
                endpoint.enabled = false;
                endpoint.disabled = Some(Disabled { reason, at: now });
                Ok(true)
            }
            StoreChange::EditAccount {
                id,
                label,
                enabled,
                methods,
                flows,
                credentials,
            } => {
                // The caller may have read it before it was deleted.
                let mut accounts = self.accounts.iter_mut();
                let Some(account) = accounts.find(|a| a.id == id && !a.retired) else {
                    return Ok(false);
                };
                set(&mut account.label, label);
                set(&mut account.enabled, enabled);
                if methods.is_some() {
                    account.methods = methods;
                }
                if flows.is_some() {
                    account.flows = flows;
                }
                if let Some((fields, sealed)) = credentials {
                    account.fields = fields;
                    account.sealed = sealed;
                }
                Ok(true)
            }
            StoreChange::EditEndpoint {
                id,
                url,
                events,
                description,
                enabled,
            } => {
                let Some(endpoint) = self.endpoints.iter_mut().find(|e| e.id == id) else {
                    return Ok(false);
                };
                set(&mut endpoint.url, url);
                set(&mut endpoint.events, events);
                set(&mut endpoint.description, description);
                if enabled.is_some() {
                    endpoint.disabled = None;
                }
                set(&mut endpoint.enabled, enabled);
                Ok(true)
            }
            StoreChange::PutMail(doc) => {
                self.mail.retain(|known| known.mode != doc.mode);
                self.mail.push(doc);
                Ok(true)
            }
            StoreChange::PutProfile(profile) => self.put_profile(profile, now),
            StoreChange::RemoveAccount { id } => {
                let mut accounts = self.accounts.iter_mut();
                let Some(account) = accounts.find(|a| a.id == id && !a.retired) else {
                    return Ok(false);
                };
                account.enabled = false;
                account.retired = true;
                Ok(true)
            }
            StoreChange::RemoveEndpoint { id } => Ok(remove(&mut self.endpoints, |e| e.id == id)),
            StoreChange::RemoveMail { mode } => Ok(remove(&mut self.mail, |m| m.mode == mode)),
            StoreChange::RemoveKey { id } => Ok(remove(&mut self.keys, |k| k.id == id)),
            StoreChange::RemoveSealingKey { id } => self.remove_sealing_key(&id),
            StoreChange::RollKey {
                id,
                expires_at,
                new,
            } => self.roll_key(&id, expires_at, *new, now),
            StoreChange::RotateSecret { id, sealed } => {
                let Some(endpoint) = self.endpoints.iter_mut().find(|e| e.id == id) else {
                    return Ok(false);
                };
                // Two are valid at once: the new one and the one before it.
                endpoint.secrets.truncate(1);
                for old in &mut endpoint.secrets {
                    old.expires_at = Some(now.plus_seconds(SECRET_OVERLAP_S));
                }
                endpoint.secrets.insert(
                    0,
                    SealedSecret {
                        sealed,
                        expires_at: None,
                    },
                );
                Ok(true)
            }
        }
    }

    /// Only accounts that are shown count towards what a merchant may have.
    fn add_account(&mut self, doc: AccountDoc) -> Result<bool, &'static str> {
        let retired = self.accounts.iter().filter(|a| a.retired).count();
        if self.accounts.len() - retired >= MAX_EACH {
            return Err(FULL);
        }
        if retired >= MAX_RETIRED {
            return Err("the store has deleted 200 accounts, which are kept; edit one instead");
        }
        self.accounts.push(doc);
        Ok(true)
    }

    /// The number of tills can only grow: orders name their till.
    fn put_profile(&mut self, mut profile: Profile, now: UnixTime) -> Result<bool, &'static str> {
        profile.tills_before = Vec::new();
        if let Some(known) = &self.profile {
            if profile.tills < known.tills {
                return Err("the number of tills can be raised, not lowered");
            }
            let valid = |b: &&TillsBefore| b.changed_at.plus_seconds(KEY_LIFE_S) >= now;
            profile.tills_before = known.tills_before.iter().filter(valid).cloned().collect();
            if profile.tills > known.tills {
                profile.tills_before.push(TillsBefore {
                    tills: known.tills,
                    changed_at: now,
                });
            }
        }
        self.profile = Some(profile);
        Ok(true)
    }
}

const FULL: &str = "the store has 100 of these already; delete one first";

fn add<T>(list: &mut Vec<T>, item: T) -> Result<bool, &'static str> {
    if list.len() >= MAX_EACH {
        return Err(FULL);
    }
    list.push(item);
    Ok(true)
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn remove<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let before = list.len();
    list.retain(|item| !is_it(item));
    list.len() < before
}

#[cfg(test)]
mod tests;
