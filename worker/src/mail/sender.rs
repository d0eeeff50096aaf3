//! How a message is put to a mail service over HTTP: one shape per service, as data.
//!
//! Sources: resend.com/docs/api-reference/emails/send-email, postmarkapp.com/developer/api/email-api,
//! docs.sendgrid.com (mail/send), documentation.mailgun.com (messages).

use base64ct::{Base64, Encoding};
use causeway_shared::http::Request;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Letter;

/// Whose API a mail service speaks. Others can be had through one that speaks Resend's, which is
/// plain JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Mailgun. Its address names the domain, so that it has to be given.
    Mailgun,
    /// Postmark.
    Postmark,
    /// Resend, the only one of them that keeps idempotency keys.
    Resend,
    /// SendGrid.
    Sendgrid,
}

/// A message with its addresses.
#[derive(Clone)]
pub struct Addressed<'a> {
    /// The same for every try.
    pub id: &'a str,
    /// Whose name it bears.
    pub from_name: &'a str,
    /// Whose address it bears.
    pub from: &'a str,
    /// Where it goes.
    pub to: &'a str,
    /// Where answers go.
    pub reply_to: Option<&'a str>,
    /// What it says.
    pub letter: &'a Letter,
}

impl std::fmt::Debug for Addressed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Addressed({})", self.id)
    }
}

impl Addressed<'_> {
    /// `"Name" <address>` (RFC 5322, section 3.4), without what would end the quotes.
    #[must_use]
    pub fn sender(&self) -> String {
        let kept = |c: &char| !c.is_control() && !['"', '\\', '<', '>'].contains(c);
        let name: String = self.from_name.chars().filter(kept).collect();
        format!("\"{name}\" <{}>", self.from)
    }
}

impl Shape {
    /// The service's own address; none where it depends on the customer.
    #[must_use]
    pub const fn usual_url(self) -> Option<&'static str> {
        match self {
            Self::Mailgun => None,
            Self::Postmark => Some("https://api.postmarkapp.com/email"),
            Self::Resend => Some("https://api.resend.com/emails"),
            Self::Sendgrid => Some("https://api.sendgrid.com/v3/mail/send"),
        }
    }

    /// The request that sends a message.
    #[must_use]
    pub fn request(self, url: &str, key: &str, message: &Addressed<'_>) -> Request {
        match self {
            Self::Mailgun => mailgun(url, key, message),
            Self::Postmark => postmark(url, key, message),
            Self::Resend => resend(url, key, message),
            Self::Sendgrid => sendgrid(url, key, message),
        }
    }
}

fn post(url: &str, body: &serde_json::Value) -> Request {
    Request::post(url, "application/json", body.to_string())
        .with("accept", "application/json")
        .with("user-agent", "Causeway")
}

fn resend(url: &str, key: &str, message: &Addressed<'_>) -> Request {
    let mut body = json!({
        "from": message.sender(),
        "to": [message.to],
        "subject": message.letter.subject,
        "html": message.letter.html,
        "text": message.letter.text,
    });
    if let Some(reply_to) = message.reply_to {
        body["reply_to"] = reply_to.into();
    }
    post(url, &body)
        .with("authorization", format!("Bearer {key}"))
        .with("idempotency-key", message.id)
}

fn postmark(url: &str, key: &str, message: &Addressed<'_>) -> Request {
    let mut body = json!({
        "From": message.sender(),
        "To": message.to,
        "Subject": message.letter.subject,
        "HtmlBody": message.letter.html,
        "TextBody": message.letter.text,
        "MessageStream": "outbound",
        "Metadata": { "message": message.id },
    });
    if let Some(reply_to) = message.reply_to {
        body["ReplyTo"] = reply_to.into();
    }
    post(url, &body).with("x-postmark-server-token", key)
}

fn sendgrid(url: &str, key: &str, message: &Addressed<'_>) -> Request {
    let mut body = json!({
        "personalizations": [{
            "to": [{ "email": message.to }],
            "custom_args": { "message": message.id },
        }],
        "from": { "email": message.from, "name": message.from_name },
        "subject": message.letter.subject,
        "content": [
            { "type": "text/plain", "value": message.letter.text },
            { "type": "text/html", "value": message.letter.html },
        ],
    });
    if let Some(reply_to) = message.reply_to {
        body["reply_to"] = json!({ "email": reply_to });
    }
    post(url, &body).with("authorization", format!("Bearer {key}"))
}

fn mailgun(url: &str, key: &str, message: &Addressed<'_>) -> Request {
    let sender = message.sender();
    let mut fields = vec![
        ("from", sender.as_str()),
        ("to", message.to),
        ("subject", &message.letter.subject),
        ("text", &message.letter.text),
        ("html", &message.letter.html),
        ("v:message", message.id),
    ];
    if let Some(reply_to) = message.reply_to {
        fields.push(("h:Reply-To", reply_to));
    }
    let body = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let body = body.collect::<Vec<_>>().join("&");
    let login = Base64::encode_string(format!("api:{key}").as_bytes());
    Request::post(url, "application/x-www-form-urlencoded", body)
        .with("accept", "application/json")
        .with("user-agent", "Causeway")
        .with("authorization", format!("Basic {login}"))
}

/// Percent-encoding of all but unreserved characters (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn letter() -> Letter {
        Letter {
            subject: "已付款".to_owned(),
            text: "a & b".to_owned(),
            html: "<p>a &amp; b</p>".to_owned(),
        }
    }

    fn message(letter: &Letter) -> Addressed<'_> {
        Addressed {
            id: "msg_1",
            from_name: "Low \"Tide\" <Tea>",
            from: "orders@tea.example",
            to: "ada@example.com",
            reply_to: Some("help@tea.example"),
            letter,
        }
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        let found = request.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn resend_has_the_key_of_the_message() {
        let letter = letter();
        let request = Shape::Resend.request("https://x.example", "re_1", &message(&letter));
        assert_eq!(header(&request, "authorization"), Some("Bearer re_1"));
        assert_eq!(header(&request, "idempotency-key"), Some("msg_1"));
        let body = body(&request);
        assert_eq!(body["from"], "\"Low Tide Tea\" <orders@tea.example>");
        assert_eq!(body["to"], json!(["ada@example.com"]));
        assert_eq!(body["reply_to"], "help@tea.example");
        assert_eq!(body["subject"], "已付款");
    }

    #[test]
    fn postmark_and_sendgrid_have_their_own_names() {
        let letter = letter();
        let request = Shape::Postmark.request("https://x.example", "k", &message(&letter));
        assert_eq!(header(&request, "x-postmark-server-token"), Some("k"));
        assert_eq!(body(&request)["HtmlBody"], "<p>a &amp; b</p>");
        let request = Shape::Sendgrid.request("https://x.example", "k", &message(&letter));
        let body = body(&request);
        assert_eq!(
            body["personalizations"][0]["to"][0]["email"],
            "ada@example.com"
        );
        assert_eq!(body["content"][0]["type"], "text/plain");
    }

    #[test]
    fn mailgun_has_a_form() {
        let letter = letter();
        let request = Shape::Mailgun.request("https://x.example", "key-1", &message(&letter));
        assert_eq!(
            header(&request, "authorization"),
            Some("Basic YXBpOmtleS0x")
        );
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert!(body.contains("&text=a%20%26%20b&"), "{body}");
        assert!(body.contains("&h%3AReply-To=help%40tea.example"), "{body}");
    }

    #[test]
    fn nobody_is_named_in_a_log() {
        let letter = letter();
        assert_eq!(format!("{:?}", message(&letter)), "Addressed(msg_1)");
    }
}
