//! One request out, with a time-out and a limit on what comes back.

use std::future::Future;
use std::time::Duration;

use causeway_shared::http::{Method, Request, Response};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{
    AbortController, Delay, Fetch, Headers, RequestInit, RequestRedirect, ResponseBody, web_sys,
};

/// The largest answer that is read; channels' answers have a few kilobytes.
const MAX_ANSWER: usize = 1 << 20;

/// How much of an answer is read where its beginning is enough for a person.
const MAX_EXCERPT: usize = 1024;
/// How long the beginning of an answer may take after its status.
const EXCERPT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sent, perhaps, but not answered: the outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// Sends a request and reads the whole answer within `timeout`. Redirects are not followed.
///
/// # Errors
/// [`NoAnswer`], whatever the cause.
pub async fn send(request: &Request, timeout: Duration) -> Result<Response, NoAnswer> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let body = Uint8Array::from(request.body.as_slice());
    let answer = within(timeout, exchange(request, &body, &signal)).await;
    if answer.is_err() {
        abort.abort();
    }
    // A card number may stand in it, and the garbage collector takes its time.
    body.fill(0, 0, body.length());
    answer
}

/// Sends a request and waits for the status alone: what else comes is not read, however slowly.
///
/// # Errors
/// [`NoAnswer`], whatever the cause.
pub async fn send_for_status(request: &Request, timeout: Duration) -> Result<u16, NoAnswer> {
    let answer = send_for_excerpt(request, timeout, |_| false).await;
    answer.map(|(status, _)| status)
}

/// Sends a request and waits for the status. Of what else comes, the beginning is read where
/// `wanted` says so, and for a moment only; nothing more, however slowly it comes.
///
/// # Errors
/// [`NoAnswer`], whatever the cause.
pub async fn send_for_excerpt(
    request: &Request,
    timeout: Duration,
    wanted: impl FnOnce(u16) -> bool,
) -> Result<(u16, Vec<u8>), NoAnswer> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let body = Uint8Array::from(request.body.as_slice());
    let answer = within(timeout, begin(request, &body, &signal)).await;
    let mut excerpt = Vec::new();
    let status = match answer {
        Ok(mut answer) => {
            let status = answer.status_code();
            if wanted(status)
                && let Ok(stream) = answer.stream()
            {
                // What came until then is kept.
                let _ = within(EXCERPT_TIMEOUT, read_some(stream, &mut excerpt)).await;
            }
            Ok(status)
        }
        Err(error) => Err(error),
    };
    abort.abort();
    status.map(|status| (status, excerpt))
}

async fn read_some(mut stream: worker::ByteStream, body: &mut Vec<u8>) -> Result<(), NoAnswer> {
    while body.len() < MAX_EXCERPT
        && let Some(chunk) = stream.next().await
    {
        body.extend_from_slice(&chunk.map_err(|_| NoAnswer)?);
    }
    body.truncate(MAX_EXCERPT);
    Ok(())
}

/// Waits for an answer, but not for ever.
async fn within<T>(
    timeout: Duration,
    answer: impl Future<Output = Result<T, NoAnswer>>,
) -> Result<T, NoAnswer> {
    let clock = Delay::from(timeout);
    pin_mut!(answer, clock);
    match select(answer, clock).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => Err(NoAnswer),
    }
}

async fn begin(
    request: &Request,
    body: &Uint8Array,
    signal: &worker::AbortSignal,
) -> Result<worker::Response, NoAnswer> {
    let request = to_worker(request, body).map_err(|_| NoAnswer)?;
    let answer = Fetch::Request(request).send_with_signal(signal).await;
    answer.map_err(|_| NoAnswer)
}

async fn exchange(
    request: &Request,
    body: &Uint8Array,
    signal: &worker::AbortSignal,
) -> Result<Response, NoAnswer> {
    let mut answer = begin(request, body, signal).await?;
    let status = answer.status_code();
    let headers: Vec<(String, String)> = answer.headers().entries().collect();
    let body = match (answer.body(), stated_length(&headers)) {
        (ResponseBody::Stream(body), Some(length)) if length <= MAX_ANSWER => {
            read_whole(body).await.map_err(|_| NoAnswer)?
        }
        _ => match answer.stream() {
            Ok(stream) => read(stream).await?,
            // A response without body has no stream.
            Err(_) => Vec::new(),
        },
    };
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// The length that an answer states, unless it is compressed and may be any.
fn stated_length(headers: &[(String, String)]) -> Option<usize> {
    let field = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v);
    match field("content-encoding") {
        Some(_) => None,
        None => field("content-length")?.parse().ok(),
    }
}

/// Reads a body in one piece: a stream costs several turns of the event loop.
async fn read_whole(body: &web_sys::ReadableStream) -> Result<Vec<u8>, JsValue> {
    let whole = web_sys::Response::new_with_opt_readable_stream(Some(body))?;
    let bytes = JsFuture::from(whole.array_buffer()?).await?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

async fn read(mut stream: worker::ByteStream) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(|_| NoAnswer)?);
        if body.len() > MAX_ANSWER {
            return Err(NoAnswer);
        }
    }
    Ok(body)
}

fn to_worker(request: &Request, body: &Uint8Array) -> worker::Result<worker::Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    init.with_method(match request.method {
        Method::Get => worker::Method::Get,
        Method::Post => worker::Method::Post,
    });
    if request.method == Method::Post {
        init.with_body(Some(body.into()));
    }
    worker::Request::new_with_init(&request.url, &init)
}
