//! The WebAssembly that runs inside the checkout frame.

use std::path::PathBuf;

use super::fingerprint::Inputs;
use super::{WASM_FEATURES, WASM_TARGET, wasm_command};
use crate::checkout::{Checkout, copy, remove_folder};
use crate::command::{command, run};
use crate::failure::Done;
use crate::progress::Step;
use crate::setup::Tools;

/// Where wasm-bindgen's glue lies; `causeway_widget.wasm` beside it is the optimised module.
pub(super) fn folder(checkout: &Checkout) -> PathBuf {
    checkout.target("xtask").join("widget")
}

/// Builds the widget.
pub(super) fn build(checkout: &Checkout, tools: &Tools, step: &Step<'_>) -> Done {
    let folder = folder(checkout);
    let module = folder.join("causeway_widget.wasm");
    let outputs = [folder.join("causeway_widget.js"), module.clone()];
    Inputs::of(checkout, "widget")
        .wasm(checkout, tools)?
        .text(include_str!("widget.rs"))
        .folder(&checkout.folder("widget"), |path| {
            !path.starts_with(checkout.folder("widget/tests"))
        })?
        .unless_built(&outputs, || {
            remove_folder(&folder)?;
            let mut cargo = wasm_command(tools, "cargo")?;
            cargo
                .args([
                    "build",
                    "--release",
                    "--package",
                    "causeway-widget",
                    "--target",
                ])
                .arg(WASM_TARGET)
                .current_dir(&checkout.root);
            run(
                cargo,
                "Compiling the widget",
                &checkout.log("build-widget"),
                |l| step.say(l),
            )?;
            let built = checkout.cargo_target.join(WASM_TARGET).join("release");
            let mut bindgen = command(&tools.wasm_bindgen);
            bindgen
                .args(["--target", "web", "--no-typescript", "--out-dir"])
                .arg(&folder)
                .arg(built.join("causeway_widget.wasm"));
            run(
                bindgen,
                "Making the widget's glue",
                &checkout.log("build-glue"),
                |l| step.say(l),
            )?;
            let bound = folder.join("causeway_widget_bg.wasm");
            let mut optimise = command(&tools.wasm_opt);
            optimise
                .arg("-Oz")
                .args(WASM_FEATURES)
                .arg("-o")
                .arg(&module)
                .arg(&bound);
            run(
                optimise,
                "Optimising the widget",
                &checkout.log("build-opt"),
                |l| step.say(l),
            )?;
            // Kept with its names for those who look where its bytes are.
            copy(
                &bound,
                &checkout.target("xtask").join("widget-unoptimised.wasm"),
            )
        })
}
