//! Certificate mode, and both kinds of keys side by side.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde_json::Value;

use super::*;

/// A test certificate of the key `channel`, and its serial number.
fn certificate(name: &str) -> (String, String) {
    let text = include_str!("../../../../../tests/vectors/channels/test_keys.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let text = |field: &str| {
        file["certificates"][name][field]
            .as_str()
            .unwrap()
            .to_owned()
    };
    (text("pem"), text("serial"))
}

/// The body of a certificate download.
fn download(certificates: &[(&str, &str)], api_v3_key: &str) -> String {
    let cipher = Aes256Gcm::new_from_slice(api_v3_key.as_bytes()).unwrap();
    let nonce = Nonce::try_from(b"61f9c719728a".as_slice()).unwrap();
    let entries: Vec<Value> = certificates
        .iter()
        .map(|(pem, serial)| {
            let payload = Payload {
                msg: pem.as_bytes(),
                aad: b"certificate",
            };
            let ciphertext = Base64::encode_string(&cipher.encrypt(&nonce, payload).unwrap());
            serde_json::json!({
                "serial_no": serial,
                "effective_time": "2024-01-01T08:00:00+08:00",
                "expire_time": "2034-01-01T08:00:00+08:00",
                "encrypt_certificate": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "nonce": "61f9c719728a",
                    "associated_data": "certificate",
                    "ciphertext": ciphertext,
                },
            })
        })
        .collect();
    serde_json::json!({ "data": entries }).to_string()
}

/// The test certificate is valid from 2024 on.
fn later() -> Fresh {
    Fresh {
        now: UnixTime::from_seconds(LATER),
        nonce: NONCE.to_owned(),
    }
}

const LATER: i64 = 1_780_000_000;

fn signing(serial: &str) -> Signing {
    Signing {
        timestamp: LATER,
        ..Signing::serial(serial)
    }
}

fn query(
    account: Account,
    answers: impl IntoIterator<Item = Response>,
) -> (Result<Reported, ChannelError>, Vec<Request>) {
    let fixture = Fixture::new(account);
    exchange(
        WechatPay.query(BASE, &fixture.payment(Flow::Qr), &later()),
        answers,
    )
}

fn is_unauthentic<T>(result: &Result<T, ChannelError>) -> bool {
    matches!(result, Err(ChannelError::Unauthentic(_)))
}

#[test]
fn a_configured_certificate_verifies() {
    let (pem, serial) = certificate("valid");
    let (expired, _) = certificate("expired");
    let both = format!("{expired}\n{pem}");
    let account = || {
        account_with(&[
            ("public_key_id", ""),
            ("public_key", ""),
            ("platform_certificates", both.as_str()),
        ])
    };
    for serial in [serial.clone(), serial.to_ascii_lowercase()] {
        let answers = [signing(&serial).answer(200, &transaction("CLOSED"))];
        let (result, requests) = query(account(), answers);
        assert_eq!(result.unwrap().status, Status::Closed);
        assert_eq!(requests.len(), 1);
    }
    let forged = Signing {
        key: "stranger",
        ..signing(&serial)
    };
    assert!(is_unauthentic(
        &query(account(), [forged.answer(200, &transaction("CLOSED"))]).0
    ));
}

#[test]
fn an_expired_certificate_verifies_nothing() {
    let (pem, serial) = certificate("expired");
    let account = account_with(&[("platform_certificates", pem.as_str())]);
    let (result, _) = query(
        account,
        [signing(&serial).answer(200, &transaction("SUCCESS"))],
    );
    assert_eq!(
        result,
        Err(ChannelError::Unauthentic(
            "signed with an expired certificate"
        ))
    );
    // Nor one that is not valid yet: the test certificate before 2024.
    let (pem, serial) = certificate("valid");
    let fixture = Fixture::new(account_with(&[("platform_certificates", pem.as_str())]));
    let next = WechatPay.query(BASE, &fixture.payment(Flow::Qr), &fresh());
    let early = Signing::serial(&serial).answer(200, &transaction("SUCCESS"));
    assert!(is_unauthentic(&result_of(next, early)));
}

fn result_of<T>(next: Next<T>, response: Response) -> Result<T, ChannelError> {
    result(next, [response])
}

