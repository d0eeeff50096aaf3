//! `cargo xtask chaos`: kill -9 of the worker at random moments under load, again and again.
//!
//! In scope: killing the process, starting it again on the same state, and the load around it
//! (`tests/chaos/`), which says in the end whether everything that was acknowledged is true, the
//! channels' books and ours agree, and each webhook has arrived. Out of scope: a machine that
//! loses power.

mod driver;

use std::path::Path;
use std::process;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::build::{build, files_below};
use crate::chance::Chance;
use crate::checkout::{Checkout, copy, remove_folder};
use crate::failure::{Done, Failure};
use crate::setup::{Need, Tools, ensure};
use crate::stack::{Rig, Runtime, stop_on_signals};
use driver::Driver;

/// How many kills when nobody says.
const KILLS: u64 = 100;

/// The longest that a worker lives under load. Beyond wrangler's proxy everything takes longer.
const LIFE_MS_MAX: i64 = 1_500;
const LIFE_MS_MAX_WRANGLER: i64 = 6_000;

/// The longest that a worker lives which is killed before it is ready.
const START_MS_MAX: i64 = 250;

/// So many of a hundred workers are killed before they are ready.
const KILLED_EARLY: i64 = 15;

/// Every so many kills it says how far it is.
const TOLD_EVERY: u64 = 10;

/// A mistake that is made on purpose, to see that it is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plant {
    /// None.
    Nothing,
    /// At the last kill the state goes back to what it was at the first, with whole lives between
    /// them, so that something was acknowledged.
    Loss,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How often each worker is killed.
    pub kills: u64,
    /// Decides the moments, and what customers do.
    pub seed: u64,
    /// The runtimes, one after the other.
    pub runtimes: Vec<Runtime>,
    /// The mistake to make.
    pub plant: Plant,
}

impl Plan {
    /// Reads the words after `chaos`.
    ///
    /// # Errors
    /// For unknown words and for what is no number.
    pub fn parse(words: &[&str]) -> Done<Self> {
        let mut plan = Plan {
            kills: KILLS,
            seed: any_seed(),
            runtimes: vec![Runtime::Workerd, Runtime::Wrangler],
            plant: Plant::Nothing,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match (*word, words.next().copied().unwrap_or_default()) {
                ("--kills", value) => plan.kills = number(value)?,
                ("--seed", value) => plan.seed = number(value)?,
                ("--runtime", "workerd") => plan.runtimes = vec![Runtime::Workerd],
                ("--runtime", "wrangler") => plan.runtimes = vec![Runtime::Wrangler],
                ("--runtime", "both") => {}
                ("--plant", "loss") => plan.plant = Plant::Loss,
                (word, value) => {
                    let tried = format!("`{word} {value}` is no option of chaos.");
                    return Err(Failure::new(tried).advise(
                        "There are --kills N, --seed N, --runtime workerd|wrangler|both \
                         and --plant loss.",
                    ));
                }
            }
        }
        Ok(plan)
    }
}

fn number(text: &str) -> Done<u64> {
    text.parse()
        .map_err(|_| Failure::new(format!("`{text}` is not a whole number.")))
}

/// Another seed at each run. Its moments are kept to a length that can be typed.
pub fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(1, |since| since.as_millis() as u64 % 1_000_000_000)
}

/// Sets up, builds, and kills as the plan says.
///
/// # Errors
/// The first runtime after which something does not hold.
pub fn chaos(checkout: &Checkout, plan: &Plan) -> Done {
    let tools = ensure(checkout, Need::Run)?;
    build(checkout, &tools)?;
    stop_on_signals(130)?;
    for runtime in &plan.runtimes {
        if !torment(checkout, &tools, *runtime, plan)? {
            return Err(Failure::new("What was acknowledged does not hold."));
        }
    }
    Ok(())
}

