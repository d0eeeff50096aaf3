//! Figures, and the table and file that tell them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use super::machine::{Machine, now, versions};
use crate::checkout::{Checkout, write};
use crate::failure::{Done, OrFail};
use crate::setup::Tools;

/// Where the figures are written, below `target`.
const JSON: &str = "bench.json";

/// Where the table is written, below `target`.
pub(super) const MARKDOWN: &str = "bench.md";

/// Median, minimum and maximum of what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one; with an even number the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How many values it sums up.
    pub samples: usize,
}

impl Spread {
    /// Sums up values; none make a spread of zeros with no samples.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        Spread {
            median: (at(last / 2) + at(last.div_ceil(2))) / 2.0,
            min: at(0),
            max: at(last),
            samples: sorted.len(),
        }
    }

    /// The median, and how far the others were from it.
    fn shown(&self, unit: &str) -> String {
        let median = shown(self.median, unit);
        if self.samples < 2 {
            return median;
        }
        let (min, max) = (shown(self.min, unit), shown(self.max, unit));
        format!("{median} ({min}–{max})")
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Bound {
    AtLeast,
    AtMost,
}

/// What a figure is held against: a limit that counts now, and one that is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Target {
    bound: Bound,
    /// Whether the limits are of the ratio to the peer, not of the figure itself.
    of_ratio: bool,
    now: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<f64>,
}

impl Target {
    /// The median is to be this or less.
    pub fn at_most(limit: f64) -> Self {
        Target {
            bound: Bound::AtMost,
            of_ratio: false,
            now: limit,
            aim: None,
        }
    }

    /// The median is to be this or more.
    pub fn at_least(limit: f64) -> Self {
        Target {
            bound: Bound::AtLeast,
            ..Target::at_most(limit)
        }
    }

    /// The limits are of the ratio (ours divided by the peer's) instead.
    #[must_use]
    pub fn of_ratio(mut self) -> Self {
        self.of_ratio = true;
        self
    }

    /// Adds what is aimed at.
    #[must_use]
    pub fn aim(mut self, aim: f64) -> Self {
        self.aim = Some(aim);
        self
    }

    fn verdict(&self, value: f64) -> Verdict {
        let holds = |limit: f64| match self.bound {
            Bound::AtLeast => value >= limit,
            Bound::AtMost => value <= limit,
        };
        match self.aim {
            Some(aim) if holds(aim) => Verdict::Aim,
            _ if holds(self.now) => Verdict::Within,
            _ => Verdict::Missed,
        }
    }

    fn describe(&self, unit: &str) -> String {
        let sign = match self.bound {
            Bound::AtLeast => '≥',
            Bound::AtMost => '≤',
        };
        let number = |limit: f64| match self.of_ratio {
            true => format!("{limit}×"),
            false => shown(limit, unit),
        };
        let aim = self.aim.map(|aim| format!(", aim {sign} {}", number(aim)));
        format!("{sign} {}{}", number(self.now), aim.unwrap_or_default())
    }
}

/// How a figure stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What is aimed at is reached.
    Aim,
    /// What counts now is kept.
    Within,
    /// It is not.
    Missed,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    part: String,
    name: String,
    /// With how much it was measured, such as `1000 orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    unit: String,
    #[serde(flatten)]
    ours: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<Peer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Target>,
}

/// What stands beside a figure: the same, measured of another program in the same run.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Peer {
    name: String,
    #[serde(flatten)]
    spread: Spread,
    /// Our median divided by the peer's.
    ratio: Option<f64>,
}

impl Figure {
    /// A figure of a part, such as `server`, from what was measured, in a unit such as `ms`.
    pub fn new(part: &str, name: impl Into<String>, unit: &str, values: &[f64]) -> Self {
        Figure {
            part: part.to_owned(),
            name: name.into(),
            with: None,
            unit: unit.to_owned(),
            ours: Spread::of(values),
            peer: None,
            target: None,
        }
    }

    /// Sets with how much it was measured: figures of one name that differ in it share a row.
    #[must_use]
    pub fn with(mut self, much: impl Into<String>) -> Self {
        self.with = Some(much.into());
        self
    }

    /// Sets what stands beside it.
    #[must_use]
    pub fn peer(mut self, name: impl Into<String>, values: &[f64]) -> Self {
        let spread = Spread::of(values);
        self.peer = Some(Peer {
            name: name.into(),
            spread,
            ratio: (spread.median > 0.0).then(|| self.ours.median / spread.median),
        });
        self
    }

