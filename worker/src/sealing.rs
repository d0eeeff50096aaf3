//! The keys that cards are sealed to, as a request uses them: the store's own, and those of the
//! deployment, which stand in as long as a store has none and always open.
//!
//! A page needs the public half alone, which is stored; the private half is expanded from its seed
//! only when an envelope names it.

use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use causeway_shared::seal::{self, Binding, KeyId, OpenKey, SealError};
use causeway_shared::time::UnixTime;
use zeroize::Zeroizing;

use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{SealingKeyDoc, StoreConfig};
use crate::page::SealView;
use crate::random::{now, random};

/// Makes a key.
///
/// # Errors
/// When it cannot be sealed under the master key.
pub fn make(app: &App) -> Result<SealingKeyDoc, AppError> {
    let failed = || AppError::Internal("sealing key".to_owned());
    let seed = Zeroizing::new(random::<32>());
    let key = OpenKey::from_seed(&*seed).map_err(|_| failed())?;
    let id = key.id().to_string();
    let sealed = app.config.master_key.seal(&name(&id), &*seed, random());
    Ok(SealingKeyDoc {
        public: Base64UrlUnpadded::encode_string(&key.seal_key().to_bytes()),
        sealed: sealed.map_err(|_| failed())?,
        id,
        created_at: now(),
        ends_at: None,
        open: std::cell::OnceCell::new(),
    })
}

/// The name under which a seed is sealed.
fn name(id: &str) -> String {
    format!("sealing key {id}")
}

/// The key that a new page seals to.
#[must_use]
pub fn in_use(app: &App, config: &StoreConfig) -> Option<SealView> {
    if let Some(own) = config.sealing.first() {
        return Some(SealView {
            public_key: own.public.clone(),
            key_id: own.id.clone(),
        });
    }
    let key = app.config.seal_keys.first()?;
    Some(SealView {
        public_key: Base64UrlUnpadded::encode_string(&key.seal_key().to_bytes()),
        key_id: key.id().to_string(),
    })
}

/// Whether what is sealed to this key is taken.
#[must_use]
pub fn takes(app: &App, config: &StoreConfig, id: KeyId, now: UnixTime) -> bool {
    of_deployment(app, id).is_some() || of_store(config, id).is_some_and(|k| k.is_valid(now))
}

/// Whether these settings lack the key of an envelope.
#[must_use]
pub fn lacks(app: &App, config: &StoreConfig, envelope: &str) -> bool {
    let bytes = Base64UrlUnpadded::decode_vec(envelope).unwrap_or_default();
    let named = seal::key_of(&bytes);
    named.is_some_and(|id| of_deployment(app, id).is_none() && of_store(config, id).is_none())
}

/// Opens an envelope.
///
/// # Errors
/// [`SealError`], whatever the cause.
pub fn open(
    app: &App,
    config: &StoreConfig,
    binding: &Binding<'_>,
    envelope: &str,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let bytes = Base64UrlUnpadded::decode_vec(envelope).map_err(|_| SealError)?;
    let id = seal::key_of(&bytes).ok_or(SealError)?;
    if let Some(key) = of_deployment(app, id) {
        return seal::open(std::slice::from_ref(key), binding, &bytes);
    }
    let doc = of_store(config, id).ok_or(SealError)?;
    let key = expanded(app, doc)?;
    seal::open(std::slice::from_ref(&*key), binding, &bytes)
}

fn of_deployment(app: &App, id: KeyId) -> Option<&OpenKey> {
    app.config.seal_keys.iter().find(|key| key.id() == id)
}

fn of_store(config: &StoreConfig, id: KeyId) -> Option<&SealingKeyDoc> {
    let id = id.to_string();
    config.sealing.iter().find(|key| key.id == id)
}

/// The key of a seed; expanded once for as long as an isolate keeps these settings.
fn expanded(app: &App, doc: &SealingKeyDoc) -> Result<Rc<OpenKey>, SealError> {
    if let Some(key) = doc.open.get() {
        return Ok(key.clone());
    }
    let seed = app.config.master_key.open(&name(&doc.id), &doc.sealed);
    let key = Rc::new(OpenKey::from_seed(&seed.map_err(|_| SealError)?)?);
    Ok(doc.open.get_or_init(|| key).clone())
}
