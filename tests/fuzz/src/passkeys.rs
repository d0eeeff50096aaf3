//! Passkeys, as browsers hand them over.
//!
//! Form: a letter for the part that is changed, then its bytes: `a` the attestation of a passkey
//! that is made; of one that is used, `d` the authenticator's data, `c` the client's data, `s` the
//! signature. The other parts are the published example's (WebAuthn Level 3, section 16.2), in
//! base64.

use base64ct::{Base64, Encoding};
use causeway_shared::passkey::{
    Expected, NewPasskey, PasskeyError, UnverifiedAssertion, Verification, challenge_of,
    read_assertion, read_registration,
};

const MADE_FOR: &str = "AMMPt4UxxGTStncdq417YDwBFi8vpIa+pw8oOuVW4TA=";
const MADE_CLIENT: &str = "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQU1NUHQ0VXh4R1RTdG5\
    jZHE0MTdZRHdCRmk4dnBJYS1wdzhvT3VWVzRUQSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09ya\
    WdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWw\
    gZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1Y2ggYXMgdGhpczogQmtRZURqZGNUQnJYQmlBd0pUTEU1USJ9";
const MADE: &str = "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikv6vDdDKViwYzYNOtZGHJxHNa5/jt1GWSpeDwFF\
    Ky5LVZAAAAAIRGzLmrHbN0dQsjZ/9vOh8AIPkfOR20ybL94OpwGJy6P7Y/V5umEiszrZT/PsMwCEvkpQECAyYgASFYIK/v\
    oW+XypstI+uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNFir+HlxfBLMaO1zKQry4mZHlrkiA=";
const USED_FOR: &str = "OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag=";
const USED_CLIENT: &str = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiT2NEblVoUVh1bFRVUG8zSlV\
    YVDBJOTdwdnp6WUJQOXRaY2hYeWF2MDFBZyIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpb\
    iI6ZmFsc2V9";
const USED: &str = "v6vDdDKViwYzYNOtZGHJxHNa5/jt1GWSpeDwFFKy5LUZAAAAAA==";
const SIGNED: &str = "MEYCIQD1Ck4uRAkknEqFO6NhKC8JhB303UVHoTqHeAIY3v/NOAIhAISArA8Lk1OBdPV1vxGh3V14\
    xuSGAT+TcpXqE2U+Mx6H";

const PARTY: &str = "example.org";
const ORIGIN: &str = "https://example.org";

/// The longest id of a credential (WebAuthn Level 3, section 4).
const ID_MAX: usize = 1023;

/// The parts of the example, each as an input.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let parts = [("a", MADE), ("d", USED), ("c", USED_CLIENT), ("s", SIGNED)];
    let seed = |(part, bytes): (&str, &str)| [part.as_bytes(), &of(bytes)].concat();
    parts.map(seed).to_vec()
}

/// Takes one part.
pub fn read(data: &[u8]) {
    let Some((part, bytes)) = data.split_first() else {
        return;
    };
    match part {
        b'a' => made(bytes),
        b'd' => used_with_data(bytes),
        b'c' => used_with_client_data(bytes),
        _ => used_with_signature(bytes),
    }
}

fn made(attestation: &[u8]) {
    let read = |party: &str| -> Result<NewPasskey, PasskeyError> {
        let challenge = of(MADE_FOR);
        read_registration(
            &of(MADE_CLIENT),
            attestation,
            &expected(&challenge, party, ORIGIN),
        )
    };
    let Ok(passkey) = read(PARTY) else {
        return;
    };
    assert!((1..=ID_MAX).contains(&passkey.id.len()));
    let [form, point @ ..] = &passkey.public_key;
    assert_eq!(*form, 4, "an uncompressed point");
    for (what, part) in [
        ("id", passkey.id.as_slice()),
        ("x", &point[..32]),
        ("y", &point[32..]),
    ] {
        let sent = attestation.windows(part.len()).any(|found| found == part);
        assert!(sent, "the {what} is not what was sent");
    }
    assert_eq!(read("example.com"), Err(PasskeyError::WrongParty));
}

fn used_with_data(data: &[u8]) {
    let Ok(used) = used(&of(USED_CLIENT), data, &of(SIGNED), ORIGIN) else {
        return;
    };
    let (signed, hash) = used.message.split_at(data.len());
    assert_eq!((signed, hash.len()), (data, 32));
}

fn used_with_client_data(client_data: &[u8]) {
    let read = |origin| used(client_data, &of(USED), &of(SIGNED), origin);
    if read(ORIGIN).is_err() {
        return;
    }
    assert_eq!(challenge_of(client_data), Ok(of(USED_FOR)));
    assert_eq!(read("https://example.com"), Err(PasskeyError::WrongOrigin));
    let told: serde_json::Value = serde_json::from_slice(client_data).expect("it was read");
    assert_eq!(told["type"], "webauthn.get");
    assert_eq!(told["origin"], ORIGIN);
    assert_ne!(told["crossOrigin"], true);
}

/// DER has one form for a signature: what was read, written again, is what was sent.
fn used_with_signature(signature: &[u8]) {
    let Ok(used) = used(&of(USED_CLIENT), &of(USED), signature, ORIGIN) else {
        return;
    };
    let (r, s) = used.signature.split_at(32);
    let body = [integer(r), integer(s)].concat();
    let length = u8::try_from(body.len()).expect("two numbers of 32 bytes");
    assert_eq!(signature, [&[0x30, length], body.as_slice()].concat());
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    let digits = &number[zeros..];
    let sign = digits.first().is_some_and(|b| *b >= 0x80);
    let body = [&[0][..usize::from(sign)], digits].concat();
    let length = u8::try_from(body.len()).expect("at most 33 bytes");
    [&[0x02, length], body.as_slice()].concat()
}

fn used(
    client_data: &[u8],
    data: &[u8],
    signature: &[u8],
    origin: &str,
) -> Result<UnverifiedAssertion, PasskeyError> {
    let challenge = of(USED_FOR);
    let expected = expected(&challenge, PARTY, origin);
    read_assertion(client_data, data, signature, &expected)
}

fn expected<'a>(challenge: &'a [u8], party: &'a str, origin: &'a str) -> Expected<'a> {
    Expected {
        challenge,
        origin,
        party,
        verification: Verification::Discouraged,
    }
}

fn of(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).expect("an example in base64")
}
