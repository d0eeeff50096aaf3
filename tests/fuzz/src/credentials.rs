//! Keys and certificates, as merchants paste them and as WeChat Pay sends them.
//!
//! Form: the transcript whose account is changed, in a line; the field to change, in a line, with
//! `der ` before it where what follows is binary; then the value.

use base64ct::{Base64, Encoding};
use causeway_shared::channel::{Account, ChannelError, Credentials, channel};

use crate::checks::error;
use crate::messages::first_line;
use crate::transcripts::{named, of};

/// Takes one field of an account.
pub fn read(data: &[u8]) {
    let (name, rest) = first_line(data);
    let (field, value) = first_line(rest);
    let folder = match name.split(|b| *b == b'/').next() {
        Some(b"alipay") => "alipay",
        Some(b"stripe") => "stripe",
        _ => "wechatpay",
    };
    let transcript = named(name, &of(folder, false));
    let (field, value) = match field.strip_prefix(b"der ") {
        Some(field) => (field, Base64::encode_string(value)),
        None => (field, String::from_utf8_lossy(value).into_owned()),
    };
    let field = String::from_utf8_lossy(field).into_owned();
    let mut fields = transcript.account.credentials.clone();
    fields.insert(field, value);
    let account = Account {
        credentials: Credentials::new(fields),
        ..transcript.account()
    };
    let channel = channel(account.channel);
    match channel.check_credentials(&account) {
        Ok(()) => {}
        Err(problem) => {
            error(&problem);
            // Whose words are `&'static str`: what was pasted cannot be among them.
            let ChannelError::Credentials { .. } = problem else {
                panic!("{problem}");
            };
        }
    }
}
