//! The published vectors, and each rule broken once.

use super::*;
use crate::testing::{from_hex, hex};

/// WebAuthn Level 3, section 16.2: ES256 credential with no attestation. Its authenticator did not
/// check who touched it.
const PARTY: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const MADE_FOR: &str = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
const MADE_CLIENT: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e67\
    65223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f75565734544\
    1222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e22\
    3a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656\
    e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073756368\
    20617320746869733a20426b5165446a646354427258426941774a544c453551227d";
const MADE: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b0633\
    60d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f\
    91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97\
    ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf87971\
    7c12cc68ed73290af2e2664796b9220";
const USED_FOR: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
const USED_CLIENT: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2\
    24f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c22\
    6f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616\
    c73657d";
const USED: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
const SIGNED: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd3802\
    21008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";

/// Section 16.4: made inside another site's page.
const FRAMED_FOR: &str = "3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49";
const FRAMED_CLIENT: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e\
    6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f3\
    06b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e\
    223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656\
    e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c2073756368\
    20617320746869733a207a5a7175457444523944577170573574425754467567227d";

fn bytes(text: &str) -> Vec<u8> {
    from_hex(text)
}

fn expected(challenge: &[u8]) -> Expected<'_> {
    Expected {
        challenge,
        origin: ORIGIN,
        party: PARTY,
        verification: Verification::Discouraged,
    }
}

fn made(client: &[u8], attestation: &[u8]) -> Result<NewPasskey, PasskeyError> {
    read_registration(client, attestation, &expected(&bytes(MADE_FOR)))
}

fn used(client: &[u8], data: &[u8]) -> Result<UnverifiedAssertion, PasskeyError> {
    read_assertion(client, data, &bytes(SIGNED), &expected(&bytes(USED_FOR)))
}

/// The same text with one part of it replaced.
fn with(text: &str, part: &str, other: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes(text)).unwrap();
    assert!(text.contains(part), "{part}");
    text.replace(part, other).into_bytes()
}

/// The same bytes with one part of them replaced.
fn turned(text: &str, part: &str, other: &str) -> Vec<u8> {
    let text = text.replace(char::is_whitespace, "");
    assert_eq!(text.matches(part).count(), 1, "{part}");
    bytes(&text.replace(part, other))
}

#[test]
fn the_published_registration_is_read() {
    let passkey = made(&bytes(MADE_CLIENT), &bytes(MADE)).unwrap();
    let id = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    assert_eq!(hex(&passkey.id), id);
    let x = "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61";
    let y = "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    assert_eq!(hex(&passkey.public_key), format!("04{x}{y}"));
    assert_eq!((passkey.sign_count, passkey.can_be_backed_up), (0, true));
    assert_eq!(hex(&challenge_of(&bytes(MADE_CLIENT)).unwrap()), MADE_FOR);
}

#[test]
fn the_published_assertion_is_read() {
    let use_ = used(&bytes(USED_CLIENT), &bytes(USED)).unwrap();
    let digest = hex(&Sha256::digest(bytes(USED_CLIENT)));
    assert_eq!(hex(&use_.message), format!("{USED}{digest}"));
    let r = "f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd38";
    let s = "8480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
    assert_eq!(hex(&use_.signature), format!("{r}{s}"));
    assert_eq!((use_.sign_count, use_.can_be_backed_up), (0, true));
}

#[test]
fn one_inside_another_sites_page_is_refused() {
    let challenge = bytes(FRAMED_FOR);
    let read = read_registration(&bytes(FRAMED_CLIENT), &bytes(MADE), &expected(&challenge));
    assert_eq!(read, Err(PasskeyError::CrossOrigin));
    let part = "\"crossOrigin\":false";
    let client = with(USED_CLIENT, part, "\"topOrigin\":\"https://example.com\"");
    assert_eq!(used(&client, &bytes(USED)), Err(PasskeyError::CrossOrigin));
}

#[test]
fn each_rule_about_client_data_holds() {
    for (part, other, wanted) in [
        ("webauthn.get", "webauthn.create", PasskeyError::WrongType),
        ("OcDnUhQX", "PcDnUhQX", PasskeyError::WrongChallenge),
        ("OcDnUhQX", "OcDn/hQX", PasskeyError::Malformed),
        (
            "https://example.org",
            "http://example.org",
            PasskeyError::WrongOrigin,
        ),
        (
            "https://example.org",
            "https://example.org:444",
            PasskeyError::WrongOrigin,
        ),
        (
            "https://example.org",
            "https://evil.example.org",
            PasskeyError::WrongOrigin,
        ),
        ("\"origin\"", "\"orig\"", PasskeyError::Malformed),
        (
            "\"crossOrigin\":false",
            "\"crossOrigin\":0",
            PasskeyError::Malformed,
        ),
        ("}", "", PasskeyError::Malformed),
    ] {
        let client = with(USED_CLIENT, part, other);
        assert_eq!(used(&client, &bytes(USED)), Err(wanted), "{part} {other}");
    }
    // Serde alone would take the fields' values in their order.
    let list =
        br#"["webauthn.get","OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag","https://example.org"]"#;
    assert_eq!(used(list, &bytes(USED)), Err(PasskeyError::Malformed));
    // It would not look at what is in a member that it does not know.
    let mut client = bytes(USED_CLIENT);
    client.splice(1..1, *b"\"a\":\"\x84\",");
    assert_eq!(used(&client, &bytes(USED)), Err(PasskeyError::Malformed));
    let registration = with(MADE_CLIENT, "webauthn.create", "webauthn.get");
    assert_eq!(
        made(&registration, &bytes(MADE)),
        Err(PasskeyError::WrongType)
    );
}

