//! `cargo xtask test`: sets up, builds, runs the suites, and ends with one line that counts.

mod native;
mod node;
mod runner;
mod tally;
mod widget;

use std::path::PathBuf;
use std::process::{self, ExitCode};

use crate::bench::Sizes;
use crate::build::build;
use crate::checkout::{Checkout, remove_folder};
use crate::failure::Done;
use crate::setup::{Need, Tools, ensure};
use crate::stack::{Ports, Stack, stop_on_signals};
use tally::Tally;

/// Which tests to run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Suite {
    /// Format, lints, docs, and all that runs without a browser or a stack.
    Native,
    /// The widget in Chromium, and the byte gates.
    Widget,
    /// The API against a running stack; simulators and demo shop by themselves.
    Worker,
    /// Payments in Chromium against a running stack.
    Browser,
}

impl Suite {
    /// Every suite, in the order in which they run.
    pub const ALL: [Suite; 4] = [Suite::Native, Suite::Widget, Suite::Worker, Suite::Browser];

    /// The suite of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "native" => Some(Suite::Native),
            "widget" => Some(Suite::Widget),
            "worker" => Some(Suite::Worker),
            "browser" => Some(Suite::Browser),
            _ => None,
        }
    }
}

/// Runs suites. The last line is `N passed, N failed`; the code says whether all passed.
pub fn test(checkout: &Checkout, suites: &[Suite]) -> Done<ExitCode> {
    stop_on_signals(130)?;
    let counted = ensure(checkout, Need::Test).and_then(|tools| run_all(checkout, &tools, suites));
    let tally = counted.unwrap_or_else(|failure| {
        // Nothing more can run: that is one failure, and the closing line must say so.
        println!("{failure}");
        Tally {
            passed: 0,
            failed: 1,
        }
    });
    println!("\n{tally}");
    let all_passed = tally.failed == 0 && tally.passed > 0;
    Ok(if all_passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_all(checkout: &Checkout, tools: &Tools, suites: &[Suite]) -> Done<Tally> {
    let mut tally = Tally::default();
    if suites.contains(&Suite::Native) {
        tally.add(native::run(checkout, tools)?);
    }
    if suites.contains(&Suite::Widget) {
        tally.add(widget::run(checkout, tools)?);
    }
    if suites == [Suite::Native] {
        return Ok(tally);
    }
    // What could not be built or started is one failure; what was counted before still counts.
    match run_built(checkout, tools, suites) {
        Ok(more) => tally.add(more),
        Err(failure) => {
            println!("{failure}");
            tally.check(false);
        }
    }
    Ok(tally)
}

/// The suites that need everything built.
fn run_built(checkout: &Checkout, tools: &Tools, suites: &[Suite]) -> Done<Tally> {
    build(checkout, tools)?;
    let mut tally = Tally::default();
    if suites.contains(&Suite::Widget) {
        tally.add(gates(checkout)?);
    }
    if suites.contains(&Suite::Worker) {
        let alone = ["simulators", "simulators/test", "shop"];
        tally.add(node::run(
            checkout,
            tools,
            None,
            "Simulators and demo shop",
            &alone,
        )?);
    }
    let against_stack = [
        (Suite::Worker, "Worker tests", "worker"),
        (Suite::Browser, "Browser tests", "browser"),
    ];
    let wanted: Vec<_> = against_stack
        .into_iter()
        .filter(|(suite, ..)| suites.contains(suite))
        .collect();
    if wanted.is_empty() {
        return Ok(tally);
    }
    // A folder of its own, so that two runs do not disturb each other; kept when a test fails.
    let state = checkout.target("test").join(process::id().to_string());
    remove_folder(&state)?;
    let mut stack = Stack::bring_up(checkout, tools, Ports::free()?, &state)?;
    let mut of_stack = Tally::default();
    for (_, title, folder) in wanted {
        of_stack.add(node::run(checkout, tools, Some(&stack), title, &[folder])?);
    }
    // A server that ended in the middle is a failure, whatever the tests made of it.
    let health = stack.check();
    drop(stack);
    if let Err(failure) = health {
        println!("{failure}");
        of_stack.check(false);
    }
    if of_stack.failed == 0 {
        remove_folder(&state)?;
    } else {
        println!(
            "\nLogs and state of the servers are in {}.",
            state.display()
        );
    }
    tally.add(of_stack);
    Ok(tally)
}

/// What suites with a browser are told; what it writes for its user goes into the checkout.
fn browser_environment(checkout: &Checkout, tools: &Tools) -> Vec<(&'static str, PathBuf)> {
    let mut variables = vec![
        ("XDG_CONFIG_HOME", checkout.target("xtask/browser/config")),
        ("XDG_CACHE_HOME", checkout.target("xtask/browser/cache")),
    ];
    variables.extend(
        tools
            .chromium
            .clone()
            .map(|chromium| ("CHROMIUM", chromium)),
    );
    variables
}

/// The budgets in bytes, each a check.
fn gates(checkout: &Checkout) -> Done<Tally> {
    println!("\n== Bytes");
    let mut tally = Tally::default();
    for size in Sizes::measure(checkout)?.budgets() {
        println!("{size}");
        tally.check(size.is_within());
    }
    Ok(tally)
}