    /// Sets what it is held against.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.peer.as_ref()?.ratio
    }

    /// How it stands to its target; none without one, or without a ratio that the target is of.
    pub fn verdict(&self) -> Option<Verdict> {
        let target = self.target?;
        let value = match target.of_ratio {
            true => self.ratio()?,
            false => self.ours.median,
        };
        Some(target.verdict(value))
    }

    /// The figure, its target and how it stands to it, as a line for whoever waits.
    fn line(&self) -> String {
        match &self.with {
            Some(much) => format!("{much}, {}", self.row()),
            None => self.row(),
        }
    }

    fn row(&self) -> String {
        let peer = self.peer.as_ref();
        let peer = peer.map(|p| format!("{}: {}", p.name, p.spread.shown(&self.unit)));
        let ratio = self.ratio().map(|ratio| format!("{ratio:.2}×"));
        let (target, verdict) = self.judged();
        format!(
            "| {} | {} | {} | {} | {} | {target} | {verdict} |",
            self.name,
            self.unit,
            self.ours.shown(&self.unit),
            peer.unwrap_or_default(),
            ratio.unwrap_or_default(),
        )
    }

    /// What it is held against, and how it stands to that, in words.
    fn judged(&self) -> (String, &'static str) {
        let target = self.target.map(|target| target.describe(&self.unit));
        let verdict = self.verdict().map(|verdict| match verdict {
            Verdict::Aim => "aim reached",
            Verdict::Within => "kept",
            Verdict::Missed => "**missed**",
        });
        (target.unwrap_or_default(), verdict.unwrap_or_default())
    }
}

/// As many digits as mean something.
fn shown(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        _ if unit == "bytes" || unit == "inputs" => 0,
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// All figures of a run, with the machine and the versions they were measured on.
#[derive(Debug)]
pub struct Report {
    date: String,
    machine: Machine,
    versions: BTreeMap<String, String>,
    figures: Vec<Figure>,
}

impl Report {
    /// A report without figures.
    pub fn begin(checkout: &Checkout, tools: &Tools) -> Done<Self> {
        Ok(Report {
            date: now()?,
            machine: Machine::read()?,
            versions: versions(checkout, tools),
            figures: Vec::new(),
        })
    }

    /// Adds a figure, and says it.
    pub fn add(&mut self, figure: Figure) {
        eprintln!("  {}", figure.line());
        self.figures.push(figure);
    }

    /// Notes the version of a program or package that a figure depends on.
    pub fn version(&mut self, name: &str, version: &str) {
        self.versions.insert(name.to_owned(), version.to_owned());
    }

    /// The figures of a part that miss their targets.
    pub fn missed(&self, part: &str) -> Vec<&str> {
        let missed = |f: &&Figure| f.part == part && f.verdict() == Some(Verdict::Missed);
        self.figures
            .iter()
            .filter(missed)
            .map(|f| f.name.as_str())
            .collect()
    }

    /// Writes `target/bench.json` and `target/bench.md`, and answers the latter's text.
    pub fn write(&self, checkout: &Checkout) -> Done<String> {
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| json!({ "verdict": figure.verdict(), "figure": figure }))
            .collect();
        let report = json!({
            "date": self.date,
            "machine": self.machine,
            "versions": self.versions,
            "figures": figures,
        });
        let text = serde_json::to_string_pretty(&report)
            .or_fail(|| "Writing the figures failed".into())?;
        write(&checkout.target(JSON), text)?;
        let table = self.markdown();
        write(&checkout.target(MARKDOWN), &table)?;
        Ok(table)
    }

    /// The table, under a line that says when and where.
    fn markdown(&self) -> String {
        let day = self.date.split('T').next().unwrap_or_default();
        let mut text = format!("Measured on {day}: {}", self.machine.describe());
        for (name, version) in &self.versions {
            // Writing into a String cannot fail.
            write!(text, "; {name} {version}").ok();
        }
        text.push_str(".\n\n| what | unit | median (min–max) | beside | ratio | target | |\n");
        text.push_str("|---|---|---|---|---|---|---|\n");
        for figure in self.figures.iter().filter(|figure| figure.with.is_none()) {
            text.push_str(&figure.row());
            text.push('\n');
        }
        text.push_str(&growth(&self.figures));
        text
    }
}

