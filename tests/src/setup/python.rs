//! Python with Schemathesis, for the test that fuzzes the API from its own document.
//!
//! A virtual environment in the user's cache holds the packages that the requirements file pins,
//! each by its hashes. The system's own packages are neither used nor changed.

use std::path::PathBuf;

use super::root::{self, Wish};
use crate::checkout::{Checkout, hash, make_folder, read, remove_folder, write};
use crate::command::{command, run, text};
use crate::failure::{Done, Failure};
use crate::progress::{Progress, Step};

/// What is installed; a path in the checkout.
pub(super) const REQUIREMENTS: &str = "tests/schemathesis/requirements.txt";

/// The oldest Python that Schemathesis runs on.
const OLDEST: (u32, u32) = (3, 10);

/// What has to be in a Python; Debian ships the last two in a package of their own.
const PROBE: &str = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])";

/// The file that says that an environment is whole.
const WHOLE: &str = ".causeway-whole";

/// Finds or makes the environment, and answers where its `schemathesis` is.
pub(super) fn ensure(checkout: &Checkout, progress: &Progress) -> Done<PathBuf> {
    let step = progress.step("Schemathesis");
    let version = python(checkout, &step)?;
    let requirements = checkout.folder(REQUIREMENTS);
    let key = hash(format!("{version}\n{}", read(&requirements)?).as_bytes());
    let folder = checkout.cache.join(format!("python-{}", &key[..16]));
    let program = folder.join("bin/schemathesis");
    if !folder.join(WHOLE).is_file() || !is_there(&program) {
        // Its scripts hold its path: it is made where it stays, and made anew when that was cut off.
        remove_folder(&folder)?;
        make_folder(&folder)?;
        let log = checkout.log("setup-python");
        let mut venv = command("python3");
        venv.args(["-m", "venv"]).arg(&folder);
        run(venv, "Making a Python environment", &log, |line| {
            step.say(line);
        })?;
        let mut pip = command(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(["--no-input", "--only-binary=:all:", "--require-hashes"])
            .arg("--requirement")
            .arg(&requirements);
        run(pip, "Installing Schemathesis", &log, |line| step.say(line))
            .map_err(|failure| failure.advise("Check that pip reaches its index."))?;
        write(&folder.join(WHOLE), "")?;
    }
    step.done();
    Ok(program)
}

/// Whether a program of an environment can run: it and the Python that it was made with are there.
pub(super) fn is_there(program: &std::path::Path) -> bool {
    program.exists() && program.with_file_name("python").exists()
}

/// The version of a Python that can make environments; installed where it is missing.
fn python(checkout: &Checkout, step: &Step<'_>) -> Done<String> {
    if let Some(version) = found() {
        return Ok(version);
    }
    let wish = Wish {
        packages: &["python3", "python3-venv"],
        tried: "Python 3.10 or newer with venv and ensurepip was looked for on the PATH in vain.",
        instead: "",
        without_apt: "Install Python 3.10 or newer (your system's package, or python.org).",
        log: "setup-apt-python",
    };
    root::install(checkout, &wish, |line| step.say(line))?;
    found().ok_or_else(|| Failure::new(wish.tried).advise(wish.without_apt))
}

/// The version of the `python3` on the PATH, if it is new enough and whole.
fn found() -> Option<String> {
    let mut python = command("python3");
    python.args(["-c", PROBE]);
    let version = text(python, "Asking Python for its version").ok()?;
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return None;
    };
    ((major, minor) >= OLDEST).then_some(version)
}
