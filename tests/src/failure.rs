//! Why a command of `cargo xtask` cannot go on.

use std::fmt;

/// What a step of the tools answers.
pub type Done<T = ()> = Result<T, Failure>;

/// One clear sentence or two: what was tried, and what to do.
#[derive(Clone, Debug)]
pub struct Failure {
    tried: String,
    advice: Option<String>,
    output: Vec<String>,
}

impl Failure {
    /// A failure that says what was tried and how it ended.
    pub fn new(tried: impl Into<String>) -> Self {
        Failure {
            tried: tried.into(),
            advice: None,
            output: Vec::new(),
        }
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Says which part of the whole it is about.
    #[must_use]
    pub fn about(mut self, part: &str) -> Self {
        self.tried = format!("{part}: {}", self.tried);
        self
    }

    /// Adds the last lines that the failed program printed.
    #[must_use]
    pub fn with_output(mut self, output: Vec<String>) -> Self {
        self.output = output;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.output {
            writeln!(f, "  | {line}")?;
        }
        f.write_str(&self.tried)?;
        match &self.advice {
            Some(advice) => write!(f, " {advice}"),
            None => Ok(()),
        }
    }
}

/// Turns any error into a [`Failure`] that says what was tried.
pub trait OrFail<T> {
    /// `tried` is the beginning of the sentence, such as "Reading Cargo.lock failed".
    fn or_fail(self, tried: impl FnOnce() -> String) -> Done<T>;
}

impl<T, E: fmt::Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, tried: impl FnOnce() -> String) -> Done<T> {
        self.map_err(|error| Failure::new(format!("{}: {error}.", tried())))
    }
}
