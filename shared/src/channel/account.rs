//! A store's account at a channel: its credentials and what they consist of.

use std::collections::BTreeMap;
use std::fmt;

use super::{ChannelError, ChannelId};
use crate::id::{AccountId, Mode};
use crate::secret::Secret;
use sha2::{Digest, Sha256};

/// A store's credentials and settings at a channel, opened for one exchange.
#[derive(Debug)]
pub struct Account {
    /// Its id, which names the store.
    pub id: AccountId,
    /// The channel.
    pub channel: ChannelId,
    /// Test or live money.
    pub mode: Mode,
    /// Keys and numbers.
    pub credentials: Credentials,
}

/// The fields of an account by name, as [`super::Declaration::fields`] lists them.
///
/// All of them count as secret here, the app id included: `Debug` shows names only.
#[derive(Default)]
pub struct Credentials(BTreeMap<String, Secret<String>>);

impl Credentials {
    /// From names and values. Blank values count as missing.
    pub fn new(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            fields
                .into_iter()
                .filter(|(_, v)| !v.trim().is_empty())
                .map(|(k, v)| (k, Secret::new(v)))
                .collect(),
        )
    }

    /// The value of a field that the channel cannot do without.
    ///
    /// # Errors
    /// [`ChannelError::Credentials`] when it is missing.
    pub fn required(&self, field: &'static str) -> Result<&str, ChannelError> {
        self.optional(field).ok_or(ChannelError::Credentials {
            field,
            problem: "is missing",
        })
    }

    /// The value of a field that may be left out.
    #[must_use]
    pub fn optional(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|v| v.expose().as_str())
    }

    /// Differs where any name or value does. SHA-256: it gives no value away.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (name, value) in &self.0 {
            for text in [name, value.expose()] {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
        hash.finalize().into()
    }

    /// The names of all fields that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_fields_and_shows_no_value() {
        let credentials = Credentials::new([("secret_key".to_owned(), "sk_test_1".to_owned())]);
        assert_eq!(format!("{credentials:?}"), r#"["secret_key"]"#);
    }

    #[test]
    fn a_fingerprint_tells_names_and_values_apart() {
        let of = |name: &str, value: &str| {
            Credentials::new([(name.to_owned(), value.to_owned())]).fingerprint()
        };
        assert_eq!(of("a", "bc"), of("a", "bc"));
        assert_ne!(of("a", "bc"), of("ab", "c"));
        assert_ne!(of("a", "bc"), of("a", "bd"));
    }

    #[test]
    fn a_blank_value_is_a_missing_one() {
        let credentials = Credentials::new([("secret_key".to_owned(), " \n".to_owned())]);
        assert_eq!(
            credentials.required("secret_key"),
            Err(ChannelError::Credentials {
                field: "secret_key",
                problem: "is missing"
            })
        );
    }
}
