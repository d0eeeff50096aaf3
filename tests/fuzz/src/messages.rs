//! HTTP messages in fuzz inputs: lines of `name: value`, an empty line, and the body as it is.
//! The first line is the transcript whose account and payment are used.

use causeway_shared::http::{Method, Request, Response};

/// What stands between the answers to several requests: ASCII's record separator.
const BETWEEN: u8 = 0x1e;

/// The first line, and what follows.
pub(crate) fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|b| *b == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, b""),
    }
}

/// A notice: headers and body.
pub(crate) fn notice(url: &str, data: &[u8]) -> Request {
    let (headers, body) = headers_and_body(data);
    Request {
        method: Method::Post,
        url: url.to_owned(),
        headers,
        body: body.to_vec(),
    }
}

/// The answers, each with its status in a line before the headers.
pub(crate) fn answers(data: &[u8]) -> impl Iterator<Item = Response> + '_ {
    data.split(|b| *b == BETWEEN).map(|answer| {
        let (status, rest) = first_line(answer);
        let status = std::str::from_utf8(status).ok();
        let (headers, body) = headers_and_body(rest);
        Response {
            status: status.and_then(|s| s.parse().ok()).unwrap_or(200),
            headers,
            body: body.to_vec(),
        }
    })
}

fn headers_and_body(data: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let (mut headers, mut rest) = (Vec::new(), data);
    loop {
        let (line, after) = first_line(rest);
        rest = after;
        let line = String::from_utf8_lossy(line);
        match line.split_once(':') {
            Some((name, value)) => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            }
            None => return (headers, rest),
        }
    }
}

/// The text of a notice, as [`notice`] reads it.
pub(crate) fn notice_text(headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, value) in headers {
        text.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    text.push(b'\n');
    text.extend_from_slice(body);
    text
}

/// The text of answers, as [`answers`] reads them.
pub(crate) fn answers_text<'a>(
    answers: impl Iterator<Item = (u16, &'a [(String, String)], &'a str)>,
) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = answers
        .map(|(status, headers, body)| {
            let rest = notice_text(headers, body.as_bytes());
            [format!("{status}\n").as_bytes(), &rest].concat()
        })
        .collect();
    texts.join(&BETWEEN)
}
