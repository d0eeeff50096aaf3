//! `target/site`: what browsers load, under names that change with their content.
//!
//! The loader alone keeps its name, because shops write it into their pages.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::fingerprint::Inputs;
use super::{files_below, sources, widget};
use crate::checkout::{Checkout, copy, hash, list, make_folder, remove_folder, write};
use crate::command::{command, run};
use crate::failure::{Done, OrFail};
use crate::progress::Step;
use crate::setup::Tools;

/// Where the site tells which file has which name: logical name to path.
pub const MANIFEST: &str = "site/manifest.json";

/// How many hexadecimal digits of a file's SHA-256 are in its name.
const HASH_DIGITS: usize = 10;

/// A site that is being assembled.
struct Site<'a> {
    checkout: &'a Checkout,
    tools: &'a Tools,
    /// Where it is put together; renamed when it is complete.
    folder: PathBuf,
    /// Where bundles are made.
    stage: PathBuf,
    manifest: BTreeMap<String, String>,
}

/// Assembles the site.
pub(super) fn build(checkout: &Checkout, tools: &Tools, step: &Step<'_>) -> Done {
    let www = checkout.folder("www");
    let outputs = [
        checkout.target(MANIFEST),
        checkout.target("site/causeway.js"),
    ];
    Inputs::of(checkout, "site")
        .text(include_str!("site.rs"))
        .text(include_str!("compress.mjs"))
        .folder(&www, |path| !path.starts_with(www.join("shop")))?
        .folder(&widget::folder(checkout), |_| true)?
        .unless_built(&outputs, || {
            let mut site = Site {
                checkout,
                tools,
                folder: checkout.target("xtask/site"),
                stage: checkout.target("xtask/stage"),
                manifest: BTreeMap::new(),
            };
            site.assemble(&www, step)
        })
}

impl Site<'_> {
    fn assemble(&mut self, www: &Path, step: &Step<'_>) -> Done {
        remove_folder(&self.folder)?;
        remove_folder(&self.stage)?;
        make_folder(&self.folder)?;
        // A classic script: its names must not become names of the shop's page.
        let loader = self.folder.join("causeway.js");
        self.bundle(&www.join("loader/causeway.js"), &loader, "iife", step)?;
        self.add_frame(www, step)?;
        self.add_pages(&www.join("pages"), step)?;
        self.add_pages(&www.join("orders"), step)?;
        self.add_pages(&www.join("dashboard"), step)?;
        let locales = www.join("locales");
        for locale in sources(&locales)? {
            let name = locale.strip_prefix(&locales).unwrap_or(&locale);
            self.add(&format!("locales/{}", name.display()), &locale)?;
        }
        self.add("openapi.json", &www.join("openapi.json"))?;
        let json = serde_json::to_string_pretty(&self.manifest)
            .or_fail(|| "Writing the site's manifest failed".into())?;
        self.compress(step)?;
        write(&self.folder.join("manifest.json"), json)?;
        let site = self.checkout.target("site");
        remove_folder(&site)?;
        fs::rename(&self.folder, &site).or_fail(|| "Putting the site into place failed".into())
    }

    /// The checkout frame: its style, its script bundled with the widget's glue, and the module.
    fn add_frame(&mut self, www: &Path, step: &Step<'_>) -> Done {
        let sources = www.join("checkout");
        let css = self.stage.join("checkout.css");
        self.bundle(&sources.join("checkout.css"), &css, "esm", step)?;
        self.add("checkout.css", &css)?;
        // The glue is put beside the script that imports it.
        let beside = self.stage.join("checkout");
        copy_scripts(&sources, &beside)?;
        copy_scripts(&widget::folder(self.checkout), &beside)?;
        let js = self.stage.join("checkout.js");
        self.bundle(&beside.join("checkout.js"), &js, "esm", step)?;
        self.add("checkout.js", &js)?;
        let module = widget::folder(self.checkout).join("causeway_widget.wasm");
        self.add("causeway_widget.wasm", &module)
    }

    /// A folder of pages: one style, and a script for each that has one.
    fn add_pages(&mut self, sources: &Path, step: &Step<'_>) -> Done {
        for source in list(sources)? {
            let extension = source
                .extension()
                .and_then(OsStr::to_str)
                .unwrap_or_default();
            if !["css", "js"].contains(&extension) {
                continue;
            }
            let name = source
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let made = self.stage.join("pages").join(&name);
            self.bundle(&source, &made, "esm", step)?;
            self.add(&name, &made)?;
        }
        Ok(())
    }

    fn bundle(&self, from: &Path, to: &Path, format: &str, step: &Step<'_>) -> Done {
        let mut esbuild = command(&self.tools.esbuild);
        esbuild
            .arg(from)
            .args([
                "--bundle",
                "--minify",
                "--target=es2022",
                "--legal-comments=none",
            ])
            .args([
                "--charset=utf8",
                "--log-level=warning",
                "--loader:.svg=dataurl",
            ])
            .arg(format!("--outfile={}", to.display()))
            // The dashboard's libraries.
            .env("NODE_PATH", self.checkout.folder("worker/node_modules"))
            .current_dir(&self.checkout.root);
        if from.extension().is_some_and(|e| e == "js") {
            esbuild.arg(format!("--format={format}"));
        }
        let what = format!("Bundling {}", from.display());
        run(esbuild, &what, &self.checkout.log("build-site"), |line| {
            step.say(line)
        })
    }

    /// Puts a file under a name that changes with its content.
    fn add(&mut self, name: &str, from: &Path) -> Done {
        let content = fs::read(from).or_fail(|| format!("Reading {} failed", from.display()))?;
        let digits = hash(&content);
        let digits = digits.get(..HASH_DIGITS).unwrap_or(&digits);
        let path = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("/assets/{stem}.{digits}.{extension}"),
            None => format!("/assets/{name}.{digits}"),
        };
        write(&self.folder.join(path.trim_start_matches('/')), content)?;
        self.manifest.insert(name.to_owned(), path);
        Ok(())
    }

    /// Puts a Brotli copy beside each file.
    fn compress(&self, step: &Step<'_>) -> Done {
        let script = self.stage.join("compress.mjs");
        write(&script, include_str!("compress.mjs"))?;
        let mut node = command("node");
        node.arg(script).args(files_below(&self.folder)?);
        run(
            node,
            "Compressing the site",
            &self.checkout.log("build-br"),
            |line| step.say(line),
        )
    }
}

/// Copies the scripts of a folder, with those in its folders.
fn copy_scripts(from: &Path, to: &Path) -> Done {
    for path in sources(from)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "js"))
    {
        if let Ok(relative) = path.strip_prefix(from) {
            copy(&path, &to.join(relative))?;
        }
    }
    Ok(())
}
