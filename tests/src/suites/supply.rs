//! What is linked in and installed: licences, versions, sources, known weaknesses, install scripts.
//!
//! What cannot be asked here (a database or a service that is out of reach) is said to be
//! unchecked, and counts neither as passed nor as failed.

mod npm;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

use super::runner::check;
use super::tally::Tally;
use crate::checkout::Checkout;
use crate::command::command;
use crate::failure::{Done, Failure, OrFail};
use crate::setup::Tools;
use crate::stack::{end_group, spawn_group};

/// What cargo-deny is to check, and how.
const DENY: &str = "tests/deny.toml";

/// How long somebody else's service may take.
const ASKING_MAX: Duration = Duration::from_secs(120);

/// What a check found.
#[derive(Debug)]
enum Verdict {
    /// All is well.
    Fine(String),
    /// These are not.
    Wrong(Vec<String>),
    /// It could not be asked, for this reason.
    Unchecked(String),
}

impl Verdict {
    /// Fine when there is nothing wrong.
    fn of(wrong: Vec<String>, fine: impl Into<String>) -> Self {
        if wrong.is_empty() {
            Verdict::Fine(fine.into())
        } else {
            Verdict::Wrong(wrong)
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Fine(what) => f.write_str(what),
            Verdict::Wrong(all) => f.write_str(&all.join("\n  ")),
            Verdict::Unchecked(why) => write!(f, "NOT CHECKED: {why}"),
        }
    }
}

/// Runs the checks of crates and of npm packages.
pub(super) fn run(checkout: &Checkout, tools: &Tools) -> Done<Tally> {
    let Some(cargo_deny) = &tools.cargo_deny else {
        return Err(Failure::new("cargo-deny was looked for in vain."));
    };
    let deny = |arguments: &[&str]| -> Command {
        let mut deny = command(cargo_deny);
        deny.args(["--config", DENY])
            .args(arguments)
            .current_dir(&checkout.root);
        deny
    };
    let mut tally = Tally::default();
    for (title, what) in [
        ("Licences of crates", "licenses"),
        ("Versions of crates", "bans"),
        ("Sources of crates", "sources"),
    ] {
        let mut command = deny(&["check", "--hide-inclusion-graph"]);
        command.arg(what);
        tally.add(check(title, command)?);
    }
    println!("\n== Weaknesses of crates");
    match asked(checkout, deny(&["fetch", "db"]))? {
        Asked::Answered { .. } => {
            let known = deny(&["check", "--hide-inclusion-graph", "advisories"]);
            tally.add(check(
                "Weaknesses of crates, by the database of today",
                known,
            )?);
        }
        Asked::Refused { last, .. } => {
            let why = format!("the database of advisories is out of reach ({last})");
            println!("{}", Verdict::Unchecked(why));
        }
    }
    tally.add(npm::run(checkout)?);
    Ok(tally)
}

/// Prints a verdict, and counts it if it is one.
fn tell(title: &str, verdict: &Verdict, tally: &mut Tally) {
    println!("{title}: {verdict}");
    match verdict {
        Verdict::Fine(_) => tally.check(true),
        Verdict::Wrong(_) => tally.check(false),
        Verdict::Unchecked(_) => {}
    }
}

/// What a program said that asks somebody else.
enum Asked {
    /// It ended well.
    Answered { output: String },
    /// It ended badly, or not in time.
    Refused { output: String, last: String },
}

/// Runs a program that needs the network, for so long.
fn asked(checkout: &Checkout, mut command: Command) -> Done<Asked> {
    let log = checkout.log("supply");
    if let Some(folder) = log.parent() {
        crate::checkout::make_folder(folder)?;
    }
    let failed = || format!("Writing {} failed", log.display());
    let file = fs::File::create(&log).or_fail(failed)?;
    let errors = file.try_clone().or_fail(failed)?;
    command.stdout(file).stderr(errors);
    let mut child = spawn_group(&mut command)?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().or_fail(|| "Waiting failed".into())? {
            break Some(status);
        }
        if begun.elapsed() > ASKING_MAX {
            end_group(&mut child);
            break None;
        }
        thread::sleep(Duration::from_millis(50));
    };
    let output = said(&log)?;
    let line = |line: &&str| !line.trim().is_empty();
    let last = match status {
        Some(status) if status.success() => return Ok(Asked::Answered { output }),
        Some(_) => output
            .lines()
            .rfind(line)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        None => format!("no answer within {} s", ASKING_MAX.as_secs()),
    };
    Ok(Asked::Refused { output, last })
}

fn said(log: &Path) -> Done<String> {
    let bytes = fs::read(log).or_fail(|| format!("Reading {} failed", log.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
