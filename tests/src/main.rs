//! `cargo xtask`: sets up, builds, starts, tests and measures Causeway.
//!
//! It runs programs and reads their results; what Causeway does is decided elsewhere.

mod checkout;
mod command;
mod failure;
mod progress;
mod setup;

use std::env;
use std::process::ExitCode;

use checkout::Checkout;
use failure::{Done, Failure};
use setup::Need;

const USAGE: &str = "\
cargo xtask setup                                 find or fetch every tool
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Checkout::find().and_then(|checkout| perform(&checkout, &words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(checkout: &Checkout, words: &[&str]) -> Done {
    match words {
        ["setup"] => setup::ensure(checkout, Need::Test).map(|_| eprintln!("Set-up: complete")),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::new(format!("`{}` is not a command.", words.join(" "))).advise(USAGE)),
    }
}
