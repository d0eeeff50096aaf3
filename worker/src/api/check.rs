//! `POST /v1/accounts/{id}/check`: a real, signed question to the channel, and what its answer says
//! of the account's settings.

use causeway_shared::channel::{
    Account, CaptureMode, ChannelCode, ChannelError, Diagnosis, Flow, Payment, Shopper, channel,
};
use causeway_shared::id::{AttemptId, OrderId, Reference, Till};
use causeway_shared::money::{Currency, Money};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use worker::Response;

use super::accounts::find;
use super::auth::Caller;
use super::cause::{Cause, Code as Why};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::AccountDoc;
use crate::object::store::standing::{Check, StandingCall};
use crate::objects::hex;
use crate::perform::{PerformError, Seen as Said, base, fresh, open_account, run_watched};
use crate::place;
use crate::random::{now, random};
use crate::reply::json_response;

/// From this difference of clocks on, in seconds, it is told: channels take no signature that is
/// 300 s off (WeChat Pay), and webhooks none either (Stripe).
const CLOCK_DIFFERENCE_S: i64 = 240;

/// Something to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    code: Code,
    detail: String,
    cause: Cause,
}

impl Finding {
    /// Of something that tells what to do about it.
    fn new(code: Code, cause: Cause) -> Self {
        Self {
            code,
            detail: cause.detail.clone(),
            cause,
        }
    }
}

/// What there is to mend, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Code {
    BadKey,
    Clock,
    Network,
    NoticeAddress,
    Unknown,
    WrongMode,
}

/// What was seen of the channel's answers.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The status of the last one.
    status: Option<u16>,
    /// By how many seconds our clock is ahead of the channel's.
    ahead_s: Option<i64>,
}

/// Asks the channel about a payment that does not exist. That it does not know it proves that keys,
/// mode and clock are right.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn check(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let doc = find(caller, id)?;
    let account = open_account(app, doc)?;
    let contract = channel(account.channel);
    let base = base(app, contract, &account);
    let mut seen = Seen::default();
    let result = ask(app, &account, &base, &mut seen).await?;
    let mut findings = Vec::new();
    let declaration = contract.declaration();
    if let Some(finding) = of_clock(seen) {
        findings.push(finding);
    }
    if let Err(error) = &result {
        let diagnosis = match error {
            PerformError::Channel(error) => contract.diagnose(error, seen.status).into(),
            PerformError::NoAnswer => Code::Network,
        };
        let from_clock = matches!(diagnosis, Code::BadKey | Code::Clock) && !findings.is_empty();
        // A signature of another time is a wrong one too: what is to be mended is the clock.
        if !from_clock {
            findings.push(Finding {
                code: diagnosis,
                detail: format!("{}: {}", explain(error), advice(diagnosis)),
                cause: cause(error),
            });
        }
    }
    findings.extend(of_address(&app.origin, &base));
    let unset = |field: &&str| account.credentials.optional(field).is_none();
    if let Some(field) = declaration.notice_secret.filter(unset) {
        let url = app.notice_url(&account.id);
        let values = [
            ("channel", declaration.name),
            ("url", &url),
            ("field", field),
        ];
        let cause = Cause::new(Why::NoticesUnknown, &values);
        findings.push(Finding::new(Code::NoticeAddress, cause));
    }
    note(app, caller, doc, result.is_ok() && findings.is_empty()).await;
    let (ok, detail) = match &result {
        Ok(()) => (
            true,
            "the channel answered and its signature holds".to_owned(),
        ),
        Err(error) => (false, explain(error)),
    };
    json_response(
        200,
        &json!({ "ok": ok, "detail": detail, "findings": findings }),
    )
}

/// Keeps how it went, for the list of things to do.
async fn note(app: &App, caller: &Caller, doc: &AccountDoc, ok: bool) {
    let call = StandingCall::Checked {
        account: doc.id.as_str().to_owned(),
        check: Check {
            at: now(),
            ok,
            credentials: credentials_mark(doc),
        },
    };
    if let Err(error) = app.objects.standing(&caller.store, call).await {
        app.log("check_not_noted", json!({ "code": error.code() }));
    }
}

/// Differs when an account gets other credentials; gives none away, being made of what is sealed.
#[must_use]
pub fn credentials_mark(doc: &AccountDoc) -> String {
    hex(&Sha256::digest(&doc.sealed))
}

/// The question, and how it ended.
async fn ask(
    app: &App,
    account: &Account,
    base: &str,
    seen: &mut Seen,
) -> Result<Result<(), PerformError>, AppError> {
    let contract = channel(account.channel);
    let spec = contract.declaration().methods.first();
    let (Some(spec), Ok(till)) = (spec, Till::new(0)) else {
        return Err(AppError::NotFound);
    };
    let time_ms = u64::try_from(now().millis()).unwrap_or(0);
    let order = OrderId::make(time_ms, till, random());
    let attempt = AttemptId::make(random());
    let reference = Reference::make(&order, 1)?;
    let notice_url = app.notice_url(&account.id);
    let payment = Payment {
        account,
        order: &order,
        attempt: &attempt,
        reference: &reference,
        amount: Money::zero(Currency::CNY),
        method: spec.method,
        flow: spec.flows.first().copied().unwrap_or(Flow::Qr),
        description: "Connection check",
        expires_at: now().plus_seconds(600),
        created_at: now(),
        capture: CaptureMode::Automatic,
        notice_url: &notice_url,
        return_url: &notice_url,
        shopper: Shopper::default(),
        channel_number: None,
        refused_captures: 0,
        card: None,
    };
    if let Err(error) = contract.check_credentials(account) {
        return Ok(Err(error.into()));
    }
    let question = contract.query(base, &payment, &fresh());
    let watch = |said: Said<'_>| {
        let Said::Answer(answer) = said else { return };
        seen.status = Some(answer.status);
        seen.ahead_s = answer.header("date").and_then(ahead_s);
    };
    Ok(run_watched(account, question, watch).await.map(drop))
}

