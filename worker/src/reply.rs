//! Responses: JSON and HTML with the headers that each needs.
//!
//! The set that every response gets is added in one place ([`secure`]); a page adds its own
//! content security policy.

use std::cell::RefCell;

use serde::Serialize;
use worker::{Headers, Response, web_sys};

use crate::error::AppError;

/// A JSON response that nobody may store.
///
/// # Errors
/// When it cannot be made.
pub fn json_response(status: u16, body: &impl Serialize) -> Result<Response, AppError> {
    written(status, serde_json::to_vec(body))
}

fn written(status: u16, body: serde_json::Result<Vec<u8>>) -> Result<Response, AppError> {
    let body = body.map_err(|e| AppError::Internal(format!("json at column {}", e.column())))?;
    let headers = default_headers()?;
    headers.set("content-type", "application/json")?;
    Ok(Response::from_bytes(body)?
        .with_headers(headers)
        .with_status(status))
}

/// A page with its content security policy.
///
/// # Errors
/// When it cannot be made.
pub fn html_response(status: u16, html: String, csp: &str) -> Result<Response, AppError> {
    let headers = default_headers()?;
    headers.set("content-type", "text/html; charset=utf-8")?;
    headers.set("content-security-policy", csp)?;
    // It may be packed: see `compress_page`.
    headers.set("vary", "accept-encoding")?;
    Ok(Response::from_bytes(html.into_bytes())?
        .with_headers(headers)
        .with_status(status))
}

/// Has the runtime compress a page. Cloudflare would do so by itself, a plain `workerd` would not.
///
/// # Errors
/// When the headers cannot be written.
pub fn compress_page(response: &mut Response) -> worker::Result<()> {
    let kind = response.headers().get("content-type")?.unwrap_or_default();
    if !kind.starts_with("text/html") {
        return Ok(());
    }
    response.headers_mut().set("content-encoding", "br")
}

/// A redirect by GET.
///
/// # Errors
/// When the address cannot stand in a header.
pub fn see_other(url: &str) -> Result<Response, AppError> {
    let headers = Headers::new();
    headers.set("location", url)?;
    Ok(Response::empty()?.with_headers(headers).with_status(303))
}

/// The same response to HEAD.
///
/// # Errors
/// When it cannot be made.
pub fn without_body(response: Response) -> worker::Result<Response> {
    let headers = response.headers().clone();
    let status = response.status_code();
    Ok(Response::empty()?.with_headers(headers).with_status(status))
}

/// What every response carries, unless its handler says otherwise.
const DEFAULTS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains; preload",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), usb=()",
    ),
];

/// The default by which a response is known that was made with them: nobody sets it otherwise.
const DEFAULTS_MARK: &str = "permissions-policy";

thread_local! {
    static TEMPLATE: RefCell<Option<web_sys::Headers>> = const { RefCell::new(None) };
}

/// [`DEFAULTS`], to be written to: copied from headers that were made once, because each name and
/// value that crosses into JavaScript costs.
///
/// # Errors
/// When the headers cannot be written.
pub fn default_headers() -> worker::Result<Headers> {
    if let Some(template) = TEMPLATE.with(|t| t.borrow().clone()) {
        return Ok(Headers(web_sys::Headers::new_with_headers(&template)?));
    }
    let headers = Headers::new();
    for (name, value) in DEFAULTS {
        headers.set(name, value)?;
    }
    let template = web_sys::Headers::new_with_headers(&headers.0)?;
    TEMPLATE.with(|t| *t.borrow_mut() = Some(template));
    Ok(headers)
}

/// Adds what every response carries. What a handler has set stays.
///
/// # Errors
/// When the headers cannot be written.
pub fn secure(mut response: Response, request_id: &str) -> worker::Result<Response> {
    if response.status_code() == 101 {
        return Ok(response);
    }
    // What was made with the defaults has them all.
    if response.headers().has(DEFAULTS_MARK)? {
        response.headers_mut().set("x-request-id", request_id)?;
        return Ok(response);
    }
    // A response from an object or the assets has headers that cannot be changed.
    let headers = default_headers()?;
    for (name, value) in response.headers().entries() {
        headers.set(&name, &value)?;
    }
    headers.set("x-request-id", request_id)?;
    let status = response.status_code();
    let encoding = std::mem::replace(&mut response, Response::empty()?);
    Ok(encoding.with_headers(headers).with_status(status))
}
