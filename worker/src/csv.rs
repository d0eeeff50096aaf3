//! Tables as text (RFC 4180), for people who work with them in a spreadsheet.
//!
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front, which such
//! programs do not show; reading takes it away again, so that a table which was written and read
//! is the same.

use csv_core::{ReadRecordResult, ReaderBuilder};

/// What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), full-width forms
/// included.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
/// Says to spreadsheets that the text is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The most columns that are read.
const MAX_COLUMNS: usize = 1_000;

/// Adds a line.
pub fn write_line<'a>(text: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (i, cell) in cells.into_iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        write_cell(text, cell);
    }
    text.push_str("\r\n");
}

fn write_cell(text: &mut String, cell: &str) {
    let guard = if is_formula(cell) { "'" } else { "" };
    let plain = !cell.contains(['"', ',', ';', '\r', '\n', '\t'])
        && !cell.starts_with(' ')
        && !cell.ends_with(' ');
    if plain {
        text.push_str(guard);
        text.push_str(cell);
        return;
    }
    text.push('"');
    text.push_str(guard);
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

/// Apostrophes in front count as not there, so that no two cells are written the same.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// The cell as it was before it was written.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number; the first is 1. A cell with line breaks makes the next one larger by more.
    pub number: usize,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Why a text is not a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvError {
    /// It is not UTF-8.
    Encoding {
        /// In which line.
        line: usize,
    },
    /// A quote is not closed.
    Quote {
        /// Where it was opened.
        line: usize,
    },
    /// It has too many columns.
    Columns {
        /// In which line.
        line: usize,
    },
}

/// Reads a table, empty lines left out. Its cells are separated by comma, semicolon or tab, whichever
/// the first line has most of: spreadsheets write what the country of their user is used to.
///
/// # Errors
/// [`CsvError`].
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, CsvError> {
    let bytes = bytes
        .strip_prefix(BYTE_ORDER_MARK.as_bytes())
        .unwrap_or(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + breaks(before);
        return Err(CsvError::Encoding { line });
    }
    let mut reader = ReaderBuilder::new().delimiter(delimiter(bytes)).build();
    // A break at the end lets the reader say by itself that the last line is complete.
    let text = [bytes, b"\n"].concat();
    let (mut rest, mut uncounted) = (text.as_slice(), text.as_slice());
    let (mut output, mut ends) = (vec![0; text.len()], vec![0; MAX_COLUMNS]);
    let mut lines = Vec::new();
    let mut number = 1;
    loop {
        let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        rest = rest.get(blank.count()..).unwrap_or_default();
        // Counted up to where a line begins, so that no break of two characters is cut.
        let (before, after) = uncounted.split_at(uncounted.len() - rest.len());
        number += breaks(before);
        uncounted = after;
        if rest.is_empty() {
            return Ok(lines);
        }
        let (result, taken, _, found) = reader.read_record(rest, &mut output, &mut ends);
        match result {
            ReadRecordResult::Record => {}
            ReadRecordResult::OutputEndsFull => return Err(CsvError::Columns { line: number }),
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::End => {
                return Err(CsvError::Quote { line: number });
            }
        }
        let cells = cells(&output, ends.get(..found).unwrap_or_default());
        lines.push(Line { number, cells });
        rest = rest.get(taken..).unwrap_or_default();
    }
}

fn cells(output: &[u8], ends: &[usize]) -> Vec<String> {
    let mut begin = 0;
    let cell = |end: &usize| {
        let bytes = output.get(begin..*end).unwrap_or_default();
        begin = *end;
        unguarded(&String::from_utf8_lossy(bytes)).to_owned()
    };
    ends.iter().map(cell).collect()
}

fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|b| matches!(b, b'\r' | b'\n')).next();
    let count = |wanted: u8| {
        let first = first.unwrap_or_default();
        first.iter().filter(|b| **b == wanted).count()
    };
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

/// Line breaks of all three kinds.
fn breaks(bytes: &[u8]) -> usize {
    let lone = |pair: &[u8]| matches!(pair, [b'\r', next] if *next != b'\n');
    let feeds = bytes.iter().filter(|b| **b == b'\n').count();
    let ends_in_return = usize::from(bytes.last() == Some(&b'\r'));
    feeds + bytes.windows(2).filter(|pair| lone(pair)).count() + ends_in_return
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut text = String::new();
        write_line(&mut text, cells.iter().copied());
        text
    }

    fn lines(text: &str) -> Vec<(usize, Vec<String>)> {
        let lines = read(text.as_bytes()).unwrap();
        lines.into_iter().map(|l| (l.number, l.cells)).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let cells = [
            "plain",
            "",
            "a,b",
            "a;b",
            "say \"hi\"",
            "two\nlines",
            "two\r\nlines",
            " blank ",
            "茶",
            "=1+1",
            "'=1+1",
            "''=x",
            "'tis",
            "'",
            "-5",
            "+49",
            "@home",
            "＝x",
            "\tx",
            "x'",
        ];
        let text = written(&cells);
        assert_eq!(lines(&text), [(1, cells.map(str::to_owned).to_vec())]);
    }

    #[test]
    fn no_cell_begins_as_a_formula() {
        for cell in [
            "=1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1",
        ] {
            let text = written(&[cell]);
            let shown = text.trim_start_matches('"');
            assert!(shown.starts_with('\''), "{text}");
        }
        assert_eq!(written(&["1=1", "a-b"]), "1=1,a-b\r\n");
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does() {
        let text = "\u{feff}a,b\r\n\r\n\"1\n2\",x\r\n3,y\r4,z";
        let numbers: Vec<usize> = lines(text).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 3, 5, 6]);
    }

    #[test]
    fn semicolons_and_tabs_separate_where_the_first_line_has_them() {
        assert_eq!(
            lines("a;b\n1,5;2"),
            [
                (1, vec!["a".into(), "b".into()]),
                (2, vec!["1,5".into(), "2".into()])
            ]
        );
        assert_eq!(lines("a\tb")[0].1, ["a", "b"]);
        assert_eq!(lines("a,b;c")[0].1, ["a", "b;c"]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        assert_eq!(read(b"a\nb\xff"), Err(CsvError::Encoding { line: 2 }));
        assert_eq!(read(b"a\n\"b\nc\n"), Err(CsvError::Quote { line: 2 }));
        assert_eq!(read(b""), Ok(Vec::new()));
        assert_eq!(read(b"\n\r\n"), Ok(Vec::new()));
        let wide = ",".repeat(MAX_COLUMNS);
        assert_eq!(read(wide.as_bytes()), Err(CsvError::Columns { line: 1 }));
    }
}
