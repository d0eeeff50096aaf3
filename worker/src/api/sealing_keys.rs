//! `GET /v1/sealing_keys`: the keys that card data is sealed to. They are secrets of the
//! deployment: the worker can name them, and cannot change them.

use serde_json::{Value, json};
use worker::Response;

use crate::app::App;
use crate::error::AppError;
use crate::reply::json_response;

/// How they are changed. A page that was opened before carries the key of that time, and what was
/// sealed to it waits for its channel for minutes at most.
const HOW: &str = "Put a new key in front: CAUSEWAY_SEAL_KEYS is the new seed (openssl rand \
    -base64 32), a comma, then the seeds that are there; set it with `npx wrangler secret put \
    CAUSEWAY_SEAL_KEYS`, or in workerd's environment, and start anew. New pages seal to the first \
    key at once. Keep the old ones for two days, for pages that are still open; then take them out \
    in the same way.";

/// `GET /v1/sealing_keys`: the newest first.
///
/// # Errors
/// When the response cannot be made.
pub fn list(app: &App) -> Result<Response, AppError> {
    let keys = app.config.seal_keys.iter().enumerate();
    let data: Vec<Value> = keys
        .map(|(i, key)| json!({ "id": key.id().to_string(), "in_use": i == 0 }))
        .collect();
    json_response(
        200,
        &json!({ "data": data, "next_cursor": null, "how_to_rotate": HOW }),
    )
}
