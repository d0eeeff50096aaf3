//! What the fuzz targets do with their bytes, and what has to hold whatever those are.
//!
//! In scope: everything that reads what a stranger sends. Each module says in which form it takes
//! its bytes; the forms are text as far as possible, so that a finding can be read. Out of scope:
//! what needs a runtime (HTTP, SQL): `tests/worker` does that.
//!
//! A violation is a panic: libFuzzer keeps the input, and prints where it is.

// In a fuzz target a panic is the finding.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod amounts;
pub mod answers;
pub mod bodies;
pub mod cards;
pub mod credentials;
pub mod envelopes;
pub mod ids;
pub mod notices;
pub mod passkeys;
pub mod seeds;
pub mod times;

mod checks;
mod messages;
mod run;
mod transcripts;

/// What is done with the bytes of one input.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("alipay_answer", |data| answers::read("alipay", data)),
    ("alipay_notice", |data| notices::read("alipay", data)),
    ("body", bodies::read),
    ("card", cards::read),
    ("credentials", credentials::read),
    ("envelope", envelopes::open),
    ("id", ids::parse),
    ("money", amounts::parse),
    ("passkey", passkeys::read),
    ("stripe_answer", |data| answers::read("stripe", data)),
    ("stripe_notice", |data| notices::read("stripe", data)),
    ("time", times::parse),
    ("wechatpay_answer", |data| answers::read("wechatpay", data)),
    ("wechatpay_notice", |data| notices::read("wechatpay", data)),
];
