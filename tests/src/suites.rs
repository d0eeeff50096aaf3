//! `cargo xtask test`: sets up, builds, runs the suites, and ends with one line that counts.

mod native;
mod node;
mod runner;
mod supply;
mod tally;
mod widget;

use std::path::PathBuf;
use std::process::{self, ExitCode};

use crate::bench::Sizes;
use crate::build::build;
use crate::chaos;
use crate::checkout::{Checkout, remove_folder};
use crate::failure::Done;
use crate::setup::{Need, Tools, ensure};
use crate::stack::{Past, Ports, Runtime, Stack, stop_on_signals};
use tally::Tally;

/// The part of the worker's suite that kills it: no file of Node's.
const CHAOS: &str = "chaos";

/// Which tests to run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Suite {
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
    const ALL: [Suite; 4] = [Suite::Native, Suite::Widget, Suite::Worker, Suite::Browser];

    /// The suite of this name.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "native" => Some(Suite::Native),
            "widget" => Some(Suite::Widget),
            "worker" => Some(Suite::Worker),
            "browser" => Some(Suite::Browser),
            _ => None,
        }
    }
}

/// A suite, or one file of it.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    suite: Suite,
    file: Option<&'a str>,
}

impl<'a> Part<'a> {
    /// All suites, whole.
    pub fn all() -> Vec<Self> {
        Suite::ALL.map(|suite| Part { suite, file: None }).to_vec()
    }

    /// Reads `worker`, or `worker/faults` for `tests/worker/faults.test.mjs` alone.
    pub fn parse(word: &'a str) -> Option<Self> {
        let (name, file) = match word.split_once('/') {
            Some((name, file)) => (name, Some(file)),
            None => (word, None),
        };
        let suite = Suite::parse(name)?;
        let in_files = matches!(suite, Suite::Worker | Suite::Browser);
        (file.is_none() || in_files).then_some(Part { suite, file })
    }
}

/// Runs suites. The last line is `N passed, N failed`; the code says whether all passed.
pub fn test(checkout: &Checkout, parts: &[Part<'_>]) -> Done<ExitCode> {
    stop_on_signals(130)?;
    let counted = ensure(checkout, Need::Test).and_then(|tools| run_all(checkout, &tools, parts));
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

fn run_all(checkout: &Checkout, tools: &Tools, parts: &[Part<'_>]) -> Done<Tally> {
    let mut tally = Tally::default();
    let has = |suite| parts.iter().any(|part| part.suite == suite);
    if has(Suite::Native) {
        tally.add(native::run(checkout, tools)?);
    }
    if has(Suite::Widget) {
        tally.add(widget::run(checkout, tools)?);
    }
    if parts.iter().all(|part| part.suite == Suite::Native) {
        return Ok(tally);
    }
    // What could not be built or started is one failure; what was counted before still counts.
    match run_built(checkout, tools, parts) {
        Ok(more) => tally.add(more),
        Err(failure) => {
            println!("{failure}");
            tally.check(false);
        }
    }
    Ok(tally)
}

/// The suites that need everything built.
fn run_built(checkout: &Checkout, tools: &Tools, parts: &[Part<'_>]) -> Done<Tally> {
    build(checkout, tools)?;
    let mut tally = Tally::default();
    if parts.iter().any(|part| part.suite == Suite::Widget) {
        tally.add(gates(checkout)?);
    }
    let whole_worker = |part: &Part<'_>| part.suite == Suite::Worker && part.file.is_none();
    if parts.iter().any(whole_worker) {
        tally.add(node::run_alone(checkout, tools)?);
    }
    let is_chaos = |part: &&Part<'_>| part.suite == Suite::Worker && part.file == Some(CHAOS);
    if parts
        .iter()
        .any(|part| whole_worker(part) || is_chaos(&part))
    {
        println!("\n== Kills under load");
        for as_it_must in chaos::briefly(checkout, tools) {
            tally.check(as_it_must);
        }
    }
    let wanted: Vec<_> = parts
        .iter()
        .filter(|part| !is_chaos(part))
        .filter_map(|part| match part.suite {
            Suite::Native | Suite::Widget => None,
            Suite::Worker => Some(("Worker tests", "worker", part.file)),
            Suite::Browser => Some(("Browser tests", "browser", part.file)),
        })
        .collect();
    if wanted.is_empty() {
        return Ok(tally);
    }
    // A folder of its own, so that two runs do not disturb each other; kept when a test fails.
    let state = checkout.target("test").join(process::id().to_string());
    remove_folder(&state)?;
    // Without wrangler's proxy, which answers 503 by itself when workerd ends an idle connection:
    // the suites would fail by chance. It has its part in `chaos`.
    let place = (Ports::free()?, Runtime::Workerd);
    let mut stack = Stack::bring_up(checkout, tools, place, (&state, Past::Nothing))?;
    let mut of_stack = Tally::default();
    for (title, folder, file) in wanted {
        of_stack.add(node::run(checkout, tools, &stack, title, (folder, file))?);
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
