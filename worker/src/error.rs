//! Errors on their way out: the only place that knows HTTP status codes.
//!
//! Problem documents follow RFC 9457. No message repeats what was sent, except names of fields.

use causeway_shared::id::IdError;
use causeway_shared::order::Rejected;
use causeway_shared::wire::{WireError, WireProblem};
use serde_json::{Value, json};
use worker::{Headers, Response};

use crate::config::ConfigError;

/// Seconds after which a busy object is asked again.
const BUSY_S: u32 = 3;

/// Why a request cannot be served.
#[derive(Debug)]
pub enum AppError {
    /// The body or query is not of the documented form.
    BadRequest {
        /// For programs.
        code: &'static str,
        /// For people, with what to do.
        detail: String,
    },
    /// The body is of the form, but its values do not fit.
    Invalid(Vec<WireProblem>),
    /// There is no such thing, or it is not the caller's.
    NotFound,
    /// No key, or one that is not known.
    Unauthorized,
    /// The key may not do this.
    Forbidden {
        /// For people.
        detail: &'static str,
    },
    /// The path is there, the method is not.
    MethodNotAllowed {
        /// The methods that the path has, as `Allow` names them.
        allow: &'static str,
    },
    /// The request does not fit the state of things.
    Conflict {
        /// For programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// The order is over.
    Gone {
        /// For programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// The address is longer than `limit` bytes.
    AddressTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// There are more header fields than `limit`, or they are longer in all than allowed.
    HeadersTooLarge {
        /// How many fields are allowed.
        limit: usize,
    },
    /// The body is larger than `limit` bytes.
    TooLarge {
        /// What is allowed.
        limit: usize,
    },
    /// Too many requests.
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The deployment is not set up.
    Config(ConfigError),
    /// An object has more to do than it can, or is just being moved. Nothing of the call happened,
    /// or it may be repeated like one of which nothing is known.
    Busy,
    /// An object or the runtime failed. Whether the call was stored may not be known.
    Internal(String),
}

impl AppError {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest { .. } => 400,
            Self::Unauthorized => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::Conflict { .. } => 409,
            Self::Gone { .. } => 410,
            Self::TooLarge { .. } => 413,
            Self::AddressTooLong { .. } => 414,
            Self::Invalid(_) => 422,
            Self::TooMany { .. } => 429,
            Self::HeadersTooLarge { .. } => 431,
            Self::Internal(_) => 500,
            Self::Busy | Self::Config(_) => 503,
        }
    }

    /// The code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest { code, .. }
            | Self::Conflict { code, .. }
            | Self::Gone { code, .. } => code,
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::AddressTooLong { .. } => "address_too_long",
            Self::HeadersTooLarge { .. } => "headers_too_large",
            Self::TooLarge { .. } => "body_too_large",
            Self::Invalid(_) => "invalid",
            Self::TooMany { .. } => "too_many_requests",
            Self::Internal(_) => "internal",
            Self::Busy => "busy",
            Self::Config(_) => "not_configured",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::BadRequest { detail, .. }
            | Self::Conflict { detail, .. }
            | Self::Gone { detail, .. } => detail.clone(),
            Self::Unauthorized => {
                "send `Authorization: Bearer` with a key of this store that is still valid".into()
            }
            Self::Forbidden { detail } => (*detail).to_owned(),
            Self::NotFound => "there is no such thing, or it belongs to another store".into(),
            Self::MethodNotAllowed { allow } => format!("this address knows {allow}"),
            Self::AddressTooLong { limit } => {
                format!("the address may have at most {limit} bytes")
            }
            Self::HeadersTooLarge { limit } => {
                format!("a request may have at most {limit} header fields, of 32768 bytes in all")
            }
            Self::TooLarge { limit } => format!("the body may have at most {limit} bytes"),
            Self::Invalid(problems) => format!("{} field(s) to mend, see `errors`", problems.len()),
            Self::TooMany { retry_after_s } => format!("try again in {retry_after_s} seconds"),
            Self::Internal(_) => {
                "something failed on our side; repeat it, with the same Idempotency-Key".into()
            }
            Self::Busy => "too much is asked of this store right now; repeat it in some seconds, \
                           with the same Idempotency-Key"
                .into(),
            Self::Config(error) => error.to_string(),
        }
    }

    /// The problem document.
    #[must_use]
    pub fn problem(&self, request_id: &str) -> Value {
        let mut problem = json!({
            "type": format!("/problems/{}", self.code()),
            "title": title(self.status()),
            "status": self.status(),
            "code": self.code(),
            "detail": self.detail(),
            "request_id": request_id,
        });
        if let (Self::Invalid(problems), Some(object)) = (self, problem.as_object_mut()) {
            let told = |p: &WireProblem| WireProblem {
                pointer: without_numbers(&p.pointer),
                detail: without_numbers(&p.detail),
                ..p.clone()
            };
            let told: Vec<WireProblem> = problems.iter().map(told).collect();
            object.insert("errors".to_owned(), json!(told));
        }
        problem
    }

    /// The response.
    ///
    /// # Errors
    /// When the runtime cannot make one.
    pub fn respond(&self, request_id: &str) -> worker::Result<Response> {
        let mut response = problem_response(
            self.status(),
            &self.problem(request_id),
            self.retry_after_s(),
        )?;
        if let Self::MethodNotAllowed { allow } = self {
            response.headers_mut().set("allow", allow)?;
        }
        Ok(response)
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after_s } => Some(*retry_after_s),
            Self::Busy => Some(BUSY_S),
            Self::Config(_) => Some(60),
            _ => None,
        }
    }
}

