//! README.md quotes the table of the last run, between two lines that mark the place.

use super::report::MARKDOWN;
use crate::checkout::{Checkout, read, write};
use crate::failure::{Done, Failure};

const BEGIN: &str = "<!-- figures: `cargo xtask bench`, then `cargo xtask bench --readme` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// Puts the table of the last run into README.md.
pub fn quote(checkout: &Checkout) -> Done {
    let table = checkout.target(MARKDOWN);
    if !table.is_file() {
        let failure = Failure::new("Nothing was measured yet.");
        return Err(failure.advise("Run `cargo xtask bench` before."));
    }
    let path = checkout.folder("README.md");
    let text = replaced(&read(&path)?, &read(&table)?)
        .ok_or_else(|| Failure::new(format!("README.md was searched for {BEGIN:?} in vain.")))?;
    write(&path, text)
}

/// The text with another table between its marks; none if it lacks them.
fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n\n{END}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, replaced};

    #[test]
    fn replaces_what_stands_between_the_marks_and_nothing_else() {
        let text = format!("# A\n{BEGIN}old\n{END}# B\n");
        let once = replaced(&text, "new\n").unwrap();
        assert_eq!(once, format!("# A\n{BEGIN}\nnew\n\n{END}# B\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert_eq!(replaced("# A\n", "new"), None);
    }

    #[test]
    fn finds_its_marks_in_the_readme() {
        assert!(replaced(include_str!("../../../README.md"), "new").is_some());
    }
}
