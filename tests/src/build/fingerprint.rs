//! Whether something has to be built again.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{WASM_FEATURES, sources};
use crate::checkout::{Checkout, write};
use crate::failure::{Done, OrFail};
use crate::setup::Tools;

/// What one product is made of, as a hash.
pub(super) struct Inputs {
    name: &'static str,
    stamp: PathBuf,
    hasher: Sha256,
}

impl Inputs {
    /// Begins the inputs of a product.
    pub(super) fn of(checkout: &Checkout, name: &'static str) -> Self {
        let stamp = checkout.target("xtask").join(format!("built-{name}"));
        Inputs {
            name,
            stamp,
            hasher: Sha256::new(),
        }
    }

    /// Adds what every WebAssembly module is made with and of.
    pub(super) fn wasm(self, checkout: &Checkout, tools: &Tools) -> Done<Self> {
        let made_with = [tools.wasm_rust.as_ref(), Some(&tools.wasm_bindgen)];
        self.text(&format!("{made_with:?}{WASM_FEATURES:?}"))
            .file(&checkout.folder("Cargo.toml"))?
            .file(&checkout.folder("Cargo.lock"))?
            .file(&checkout.folder("worker/package-lock.json"))?
            .folder(&checkout.folder("shared"), |_| true)
    }

    /// Adds a setting, such as an option's value.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.hasher.update(text.len().to_be_bytes());
        self.hasher.update(text);
        self
    }

    /// Adds a file: its name and its content; one that is missing counts as such.
    pub(super) fn file(self, path: &Path) -> Done<Self> {
        let mut next = self.text(&path.to_string_lossy());
        if path.is_file() {
            let content =
                fs::read(path).or_fail(|| format!("Reading {} failed", path.display()))?;
            next.hasher.update(content.len().to_be_bytes());
            next.hasher.update(content);
        }
        Ok(next)
    }

    /// Adds the files of a folder that `wanted` picks.
    pub(super) fn folder(mut self, path: &Path, wanted: impl Fn(&Path) -> bool) -> Done<Self> {
        for file in sources(path)?.into_iter().filter(|file| wanted(file)) {
            self = self.file(&file)?;
        }
        Ok(self)
    }

    /// Runs `work` unless it ran for these very inputs and its outputs are there.
    pub(super) fn unless_built(self, outputs: &[PathBuf], work: impl FnOnce() -> Done) -> Done {
        let wanted: String = self
            .hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // A stamp that cannot be read is no stamp: the product is built.
        let found = fs::read_to_string(&self.stamp).unwrap_or_default();
        if found == wanted && outputs.iter().all(|path| path.exists()) {
            return Ok(());
        }
        work().map_err(|failure| failure.about(self.name))?;
        write(&self.stamp, wanted)
    }
}
