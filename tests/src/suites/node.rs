//! Suites in Node against a running stack, and those of the simulators and the demo shop.

use std::path::PathBuf;

use super::browser_environment;
use super::runner::count;
use super::tally::Tally;
use crate::checkout::{Checkout, list};
use crate::command::command;
use crate::failure::Done;
use crate::setup::Tools;
use crate::stack::Stack;

/// As many test files at a time: the machine that counts has two cores.
const FILES_AT_A_TIME: &str = "2";

/// Runs the test files of folders of `tests/`; none is no failure.
pub(super) fn run(
    checkout: &Checkout,
    tools: &Tools,
    stack: Option<&Stack>,
    title: &str,
    folders: &[&str],
) -> Done<Tally> {
    let mut files = Vec::new();
    for folder in folders {
        files.extend(test_files(checkout, folder)?);
    }
    if files.is_empty() {
        return Ok(Tally::default());
    }
    let mut node = command("node");
    node.args(["--test", "--test-reporter=spec"])
        .arg(format!("--test-concurrency={FILES_AT_A_TIME}"))
        .args(files)
        .envs(browser_environment(checkout, tools))
        .envs(stack.map(Stack::environment).unwrap_or_default())
        .current_dir(checkout.folder("tests"));
    count(title, node)
}

fn test_files(checkout: &Checkout, folder: &str) -> Done<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in list(&checkout.folder("tests").join(folder))? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(files)
}
