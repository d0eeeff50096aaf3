//! `cargo xtask bench`: figures, each beside its peer and its budget.
//!
//! In scope: measuring and reporting. Nothing here is a test: what a figure must not exceed on any
//! machine (bytes) is a gate of the suites; times depend on the machine and are told with it.

mod browser;
mod bytes;
mod inputs;
mod lists;
mod machine;
mod readme;
mod report;
mod server;

use crate::build::build;
use crate::checkout::Checkout;
use crate::failure::{Done, Failure};
use crate::setup::{Need, Tools, ensure};
use report::Report;

pub use bytes::Sizes;
pub use readme::quote;

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// What is loaded, and what is deployed.
    Bytes,
    /// What a shopper waits for.
    Browser,
    /// What lists and searches cost.
    Lists,
    /// What a payment costs.
    Server,
    /// What strangers may send.
    Fuzz,
}

impl Part {
    /// Every part, in the order in which they run.
    const ALL: [Part; 5] = [
        Part::Bytes,
        Part::Server,
        Part::Lists,
        Part::Browser,
        Part::Fuzz,
    ];

    /// The part of this name.
    fn parse(name: &str) -> Option<Self> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Part::Bytes => bytes::PART,
            Part::Browser => browser::PART,
            Part::Lists => lists::PART,
            Part::Server => server::PART,
            Part::Fuzz => inputs::PART,
        }
    }

    fn measure(self, checkout: &Checkout, tools: &Tools, report: &mut Report) -> Done {
        match self {
            Part::Bytes => bytes::measure(checkout, report),
            Part::Browser => browser::measure(checkout, tools, report),
            Part::Lists => lists::measure(checkout, tools, report),
            Part::Server => server::measure(checkout, tools, report),
            Part::Fuzz => inputs::measure(checkout, report),
        }
    }
}

/// Measures the named parts, all where none is named; prints a table and writes it to
/// `target/bench.md`, and the figures to `target/bench.json`.
///
/// Fails when a budget in bytes is missed, as bytes are the same on every machine, and when an
/// input breaks a parser.
pub fn bench(checkout: &Checkout, names: &[&str]) -> Done {
    let parts = parts(names)?;
    let tools = ensure(checkout, Need::Test)?;
    build(checkout, &tools)?;
    let mut report = Report::begin(checkout, &tools)?;
    let mut result = Ok(());
    for part in parts {
        eprintln!("Bench: {}", part.name());
        result = part.measure(checkout, &tools, &mut report);
        if result.is_err() {
            break;
        }
    }
    // What was measured before a failure is not lost.
    print!("{}", report.write(checkout)?);
    result?;
    match report.missed(bytes::PART) {
        over if over.is_empty() => Ok(()),
        over => Err(Failure::new(format!("Over budget: {}.", over.join(", ")))),
    }
}

fn parts(names: &[&str]) -> Done<Vec<Part>> {
    if names.is_empty() {
        return Ok(Part::ALL.to_vec());
    }
    let known = Part::ALL.map(Part::name).join(", ");
    let unknown = |name: &str| {
        Failure::new(format!("`{name}` cannot be measured.")).advise(format!("Parts: {known}."))
    };
    let found = names
        .iter()
        .map(|n| Part::parse(n).ok_or_else(|| unknown(n)));
    found.collect()
}
