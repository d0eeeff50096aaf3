//! Everything that has to run so that a payment can be made: worker, simulators, demo shop.
//!
//! `cargo xtask start` brings it up for a person, on fixed ports and with a state that lasts;
//! `cargo xtask test` for the suites, on free ports and with a state of its own.

mod api;
mod copy;
mod keys;
mod ports;
mod seed;
mod services;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::checkout::{Checkout, make_folder, write};
use crate::command::command;
use crate::failure::Done;
use crate::progress::Progress;
use crate::setup::Tools;
use api::Api;
use copy::copy_worker;
use keys::Keys;
use seed::Seed;

pub use ports::Ports;
pub use services::{Services, end_group, spawn_group, stop_on_signals};

/// The store that is set up for the demo shop.
const STORE: &str = "demo";

/// How long a server may take to answer: a cold disk and two busy cores included.
const START_LIMIT: Duration = Duration::from_secs(90);

/// Where each server answers.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The worker. Another site than the shop's, as in real life: 127.0.0.1 is not localhost.
    pub worker: String,
    /// The demo shop.
    pub shop: String,
    /// The simulator of Stripe.
    pub stripe: String,
    /// The simulator of Alipay.
    pub alipay: String,
    /// The simulator of WeChat Pay.
    pub wechatpay: String,
}

impl Addresses {
    fn of(ports: Ports) -> Self {
        let local = |port: u16| format!("http://127.0.0.1:{port}");
        Addresses {
            worker: local(ports.worker),
            shop: format!("http://localhost:{}", ports.shop),
            stripe: local(ports.stripe),
            alipay: local(ports.alipay),
            wechatpay: local(ports.wechatpay),
        }
    }
}

/// A running stack; dropping it stops all of it.
pub struct Stack {
    /// Where it answers.
    pub addresses: Addresses,
    /// Where its state and its logs are.
    pub state: PathBuf,
    owner_token: String,
    services: Services,
}

impl Stack {
    /// Starts everything, sets up the demo store, and waits until each server answers.
    pub fn bring_up(checkout: &Checkout, tools: &Tools, ports: Ports, state: &Path) -> Done<Self> {
        make_folder(state)?;
        let keys = Keys::of(state)?;
        let mut stack = Stack {
            addresses: Addresses::of(ports),
            state: state.to_owned(),
            owner_token: keys.owner_token.clone(),
            services: Services::new(state.join("logs"))?,
        };
        let progress = Progress::new("Start", 4);
        let step = progress.step("channel simulators");
        stack
            .services
            .start("simulators", simulators(checkout, ports, state))?;
        stack.services.wait_for(START_LIMIT, || {
            [ports.stripe, ports.alipay, ports.wechatpay]
                .into_iter()
                .all(listens)
        })?;
        step.done();
        let step = progress.step("worker");
        stack
            .services
            .start("worker", stack.wrangler(checkout, tools, ports, &keys)?)?;
        let worker = Api::new(&stack.addresses.worker, Vec::new());
        stack
            .services
            .wait_for(START_LIMIT, || worker.answers("/healthz"))?;
        step.done();
        let step = progress.step("demo store");
        let seed = Seed::of(checkout, state, &stack.addresses, &keys.owner_token)?;
        step.done();
        let step = progress.step("demo shop");
        stack
            .services
            .start("shop", stack.shop(checkout, ports, &seed))?;
        let shop = Api::new(&stack.addresses.shop, Vec::new());
        stack
            .services
            .wait_for(START_LIMIT, || shop.answers("/healthz"))?;
        step.done();
        progress.end();
        Ok(stack)
    }

    /// What the suites are told in their environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CAUSEWAY_URL", self.addresses.worker.clone()),
            ("CAUSEWAY_OWNER_TOKEN", self.owner_token.clone()),
            ("SHOP_URL", self.addresses.shop.clone()),
            ("SIM_STRIPE_URL", self.addresses.stripe.clone()),
            ("SIM_ALIPAY_URL", self.addresses.alipay.clone()),
            ("SIM_WECHATPAY_URL", self.addresses.wechatpay.clone()),
            ("STATE_DIR", self.state.display().to_string()),
        ]
    }

    /// An error if a server has ended by itself.
    pub fn check(&mut self) -> Done {
        self.services.check()
    }

    fn wrangler(
        &self,
        checkout: &Checkout,
        tools: &Tools,
        ports: Ports,
        keys: &Keys,
    ) -> Done<Command> {
        let hosts = json!({
            "stripe": self.addresses.stripe,
            "alipay": self.addresses.alipay,
            "wechat_pay": self.addresses.wechatpay,
        });
        let settings = self.state.join("worker.env");
        // The simulators answer in the channels' place, on plain HTTP.
        let lines = [
            format!("CAUSEWAY_MASTER_KEY={}", keys.master_key),
            format!("CAUSEWAY_OWNER_TOKEN={}", keys.owner_token),
            format!("CAUSEWAY_SEAL_KEYS={}", keys.seal_keys),
            format!("CHANNEL_HOSTS='{hosts}'"),
            format!("PUBLIC_URL={}", self.addresses.worker),
            "ALLOW_HTTP=1\n".to_owned(),
        ];
        write(&settings, lines.join("\n"))?;
        let mut wrangler = command(&tools.wrangler);
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
            .arg(format!("--port={}", ports.worker))
            .arg("--persist-to")
            .arg(self.state.join("state"))
            .arg("--env-file")
            .arg(settings)
            .current_dir(copy_worker(checkout, &self.state)?)
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

    fn shop(&self, checkout: &Checkout, ports: Ports, seed: &Seed) -> Command {
        let mut shop = command("node");
        shop.arg("server.mjs")
            .current_dir(checkout.folder("www/shop"))
            .env("PORT", ports.shop.to_string())
            .env("SHOP_URL", &self.addresses.shop)
            .env("SHOP_STATE", self.state.join("shop.json"))
            .env("CAUSEWAY_URL", &self.addresses.worker)
            .env("CAUSEWAY_SECRET_KEY", &seed.secret_key)
            .env("CAUSEWAY_PUBLISHABLE_KEY", &seed.publishable_key)
            .env("CAUSEWAY_WEBHOOK_SECRET", &seed.webhook_secret);
        shop
    }
}

fn simulators(checkout: &Checkout, ports: Ports, state: &Path) -> Command {
    let mut simulators = command("node");
    simulators
        .arg("simulators/main.mjs")
        .args(["--stripe", &ports.stripe.to_string()])
        .args(["--alipay", &ports.alipay.to_string()])
        .args(["--wechatpay", &ports.wechatpay.to_string()])
        .arg("--state")
        .arg(state.join("simulators.json"))
        .current_dir(checkout.folder("tests"));
    simulators
}

/// Whether something accepts connections on a port of this machine.
fn listens(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}
