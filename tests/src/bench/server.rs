//! What a payment costs on a plain `workerd`, beside a floor and a peer measured in the same run.
//!
//! In scope: starting the servers, and what their figures are held against. The driving and the
//! measuring are in `tests/bench`: `main.mjs`; the floor is `floor/worker.js`, the peer
//! `peer/worker.js`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use super::report::{Figure, Report, Target};
use crate::checkout::{Checkout, copy, read, remove_folder};
use crate::command::{command, run};
use crate::failure::{Done, Failure, OrFail};
use crate::setup::Tools;
use crate::stack::{Ports, Server, Workerd, put_before, with_channels_at};

/// The name of this part.
pub(super) const PART: &str = "server";

/// Payments per second, as a share of the floor's.
const FLOOR_SHARE: f64 = 0.5;
/// What is aimed at.
const FLOOR_SHARE_AIM: f64 = 0.7;
/// Processor time per payment, the shopper's page included.
const CPU_MS_MAX: f64 = 10.0;
/// Time that our code adds to a channel call.
const ADDED_MS_MAX: f64 = 5.0;
/// Time from a paid notice to the shopper's screen.
const PUSHED_MS_MAX: f64 = 300.0;

/// The ways, as the driver calls them and as people do.
const WAYS: [(&str, &str); 3] = [
    ("stripe", "Stripe, card"),
    ("alipay", "Alipay"),
    ("wechat_pay", "WeChat Pay"),
];

/// Starts everything, has it driven, and adds the figures.
pub(super) fn measure(checkout: &Checkout, tools: &Tools, report: &mut Report) -> Done {
    let state = checkout.target("bench");
    remove_folder(&state)?;
    let mut driver = Driver::start(checkout)?;
    let wants: Wants = driver.read()?;
    let servers = Servers::start(checkout, tools, &state, &wants)?;
    driver.tell(&servers.places())?;
    let measured: Measured = driver.read()?;
    driver.end()?;
    for (way, title) in WAYS {
        let runs = measured.results.get(way).ok_or_else(|| missing(way))?;
        add_way(report, title, runs)?;
    }
    for (way, title) in WAYS {
        if let Some(added) = measured.added_ms.get(way) {
            let name = format!("{title}: added to the channel's call");
            let figure = Figure::new(PART, name, "ms", &added.ours).peer("floor", &added.floor);
            report.add(figure.target(Target::at_most(ADDED_MS_MAX)));
        }
    }
    let pushed = Figure::new(
        PART,
        "paid notice to the shopper's screen",
        "ms",
        &measured.pushed_ms,
    );
    report.add(pushed.target(Target::at_most(PUSHED_MS_MAX)));
    let Missing { other, nobody } = &measured.missing_ms;
    let missing = Figure::new(PART, "no such order: another store's", "ms", other);
    report.add(missing.peer("nobody's", nobody));
    report.version("hono", &npm_version(checkout, "hono")?);
    report.version("stripe (npm)", &npm_version(checkout, "stripe")?);
    Ok(())
}

/// What the driver asks for: its gateway, and the settings of floor and peer.
#[derive(Deserialize)]
struct Wants {
    gateway: String,
    floor: BTreeMap<String, String>,
    peer: BTreeMap<String, String>,
}

/// What the driver found: by way and contender, one run after the other.
#[derive(Deserialize)]
struct Measured {
    results: BTreeMap<String, Runs>,
    added_ms: BTreeMap<String, Added>,
    pushed_ms: Vec<f64>,
    missing_ms: Missing,
}

/// How long it takes to say that an order is not there, in milliseconds.
#[derive(Deserialize)]
struct Missing {
    other: Vec<f64>,
    nobody: Vec<f64>,
}

type Runs = BTreeMap<String, Vec<Run>>;

/// What is added to the channel's call, in milliseconds.
#[derive(Deserialize)]
struct Added {
    ours: Vec<f64>,
    floor: Vec<f64>,
}

/// So many payments in one go.
#[derive(Deserialize)]
struct Run {
    count: f64,
    wall_ms: f64,
    cpu_ms: f64,
    driver_ms: f64,
    phases: BTreeMap<String, Phase>,
}

#[derive(Deserialize)]
struct Phase {
    cpu_ms: f64,
}

fn missing(what: &str) -> Failure {
    Failure::new(format!(
        "The driver's answer was searched for {what} in vain."
    ))
}

fn each(runs: &Runs, contender: &str, value: impl Fn(&Run) -> f64) -> Done<Vec<f64>> {
    let runs = runs.get(contender).ok_or_else(|| missing(contender))?;
    Ok(runs.iter().map(value).collect())
}

fn add_way(report: &mut Report, title: &str, runs: &Runs) -> Done {
    let per_second = |run: &Run| run.count * 1000.0 / run.wall_ms;
    let cpu_ms = |run: &Run| run.cpu_ms / run.count;
    let ours = each(runs, "ours", per_second)?;
    let ours_cpu = each(runs, "ours", cpu_ms)?;
    for other in ["floor", "peer"] {
        if !runs.contains_key(other) {
            continue;
        }
        let speed = Figure::new(PART, format!("{title}: payments"), "1/s", &ours)
            .peer(other, &each(runs, other, per_second)?);
        let share = Target::at_least(FLOOR_SHARE)
            .aim(FLOOR_SHARE_AIM)
            .of_ratio();
        report.add(match other {
            "floor" => speed.target(share),
            _ => speed,
        });
        report.add(
            Figure::new(PART, format!("{title}: CPU per payment"), "ms", &ours_cpu)
                .peer(other, &each(runs, other, cpu_ms)?),
        );
    }
    let with_page = each(runs, "ours", |run| {
        let page = run.phases.get("page").map_or(0.0, |page| page.cpu_ms);
        (run.cpu_ms + page) / run.count
    })?;
    let name = format!("{title}: CPU per payment with its page");
    let figure = Figure::new(PART, name, "ms", &with_page);
    report.add(figure.target(Target::at_most(CPU_MS_MAX)));
    let driver = each(runs, "ours", |run| {
        100.0 * run.driver_ms / (run.driver_ms + run.cpu_ms)
    })?;
    let name = format!("{title}: the driver's share of the CPU");
    report.add(Figure::new(PART, name, "%", &driver));
    Ok(())
}

