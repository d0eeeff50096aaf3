//! The machine and the versions that figures were measured on.

use std::collections::BTreeMap;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

use causeway_shared::time::UnixTime;
use serde::Serialize;

use crate::checkout::{Checkout, read};
use crate::command::{command, text};
use crate::failure::{Done, Failure, OrFail};
use crate::setup::Tools;

/// What a figure depends on besides the programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
}

impl Machine {
    /// Asks the system; what it does not tell is called unknown.
    pub(super) fn read() -> Done<Self> {
        let cores = available_parallelism().or_fail(|| "Counting the cores failed".into())?;
        Ok(Machine {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: cores.get(),
            memory_mib: memory_mib().unwrap_or_default(),
            kernel: said("uname", &["-sr"]).map_or_else(unknown, |text| without_build(&text)),
        })
    }

    /// In one phrase.
    pub(super) fn describe(&self) -> String {
        let Machine {
            cpu,
            cores,
            memory_mib,
            kernel,
        } = self;
        let memory_gib = memory_mib.div_ceil(1024);
        format!("{cpu}, {cores} cores, {memory_gib} GiB, {kernel}")
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// A field of a file of the form `name : value`, as Linux keeps them.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path.as_ref()).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_mib() -> Option<u64> {
    let kib = field("/proc/meminfo", "MemTotal")?;
    Some(kib.split(' ').next()?.parse::<u64>().ok()? / 1024)
}

/// What a program prints, if it is there and ends well.
fn said(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let mut asked = command(program);
    asked.args(arguments);
    text(asked, "Asking for a version").ok()
}

/// The versions of what every part runs on. A part adds its own.
pub(super) fn versions(checkout: &Checkout, tools: &Tools) -> BTreeMap<String, String> {
    let mut commit = command("git");
    commit
        .args(["rev-parse", "--short=12", "HEAD"])
        .current_dir(&checkout.root);
    let found = [
        ("commit", text(commit, "Asking for the commit").ok()),
        ("Node", said("node", &["--version"])),
        (
            "rustc",
            said("rustc", &["--version"]).as_deref().and_then(second),
        ),
        (
            "workerd",
            said(tools.wrangler.with_file_name("workerd"), &["--version"])
                .as_deref()
                .and_then(second),
        ),
        (
            "Chromium",
            tools
                .chromium
                .as_ref()
                .and_then(|c| second(&said(c, &["--version"])?)),
        ),
    ];
    let known = found
        .into_iter()
        .filter_map(|(name, version)| Some((name.to_owned(), version?)));
    known.collect()
}

/// The second word: `rustc 1.91.0 (…)` has the version there.
fn second(text: &str) -> Option<String> {
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// This moment, RFC 3339 in UTC.
pub(super) fn now() -> Done<String> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .or_fail(|| "Reading the clock failed".into())?;
    let seconds = i64::try_from(since.as_secs())
        .map_err(|_| Failure::new("The clock is beyond all years."))?;
    Ok(UnixTime::from_seconds(seconds).rfc3339())
}

/// A kernel's name and version without the name of its build, which says nothing to others.
fn without_build(text: &str) -> String {
    text.split('-').next().unwrap_or(text).to_owned()
}
