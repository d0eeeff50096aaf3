//! What a shopper waits for: typing a card, paying, sealing, beside the forms and libraries of
//! others in the same Chromium. How it is measured is told in `tests/bench/`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::report::{Figure, Report, Target};
use crate::checkout::{Checkout, read, remove_folder};
use crate::command::{command, run};
use crate::failure::{Done, Failure, OrFail};
use crate::setup::Tools;
use crate::stack::{Rig, Runtime};

/// The name of this part.
pub(super) const PART: &str = "browser";

/// How often each is measured.
const ROUNDS: u32 = 15;

/// Where state, bundles and raw values are, below `target`.
const FOLDER: &str = "bench/browser";

/// The peers' forms, as the driver names them, with what they are called here.
const FORMS: [(&str, &str); 2] = [
    ("adyen", "Adyen's stands"),
    ("braintree", "Braintree's stands"),
];

/// The libraries, likewise.
const LIBRARIES: [(&str, &str); 2] = [("hpke", "hpke-js"), ("jose", "jose")];

/// The conditions of the forms, as the driver names them.
const CONDITIONS: [(&str, &str); 2] = [("desktop", "desktop"), ("phone", "phone, slow 4G")];

/// The conditions of the sealing, likewise.
const PROCESSORS: [(&str, &str); 2] = [("desktop", "desktop"), ("slow", "processor 4× slower")];

/// What a shopper waits for, with the driver's name.
const WAITS: [(&str, &str); 2] = [
    ("typable", "Until a card can be typed"),
    ("payable", "Until Pay works"),
];

/// The ways to embed the checkout, with the driver's name. In the first two the worker has a name
/// below the shop's, as in README.
const EMBEDDED: [(&str, &str); 3] = [
    ("ours", ""),
    ("named", " (frame made by the loader)"),
    ("apart", " (worker at another site)"),
];

/// Values by condition, subject and name.
type Values = BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<f64>>>>;

/// What the driver wrote.
#[derive(Deserialize)]
struct Measured {
    versions: BTreeMap<String, String>,
    forms: Values,
    sealing: Values,
}

/// Measures in Chromium, on a stack of its own.
pub(super) fn measure(checkout: &Checkout, tools: &Tools, report: &mut Report) -> Done {
    let folder = checkout.target(FOLDER);
    remove_folder(&folder)?;
    let mut rig = Rig::start(checkout, tools, Runtime::Workerd, &folder.join("stack"))?;
    let mut node = command("node");
    node.arg("bench/browser.mjs")
        .arg(ROUNDS.to_string())
        .arg(&folder)
        .current_dir(checkout.folder("tests"))
        .envs(rig.environment())
        .env("ESBUILD", &tools.esbuild)
        .envs(tools.chromium.iter().map(|path| ("CHROMIUM", path)));
    let log = checkout.log("bench-browser");
    run(node, "Measuring in Chromium", &log, |line| {
        eprintln!("{line}")
    })?;
    rig.check()?;
    let measured: Measured = serde_json::from_str(&read(&folder.join("browser.json"))?)
        .or_fail(|| "Reading what was measured failed".into())?;
    for (name, version) in &measured.versions {
        report.version(name, version);
    }
    add_forms(&measured.forms, report)?;
    add_sealing(&measured.sealing, report)
}

fn add_forms(forms: &Values, report: &mut Report) -> Done {
    for (condition, shown) in CONDITIONS {
        let of = |subject, name| values(forms, condition, subject, name);
        for (wait, what) in WAITS {
            for (ours, embedded) in EMBEDDED {
                for (peer, stands) in FORMS {
                    let name = format!("{what}{embedded}, {shown}");
                    let mut figure = Figure::new(PART, name, "ms", of(ours, wait)?)
                        .peer(stands, of(peer, "stands")?);
                    if (wait, peer) == ("typable", "adyen") {
                        figure = figure.target(Target::at_most(0.5).aim(0.25).of_ratio());
                    }
                    report.add(figure);
                }
            }
        }
        // The least that any checkout in a frame of its own can take.
        for (peer, stands) in FORMS {
            let name = format!("Until an empty frame of another site can be typed into, {shown}");
            let figure = Figure::new(PART, name, "ms", of("bare", "typable")?);
            report.add(figure.peer(stands, of(peer, "stands")?));
        }
        let name = format!("From pressing Pay to \"paid\", {shown}");
        report.add(Figure::new(PART, name, "ms", of("ours", "paid")?));
    }
    let (condition, _) = CONDITIONS[0];
    for (name, what) in [("bytes", "Bytes"), ("requests", "Requests")] {
        for (peer, stands) in FORMS {
            let ours = values(forms, condition, "ours", name)?;
            let theirs = values(forms, condition, peer, name)?;
            let figure = Figure::new(PART, format!("{what} until Pay works"), name, ours);
            report.add(figure.peer(stands, theirs));
        }
    }
    Ok(())
}

fn add_sealing(sealing: &Values, report: &mut Report) -> Done {
    let moments = [
        ("first", "Starting, and sealing the first card"),
        ("further", "Sealing a card"),
    ];
    for (condition, shown) in PROCESSORS {
        for (moment, what) in moments {
            for (library, called) in LIBRARIES {
                let ours = values(sealing, condition, "ours", moment)?;
                let theirs = values(sealing, condition, library, moment)?;
                let figure = Figure::new(PART, format!("{what}, {shown}"), "ms", ours);
                report.add(figure.peer(called, theirs));
            }
        }
    }
    Ok(())
}

fn values<'a>(all: &'a Values, condition: &str, subject: &str, name: &str) -> Done<&'a [f64]> {
    let found = all
        .get(condition)
        .and_then(|subjects| subjects.get(subject)?.get(name));
    found.map(Vec::as_slice).ok_or_else(|| {
        Failure::new(format!(
            "The driver told no {name} of {subject} on a {condition}."
        ))
    })
}
