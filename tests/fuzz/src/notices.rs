//! Notices of channels.
//!
//! Form: the name of the transcript whose account is notified, in a line; how, in a line; then
//! headers and body (see `messages.rs`). How it is notified:
//! - `stranger`, or anything else: by somebody who has no key. Nothing may be read.
//! - `channel`: as if the signature held; Stripe's is made. What is read is held to its bounds.
//! - `sealed TYPE`, for WeChat Pay: as `channel`, with the body encrypted into a notice of a type.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding};
use causeway_shared::channel::{Account, ChannelId, Credentials, Fact, Noticed, Source, channel};
use causeway_shared::http::Request;
use causeway_shared::mac::hmac_sha256;
use serde_json::json;

use crate::checks::{Expected, error, same_as_json, short};
use crate::messages::{first_line, notice};
use crate::run::{Ran, run};
use crate::transcripts::{Transcript, named, of};

/// Reads one notice to an account at the channel of a folder.
pub fn read(folder: &str, data: &[u8]) {
    let (name, rest) = first_line(data);
    let (how, rest) = first_line(rest);
    let transcript = named(name, &of(folder, true));
    let mut account = transcript.account();
    let url = transcript.notice.as_ref().map_or("", |n| n.url.as_str());
    let mut request = notice(url, rest);
    let sealed = how.strip_prefix(b"sealed ");
    if let Some(kind) = sealed.filter(|_| account.channel == ChannelId::WechatPay) {
        request.body = seal(&account, &String::from_utf8_lossy(kind), &request.body);
    }
    let by_channel = sealed.is_some() || how == b"channel";
    if by_channel {
        sign(&account, transcript, &mut request);
    } else if account.channel == ChannelId::Stripe {
        // A transcript's own signature holds; a stranger's, over the same, does not.
        let name = "webhook_secret".to_owned();
        let other = [(name, "whsec_of_somebody_else".to_owned())];
        let fields = transcript.account.credentials.clone();
        account.credentials = Credentials::new(fields.into_iter().chain(other));
    }
    let (channel, fresh) = (channel(account.channel), transcript.fresh());
    let next = channel.read_notice(&transcript.base, &account, &request, &fresh);
    let Some(Ran { result, held }) = run(next, std::iter::empty(), || by_channel) else {
        return;
    };
    match result {
        Ok(noticed) => {
            let one_that_signs = account.channel == ChannelId::Stripe;
            assert!(by_channel, "read without a signature: {noticed:?}");
            assert!(one_that_signs || held == 1, "read without a signature");
            check(&account, &noticed);
        }
        Err(problem) => error(&problem),
    }
}

fn check(account: &Account, noticed: &Noticed) {
    same_as_json(noticed);
    short(&noticed.notice_id);
    let expected = Expected {
        account: &account.id,
        source: Source::Notice,
    };
    for fact in &noticed.facts {
        let (subject, proven) = match fact {
            Fact::Payment { subject, reported } => {
                let proof = expected.payment(reported);
                (subject, proof.and_then(|proof| proof.reference()))
            }
            Fact::Refund {
                subject,
                refund,
                reported,
            } => {
                if let Some(proof) = expected.refund(reported) {
                    assert_eq!(Some(proof.refund()), refund.as_ref());
                }
                (subject, None)
            }
        };
        subject.channel_number.as_deref().inspect(|n| short(n));
        assert!(proven.is_none() || proven == subject.reference.as_ref());
    }
}

/// Puts in what only the channel can: Stripe's MAC, and the form of WeChat Pay's headers.
fn sign(account: &Account, transcript: &Transcript, request: &mut Request) {
    let now = transcript.now.seconds().to_string();
    let mut put = |name: &str, value: String| {
        request.headers.retain(|(known, _)| known != name);
        request.headers.push((name.to_owned(), value));
    };
    match account.channel {
        ChannelId::Alipay => {}
        ChannelId::Stripe => {
            let secret = account.credentials.optional("webhook_secret").unwrap();
            let parts = [now.as_bytes(), b".", request.body.as_slice()];
            let mac = hmac_sha256(secret.as_bytes(), &parts);
            let hex: String = mac.iter().map(|b| format!("{b:02x}")).collect();
            put("stripe-signature", format!("t={now},v1={hex}"));
        }
        ChannelId::WechatPay => {
            put("wechatpay-timestamp", now);
            put("wechatpay-nonce", "nonce".to_owned());
            put("wechatpay-signature", "AAAA".to_owned());
            // The key that the account knows.
            let headers = &transcript.notice.as_ref().unwrap().headers;
            let serial = headers.iter().find(|(name, _)| name == "wechatpay-serial");
            put("wechatpay-serial", serial.unwrap().1.clone());
            let kind = "WECHATPAY2-SHA256-RSA2048";
            put("wechatpay-signature-type", kind.to_owned());
        }
    }
}

/// A notice of WeChat Pay's, encrypted as the channel does.
fn seal(account: &Account, kind: &str, resource: &[u8]) -> Vec<u8> {
    const NONCE: &[u8; 12] = b"fuzzfuzzfuzz";
    let key = account.credentials.optional("api_v3_key").unwrap();
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).unwrap();
    let nonce = Nonce::try_from(NONCE.as_slice()).unwrap();
    let payload = Payload {
        msg: resource,
        aad: b"transaction",
    };
    let ciphertext = cipher.encrypt(&nonce, payload).unwrap();
    let body = json!({
        "id": "EV-1",
        "event_type": kind,
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": Base64::encode_string(&ciphertext),
            "associated_data": "transaction",
            "nonce": "fuzzfuzzfuzz",
        },
    });
    body.to_string().into_bytes()
}

/// What is inside a notice of WeChat Pay's, and of which type it is.
pub(crate) fn unseal(account: &Account, body: &str) -> Option<(String, Vec<u8>)> {
    let notice: serde_json::Value = serde_json::from_str(body).ok()?;
    let resource = &notice["resource"];
    let key = account.credentials.optional("api_v3_key")?;
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).ok()?;
    let nonce = Nonce::try_from(resource["nonce"].as_str()?.as_bytes()).ok()?;
    let msg = Base64::decode_vec(resource["ciphertext"].as_str()?).ok()?;
    let aad = resource["associated_data"].as_str().unwrap_or_default();
    let aad = aad.as_bytes();
    let opened = cipher.decrypt(&nonce, Payload { msg: &msg, aad }).ok()?;
    Some((notice["event_type"].as_str()?.to_owned(), opened))
}
