//! Everything that has to run so that a payment can be made: worker, simulators, demo shop.
//!
//! `cargo xtask start` brings it up for a person, on fixed ports and with a state that lasts;
//! `cargo xtask test` for the suites, on free ports and with a state of its own.

mod api;
mod copy;
mod dashboard;
mod keys;
mod past;
mod ports;
mod rig;
mod seed;
mod server;
mod services;
mod worker;
mod workerd;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::checkout::{Checkout, make_folder};
use crate::command::command;
use crate::failure::Done;
use crate::progress::Progress;
use crate::setup::Tools;
use api::Api;
use keys::Keys;
use seed::Seed;
use services::START_LIMIT;
use worker::Worker;

pub use past::Past;
use past::Scene;
pub use ports::Ports;
pub use rig::Rig;
pub use server::Server;
pub use services::{Services, end_group, spawn_group, stop_on_signals};
pub use worker::Runtime;
pub use worker::with_channels_at;
pub use workerd::{Workerd, put_before};

/// The store that is set up for the demo shop.
const STORE: &str = "demo";

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
    /// The simulator of a mail service.
    pub mail: String,
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
            mail: local(ports.mail),
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
    ///
    /// A state folder without a store is given the past that is wished for.
    pub fn bring_up(
        checkout: &Checkout,
        tools: &Tools,
        (ports, runtime): (Ports, Runtime),
        (state, past): (&Path, Past),
    ) -> Done<Self> {
        make_folder(state)?;
        let keys = Keys::of(state)?;
        let mut stack = Stack {
            addresses: Addresses::of(ports),
            state: state.to_owned(),
            owner_token: keys.owner_token.clone(),
            services: Services::new(state.join("logs"))?,
        };
        let worker = Worker::new(checkout, tools, (ports, &stack.addresses), state, &keys)?;
        let progress = Progress::new("Start", 4 + past.steps(state));
        let scene = Scene {
            checkout,
            ports,
            addresses: &stack.addresses,
            state,
            keys: &keys,
            worker: &worker,
        };
        past.live(&scene, &progress)?;
        let step = progress.step("channel simulators");
        start_simulators(&mut stack.services, checkout, ports, state)?;
        step.done();
        let step = progress.step("worker");
        if runtime == Runtime::Workerd {
            worker.stand_behind_proxy(checkout)?;
        }
        stack.services.start("worker", worker.command(runtime)?)?;
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
        environment(&self.addresses, &self.owner_token, &self.state)
    }

    /// An error if a server has ended by itself.
    pub fn check(&mut self) -> Done {
        self.services.check()
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

/// What suites and drivers are told in their environment.
fn environment(
    addresses: &Addresses,
    owner_token: &str,
    state: &Path,
) -> Vec<(&'static str, String)> {
    vec![
        ("CAUSEWAY_URL", addresses.worker.clone()),
        ("CAUSEWAY_OWNER_TOKEN", owner_token.to_owned()),
        ("SHOP_URL", addresses.shop.clone()),
        ("SIM_STRIPE_URL", addresses.stripe.clone()),
        ("SIM_ALIPAY_URL", addresses.alipay.clone()),
        ("SIM_WECHATPAY_URL", addresses.wechatpay.clone()),
        ("SIM_MAIL_URL", addresses.mail.clone()),
        ("STATE_DIR", state.display().to_string()),
    ]
}

/// Starts the simulators, and waits until they listen.
fn start_simulators(
    services: &mut Services,
    checkout: &Checkout,
    ports: Ports,
    state: &Path,
) -> Done {
    services.start("simulators", simulators(checkout, ports, state))?;
    services.wait_for(START_LIMIT, || {
        [ports.stripe, ports.alipay, ports.wechatpay, ports.mail]
            .into_iter()
            .all(listens)
    })
}

fn simulators(checkout: &Checkout, ports: Ports, state: &Path) -> Command {
    let mut simulators = command("node");
    simulators
        .arg("simulators/main.mjs")
        .args(["--stripe", &ports.stripe.to_string()])
        .args(["--alipay", &ports.alipay.to_string()])
        .args(["--wechatpay", &ports.wechatpay.to_string()])
        .args(["--mail", &ports.mail.to_string()])
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
