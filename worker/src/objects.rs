//! Calling Durable Objects, and the settings of stores as this isolate knows them.

mod setup;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use causeway_shared::id::{OrderId, StoreId, Till};
use causeway_shared::json;
use futures_util::future::FutureExt;
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::actor::Actor;
use crate::error::AppError;
use crate::object::counter::{Hit, HitAnswer};
use crate::object::store::audit::{AuditQuery, Record};
use crate::object::store::mail::{MailAnswer, MailCall};
use crate::object::store::model::{StoreChange, StoreConfig};
use crate::object::store::operators::{Operator, OperatorCall};
use crate::object::store::passkeys::{Passkey, PasskeyCall};
use crate::object::store::profile::StoreProfile;
use crate::object::store::sessions::SessionCall;
use crate::object::store::views::{View, ViewCall};
use crate::object::store::{StoreAnswer, StoreCall};
use crate::object::till::call::{Mailing, Subscription, TillCall, TillReply, TillRequest};
use crate::random::now;

/// How long an isolate may use settings without asking again, so that a revoked key works no
/// longer than that.
const CONFIG_LIFE_MS: i64 = 5_000;
/// The most stores whose settings are kept.
const MAX_STORES: usize = 256;
/// How many tills are asked at once: a page from each of a thousand would fill the memory.
pub const TILLS_AT_ONCE: usize = 32;
/// How many counters a store's rate limits are spread over.
const COUNTERS: u8 = 16;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Object)]
    type Rpc;

    #[wasm_bindgen(method, catch)]
    fn call(this: &Rpc, request: &str) -> Result<js_sys::Promise, JsValue>;

    /// Of a store, which does not know its own name.
    #[wasm_bindgen(method, catch, js_name = call)]
    fn call_named(this: &Rpc, request: &str, name: &str) -> Result<js_sys::Promise, JsValue>;

    /// What changes nothing: tills only.
    #[wasm_bindgen(method, catch)]
    fn read(this: &Rpc, request: &str) -> Result<js_sys::Promise, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The bindings, asked for by name without the crate's checks of what they are.
    type Bindings;

    #[wasm_bindgen(method, getter, js_name = COUNTER)]
    fn counter(this: &Bindings) -> Namespace;

    #[wasm_bindgen(method, getter, js_name = STORE)]
    fn store(this: &Bindings) -> Namespace;

    #[wasm_bindgen(method, getter, js_name = TILL)]
    fn till(this: &Bindings) -> Namespace;

    type Namespace;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> Result<Rpc, JsValue>;
}

type Known = HashMap<StoreId, (i64, Rc<StoreConfig>)>;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::new(HashMap::new());
}

/// How often something may happen.
#[derive(Clone, Copy, Debug)]
pub struct Limit<'a> {
    /// The store whose counters count.
    pub store: &'a str,
    /// What happens.
    pub what: &'static str,
    /// By or to whom; hashed before it is stored.
    pub who: &'a str,
    /// How often within the window.
    pub most: u32,
    /// The window, in seconds.
    pub window_s: u32,
}

/// The Durable Objects of this deployment.
#[derive(Clone, Debug)]
pub struct Objects {
    env: Env,
}

