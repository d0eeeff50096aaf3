//! `cargo xtask build`: widget, site and worker, each only when what it is made of has changed.

mod fingerprint;
mod site;
mod widget;
mod worker;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::checkout::{Checkout, list, lock};
use crate::command::command;
use crate::failure::{Done, OrFail};
use crate::progress::Progress;
use crate::setup::Tools;

pub use site::MANIFEST;
pub use worker::MODULES;

/// The target of widget and worker.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What wasm-opt may use: browsers of the last years know all of it. Named one by one, because
/// `--all-features` would make it write what they refuse.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds everything that `wrangler` serves.
pub fn build(checkout: &Checkout, tools: &Tools) -> Done {
    let _lock = lock(&checkout.target("xtask"), "Build")?;
    let progress = Progress::new("Build", 3);
    let step = progress.step("widget");
    widget::build(checkout, tools, &step)?;
    step.done();
    let step = progress.step("site");
    site::build(checkout, tools, &step)?;
    step.done();
    let step = progress.step("worker");
    worker::build(checkout, tools, &step)?;
    step.done();
    progress.end();
    Ok(())
}

/// A program that finds the compiler for wasm32 before any other.
pub fn wasm_command(tools: &Tools, program: &str) -> Done<Command> {
    let Some(folder) = &tools.wasm_rust else {
        return Ok(command(program));
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.clone()).chain(env::split_paths(&path));
    let path = env::join_paths(folders).or_fail(|| "Joining the folders of PATH failed".into())?;
    let own = folder.join(program);
    let mut found = if own.is_file() {
        command(own)
    } else {
        command(program)
    };
    found.env("PATH", path).env("RUSTC", folder.join("rustc"));
    Ok(found)
}

/// All files below a folder, sorted.
pub fn files_below(folder: &Path) -> Done<Vec<PathBuf>> {
    walk(folder, &|_| true)
}

/// All files below a folder but those that are built or fetched, sorted.
fn sources(folder: &Path) -> Done<Vec<PathBuf>> {
    walk(folder, &|name| {
        !name.starts_with('.') && !["node_modules", "build", "target"].contains(&name)
    })
}

/// The files of a folder and of those in it, as far as `wanted` takes their names.
fn walk(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Done<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in list(folder)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !wanted(&name) {
            continue;
        }
        if path.is_dir() {
            found.extend(walk(&path, wanted)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
