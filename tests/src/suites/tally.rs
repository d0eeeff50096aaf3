//! Counting what test runners report.

use std::fmt;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Tests and checks that passed.
    pub passed: u64,
    /// Those that failed, or were cancelled.
    pub failed: u64,
}

impl Tally {
    /// Adds what a line of output reports; other lines add nothing.
    pub fn read(&mut self, line: &str) {
        if let Some(counts) = line.trim().strip_prefix("test result: ") {
            self.read_cargo(counts);
        } else if let Some(count) = line.trim().strip_prefix("ℹ ") {
            self.read_node(count);
        }
    }

    /// cargo and wasm-bindgen: `ok. 3 passed; 1 failed; 0 ignored; …`.
    fn read_cargo(&mut self, counts: &str) {
        let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
        for part in counts.split(';') {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    /// Node's `spec` reporter: `ℹ pass 3`.
    fn read_node(&mut self, count: &str) {
        match count.split_once(' ') {
            Some(("pass", number)) => self.passed += number.parse().unwrap_or(0),
            Some(("fail" | "cancelled", number)) => self.failed += number.parse().unwrap_or(0),
            _ => {}
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Adds a check that is not a test of a runner's.
    pub fn check(&mut self, passed: bool) {
        self.passed += u64::from(passed);
        self.failed += u64::from(!passed);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn tally(lines: &[&str]) -> (u64, u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        (tally.passed, tally.failed)
    }

    #[test]
    fn adds_up_the_lines_of_cargo() {
        let lines = [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        assert_eq!(tally(&lines), (14, 1));
    }

    #[test]
    fn counts_what_node_cancelled_as_failed() {
        let lines = [
            "✔ pays (12 ms)",
            "ℹ tests 6",
            "ℹ pass 3",
            "ℹ fail 1",
            "ℹ cancelled 2",
        ];
        assert_eq!(tally(&lines), (3, 3));
    }
}
