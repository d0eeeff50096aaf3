//! Where things lie: the checkout, what is built in it, and the user's cache.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Done, Failure, OrFail};

/// The folders that the tools read and write; nothing outside them is written.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The root of the repository.
    pub root: PathBuf,
    /// What one user's checkouts share: tools, keyed by their version.
    pub cache: PathBuf,
    /// Where cargo puts what it builds.
    pub cargo_target: PathBuf,
}

impl Checkout {
    /// Finds the checkout that `cargo xtask` was called in.
    pub fn find() -> Done<Self> {
        let tests = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = tests
            .parent()
            .ok_or_else(|| Failure::new("The folder above tests/ was looked for in vain."))?
            .to_path_buf();
        let cargo_target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        Ok(Checkout {
            cache: cache_folder()?,
            root,
            cargo_target,
        })
    }

    /// A folder below the root, such as `worker`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A folder of the checkout's `target`, such as `start`.
    pub fn target(&self, name: &str) -> PathBuf {
        self.root.join("target").join(name)
    }

    /// Where the output of a step's programs is kept.
    pub fn log(&self, name: &str) -> PathBuf {
        self.target("xtask").join(format!("{name}.log"))
    }

    /// The version that Cargo.lock holds of a package.
    pub fn locked_version(&self, package: &str) -> Done<String> {
        let path = self.root.join("Cargo.lock");
        let lock = read(&path)?;
        let name = format!("name = \"{package}\"");
        lock.lines()
            .skip_while(|line| *line != name)
            .nth(1)
            .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("Cargo.lock was searched for {package} in vain.")))
    }
}

/// `$XDG_CACHE_HOME/causeway`, else `~/.cache/causeway`.
fn cache_folder() -> Done<PathBuf> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("causeway"))
        .ok_or_else(|| {
            Failure::new("A folder for the cache was looked for in vain.")
                .advise("Set HOME or XDG_CACHE_HOME to an absolute path.")
        })
}

/// Reads a text file.
pub fn read(path: &Path) -> Done<String> {
    fs::read_to_string(path).or_fail(|| format!("Reading {} failed", path.display()))
}

/// Writes a file, and the folders above it.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Done {
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    fs::write(path, content).or_fail(|| format!("Writing {} failed", path.display()))
}

/// Makes a folder, and those above it.
pub fn make_folder(path: &Path) -> Done {
    fs::create_dir_all(path).or_fail(|| format!("Making the folder {} failed", path.display()))
}

/// Removes a folder with all that is in it, if there is one.
pub fn remove_folder(path: &Path) -> Done {
    if path.exists() {
        fs::remove_dir_all(path).or_fail(|| format!("Removing {} failed", path.display()))?;
    }
    Ok(())
}

/// Holds a folder until the answer is dropped; another holder is waited for.
///
/// `what` is who holds it, such as "Set-up".
pub fn lock(folder: &Path, what: &str) -> Done<File> {
    make_folder(folder)?;
    let path = folder.join("lock");
    let file = File::create(&path).or_fail(|| format!("Opening {} failed", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("{what}: waiting for another one to end");
        file.lock()
            .or_fail(|| format!("Locking {} failed", path.display()))?;
    }
    Ok(file)
}

/// Copies a file, and makes the folders above the copy.
pub fn copy(from: &Path, to: &Path) -> Done {
    if let Some(parent) = to.parent() {
        make_folder(parent)?;
    }
    fs::copy(from, to)
        .map(|_| ())
        .or_fail(|| format!("Copying {} to {} failed", from.display(), to.display()))
}

/// The names in a folder, sorted; none when there is no such folder.
pub fn list(folder: &Path) -> Done<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = || format!("Listing {} failed", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).or_fail(failed)? {
        paths.push(entry.or_fail(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// SHA-256 in hexadecimal digits.
pub fn hash(content: &[u8]) -> String {
    Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
