use super::*;
use proptest::prelude::*;

/// 2026-11-22T03:04:05.678Z.
const NOW: UnixTime = UnixTime::from_millis(1_795_316_645_678);

#[test]
fn prints_rfc3339_and_beijing() {
    assert_eq!(NOW.rfc3339(), "2026-11-22T03:04:05.678Z");
    assert_eq!(NOW.to_string(), "2026-11-22T03:04:05.678Z");
    assert_eq!(NOW.beijing(), "2026-11-22 11:04:05");
    assert_eq!(NOW.rfc3339_beijing(), "2026-11-22T11:04:05+08:00");
}

#[test]
fn known_points_in_time() {
    let cases = [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_000_000_000_000, "2001-09-09T01:46:40.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        (i64::MIN, "0000-01-01T00:00:00.000Z"),
        (i64::MAX, "9999-12-31T23:59:59.999Z"),
    ];
    for (millis, text) in cases {
        assert_eq!(UnixTime::from_millis(millis).rfc3339(), text);
        assert_eq!(
            UnixTime::parse_rfc3339(text),
            Ok(UnixTime::from_millis(millis))
        );
    }
}

/// Walks through 800 years by the rules that everyone knows, instead of by arithmetic.
#[test]
fn the_calendar_holds_day_by_day() {
    let (mut year, mut month, mut day) = (1600, 1, 1);
    let first = days_since_1970(1600, 1, 1);
    for days in first..first + 2 * ERA_DAYS {
        assert_eq!(days_since_1970(year, month, day), days);
        let clock = Clock::at(days * DAY_MS);
        assert_eq!((clock.year, clock.month, clock.day), (year, month, day));
        day += 1;
        let leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        let lengths = [
            31,
            if leap { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        if day > lengths[usize::try_from(month).unwrap() - 1] {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    assert_eq!((year, month, day), (2400, 1, 1));
}

#[test]
fn parses_offsets_and_fractions() {
    let same = [
        "2026-11-22T03:04:05.678Z",
        "2026-11-22t03:04:05.678z",
        "2026-11-22T03:04:05.678+00:00",
        "2026-11-22T03:04:05.678-00:00",
        "2026-11-22T11:04:05.678+08:00",
        "2026-11-21T22:34:05.678-04:30",
        "2026-11-22T03:04:05.678999999999999999Z",
    ];
    for text in same {
        assert_eq!(UnixTime::parse_rfc3339(text), Ok(NOW), "{text}");
    }
    assert_eq!(
        UnixTime::parse_rfc3339("2026-11-22T03:04:05.6Z"),
        Ok(NOW.plus_millis(-78)),
        "a fraction is tenths first"
    );
    assert_eq!(
        UnixTime::parse_rfc3339("2026-11-22T03:04:05Z"),
        Ok(NOW.plus_millis(-678))
    );
}

#[test]
fn parses_beijing() {
    let whole = NOW.plus_millis(-678);
    assert_eq!(UnixTime::parse_beijing("2026-11-22 11:04:05"), Ok(whole));
    assert_eq!(UnixTime::parse_beijing("2026-11-22 11:04:05.678"), Ok(NOW));
    for text in [
        "2026-11-22T11:04:05",
        "2026-11-22 11:04",
        "2026-11-22 11:04:05Z",
        "",
    ] {
        assert_eq!(
            UnixTime::parse_beijing(text),
            Err(TimeError::Malformed),
            "{text}"
        );
    }
    assert_eq!(
        UnixTime::parse_beijing("2026-11-31 11:04:05"),
        Err(TimeError::OutOfRange)
    );
}

#[test]
fn rejects_what_is_no_rfc3339() {
    let cases = [
        "",
        "2026-11-22",
        "2026-11-22T03:04:05",
        "2026-11-22 03:04:05Z",
        "2026-11-22T03:04Z",
        "2026-11-22T03:04:05.Z",
        "2026-11-22T03:04:05,678Z",
        "2026-11-22T03:04:05+08",
        "2026-11-22T03:04:05+0800",
        "2026-11-22T03:04:05ZZ",
        " 2026-11-22T03:04:05Z",
        "26-11-22T03:04:05Z",
        "+2026-11-22T03:04:05Z",
        "2026-1-22T03:04:05Z",
        "2026-11-22T3:04:05Z",
        "２026-11-22T03:04:05Z",
        "1795316645",
    ];
    for text in cases {
        assert_eq!(
            UnixTime::parse_rfc3339(text),
            Err(TimeError::Malformed),
            "{text}"
        );
    }
}

#[test]
fn rejects_days_and_hours_that_do_not_exist() {
    let cases = [
        "2026-00-22T03:04:05Z",
        "2026-13-22T03:04:05Z",
        "2026-11-00T03:04:05Z",
        "2026-11-31T03:04:05Z",
        "2026-02-29T03:04:05Z",
        "2100-02-29T03:04:05Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T03:60:05Z",
        "2026-11-22T03:04:60Z",
        "2026-11-22T03:04:05+24:00",
        "2026-11-22T03:04:05+08:60",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ];
    for text in cases {
        assert_eq!(
            UnixTime::parse_rfc3339(text),
            Err(TimeError::OutOfRange),
            "{text}"
        );
    }
    assert!(UnixTime::parse_rfc3339("2000-02-29T03:04:05Z").is_ok());
}

#[test]
fn arithmetic_stops_at_the_bounds() {
    assert_eq!(UnixTime::from_seconds(1_795_316_645), NOW.plus_millis(-678));
    assert_eq!(NOW.seconds(), 1_795_316_645);
    assert_eq!(UnixTime::from_millis(-1).seconds(), -1);
    assert_eq!(NOW.plus_seconds(60).millis_since(NOW), 60_000);
    assert_eq!(NOW.millis_since(NOW.plus_millis(5)), -5);
    assert_eq!(NOW.plus_seconds(i64::MAX), UnixTime::MAX);
    assert_eq!(NOW.plus_millis(i64::MIN), UnixTime::MIN);
    assert_eq!(UnixTime::from_seconds(i64::MIN), UnixTime::MIN);
}

#[test]
fn json_is_pinned() {
    let text = r#""2026-11-22T03:04:05.678Z""#;
    assert_eq!(serde_json::to_string(&NOW).unwrap(), text);
    assert_eq!(serde_json::from_str::<UnixTime>(text).unwrap(), NOW);
    assert!(serde_json::from_str::<UnixTime>("1795316645").is_err());
    assert!(serde_json::from_str::<UnixTime>(r#""2026-11-22""#).is_err());
}

proptest! {
    #![proptest_config(crate::testing::same_cases())]

    #[test]
    fn every_time_reads_back(millis in UnixTime::MIN.millis()..=UnixTime::MAX.millis()) {
        let time = UnixTime::from_millis(millis);
        prop_assert_eq!(UnixTime::parse_rfc3339(&time.rfc3339()), Ok(time));
        // Eight hours before the end of the year 9999, Beijing is in the year 10000.
        if time <= UnixTime::MAX.plus_seconds(-8 * 3600) {
            let whole = UnixTime::from_seconds(time.seconds());
            prop_assert_eq!(UnixTime::parse_beijing(&time.beijing()), Ok(whole));
            prop_assert_eq!(UnixTime::parse_rfc3339(&time.rfc3339_beijing()), Ok(whole));
        }
    }

    #[test]
    fn parsing_never_panics(text in "\\PC*|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{0,20}(Z|[+-][0-9:]{0,6})?") {
        let _ = (UnixTime::parse_rfc3339(&text), UnixTime::parse_beijing(&text));
    }
}
