//! What `entry.js` calls: the synchronous bodies of the Durable Objects, and the entry point
//! through which an alarm hands its work to the worker.

use causeway_shared::id::{ClientToken, OrderId};
use causeway_shared::time::UnixTime;
use js_sys::Array;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{Context, Env, State};

use crate::checkout::snapshot;
use crate::config::Config;
use crate::error::AppError;
use crate::object::till::After;
use crate::object::{counter, store, till};
use crate::random::random_text;
use crate::reply;
use crate::sql::{Sql, SqlError, SqlStorage};

/// A handle without state. A class, because that is what worker-build wraps so that a call after
/// a panic gets a fresh instance.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Core;

#[wasm_bindgen]
impl Core {
    /// Makes a handle.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self
    }

    /// Every request.
    ///
    /// # Errors
    /// When the runtime cannot make a response.
    pub async fn fetch(
        &self,
        request: worker::web_sys::Request,
        env: Env,
        ctx: worker::worker_sys::Context,
    ) -> Result<worker::web_sys::Response, JsValue> {
        let response = crate::fetch(request.into(), env, Context::new(ctx)).await;
        response
            .map(Into::into)
            .map_err(|e| js_sys::Error::new(&e.to_string()).into())
    }

    /// One call to a till. Returns `[[reply, …], next timer or null, [[order, snapshot], …]]`.
    /// `known`: this object has answered a call since it was started.
    ///
    /// # Errors
    /// Makes `transactionSync` roll back.
    pub fn till(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        env: Env,
        now_ms: f64,
        request: &str,
        known: bool,
    ) -> Result<Array, JsValue> {
        let state = State::from(ctx);
        let sql = SqlStorage::of(&state);
        let now = UnixTime::from_millis(now_ms as i64);
        let after = till::call(&sql, now, request, known).map_err(|e| to_js(&e))?;
        after_to_js(&state, &env, now, after)
    }

    /// A call to a till that changes nothing, outside a transaction: see [`till::read`].
    ///
    /// # Errors
    /// When a statement fails, or the call would write.
    pub fn read(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        now_ms: f64,
        request: &str,
    ) -> Result<String, JsValue> {
        let sql = SqlStorage::of(&State::from(ctx));
        let now = UnixTime::from_millis(now_ms as i64);
        till::read(&sql, now, request).map_err(|e| to_js(&e))
    }

    /// What is due in a till, for its alarm. Returns the same as [`Core::till`].
    ///
    /// # Errors
    /// Makes `transactionSync` roll back.
    pub fn due(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        env: Env,
        now_ms: f64,
    ) -> Result<Array, JsValue> {
        let state = State::from(ctx);
        let now = UnixTime::from_millis(now_ms as i64);
        let after = till::due(&SqlStorage::of(&state), now).map_err(|e| to_js(&e))?;
        after_to_js(&state, &env, now, after)
    }

    /// The snapshot that a new socket gets first; `undefined` for an unknown order.
    ///
    /// # Errors
    /// When the order cannot be read.
    pub fn snapshot(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        env: Env,
        now_ms: f64,
        order: &str,
    ) -> Result<Option<String>, JsValue> {
        let Ok(order) = OrderId::parse(order) else {
            return Ok(None);
        };
        let sql = SqlStorage::of(&State::from(ctx));
        read_snapshot(&sql, &env, UnixTime::from_millis(now_ms as i64), &order)
    }

    /// One call to a store. Returns `[reply, next timer]`: null for none, undefined where it stays
    /// as it is. `is_armed`: the alarm is known to be set, for a time that lies ahead.
    ///
    /// # Errors
    /// Makes `transactionSync` roll back.
    pub fn store(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        now_ms: f64,
        request: &str,
        name: &str,
        is_armed: bool,
    ) -> Result<Array, JsValue> {
        let sql = SqlStorage::of(&State::from(ctx));
        let now = UnixTime::from_millis(now_ms as i64);
        let (reply, next) =
            store::timed_call(&sql, now, request, (name, is_armed)).map_err(|e| to_js(&e))?;
        let next = next.map_or(JsValue::UNDEFINED, timer);
        Ok(Array::of2(&reply.into(), &next))
    }

    /// What is due in a store, for its alarm: `[what is handed to the worker, next timer]`, of which
    /// the first may be undefined.
    ///
    /// # Errors
    /// Makes `transactionSync` roll back.
    pub fn remind(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        now_ms: f64,
    ) -> Result<Array, JsValue> {
        let sql = SqlStorage::of(&State::from(ctx));
        let now = UnixTime::from_millis(now_ms as i64);
        let (work, next) = store::due(&sql, now).map_err(|e| to_js(&e))?;
        Ok(Array::of2(&work.into(), &timer(next)))
    }

    /// One call to a counter. `known`: this object has counted since it was started.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn counter(
        &self,
        ctx: worker::worker_sys::DurableObjectState,
        now_ms: f64,
        request: &str,
        known: bool,
    ) -> Result<String, JsValue> {
        let sql = SqlStorage::of(&State::from(ctx));
        let now = UnixTime::from_millis(now_ms as i64);
        counter::call(&sql, now, request, known).map_err(|e| to_js(&e))
    }

    /// What a request is told that was under way when a panic ended the instance: to be repeated.
    ///
    /// # Errors
    /// When the runtime cannot make a response.
    pub fn interrupted(&self) -> Result<worker::web_sys::Response, JsValue> {
        let request_id = random_text(16);
        let error = AppError::Internal("a panic interrupted it".to_owned());
        let response = error.respond(&request_id)?;
        Ok(reply::secure(response, &request_id)?.into())
    }

    /// Performs the work that an alarm has leased.
    pub async fn perform(&self, env: Env, ctx: worker::worker_sys::Context, reply: String) {
        crate::perform::perform_leased(env, Context::new(ctx), &reply).await;
    }
}

fn after_to_js(state: &State, env: &Env, now: UnixTime, after: After) -> Result<Array, JsValue> {
    for order in &after.unreadable {
        worker::console_error!(
            "{}",
            serde_json::json!({ "event": "order_unreadable", "order": order })
        );
    }
    let pushes = Array::new();
    for order in &after.changed {
        // Composing a snapshot costs more than asking whether anybody watches.
        if state.get_websockets_with_tag(order.as_str()).is_empty() {
            continue;
        }
        if let Some(snapshot) = read_snapshot(&SqlStorage::of(state), env, now, order)? {
            pushes.push(&Array::of2(&order.as_str().into(), &snapshot.into()));
        }
    }
    let replies: Array = after.replies.iter().map(JsValue::from).collect();
    Ok(Array::of3(&replies, &timer(after.next_timer), &pushes))
}

/// When an alarm is to ring; null for never.
fn timer(next: Option<UnixTime>) -> JsValue {
    next.map_or(JsValue::NULL, |t| JsValue::from_f64(t.millis() as f64))
}

fn read_snapshot(
    sql: &dyn Sql,
    env: &Env,
    now: UnixTime,
    order: &OrderId,
) -> Result<Option<String>, JsValue> {
    let Some(record) = till::read_order(sql, now, order).map_err(|e| to_js(&e))? else {
        return Ok(None);
    };
    let config = Config::of(env).map_err(|e| js_sys::Error::new(&e.to_string()))?;
    let token = ClientToken::make(config.token_key.expose(), &record.details.store, order);
    Ok(Some(snapshot::of(&record, token.expose(), now).to_string()))
}

fn to_js(error: &SqlError) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}
