//! `cargo xtask`: sets up, builds, starts, tests and measures Causeway.
//!
//! It runs programs and reads their results; what Causeway does is decided elsewhere.

mod bench;
mod build;
mod chance;
mod chaos;
mod checkout;
mod command;
mod failure;
mod fuzz;
mod progress;
mod setup;
mod simulate;
mod stack;
mod start;
mod suites;

use std::env;
use std::process::ExitCode;

use checkout::Checkout;
use failure::{Done, Failure};
use setup::Need;
use suites::Part;

const USAGE: &str = "\
Commands:
cargo xtask setup     find or fetch every tool
cargo xtask build     build widget, site and worker
cargo xtask start     set up, build and run everything, until Ctrl-C
cargo xtask test      run all suites, or those named: native, widget, worker, browser;
                      worker/NAME and browser/NAME run one file of theirs
cargo xtask bench     measure everything, or what is named: bytes, server, lists, browser, fuzz;
                      --readme puts the table of the last run into README.md
cargo xtask chaos     kill the worker under load: [--kills N] [--seed N]
                      [--runtime workerd|wrangler|both] [--plant loss]
cargo xtask fuzz      random inputs for every parser: [--seconds N] [TARGET …], or repeat
                      what was found: TARGET FILE
cargo xtask simulate  live through payments with faults: [--seed N] [--payments N] [--plant NAME]
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Checkout::find().and_then(|checkout| perform(&checkout, &words)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(checkout: &Checkout, words: &[&str]) -> Done<ExitCode> {
    match words {
        ["setup"] => {
            setup::ensure(checkout, Need::Test)?;
            eprintln!("Set-up: complete");
        }
        ["build"] => build::build(checkout, &setup::ensure(checkout, Need::Run)?)?,
        ["start"] => start::start(checkout)?,
        ["test", names @ ..] => return suites::test(checkout, &named(names)?),
        ["bench", "--readme"] => bench::quote(checkout)?,
        ["bench", names @ ..] => bench::bench(checkout, names)?,
        ["chaos", options @ ..] => chaos::chaos(checkout, &chaos::Plan::parse(options)?)?,
        ["fuzz", words @ ..] => fuzz::fuzz(checkout, &fuzz::Plan::parse(words)?)?,
        ["simulate", options @ ..] => {
            let tally = simulate::simulate(simulate::Plan::parse(options)?)?;
            println!("{tally}");
        }
        [] | ["help" | "--help" | "-h"] => print!("{USAGE}"),
        _ => {
            let tried = format!("`{}` is not a command.", words.join(" "));
            return Err(Failure::new(tried).advise(USAGE));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The parts of these names; all suites where none is named.
fn named<'a>(names: &[&'a str]) -> Done<Vec<Part<'a>>> {
    if names.is_empty() {
        return Ok(Part::all());
    }
    let unknown = |name: &str| Failure::new(format!("`{name}` is not a suite.")).advise(USAGE);
    names
        .iter()
        .map(|name| Part::parse(name).ok_or_else(|| unknown(name)))
        .collect()
}
