use super::*;
use crate::id::{AccountId, AttemptId, OrderId, StoreId, Till};
use crate::money::{Currency, Money};
use crate::testing::{hex, unhex};
use hpke::{Kem as _, OpModeR, setup_receiver, setup_sender_with_rng};
use serde_json::Value;

const PLAIN: &[u8] = br#"{"number":"4242424242424242","exp_month":12}"#;

const BINDING: Binding<'static> = Binding {
    order: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    attempt: "att_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    account: "acc_tea1_0123456789",
    amount_minor: 1234,
    currency: "USD",
};

fn key(seed: u8) -> OpenKey {
    OpenKey::from_seed(&[seed; 32]).unwrap()
}

fn sealed() -> Vec<u8> {
    seal(key(1).seal_key(), &BINDING, PLAIN, [5; RANDOM_LENGTH]).unwrap()
}

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Runs published encryptions of HPKE base mode through the crate, both ways.
fn assert_published<K: hpke::Kem>(file: &Value) {
    let info = unhex(&file["info"]);
    let private = K::PrivateKey::from_bytes(&unhex(&file["skRm"])).unwrap();
    let public = K::PublicKey::from_bytes(&unhex(&file["pkRm"])).unwrap();
    assert!(K::sk_to_pk(&private) == public);
    let (derived, _) = K::derive_keypair(&unhex(&file["ikmR"]));
    assert!(K::sk_to_pk(&derived) == public);

    let encapped = K::EncappedKey::from_bytes(&unhex(&file["enc"])).unwrap();
    let mut receiver =
        setup_receiver::<Aead, Kdf, K>(&OpModeR::Base, &private, &encapped, &info).unwrap();
    let mut random = Fixed(unhex(&file["ikmE"]));
    let (made, mut sender) =
        setup_sender_with_rng::<Aead, Kdf, K>(&OpModeS::Base, &public, &info, &mut random).unwrap();
    assert_eq!(hex(&made.to_bytes()), file["enc"].as_str().unwrap());

    let mut next = 0;
    for encryption in file["encryptions"].as_array().unwrap() {
        let sequence = encryption["sequence"].as_u64().unwrap_or(next);
        // The vectors leave sequence numbers out; a context counts them all.
        while next < sequence {
            let skipped = sender.seal(b"", b"").unwrap();
            receiver.open(&skipped, b"").unwrap();
            next += 1;
        }
        let (plain, aad) = (unhex(&encryption["pt"]), unhex(&encryption["aad"]));
        let ciphertext = unhex(&encryption["ct"]);
        assert_eq!(hex(&receiver.open(&ciphertext, &aad).unwrap()), hex(&plain));
        assert_eq!(hex(&sender.seal(&plain, &aad).unwrap()), hex(&ciphertext));
        next += 1;
    }
    assert!(next > 5);
}

