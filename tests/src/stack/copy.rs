//! The built worker as one stack runs it: a copy, so that a later build disturbs no running stack.
//!
//! The copy keeps the distances of the checkout, because `wrangler.toml` names its parts by them.

use std::path::{Path, PathBuf};

use crate::build::files_below;
use crate::checkout::{Checkout, copy, list, lock, read, remove_folder, write};
use crate::failure::Done;

/// The folder of the copies, in the state folder.
pub(super) const BUILT: &str = "built";

/// Copies worker and site into the state folder, and answers where each is.
pub(super) fn copy_worker(checkout: &Checkout, state: &Path) -> Done<(PathBuf, PathBuf)> {
    let _lock = lock(&checkout.target("xtask"), "Start")?;
    let built = checkout.folder("worker");
    let copied = state.join(BUILT);
    remove_folder(&copied)?;
    let worker = copied.join("worker");
    for file in list(&built)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "js" || e == "capnp"))
    {
        copy_below(&built, &file, &worker)?;
    }
    for file in files_below(&built.join("build"))? {
        copy_below(&built, &file, &worker)?;
    }
    let site = copied.join("target/site");
    let built_site = checkout.target("site");
    for file in files_below(&built_site)? {
        copy_below(&built_site, &file, &site)?;
    }
    let settings = read(&built.join("wrangler.toml"))?;
    write(&worker.join("wrangler.toml"), without_build(&settings))?;
    Ok((worker, site))
}

/// Copies a file of one folder to the same place in another.
fn copy_below(from: &Path, file: &Path, to: &Path) -> Done {
    match file.strip_prefix(from) {
        Ok(relative) => copy(file, &to.join(relative)),
        Err(_) => Ok(()),
    }
}

/// The settings without their `[build]` table: it is built already.
fn without_build(settings: &str) -> String {
    let mut is_build = false;
    let mut kept = String::new();
    for line in settings.lines() {
        if line.starts_with('[') {
            is_build = line.trim() == "[build]";
        }
        if !is_build {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_build;

    #[test]
    fn leaves_out_the_build_table_alone() {
        let settings = "name = \"a\"\n[build]\ncommand = \"b\"\n[vars]\nC = \"d\"\n";
        assert_eq!(without_build(settings), "name = \"a\"\n[vars]\nC = \"d\"\n");
    }
}