/// A name of a field may be anything, even a card number: as many digits are told as zeros.
#[must_use]
pub fn without_numbers(text: &str) -> String {
    const MIN_DIGITS: usize = 12;
    let is_digit = |c: &char| c.is_ascii_digit();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = rest.chars().take_while(is_digit).count();
        let (run, after) = rest.split_at(digits.max(c.len_utf8()));
        if digits < MIN_DIGITS {
            shown.push_str(run);
        } else {
            shown.extend(run.chars().map(|_| '0'));
        }
        rest = after;
    }
    shown
}

/// A response with a problem document.
///
/// # Errors
/// When the runtime cannot make one.
pub fn problem_response(
    status: u16,
    problem: &Value,
    retry_after_s: Option<u32>,
) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("content-type", "application/problem+json")?;
    if let Some(seconds) = retry_after_s {
        headers.set("retry-after", &seconds.to_string())?;
    }
    if status == 401 {
        headers.set("www-authenticate", "Bearer")?;
    }
    let body = problem.to_string().into_bytes();
    Ok(Response::from_bytes(body)?
        .with_headers(headers)
        .with_status(status))
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Body too large",
        414 => "Address too long",
        422 => "Invalid",
        429 => "Too many requests",
        431 => "Headers too large",
        503 => "Unavailable",
        _ => "Internal error",
    }
}

impl From<worker::Error> for AppError {
    fn from(error: worker::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<ConfigError> for AppError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<WireError> for AppError {
    fn from(error: WireError) -> Self {
        Self::Invalid(error.0)
    }
}

impl From<IdError> for AppError {
    /// An id in a path that is not one names nothing.
    fn from(_: IdError) -> Self {
        Self::NotFound
    }
}

impl From<crate::page::PageError> for AppError {
    fn from(error: crate::page::PageError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Rejected> for AppError {
    fn from(rejected: Rejected) -> Self {
        let detail = match &rejected {
            Rejected::RefundExceedsCaptured { left } => {
                format!("the refund exceeds what is left of the payment, which is {left}")
            }
            Rejected::AttemptOpen(_) => {
                "a payment is under way that may still succeed; wait for its result".to_owned()
            }
            other => other.to_string(),
        };
        match rejected_code(&rejected) {
            (422, code) => {
                let pointer = "/amount".to_owned();
                Self::Invalid(vec![WireProblem {
                    pointer,
                    code,
                    detail,
                }])
            }
            (410, code) => Self::Gone { code, detail },
            (_, code) => Self::Conflict { code, detail },
        }
    }
}

/// Status and code of a rejection: 422 for values, 410 for an order that is over, else 409.
fn rejected_code(rejected: &Rejected) -> (u16, &'static str) {
    match rejected {
        Rejected::AlreadyCancelled => (410, "already_cancelled"),
        Rejected::AlreadyExpired => (410, "already_expired"),
        Rejected::AlreadyPaid => (409, "already_paid"),
        Rejected::AlreadyAuthorized => (409, "already_authorized"),
        Rejected::AmountNotPositive => (422, "not_positive"),
        Rejected::AttemptIdReused => (409, "attempt_id_reused"),
        Rejected::AttemptOpen(_) => (409, "attempt_open"),
        Rejected::CaptureConflict => (409, "capture_conflict"),
        Rejected::CaptureExceedsAuthorized => (422, "capture_exceeds_authorized"),
        Rejected::ContradictsProof => (409, "contradicts_proof"),
        Rejected::Ending => (410, "order_ending"),
        Rejected::NotAuthorized => (409, "not_authorized"),
        Rejected::NotYetExpired => (409, "not_yet_expired"),
        Rejected::NotPaid => (409, "not_paid"),
        Rejected::RefundExceedsCaptured { .. } => (422, "refund_exceeds_captured"),
        Rejected::RefundIdReused => (409, "idempotency_conflict"),
        Rejected::TooManyAttempts => (409, "too_many_attempts"),
        Rejected::TooManyRefunds => (409, "too_many_refunds"),
        Rejected::UnknownAttempt => (409, "unknown_attempt"),
        Rejected::UnknownRefund => (409, "unknown_refund"),
        Rejected::WrongAccount => (409, "wrong_account"),
        Rejected::WrongAmount => (409, "wrong_amount"),
        Rejected::WrongAttempt => (409, "wrong_attempt"),
        Rejected::WrongChannelNumber => (409, "wrong_channel_number"),
        Rejected::WrongCurrency => (422, "currency_mismatch"),
        Rejected::WrongOrder => (409, "wrong_order"),
        Rejected::WrongRefund => (409, "wrong_refund"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_not_told_as_a_name() {
        assert_eq!(
            without_numbers("/4242424242424242/é"),
            "/0000000000000000/é"
        );
        assert_eq!(
            without_numbers("unknown field `4242-1`"),
            "unknown field `4242-1`"
        );
        assert_eq!(without_numbers(""), "");
    }

    #[test]
    fn no_problem_tells_a_card_number_that_was_sent_as_a_name() {
        let error = AppError::Invalid(vec![WireProblem {
            pointer: "/metadata/4242424242424242".to_owned(),
            code: "length",
            detail: "is 4242424242424242, not 1".to_owned(),
        }]);
        let problem = error.problem("r1");
        assert_eq!(
            problem["errors"][0]["pointer"],
            "/metadata/0000000000000000"
        );
        assert_eq!(problem["errors"][0]["detail"], "is 0000000000000000, not 1");
    }
}