/// A table of the figures that were measured with more and more of something: a column for each,
/// in the order in which they were added. Empty without such figures.
fn growth(figures: &[Figure]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    let mut rows: Vec<(&str, Vec<&Figure>)> = Vec::new();
    for figure in figures {
        let Some(much) = &figure.with else { continue };
        if !columns.contains(&much.as_str()) {
            columns.push(much);
        }
        match rows.iter_mut().find(|(name, _)| *name == figure.name) {
            Some((_, row)) => row.push(figure),
            None => rows.push((&figure.name, vec![figure])),
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n| what | unit | {} | target | |\n", columns.join(" | "));
    text.push_str(&format!("|{}\n", "---|".repeat(columns.len() + 4)));
    for (name, row) in rows {
        let cells = columns.iter().map(|column| {
            let found = row.iter().find(|f| f.with.as_deref() == Some(column));
            found.map_or(String::new(), |f| f.ours.shown(&f.unit))
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let judged = row.iter().find(|f| f.target.is_some());
        let (target, verdict) = judged.map(|f| f.judged()).unwrap_or_default();
        let unit = row.first().map_or("", |f| f.unit.as_str());
        // Writing into a String cannot fail.
        writeln!(text, "| {name} | {unit} | {cells} | {target} | {verdict} |").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Figure, Spread, Target, Verdict, growth};

    #[test]
    fn sums_up_odd_and_even_numbers_of_values() {
        let odd = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!(
            (odd.median, odd.min, odd.max, odd.samples),
            (2.0, 1.0, 3.0, 3)
        );
        let even = Spread::of(&[4.0, 1.0, 2.0, 8.0]);
        assert_eq!((even.median, even.min, even.max), (3.0, 1.0, 8.0));
        assert_eq!(Spread::of(&[]).samples, 0);
    }

    #[test]
    fn holds_a_figure_against_its_limit_and_its_aim() {
        let verdict = |value: f64| {
            let target = Target::at_most(64.0).aim(48.0);
            Figure::new("bytes", "frame", "KB", &[value])
                .target(target)
                .verdict()
        };
        assert_eq!(verdict(48.0), Some(Verdict::Aim));
        assert_eq!(verdict(48.1), Some(Verdict::Within));
        assert_eq!(verdict(64.1), Some(Verdict::Missed));
        assert_eq!(Figure::new("bytes", "frame", "KB", &[1.0]).verdict(), None);
    }

    #[test]
    fn holds_a_ratio_against_its_limit() {
        let verdict = |floor: f64| {
            let target = Target::at_least(0.5).aim(0.7).of_ratio();
            let figure = Figure::new("server", "payments", "1/s", &[50.0]);
            figure.peer("floor", &[floor]).target(target).verdict()
        };
        assert_eq!(verdict(60.0), Some(Verdict::Aim));
        assert_eq!(verdict(100.0), Some(Verdict::Within));
        assert_eq!(verdict(101.0), Some(Verdict::Missed));
        assert_eq!(verdict(0.0), None);
    }

    #[test]
    fn tells_a_figure_in_one_row() {
        let figure = Figure::new("server", "CPU per payment", "ms", &[4.0, 5.0, 6.0])
            .peer("floor", &[2.0, 2.5, 12.25])
            .target(Target::at_most(10.0));
        assert_eq!(
            figure.row(),
            "| CPU per payment | ms | 5.00 (4.00–6.00) | floor: 2.50 (2.00–12.2) | 2.00× \
             | ≤ 10.0 | kept |"
        );
    }

    #[test]
    fn tells_growth_in_columns() {
        let of = |much: &str, ms: f64| Figure::new("lists", "newest: p95", "ms", &[ms]).with(much);
        let figures = [
            of("1000 orders", 2.0),
            Figure::new("lists", "export", "ms", &[1.0, 2.0, 3.0]).with("1000 orders"),
            Figure::new("bytes", "elsewhere", "bytes", &[1.0]),
            of("100000 orders", 300.0).target(Target::at_most(200.0)),
        ];
        assert_eq!(
            growth(&figures),
            "\n| what | unit | 1000 orders | 100000 orders | target | |\n\
             |---|---|---|---|---|---|\n\
             | newest: p95 | ms | 2.00 | 300 | ≤ 200 | **missed** |\n\
             | export | ms | 2.00 (1.00–3.00) |  |  |  |\n"
        );
        assert_eq!(growth(&[]), "");
    }
}
