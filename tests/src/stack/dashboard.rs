//! The way into the dashboard of the demo store.

use serde_json::{Value, json};

use super::Stack;
use super::api::text;
use super::seed::owner;
use crate::failure::Done;

impl Stack {
    /// A link that signs the store's owner in once, within fifteen minutes.
    pub fn sign_in_link(&self) -> Done<String> {
        let api = owner(&self.addresses, &self.owner_token);
        let operators = api.get("/v1/operators")?;
        let is_owner = |operator: &&Value| operator.get("role") == Some(&json!("owner"));
        let known = operators
            .get("data")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(is_owner));
        let id = match known {
            Some(operator) => text(operator, "/id")?,
            // Of a store from before there were operators.
            None => {
                let wish = json!({
                    "email": "owner@lowtide.example", "name": "Owner", "role": "owner",
                });
                text(&api.post("/v1/operators", &wish)?, "/id")?
            }
        };
        let link = api.post(&format!("/v1/operators/{id}/sign_in_link"), &json!({}))?;
        text(&link, "/url")
    }
}
