//! The load around the kills: a Node program, told over pipes when to end.

use std::io::{BufRead, BufReader, PipeReader, Write, pipe};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::checkout::Checkout;
use crate::command::command;
use crate::failure::{Done, Failure, OrFail};
use crate::stack::{Rig, end_group, spawn_group};

/// How long the stores may take to be set up.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// How long everything may take to come to rest and be compared; the driver has its own limits.
const FINISH_LIMIT: Duration = Duration::from_secs(15 * 60);

/// How the load ends when something does not hold.
const BROKEN: i32 = 10;

/// How often a silent load is looked at.
const GLANCE: Duration = Duration::from_secs(1);

/// The running load; dropping it ends it.
pub(super) struct Driver {
    child: Child,
    lines: Receiver<String>,
}

impl Driver {
    /// Starts it, and waits until its customers are at work.
    pub(super) fn start(checkout: &Checkout, rig: &Rig, seed: u64) -> Done<Self> {
        let failed = || "Starting the load failed".to_owned();
        let (reader, writer) = pipe().or_fail(failed)?;
        let mut node = command("node");
        node.arg("chaos/drive.mjs")
            .current_dir(checkout.folder("tests"))
            .envs(rig.environment())
            .env("CHAOS_SEED", seed.to_string())
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().or_fail(failed)?)
            .stderr(writer);
        let child = spawn_group(&mut node)?;
        // The command holds the writing ends: dropped, so that the reader sees the end.
        drop(node);
        let driver = Driver {
            child,
            lines: lines_of(reader),
        };
        driver.wait_for_ready()?;
        Ok(driver)
    }

    /// Whether the load goes on: it ends when a customer finds something wrong.
    pub(super) fn is_at_work(&self) -> bool {
        loop {
            match self.lines.try_recv() {
                Ok(line) => println!("{line}"),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Ends the load, waits until everything rests, and answers whether all of it holds.
    pub(super) fn finish(mut self) -> Done<bool> {
        if let Some(mut pipe) = self.child.stdin.take() {
            // It may have ended by itself, and its code says why.
            writeln!(pipe, "stop").ok();
        }
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(GLANCE) {
                Ok(line) => println!("{line}"),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) if begun.elapsed() < FINISH_LIMIT => {}
                Err(RecvTimeoutError::Timeout) => return Err(Failure::new("The load hangs.")),
            }
        }
        let status = self.child.wait();
        match status
            .or_fail(|| "Waiting for the load failed".into())?
            .code()
        {
            Some(0) => Ok(true),
            Some(BROKEN) => Ok(false),
            _ => Err(Failure::new("The load failed by itself.")),
        }
    }

    fn wait_for_ready(&self) -> Done {
        loop {
            match self.lines.recv_timeout(READY_LIMIT) {
                Ok(line) if line == "ready" => return Ok(()),
                Ok(line) => println!("{line}"),
                Err(_) => return Err(Failure::new("The load did not get ready.")),
            }
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end_group(&mut self.child);
    }
}

/// The lines that are read from a pipe, until it ends.
fn lines_of(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
