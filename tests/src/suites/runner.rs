//! Running one test program: its output is shown and counted.

use std::io::{self, BufRead, BufReader};
use std::process::Command;

use super::tally::Tally;
use crate::failure::{Done, OrFail};
use crate::stack::{end_group, spawn_group};

/// Runs a program of tests. One that fails without reporting a failed test counts as one.
pub(super) fn count(title: &str, mut command: Command) -> Done<Tally> {
    println!("\n== {title}");
    let failed = || format!("Running {title} failed");
    let (reader, writer) = io::pipe().or_fail(failed)?;
    command
        .stdout(writer.try_clone().or_fail(failed)?)
        .stderr(writer);
    let mut child = spawn_group(&mut command)?;
    // The command holds the writing ends: dropped, so that the reader sees the end.
    drop(command);
    let mut tally = Tally::default();
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).or_fail(failed)? > 0 {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        println!("{line}");
        tally.read(&line);
        bytes.clear();
    }
    let status = child.wait().or_fail(failed)?;
    // A browser that a test left behind.
    end_group(&mut child);
    if !status.success() && tally.failed == 0 {
        println!("{title} ended with {status}.");
        tally.check(false);
    }
    Ok(tally)
}

/// Runs a program that is itself one check, such as a linter.
pub(super) fn check(title: &str, command: Command) -> Done<Tally> {
    let found = count(title, command)?;
    let mut tally = Tally::default();
    tally.check(found.failed == 0);
    Ok(tally)
}
