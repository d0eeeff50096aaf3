//! What a person sees while steps run: a bar for the whole, a line for each running step.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// A set of steps, some of which run side by side.
#[derive(Debug)]
pub struct Progress {
    title: &'static str,
    lines: MultiProgress,
    whole: ProgressBar,
    terminal: bool,
}

impl Progress {
    /// Begins a set of `steps` steps, such as those of "Set-up".
    pub fn new(title: &'static str, steps: u64) -> Self {
        let terminal = stderr().is_terminal();
        let lines = MultiProgress::new();
        let whole = if terminal {
            let bar = lines.add(ProgressBar::new(steps));
            bar.set_style(style("{prefix:.bold} [{bar:24}] {pos}/{len}  {elapsed}"));
            bar.set_prefix(title);
            bar
        } else {
            ProgressBar::hidden()
        };
        Progress {
            title,
            lines,
            whole,
            terminal,
        }
    }

    /// Begins one step, named by what it brings, such as "wasm-bindgen 0.2.100".
    pub fn step(&self, name: &str) -> Step<'_> {
        let bar = if self.terminal {
            let bar = self.lines.add(ProgressBar::new_spinner());
            bar.set_style(style("  {spinner} {prefix}  {elapsed}  {msg:.dim}"));
            bar.set_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        } else {
            ProgressBar::hidden()
        };
        Step {
            progress: self,
            name: name.to_owned(),
            bar,
            begun: Instant::now(),
        }
    }

    /// Takes the bars away.
    pub fn end(&self) {
        self.whole.finish_and_clear();
    }
}

/// A style, or indicatif's own where the template is refused.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// One running step.
#[derive(Debug)]
pub struct Step<'a> {
    progress: &'a Progress,
    name: String,
    bar: ProgressBar,
    begun: Instant,
}

impl Step<'_> {
    /// Shows what the step is doing right now.
    pub fn say(&self, line: &str) {
        let line: String = line
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(70)
            .collect();
        self.bar.set_message(line);
    }

    /// Ends the step, and leaves a line that tells how long it took.
    pub fn done(self) {
        let line = format!(
            "{}: {} ({:.1} s)",
            self.progress.title,
            self.name,
            self.begun.elapsed().as_secs_f32()
        );
        if self.progress.terminal {
            self.bar.finish_and_clear();
            // A terminal that cannot be written to has nobody who reads it.
            self.progress.lines.println(&line).ok();
        } else {
            eprintln!("{line}");
        }
        self.progress.whole.inc(1);
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
