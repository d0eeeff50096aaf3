//! Node, and the npm packages of the checkout's folders.

use std::path::{Path, PathBuf};

use crate::checkout::{Checkout, hash, read, write};
use crate::command::{command, run, text};
use crate::failure::{Done, Failure};
use crate::progress::Progress;

/// The folders with npm packages.
pub(super) const FOLDERS: [&str; 3] = ["worker", "tests", "www/shop"];

/// The oldest Node that the pinned wrangler runs on.
const OLDEST: (u32, u32) = (20, 3);

/// What the packages bring.
pub(super) struct Packages {
    pub(super) wasm_opt: PathBuf,
    pub(super) esbuild: PathBuf,
    pub(super) wrangler: PathBuf,
    pub(super) workerd: PathBuf,
}

/// Answers Node's version, if it is new enough.
pub(super) fn check() -> Done<String> {
    let wanted = "Install Node 20 or newer with npm (your system's package, or nodejs.org).";
    let mut node = command("node");
    node.arg("--version");
    let version = text(node, "Asking Node for its version").map_err(|f| f.advise(wanted))?;
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST => Ok(version),
        _ => {
            Err(Failure::new(format!("Node {version} was found, which is too old.")).advise(wanted))
        }
    }
}

/// Installs the packages that each folder's lock file names.
pub(super) fn install(checkout: &Checkout, progress: &Progress) -> Done<Packages> {
    for folder in FOLDERS {
        let step = progress.step(&format!("npm packages of {folder}"));
        let path = checkout.folder(folder);
        if path.join("package-lock.json").is_file() {
            let name = format!("setup-npm-{}", folder.replace('/', "-"));
            ensure(&path, &checkout.log(&name), |line| step.say(line))?;
        }
        step.done();
    }
    let programs = checkout.folder("worker/node_modules/.bin");
    Ok(Packages {
        wasm_opt: programs.join("wasm-opt"),
        esbuild: programs.join("esbuild"),
        wrangler: programs.join("wrangler"),
        workerd: programs.join("workerd"),
    })
}

/// Runs `npm ci`, unless this very lock file was installed before.
fn ensure(folder: &Path, log: &Path, say: impl FnMut(&str)) -> Done {
    let stamp = folder.join("node_modules/.causeway-lock");
    let wanted = hash(read(&folder.join("package-lock.json"))?.as_bytes());
    if stamp.is_file() && read(&stamp)? == wanted {
        return Ok(());
    }
    let mut npm = command("npm");
    npm.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        .current_dir(folder);
    run(
        npm,
        &format!("Installing the npm packages of {}", folder.display()),
        log,
        say,
    )
    .map_err(|failure| failure.advise("Check that npm reaches its registry, and try again."))?;
    write(&stamp, wanted)
}
