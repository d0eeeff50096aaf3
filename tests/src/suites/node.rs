//! Suites in Node against a running stack, and those of the simulators and the demo shop.

use std::path::PathBuf;
use std::process::Command;

use super::browser_environment;
use super::runner::count;
use super::tally::Tally;
use crate::checkout::{Checkout, list};
use crate::command::command;
use crate::failure::{Done, Failure};
use crate::setup::Tools;
use crate::stack::Stack;

/// As many test files at a time: the machine that counts has two cores.
const FILES_AT_A_TIME: &str = "2";

/// How the name of a test file ends.
const ENDING: &str = ".test.mjs";

/// What runs without a stack.
const ALONE: [&str; 3] = ["simulators", "simulators/test", "shop"];

/// Runs the tests of the simulators and of the demo shop.
pub(super) fn run_alone(checkout: &Checkout, tools: &Tools) -> Done<Tally> {
    let mut files = Vec::new();
    for folder in ALONE {
        files.extend(test_files(checkout, folder)?);
    }
    let title = "Simulators and demo shop";
    count(title, node(checkout, tools, files))
}

/// Runs the test files of a folder of `tests/` against a stack, or the one that is named.
pub(super) fn run(
    checkout: &Checkout,
    tools: &Tools,
    stack: &Stack,
    title: &str,
    (folder, file): (&str, Option<&str>),
) -> Done<Tally> {
    let mut files = test_files(checkout, folder)?;
    if let Some(name) = file {
        let wanted = format!("{name}{ENDING}");
        files.retain(|path| {
            path.file_name()
                .is_some_and(|found| found == wanted.as_str())
        });
        if files.is_empty() {
            return Err(Failure::new(format!(
                "tests/{folder}/{wanted} is not there."
            )));
        }
    }
    let mut node = node(checkout, tools, files);
    node.envs(stack.environment());
    count(title, node)
}

fn node(checkout: &Checkout, tools: &Tools, files: Vec<PathBuf>) -> Command {
    let mut node = command("node");
    node.args(["--test", "--test-reporter=spec"])
        .arg(format!("--test-concurrency={FILES_AT_A_TIME}"))
        .args(files)
        .envs(browser_environment(checkout, tools))
        .envs(tools.schemathesis.iter().map(|path| ("SCHEMATHESIS", path)))
        .current_dir(checkout.folder("tests"));
    node
}

fn test_files(checkout: &Checkout, folder: &str) -> Done<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in list(&checkout.folder("tests").join(folder))? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(ENDING) {
            files.push(path);
        }
    }
    Ok(files)
}
