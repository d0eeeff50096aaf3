use super::*;
use crate::testing::same_cases;
use proptest::prelude::*;
use serde_json::Value;
use subtle::ConstantTimeEq;

/// A receiver's check, as the specification describes it: five minutes of tolerance, any one of the
/// signatures of version 1.
fn verify(
    secret: &SigningSecret,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: UnixTime,
) -> bool {
    let Ok(seconds) = timestamp.parse::<i64>() else {
        return false;
    };
    let expected = sign(
        std::slice::from_ref(secret),
        id,
        UnixTime::from_seconds(seconds),
        body,
    );
    (now.seconds() - seconds).abs() <= 300
        && signatures
            .split(' ')
            .any(|signature| signature.as_bytes().ct_eq(expected.as_bytes()).into())
}

fn vectors() -> Value {
    serde_json::from_str(include_str!(
        "../../../tests/vectors/standard-webhooks.json"
    ))
    .unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn published(vector: &Value) -> (SigningSecret, &str, UnixTime, &[u8]) {
    (
        SigningSecret::parse(text(&vector["secret"])).unwrap(),
        text(&vector["id"]),
        UnixTime::from_seconds(vector["timestamp"].as_i64().unwrap()),
        text(&vector["body"]).as_bytes(),
    )
}

#[test]
fn published_signatures() {
    let file = vectors();
    for vector in file["sign"].as_array().unwrap() {
        let (secret, id, at, body) = published(vector);
        assert_eq!(sign(&[secret], id, at, body), text(&vector["signature"]));
    }
}

#[test]
fn published_rejections() {
    let file = vectors();
    for vector in file["sign"].as_array().unwrap() {
        let (secret, id, at, body) = published(vector);
        let timestamp = at.seconds().to_string();
        let check = |signatures: &str| verify(&secret, id, &timestamp, signatures, body, at);
        for invalid in file["invalid_signatures"].as_array().unwrap() {
            assert!(!check(text(invalid)), "{invalid}");
        }
        let others = file["other_signatures"].as_array().unwrap();
        let others = others.iter().map(text).collect::<Vec<_>>().join(" ");
        assert!(!check(&others));
        assert!(check(&format!("{others} {}", text(&vector["signature"]))));
    }
}

#[test]
fn a_receiver_notices_what_was_changed() {
    let file = vectors();
    let (secret, id, at, body) = published(&file["sign"][0]);
    let signature = sign(std::slice::from_ref(&secret), id, at, body);
    let timestamp = at.seconds().to_string();
    assert!(verify(
        &secret,
        id,
        &timestamp,
        &signature,
        body,
        at.plus_seconds(300)
    ));
    assert!(!verify(
        &secret,
        id,
        &timestamp,
        &signature,
        body,
        at.plus_seconds(301)
    ));
    assert!(!verify(
        &secret,
        id,
        &timestamp,
        &signature,
        body,
        at.plus_seconds(-301)
    ));
    assert!(!verify(
        &secret,
        "msg_other",
        &timestamp,
        &signature,
        body,
        at
    ));
    assert!(!verify(&secret, id, "1614265331", &signature, body, at));
    assert!(!verify(&secret, id, "hello", &signature, body, at));
    assert!(!verify(
        &secret,
        id,
        &timestamp,
        &signature,
        b"{\"test\": 2432232315}",
        at
    ));
    assert!(!verify(
        &SigningSecret::make([1; 32]),
        id,
        &timestamp,
        &signature,
        body,
        at
    ));
}

#[test]
fn each_secret_signs_while_one_replaces_the_other() {
    let (old, new) = (SigningSecret::make([1; 32]), SigningSecret::make([2; 32]));
    let at = UnixTime::from_millis(1_795_316_645_678);
    let signatures = sign(&[new.clone(), old.clone()], "evt_1", at, b"{}");
    assert_eq!(signatures.split(' ').count(), 2);
    for secret in [&old, &new] {
        assert!(verify(
            secret,
            "evt_1",
            "1795316645",
            &signatures,
            b"{}",
            at
        ));
    }
    let third = SigningSecret::make([3; 32]);
    assert!(!verify(
        &third,
        "evt_1",
        "1795316645",
        &signatures,
        b"{}",
        at
    ));
    assert_eq!(sign(&[], "evt_1", at, b"{}"), "");
}

#[test]
fn a_body_need_not_be_text() {
    let secret = [SigningSecret::make([1; 32])];
    let at = UnixTime::from_seconds(0);
    assert_ne!(
        sign(&secret, "a", at, &[0xff]),
        sign(&secret, "a", at, &[0xfe])
    );
}

#[test]
fn secrets_read_back() {
    let secret = SigningSecret::make([0xff; 32]);
    let encoded = secret.expose();
    assert_eq!(
        *encoded,
        "whsec_//////////////////////////////////////////8="
    );
    assert_eq!(SigningSecret::parse(&encoded), Ok(secret));
}

#[test]
fn rejects_what_is_no_secret() {
    let encoded = |bytes: usize| format!("whsec_{}", Base64::encode_string(&vec![7; bytes]));
    for bytes in [24, 32, 64] {
        assert!(SigningSecret::parse(&encoded(bytes)).is_ok(), "{bytes}");
    }
    for bytes in [0, 1, 23, 65, 128] {
        assert_eq!(
            SigningSecret::parse(&encoded(bytes)),
            Err(SecretError),
            "{bytes}"
        );
    }
    let cases = [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
        "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_//////////////////////////////////////////9=",
    ];
    for text in cases {
        assert_eq!(SigningSecret::parse(text), Err(SecretError), "{text}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let secret = SigningSecret::make([1; 32]);
    assert_eq!(format!("{secret:?}"), "SigningSecret(Secret(…))");
    assert!(!SecretError.to_string().contains("MfKQ"));
}

proptest! {
    #![proptest_config(same_cases())]

    #[test]
    fn any_text_is_read_or_refused(text in "(whsec_)?[A-Za-z0-9+/=]{0,100}|\\PC*") {
        if let Ok(secret) = SigningSecret::parse(&text) {
            prop_assert_eq!(&*secret.expose(), &text);
        }
    }
}
