//! A past for a new state folder: weeks of orders, made through the API with a clock set back.
//!
//! `tests/seed/main.mjs` lives it, with worker, channels and shop of its own, at the addresses and
//! in the folders that those of the stack have afterwards.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Addresses;
use super::keys::{Keys, write_private};
use super::ports::Ports;
use super::seed::{Seed, plant};
use super::services::{Guard, end_group, last_lines, spawn_group};
use super::worker::Worker;
use crate::checkout::{Checkout, make_folder, remove_folder};
use crate::command::command;
use crate::failure::{Done, Failure, OrFail};
use crate::progress::{Progress, Step};

/// How many orders the past has: a few hundred, in some half a minute.
const ORDERS: u32 = 300;

/// What has happened before a stack starts for the first time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Past {
    /// Four weeks of orders at the demo shop.
    FourWeeks,
    /// Nothing.
    Nothing,
}

/// Where the past is lived.
pub(super) struct Scene<'a> {
    pub(super) checkout: &'a Checkout,
    pub(super) ports: Ports,
    pub(super) addresses: &'a Addresses,
    pub(super) state: &'a Path,
    pub(super) keys: &'a Keys,
    pub(super) worker: &'a Worker,
}

impl Past {
    /// How many steps of the start it takes: none where the state folder has its store already.
    pub(super) fn steps(self, state: &Path) -> u64 {
        let is_wanted = self == Past::FourWeeks && !Seed::path(state).is_file();
        u64::from(is_wanted)
    }

    /// Lives it, and keeps the store's keys in the state folder.
    pub(super) fn live(self, scene: &Scene<'_>, progress: &Progress) -> Done {
        if self.steps(scene.state) == 0 {
            return Ok(());
        }
        let step = progress.step("four weeks of orders");
        // Of a start that was stopped in the middle.
        remove_folder(&scene.state.join("state"))?;
        for file in ["simulators.json", "shop.json"] {
            let path = scene.state.join(file);
            if path.is_file() {
                fs::remove_file(&path).or_fail(|| format!("Removing {} failed", path.display()))?;
            }
        }
        let seed = scene.live(&step)?;
        write_private(&Seed::path(scene.state), &seed)?;
        step.done();
        Ok(())
    }
}

impl Scene<'_> {
    fn live(&self, step: &Step<'_>) -> Done<Seed> {
        let failed = || "Making the orders of four weeks failed".to_owned();
        let logs = self.state.join("logs");
        make_folder(&logs)?;
        let log = logs.join("past.log");
        let errors = File::create(&log).or_fail(failed)?;
        let mut command = self.command();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut guard = Guard::new()?;
        let mut child = spawn_group(&mut command)?;
        guard.watch(&child);
        let lived = self.follow(&mut child, step);
        if lived.is_err() {
            end_group(&mut child);
        }
        let seed = lived?;
        let status = child.wait().or_fail(failed)?;
        end_group(&mut child);
        match seed {
            Some(seed) if status.success() => Ok(seed),
            _ => Err(Failure::new(format!("{} ({status}).", failed()))
                .advise(format!("Its log is {}.", log.display()))
                .with_output(last_lines(&log))),
        }
    }

    /// Sets the store up once the worker can be called, and shows what is told. None where that
    /// never came.
    fn follow(&self, child: &mut Child, step: &Step<'_>) -> Done<Option<Seed>> {
        let failed = || "Talking with the maker of orders failed".to_owned();
        let (Some(mut keys), Some(told)) = (child.stdin.take(), child.stdout.take()) else {
            return Ok(None);
        };
        let mut seed = None;
        for line in BufReader::new(told).lines() {
            let line = line.or_fail(failed)?;
            if line != "ready" {
                step.say(&line);
                continue;
            }
            let planted = plant(self.checkout, self.addresses, &self.keys.owner_token)?;
            let json = serde_json::to_string(&planted).or_fail(failed)?;
            writeln!(keys, "{json}").or_fail(failed)?;
            seed = Some(planted);
        }
        Ok(seed)
    }

    fn command(&self) -> Command {
        let mut past = command("node");
        past.arg("seed/main.mjs")
            .args(["--orders", &ORDERS.to_string()])
            .args(["--worker", &self.ports.worker.to_string()])
            .args(["--stripe", &self.ports.stripe.to_string()])
            .args(["--alipay", &self.ports.alipay.to_string()])
            .args(["--wechatpay", &self.ports.wechatpay.to_string()])
            .args(["--mail", &self.ports.mail.to_string()])
            .args(["--shop", &self.ports.shop.to_string()])
            .args(["--shop-url", &self.addresses.shop])
            .arg("--state")
            .arg(self.state)
            .arg("--built")
            .arg(self.worker.built())
            .current_dir(self.checkout.folder("tests"))
            .envs(self.worker.environment());
        past
    }
}
