//! What a deployment is configured with, read and checked once per isolate.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64ct::{Base64, Encoding};
use causeway_shared::channel::ChannelId;
use causeway_shared::json;
use causeway_shared::seal::OpenKey;
use causeway_shared::secret::Secret;
use causeway_shared::vault::MasterKey;
use worker::Env;

/// A deployment's configuration.
#[derive(Debug)]
pub struct Config {
    /// Seals credentials; other keys are derived from it.
    pub master_key: MasterKey,
    /// Signs client tokens.
    pub token_key: Secret<[u8; 32]>,
    /// Lets its bearer set up stores.
    pub owner_token: Secret<String>,
    /// Open card envelopes; the newest first.
    pub seal_keys: Vec<OpenKey>,
    /// The address under which shoppers and channels reach this worker, without a final slash.
    /// Never taken from a request: an alarm has none, and a `Host` header can be anything.
    pub public_url: String,
    /// Other addresses for channels: simulators.
    pub channel_hosts: BTreeMap<ChannelId, String>,
    /// Whether `http` addresses are allowed: for a deployment on one machine.
    pub allow_http: bool,
}

/// A setting is missing or not of its form. Says which, and what to do; never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The variable or secret.
    pub setting: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

thread_local! {
    static CONFIG: std::cell::RefCell<Option<Rc<Config>>> = const { std::cell::RefCell::new(None) };
}

impl Config {
    /// The configuration of this deployment.
    ///
    /// # Errors
    /// The first setting that is missing or malformed.
    pub fn of(env: &Env) -> Result<Rc<Self>, ConfigError> {
        if let Some(known) = CONFIG.with(|c| c.borrow().clone()) {
            return Ok(known);
        }
        let config = Rc::new(Self::read(env)?);
        CONFIG.with(|c| *c.borrow_mut() = Some(config.clone()));
        Ok(config)
    }

    fn read(env: &Env) -> Result<Self, ConfigError> {
        let master_key = MasterKey::new(decode(env, "CAUSEWAY_MASTER_KEY")?)
            .map_err(|_| error("CAUSEWAY_MASTER_KEY", "must be 32 bytes in base64"))?;
        let owner_token = secret(env, "CAUSEWAY_OWNER_TOKEN")?;
        if owner_token.len() < 32 {
            return Err(error(
                "CAUSEWAY_OWNER_TOKEN",
                "must have at least 32 characters",
            ));
        }
        let allow_http = variable(env, "ALLOW_HTTP").is_some_and(|v| v == "1");
        let hosts = variable(env, "CHANNEL_HOSTS").unwrap_or_else(|| "{}".to_owned());
        let channel_hosts = json::from_str(&hosts).map_err(|_| {
            error(
                "CHANNEL_HOSTS",
                "must be a JSON object of channel and address",
            )
        })?;
        // Simulators belong on one machine: keys of live accounts must go to their channel alone.
        if hosts != "{}" && !allow_http {
            return Err(error(
                "CHANNEL_HOSTS",
                "needs ALLOW_HTTP=1: it is for simulators",
            ));
        }
        Ok(Self {
            token_key: Secret::new(master_key.derive_key("causeway client token v1")),
            master_key,
            owner_token: Secret::new(owner_token),
            seal_keys: seal_keys(env)?,
            public_url: public_url(env, allow_http)?,
            channel_hosts,
            allow_http,
        })
    }
}

fn public_url(env: &Env, allow_http: bool) -> Result<String, ConfigError> {
    const SETTING: &str = "PUBLIC_URL";
    let url = variable(env, SETTING).ok_or(error(
        SETTING,
        "is not set: the https address of this worker, such as https://pay.shop.example",
    ))?;
    let url = url.trim_end_matches('/');
    if !(url.starts_with("https://") || allow_http && url.starts_with("http://")) {
        return Err(error(SETTING, "must begin with https://"));
    }
    let parsed = worker::Url::parse(url)
        .ok()
        .filter(|u| u.origin().ascii_serialization() == url);
    parsed
        .map(|_| url.to_owned())
        .ok_or(error(SETTING, "must be an address without a path"))
}

fn seal_keys(env: &Env) -> Result<Vec<OpenKey>, ConfigError> {
    const SETTING: &str = "CAUSEWAY_SEAL_KEYS";
    let problem = error(
        SETTING,
        "must be 32-byte seeds in base64, newest first, with commas",
    );
    let text = Secret::new(secret(env, SETTING)?);
    let keys = text.expose().split(',').map(|seed| {
        let seed = Secret::new(Base64::decode_vec(seed.trim()).map_err(|_| problem)?);
        OpenKey::from_seed(seed.expose()).map_err(|_| problem)
    });
    keys.collect()
}

fn decode(env: &Env, setting: &'static str) -> Result<Vec<u8>, ConfigError> {
    let text = Secret::new(secret(env, setting)?);
    Base64::decode_vec(text.expose().trim()).map_err(|_| error(setting, "must be base64"))
}

fn secret(env: &Env, setting: &'static str) -> Result<String, ConfigError> {
    variable(env, setting).ok_or(error(
        setting,
        "is not set: run `wrangler secret put` with this name, or set it in workerd's environment",
    ))
}

/// A text that the deployment was given. Read by hand, because the crate stops at the `null` that
/// a plain workerd gives for a variable that is not in its environment.
fn variable(env: &Env, name: &str) -> Option<String> {
    js_sys::Reflect::get(env, &name.into())
        .ok()?
        .as_string()
        .filter(|value| !value.is_empty())
}

fn error(setting: &'static str, problem: &'static str) -> ConfigError {
    ConfigError { setting, problem }
}
