//! Times.
//!
//! Form: the text itself, taken for RFC 3339 and for Beijing's clock.

use causeway_shared::time::UnixTime;

use crate::checks::same_as_json;

/// Takes one text.
pub fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = [
        UnixTime::parse_rfc3339(text),
        UnixTime::parse_beijing(text),
        text.parse()
            .map(UnixTime::from_millis)
            .or(Ok(UnixTime::MIN)),
    ];
    for time in read.into_iter().flatten() {
        assert!((UnixTime::MIN..=UnixTime::MAX).contains(&time));
        same_as_json(&time);
        assert_eq!(UnixTime::parse_rfc3339(&time.rfc3339()), Ok(time));
        // The year 10000 begins eight hours earlier there.
        if time < UnixTime::MAX.plus_seconds(-8 * 3600) {
            let whole = UnixTime::from_seconds(time.seconds());
            assert_eq!(UnixTime::parse_beijing(&time.beijing()), Ok(whole));
            assert_eq!(UnixTime::parse_rfc3339(&time.rfc3339_beijing()), Ok(whole));
        }
        assert_eq!(
            time.millis_since(UnixTime::MIN) + UnixTime::MIN.millis(),
            time.millis()
        );
    }
}
