//! `cargo xtask`: sets up, builds, starts, tests and measures Causeway.

fn main() {}
