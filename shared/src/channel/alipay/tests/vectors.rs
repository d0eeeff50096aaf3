//! The published vectors, `tests/vectors/channels/alipay.json`; each names its source.
//!
//! Left out, because they are of products that are not built: alipay-v3-authorization,
//! antom-sign, alipay-aes.

use serde_json::Value;

use super::*;
use crate::channel::alipay::answer::{Envelope, verify};
use crate::channel::alipay::gateway::Parameters;
use crate::channel::alipay::keys::{Keys, first_certificate, root_serial};
use crate::channel::alipay::notice::Form;
use crate::channel::testing::run_offline;
use crate::sign::{Algorithm, Step, ToVerify};

fn vectors(kind: &str) -> Vec<Value> {
    let text = include_str!("../../../../../tests/vectors/channels/alipay.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    all.into_iter()
        .filter(|vector| vector["kind"] == kind)
        .collect()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn bare(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    Base64::decode_vec(&lines.collect::<String>()).unwrap()
}

#[test]
fn notices() {
    let vectors = vectors("alipay-notify");
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let body = text(&vector, "form_body_example");
        if let Some(expected) = vector["sign_content"].as_str() {
            let signed = Form::parse(body.as_bytes()).unwrap().signed();
            assert_eq!(String::from_utf8(signed).unwrap(), expected);
        }
        let params = &vector["params"];
        let account = account_with(&[
            ("app_id", text(params, "app_id")),
            ("alipay_public_key", text(&vector, "public_key")),
        ]);
        let notice = Request::post(BASE, "application/x-www-form-urlencoded", body);
        let now = UnixTime::parse_beijing(text(params, "notify_time")).unwrap();
        let result =
            run_offline(Alipay.read_notice(BASE, &account, &notice, &Fresh { now, ..fresh() }));
        if vector["valid"] == true {
            let noticed = result.unwrap();
            assert_eq!(noticed.notice_id, text(params, "notify_id"));
            // Trades that we did not start are genuine and of no interest.
            assert_eq!(noticed.facts, []);
        } else {
            assert!(matches!(result, Err(ChannelError::Unauthentic(_))));
        }
    }
}

#[test]
fn a_captured_answer() {
    let vectors = vectors("alipay-response");
    assert_eq!(vectors.len(), 1);
    for vector in vectors {
        let account = account_with(&[("alipay_public_key", text(&vector, "public_key"))]);
        let keys = Keys::read(&account.credentials).unwrap();
        let method = "alipay.open.file.upload";
        let body = text(&vector, "raw_body");
        let envelope = Envelope::read(method, body).unwrap();
        assert_eq!(envelope.signed, text(&vector, "sign_content"));
        let answer = |body: &str| {
            run_offline(verify(
                method,
                &keys,
                &Response::new(200, "text/html", body),
            ))
        };
        assert_eq!(answer(body).unwrap().code(), "10000");
        let tampered = body.replace("CAxAToWB1JsAAAAA", "CAxAToWB1JsAAAAB");
        assert!(matches!(
            answer(&tampered),
            Err(ChannelError::Unauthentic(_))
        ));
    }
}

#[test]
fn the_signed_part_of_an_answer() {
    let vectors = vectors("alipay-response-extract");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let key = text(&vector, "response_key")
            .strip_suffix("_response")
            .unwrap();
        let envelope = Envelope::read(&key.replace('_', "."), text(&vector, "raw_body")).unwrap();
        assert_eq!(envelope.signed, text(&vector, "sign_content"));
        assert_eq!(envelope.signature.as_deref(), Some("P8x=="));
    }
}

#[test]
fn serial_numbers_of_certificates() {
    let vectors = vectors("alipay-cert-sn");
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let certificate = first_certificate(text(&vector, "certificate_pem")).unwrap();
        assert_eq!(certificate.serial, text(&vector, "expected"));
    }
}

#[test]
fn the_serial_number_of_the_root_bundle() {
    let vectors = self::vectors("alipay-root-cert-sn");
    assert_eq!(vectors.len(), 1);
    for vector in vectors {
        let all = vector["certificates_pem"].as_array().unwrap().iter();
        let blocks: Vec<&str> = all.map(|pem| pem.as_str().unwrap()).collect();
        assert_eq!(blocks.len(), 4);
        let expected = Some(text(&vector, "expected").to_owned());
        assert_eq!(root_serial(&blocks.join("\n")), expected);
        // What cannot be read is passed over.
        let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        assert_eq!(
            root_serial(&format!("{broken}\n{}\n", blocks.join("\n"))),
            expected
        );
    }
}

#[test]
fn the_text_and_signature_of_a_request() {
    let vectors = vectors("alipay-request-sign");
    assert_eq!(vectors.len(), 1);
    for vector in vectors {
        let params = vector["params"].as_object().unwrap();
        let names = [
            "app_id",
            "method",
            "format",
            "charset",
            "sign_type",
            "timestamp",
            "version",
            "notify_url",
            "return_url",
            "biz_content",
        ];
        assert_eq!(params.len(), names.len());
        let all = names.map(|name| (name, params[name].as_str().unwrap().to_owned()));
        let content = Parameters::new(all.to_vec()).text();
        assert_eq!(content, text(&vector, "sign_content"));
        let to_verify = ToVerify {
            algorithm: Algorithm::RsaSha256,
            key_spki: bare(text(&vector, "public_key_spki_pem")),
            message: content.into_bytes(),
            signature: Base64::decode_vec(text(&vector, "expected_sign")).unwrap(),
        };
        run_offline(Ok(Step::verify(to_verify, || Ok(Step::Done(()))))).unwrap();
    }
}
