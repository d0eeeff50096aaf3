//! The widget's own tests, in headless Chromium, and its byte gates.

use super::browser_environment;
use super::runner::count;
use super::tally::Tally;
use crate::build::{WASM_TARGET, wasm_command};
use crate::checkout::Checkout;
use crate::failure::Done;
use crate::setup::Tools;

/// Runs the suite.
pub(super) fn run(checkout: &Checkout, tools: &Tools) -> Done<Tally> {
    let runner = checkout.folder("tests/src/suites/wasm-runner.mjs");
    let mut cargo = wasm_command(tools, "cargo")?;
    cargo
        .args([
            "test",
            "--package",
            "causeway-widget",
            "--target",
            WASM_TARGET,
            "--no-fail-fast",
        ])
        // Examples in docs cannot run there; natively they do.
        .args(["--lib", "--tests"])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            format!("node {}", runner.display()),
        )
        .env("WASM_TEST_RUNNER", &tools.wasm_test_runner)
        .envs(browser_environment(checkout, tools))
        .current_dir(&checkout.root);
    count("Widget tests in Chromium", cargo)
}
