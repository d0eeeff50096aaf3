//! `cargo xtask simulate`: orders, channels with faults, people, clocks and crashes, over the
//! shared crate alone and driven by a seed.
//!
//! A seed makes one small world (`world.rs`) of one to three orders; the next seed the next one.
//! Whatever goes wrong in it, when the faults have stopped and time has passed, the channels'
//! books and ours agree to the cent and every order rests (`check.rs`). A world that breaks this
//! is told with its seed and the history of its order; the same seed makes the same world again.
//! Out of scope: signatures and formats (the channels' transcripts), HTTP and SQL (the worker's
//! suite).

mod books;
mod check;
mod exchange;
mod people;
#[cfg(test)]
mod tests;
mod till;
mod words;
mod world;

use std::fmt::Write;
use std::thread;

use crate::failure::{Done, Failure};
use world::World;

/// How many payments are made when nobody says.
pub const PAYMENTS: u64 = 100_000;

/// Threads; the same number on every machine, so that the same worlds are lived through.
const LANES: u64 = 4;

/// A mistake that is made on purpose, to see that the simulation finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// None.
    Nothing,
    /// A notice is believed without a look at its signature.
    BelievesForged,
    /// No answer to a creation is taken for a decline.
    DropIsDecline,
    /// Each creation gets an idempotency key of its own.
    ForgetsKey,
    /// Work that was handed out is never handed out again.
    LosesLease,
}

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first world's seed.
    pub seed: u64,
    /// How many payments must have moved money before it ends.
    pub payments: u64,
    /// The mistake to make.
    pub plant: Plant,
}

/// What was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub worlds: u64,
    pub orders: u64,
    pub payments: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tally {
            worlds,
            orders,
            payments,
        } = self;
        write!(
            f,
            "{payments} payments of {orders} orders in {worlds} worlds: the books agree"
        )
    }
}

impl Plan {
    /// Reads the words after `simulate`.
    ///
    /// # Errors
    /// For unknown words and for what is no number.
    pub fn parse(words: &[&str]) -> Done<Self> {
        let mut plan = Plan {
            seed: 1,
            payments: PAYMENTS,
            plant: Plant::Nothing,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().copied().unwrap_or_default();
            match *word {
                "--seed" => plan.seed = number(value)?,
                "--payments" => plan.payments = number(value)?,
                "--plant" => plan.plant = plant(value)?,
                _ => return Err(Failure::new(format!("`{word}` is no option of simulate."))),
            }
        }
        Ok(plan)
    }
}

fn number(text: &str) -> Done<u64> {
    text.parse()
        .map_err(|_| Failure::new(format!("`{text}` is not a whole number.")))
}

fn plant(name: &str) -> Done<Plant> {
    match name {
        "believes-forged" => Ok(Plant::BelievesForged),
        "drop-is-decline" => Ok(Plant::DropIsDecline),
        "forgets-key" => Ok(Plant::ForgetsKey),
        "loses-lease" => Ok(Plant::LosesLease),
        _ => Err(Failure::new(format!("`{name}` is no planted mistake."))
            .advise("There are believes-forged, drop-is-decline, forgets-key and loses-lease.")),
    }
}

/// Simulates, and says what was simulated.
///
/// # Errors
/// The first world found in which something does not hold, with its history.
pub fn simulate(plan: Plan) -> Done<Tally> {
    let share = plan.payments.div_ceil(LANES);
    let results: Vec<Done<Tally>> = thread::scope(|scope| {
        let lane = |lane| scope.spawn(move || run(plan, lane, share));
        let lanes: Vec<_> = (0..LANES).map(lane).collect();
        let joined = lanes.into_iter().map(|lane| lane.join());
        let broken = |_| Err(Failure::new("A world ended in a panic."));
        joined.map(|result| result.unwrap_or_else(broken)).collect()
    });
    let mut sum = Tally::default();
    for tally in results {
        let tally = tally?;
        sum.worlds += tally.worlds;
        sum.orders += tally.orders;
        sum.payments += tally.payments;
    }
    Ok(sum)
}

/// Every so many seeds, so that the lanes share no world.
fn run(plan: Plan, lane: u64, payments: u64) -> Done<Tally> {
    let mut tally = Tally::default();
    let mut seed = plan.seed.wrapping_add(lane);
    while tally.payments < payments {
        let found = World::new(seed, plan.plant, false).and_then(|mut world| {
            world.live()?;
            Ok((world.till.records.len() as u64, world.payments()))
        });
        let Ok((orders, paid)) = found else {
            return Err(tell(seed, plan.plant));
        };
        tally.worlds += 1;
        tally.orders += orders;
        tally.payments += paid;
        seed = seed.wrapping_add(LANES);
    }
    Ok(tally)
}

/// Lives through a broken world again, with its history.
fn tell(seed: u64, plant: Plant) -> Failure {
    let mut world = match World::new(seed, plant, true) {
        Ok(world) => world,
        Err(violation) => return Failure::new(format!("Seed {seed}: {violation}")),
    };
    let Err(violation) = world.live() else {
        return Failure::new(format!("Seed {seed} is not the same world twice."));
    };
    let place = |n: &usize| violation.0.starts_with(&format!("order {n}"));
    let order = (0..world.till.records.len()).find(place);
    let mut history = String::new();
    for (of, words) in world.history.iter().flatten() {
        if of.is_none() || order.is_none() || *of == order {
            // Writing to a string cannot fail.
            let _ = writeln!(history, "  {words}");
        }
    }
    if let Some(record) = order.and_then(|n| world.till.records.get(n)) {
        let _ = writeln!(history, "  {:?}", record.order);
    }
    Failure::new(format!("{history}Seed {seed}: {violation}.")).advise(format!(
        "To see it again: cargo xtask simulate --seed {seed} --payments 1"
    ))
}
