//! Identifiers, parsed once and then trusted.
//!
//! In scope: the form of each id, making it from randomness that the caller brings, and what it
//! tells about itself (its store, its till). Not in scope: whether such a thing exists.
//! There is no way from a `String` to an id but `parse`, and none is dereferenced to text.

mod base32;
mod key;
mod order;
#[cfg(test)]
mod tests;
mod text;
mod token;

pub use key::{ApiKey, KeyKind, Mode};
pub use order::{OrderId, Reference, Till};
pub use text::{
    AccountId, AttemptId, EndpointId, EventId, MessageId, RefundId, RefundRequestId, StoreId,
};
pub use token::{ClientToken, UnverifiedToken};

use std::fmt;

/// Why a text is not the id that it was taken for. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// A character that does not belong there.
    Character,
    /// Too short or too long.
    Length,
    /// It does not begin as such an id begins, or a part is missing.
    Prefix,
    /// A number out of its range: a till above 1023, a time past 48 bits, an attempt of 0.
    Range,
    /// The token was not signed with this key.
    Signature,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Character => "the id has a character that does not belong there",
            Self::Length => "the id is too short or too long",
            Self::Prefix => "the id does not begin as such an id begins",
            Self::Range => "a number in the id is out of its range",
            Self::Signature => "the token is not signed with this key",
        })
    }
}

impl std::error::Error for IdError {}

/// What every id that is plain text has in common: `as_str`, `Display`, and JSON that validates.
/// The type brings its own `parse`.
macro_rules! text_traits {
    ($name:ident) => {
        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::json::from_text(deserializer, Self::parse)
            }
        }
    };
}
use text_traits;
