//! Ids, keys, tokens and cursors: each is taken for every kind.
//!
//! Form: the text itself.

use causeway_shared::id::{
    AccountId, ApiKey, AttemptId, ClientToken, EndpointId, EventId, OrderId, Reference, RefundId,
    StoreId, Till,
};
use causeway_shared::webhook::SigningSecret;
use causeway_worker::api::events;

use crate::checks::same_as_json;

const TOKEN_KEY: [u8; 32] = [3; 32];

/// Takes one text.
pub fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    macro_rules! plain {
        ($($kind:ident)*) => {$(
            if let Ok(id) = $kind::parse(text) {
                assert_eq!(id.as_str(), text);
                assert_eq!(id.to_string(), text);
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
                assert!(text.len() <= 64);
                same_as_json(&id);
            }
        )*};
    }
    plain!(AccountId AttemptId EndpointId EventId OrderId Reference RefundId StoreId);
    if let Ok(account) = AccountId::parse(text) {
        assert!(text.starts_with(&format!("acc_{}_", account.store())));
    }
    order(text);
    key(text);
    token(text);
    cursor(text);
}

fn order(text: &str) {
    if let Ok(order) = OrderId::parse(text) {
        assert!(order.till().number() < Till::COUNT_MAX);
        assert!(order.time_ms() < 1 << 48);
    }
    if let Ok(reference) = Reference::parse(text) {
        assert!((1..=99).contains(&reference.number()));
        let made = Reference::make(&reference.order(), reference.number());
        assert_eq!(made.as_ref(), Ok(&reference));
    }
}

fn key(text: &str) {
    if let Ok(key) = ApiKey::parse(text) {
        assert_eq!(key.expose(), text);
        assert!(key.has_hash(&key.hash()));
        let body = text.rsplit('_').next().unwrap();
        assert!(!format!("{key:?}").contains(body), "a key in Debug");
    }
    if let Ok(secret) = SigningSecret::parse(text) {
        let exposed = secret.expose();
        assert_eq!(SigningSecret::parse(&exposed).as_ref(), Ok(&secret));
    }
}

fn token(text: &str) {
    let Ok(token) = ClientToken::parse(text) else {
        return;
    };
    let right = ClientToken::make(&TOKEN_KEY, token.store(), token.order());
    let verified = token.verify(&TOKEN_KEY);
    assert_eq!(verified.is_ok(), right.expose() == text, "a token not ours");
}

fn cursor(text: &str) {
    if let Ok((at, event)) = events::parse_cursor(text) {
        let again = events::cursor_text(at, &event);
        assert_eq!(events::parse_cursor(&again).ok(), Some((at, event)));
    }
}
