//! Expiry dates: reading, checking, and how they look while they are typed.

use super::{digit, is_space};
use std::fmt;

/// A card is valid until the end of this month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry {
    year: u16,
    month: u8,
}

/// What is wrong with an expiry date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryError {
    /// Nothing there.
    Empty,
    /// Not a month and a year.
    Malformed,
    /// The month is not 1 to 12.
    Month,
    /// The card has expired.
    Past,
    /// More than twenty years ahead, which no card is: probably a slip.
    TooFar,
}

impl fmt::Display for ExpiryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing was entered",
            Self::Malformed => "not a month and a year such as 12/29",
            Self::Month => "the month is not 1 to 12",
            Self::Past => "the card has expired",
            Self::TooFar => "the year is too far ahead",
        })
    }
}

impl std::error::Error for ExpiryError {}

const YEARS_MAX: u16 = 20;

impl Expiry {
    /// A month (1 to 12) of a year (2000 to 2999).
    ///
    /// # Errors
    /// [`ExpiryError::Month`], [`ExpiryError::Malformed`] for another year.
    pub const fn new(year: u16, month: u8) -> Result<Self, ExpiryError> {
        if month < 1 || month > 12 {
            return Err(ExpiryError::Month);
        }
        if year < 2000 || year > 2999 {
            return Err(ExpiryError::Malformed);
        }
        Ok(Self { year, month })
    }

    /// Reads what people type and browsers fill in: `12/29`, `1229`, `12 / 2029`, `1/29`, and
    /// `2029-12`. A year of two digits is one of this century.
    ///
    /// # Errors
    /// [`ExpiryError::Empty`], [`ExpiryError::Malformed`], [`ExpiryError::Month`].
    pub fn parse(text: &str) -> Result<Self, ExpiryError> {
        let typed = Typed::read(text, 0).ok_or(ExpiryError::Malformed)?;
        let all = typed.digits.as_slice();
        let (month, year) = match (typed.separator, all.len()) {
            (None, 0) => return Err(ExpiryError::Empty),
            (None, length @ (3 | 4)) => all.split_at(length - 2),
            (None, length @ (5 | 6)) => all.split_at(length - 4),
            (Some(4), 5 | 6) => (&all[4..], &all[..4]),
            (Some(month @ (1 | 2)), length) if matches!(length - month, 2 | 4) => {
                all.split_at(month)
            }
            _ => return Err(ExpiryError::Malformed),
        };
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0, |sum, b| sum * 10 + u16::from(b - b'0'))
        };
        let century = if year.len() == 2 { 2000 } else { 0 };
        // At most two digits, so that it fits.
        Self::new(century + number(year), number(month) as u8)
    }

    /// Checks the date against the present year and month.
    ///
    /// # Errors
    /// [`ExpiryError::Past`], [`ExpiryError::TooFar`].
    pub const fn check(self, now_year: u16, now_month: u8) -> Result<(), ExpiryError> {
        if self.year < now_year || (self.year == now_year && self.month < now_month) {
            Err(ExpiryError::Past)
        } else if self.year > now_year.saturating_add(YEARS_MAX) {
            Err(ExpiryError::TooFar)
        } else {
            Ok(())
        }
    }

    /// The year, four digits.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }
}

/// Writes an expiry date as `MM / YY` while it is typed.
///
/// `caret` is where the caret stands in `input`, in UTF-16 units; the answer has it behind the same
/// digit. The slash comes with the year's first digit, so that Backspace can take both away. A
/// month gets its zero once it cannot be another (`5`) or is left (`1/`), never while the caret is
/// still in it. A year of four digits stays so. A text with anything else than digits, spaces and
/// one of `/ - .` is left as it is, for [`Expiry::parse`] to say what is wrong.
pub fn format_expiry(input: &str, caret: usize) -> (String, usize) {
    let Some(mut typed) = Typed::read(input, caret) else {
        return (input.to_owned(), caret);
    };
    // Year first, as `<input type="month">` and some browsers' autofill have it.
    if typed.separator == Some(4) && typed.digits.len() == 6 {
        typed.digits = [&typed.digits[4..], &typed.digits[..4]].concat();
        typed.separator = Some(2);
    }
    typed.fit_month();
    let pad = match typed.separator {
        None => typed.before > 0 && matches!(typed.digits.first(), Some(b'2'..=b'9')),
        Some(1) => typed.past_separator,
        Some(_) => false,
    };
    if pad {
        typed.digits.insert(0, b'0');
        typed.before += 1;
    }
    let month_length = match typed.separator {
        Some(length @ (0 | 1)) => length + usize::from(pad),
        _ => typed.digits.len().min(2),
    };
    let (month, year) = typed.digits.split_at(month_length);
    let year = &year[..year.len().min(if year.starts_with(b"20") { 4 } else { 2 })];
    let slash = match (year.is_empty(), typed.separator) {
        (false, _) => " / ",
        (true, Some(1..)) if typed.past_separator => " /",
        (true, _) => "",
    };
    let mut text = String::with_capacity(month.len() + slash.len() + year.len());
    text.extend(month.iter().map(|&digit| char::from(digit)));
    text.push_str(slash);
    text.extend(year.iter().map(|&digit| char::from(digit)));
    let caret = if typed.at_end {
        text.len()
    } else if typed.before > month_length || (typed.before == month_length && typed.past_separator)
    {
        (typed.before + slash.len()).min(text.len())
    } else {
        typed.before
    };
    (text, caret)
}

/// What stands in a field, taken apart.
struct Typed {
    /// ASCII digits. As bytes, because slicing a `str` brings code of 2 KB into the widget.
    digits: Vec<u8>,
    /// How many digits stand before the first separator, if there is one.
    separator: Option<usize>,
    /// How many digits stand before the caret.
    before: usize,
    /// Whether the caret is behind the separator. Right behind the slash itself does not count:
    /// there it stands when Backspace has taken the space away, on its way to the month.
    past_separator: bool,
    /// Whether nothing follows the caret.
    at_end: bool,
}

impl Typed {
    /// Nothing if there is more than one separator or anything that does not belong there.
    fn read(input: &str, caret: usize) -> Option<Self> {
        let mut typed = Self {
            digits: Vec::new(),
            separator: None,
            before: 0,
            past_separator: false,
            at_end: false,
        };
        let mut units = 0;
        for c in input.chars() {
            let is_before_caret = units < caret;
            if let Some(digit) = digit(c) {
                typed.digits.push(digit as u8);
                typed.before += usize::from(is_before_caret);
                typed.past_separator |= is_before_caret && typed.separator.is_some();
            } else if matches!(c, '/' | '-' | '.' | '／' | '－' | '．' | '\u{2013}') {
                if typed.separator.is_some() {
                    return None;
                }
                typed.separator = Some(typed.digits.len());
            } else if is_space(c) {
                typed.past_separator |= is_before_caret && typed.separator.is_some();
            } else {
                return None;
            }
            units += c.len_utf16();
        }
        typed.at_end = caret >= units;
        typed.past_separator |= typed.at_end && typed.separator.is_some();
        Some(typed)
    }

    /// Takes out the digits that a month before a year has too many, wherever they were typed.
    fn fit_month(&mut self) {
        if let Some(length @ 3..) = self.separator
            && length < self.digits.len()
        {
            self.digits.drain(2..length);
            self.before = if self.before > length {
                self.before - (length - 2)
            } else {
                self.before.min(2)
            };
            self.separator = Some(2);
        }
    }
}
