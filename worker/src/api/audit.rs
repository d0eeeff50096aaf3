//! `GET /v1/audit`: who has done what.

use causeway_shared::time::UnixTime;
use futures_util::StreamExt;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{bad_query, limit, only_known, query};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::audit::{AuditQuery, Record};
use crate::object::till::audit::ActQuery;
use crate::object::till::call::{TillAnswer, TillCall};
use crate::reply::json_response;

/// Changes of the settings from the store, and acts on orders of the caller's mode from all tills
/// side by side; newest first.
///
/// # Errors
/// [`AppError::BadRequest`] for a filter that is not one.
pub async fn list(app: &App, caller: &Caller, request: &Request) -> Result<Response, AppError> {
    only_known(
        request,
        &["actor", "act", "target", "from", "to", "limit", "cursor"],
    )?;
    let limit = limit(request)?;
    let before = query(request, "cursor")
        .map(|c| parse_cursor(&c))
        .transpose()?;
    let asked = AuditQuery {
        actor: query(request, "actor"),
        act: query(request, "act"),
        target: query(request, "target"),
        from: time(request, "from")?,
        to: time(request, "to")?,
        before,
        limit: limit + 1,
    };
    let (records, next) = page(app, caller, asked).await?;
    let data: Vec<Value> = records.iter().map(|r| json!(r)).collect();
    json_response(200, &json!({ "data": data, "next_cursor": next }))
}

/// One page, of one row less than `asked` says, and the cursor of the next one.
///
/// # Errors
/// When the store does not answer.
pub async fn page(
    app: &App,
    caller: &Caller,
    asked: AuditQuery,
) -> Result<(Vec<Record>, Option<String>), AppError> {
    let limit = usize::try_from(asked.limit.saturating_sub(1)).unwrap_or(usize::MAX);
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let call = || {
        TillCall::Acts(ActQuery {
            mode: caller.mode,
            query: asked.clone(),
        })
    };
    let mut records = app.objects.audit(&caller.store, asked.clone()).await?;
    let mut replies = app.objects.ask(&caller.store, tills, call);
    while let Some(reply) = replies.next().await {
        if let TillAnswer::Acts { records: acts } = reply?.answer {
            records.extend(acts);
        }
    }
    records.sort_unstable_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    let more = records.len() > limit;
    records.truncate(limit);
    let last = records.last().filter(|_| more);
    let next = last.map(|r| format!("{}_{}", r.at.millis(), r.id));
    Ok((records, next))
}

fn parse_cursor(text: &str) -> Result<(UnixTime, String), AppError> {
    let is_id = |id: &str| {
        let is_known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !id.is_empty() && id.len() <= 64 && id.chars().all(is_known)
    };
    let parsed = text.split_once('_').and_then(|(at, id)| {
        let at: i64 = at.parse().ok()?;
        let fits = (0..=crate::sql::MAX_SAFE).contains(&at) && is_id(id);
        fits.then(|| (UnixTime::from_millis(at), id.to_owned()))
    });
    parsed.ok_or_else(|| bad_query("bad_cursor", "use the cursor of a page before"))
}

fn time(request: &Request, name: &str) -> Result<Option<UnixTime>, AppError> {
    let Some(text) = query(request, name) else {
        return Ok(None);
    };
    UnixTime::parse_rfc3339(&text).map(Some).map_err(|_| {
        bad_query(
            "bad_time",
            "from and to must be times such as 2026-11-22T03:04:05Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_what_a_page_gave() {
        let (at, id) = parse_cursor("1790000000000_aud_0000000007").unwrap();
        assert_eq!(
            (at.millis(), id.as_str()),
            (1_790_000_000_000, "aud_0000000007")
        );
        let long = format!("1_{}", "a".repeat(65));
        for bad in [
            "",
            "_",
            "1_",
            "x_aud_1",
            "-1_aud_1",
            "9007199254740992_a",
            "1_a'b",
            &long,
        ] {
            assert!(parse_cursor(bad).is_err(), "{bad}");
        }
    }
}