#[test]
fn each_rule_about_authenticator_data_holds() {
    for (part, other, wanted) in [
        ("bfabc374", "bfabc375", PasskeyError::WrongParty),
        ("b519", "b518", PasskeyError::NotPresent),
        ("b519", "b511", PasskeyError::Malformed),
        ("b519", "b559", PasskeyError::Malformed),
        ("b519", "b599", PasskeyError::Malformed),
        ("b51900000000", "b519000000", PasskeyError::Malformed),
        ("b51900000000", "b5190000000000", PasskeyError::Malformed),
    ] {
        let data = turned(USED, part, other);
        assert_eq!(
            used(&bytes(USED_CLIENT), &data),
            Err(wanted),
            "{part} {other}"
        );
    }
    // With an extension's output, which decides nothing.
    let extended = turned(USED, "b51900000000", "b59900000007a163657874f5");
    assert_eq!(used(&bytes(USED_CLIENT), &extended).unwrap().sign_count, 7);
}

#[test]
fn who_touched_it_has_to_be_checked_where_that_is_required() {
    let challenge = bytes(USED_FOR);
    let required = Expected {
        verification: Verification::Required,
        ..expected(&challenge)
    };
    let read = |data: &[u8]| {
        read_assertion(&bytes(USED_CLIENT), data, &bytes(SIGNED), &required).map(|_| ())
    };
    assert_eq!(read(&bytes(USED)), Err(PasskeyError::NotVerified));
    assert_eq!(read(&turned(USED, "b519", "b51d")), Ok(()));
}

#[test]
fn each_rule_about_a_new_key_holds() {
    for (part, other, wanted) in [
        ("a501020326", "a501030326", PasskeyError::UnsupportedKey),
        ("0326200121", "0327200121", PasskeyError::UnsupportedKey),
        ("2001215820", "2002215820", PasskeyError::UnsupportedKey),
        (
            "68617574684461746158a4",
            "68617574684461747a58a4",
            PasskeyError::Malformed,
        ),
        (
            "b559000000008446",
            "b519000000008446",
            PasskeyError::Malformed,
        ),
        ("3a1f0020f91f", "3a1f0400f91f", PasskeyError::Malformed),
        ("3a1f0020f91f", "3a1f0000f91f", PasskeyError::Malformed),
        ("a363666d74", "a463666d74", PasskeyError::Malformed),
    ] {
        let attestation = turned(MADE, part, other);
        assert_eq!(
            made(&bytes(MADE_CLIENT), &attestation),
            Err(wanted),
            "{part} {other}"
        );
    }
    let mut longer = bytes(MADE);
    longer.push(0);
    assert_eq!(
        made(&bytes(MADE_CLIENT), &longer),
        Err(PasskeyError::Malformed)
    );
    let huge = vec![0; MAX_PART + 1];
    assert_eq!(
        made(&bytes(MADE_CLIENT), &huge),
        Err(PasskeyError::Malformed)
    );
}

#[test]
fn a_statement_beside_it_decides_nothing() {
    let statement = "676174745374";
    let packed = turned(
        MADE,
        &format!("63666d74646e6f6e65{statement}6d74a0"),
        &format!("63666d74667061636b6564{statement}6d74a163616c6726"),
    );
    assert!(made(&bytes(MADE_CLIENT), &packed).is_ok());
}

#[test]
fn nothing_that_is_cut_or_turned_panics() {
    let whole = bytes(MADE);
    for end in 0..whole.len() {
        assert!(made(&bytes(MADE_CLIENT), &whole[..end]).is_err());
    }
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut other = whole.clone();
            other[place] ^= 1 << bit;
            let _ = made(&bytes(MADE_CLIENT), &other);
        }
    }
}

#[test]
fn a_count_grows_unless_there_is_none() {
    assert!(counts_on(0, 0) && counts_on(0, 1) && counts_on(6, 7));
    assert!(!counts_on(7, 7) && !counts_on(7, 6) && !counts_on(7, 0));
}
