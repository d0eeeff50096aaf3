//! Our worker, as a stack runs it: a copy of what was built, with throw-away keys, and with
//! simulators in the channels' place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::copy::{BUILT, copy_worker};
use super::keys::Keys;
use super::server::Server;
use super::workerd::{Workerd, put_before};
use super::{Addresses, Ports};
use crate::checkout::{Checkout, make_folder, write};
use crate::command::command;
use crate::failure::Done;
use crate::setup::Tools;

/// What the worker runs on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Runtime {
    /// A plain `workerd serve`.
    Workerd,
    /// `wrangler dev`, with its proxy in front.
    Wrangler,
}

impl Runtime {
    /// What it is called on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Workerd => "workerd",
            Runtime::Wrangler => "wrangler",
        }
    }
}

/// Our worker on a plain workerd, with every channel at one address; and the owner's token.
pub fn with_channels_at(
    checkout: &Checkout,
    tools: &Tools,
    state: &Path,
    gateway: &str,
) -> Done<(Workerd, String)> {
    make_folder(state)?;
    let keys = Keys::of(state)?;
    let ports = Ports::free()?;
    let mut addresses = Addresses::of(ports);
    for channel in [
        &mut addresses.stripe,
        &mut addresses.alipay,
        &mut addresses.wechatpay,
    ] {
        gateway.clone_into(channel);
    }
    let worker = Worker::new(checkout, tools, (ports, &addresses), state, &keys)?;
    Ok((worker.workerd(), keys.owner_token))
}

/// A worker that can be started, more than once, on one state.
pub(super) struct Worker {
    programs: [PathBuf; 2],
    url: String,
    port: u16,
    state: PathBuf,
    /// The copied folders of worker and site.
    worker: PathBuf,
    site: PathBuf,
    environment: BTreeMap<&'static str, String>,
}

impl Worker {
    /// Copies what was built into the state folder.
    pub(super) fn new(
        checkout: &Checkout,
        tools: &Tools,
        (ports, addresses): (Ports, &Addresses),
        state: &Path,
        keys: &Keys,
    ) -> Done<Self> {
        let hosts = json!({
            "stripe": addresses.stripe,
            "alipay": addresses.alipay,
            "wechat_pay": addresses.wechatpay,
        });
        let (worker, site) = copy_worker(checkout, state)?;
        Ok(Worker {
            programs: [tools.workerd.clone(), tools.wrangler.clone()],
            url: addresses.worker.clone(),
            port: ports.worker,
            state: state.to_owned(),
            worker,
            site,
            environment: BTreeMap::from([
                ("CAUSEWAY_MASTER_KEY", keys.master_key.clone()),
                ("CAUSEWAY_OWNER_TOKEN", keys.owner_token.clone()),
                ("CAUSEWAY_SEAL_KEYS", keys.seal_keys.clone()),
                // The simulators answer in the channels' place, on plain HTTP.
                ("CHANNEL_HOSTS", hosts.to_string()),
                ("PUBLIC_URL", addresses.worker.clone()),
                ("ALLOW_HTTP", "1".to_owned()),
            ]),
        })
    }

    /// The folder with what was built: `worker` and `target/site`, as in the checkout.
    pub(super) fn built(&self) -> PathBuf {
        self.state.join(BUILT)
    }

    /// Has a plain workerd be told addresses, as by a proxy of the merchant's; wrangler's tells them.
    pub(super) fn stand_behind_proxy(&self, checkout: &Checkout) -> Done {
        put_before(checkout, &self.worker, "src/stack/front.js")
    }

    /// Its secrets and variables.
    pub(super) fn environment(&self) -> &BTreeMap<&'static str, String> {
        &self.environment
    }

    /// Starts it, and does not wait until it answers.
    pub(super) fn launch(&self, runtime: Runtime) -> Done<Server> {
        let log = self.state.join("logs/worker.log");
        Server::launch(self.url.clone(), self.command(runtime)?, &log)
    }

    /// The command that runs it.
    pub(super) fn command(&self, runtime: Runtime) -> Done<Command> {
        match runtime {
            Runtime::Workerd => self.workerd().command(),
            Runtime::Wrangler => self.wrangler(),
        }
    }

    fn workerd(&self) -> Workerd {
        Workerd {
            program: self.programs[0].clone(),
            worker: self.worker.clone(),
            site: self.site.clone(),
            storage: self.state.join("state"),
            port: self.port,
            environment: self
                .environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            log: self.state.join("logs/worker.log"),
        }
    }

    fn wrangler(&self) -> Done<Command> {
        let settings = self.state.join("worker.env");
        let lines = self
            .environment
            .iter()
            .map(|(name, value)| format!("{name}='{value}'\n"));
        write(&settings, lines.collect::<String>())?;
        let mut wrangler = command(&self.programs[1]);
        wrangler
            .args([
                "dev",
                "--local",
                "--ip",
                "127.0.0.1",
                "--inspector-port",
                "0",
            ])
            .args(["--show-interactive-dev-session=false", "--log-level", "log"])
            .arg(format!("--port={}", self.port))
            .arg("--persist-to")
            .arg(self.state.join("state"))
            .arg("--env-file")
            .arg(settings)
            .current_dir(&self.worker)
            // What wrangler writes for its user goes into the state folder as well.
            .env("XDG_CONFIG_HOME", self.state.join("config"))
            .env("WRANGLER_LOG_PATH", self.state.join("logs/wrangler"))
            .env("WRANGLER_REGISTRY_PATH", self.state.join("registry"))
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_SEND_ERROR_REPORTS", "false")
            .env("WRANGLER_HIDE_BANNER", "true")
            // No question to a server of Cloudflare's about where this machine is.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("CI", "1");
        Ok(wrangler)
    }
}
