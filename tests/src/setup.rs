//! `cargo xtask setup`: finds or fetches every tool, and remembers where it is.
//!
//! Tools go into the user's cache, keyed by their version, so that a second checkout is quick; npm
//! packages go into the checkout. Nothing is fetched again while the versions stay the same, and
//! an unchanged second run asks no network.

mod browser;
mod crates;
mod debian;
mod node;
mod python;
mod root;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::checkout::{Checkout, hash, lock, read, write};
use crate::failure::{Done, Failure, OrFail};
use crate::progress::Progress;

/// Grows when a set-up step changes, so that old stamps no longer count.
const STEPS_VERSION: u32 = 3;

/// How much has to be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// What builds and runs Causeway.
    Run,
    /// That, a browser, what checks crates, and what fuzzes the API.
    Test,
}

/// Where the tools are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tools {
    /// The folder with `rustc` and `cargo-clippy` for wasm32; the ordinary ones where missing.
    pub wasm_rust: Option<PathBuf>,
    /// `wasm-bindgen`, of the version that Cargo.lock holds.
    pub wasm_bindgen: PathBuf,
    /// `wasm-bindgen-test-runner`, of the same version.
    pub wasm_test_runner: PathBuf,
    /// `worker-build`.
    pub worker_build: PathBuf,
    /// `wasm-opt`.
    pub wasm_opt: PathBuf,
    /// `esbuild`.
    pub esbuild: PathBuf,
    /// `wrangler`.
    pub wrangler: PathBuf,
    /// `workerd`, the one that this wrangler runs.
    pub workerd: PathBuf,
    /// `cargo-deny`, where tests need it.
    pub cargo_deny: Option<PathBuf>,
    /// A Chromium, where tests need it.
    pub chromium: Option<PathBuf>,
    /// `schemathesis`, where tests need it.
    pub schemathesis: Option<PathBuf>,
}

impl Tools {
    /// Whether every tool is still where it was found.
    fn are_there(&self) -> bool {
        let needed = [
            &self.wasm_bindgen,
            &self.wasm_test_runner,
            &self.worker_build,
            &self.wasm_opt,
            &self.esbuild,
            &self.wrangler,
            &self.workerd,
        ];
        let found = [&self.wasm_rust, &self.cargo_deny, &self.chromium];
        needed
            .into_iter()
            .chain(found.into_iter().flatten())
            .all(|path| path.exists())
            && self.schemathesis.as_deref().is_none_or(python::is_there)
    }
}

/// The tools, as they were found for one set of versions.
#[derive(Deserialize, Serialize)]
struct Stamp {
    key: String,
    tools: Tools,
}

/// Makes sure that everything is there.
///
/// Another set-up of the same user is waited for, so that two never write one folder.
pub fn ensure(checkout: &Checkout, need: Need) -> Done<Tools> {
    let node = node::check()?;
    let key = stamp_key(checkout, &node)?;
    let stamp_path = checkout.target("xtask").join(match need {
        Need::Run => "tools-run.json",
        Need::Test => "tools-test.json",
    });
    if let Some(tools) = remembered(&stamp_path, &key) {
        return Ok(tools);
    }
    let _lock = lock(&checkout.cache, "Set-up")?;
    let tools = fetch(checkout, need)?;
    let stamp = Stamp { key, tools };
    let json =
        serde_json::to_string_pretty(&stamp).or_fail(|| "Writing the stamp failed".into())?;
    write(&stamp_path, json)?;
    Ok(stamp.tools)
}

/// What the tools depend on: when it changes, the set-up runs again.
fn stamp_key(checkout: &Checkout, node: &str) -> Done<String> {
    let sysroot = rust::sysroot(checkout)?;
    let mut parts = vec![
        STEPS_VERSION.to_string(),
        node.to_owned(),
        rust::has_target(&sysroot).to_string(),
        sysroot,
        checkout.locked_version("wasm-bindgen")?,
        checkout.locked_version("worker")?,
        crates::CARGO_DENY.to_owned(),
        read(&checkout.folder(python::REQUIREMENTS))?,
    ];
    for folder in node::FOLDERS {
        let lock = checkout.folder(folder).join("package-lock.json");
        parts.push(if lock.exists() {
            read(&lock)?
        } else {
            String::new()
        });
    }
    Ok(hash(parts.join("\n").as_bytes()))
}

/// The tools of an earlier run, if they still count.
fn remembered(stamp_path: &Path, key: &str) -> Option<Tools> {
    // A stamp that cannot be read is no stamp: the set-up runs.
    let stamp: Stamp = serde_json::from_str(&fs::read_to_string(stamp_path).ok()?).ok()?;
    let packages_are_there = stamp.key == key && stamp.tools.are_there();
    packages_are_there.then_some(stamp.tools)
}

/// Runs the steps: those that compute, those that wait for the network, side by side.
fn fetch(checkout: &Checkout, need: Need) -> Done<Tools> {
    // For tests: cargo-deny, Chromium and Schemathesis.
    let count = 3 + node::FOLDERS.len() as u64 + 3 * u64::from(need == Need::Test);
    let progress = Progress::new("Set-up", count);
    let (crates, wasm_rust, packages, of_tests) = thread::scope(|scope| {
        let crates = scope.spawn(|| crates::install(checkout, need, &progress));
        let rust = scope.spawn(|| rust::ensure(checkout, &progress));
        let packages = scope.spawn(|| node::install(checkout, &progress));
        let of_tests = scope.spawn(|| match need {
            Need::Run => Ok((None, None)),
            Need::Test => for_suites(checkout, &progress),
        });
        (
            joined(crates),
            joined(rust),
            joined(packages),
            joined(of_tests),
        )
    });
    progress.end();
    let (crates, wasm_rust, packages, of_tests) = all(crates, wasm_rust, packages, of_tests)?;
    let (chromium, schemathesis) = of_tests;
    Ok(Tools {
        wasm_rust,
        wasm_bindgen: crates.wasm_bindgen,
        wasm_test_runner: crates.wasm_test_runner,
        worker_build: crates.worker_build,
        wasm_opt: packages.wasm_opt,
        esbuild: packages.esbuild,
        wrangler: packages.wrangler,
        workerd: packages.workerd,
        cargo_deny: crates.cargo_deny,
        chromium,
        schemathesis,
    })
}

/// What only tests need: one after the other, since apt runs once at a time.
fn for_suites(
    checkout: &Checkout,
    progress: &Progress,
) -> Done<(Option<PathBuf>, Option<PathBuf>)> {
    let chromium = browser::ensure(checkout, progress)?;
    let schemathesis = python::ensure(checkout, progress)?;
    Ok((Some(chromium), Some(schemathesis)))
}

/// What a thread answered.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, Done<T>>) -> Done<T> {
    thread
        .join()
        .unwrap_or_else(|_| Err(Failure::new("A step of the set-up panicked.")))
}

/// All answers, or the first failure; further failures are printed, so that all can be mended.
fn all<A, B, C, D>(a: Done<A>, b: Done<B>, c: Done<C>, d: Done<D>) -> Done<(A, B, C, D)> {
    let mut failures = [
        a.as_ref().err().cloned(),
        b.as_ref().err().cloned(),
        c.as_ref().err().cloned(),
        d.as_ref().err().cloned(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    let last = failures.pop();
    for failure in failures {
        eprintln!("{failure}");
    }
    match (a, b, c, d, last) {
        (Ok(a), Ok(b), Ok(c), Ok(d), _) => Ok((a, b, c, d)),
        (.., Some(last)) => Err(last),
        (.., None) => Err(Failure::new("The set-up failed.")),
    }
}
