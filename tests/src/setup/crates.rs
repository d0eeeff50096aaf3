//! Tools that are built from crates, in the version that Cargo.lock asks for.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Need, debian};
use crate::checkout::{Checkout, make_folder, remove_folder};
use crate::command::{command, run, succeeds};
use crate::failure::{Done, Failure};
use crate::progress::{Progress, Step};

/// What checks licences, versions and sources of crates. Nothing else depends on its version.
pub(super) const CARGO_DENY: &str = "0.20.2";

/// Where the tools are.
pub(super) struct Crates {
    pub(super) wasm_bindgen: PathBuf,
    pub(super) wasm_test_runner: PathBuf,
    pub(super) worker_build: PathBuf,
    pub(super) cargo_deny: Option<PathBuf>,
}

/// Builds what is not in the cache.
pub(super) fn install(checkout: &Checkout, need: Need, progress: &Progress) -> Done<Crates> {
    let wasm_bindgen = checkout.locked_version("wasm-bindgen")?;
    let step = progress.step(&format!("wasm-bindgen {wasm_bindgen}"));
    let bindgen = ensure(
        checkout,
        &step,
        "wasm-bindgen-cli",
        &wasm_bindgen,
        "wasm-bindgen",
        |_| Ok(()),
    )?;
    step.done();
    // It is released together with the crate `worker`.
    let worker = checkout.locked_version("worker")?;
    let step = progress.step(&format!("worker-build {worker}"));
    let build = ensure(
        checkout,
        &step,
        "worker-build",
        &worker,
        "worker-build",
        |cargo| find_openssl(checkout, &step, cargo),
    )?;
    step.done();
    let cargo_deny = match need {
        Need::Run => None,
        Need::Test => Some(deny(checkout, progress)?),
    };
    Ok(Crates {
        wasm_bindgen: bindgen.join("wasm-bindgen"),
        wasm_test_runner: bindgen.join("wasm-bindgen-test-runner"),
        worker_build: build.join("worker-build"),
        cargo_deny,
    })
}

/// Builds cargo-deny.
fn deny(checkout: &Checkout, progress: &Progress) -> Done<PathBuf> {
    let (package, version) = ("cargo-deny", CARGO_DENY);
    let step = progress.step(&format!("{package} {version}"));
    let programs = ensure(checkout, &step, package, version, package, |_| Ok(()))?;
    step.done();
    Ok(programs.join(package))
}

/// Answers the folder with the programs of a package, after `cargo install` where needed.
fn ensure(
    checkout: &Checkout,
    step: &Step<'_>,
    package: &str,
    version: &str,
    program: &str,
    prepare: impl FnOnce(&mut Command) -> Done,
) -> Done<PathBuf> {
    let home = checkout
        .cache
        .join("cargo")
        .join(format!("{package}-{version}"));
    let programs = home.join("bin");
    if programs.join(program).is_file() {
        return Ok(programs);
    }
    let build = checkout.cache.join("build").join(package);
    make_folder(&checkout.cache)?;
    let mut cargo = command("cargo");
    prepare(&mut cargo)?;
    // Unoptimised: they are built in half the time, and run for seconds. Without `--locked`: a
    // mirror may lack a version that the package's own lock file names.
    cargo
        .args(["install", "--debug", "--force"])
        .arg(format!("{package}@{version}"))
        .arg("--root")
        .arg(&home)
        .env("CARGO_TARGET_DIR", &build)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .current_dir(&checkout.cache);
    let mut compiled = 0_u32;
    run(
        cargo,
        &format!("Installing {package} {version} with `cargo install`"),
        &checkout.log(&format!("setup-{package}")),
        |line| {
            compiled += u32::from(line.trim_start().starts_with("Compiling"));
            step.say(&format!("{compiled} compiled; {}", line.trim()));
        },
    )
    .map_err(|failure| {
        failure.advise("It needs the registry of Rust packages and a C compiler; mend what it names, and try again.")
    })?;
    remove_folder(&build)?;
    Ok(programs)
}

/// On Linux, `worker-build` links OpenSSL: the system's, else Debian's package in the cache.
fn find_openssl(checkout: &Checkout, step: &Step<'_>, cargo: &mut Command) -> Done {
    if cfg!(target_os = "macos") || system_has_openssl() {
        return Ok(());
    }
    let missing = || {
        Failure::new("The headers of OpenSSL, which worker-build links, were looked for in vain.")
            .advise("Run `apt-get install libssl-dev pkg-config` (or your system's like) as root.")
    };
    if !debian::is_here() {
        return Err(missing());
    }
    let home = openssl_from_debian(checkout, step).map_err(|failure| {
        eprintln!("{failure}");
        missing()
    })?;
    // Linked statically: the folder holds no libssl.so.3, which the system has in its own.
    cargo
        .env("OPENSSL_STATIC", "1")
        .env("OPENSSL_LIB_DIR", home.join("lib"))
        .env("OPENSSL_INCLUDE_DIR", home.join("include"));
    Ok(())
}

fn system_has_openssl() -> bool {
    let mut pkg_config = command("pkg-config");
    pkg_config.args(["--exists", "openssl"]);
    succeeds(pkg_config)
}

/// Unpacks `libssl-dev` and puts headers and libraries where the build looks for them.
fn openssl_from_debian(checkout: &Checkout, step: &Step<'_>) -> Done<PathBuf> {
    let home = checkout.cache.join("libssl-dev");
    if home.join("include/openssl/ssl.h").is_file() {
        return Ok(home);
    }
    remove_folder(&home)?;
    let apt = debian::Apt::update(checkout, step)?;
    let packages = [("libssl-dev".to_owned(), apt.candidate("libssl-dev")?)];
    let unpacked = home.join("package");
    apt.unpack(&packages, &unpacked, step)?;
    let headers = unpacked.join("usr/include/openssl");
    for part in crate::checkout::list(&unpacked.join("usr/lib"))? {
        copy_libraries(&part, &home.join("lib"))?;
    }
    for part in crate::checkout::list(&unpacked.join("usr/include"))? {
        copy_all(&part.join("openssl"), &home.join("include/openssl"))?;
    }
    copy_all(&headers, &home.join("include/openssl"))?;
    remove_folder(&unpacked)?;
    Ok(home)
}

/// Copies the static libraries of a folder.
fn copy_libraries(from: &Path, to: &Path) -> Done {
    for path in crate::checkout::list(from)? {
        if let (Some(name), true) = (path.file_name(), path.extension().is_some_and(|e| e == "a")) {
            crate::checkout::copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Copies the files of a folder.
fn copy_all(from: &Path, to: &Path) -> Done {
    for path in crate::checkout::list(from)? {
        if let (Some(name), true) = (path.file_name(), path.is_file()) {
            crate::checkout::copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}
