//! Sealed envelopes.
//!
//! Form: one byte that says what is done, then:
//! - `r` raw: an envelope as it comes, which must not open;
//! - `k` as raw, with the version and the id of our key in front, so that it gets to the cipher;
//! - `c` changed: pairs of a place (two bytes) and a byte that is laid over a good envelope there;
//! - `s` sealed: the text is sealed, and opens for its own payment alone;
//! - `p` public: a public key.

use std::sync::OnceLock;

use causeway_shared::card::CardPlain;
use causeway_shared::seal::{
    Binding, OpenKey, PUBLIC_KEY_LENGTH, RANDOM_LENGTH, SealKey, key_of, open as open_sealed, seal,
};

const BINDING: Binding<'static> = Binding {
    order: "01M80P4A90000G2081040G2081",
    attempt: "att_01040G2081040G2081040G2081",
    account: "acc_demo_0123456789",
    amount_minor: 8888,
    currency: "USD",
};

/// What stands in an envelope before the ciphertext's first byte.
const HEADER_LENGTH: usize = 1 + 8 + 1120;

struct Fixed {
    keys: Vec<OpenKey>,
    envelope: Vec<u8>,
}

fn fixed() -> &'static Fixed {
    static FIXED: OnceLock<Fixed> = OnceLock::new();
    FIXED.get_or_init(|| {
        let keys: Vec<_> = [1, 2]
            .iter()
            .map(|seed| OpenKey::from_seed(&[*seed; 32]).unwrap())
            .collect();
        let envelope = sealed(&keys[0], b"a card");
        Fixed { keys, envelope }
    })
}

fn sealed(key: &OpenKey, plain: &[u8]) -> Vec<u8> {
    seal(key.seal_key(), &BINDING, plain, [5; RANDOM_LENGTH]).unwrap()
}

/// Takes one envelope.
pub fn open(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let Fixed { keys, envelope } = fixed();
    match kind {
        b'c' => changed(keys, envelope, rest),
        b'k' => {
            let id = keys[0].id();
            refused(keys, &[&[1], &id.as_bytes()[..], rest].concat());
        }
        b'p' => {
            if let Ok(key) = SealKey::parse(rest) {
                assert_eq!(rest.len(), PUBLIC_KEY_LENGTH);
                assert_eq!(key.to_bytes(), rest);
            }
        }
        b's' => bound(keys, rest),
        _ => refused(keys, rest),
    }
}

/// Nobody can make an envelope without `seal`; what is not one is said to be none.
fn refused(keys: &[OpenKey], envelope: &[u8]) {
    assert!(
        key_of(envelope).is_none() || envelope.len() > HEADER_LENGTH,
        "too short"
    );
    assert!(open_sealed(keys, &BINDING, envelope).is_err(), "opened");
}

fn changed(keys: &[OpenKey], envelope: &[u8], changes: &[u8]) {
    let mut changed = envelope.to_vec();
    for change in changes.chunks_exact(3) {
        let place = usize::from(change[0]) << 8 | usize::from(change[1]);
        let place = place % (changed.len() + 1);
        match changed.get_mut(place) {
            Some(byte) => *byte ^= change[2],
            None => changed.push(change[2]),
        }
    }
    let opens = open_sealed(keys, &BINDING, &changed);
    assert_eq!(opens.is_ok(), changed == envelope, "changed, and opened");
}

fn bound(keys: &[OpenKey], plain: &[u8]) {
    let envelope = sealed(&keys[1], plain);
    assert!(key_of(&envelope) == Some(keys[1].id()) || plain.is_empty());
    let opened = open_sealed(keys, &BINDING, &envelope).unwrap();
    assert_eq!(*opened, plain);
    // What comes out of an envelope is a stranger's input still.
    let _ = CardPlain::decode(&opened);
    let text = String::from_utf8_lossy(plain);
    let other = Binding {
        order: &text,
        ..BINDING
    };
    let opens = open_sealed(keys, &other, &envelope);
    assert_eq!(opens.is_ok(), text == BINDING.order);
}
