//! Minutes of random inputs for every parser that reads what a stranger sends.

use super::report::{Figure, Report};
use crate::checkout::Checkout;
use crate::failure::{Done, Failure};
use crate::fuzz;

/// The name of this part.
pub(super) const PART: &str = "fuzz";

/// Fuzzes each target, and tells how much was tried.
///
/// Fails where an input breaks a target, after the others have run.
pub(super) fn measure(checkout: &Checkout, report: &mut Report) -> Done {
    let mut found = Vec::new();
    for result in fuzz::long(checkout)? {
        match result {
            // A run of minutes tries far less than 2^53.
            Ok(tried) => report.add(Figure::new(
                PART,
                format!("Inputs that broke nothing: {}", tried.target),
                "inputs",
                &[tried.inputs as f64],
            )),
            Err(failure) => found.push(failure.to_string()),
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::new(found.join("\n\n")))
}
