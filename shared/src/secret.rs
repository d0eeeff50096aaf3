//! A value that must not be seen.
//!
//! In scope: keeping a secret out of `Debug`, `Display` and JSON by accident, comparing it in
//! constant time, wiping it when it is dropped. Not in scope: keeping it out of swap or a core
//! dump, which WebAssembly cannot do.

use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A secret: redacted in `Debug`, without `Display`, wiped on drop.
///
/// It is not `Serialize` or `Deserialize` by itself. A field that really has to be read or written
/// says so: `#[serde(with = "causeway_shared::secret::exposed")]`.
///
/// ```compile_fail
/// let secret = causeway_shared::secret::Secret::new(String::from("hush"));
/// println!("{secret}");
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: T) {}
/// needs_serialize(causeway_shared::secret::Secret::new(String::from("hush")));
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value. What copies of it exist elsewhere is the caller's concern.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Compares in a time that depends on the lengths only.
impl PartialEq for Secret<String> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret<String> {}

/// Compares in a time that depends on the lengths only.
impl PartialEq for Secret<Vec<u8>> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret<Vec<u8>> {}

/// Compares in constant time.
impl<const N: usize> PartialEq for Secret<[u8; N]> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for Secret<[u8; N]> {}

/// For `#[serde(with = "causeway_shared::secret::exposed")]`: reads and writes the secret itself.
pub mod exposed {
    use super::Secret;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use zeroize::Zeroize;

    /// Writes the secret itself.
    ///
    /// # Errors
    /// Whatever the serializer reports.
    pub fn serialize<T, S>(secret: &Secret<T>, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Zeroize + Serialize,
        S: Serializer,
    {
        secret.expose().serialize(serializer)
    }

    /// Reads the secret itself.
    ///
    /// # Errors
    /// Whatever the deserializer reports.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Secret<T>, D::Error>
    where
        T: Zeroize + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        T::deserialize(deserializer).map(Secret::new)
    }

    /// As its parent, for a field that may be absent: also write `#[serde(default)]`.
    pub mod option {
        use super::super::Secret;
        use serde::{Deserialize, Deserializer, Serialize, Serializer};
        use zeroize::Zeroize;

        /// Writes the secret itself, or null.
        ///
        /// # Errors
        /// Whatever the serializer reports.
        pub fn serialize<T, S>(secret: &Option<Secret<T>>, serializer: S) -> Result<S::Ok, S::Error>
        where
            T: Zeroize + Serialize,
            S: Serializer,
        {
            secret.as_ref().map(Secret::expose).serialize(serializer)
        }

        /// Reads the secret itself, or null.
        ///
        /// # Errors
        /// Whatever the deserializer reports.
        pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<Secret<T>>, D::Error>
        where
            T: Zeroize + Deserialize<'de>,
            D: Deserializer<'de>,
        {
            Ok(Option::<T>::deserialize(deserializer)?.map(Secret::new))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    struct Stored {
        #[serde(with = "exposed")]
        key: Secret<String>,
        #[serde(default, with = "exposed::option")]
        old: Option<Secret<String>>,
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(String::from("hush"));
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret(…) Secret(…)");
        let stored = Stored {
            key: secret.clone(),
            old: Some(secret),
        };
        assert!(!format!("{stored:?} {stored:#?}").contains("hush"));
        assert_eq!(format!("{:?}", Secret::new(vec![1u8, 2])), "Secret(…)");
    }

    #[test]
    fn equality_is_of_content() {
        let text = |text: &str| Secret::new(text.to_owned());
        assert_eq!(text("hush"), text("hush"));
        assert_ne!(text("hush"), text("husk"));
        assert_ne!(text("hush"), text("hus"));
        assert_eq!(Secret::new(vec![1u8]), Secret::new(vec![1u8]));
        assert_ne!(Secret::new(vec![1u8]), Secret::new(vec![2u8]));
        assert_eq!(Secret::new([1u8; 4]), Secret::new([1u8; 4]));
        assert_ne!(Secret::new([1u8; 4]), Secret::new([2u8; 4]));
    }

    #[test]
    fn json_only_where_it_is_asked_for() {
        let stored: Stored = serde_json::from_str(r#"{"key":"hush"}"#).unwrap();
        assert_eq!(stored.key.expose(), "hush");
        assert!(stored.old.is_none());
        assert_eq!(
            serde_json::to_string(&stored).unwrap(),
            r#"{"key":"hush","old":null}"#
        );
        let stored: Stored = serde_json::from_str(r#"{"key":"hush","old":"was"}"#).unwrap();
        assert_eq!(stored.old.unwrap().expose(), "was");
    }

    /// Notes that it was wiped: looking into freed memory is undefined behaviour.
    struct Witness<'a>(&'a std::cell::Cell<bool>);

    impl Zeroize for Witness<'_> {
        fn zeroize(&mut self) {
            self.0.set(true);
        }
    }

    #[test]
    fn dropping_wipes() {
        let wiped = std::cell::Cell::new(false);
        let secret = Secret::new(Witness(&wiped));
        assert!(!wiped.get());
        drop(secret);
        assert!(wiped.get());
    }
}
