//! How long lists and searches take while a till's orders grow.
//!
//! In scope: one till on a plain `workerd`, filled by `tests/bench/lists/filling.js`; asked by
//! `tests/bench/lists.mjs`.

use std::collections::BTreeMap;

use serde_json::json;

use super::report::{Figure, Report, Target};
use crate::checkout::{Checkout, remove_folder};
use crate::command::command;
use crate::failure::{Done, Failure, OrFail};
use crate::setup::Tools;
use crate::stack::{put_before, with_channels_at};

/// The name of this part.
pub(super) const PART: &str = "lists";

/// How long 95 of 100 answers may take with the most orders.
const P95_MS_MAX: f64 = 200.0;

/// What is measured once for all orders, and not asked for by anybody who waits.
const IN_BULK: [&str; 2] = ["export of all", "taking an order into the index"];

/// No channel is asked anything.
const NO_GATEWAY: &str = "http://127.0.0.1:9";

/// Milliseconds by number of orders and by what was asked for.
type Measured = BTreeMap<u32, BTreeMap<String, Vec<f64>>>;

/// Starts a worker, has it filled and asked, and adds the figures.
pub(super) fn measure(checkout: &Checkout, tools: &Tools, report: &mut Report) -> Done {
    let state = checkout.target("bench-lists");
    remove_folder(&state)?;
    let (workerd, token) = with_channels_at(checkout, tools, &state, NO_GATEWAY)?;
    let front = "bench/lists/filling.js";
    put_before(checkout, &workerd.worker, front)?;
    let mut server = workerd.launch()?;
    server.wait()?;
    let place = json!({ "url": server.url, "ownerToken": token });
    let mut node = command("node");
    node.args(["bench/lists.mjs", &place.to_string()])
        .current_dir(checkout.folder("tests"))
        .stderr(std::process::Stdio::inherit());
    let output = node.output().or_fail(|| "Asking for lists failed".into())?;
    if !output.status.success() {
        return Err(Failure::new("Asking for lists failed."));
    }
    let measured: Measured = serde_json::from_slice(&output.stdout)
        .or_fail(|| "Reading what lists took failed".into())?;
    let most = measured.keys().max().copied();
    for (count, ways) in &measured {
        for (way, took_ms) in ways {
            let much = format!("{count} orders");
            report.add(Figure::new(PART, way, "ms", took_ms).with(&much));
            if IN_BULK.contains(&way.as_str()) {
                continue;
            }
            let slow = [percentile(took_ms, 95)];
            let slow = Figure::new(PART, format!("{way}: p95"), "ms", &slow).with(&much);
            report.add(if Some(*count) == most {
                slow.target(Target::at_most(P95_MS_MAX))
            } else {
                slow
            });
        }
    }
    drop(server);
    remove_folder(&state)
}

/// The value that so many of a hundred do not exceed.
fn percentile(values: &[f64], of_hundred: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * of_hundred).div_ceil(100);
    let found = sorted.get(rank.saturating_sub(1));
    found.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50).to_bits(), 50.0_f64.to_bits());
        assert_eq!(percentile(&values, 95).to_bits(), 95.0_f64.to_bits());
        assert_eq!(percentile(&[7.0], 95).to_bits(), 7.0_f64.to_bits());
        assert_eq!(percentile(&[], 95).to_bits(), 0.0_f64.to_bits());
    }
}
