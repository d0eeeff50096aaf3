//! Running one test program: its output is shown and counted.

use std::io::{self, BufRead, BufReader, PipeReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::tally::Tally;
use crate::failure::{Done, OrFail};
use crate::stack::{end_group, spawn_group};

/// A program that prints nothing for as long hangs; a cold compiler on two busy cores does not.
const SILENCE_MAX: Duration = Duration::from_secs(10 * 60);

/// How often a silent program is looked at.
const GLANCE: Duration = Duration::from_secs(1);

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
    let lines = lines_of(reader);
    let mut last_line = Instant::now();
    loop {
        match lines.recv_timeout(GLANCE) {
            Ok(line) => {
                println!("{line}");
                tally.read(&line);
                last_line = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // A browser that a test left behind holds the pipe open.
            Err(RecvTimeoutError::Timeout) if has_ended(&mut child) => end_group(&mut child),
            Err(RecvTimeoutError::Timeout) if last_line.elapsed() > SILENCE_MAX => {
                let minutes = SILENCE_MAX.as_secs() / 60;
                println!("{title} printed nothing for {minutes} minutes, and was ended.");
                tally.check(false);
                end_group(&mut child);
                return Ok(tally);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let status = child.wait().or_fail(failed)?;
    end_group(&mut child);
    if !status.success() && tally.failed == 0 {
        println!("{title} ended with {status}.");
        tally.check(false);
    }
    Ok(tally)
}

fn has_ended(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(Some(_)))
}

/// The lines that are read from a pipe, until it ends.
fn lines_of(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}

/// Runs a program that is itself one check, such as a linter.
pub(super) fn check(title: &str, command: Command) -> Done<Tally> {
    let found = count(title, command)?;
    let mut tally = Tally::default();
    tally.check(found.failed == 0);
    Ok(tally)
}