#[test]
fn an_unknown_certificate_is_downloaded_and_verified() {
    let (pem, serial) = certificate("valid");
    let body = download(&[(&pem, &serial)], API_V3_KEY);
    let (result, requests) = query(
        certificate_account(),
        [
            signing(&serial).answer(200, &transaction("SUCCESS")),
            signing(&serial).answer(200, &body),
        ],
    );
    assert!(matches!(result.unwrap().status, Status::Paid(_)));
    let download = &requests[1];
    assert_eq!(download.url, format!("{BASE}/v3/certificates"));
    let message = format!("GET\n/v3/certificates\n{LATER}\n{NONCE_2}\n\n");
    let signature = Base64::encode_string(&TestKey::named("merchant").sign(message.as_bytes()));
    assert!(
        download
            .header("authorization")
            .unwrap()
            .contains(&signature)
    );
}

#[test]
fn one_download_serves_a_whole_run() {
    let (pem, serial) = certificate("valid");
    let fixture = Fixture::new(certificate_account());
    let next = WechatPay.close(BASE, &fixture.payment(Flow::Qr), &later());
    let (result, requests) = exchange(
        next,
        [
            signing(&serial).answer(204, ""),
            signing(&serial).answer(200, &download(&[(&pem, &serial)], API_V3_KEY)),
            signing(&serial).answer(200, &transaction("CLOSED")),
        ],
    );
    assert_eq!(result.unwrap().status, Status::Closed);
    let urls: Vec<_> = requests
        .iter()
        .map(|r| r.url.strip_prefix(BASE).unwrap())
        .collect();
    assert_eq!(
        urls,
        [
            format!("/v3/pay/transactions/out-trade-no/{REFERENCE}/close"),
            "/v3/certificates".to_owned(),
            format!("/v3/pay/transactions/out-trade-no/{REFERENCE}?mchid={MCHID}"),
        ]
    );
}

#[test]
fn a_download_that_proves_nothing_ends_the_exchange() {
    let (pem, serial) = certificate("valid");
    let (old, old_serial) = certificate("expired");
    let good = download(&[(&pem, &serial)], API_V3_KEY);
    let foreign_key = download(&[(&pem, &serial)], "ffffffffffffffffffffffffffffffff");
    let misnamed = download(&[(&pem, &old_serial)], API_V3_KEY);
    let expired = download(&[(&old, &old_serial)], API_V3_KEY);
    let forged = Signing {
        key: "stranger",
        ..signing(&serial)
    };
    for (case, answer) in [
        unsigned(200, &good),
        forged.answer(200, &good),
        signing(&serial).answer(200, &foreign_key),
        signing(&serial).answer(200, &misnamed),
        signing(&serial).answer(200, &expired),
        signing(&old_serial).answer(200, &expired),
        signing(&serial).answer(200, r#"{"data":[]}"#),
        signing(PUBLIC_KEY_ID).answer(200, &good),
        unsigned(404, r#"{"code":"NOT_FOUND"}"#),
        signing(&serial).answer(404, r#"{"code":"RESOURCE_NOT_EXISTS"}"#),
    ]
    .into_iter()
    .enumerate()
    {
        let first = signing(&serial).answer(200, &transaction("SUCCESS"));
        let (result, _) = query(certificate_account(), [first, answer]);
        assert!(is_unauthentic(&result), "case {case}: {result:?}");
    }
    for answer in [
        unsigned(502, ""),
        signing(&serial).answer(500, r#"{"code":"HTTP_502"}"#),
    ] {
        let first = signing(&serial).answer(200, &transaction("SUCCESS"));
        let (result, _) = query(certificate_account(), [first, answer]);
        let code = crate::channel::ChannelCode::new("HTTP_502");
        assert_eq!(result, Err(ChannelError::Unavailable(code)));
    }
}

#[test]
fn a_downloaded_key_does_not_help_a_forged_answer() {
    let (pem, serial) = certificate("valid");
    let forged = Signing {
        key: "stranger",
        ..signing(&serial)
    };
    let (result, _) = query(
        certificate_account(),
        [
            forged.answer(200, &transaction("SUCCESS")),
            signing(&serial).answer(200, &download(&[(&pem, &serial)], API_V3_KEY)),
        ],
    );
    assert!(is_unauthentic(&result));
}

#[test]
fn both_kinds_of_keys_stand_side_by_side() {
    let (pem, serial) = certificate("valid");
    let account = || account_with(&[("platform_certificates", pem.as_str())]);
    for serial in [serial.as_str(), PUBLIC_KEY_ID] {
        let (result, _) = query(
            account(),
            [signing(serial).answer(200, &transaction("CLOSED"))],
        );
        assert_eq!(result.unwrap().status, Status::Closed);
    }
}
