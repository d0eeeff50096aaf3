//! Running programs: quietly, with a log, and with a failure that says what was tried.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Done, Failure, OrFail};

/// How many of the last lines of a failed program are shown.
const LINES_SHOWN: usize = 15;

/// A command without what `cargo run` set for xtask alone.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        let of_xtask = name_text.starts_with("CARGO_PKG_")
            || name_text.starts_with("CARGO_MANIFEST_")
            || name_text.starts_with("CARGO_BIN_")
            || name_text == "CARGO";
        if of_xtask {
            command.env_remove(&name);
        }
    }
    // The last lines of a failed tool are to say why, not where.
    command.stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
    command
}

/// Runs a program to its end; all that it prints goes to `log`, and line by line to `say`.
///
/// `what` is the subject of the sentence when it fails, such as "Installing worker-build".
pub fn run(mut command: Command, what: &str, log: &Path, say: impl FnMut(&str)) -> Done {
    let program = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = io::pipe().or_fail(|| format!("{what} failed: no pipe"))?;
    let second = writer
        .try_clone()
        .or_fail(|| format!("{what} failed: no pipe"))?;
    command.stdout(writer).stderr(second);
    let spawned = command.spawn();
    // The command holds the writing ends: dropped, so that the reader sees the end.
    drop(command);
    let mut child = spawned.or_fail(|| format!("{what} failed: `{program}` did not start"))?;
    let last = follow(reader, log, say).or_fail(|| format!("{what} failed: its output"))?;
    let status = child.wait().or_fail(|| format!("{what} failed"))?;
    if status.success() {
        return Ok(());
    }
    let tried = format!(
        "{what} failed ({status}); all of its output is in {}.",
        log.display()
    );
    Err(Failure::new(tried).with_output(last.into()))
}

/// Copies lines into the log, hands them on, and keeps the last.
fn follow(
    reader: impl io::Read,
    log: &Path,
    mut say: impl FnMut(&str),
) -> io::Result<VecDeque<String>> {
    if let Some(parent) = log.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut log = File::create(log)?;
    let mut last = VecDeque::new();
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        log.write_all(&bytes)?;
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        say(&line);
        if last.len() == LINES_SHOWN {
            last.pop_front();
        }
        last.push_back(line);
        bytes.clear();
    }
    Ok(last)
}

/// Runs a program and answers what it printed on its standard output, trimmed.
pub fn text(mut command: Command, what: &str) -> Done<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .or_fail(|| format!("{what} failed: `{program}` did not start"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let lines = String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(str::to_owned)
        .collect();
    Err(Failure::new(format!("{what} failed ({}).", output.status)).with_output(lines))
}

/// Whether a program starts and ends well; what it prints is dropped.
pub fn succeeds(mut command: Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The program of this name on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
