//! Secrets that name their store, as API keys do: operators' tokens, sessions, one-time links.
//!
//! What is stored is a token's hash. Its 32 base62 characters (190 bits) cannot be guessed, so
//! that a slow hash would add nothing.

use causeway_shared::id::StoreId;
use causeway_shared::secret::Secret;
use sha2::{Digest, Sha256};

use crate::objects::hex;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signs in once.
    Link,
    /// Lets an operator's programs call the API, and signs in.
    Operator,
    /// A browser that is signed in.
    Session,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Link => "lnk",
            Self::Operator => "opt",
            Self::Session => "ses",
        }
    }
}

/// A secret of a store: its purpose, the store, 32 base62 characters. Redacted in `Debug`, wiped
/// on drop.
#[derive(Clone, Debug)]
pub struct StoreToken {
    text: Secret<String>,
    store: StoreId,
}

impl StoreToken {
    /// How many random characters a token ends with.
    pub const BODY: usize = 32;

    /// Makes a token of [`Self::BODY`] random characters of `[0-9A-Za-z]`.
    #[must_use]
    pub fn make(purpose: Purpose, store: &StoreId, body: &str) -> Self {
        Self {
            text: Secret::new(format!("{}_{store}_{body}", purpose.prefix())),
            store: store.clone(),
        }
    }

    /// Reads a token of this purpose. That it has the form proves nothing.
    #[must_use]
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        if parts.next() != Some(purpose.prefix()) {
            return None;
        }
        let store = StoreId::parse(parts.next()?).ok()?;
        let body = parts.next()?;
        let fits = body.len() == Self::BODY && body.bytes().all(|b| b.is_ascii_alphanumeric());
        (fits && parts.next().is_none()).then(|| Self {
            text: Secret::new(text.to_owned()),
            store,
        })
    }

    /// The store that the token names, to find the way by.
    #[must_use]
    pub const fn store(&self) -> &StoreId {
        &self.store
    }

    /// SHA-256 of the whole token, in hexadecimal: what is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.text.expose()))
    }

    /// Its last four characters, for people.
    #[must_use]
    pub fn hint(&self) -> &str {
        let text = self.text.expose();
        text.get(text.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The token itself, for the one who asked for it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "0123456789ABCDEFGHIJabcdefghijkl";

    #[test]
    fn a_token_names_its_store_and_no_other_purpose() {
        let store = StoreId::parse("tea").unwrap();
        let token = StoreToken::make(Purpose::Session, &store, BODY);
        assert_eq!(token.expose(), format!("ses_tea_{BODY}"));
        assert_eq!(token.hint(), "ijkl");
        let read = StoreToken::parse(Purpose::Session, token.expose()).unwrap();
        assert_eq!((read.store(), read.hash()), (&store, token.hash()));
        assert!(StoreToken::parse(Purpose::Operator, token.expose()).is_none());
        assert!(!format!("{token:?}").contains(BODY));
    }

    #[test]
    fn rejects_what_is_not_one() {
        for text in [
            String::new(),
            "opt_tea".to_owned(),
            format!("opt_TEA_{BODY}"),
            format!("opt_tea_{BODY}x"),
            format!("opt_tea_{BODY}_"),
            format!("opt_tea_{}", BODY.replace('0', "-")),
            format!("opt__{BODY}"),
        ] {
            assert!(
                StoreToken::parse(Purpose::Operator, &text).is_none(),
                "{text}"
            );
        }
    }
}