/// What the suite does: both runtimes a few times, side by side because they wait more than they
/// compute, and a loss that must be told. Answers whether each of the three ended as it must.
pub fn briefly(checkout: &Checkout, tools: &Tools) -> [bool; 3] {
    let seed = any_seed();
    let plan = |runtime, kills, plant| Plan {
        kills,
        seed,
        runtimes: vec![runtime],
        plant,
    };
    let run = |runtime, kills, plant| {
        let held = torment(checkout, tools, runtime, &plan(runtime, kills, plant));
        held.unwrap_or_else(|failure| {
            println!("{failure}");
            // What could not be tried has told of nothing.
            plant == Plant::Loss
        })
    };
    let [workerd, wrangler] = thread::scope(|scope| {
        let both = [(Runtime::Workerd, 6), (Runtime::Wrangler, 2)]
            .map(|(runtime, kills)| scope.spawn(move || run(runtime, kills, Plant::Nothing)));
        both.map(|one| one.join().unwrap_or(false))
    });
    let told = !run(Runtime::Workerd, 4, Plant::Loss);
    println!("A planted loss was {}told", if told { "" } else { "not " });
    [workerd, wrangler, told]
}

/// Kills one worker again and again under load, and answers whether everything that it acknowledged
/// is true. What is not is printed, and the state folder kept.
///
/// # Errors
/// When the servers or the load do not start.
fn torment(checkout: &Checkout, tools: &Tools, runtime: Runtime, plan: &Plan) -> Done<bool> {
    let Plan { kills, seed, .. } = plan;
    let name = runtime.name();
    println!("{name}: {kills} kills, seed {seed}");
    let state = checkout
        .target("chaos")
        .join(format!("{name}-{}", process::id()));
    remove_folder(&state)?;
    let begun = Instant::now();
    let mut rig = Rig::start(checkout, tools, runtime, &state)?;
    let driver = Driver::start(checkout, &rig, *seed)?;
    kill_again_and_again(&mut rig, &driver, runtime, plan)?;
    let held = driver.finish()?;
    rig.check()?;
    drop(rig);
    let seconds = begun.elapsed().as_secs();
    if held {
        println!("{name}: all holds after {kills} kills in {seconds} s");
    } else {
        println!(
            "{name}: broken after {seconds} s. The same choices again: \
             cargo xtask chaos --kills {kills} --seed {seed} --runtime {name}"
        );
    }
    if held || plan.plant != Plant::Nothing {
        remove_folder(&state)?;
    } else {
        println!("{name}: logs and state are in {}", state.display());
    }
    Ok(held)
}

/// Ends early when the load does.
fn kill_again_and_again(rig: &mut Rig, driver: &Driver, runtime: Runtime, plan: &Plan) -> Done {
    let mut chance = Chance::new(plan.seed);
    let life_ms_max = match runtime {
        Runtime::Workerd => LIFE_MS_MAX,
        Runtime::Wrangler => LIFE_MS_MAX_WRANGLER,
    };
    for number in 1..=plan.kills {
        wait_ms(match plan.plant {
            Plant::Nothing => chance.between(1, life_ms_max),
            Plant::Loss => life_ms_max,
        });
        let killed = rig.kill_worker();
        if !driver.is_at_work() {
            return Ok(());
        }
        if number % TOLD_EVERY == 0 {
            let (name, pid) = (runtime.name(), killed.unwrap_or_default());
            println!("{name}: kill {number} of {}, process {pid}", plan.kills);
        }
        if plan.plant == Plant::Loss {
            forget(rig, number, plan.kills)?;
        }
        // Also while it recovers from the last one.
        while chance.hits(KILLED_EARLY) {
            rig.launch_worker()?;
            wait_ms(chance.between(1, START_MS_MAX));
            rig.kill_worker();
        }
        rig.start_worker()?;
    }
    // The customers once more, before all is held against what is.
    wait_ms(life_ms_max);
    Ok(())
}

/// Keeps the state of the first kill, and puts it back at the last.
fn forget(rig: &Rig, number: u64, last: u64) -> Done {
    let (state, kept) = (rig.state.join("state"), rig.state.join("kept"));
    if number == 1 {
        copy_folder(&state, &kept)?;
    }
    if number < last {
        return Ok(());
    }
    remove_folder(&state)?;
    copy_folder(&kept, &state)
}

fn copy_folder(from: &Path, to: &Path) -> Done {
    for file in files_below(from)? {
        if let Ok(relative) = file.strip_prefix(from) {
            copy(&file, &to.join(relative))?;
        }
    }
    Ok(())
}

/// A moment is what is random here: nothing is waited for.
fn wait_ms(length_ms: i64) {
    thread::sleep(Duration::from_millis(length_ms.unsigned_abs()));
}
