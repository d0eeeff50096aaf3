//! `GET /v1/orders/days`: how many orders each day brought.

use causeway_shared::time::UnixTime;
use futures_util::StreamExt;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{bad_query, only_known, query};
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::object::till::days::{Day, DayQuery, MAX_DAYS};
use crate::random::now;
use crate::reply::json_response;

/// A day, in seconds.
const DAY_S: i64 = 24 * 3600;
/// How many days there are when nobody says.
const DAYS: u8 = 30;

/// The last days, today included, oldest first. A day is one of UTC.
///
/// # Errors
/// [`AppError::BadRequest`] for a number of days that is none.
pub async fn days(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, &["days"])?;
    let count = match query(request, "days").map(|text| text.parse::<u8>()) {
        None => DAYS,
        Some(Ok(count)) if (1..=MAX_DAYS).contains(&count) => count,
        Some(_) => {
            let detail = format!("days must be a whole number from 1 to {MAX_DAYS}");
            return Err(bad_query("bad_days", &detail));
        }
    };
    let today_s = now().seconds().div_euclid(DAY_S) * DAY_S;
    let from = UnixTime::from_seconds(today_s - i64::from(count - 1) * DAY_S);
    let asked = DayQuery {
        mode: caller.mode,
        from,
        days: count,
    };
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let mut sums = vec![Day::default(); usize::from(count)];
    let mut replies = app
        .objects
        .ask(&caller.store, tills, || TillCall::Days(asked));
    while let Some(reply) = replies.next().await {
        let TillAnswer::Days { days } = reply?.answer else {
            continue;
        };
        for (sum, day) in sums.iter_mut().zip(days) {
            sum.made += day.made;
            sum.paid += day.paid;
        }
    }
    let starts = (0..i64::from(count)).map(|day| from.plus_seconds(day * DAY_S));
    let data = starts.zip(sums).map(|(start, day)| {
        let text = start.to_string();
        let date = text.get(..10).unwrap_or_default();
        json!({ "day": date, "made": day.made, "paid": day.paid })
    });
    let data: Vec<Value> = data.collect();
    json_response(200, &json!({ "data": data }))
}
