//! Durable Objects: what they store and decide. Each is a synchronous function from a call (JSON)
//! to a reply (JSON) over one SQLite database; `entry.js` runs it in `transactionSync`, so that an
//! error or a panic stores nothing. There is no `await` here.

pub mod counter;
pub mod store;
pub mod till;
