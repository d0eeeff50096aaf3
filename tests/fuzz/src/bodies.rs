//! Bodies of the API and of the checkout, and addresses.
//!
//! Form: the route, in a line; then the body.

use causeway_shared::id::{Mode, StoreId};
use causeway_shared::money::Money;
use causeway_shared::time::UnixTime;
use causeway_shared::wire::{Details, OrderDraft, is_web_url};
use causeway_worker::api::{bodies, body};
use causeway_worker::error::AppError;

use crate::checks::same_as_json;
use crate::messages::first_line;

/// Takes one body.
pub fn read(data: &[u8]) {
    let (route, rest) = first_line(data);
    let route = String::from_utf8_lossy(route);
    if let Err(error) = bodies::check(&route, rest) {
        refused(&error);
    }
    match body::parse_json::<OrderDraft>(rest) {
        Ok(draft) => order(draft),
        Err(error) => refused(&error),
    }
    if let Ok(text) = std::str::from_utf8(rest) {
        address(text);
    }
}

/// A problem document names fields and tells no number that might be a card's.
fn refused(error: &AppError) {
    assert!((400..500).contains(&error.status()), "{}", error.status());
    let document = error.problem("request").to_string();
    let longest = document
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| run.bytes().any(|b| b != b'0'))
        .map(str::len)
        .max();
    assert!(longest.unwrap_or(0) < 12, "a number is told: {document}");
}

fn order(draft: OrderDraft) {
    let now = UnixTime::from_seconds(1_795_319_541);
    let (copy, total) = (draft.clone(), draft.total);
    let expiry = draft.expiry(now);
    match draft.check(StoreId::parse("demo").unwrap(), Mode::Test, false, now) {
        Ok(details) => kept(&copy, &details, total, expiry.millis_since(now)),
        Err(problems) => {
            assert!(!problems.0.is_empty());
            refused(&AppError::from(problems));
        }
    }
}

/// What was let through adds up, and is as short as it has to be.
fn kept(draft: &OrderDraft, details: &Details, total: Money, life_ms: i64) {
    assert!(total.is_positive());
    let minor = |money: Option<Money>| money.map_or(0, |m| i128::from(m.minor()));
    let items: i128 = draft
        .items
        .iter()
        .map(|item| i128::from(item.unit_price.minor()) * i128::from(item.quantity))
        .sum();
    let sum = items + minor(draft.shipping) + minor(draft.tax) - minor(draft.discount);
    assert_eq!(sum, i128::from(total.minor()), "it does not add up");
    let parts = draft.items.iter().map(|item| item.unit_price);
    let more = [draft.shipping, draft.tax, draft.discount];
    for part in parts.chain(more.into_iter().flatten()) {
        assert_eq!(part.currency(), total.currency());
        assert!(!part.is_negative());
    }
    assert!((1..=200).contains(&details.items.len()));
    assert!(details.description.chars().count() <= 127);
    assert!(details.metadata.len() <= 20);
    assert!(
        (59_000..=30 * 24 * 3_600_000 + 1000).contains(&life_ms),
        "{life_ms}"
    );
    if let Some(url) = &details.return_url {
        address(url);
        assert!(is_web_url(url, false));
    }
    same_as_json(details);
}

/// What passes for an address of the web is one, for a page and for a header too.
fn address(text: &str) {
    for allow_http in [false, true] {
        if is_web_url(text, allow_http) {
            let https = text.starts_with("https://");
            assert!(
                https || (allow_http && text.starts_with("http://")),
                "{text}"
            );
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'<')
            );
            assert!(text.len() <= 2048);
        }
    }
}
