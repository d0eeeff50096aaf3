//! How a point in time stands in a page before the browser writes it in its own time zone.

use causeway_shared::time::UnixTime;

use super::Locale;

/// A point in time for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339, for `datetime`.
    pub exact: String,
    /// For people, in UTC.
    pub text: String,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Moment {
    /// A point in time for a reader of `locale`, to the minute.
    #[must_use]
    pub fn of(at: UnixTime, locale: Locale) -> Self {
        let exact = at.rfc3339();
        let part = |from: usize, to: usize| exact.get(from..to).unwrap_or_default();
        let (year, month, day, clock) = (part(0, 4), part(5, 7), part(8, 10), part(11, 16));
        let number = |digits: &str| digits.trim_start_matches('0').to_owned();
        let text = match locale {
            Locale::En => {
                let index: usize = month.parse().unwrap_or(1);
                let name = MONTHS.get(index.saturating_sub(1)).unwrap_or(&"");
                format!("{} {name} {year}, {clock} UTC", number(day))
            }
            Locale::ZhCn => format!("{year}年{}月{}日 {clock} UTC", number(month), number(day)),
        };
        Self { exact, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_people_write_it() {
        let at = UnixTime::parse_rfc3339("2026-03-05T09:04:59.7Z").unwrap();
        let moment = Moment::of(at, Locale::En);
        assert_eq!(moment.text, "5 Mar 2026, 09:04 UTC");
        assert_eq!(moment.exact, "2026-03-05T09:04:59.700Z");
        assert_eq!(Moment::of(at, Locale::ZhCn).text, "2026年3月5日 09:04 UTC");
    }
}
