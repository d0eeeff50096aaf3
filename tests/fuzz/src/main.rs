//! One program for all targets, because each would be linked with the same 30 MB.
//!
//! `CAUSEWAY_FUZZ_TARGET` names the target; arguments are libFuzzer's. With `CAUSEWAY_FUZZ_SEEDS`
//! it writes the first inputs of all targets to that folder, and ends.
#![no_main]

use std::env;
use std::path::Path;
use std::process::exit;
use std::sync::OnceLock;

use causeway_fuzz::{TARGETS, Target, seeds};
use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<Target> = OnceLock::new();

fuzz_target!(init: choose(), |data: &[u8]| {
    if let Some(target) = CHOSEN.get() {
        target(data);
    }
});

fn choose() {
    if let Some(folder) = env::var_os("CAUSEWAY_FUZZ_SEEDS") {
        write_seeds(Path::new(&folder));
    }
    let name = env::var("CAUSEWAY_FUZZ_TARGET").unwrap_or_default();
    let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        eprintln!("`{name}` is not a target.");
        exit(2);
    };
    CHOSEN.get_or_init(|| *target);
}

fn write_seeds(folder: &Path) -> ! {
    match seeds::write(folder) {
        Ok(count) => {
            println!("{count} seeds");
            exit(0);
        }
        Err(error) => {
            eprintln!("Writing the seeds failed: {error}");
            exit(2);
        }
    }
}
