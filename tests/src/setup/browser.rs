//! A Chromium for the tests, and a font with Chinese characters.

use std::env;
use std::path::PathBuf;

use super::root::{self, Wish};
use crate::checkout::{Checkout, list};
use crate::command::{command, on_path, text};
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
        let wish = Wish {
            packages: &missing,
            tried: "Chromium was looked for on the PATH, in Playwright's cache and in CHROMIUM.",
            instead: ", or name a Chromium with the variable CHROMIUM",
            without_apt: "Install Chromium or Chrome, or name one with the variable CHROMIUM.",
            log: "setup-browser",
        };
        let installed = root::install(checkout, &wish, |line| step.say(line));
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
