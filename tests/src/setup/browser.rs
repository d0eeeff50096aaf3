//! A Chromium for the tests, and a font with Chinese characters.

use std::env;
use std::path::PathBuf;

use crate::checkout::{Checkout, list};
use crate::command::{command, on_path, run, succeeds, text};
use crate::failure::{Done, Failure};
use crate::progress::Progress;

/// Programs on the PATH that are Chromium, by whatever name.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Where macOS keeps it.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Below a browser's folder in Playwright's cache.
const IN_PLAYWRIGHT: [&str; 5] = [
    "chrome-linux64/chrome",
    "chrome-linux/chrome",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
];

/// Finds a Chromium, or has Debian's installed.
pub(super) fn ensure(checkout: &Checkout, progress: &Progress) -> Done<PathBuf> {
    let step = progress.step("Chromium");
    let mut missing = Vec::new();
    if find().is_none() {
        missing.push("chromium");
    }
    if !has_chinese_font() {
        missing.push("fonts-noto-cjk");
    }
    if !missing.is_empty() {
        let installed = apt_install(checkout, &missing, |line| step.say(line));
        // Without the font, Chinese texts are boxes, but every test still runs.
        if let (Err(failure), true) = (installed, missing.contains(&"chromium")) {
            return Err(failure);
        }
    }
    let found = find().ok_or_else(|| {
        Failure::new("Chromium was installed, but is not on the PATH.")
            .advise("Name it with the variable CHROMIUM.")
    })?;
    step.done();
    Ok(found)
}

fn find() -> Option<PathBuf> {
    env::var_os("CHROMIUM")
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .or_else(|| NAMES.into_iter().find_map(on_path))
        .or_else(|| {
            APPLICATIONS
                .into_iter()
                .map(PathBuf::from)
                .find(|path| path.is_file())
        })
        .or_else(in_playwright)
}

/// The newest Chromium that Playwright has installed for this user.
fn in_playwright() -> Option<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folders = [
        env::var_os("PLAYWRIGHT_BROWSERS_PATH").map(PathBuf::from),
        Some(home.join(".cache/ms-playwright")),
        Some(home.join("Library/Caches/ms-playwright")),
    ];
    let browsers = folders
        .into_iter()
        .flatten()
        .filter_map(|folder| list(&folder).ok())
        .flatten();
    browsers
        .filter(|folder| {
            folder
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("chromium-"))
        })
        .flat_map(|folder| IN_PLAYWRIGHT.map(|program| folder.join(program)))
        .rfind(|path| path.is_file())
}

/// Whether fontconfig knows one; where there is no fontconfig, the system brings its own.
fn has_chinese_font() -> bool {
    if cfg!(target_os = "macos") || on_path("fc-list").is_none() {
        return true;
    }
    let mut fonts = command("fc-list");
    fonts.args([":lang=zh-cn", "family"]);
    text(fonts, "Listing fonts").is_ok_and(|fonts| !fonts.is_empty())
}

/// Installs packages as root, where that needs no password.
fn apt_install(checkout: &Checkout, packages: &[&str], mut say: impl FnMut(&str)) -> Done {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let advice = if on_path("apt-get").is_some() {
        format!("Run `{by_hand}` as root, or name a Chromium with the variable CHROMIUM.")
    } else {
        "Install Chromium or Chrome, or name one with the variable CHROMIUM.".to_owned()
    };
    let Some(root) = root_prefix() else {
        let tried = "Chromium was looked for on the PATH, in Playwright's cache and in CHROMIUM.";
        return Err(Failure::new(tried).advise(advice));
    };
    for arguments in [
        &["update"][..],
        &["install", "--yes", "--no-install-recommends"][..],
    ] {
        let mut words = root.iter().copied().chain(["apt-get"]);
        let mut apt = command(words.next().unwrap_or("apt-get"));
        apt.args(words)
            .arg("--quiet")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        if arguments.len() > 1 {
            apt.args(packages);
        }
        run(
            apt,
            &format!("Running `{by_hand}`"),
            &checkout.log("setup-browser"),
            &mut say,
        )
        .map_err(|failure| failure.advise(advice.clone()))?;
    }
    Ok(())
}

/// What to put before a command so that root runs it: nothing for root itself.
fn root_prefix() -> Option<Vec<&'static str>> {
    on_path("apt-get")?;
    let mut id = command("id");
    id.arg("-u");
    if text(id, "Asking for the user's id").is_ok_and(|id| id == "0") {
        return Some(Vec::new());
    }
    let mut sudo = command("sudo");
    sudo.args(["-n", "true"]);
    succeeds(sudo).then(|| vec!["sudo", "-n"])
}
