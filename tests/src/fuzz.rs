//! `cargo xtask fuzz`: random inputs for every parser that reads what a stranger sends.
//!
//! The targets are in `tests/fuzz`, a crate of its own that is built with instrumentation and
//! libFuzzer; a stable compiler can do that, and no further tool is needed. Inputs to begin with
//! are written at each run from the recorded exchanges; what was found once is kept in
//! `tests/fuzz/regressions/TARGET`, and what a long run finds interesting in `target/fuzz/grown`.
//! `cargo xtask test native` does a few seconds of it, always the same, and `cargo xtask bench`
//! some minutes.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::checkout::{Checkout, copy, hash, list, make_folder, read, remove_folder, write};
use crate::command::{command, run, text};
use crate::failure::{Done, Failure, OrFail};

/// Where the crate is.
const CRATE: &str = "tests/fuzz";

/// What cargo-fuzz gives to the compiler too: counters at every edge, and what is compared.
const INSTRUMENTATION: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// How long one target runs when nobody says.
const SECONDS: u64 = 60;

/// How many inputs in the suites: some seconds each. A number and the fixed seed make two runs of
/// the same code the same, however fast the machine is.
const INPUTS_IN_TESTS: u32 = 200_000;

/// How many of what takes longer to read, by how the target's name begins. An envelope is opened
/// by a key agreement; what a channel says is verified.
const FEWER_IN_TESTS: &[(&str, u32)] = &[
    ("alipay_", 20_000),
    ("body", 60_000),
    ("credentials", 20_000),
    ("envelope", 3_000),
    ("passkey", 60_000),
    ("stripe_", 60_000),
    ("wechatpay_", 20_000),
];

/// How long in the bench.
const SECONDS_IN_BENCH: u64 = 120;

/// Targets side by side: the machine that counts has two cores.
const AT_A_TIME: usize = 2;

/// The longest input; bodies are bounded at 16 to 256 KB, and their parsers know no length.
const BYTES_MAX: u32 = 16 * 1024;

/// When a target has run enough.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// After so many inputs.
    Inputs(u32),
    /// After so many seconds.
    Seconds(u64),
}

impl Until {
    /// As an argument of libFuzzer's.
    fn argument(self) -> String {
        match self {
            Self::Inputs(inputs) => format!("-runs={inputs}"),
            Self::Seconds(seconds) => format!("-max_total_time={seconds}"),
        }
    }
}

/// What to run.
#[derive(Debug)]
pub struct Plan<'a> {
    seconds: u64,
    targets: Vec<&'a str>,
    /// Inputs to repeat, instead of making new ones.
    inputs: Vec<&'a str>,
}

impl<'a> Plan<'a> {
    /// Reads the words after `fuzz`: `[--seconds N] [TARGET …] [FILE …]`.
    ///
    /// # Errors
    /// For what is no number, and for inputs without the one target that they are for.
    pub fn parse(words: &[&'a str]) -> Done<Self> {
        let mut plan = Plan {
            seconds: SECONDS,
            targets: Vec::new(),
            inputs: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if *word == "--seconds" {
                let seconds = words.next().copied().unwrap_or_default();
                plan.seconds = seconds
                    .parse()
                    .map_err(|_| Failure::new(format!("`{seconds}` is not a whole number.")))?;
            } else if Path::new(word).is_file() {
                plan.inputs.push(word);
            } else {
                plan.targets.push(word);
            }
        }
        if !plan.inputs.is_empty() && plan.targets.len() != 1 {
            return Err(Failure::new(
                "To repeat an input, name its one target first.",
            ));
        }
        Ok(plan)
    }
}

/// Fuzzes, or repeats inputs.
///
/// # Errors
/// The first finding, with its input and how to repeat it.
pub fn fuzz(checkout: &Checkout, plan: &Plan<'_>) -> Done {
    let fuzzer = Fuzzer::build(checkout)?;
    let known = fuzzer.targets()?;
    let wanted = |name: &String| plan.targets.is_empty() || plan.targets.contains(&name.as_str());
    if let Some(name) = plan.targets.iter().find(|t| !known.iter().any(|k| k == *t)) {
        let failure = Failure::new(format!("`{name}` is neither a target nor a file."));
        return Err(failure.advise(format!("There are {}.", known.join(", "))));
    }
    let targets: Vec<String> = known.iter().filter(|name| wanted(name)).cloned().collect();
    if let ([target], false) = (targets.as_slice(), plan.inputs.is_empty()) {
        return fuzzer.repeat(target, &plan.inputs);
    }
    let results = side_by_side(&targets, |target| fuzzer.grow(target, plan.seconds));
    let mut failed = Vec::new();
    for result in results {
        match result {
            Ok(line) => println!("{line}"),
            Err(failure) => failed.push(failure),
        }
    }
    let Some(last) = failed.pop() else {
        return Ok(());
    };
    failed.iter().for_each(|failure| println!("{failure}\n"));
    Err(last)
}

/// What the suites do: every seed, everything that was found once, and some inputs more.
/// Answers what became of each target.
pub fn brief(checkout: &Checkout) -> Done<Vec<Done<Tried>>> {
    let fuzzer = Fuzzer::build(checkout)?;
    let grown = checkout.target("fuzz/brief");
    remove_folder(&grown)?;
    Ok(side_by_side(&fuzzer.targets()?, |target| {
        let fewer = FEWER_IN_TESTS
            .iter()
            .find(|(begin, _)| target.starts_with(begin));
        let inputs = fewer.map_or(INPUTS_IN_TESTS, |(_, inputs)| *inputs);
        fuzzer.run(target, Until::Inputs(inputs), &grown.join(target))
    }))
}

/// What the bench does: minutes for each target. Answers what became of each.
pub fn long(checkout: &Checkout) -> Done<Vec<Done<Tried>>> {
    let fuzzer = Fuzzer::build(checkout)?;
    Ok(side_by_side(&fuzzer.targets()?, |target| {
        fuzzer.grow(target, SECONDS_IN_BENCH)
    }))
}

/// What was tried of a target, in which nothing was found.
#[derive(Debug)]
pub struct Tried {
    /// The target.
    pub target: String,
    /// How many inputs.
    pub inputs: u64,
    /// How many edges of the program they reached.
    pub edges: u64,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tried {
            target,
            inputs,
            edges,
        } = self;
        write!(f, "{target}: {inputs} inputs, {edges} edges, nothing found")
    }
}

