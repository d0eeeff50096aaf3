//! Debian's packages without root: apt with folders of its own in the cache, and `dpkg -x`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::checkout::{Checkout, list, make_folder, remove_folder};
use crate::command::{command, on_path, run, text};
use crate::failure::{Done, Failure};
use crate::progress::Step;

/// Whether this machine has Debian's package tools.
pub(super) fn is_here() -> bool {
    ["apt-get", "apt-cache", "dpkg"]
        .into_iter()
        .all(|program| on_path(program).is_some())
}

/// apt, with package lists that were fetched just now; they are removed with it.
pub(super) struct Apt {
    folder: PathBuf,
    log: PathBuf,
}

impl Apt {
    /// Fetches the package lists.
    pub(super) fn update(checkout: &Checkout, step: &Step<'_>) -> Done<Self> {
        // Not the `_apt` user's business: two steps may do this at a time, each in its own folder.
        let name = format!("{:?}", std::thread::current().id());
        let name: String = name.chars().filter(char::is_ascii_digit).collect();
        let apt = Apt {
            folder: checkout.cache.join("apt").join(&name),
            log: checkout.log(&format!("setup-apt-{name}")),
        };
        make_folder(&apt.folder.join("lists/partial"))?;
        make_folder(&apt.folder.join("cache/archives/partial"))?;
        let mut update = apt.program("apt-get");
        update.args(["--quiet", "update"]);
        run(
            update,
            "Fetching Debian's package lists",
            &apt.log,
            |line| step.say(line),
        )
        .map_err(|failure| failure.advise("Check the network and apt's sources."))?;
        Ok(apt)
    }

    /// A program of apt that keeps to the cache.
    fn program(&self, name: &str) -> Command {
        let mut program = command(name);
        program
            .arg("-o")
            .arg(format!(
                "Dir::State::Lists={}",
                self.folder.join("lists").display()
            ))
            .arg("-o")
            .arg(format!(
                "Dir::Cache={}",
                self.folder.join("cache").display()
            ))
            .args(["-o", "APT::Sandbox::User=root"])
            .env("LC_ALL", "C.UTF-8");
        program
    }

    /// The version of a package that apt would install.
    pub(super) fn candidate(&self, package: &str) -> Done<String> {
        let mut policy = self.program("apt-cache");
        policy.args(["policy", package]);
        let answer = text(policy, &format!("Asking apt for {package}"))?;
        answer
            .lines()
            .find_map(|line| line.trim().strip_prefix("Candidate: "))
            .filter(|version| *version != "(none)")
            .map(str::to_owned)
            .ok_or_else(|| {
                Failure::new(format!(
                    "apt was asked for the package {package}, and has none."
                ))
            })
    }

    /// The names of the packages that a version of a package depends on.
    pub(super) fn depends(&self, package: &str, version: &str) -> Done<Vec<String>> {
        let mut show = self.program("apt-cache");
        show.arg("show").arg(format!("{package}={version}"));
        let answer = text(show, &format!("Asking apt what {package} needs"))?;
        Ok(answer
            .lines()
            .find_map(|line| line.strip_prefix("Depends: "))
            .unwrap_or_default()
            .split(',')
            .filter_map(|one| one.split_whitespace().next())
            .map(str::to_owned)
            .collect())
    }

    /// Downloads packages, each with its version, and unpacks them into a folder.
    pub(super) fn unpack(&self, packages: &[(String, String)], to: &Path, step: &Step<'_>) -> Done {
        let downloads = self.folder.join("download");
        remove_folder(&downloads)?;
        make_folder(&downloads)?;
        make_folder(to)?;
        let mut download = self.program("apt-get");
        download
            .args(["--quiet", "download"])
            .current_dir(&downloads);
        for (package, version) in packages {
            download.arg(format!("{package}={version}"));
        }
        run(
            download,
            "Downloading Debian's packages",
            &self.log,
            |line| step.say(line),
        )?;
        for archive in list(&downloads)? {
            if archive.extension().is_some_and(|e| e == "deb") {
                let mut unpack = command("dpkg");
                unpack.arg("-x").arg(&archive).arg(to);
                run(unpack, "Unpacking a Debian package", &self.log, |line| {
                    step.say(line)
                })?;
            }
        }
        remove_folder(&downloads)
    }
}

impl Drop for Apt {
    fn drop(&mut self) {
        // What stays behind is in the cache and is overwritten the next time.
        remove_folder(&self.folder).ok();
    }
}
