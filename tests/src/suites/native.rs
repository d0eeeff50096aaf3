//! What runs on this machine's own processor: format, lints, docs, unit and property tests.

use std::process::Command;

use super::runner::{check, count};
use super::supply;
use super::tally::Tally;
use crate::build::{WASM_TARGET, wasm_command};
use crate::checkout::Checkout;
use crate::command::command;
use crate::failure::Done;
use crate::fuzz;
use crate::setup::Tools;

/// Runs the suite.
pub(super) fn run(checkout: &Checkout, tools: &Tools) -> Done<Tally> {
    let cargo = |arguments: &str| -> Command {
        let mut cargo = command("cargo");
        cargo.args(arguments.split(' ')).current_dir(&checkout.root);
        cargo
    };
    let mut tally = Tally::default();
    tally.add(check("Format", cargo("fmt --all --check"))?);
    tally.add(check(
        "Lints",
        cargo("clippy --quiet --workspace --all-targets -- -D warnings"),
    )?);
    let mut clippy = if tools.wasm_rust.is_some() {
        wasm_command(tools, "cargo-clippy")?
    } else {
        command("cargo")
    };
    clippy
        .args([
            "clippy",
            "--quiet",
            "--package",
            "causeway-worker",
            "--package",
        ])
        .args([
            "causeway-widget",
            "--target",
            WASM_TARGET,
            "--",
            "-D",
            "warnings",
        ])
        .current_dir(&checkout.root);
    tally.add(check("Lints for wasm32", clippy)?);
    let mut docs = cargo("doc --quiet --workspace --no-deps --document-private-items");
    // Private items are documented too, for those who work here: links to them resolve.
    docs.env(
        "RUSTDOCFLAGS",
        "-D warnings -A rustdoc::private_intra_doc_links",
    );
    tally.add(check("Docs", docs)?);
    tally.add(count(
        "Native tests",
        cargo("test --quiet --workspace --no-fail-fast"),
    )?);
    tally.add(supply::run(checkout, tools)?);
    tally.add(fuzz(checkout)?);
    Ok(tally)
}

/// The crate of the fuzz targets, and a few seconds of each.
fn fuzz(checkout: &Checkout) -> Done<Tally> {
    let mut tally = Tally::default();
    let mut format = command("cargo");
    format
        .args(["fmt", "--check", "--manifest-path", "tests/fuzz/Cargo.toml"])
        .current_dir(&checkout.root);
    tally.add(check("Format of the fuzz targets", format)?);
    println!("\n== Fuzzing");
    for result in fuzz::brief(checkout)? {
        tally.check(result.is_ok());
        match result {
            Ok(line) => println!("{line}"),
            Err(failure) => println!("{failure}"),
        }
    }
    Ok(tally)
}
