//! A compiler for wasm32: rustup's, else Debian's in the cache.
//!
//! The browsers' packages of Debian (`rustc-web` and its kin) hold a recent compiler with the
//! sources of its std, vendored; what they lack is that std built for wasm32-unknown-unknown.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::debian;
use crate::checkout::{Checkout, copy, list, make_folder, read, remove_folder, write};
use crate::command::{command, on_path, run, succeeds, text};
use crate::failure::{Done, Failure, OrFail};
use crate::progress::{Progress, Step};

const TARGET: &str = "wasm32-unknown-unknown";

/// Written last, so that a folder without it is an interrupted set-up.
const COMPLETE: &str = "complete";

/// Makes sure that something compiles for wasm32.
///
/// Answers the folder with the programs to use instead of the ordinary ones, if any.
pub(super) fn ensure(checkout: &Checkout, progress: &Progress) -> Done<Option<PathBuf>> {
    let step = progress.step("Rust for wasm32");
    let sysroot = ask_rustc(checkout, &["--print", "sysroot"])?;
    let found = if Path::new(&sysroot)
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        None
    } else if let Some(home) = cached(&checkout.cache)? {
        Some(wrap(checkout, &home, &sysroot)?)
    } else if added_by_rustup(checkout, &step) {
        None
    } else {
        let home = from_debian(checkout, &sysroot, &step).map_err(|failure| {
            failure.advise(format!(
                "Run `rustup target add {TARGET}` where rustup can download, and try again."
            ))
        })?;
        Some(wrap(checkout, &home, &sysroot)?)
    };
    step.done();
    Ok(found)
}

/// The folder of the compiler that the checkout is built with.
pub(super) fn sysroot(checkout: &Checkout) -> Done<String> {
    ask_rustc(checkout, &["--print", "sysroot"])
}

/// Whether that compiler has a std for wasm32.
pub(super) fn has_target(sysroot: &str) -> bool {
    Path::new(sysroot).join("lib/rustlib").join(TARGET).is_dir()
}

fn ask_rustc(checkout: &Checkout, arguments: &[&str]) -> Done<String> {
    let mut rustc = command("rustc");
    rustc.args(arguments).current_dir(&checkout.root);
    text(rustc, "Asking rustc where it is")
        .map_err(|failure| failure.advise("Install Rust with rustup, and try again."))
}

/// The newest of Debian's compilers that an earlier set-up has made complete.
fn cached(cache: &Path) -> Done<Option<PathBuf>> {
    let homes = list(&cache.join("rust"))?;
    Ok(homes
        .into_iter()
        .rfind(|home| home.join(COMPLETE).is_file()))
}

fn added_by_rustup(checkout: &Checkout, step: &Step<'_>) -> bool {
    if on_path("rustup").is_none() {
        return false;
    }
    step.say("rustup target add");
    let mut rustup = command("rustup");
    rustup
        .args(["target", "add", TARGET])
        .current_dir(&checkout.root);
    succeeds(rustup)
}

/// Unpacks Debian's compiler and builds its std for wasm32.
fn from_debian(checkout: &Checkout, sysroot: &str, step: &Step<'_>) -> Done<PathBuf> {
    if !debian::is_here() {
        return Err(Failure::new(format!(
            "A std for {TARGET} was looked for in rustc's own folder and asked of rustup, in vain."
        )));
    }
    let apt = debian::Apt::update(checkout, step)?;
    let version = apt.candidate("rustc-web")?;
    let home = checkout.cache.join("rust").join(&version);
    remove_folder(&home)?;
    apt.unpack(&packages(&apt, &version)?, &home, step)?;
    trim(&home)?;
    let programs = wrap(checkout, &home, sysroot)?;
    build_std(checkout, &home, &programs.join("rustc"), step)?;
    write(&home.join(COMPLETE), version)?;
    Ok(home)
}

