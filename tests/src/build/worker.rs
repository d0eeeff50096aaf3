//! The worker: `worker-build`, told where its helpers are so that it downloads none.

use std::fs;

use super::fingerprint::Inputs;
use super::{WASM_FEATURES, wasm_command};
use crate::checkout::Checkout;
use crate::command::{command, run};
use crate::failure::{Done, OrFail};
use crate::progress::Step;
use crate::setup::Tools;

/// The modules that worker-build makes, and that `worker/entry.js` imports.
pub const MODULES: [&str; 2] = ["worker/build/index.js", "worker/build/index_bg.wasm"];

/// Builds the worker.
pub(super) fn build(checkout: &Checkout, tools: &Tools, step: &Step<'_>) -> Done {
    let outputs = MODULES.map(|module| checkout.folder(module));
    let embedded = |path: &std::path::Path| {
        path.extension().is_some_and(|e| e == "html" || e == "json")
            && !path.starts_with(checkout.folder("www/shop"))
    };
    Inputs::of(checkout, "worker")
        .wasm(checkout, tools)?
        .text(&tools.worker_build.to_string_lossy())
        .text(include_str!("worker.rs"))
        .folder(&checkout.folder("worker"), |_| true)?
        // Templates and texts are compiled in.
        .folder(&checkout.folder("www"), embedded)?
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
            let module = checkout.folder(MODULES[1]);
            let optimised = module.with_extension("optimised");
            let mut optimise = command(&tools.wasm_opt);
            // Lightly: measured, -Oz takes seven times as long and compresses worse (gzip 802 KB
            // against 724). Functions made of one generic stand side by side when they are ordered
            // by name, within what gzip looks back to: 60 KB of 1,044. Then the names go: they were
            // a quarter of what is uploaded.
            optimise
                .args(["-O1", "--duplicate-function-elimination"])
                .args(["--reorder-functions-by-name", "--strip-debug"])
                // worker-build wraps the exports so that a panic resets the instance.
                .arg("--enable-exception-handling")
                .args(WASM_FEATURES)
                .arg("-o");
            optimise.arg(&optimised).arg(&module);
            let log = checkout.log("build-worker-opt");
            run(optimise, "Optimising the worker", &log, |line| {
                step.say(line)
            })?;
            fs::rename(&optimised, &module)
                .or_fail(|| "Putting the worker into place failed".into())
        })
}