impl Objects {
    /// From the bindings.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self { env }
    }

    /// Calls the till that an order id names.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the store has no such till; [`AppError::Internal`] when the
    /// call failed.
    pub async fn order_till(
        &self,
        store: &StoreId,
        order: &OrderId,
        call: TillCall,
    ) -> Result<TillReply, AppError> {
        // Anybody can make up an order id, and an object that is called comes into being.
        if !has_till(&*self.store_config(store).await?, order.till())
            && !has_till(&*self.read_config(store).await?, order.till())
        {
            return Err(AppError::NotFound);
        }
        self.till(store, order.till(), call).await
    }

    /// Calls one till of a store.
    ///
    /// # Errors
    /// [`AppError::Internal`]: nothing was stored.
    pub async fn till(
        &self,
        store: &StoreId,
        till: Till,
        call: TillCall,
    ) -> Result<TillReply, AppError> {
        let config = self.store_config(store).await?;
        let enabled = config.endpoints.iter().filter(|e| e.enabled);
        let endpoints = enabled.map(|e| Subscription {
            id: e.id.clone(),
            mode: e.mode,
            events: e.events.clone(),
        });
        let request = TillRequest {
            store: store.clone(),
            endpoints: endpoints.collect(),
            mailings: mailings(&config),
            call,
        };
        let stub = object(self.bindings().till(), &till_name(store, till))?;
        let text = json(&request)?;
        let called = if request.call.only_reads() {
            stub.read(&text)
        } else {
            stub.call(&text)
        };
        receive(called).await.map(TillReply::whole)
    }

    /// Asks tills side by side, [`TILLS_AT_ONCE`] at a time; the replies come in the order of the
    /// tills.
    pub fn ask<'a>(
        &'a self,
        store: &'a StoreId,
        tills: Vec<Till>,
        call: impl Fn() -> TillCall + 'a,
    ) -> impl Stream<Item = Result<TillReply, AppError>> + Unpin + 'a {
        let asked = tills
            .into_iter()
            .map(move |till| self.till(store, till, call()).boxed_local());
        stream::iter(asked).buffered(TILLS_AT_ONCE)
    }

    /// All tills of a store that may hold orders.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn tills(&self, store: &StoreId) -> Result<Vec<Till>, AppError> {
        let config = self.store_config(store).await?;
        let count = config.profile.as_ref().map_or(1, |p| p.tills);
        Ok((0..count)
            .filter_map(|number| Till::new(number).ok())
            .collect())
    }

    /// Hands a shopper's WebSocket to the till of the order.
    ///
    /// # Errors
    /// When the till does not answer.
    pub async fn watch(
        &self,
        store: &StoreId,
        order: &OrderId,
        request: worker::Request,
    ) -> Result<worker::Response, AppError> {
        let url = format!("https://till/?order={order}");
        let mut init = worker::RequestInit::new();
        init.with_headers(request.headers().clone());
        let request = worker::Request::new_with_init(&url, &init)?;
        let namespace = self.env.durable_object("TILL")?;
        let stub = namespace.get_by_name(&till_name(store, order.till()))?;
        Ok(stub.fetch_with_request(request).await?)
    }

    /// The settings of a store, at most five seconds old.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn store_config(&self, store: &StoreId) -> Result<Rc<StoreConfig>, AppError> {
        let now_ms = now().millis();
        let known = KNOWN.with(|k| k.borrow().get(store).cloned());
        // A clock that was set back must not make them last longer.
        if let Some((at, config)) = known
            && (0..CONFIG_LIFE_MS).contains(&(now_ms - at))
        {
            return Ok(config);
        }
        self.read_config(store).await
    }

    /// The settings of a store as they are now: for one who misses something in them, which another
    /// isolate may just have set.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read_config(&self, store: &StoreId) -> Result<Rc<StoreConfig>, AppError> {
        match self.store(store, &StoreCall::Read).await? {
            StoreAnswer::Config(config) => Ok(remember(store, *config)),
            _ => Err(AppError::Internal(
                "unexpected answer of a store".to_owned(),
            )),
        }
    }

    /// Changes a setting, and records who did.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Conflict`] when the change does not fit.
    pub async fn change(
        &self,
        store: &StoreId,
        actor: &Actor,
        change: StoreChange,
    ) -> Result<Rc<StoreConfig>, AppError> {
        let call = StoreCall::Change {
            actor: actor.clone(),
            change: Box::new(change),
        };
        match self.store(store, &call).await? {
            StoreAnswer::Config(config) => Ok(remember(store, *config)),
            other => Err(refusal(other)),
        }
    }

    /// Reads or changes what messages are written with.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn mail(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: MailCall,
    ) -> Result<MailAnswer, AppError> {
        let actor = actor.clone();
        match self.store(store, &StoreCall::Mail { actor, call }).await? {
            StoreAnswer::Mail(answer) => Ok(answer),
            other => Err(refusal(other)),
        }
    }

    /// The store profile; an empty one where none was set.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn profile(&self, store: &StoreId) -> Result<StoreProfile, AppError> {
        match self.store(store, &StoreCall::Profile).await? {
            StoreAnswer::Profile(profile) => Ok(*profile),
            other => Err(refusal(other)),
        }
    }

    /// Sets the store profile.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the settings are too large.
    pub async fn put_profile(
        &self,
        store: &StoreId,
        actor: &Actor,
        profile: StoreProfile,
    ) -> Result<(), AppError> {
        let (actor, profile) = (actor.clone(), Box::new(profile));
        let call = StoreCall::PutProfile { actor, profile };
        match self.store(store, &call).await? {
            StoreAnswer::Config(config) => {
                remember(store, *config);
                Ok(())
            }
            other => Err(refusal(other)),
        }
    }

    /// Reads or changes operators.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Conflict`] when the change does not fit.
    pub async fn operators(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: OperatorCall,
    ) -> Result<Vec<Operator>, AppError> {
        let actor = actor.clone();
        match self
            .store(store, &StoreCall::Operators { actor, call })
            .await?
        {
            StoreAnswer::Operators { operators } => Ok(operators),
            other => Err(refusal(other)),
        }
    }

    /// Reads or changes somebody's saved views.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Conflict`] when they have too many.
    pub async fn views(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: ViewCall,
    ) -> Result<Vec<View>, AppError> {
        let actor = actor.clone();
        match self.store(store, &StoreCall::Views { actor, call }).await? {
            StoreAnswer::Views { views } => Ok(views),
            other => Err(refusal(other)),
        }
    }

    /// Reads the audit log of the store's settings, newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn audit(&self, store: &StoreId, query: AuditQuery) -> Result<Vec<Record>, AppError> {
        match self.store(store, &StoreCall::Audit(query)).await? {
            StoreAnswer::Audit { records } => Ok(records),
            other => Err(refusal(other)),
        }
    }

    /// Signs operators in and out, and says who is.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sessions(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: SessionCall,
    ) -> Result<StoreAnswer, AppError> {
        let actor = actor.clone();
        self.store(store, &StoreCall::Sessions { actor, call })
            .await
    }

    /// Reads or changes passkeys.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Conflict`] when the change does not fit.
    pub async fn passkeys(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: PasskeyCall,
    ) -> Result<Vec<Passkey>, AppError> {
        let actor = actor.clone();
        match self
            .store(store, &StoreCall::Passkeys { actor, call })
            .await?
        {
            StoreAnswer::Passkeys { passkeys } => Ok(passkeys),
            other => Err(refusal(other)),
        }
    }

    /// Opens a session by a passkey whose signature holds; says whether it did.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_in_by_passkey(
        &self,
        store: &StoreId,
        actor: &Actor,
        call: PasskeyCall,
    ) -> Result<bool, AppError> {
        let actor = actor.clone();
        match self
            .store(store, &StoreCall::Passkeys { actor, call })
            .await?
        {
            StoreAnswer::SignedIn(_) | StoreAnswer::Views { .. } => Ok(true),
            StoreAnswer::NotFound => Ok(false),
            other => Err(refusal(other)),
        }
    }

    async fn store(&self, store: &StoreId, call: &StoreCall) -> Result<StoreAnswer, AppError> {
        let name = store.as_str();
        let stub = object(self.bindings().store(), name)?;
        receive(stub.call_named(&json(call)?, name)).await
    }

    /// Counts something: `None` within the limit, else how many seconds to wait.
    ///
    /// # Errors
    /// When the counter does not answer.
    pub async fn count(&self, limit: &Limit<'_>) -> Result<Option<u32>, AppError> {
        let digest = Sha256::digest(format!("{}\0{}", limit.what, limit.who));
        let counter = digest.first().map_or(0, |b| b % COUNTERS);
        let hit = Hit {
            key: hex(&digest),
            window_s: limit.window_s,
            limit: limit.most,
        };
        let name = format!("{}/{counter}", limit.store);
        let stub = object(self.bindings().counter(), &name)?;
        let answer: HitAnswer = receive(stub.call(&json(&hit)?)).await?;
        Ok((!answer.allowed).then_some(answer.retry_after_s))
    }

    fn bindings(&self) -> &Bindings {
        self.env.unchecked_ref()
    }
}