/// The servers that are measured, and one of ours that is counted.
struct Servers {
    owner_tokens: [String; 2],
    counted: Server,
    ours: Server,
    floor: Server,
    peer: Server,
}

impl Servers {
    fn start(checkout: &Checkout, tools: &Tools, state: &Path, wants: &Wants) -> Done<Self> {
        let gateway = &wants.gateway;
        let folder = state.join("counted");
        let (counted, counted_token) = with_channels_at(checkout, tools, &folder, gateway)?;
        put_before(checkout, &counted.worker, "bench/floor/counting.js")?;
        let folder = state.join("ours");
        let (ours, ours_token) = with_channels_at(checkout, tools, &folder, gateway)?;
        let floor = state.join("floor");
        for file in ["worker.js", "counts.mjs", "workerd.capnp"] {
            let from = checkout.folder("tests/bench/floor").join(file);
            copy(&from, &floor.join("worker").join(file))?;
        }
        let peer = state.join("peer");
        bundle_peer(checkout, tools, &peer.join("worker"))?;
        Ok(Servers {
            owner_tokens: [counted_token, ours_token],
            counted: started(&counted)?,
            ours: started(&ours)?,
            floor: started(&workerd(tools, &floor, &wants.floor)?)?,
            peer: started(&workerd(tools, &peer, &wants.peer)?)?,
        })
    }

    fn places(&self) -> Value {
        let place = |server: &Server| json!({ "url": server.url, "pid": server.pid() });
        let ours = |server: &Server, token: &str| json!({ "url": server.url, "pid": server.pid(), "ownerToken": token });
        json!({
            "counted": ours(&self.counted, &self.owner_tokens[0]),
            "ours": ours(&self.ours, &self.owner_tokens[1]),
            "floor": place(&self.floor),
            "peer": place(&self.peer),
        })
    }
}

/// Starts a server and waits until it answers.
fn started(workerd: &Workerd) -> Done<Server> {
    let mut server = workerd.launch()?;
    server.wait()?;
    Ok(server)
}

/// A contender that is not ours; its folder has `worker/workerd.capnp`.
fn workerd(tools: &Tools, state: &Path, settings: &BTreeMap<String, String>) -> Done<Workerd> {
    let site = state.join("site");
    crate::checkout::make_folder(&site)?;
    Ok(Workerd {
        program: tools.workerd.clone(),
        worker: state.join("worker"),
        site,
        storage: state.join("state"),
        port: Ports::free()?.worker,
        environment: settings.clone(),
        log: state.join("worker.log"),
    })
}

/// Bundles the peer as its author would.
fn bundle_peer(checkout: &Checkout, tools: &Tools, folder: &Path) -> Done {
    let source = checkout.folder("tests/bench/peer");
    copy(&source.join("workerd.capnp"), &folder.join("workerd.capnp"))?;
    let mut esbuild = command(&tools.esbuild);
    esbuild
        .arg(source.join("worker.js"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022"])
        .args([
            "--conditions=workerd,worker,browser",
            "--external:cloudflare:*",
        ])
        .arg(format!("--outfile={}", folder.join("worker.js").display()));
    run(
        esbuild,
        "Bundling the peer",
        &checkout.log("bench-peer"),
        |_| {},
    )
}

fn npm_version(checkout: &Checkout, package: &str) -> Done<String> {
    let path: PathBuf = ["tests/node_modules", package, "package.json"]
        .iter()
        .collect();
    let json: Value = serde_json::from_str(&read(&checkout.root.join(path))?)
        .or_fail(|| format!("Reading the version of {package} failed"))?;
    let version = json.get("version").and_then(Value::as_str);
    version
        .map(str::to_owned)
        .ok_or_else(|| missing("a version"))
}

/// The driver's process: one line of JSON out, one in, one out.
struct Driver {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Driver {
    fn start(checkout: &Checkout) -> Done<Self> {
        let mut node = command("node");
        node.arg("bench/main.mjs")
            .current_dir(checkout.folder("tests"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = node
            .spawn()
            .or_fail(|| "Starting the driver failed".into())?;
        let output = child.stdout.take();
        let output = output.ok_or_else(|| Failure::new("The driver has no output."))?;
        Ok(Driver {
            child,
            lines: BufReader::new(output),
        })
    }

    fn read<T: for<'a> Deserialize<'a>>(&mut self) -> Done<T> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        read.or_fail(|| "Reading the driver's answer failed".into())?;
        if line.is_empty() {
            return Err(Failure::new("The driver ended before it had measured."));
        }
        serde_json::from_str(&line).or_fail(|| "Reading the driver's answer failed".into())
    }

    fn tell(&mut self, value: &Value) -> Done {
        let input = self.child.stdin.as_mut();
        let input = input.ok_or_else(|| Failure::new("The driver has no input."))?;
        writeln!(input, "{value}").or_fail(|| "Telling the driver failed".into())
    }

    fn end(mut self) -> Done {
        let status = self.child.wait();
        let status = status.or_fail(|| "Waiting for the driver failed".into())?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("The driver ended with {status}.")))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and need not be.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
