//! What every handler needs: configuration, objects, the addresses of this deployment, a log.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use causeway_shared::id::{AccountId, ClientToken, OrderId, Reference, StoreId};
use futures_util::future::{Either, select};
use futures_util::pin_mut;
use serde_json::{Value, json};
use worker::{Context, Delay, Env};

use crate::config::Config;
use crate::error::AppError;
use crate::objects::{Limit, Objects};

/// How long a counter may take to answer; it needs some milliseconds.
const COUNTER_TIMEOUT: Duration = Duration::from_secs(2);

/// One request, or one batch of work for an alarm.
#[derive(Clone, Debug)]
pub struct App {
    /// The bindings.
    pub env: Env,
    /// The deployment.
    pub config: Rc<Config>,
    /// The Durable Objects.
    pub objects: Objects,
    /// The address under which shoppers and channels reach this worker, without a final slash.
    pub origin: String,
    /// The cookie that the response sets, where it sets one.
    pub cookie: Rc<RefCell<Option<String>>>,
    /// Names the request in logs and problem documents.
    pub request_id: Rc<str>,
    /// Keeps work alive after the response.
    context: Rc<Context>,
}

impl App {
    /// For one request, or for the work of an alarm.
    ///
    /// # Errors
    /// When the deployment is not configured.
    pub fn new(env: Env, request_id: &str, context: Context) -> Result<Self, AppError> {
        let config = Config::of(&env)?;
        let origin = config.public_url.clone();
        let objects = Objects::new(env.clone());
        Ok(Self {
            env,
            config,
            objects,
            origin,
            cookie: Rc::default(),
            request_id: request_id.into(),
            context: Rc::new(context),
        })
    }

    /// Runs `work` to its end even if the one who asked goes away.
    pub async fn finish<T: 'static>(
        &self,
        work: impl Future<Output = T> + 'static,
    ) -> Result<T, AppError> {
        let (sender, receiver) = futures_channel::oneshot::channel();
        self.context.wait_until(async move {
            // Nobody listens any more when the shopper has left.
            let _ = sender.send(work.await);
        });
        receiver
            .await
            .map_err(|_| AppError::Internal("work was cancelled".to_owned()))
    }

    /// Counts something and says whether it is within its limit. A counter that fails or hangs stops
    /// nobody: it holds off those who try cards or keys in bulk, and a shop that cannot be paid
    /// while it is down would be the greater harm. Keys have too many bits to be guessed, channels
    /// watch for card testing too, and each isolate still counts (`gate`).
    ///
    /// # Errors
    /// [`AppError::TooMany`].
    pub async fn limit(&self, limit: Limit<'_>) -> Result<(), AppError> {
        let counted = self.objects.count(&limit);
        let clock = Delay::from(COUNTER_TIMEOUT);
        pin_mut!(counted, clock);
        let code = match select(counted, clock).await {
            Either::Left((Ok(None), _)) => return Ok(()),
            Either::Left((Ok(Some(retry_after_s)), _)) => {
                return Err(AppError::TooMany { retry_after_s });
            }
            Either::Left((Err(error), _)) => error.code(),
            Either::Right(((), _)) => "no answer",
        };
        self.log(
            "limit_unavailable",
            json!({ "limit": limit.what, "code": code }),
        );
        Ok(())
    }

    /// Runs `work` after the response.
    pub fn later(&self, work: impl Future<Output = ()> + 'static) {
        self.context.wait_until(work);
    }

    /// The client token of an order.
    #[must_use]
    pub fn client_token(&self, store: &StoreId, order: &OrderId) -> ClientToken {
        ClientToken::make(self.config.token_key.expose(), store, order)
    }

    /// Where a channel posts notices about an account.
    #[must_use]
    pub fn notice_url(&self, account: &AccountId) -> String {
        format!("{}/notices/{account}", self.origin)
    }

    /// Where a channel sends shoppers back to.
    #[must_use]
    pub fn return_url(&self, account: &AccountId, reference: &Reference) -> String {
        format!("{}/return/{account}/{reference}", self.origin)
    }

    /// Writes one line: what happened, with which ids. Never a name, an address, a key, a body.
    pub fn log(&self, what: &str, fields: Value) {
        let mut line = json!({ "event": what, "request_id": &*self.request_id });
        if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
            line.extend(fields);
        }
        worker::console_log!("{line}");
    }
}