/// By how many seconds our clock is ahead of a `Date` header (RFC 9110, section 6.6.1).
fn ahead_s(date: &str) -> Option<i64> {
    let theirs_ms = js_sys::Date::parse(date);
    theirs_ms
        .is_finite()
        .then(|| now().seconds() - (theirs_ms / 1000.0) as i64)
}

fn of_clock(seen: Seen) -> Option<Finding> {
    let ahead_s = seen
        .ahead_s
        .filter(|s| s.unsigned_abs() >= CLOCK_DIFFERENCE_S.unsigned_abs())?;
    let why = match ahead_s > 0 {
        true => Why::ClockAhead,
        false => Why::ClockBehind,
    };
    let seconds = ahead_s.unsigned_abs().to_string();
    let cause = Cause::new(why, &[("seconds", &seconds)]);
    Some(Finding::new(Code::Clock, cause))
}

/// Whether the channel can reach us. A simulator beside us can.
fn of_address(origin: &str, base: &str) -> Option<Finding> {
    if place::is_local(base) {
        return None;
    }
    public_url(origin).map(|cause| Finding::new(Code::NoticeAddress, cause))
}

/// What is wrong with the address under which this worker is reached.
#[must_use]
pub fn public_url(url: &str) -> Option<Cause> {
    let why = if place::is_local(url) {
        Why::UrlLocal
    } else if !url.starts_with("https://") {
        Why::UrlNotHttps
    } else {
        return None;
    };
    Some(Cause::new(why, &[("url", url)]))
}

impl From<Diagnosis> for Code {
    fn from(diagnosis: Diagnosis) -> Self {
        match diagnosis {
            Diagnosis::BadKey => Self::BadKey,
            Diagnosis::Clock => Self::Clock,
            Diagnosis::Unknown => Self::Unknown,
            Diagnosis::WrongMode => Self::WrongMode,
        }
    }
}

/// What a merchant does about it.
const fn advice(code: Code) -> &'static str {
    match code {
        Code::BadKey => "compare each value of the account with the channel's console",
        Code::Clock => "the channel's clock and the one here differ; set the clock by NTP",
        Code::Network => {
            "it may be down, or this deployment may not reach it; nothing is known of the keys"
        }
        Code::NoticeAddress => "see PUBLIC_URL",
        Code::Unknown => "the keys may be right; try later, or ask the channel about this code",
        Code::WrongMode => {
            "values of the sandbox go into a test account, real ones into a live account; the \
             channel knows no other"
        }
    }
}

fn cause(error: &PerformError) -> Cause {
    let of = |why| Cause::new(why, &[]);
    let coded = |why, code: &ChannelCode| Cause::new(why, &[("channel_code", code.as_str())]);
    let PerformError::Channel(error) = error else {
        return of(Why::NoAnswer);
    };
    match error {
        ChannelError::Credentials { field, .. } => Cause::new(Why::Credential, &[("field", field)]),
        ChannelError::Malformed(_) => of(Why::Malformed),
        ChannelError::Refused(code) => coded(Why::Refused, code),
        ChannelError::Unauthentic(_) => of(Why::Unauthentic),
        ChannelError::Unavailable(code) => coded(Why::Unavailable, code),
        ChannelError::Unsupported(_) => of(Why::Unsupported),
    }
}

/// The cause in English, with what the channel's file says of it.
fn explain(error: &PerformError) -> String {
    match error {
        PerformError::Channel(ChannelError::Credentials { field, problem }) => {
            format!("`{field}` {problem}")
        }
        PerformError::Channel(
            ChannelError::Malformed(what)
            | ChannelError::Unauthentic(what)
            | ChannelError::Unsupported(what),
        ) => format!("{} ({what})", cause(error).detail),
        PerformError::Channel(ChannelError::Refused(_) | ChannelError::Unavailable(_))
        | PerformError::NoAnswer => cause(error).detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_outside_cannot_reach_an_address_inside() {
        let code = |origin, base| of_address(origin, base).map(|finding| finding.code);
        let outside = "https://api.stripe.com";
        for inside in [
            "http://localhost:8787",
            "https://10.1.2.3",
            "http://pay.shop.example",
        ] {
            assert_eq!(code(inside, outside), Some(Code::NoticeAddress), "{inside}");
        }
        assert_eq!(code("https://pay.shop.example", outside), None);
        assert_eq!(code("http://localhost:8787", "http://127.0.0.1:9000"), None);
    }

    #[test]
    fn a_clock_may_be_some_minutes_off_and_no_more() {
        let told = |ahead_s| {
            of_clock(Seen {
                status: Some(200),
                ahead_s,
            })
        };
        assert_eq!(told(None), None);
        assert_eq!(told(Some(239)), None);
        assert_eq!(told(Some(-239)), None);
        let behind = told(Some(-7200)).unwrap();
        assert_eq!(behind.code, Code::Clock);
        assert!(
            behind.detail.contains("7200 seconds behind"),
            "{}",
            behind.detail
        );
        assert!(told(Some(240)).unwrap().detail.contains("ahead of"));
    }

    #[test]
    fn the_codes_are_pinned() {
        let codes = [
            Code::BadKey,
            Code::Clock,
            Code::Network,
            Code::NoticeAddress,
            Code::Unknown,
            Code::WrongMode,
        ];
        assert_eq!(
            serde_json::to_string(&codes).unwrap(),
            r#"["bad_key","clock","network","notice_address","unknown","wrong_mode"]"#
        );
    }
}