fn object(namespace: Namespace, name: &str) -> Result<Rpc, AppError> {
    namespace.get_by_name(name).map_err(js_error)
}

fn json(request: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(request).map_err(|e| internal(&e))
}

/// The reply of an object.
async fn receive<T: DeserializeOwned>(
    called: Result<js_sys::Promise, JsValue>,
) -> Result<T, AppError> {
    let reply = JsFuture::from(called.map_err(js_error)?).await;
    let reply = reply.map_err(js_error)?.as_string().unwrap_or_default();
    json::from_str(&reply).map_err(|e| internal(&e))
}

/// Which messages a store sends.
fn mailings(config: &StoreConfig) -> Vec<Mailing> {
    let mail = config.mail.iter().map(|m| Mailing {
        mode: m.mode,
        off: m.off.clone(),
    });
    mail.collect()
}

/// Whether a store was set up and has a till.
fn has_till(config: &StoreConfig, till: Till) -> bool {
    let tills = config.profile.as_ref().map_or(1, |p| p.tills);
    config.version > 0 && till.number() < tills
}

/// Keeps settings, unless a later version is known: answers can overtake each other.
fn remember(store: &StoreId, config: StoreConfig) -> Rc<StoreConfig> {
    KNOWN.with(|k| {
        let mut known = k.borrow_mut();
        if let Some((_, later)) = known.get(store)
            && later.version > config.version
        {
            return later.clone();
        }
        let config = Rc::new(config);
        // Names that nobody has set up would push out those that are in use.
        if config.version == 0 {
            return config;
        }
        if known.len() >= MAX_STORES {
            known.clear();
        }
        known.insert(store.clone(), (now().millis(), config.clone()));
        config
    })
}

