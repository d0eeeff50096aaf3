//! The worker: `worker-build`, told where its helpers are so that it downloads none.

use super::fingerprint::Inputs;
use super::wasm_command;
use crate::checkout::Checkout;
use crate::command::run;
use crate::failure::Done;
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
        .text(&format!("{tools:?}"))
        .file(&checkout.folder("Cargo.toml"))?
        .file(&checkout.folder("Cargo.lock"))?
        .folder(&checkout.folder("shared"), |_| true)?
        .folder(&checkout.folder("worker"), |_| true)?
        // Templates and texts are compiled in.
        .folder(&checkout.folder("www"), embedded)?
        .unless_built(&outputs, || {
            let mut worker_build = wasm_command(tools, &tools.worker_build.to_string_lossy())?;
            worker_build
                .arg("--release")
                .env("WASM_BINDGEN_BIN", &tools.wasm_bindgen)
                .env("WASM_OPT_BIN", &tools.wasm_opt)
                .env("ESBUILD_BIN", &tools.esbuild)
                .current_dir(checkout.folder("worker"));
            run(
                worker_build,
                "Building the worker",
                &checkout.log("build-worker"),
                |l| step.say(l),
            )
        })
}