/// The packages of one version that belong together, and the LLVM that they are linked with.
fn packages(apt: &debian::Apt, version: &str) -> Done<Vec<(String, String)>> {
    // The library's name ends with the compiler's version, such as libstd-rust-web-1.96.
    let is_std = |name: &String| {
        name.strip_prefix("libstd-rust-web-")
            .is_some_and(|end| end.starts_with(|c: char| c.is_ascii_digit()))
    };
    let needs = apt.depends("libstd-rust-web-dev", version)?;
    let std = needs.into_iter().find(is_std).ok_or_else(|| {
        Failure::new("Debian's libstd-rust-web-dev was searched for its library in vain.")
    })?;
    let needs = apt.depends(&std, version)?;
    let mut packages = Vec::new();
    for llvm in needs.into_iter().filter(|name| name.starts_with("libllvm")) {
        let version = apt.candidate(&llvm)?;
        packages.push((llvm, version));
    }
    let names = [
        "rustc-web",
        &std,
        "libstd-rust-web-dev",
        "rust-web-src",
        "rust-web-clippy",
    ];
    packages.extend(names.map(|name| (name.to_owned(), version.to_owned())));
    Ok(packages)
}

/// Removes the compiler's own sources, most of what was unpacked: only those of std are used.
fn trim(home: &Path) -> Done {
    for sources in list(&home.join("usr/src"))? {
        for part in list(&sources)? {
            if part.is_dir() && !part.ends_with("library") {
                remove_folder(&part)?;
            }
        }
    }
    Ok(())
}

/// Writes the scripts that run Debian's compiler, and its linker: the one of the ordinary Rust.
fn wrap(checkout: &Checkout, home: &Path, sysroot: &str) -> Done<PathBuf> {
    let host = host(checkout)?;
    let linker = Path::new(sysroot)
        .join("lib/rustlib")
        .join(&host)
        .join("bin/rust-lld");
    if !linker.is_file() {
        return Err(Failure::new(format!(
            "The linker for wasm32 was looked for at {}, in vain.",
            linker.display()
        ))
        .advise("Install Rust with rustup, whose toolchains hold it."));
    }
    // It must run from its own folder, so it is called, not copied.
    let call = format!("exec \"{}\" \"$@\"\n", linker.display());
    script(
        &home
            .join("usr/lib/rustlib")
            .join(&host)
            .join("bin/rust-lld"),
        &call,
    )?;
    let libraries = list(&home.join("usr/lib"))?
        .into_iter()
        .find(|folder| folder.to_string_lossy().ends_with("-linux-gnu"))
        .ok_or_else(|| Failure::new("Debian's compiler came without its libraries."))?;
    let programs = home.join("bin");
    for program in ["rustc", "cargo-clippy"] {
        let call = format!(
            "LD_LIBRARY_PATH=\"{}\" exec \"{}\" \"$@\"\n",
            libraries.display(),
            home.join("usr/bin").join(program).display()
        );
        script(&programs.join(program), &call)?;
    }
    Ok(programs)
}

fn host(checkout: &Checkout) -> Done<String> {
    ask_rustc(checkout, &["-vV"])?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| Failure::new("rustc was asked for its host and did not name it."))
}

/// Writes a shell script, unless it is there already: another checkout may be running it.
fn script(path: &Path, call: &str) -> Done {
    let text = format!("#!/bin/sh\n{call}");
    if path.is_file() && read(path)? == text {
        return Ok(());
    }
    write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .or_fail(|| format!("Making {} executable failed", path.display()))
}

/// Builds std on the way to an empty library, and keeps it.
fn build_std(checkout: &Checkout, home: &Path, rustc: &Path, step: &Step<'_>) -> Done {
    let empty = home.join("empty");
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
    write(&empty.join("Cargo.toml"), manifest)?;
    write(&empty.join("src/lib.rs"), "")?;
    let mut cargo = command("cargo");
    // `-Z` is for nightlies; Debian's compiler and its std are of one version, so it is safe here.
    // Without bitcode, link-time optimisation of what is linked with std would fail.
    cargo
        .args([
            "build",
            "--release",
            "-Zbuild-std=std,panic_abort,test",
            "--target",
            TARGET,
        ])
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .current_dir(&empty);
    run(
        cargo,
        "Building std for wasm32",
        &checkout.log("setup-std"),
        |line| step.say(line),
    )?;
    let built = empty.join("target").join(TARGET).join("release/deps");
    let kept = home.join("usr/lib/rustlib").join(TARGET).join("lib");
    make_folder(&kept)?;
    for library in list(&built)? {
        let name = library
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            copy(&library, &kept.join(name))?;
        }
    }
    remove_folder(&empty)
}
