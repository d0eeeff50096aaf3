//! Servers that run as long as the stack does, each in a process group of its own.
//!
//! However xtask ends, they end with it: by [`Services::stop`], by the signal handler, or, when it
//! was killed, by a shell that waits for the end of a pipe.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::checkout::{make_folder, read};
use crate::failure::{Done, Failure, OrFail};

/// How long a server has between the wish to end and the order to.
const GRACE: Duration = Duration::from_secs(5);

/// How long a server may take to answer: a cold disk and two busy cores included.
pub(super) const START_LIMIT: Duration = Duration::from_secs(90);

/// How often a state is looked at that nothing tells of.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

/// The process groups that run, for the signal handler.
static GROUPS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

fn groups() -> MutexGuard<'static, Vec<i32>> {
    // A list of numbers is whole even where a thread panicked.
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a signal has come: what ends from now on was meant to.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Has Ctrl-C, SIGTERM and SIGHUP stop every process group, then end xtask with this code.
pub fn stop_on_signals(exit_code: i32) -> Done {
    ctrlc::set_handler(move || {
        STOPPING.store(true, Ordering::SeqCst);
        let running = groups().clone();
        eprintln!("\nStopping.");
        end_groups(&running);
        process::exit(exit_code);
    })
    .or_fail(|| "Preparing for Ctrl-C failed".into())
}

/// Spawns a command as the leader of a new process group that ends with xtask.
pub fn spawn_group(command: &mut Command) -> Done<Child> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Held while spawning, so that the signal handler cannot miss the new group.
    let mut groups = groups();
    let child = command
        .process_group(0)
        .spawn()
        .or_fail(|| format!("Starting `{program}` failed"))?;
    groups.push(group_of(&child));
    Ok(child)
}

/// Ends what is left of a process group.
pub fn end_group(child: &mut Child) {
    let group = group_of(child);
    end_groups(&[group]);
    // It has ended, and whoever waits for it a second time learns the same.
    child.wait().ok();
    groups().retain(|other| *other != group);
}

/// Kills a process group, and waits until nothing of it is left.
pub(super) fn kill_group(child: &mut Child) {
    let group = group_of(child);
    killpg(Pid::from_raw(group), Signal::SIGKILL).ok();
    child.wait().ok();
    let begun = Instant::now();
    while begun.elapsed() < GRACE && is_running(group) {
        thread::park_timeout(GLANCE);
    }
    groups().retain(|other| *other != group);
}

fn group_of(child: &Child) -> i32 {
    // Process ids are positive numbers of 31 bits.
    i32::try_from(child.id()).unwrap_or(i32::MAX)
}

/// Asks groups to end, waits, and kills what is left. A group that is gone is no error.
fn end_groups(running: &[i32]) {
    for group in running {
        killpg(Pid::from_raw(*group), Signal::SIGTERM).ok();
    }
    let begun = Instant::now();
    while begun.elapsed() < GRACE && running.iter().any(|group| is_running(*group)) {
        thread::park_timeout(GLANCE);
    }
    for group in running {
        killpg(Pid::from_raw(*group), Signal::SIGKILL).ok();
    }
}

/// Whether a group has a process that is not a zombie waiting to be collected.
fn is_running(group: i32) -> bool {
    // The leader is our child: collected here, or its zombie would keep the group alive.
    nix::sys::wait::waitpid(
        Pid::from_raw(group),
        Some(nix::sys::wait::WaitPidFlag::WNOHANG),
    )
    .ok();
    killpg(Pid::from_raw(group), None).is_ok()
}

/// The running servers.
pub struct Services {
    running: Vec<Service>,
    guard: Guard,
    logs: PathBuf,
}

struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Services {
    /// None yet; what they print will go to `logs`.
    pub fn new(logs: PathBuf) -> Done<Self> {
        make_folder(&logs)?;
        Ok(Services {
            running: Vec::new(),
            guard: Guard::new()?,
            logs,
        })
    }

    /// Starts a server.
    pub fn start(&mut self, name: &'static str, mut command: Command) -> Done {
        let log = self.logs.join(format!("{name}.log"));
        let failed = || format!("Starting the {name} failed: its log {}", log.display());
        let output = File::create(&log).or_fail(failed)?;
        let errors = output.try_clone().or_fail(failed)?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = spawn_group(&mut command)?;
        self.guard.watch(&child);
        self.running.push(Service { name, child, log });
        Ok(())
    }

    /// Waits until the server that was started last is ready.
    pub fn wait_for(&mut self, limit: Duration, is_ready: impl Fn() -> bool) -> Done {
        let begun = Instant::now();
        loop {
            if is_ready() {
                return Ok(());
            }
            self.check()?;
            if begun.elapsed() > limit {
                let Some(service) = self.running.last() else {
                    return Ok(());
                };
                let (name, seconds) = (service.name, limit.as_secs());
                return Err(
                    Failure::new(format!("The {name} did not answer for {seconds} s."))
                        .advise(format!("Its log is {}.", service.log.display()))
                        .with_output(last_lines(&service.log)),
                );
            }
            thread::park_timeout(GLANCE);
        }
    }

    /// An error if a server has ended by itself.
    pub fn check(&mut self) -> Done {
        for service in &mut self.running {
            if let Ok(Some(status)) = service.child.try_wait() {
                // The signal handler is about to end xtask: nothing else is to be said.
                while STOPPING.load(Ordering::SeqCst) {
                    thread::park_timeout(GLANCE);
                }
                return Err(
                    Failure::new(format!("The {} ended ({status}).", service.name))
                        .advise(format!("Its log is {}.", service.log.display()))
                        .with_output(last_lines(&service.log)),
                );
            }
        }
        Ok(())
    }

    /// Stops all servers.
    pub fn stop(&mut self) {
        let running: Vec<i32> = self
            .running
            .iter()
            .map(|one| group_of(&one.child))
            .collect();
        end_groups(&running);
        groups().retain(|group| !running.contains(group));
        self.running.clear();
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(super) fn last_lines(log: &Path) -> Vec<String> {
    let text = read(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

/// A shell that kills the groups it was told of when the pipe to it ends: so even a killed xtask
/// leaves nothing running.
pub(super) struct Guard {
    shell: Child,
}

impl Guard {
    pub(super) fn new() -> Done<Self> {
        let script = "trap '' INT TERM HUP; all=; while read -r g; do all=\"$all $g\"; done; \
                      for g in $all; do kill -s KILL -- \"-$g\"; done";
        let shell = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .or_fail(|| "Starting `sh` failed".into())?;
        Ok(Guard { shell })
    }

    pub(super) fn watch(&mut self, child: &Child) {
        if let Some(pipe) = &mut self.shell.stdin {
            // Without the guard, a killed xtask leaves servers behind: worse, but no reason to end.
            writeln!(pipe, "{}", group_of(child)).ok();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Killed before its pipe ends: by now the groups' numbers may belong to others.
        self.shell.kill().ok();
        self.shell.wait().ok();
    }
}
