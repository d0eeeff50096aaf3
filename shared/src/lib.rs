//! What Causeway can decide without a clock, a random number, a network or a browser.

pub mod id;
pub mod mac;
pub mod money;
pub mod secret;
pub mod time;

#[cfg(test)]
mod testing;