/// A command of cargo's for the crate, with the flags and the folder that its build has.
fn cargo(checkout: &Checkout, arguments: &[&str]) -> Done<Command> {
    share_lock(checkout)?;
    let manifest = checkout.folder(CRATE).join("Cargo.toml");
    let mut cargo = command("cargo");
    cargo
        .args(arguments)
        .args(["--release", "--target", &host(checkout)?])
        .arg("--manifest-path")
        .arg(manifest)
        .env("CARGO_TARGET_DIR", checkout.target("fuzz/build"))
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\x1f"))
        .current_dir(&checkout.root);
    Ok(cargo)
}

/// The checkout's versions are the crate's: its lock file begins as a copy of the checkout's, to
/// which cargo adds libFuzzer.
fn share_lock(checkout: &Checkout) -> Done {
    let shipped = checkout.folder("Cargo.lock");
    let stamp = checkout.target("fuzz/lock");
    let lock = checkout.folder(CRATE).join("Cargo.lock");
    let manifest = read(&checkout.folder(CRATE).join("Cargo.toml"))?;
    let wanted = hash([read(&shipped)?, manifest].concat().as_bytes());
    if lock.is_file() && stamp.is_file() && read(&stamp)? == wanted {
        return Ok(());
    }
    copy(&shipped, &lock)?;
    write(&stamp, wanted)
}

fn host(checkout: &Checkout) -> Done<String> {
    let mut rustc = command("rustc");
    rustc.arg("-vV").current_dir(&checkout.root);
    let about = text(rustc, "Asking rustc for its host")?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc was asked for its host and did not name it."))
}

/// The program, built, and where its inputs are.
struct Fuzzer<'a> {
    checkout: &'a Checkout,
    program: PathBuf,
    seeds: PathBuf,
}

impl<'a> Fuzzer<'a> {
    /// Builds it, and writes the seeds anew.
    fn build(checkout: &'a Checkout) -> Done<Self> {
        run(
            cargo(checkout, &["build"])?,
            "Building the fuzz targets",
            &checkout.log("fuzz-build"),
            |_| {},
        )
        .map_err(|failure| {
            failure.advise("libFuzzer needs a C++ compiler (g++ or clang++) and the registry of Rust packages.")
        })?;
        let built = checkout.target("fuzz/build").join(host(checkout)?);
        let seeds = checkout.target("fuzz/seeds");
        remove_folder(&seeds)?;
        let fuzzer = Fuzzer {
            checkout,
            program: built.join("release/fuzz"),
            seeds,
        };
        let mut write = command(&fuzzer.program);
        write.env("CAUSEWAY_FUZZ_SEEDS", &fuzzer.seeds);
        text(write, "Writing the seeds")?;
        Ok(fuzzer)
    }

    /// The names of the targets: each has seeds.
    fn targets(&self) -> Done<Vec<String>> {
        let name = |path: &PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
        let names: Vec<String> = list(&self.seeds)?.iter().filter_map(name).collect();
        if names.is_empty() {
            return Err(Failure::new("The fuzz targets were looked for in vain."));
        }
        Ok(names)
    }

    fn command(&self, target: &str) -> Command {
        let mut fuzzer = command(&self.program);
        fuzzer.env("CAUSEWAY_FUZZ_TARGET", target).args([
            "-seed=1",
            "-timeout=30",
            "-rss_limit_mb=2048",
        ]);
        fuzzer
    }

    /// Runs one target; what it finds interesting is there at the next run.
    fn grow(&self, target: &str, seconds: u64) -> Done<Tried> {
        let grown = self.checkout.target("fuzz/grown").join(target);
        self.run(target, Until::Seconds(seconds), &grown)
    }

