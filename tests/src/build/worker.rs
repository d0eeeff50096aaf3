//! The worker: `worker-build`, told where its helpers are so that it downloads none.

use std::fs;
use std::path::Path;

use super::fingerprint::Inputs;
use super::{WASM_FEATURES, wasm_command};
use crate::checkout::{Checkout, write};
use crate::command::{command, run};
use crate::failure::{Done, OrFail};
use crate::progress::Step;
use crate::setup::Tools;

/// The modules that worker-build makes, and that `worker/entry.js` imports.
pub const MODULES: [&str; 2] = ["worker/build/index.js", "worker/build/index_bg.wasm"];

/// Builds the worker.
pub(super) fn build(checkout: &Checkout, tools: &Tools, step: &Step<'_>) -> Done {
    let outputs = MODULES.map(|module| checkout.folder(module));
    let www = checkout.folder("www");
    let (shop, texts) = (www.join("shop"), www.join("locales"));
    let embedded = |path: &Path| match path.extension() {
        Some(e) if e == "html" => !path.starts_with(&shop),
        // Texts that lie deeper are files of the site.
        Some(e) if e == "json" => path.parent() == Some(&texts),
        _ => false,
    };
    Inputs::of(checkout, "worker")
        .wasm(checkout, tools)?
        .text(&tools.worker_build.to_string_lossy())
        .text(include_str!("worker.rs"))
        .text(include_str!("order.mjs"))
        .folder(&checkout.folder("worker"), |_| true)?
        // Templates and the checkout's texts are compiled in.
        .folder(&www, embedded)?
        .unless_built(&outputs, || {
            let mut worker_build = wasm_command(tools, &tools.worker_build.to_string_lossy())?;
            worker_build
                .args(["--profile", "worker", "--no-opt"])
                .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
                .env("ESBUILD_BIN", &tools.esbuild)
                .current_dir(checkout.folder("worker"));
            let log = checkout.log("build-worker");
            run(worker_build, "Building the worker", &log, |line| {
                step.say(line)
            })?;
            optimise(checkout, tools, step)
        })
}

/// Makes the module smaller.
///
/// Lightly: measured, -Oz takes seven times as long and compresses worse (gzip 802 KB against 724).
/// What no caller gives or reads goes too: 3 KB of 948.
/// Functions made of one generic then stand side by side: in order of their names that was 60 KB of
/// 1,111, in order of what they have in common another 65. The names go: they were a quarter of what
/// is uploaded.
fn optimise(checkout: &Checkout, tools: &Tools, step: &Step<'_>) -> Done {
    let module = checkout.folder(MODULES[1]);
    let (optimised, named) = (
        module.with_extension("optimised"),
        module.with_extension("named"),
    );
    let log = checkout.log("build-worker-opt");
    let wasm_opt = |passes: &[&str], from: &Path, to: &Path| {
        let mut wasm_opt = command(&tools.wasm_opt);
        // worker-build wraps the exports so that a panic resets the instance.
        wasm_opt
            .args(passes)
            .args(["--strip-debug", "--enable-exception-handling"])
            .args(WASM_FEATURES)
            .arg("-o");
        wasm_opt.arg(to).arg(from);
        run(wasm_opt, "Optimising the worker", &log, |line| {
            step.say(line)
        })
    };
    wasm_opt(
        &[
            "-O1",
            "--dae-optimizing",
            "--duplicate-function-elimination",
        ],
        &module,
        &optimised,
    )?;
    let script = checkout.target("xtask/order.mjs");
    write(&script, include_str!("order.mjs"))?;
    let mut node = command("node");
    node.arg(script).arg(&optimised).arg(&named);
    run(node, "Ordering the worker's functions", &log, |line| {
        step.say(line)
    })?;
    wasm_opt(&["--reorder-functions-by-name"], &named, &optimised)?;
    fs::remove_file(&named).or_fail(|| format!("Removing {} failed", named.display()))?;
    fs::rename(&optimised, &module).or_fail(|| "Putting the worker into place failed".into())
}
