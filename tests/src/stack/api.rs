//! JSON over HTTP to servers on this machine.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

use crate::failure::{Done, Failure, OrFail};

/// How long an answer may take.
const TIMEOUT_S: u64 = 30;

/// A client that sends the same headers with each request.
pub(super) struct Api {
    agent: Agent,
    base: String,
    headers: Vec<(&'static str, String)>,
}

impl Api {
    /// A client for the server at `base`, such as `http://127.0.0.1:8787`.
    pub(super) fn new(base: &str, headers: Vec<(&'static str, String)>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(TIMEOUT_S)))
            .build();
        Api {
            agent: config.new_agent(),
            base: base.to_owned(),
            headers,
        }
    }

    /// Whether a `GET` is answered with a status below 400.
    pub(super) fn answers(&self, path: &str) -> bool {
        self.agent
            .get(format!("{}{path}", self.base))
            .call()
            .is_ok_and(|answer| answer.status().as_u16() < 400)
    }

    /// Reads a resource.
    pub(super) fn get(&self, path: &str) -> Done<Value> {
        self.call(Method::GET, path, None)
    }

    /// Creates a resource, or has something done.
    pub(super) fn post(&self, path: &str, body: &Value) -> Done<Value> {
        self.call(Method::POST, path, Some(body))
    }

    /// Sets a resource.
    pub(super) fn put(&self, path: &str, body: &Value) -> Done<Value> {
        self.call(Method::PUT, path, Some(body))
    }

    /// Sends a request and reads the answer; a failure names the path, never what was sent.
    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Done<Value> {
        let what = || format!("{method} {}{path} failed", self.base);
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(text).or_fail(what)?;
        let mut answer = self.agent.run(request).or_fail(what)?;
        let status = answer.status();
        let text = answer.body_mut().read_to_string().or_fail(what)?;
        let json = serde_json::from_str::<Value>(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(json);
        }
        let detail = ["detail", "message"]
            .iter()
            .find_map(|name| json.get(name)?.as_str());
        let errors = json.get("errors").map(Value::to_string).unwrap_or_default();
        let said = detail.unwrap_or(&text);
        Err(Failure::new(format!(
            "{}: {status}: {said} {errors}",
            what()
        )))
    }
}

/// A text member of an answer.
pub(super) fn text(json: &Value, pointer: &str) -> Done<String> {
    json.pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("An answer was searched for {pointer} in vain.")))
}
