//! Plain HTTP messages: what a channel file builds and reads.
//!
//! In scope: values. Out of scope: sending, redirects, time-outs, compression; the worker does
//! those in one place (`perform`), so that a channel can be tested byte for byte.

use std::fmt;
use zeroize::Zeroize;

/// The request methods that payment channels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads, changes nothing.
    Get,
    /// Creates or acts.
    Post,
}

impl Method {
    /// The method as it stands in a request line and in signed text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request to a channel, or a notice from one.
///
/// `Debug` shows method, host and path only: headers and bodies carry credentials, card numbers
/// and personal data. They are wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// The absolute URL, exactly as it is sent and (where a channel signs it) signed.
    pub url: String,
    /// Names in lower case, values as sent.
    pub headers: Vec<(String, String)>,
    /// The exact bytes of the body; empty for none.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET without body.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A POST of `body` with the given `content-type`.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::Post,
            url: url.into(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// Adds a header. `name` is to be lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The first value of the header `name` (lower case), if there is one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.body.zeroize();
        for (_, value) in &mut self.headers {
            value.zeroize();
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.url.split('?').next().unwrap_or_default();
        write!(f, "Request({} {place})", self.method.as_str())
    }
}

/// A channel's answer, or what we answer to a notice.
///
/// `Debug` shows the status only, for the reason given at [`Request`].
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The exact bytes received: signatures are checked on them, never on a re-serialised form.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with a `content-type` and a body.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// The first value of the header `name` (lower case), if there is one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| v.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_query_headers_nor_body() {
        let request = Request::post("https://a.test/p?key=S3CRET", "text/plain", "S3CRET")
            .with("authorization", "S3CRET");
        assert_eq!(format!("{request:?}"), "Request(POST https://a.test/p)");
        let response = Response::new(200, "text/plain", "S3CRET");
        assert_eq!(format!("{response:?}"), "Response(200, 6 bytes)");
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let request = Request::get("https://a.test/").with("wechatpay-serial", "1");
        assert_eq!(request.header("Wechatpay-Serial"), Some("1"));
        assert_eq!(request.header("other"), None);
    }
}