/// Why a store did not do what it was asked.
#[must_use]
pub fn refusal(answer: StoreAnswer) -> AppError {
    match answer {
        StoreAnswer::NotFound => AppError::NotFound,
        StoreAnswer::Refused { detail } => AppError::Conflict {
            code: "refused",
            detail,
        },
        StoreAnswer::Audit { .. }
        | StoreAnswer::Book(_)
        | StoreAnswer::Config(_)
        | StoreAnswer::Done
        | StoreAnswer::Mail(_)
        | StoreAnswer::Operators { .. }
        | StoreAnswer::Passkeys { .. }
        | StoreAnswer::Prices { .. }
        | StoreAnswer::Profile(_)
        | StoreAnswer::Sessions { .. }
        | StoreAnswer::SignedIn(_)
        | StoreAnswer::Standing(_)
        | StoreAnswer::Stock(_)
        | StoreAnswer::Uses(_)
        | StoreAnswer::Views { .. } => {
            AppError::Internal("unexpected answer of a store".to_owned())
        }
    }
}

fn till_name(store: &StoreId, till: Till) -> String {
    format!("{store}/{till}")
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    let digits = bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]);
    digits.collect()
}

fn internal(error: &serde_json::Error) -> AppError {
    AppError::Internal(format!(
        "json at line {} column {}",
        error.line(),
        error.column()
    ))
}

/// The runtime says by two properties that an object has too much to do, or that it was moved and
/// may be called again.
fn js_error(error: JsValue) -> AppError {
    let says = |name: &str| {
        js_sys::Reflect::get(&error, &name.into()).is_ok_and(|found| found.as_bool() == Some(true))
    };
    if says("overloaded") || says("retryable") {
        return AppError::Busy;
    }
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|e| String::from(e.message()));
    AppError::Internal(message.unwrap_or_else(|| "an object failed".to_owned()))
}
