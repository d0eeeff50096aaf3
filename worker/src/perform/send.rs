//! One request out, with a time-out and a limit on what comes back.

use std::future::Future;
use std::time::Duration;

use causeway_shared::http::{Method, Request, Response};
use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{AbortController, Delay, Headers, web_sys};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &web_sys::RequestInit) -> Result<js_sys::Promise, JsValue>;
}

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
        Ok(answer) => {
            let status = answer.status();
            if wanted(status)
                && let Ok(stream) = worker::Response::from(answer).stream()
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
    signal: &web_sys::AbortSignal,
) -> Result<web_sys::Response, NoAnswer> {
    let init = init(request, body, signal).map_err(|_| NoAnswer)?;
    let answer = fetch(&request.url, &init).map_err(|_| NoAnswer)?;
    let answer = JsFuture::from(answer).await.map_err(|_| NoAnswer)?;
    Ok(answer.unchecked_into())
}

async fn exchange(
    request: &Request,
    body: &Uint8Array,
    signal: &web_sys::AbortSignal,
) -> Result<Response, NoAnswer> {
    let answer = begin(request, body, signal).await?;
    let status = answer.status();
    let headers: Vec<(String, String)> = Headers(answer.headers()).entries().collect();
    let body = match stated_length(&headers) {
        Some(length) if length <= MAX_ANSWER => read_whole(&answer).await.map_err(|_| NoAnswer)?,
        _ => match worker::Response::from(answer).stream() {
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
async fn read_whole(answer: &web_sys::Response) -> Result<Vec<u8>, JsValue> {
    let bytes = JsFuture::from(answer.array_buffer()?).await?;
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

/// What is sent, as `fetch` takes it: a `Request` in between would be made and taken apart again.
fn init(
    request: &Request,
    body: &Uint8Array,
    signal: &web_sys::AbortSignal,
) -> worker::Result<web_sys::RequestInit> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_headers(&headers.0);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_signal(Some(signal));
    match request.method {
        Method::Get => init.set_method("GET"),
        Method::Post => {
            init.set_method("POST");
            init.set_body(body);
        }
    }
    Ok(init)
}