    /// Runs one target. `grown` keeps what it finds interesting.
    fn run(&self, target: &str, until: Until, grown: &Path) -> Done<Tried> {
        make_folder(grown)?;
        let found = self.checkout.target("fuzz/found").join(target);
        make_folder(&found)?;
        let mut fuzzer = self.command(target);
        fuzzer
            .arg(until.argument())
            .arg(format!("-max_len={BYTES_MAX}"))
            .arg(format!(
                "-dict={}",
                self.checkout.folder(CRATE).join("fuzz.dict").display()
            ))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(grown)
            .arg(self.seeds.join(target));
        let kept = self.checkout.folder(CRATE).join("regressions").join(target);
        if kept.is_dir() {
            fuzzer.arg(kept);
        }
        let log = self.checkout.log(&format!("fuzz-{target}"));
        let what = format!("Fuzzing {target}");
        match run(fuzzer, &what, &log, |_| {}) {
            Ok(()) => summary(target, &log),
            Err(_) => Err(finding(target, &log)),
        }
    }

    /// Runs inputs again, with all that the program prints.
    fn repeat(&self, target: &str, inputs: &[&str]) -> Done {
        let status = self
            .command(target)
            .args(inputs)
            .status()
            .or_fail(|| format!("Running {} failed", self.program.display()))?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!("{target} breaks on that input.")))
        }
    }
}

/// How many inputs were tried, and how many edges of the program they reached.
fn summary(target: &str, log: &Path) -> Done<Tried> {
    let text = read_any(log)?;
    let done = text.lines().rfind(|line| line.contains("DONE"));
    let mut words = done.unwrap_or_default().split_whitespace();
    let inputs = words.next().and_then(|word| word.strip_prefix('#'));
    let edges = words.skip_while(|word| *word != "cov:").nth(1);
    let number = |word: Option<&str>| word?.parse().ok();
    match (number(inputs), number(edges)) {
        (Some(inputs), Some(edges)) => Ok(Tried {
            target: target.to_owned(),
            inputs,
            edges,
        }),
        _ => Err(Failure::new(format!(
            "What {} says was not understood.",
            log.display()
        ))),
    }
}

/// What was violated, the input, and how to repeat it.
fn finding(target: &str, log: &Path) -> Failure {
    let text = read_any(log).unwrap_or_default();
    let mut lines = text
        .lines()
        .skip_while(|line| !line.contains("panicked at"));
    let violated: Vec<String> = lines.by_ref().take(4).map(str::to_owned).collect();
    let written = "Test unit written to ";
    let input = text
        .lines()
        .find_map(|line| Some(line.split_once(written)?.1));
    let Some(input) = input else {
        let last: Vec<String> = text.lines().rev().take(15).map(str::to_owned).collect();
        return Failure::new(format!("Fuzzing {target} did not end well."))
            .with_output(last.into_iter().rev().collect());
    };
    Failure::new(format!("Fuzzing {target} found an input: {input}"))
        .with_output(violated)
        .advise(format!(
            "\nTo repeat it: cargo xtask fuzz {target} {input}\nOnce it is mended, keep it in \
             {CRATE}/regressions/{target}."
        ))
}

/// A log may hold an input's own bytes.
fn read_any(path: &Path) -> Done<String> {
    let bytes = fs::read(path).or_fail(|| format!("Reading {} failed", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs `work` for each target, a few at a time; answers in the targets' order.
fn side_by_side<T: Send>(
    targets: &[String],
    work: impl Fn(&str) -> Done<T> + Sync,
) -> Vec<Done<T>> {
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..targets.len()).collect());
    let next = || waiting.lock().ok()?.pop_front();
    let take = || {
        let mut done = Vec::new();
        while let Some(number) = next() {
            done.push((number, work(&targets[number])));
        }
        done
    };
    let mut all: Vec<_> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(take)).collect();
        let joined = lanes.into_iter().map(|lane| lane.join());
        let broken = |_| {
            vec![(
                targets.len(),
                Err(Failure::new("A lane of fuzzing panicked.")),
            )]
        };
        joined
            .flat_map(|done| done.unwrap_or_else(broken))
            .collect()
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::{Plan, SECONDS, side_by_side};

    #[test]
    fn words_are_seconds_targets_and_inputs() {
        let plan = Plan::parse(&[]).unwrap();
        assert_eq!((plan.seconds, plan.targets.len()), (SECONDS, 0));
        let plan = Plan::parse(&["--seconds", "7", "body", "id"]).unwrap();
        assert_eq!((plan.seconds, plan.targets), (7, vec!["body", "id"]));
        let plan = Plan::parse(&["body", "Cargo.toml"]).unwrap();
        assert_eq!(
            (plan.targets, plan.inputs),
            (vec!["body"], vec!["Cargo.toml"])
        );
        assert!(Plan::parse(&["--seconds", "many"]).is_err());
        assert!(Plan::parse(&["Cargo.toml"]).is_err());
    }

    #[test]
    fn each_target_is_run_once_and_answered_in_order() {
        let targets: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        let results = side_by_side(&targets, |target| Ok(target.to_owned()));
        let results: Vec<String> = results.into_iter().map(Result::unwrap).collect();
        assert_eq!(results, targets);
    }
}
