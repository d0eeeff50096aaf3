//! One server that is started, killed and started again, in a process group of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::api::Api;
use super::services::{GLANCE, Guard, START_LIMIT, end_group, kill_group, last_lines, spawn_group};
use crate::checkout::make_folder;
use crate::failure::{Done, Failure, OrFail};

/// A running server; dropping it stops it.
pub struct Server {
    /// Where it answers.
    pub url: String,
    child: Child,
    log: PathBuf,
    _guard: Guard,
}

impl Server {
    /// Starts a command that serves at `url`. What it prints is added to `log`.
    pub fn launch(url: String, mut command: Command, log: &Path) -> Done<Self> {
        let output = open_log(log)?;
        let errors = output
            .try_clone()
            .or_fail(|| format!("Opening {} a second time failed", log.display()))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let mut guard = Guard::new()?;
        let child = spawn_group(&mut command)?;
        guard.watch(&child);
        Ok(Server {
            url,
            child,
            log: log.to_owned(),
            _guard: guard,
        })
    }

    /// The process id, which is also that of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9 of the whole group: no time for a last word.
    pub fn kill(mut self) {
        kill_group(&mut self.child);
    }

    /// Waits until it answers `GET /healthz`.
    pub fn wait(&mut self) -> Done {
        let api = Api::new(&self.url, Vec::new());
        let begun = Instant::now();
        while !api.answers("/healthz") {
            let has_ended = self.child.try_wait().is_ok_and(|ended| ended.is_some());
            if has_ended || begun.elapsed() > START_LIMIT {
                return Err(
                    Failure::new(format!("The server of {} did not answer.", self.url))
                        .advise(format!("Its log is {}.", self.log.display()))
                        .with_output(last_lines(&self.log)),
                );
            }
            thread::park_timeout(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end_group(&mut self.child);
    }
}

fn open_log(path: &Path) -> Done<File> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .or_fail(|| format!("Opening {} failed", path.display()))
}
