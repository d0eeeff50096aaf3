//! Who does something: what the audit log and an order's history name.

pub use causeway_shared::actor::{Actor, ActorKind};
