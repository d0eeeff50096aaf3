//! Points in time.
//!
//! In scope: RFC 3339 and the Beijing wall clock that Chinese channels write, both ways.
//! Not in scope: what time it is (`now` is always an argument) and other time zones.

use crate::json::from_text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
/// Held to the years 0000 to 9999, so that each value can be printed as RFC 3339.
///
/// As JSON: `"2026-11-22T03:04:05.678Z"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Not in the form asked for.
    Malformed,
    /// A month, day, hour, … that does not exist, a leap second, or a year past 9999.
    OutOfRange,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a time of the form 2026-11-22T03:04:05Z",
            Self::OutOfRange => "no such day or time of day",
        })
    }
}

impl std::error::Error for TimeError {}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// China has had one time zone and no summer time since 1991.
const BEIJING_MINUTES: i64 = 8 * 60;

impl UnixTime {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-719_528 * DAY_MS);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(2_932_897 * DAY_MS - 1);

    /// From milliseconds since 1970, held to [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// From seconds since 1970, held to [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Later by `seconds`, or earlier if negative; held to the bounds.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }

    /// Later by `millis`, or earlier if negative; held to the bounds.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this; negative if `earlier` is the later one.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T03:04:05.678Z`.
    pub fn rfc3339(self) -> String {
        let clock = Clock::at(self.0);
        format!("{}T{}.{:03}Z", clock.date(), clock.time(), clock.millis)
    }

    /// RFC 3339 in Beijing time without fraction, as WeChat Pay wants it:
    /// `2026-11-22T11:04:05+08:00`.
    pub fn rfc3339_beijing(self) -> String {
        let clock = Clock::at(self.0 + BEIJING_MINUTES * 60_000);
        format!("{}T{}+08:00", clock.date(), clock.time())
    }

    /// The Beijing wall clock, as Alipay wants it: `2026-11-22 11:04:05`.
    pub fn beijing(self) -> String {
        let clock = Clock::at(self.0 + BEIJING_MINUTES * 60_000);
        format!("{} {}", clock.date(), clock.time())
    }

    /// Reads RFC 3339 with any offset. A fraction is cut to milliseconds; a leap second (`:60`)
    /// is refused.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let mut reader = Reader(text.as_bytes());
        let day = reader.date()?;
        reader.one_of(b"Tt")?;
        let time_ms = reader.time()?;
        let fraction_ms = reader.fraction()?;
        let offset_minutes = reader.offset()?;
        reader.end()?;
        Self::checked(day * DAY_MS + time_ms + fraction_ms - offset_minutes * 60_000)
    }

    /// Reads what [`beijing`](Self::beijing) writes; a fraction, which Alipay sometimes adds, is
    /// cut to milliseconds.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn parse_beijing(text: &str) -> Result<Self, TimeError> {
        let mut reader = Reader(text.as_bytes());
        let day = reader.date()?;
        reader.one_of(b" ")?;
        let time_ms = reader.time()?;
        let fraction_ms = reader.fraction()?;
        reader.end()?;
        Self::checked(day * DAY_MS + time_ms + fraction_ms - BEIJING_MINUTES * 60_000)
    }

    /// An offset can carry a text's time past the bounds.
    const fn checked(millis: i64) -> Result<Self, TimeError> {
        let time = Self::from_millis(millis);
        if time.0 == millis {
            Ok(time)
        } else {
            Err(TimeError::OutOfRange)
        }
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for UnixTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, Self::parse_rfc3339)
    }
}

/// A point in time as a calendar and a clock show it.
struct Clock {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
    millis: i64,
}

impl Clock {
    /// Counted in years that begin in March, so that the leap day is the last of its year.
    fn at(millis: i64) -> Self {
        let days = millis.div_euclid(DAY_MS) + DAYS_BEFORE_1970;
        let era = days.div_euclid(ERA_DAYS);
        let day_of_era = days.rem_euclid(ERA_DAYS);
        // Leap days before this one are taken out, to be left with years of 365 days.
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        let rest = millis.rem_euclid(DAY_MS);
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - days_before_month(month_from_march) + 1,
            second_of_day: rest / 1000,
            millis: rest % 1000,
        }
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn time(&self) -> String {
        let second = self.second_of_day;
        format!(
            "{:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// Days in 400 Gregorian years.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_468;

/// Days from 1 March to the first of a month, counted from March = 0. Five months in turn have 153.
const fn days_before_month(month_from_march: i64) -> i64 {
    (153 * month_from_march + 2) / 5
}

/// Days since 1970 of a date in the Gregorian calendar.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = days_before_month((month + 9) % 12) + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - DAYS_BEFORE_1970
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads a text from the left.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// `yyyy-MM-dd`, as days since 1970.
    fn date(&mut self) -> Result<i64, TimeError> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        if exists {
            Ok(days_since_1970(year, month, day))
        } else {
            Err(TimeError::OutOfRange)
        }
    }

    /// `HH:mm:ss`, as milliseconds of the day.
    fn time(&mut self) -> Result<i64, TimeError> {
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        let exists = hour < 24 && minute < 60 && second < 60;
        if exists {
            Ok(((hour * 60 + minute) * 60 + second) * 1000)
        } else {
            Err(TimeError::OutOfRange)
        }
    }

    /// Nothing, or `.` and digits, as milliseconds.
    fn fraction(&mut self) -> Result<i64, TimeError> {
        let Some(rest) = self.0.strip_prefix(b".") else {
            return Ok(0);
        };
        let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 {
            return Err(TimeError::Malformed);
        }
        let (digits, rest) = rest.split_at(length);
        self.0 = rest;
        let digits = digits.iter().copied().chain(std::iter::repeat(b'0'));
        Ok(digits
            .take(3)
            .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }

    /// `Z` or `±HH:mm`, as minutes.
    fn offset(&mut self) -> Result<i64, TimeError> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Ok(0),
        };
        let hours = self.number(2)?;
        self.one_of(b":")?;
        let minutes = self.number(2)?;
        if hours < 24 && minutes < 60 {
            Ok(sign * (hours * 60 + minutes))
        } else {
            Err(TimeError::OutOfRange)
        }
    }

    fn number(&mut self, length: usize) -> Result<i64, TimeError> {
        let (digits, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(TimeError::Malformed)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(TimeError::Malformed);
        }
        self.0 = rest;
        Ok(digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }

    fn one_of(&mut self, allowed: &[u8]) -> Result<u8, TimeError> {
        let (first, rest) = self.0.split_first().ok_or(TimeError::Malformed)?;
        if !allowed.contains(first) {
            return Err(TimeError::Malformed);
        }
        self.0 = rest;
        Ok(*first)
    }

    const fn end(&self) -> Result<(), TimeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(TimeError::Malformed)
        }
    }
}

#[cfg(test)]
mod tests;
