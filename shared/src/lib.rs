//! What Causeway can decide without a clock, a random number, a network or a browser.

pub mod actor;
pub mod card;
pub mod channel;
pub mod http;
pub mod id;
pub mod json;
pub mod mac;
pub mod money;
pub mod order;
pub mod passkey;
pub mod seal;
pub mod secret;
pub mod sign;
pub mod time;
pub mod vault;
pub mod webhook;
pub mod wire;

// `channel/testing.rs` is also compiled into `tests/`, so it names this crate from outside.
#[cfg(test)]
extern crate self as causeway_shared;
#[cfg(test)]
mod testing;