/// Published "random" bytes, once.
struct Fixed(Vec<u8>);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("not asked for by any of the vectors")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("not asked for by any of the vectors")
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        target.copy_from_slice(&self.0.drain(..target.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

#[test]
fn rfc_9180_vectors_of_what_the_suite_shares_with_it() {
    let file = vectors(include_str!("../../../tests/vectors/hpke-rfc9180-a2.json"));
    assert_published::<hpke::kem::X25519HkdfSha256>(&file);
}

#[test]
fn hpke_pq_vectors_of_this_very_suite() {
    let file = vectors(include_str!("../../../tests/vectors/hpke-pq-x-wing.json"));
    assert_published::<Kem>(&file);
}

#[test]
fn x_wing_vectors() {
    let file = vectors(include_str!("../../../tests/vectors/x-wing.json"));
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3, "all of the draft's");
    for vector in vectors {
        let key = OpenKey::from_seed(&unhex(&vector["seed"])).unwrap();
        assert_eq!(
            hex(&key.seal_key().to_bytes()),
            vector["pk"].as_str().unwrap()
        );
        let mut random = Fixed(unhex(&vector["eseed"]));
        let (shared, encapped) =
            Kem::encap_with_rng(&key.seal_key().key, None, &mut random).unwrap();
        assert_eq!(hex(&encapped.to_bytes()), vector["ct"].as_str().unwrap());
        assert_eq!(hex(&shared.0), vector["ss"].as_str().unwrap());
        let encapped = EncappedKey::from_bytes(&unhex(&vector["ct"])).unwrap();
        let opened = Kem::decap(&key.key, None, &encapped).unwrap();
        assert_eq!(hex(&opened.0), vector["ss"].as_str().unwrap());
    }
}

#[test]
fn what_is_sealed_opens() {
    let envelope = sealed();
    assert_eq!(envelope.len(), HEADER_LENGTH + PLAIN.len() + 16);
    assert_eq!(**open(&[key(1)], &BINDING, &envelope).unwrap(), *PLAIN);
    let empty = seal(key(1).seal_key(), &BINDING, b"", [6; RANDOM_LENGTH]).unwrap();
    assert!(open(&[key(1)], &BINDING, &empty).unwrap().is_empty());
}

#[test]
fn the_envelope_is_pinned() {
    let envelope = sealed();
    assert_eq!(envelope[0], 1);
    assert_eq!(envelope[1..9], *key(1).id().as_bytes());
    assert_eq!(
        key(1).id().to_string(),
        hex(&Sha256::digest(key(1).seal_key().to_bytes())[..8])
    );
    // A change here would leave open pages unable to pay.
    assert_eq!(hex(&Sha256::digest(&envelope)), PINNED_ENVELOPE);
}

#[test]
fn the_associated_data_is_pinned() {
    let data = BINDING.associated_data().unwrap();
    let expected = [
        &[1, 0, 26],
        &b"01ARZ3NDEKTSV4RRFFQ69G5FAV"[..],
        &[0, 30],
        b"att_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        &[0, 19],
        b"acc_tea1_0123456789",
        &[0, 0, 0, 0, 0, 0, 4, 210],
        &[0, 3],
        b"USD",
    ];
    assert_eq!(data, expected.concat());
}

#[test]
fn the_associated_data_is_unambiguous() {
    let moved = Binding {
        order: "01ARZ3NDEKTSV4RRFFQ69G5FAVa",
        attempt: &BINDING.attempt[1..],
        ..BINDING
    };
    assert_ne!(moved.associated_data(), BINDING.associated_data());
    let long = "a".repeat(65_536);
    assert_eq!(
        Binding {
            order: &long,
            ..BINDING
        }
        .associated_data(),
        Err(SealError)
    );
    assert_eq!(
        Binding {
            currency: &long,
            ..BINDING
        }
        .associated_data(),
        Err(SealError)
    );
    assert!(
        Binding {
            order: &long[1..],
            ..BINDING
        }
        .associated_data()
        .is_ok()
    );
}

#[test]
fn a_binding_of_ids_is_the_binding_of_their_text() {
    let order = OrderId::make(1, Till::new(2).unwrap(), [3; 10]);
    let attempt = AttemptId::make([4; 16]);
    let account = AccountId::make(&StoreId::parse("tea1").unwrap(), [5; 8]);
    let amount = Money::from_minor(-7, Currency::JPY).unwrap();
    let binding = Binding::new(&order, &attempt, &account, amount);
    let texts = [
        binding.order,
        binding.attempt,
        binding.account,
        binding.currency,
    ];
    assert_eq!(
        texts,
        [order.as_str(), attempt.as_str(), account.as_str(), "JPY"]
    );
    assert_eq!(binding.amount_minor, -7);
}

#[test]
fn another_order_attempt_account_amount_or_currency_does_not_open() {
    let envelope = sealed();
    let others = [
        Binding {
            order: "01ARZ3NDEKTSV4RRFFQ69G5FAW",
            ..BINDING
        },
        Binding {
            attempt: "att_01ARZ3NDEKTSV4RRFFQ69G5FAW",
            ..BINDING
        },
        Binding {
            account: "acc_tea1_0123456788",
            ..BINDING
        },
        Binding {
            amount_minor: 1235,
            ..BINDING
        },
        Binding {
            amount_minor: -1234,
            ..BINDING
        },
        Binding {
            currency: "EUR",
            ..BINDING
        },
        Binding {
            order: BINDING.attempt,
            attempt: BINDING.order,
            ..BINDING
        },
        Binding {
            order: "",
            ..BINDING
        },
    ];
    for other in others {
        assert_eq!(
            open(&[key(1)], &other, &envelope),
            Err(SealError),
            "{other:?}"
        );
    }
}

#[test]
fn another_key_does_not_open() {
    let mut envelope = sealed();
    assert_eq!(open(&[], &BINDING, &envelope), Err(SealError));
    assert_eq!(open(&[key(2)], &BINDING, &envelope), Err(SealError));
    // Nor when the envelope claims to be for it.
    envelope[1..9].copy_from_slice(key(2).id().as_bytes());
    assert_eq!(open(&[key(2)], &BINDING, &envelope), Err(SealError));
}

#[test]
fn of_several_keys_the_named_one_opens() {
    let keys = [key(3), key(2), key(1)];
    for key in &keys {
        let envelope = seal(key.seal_key(), &BINDING, PLAIN, [5; RANDOM_LENGTH]).unwrap();
        assert_eq!(**open(&keys, &BINDING, &envelope).unwrap(), *PLAIN);
    }
}

#[test]
fn truncated_at_any_length_it_does_not_open() {
    let (keys, envelope) = ([key(1)], sealed());
    for length in 0..envelope.len() {
        assert_eq!(
            open(&keys, &BINDING, &envelope[..length]),
            Err(SealError),
            "{length}"
        );
    }
    let mut longer = envelope;
    longer.push(0);
    assert_eq!(open(&keys, &BINDING, &longer), Err(SealError));
}

#[test]
fn with_a_bit_changed_it_does_not_open() {
    let (keys, envelope) = ([key(1)], sealed());
    // A decapsulation takes a while, so that the 1088 bytes of ML-KEM are sampled.
    let sampled = (9..HEADER_LENGTH - 32).step_by(17);
    let places = (0..9)
        .chain(sampled)
        .chain(HEADER_LENGTH - 32..envelope.len());
    for place in places {
        let mut changed = envelope.clone();
        changed[place] ^= 1 << (place % 8);
        assert_eq!(
            open(&keys, &BINDING, &changed),
            Err(SealError),
            "byte {place}"
        );
    }
    // X25519 ignores the highest bit of its last byte; the combiner does not.
    let mut changed = envelope;
    changed[HEADER_LENGTH - 1] ^= 0x80;
    assert_eq!(open(&keys, &BINDING, &changed), Err(SealError));
}

#[test]
fn rejects_what_is_no_key() {
    let public = key(1).seal_key().to_bytes();
    assert_eq!(public.len(), PUBLIC_KEY_LENGTH);
    assert_eq!(SealKey::parse(&public).unwrap().id(), key(1).id());
    assert!(SealKey::parse(&public[1..]).is_err());
    assert!(SealKey::parse(&[]).is_err());
    // Twelve bits at a time, ML-KEM's coefficients must be below 3329.
    assert!(SealKey::parse(&[0xff; PUBLIC_KEY_LENGTH]).is_err());
    for length in [0, 31, 33, 64] {
        assert!(OpenKey::from_seed(&vec![0; length]).is_err());
    }
}

#[test]
fn debug_shows_no_private_key() {
    let id = key(1).id();
    assert_eq!(
        format!("{:?} {:#?}", key(1), key(1)),
        format!("OpenKey({id} …) OpenKey({id} …)")
    );
    assert_eq!(format!("{:?}", key(1).seal_key()), format!("SealKey({id})"));
}

#[test]
fn randomness_is_handed_out_once() {
    let mut random = Random {
        bytes: Zeroizing::new([7; RANDOM_LENGTH]),
        used: 0,
    };
    let mut target = [0; 60];
    random.try_fill_bytes(&mut target).unwrap();
    assert_eq!(target, [7; 60]);
    assert_eq!(random.try_next_u32(), Ok(0x0707_0707));
    assert_eq!(random.used, RANDOM_LENGTH);
    assert_eq!(random.try_next_u64(), Ok(0));
    assert_ne!(random.used, RANDOM_LENGTH);
}

/// SHA-256 of the envelope of [`sealed`], which hpke-js 1.x (another implementation) opened too.
const PINNED_ENVELOPE: &str = "54f60acc03e5fe9f2369cb7d57aa83a396abfe2d657e7750e1d63cc368a86299";

#[test]
fn only_what_has_the_form_of_an_envelope_names_a_key() {
    let key = OpenKey::from_seed(&[7; 32]).unwrap();
    let binding = Binding {
        order: "o",
        attempt: "a",
        account: "c",
        amount_minor: 1,
        currency: "USD",
    };
    let sealed = seal(key.seal_key(), &binding, b"x", [3; RANDOM_LENGTH]).unwrap();
    assert_eq!(key_of(&sealed), Some(key.id()));
    assert_eq!(key_of(&sealed[..sealed.len() - 1]), None);
    assert_eq!(key_of(b"4242424242424242"), None);
    assert_eq!(key_of(b""), None);
    let mut later = sealed;
    later[0] = 2;
    assert_eq!(key_of(&later), None);
}
