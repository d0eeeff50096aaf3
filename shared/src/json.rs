//! Reading structs from JSON objects only, and values from strings.
//!
//! serde's derived code takes a list for a struct, field by field. What strangers send is to have
//! one form: the documented one.

mod read;
mod tagged;

pub use read::{from_slice, from_str, from_word};
pub use tagged::{Beside, Tag, Tagged};

use serde::de::{Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Reads a value from a string. What does not fit is refused while it is being read: serde_json then
/// knows where it stands.
///
/// # Errors
/// What `parse` says, and the deserializer's own.
pub fn from_text<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text(parse))
}

struct Text<T, E>(fn(&str) -> Result<T, E>);

impl<T, E: fmt::Display> Visitor<'_> for Text<T, E> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<S: Error>(self, text: &str) -> Result<T, S> {
        (self.0)(text).map_err(S::custom)
    }
}

/// Hands a struct an object or nothing. For the struct itself; what is inside sees to itself.
#[derive(Debug)]
pub struct ObjectOnly<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Makes a struct that derives with `#[serde(remote = "Self")]` readable from an object only.
#[macro_export]
macro_rules! object_only {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // The derived function, not this one: it is the type's own.
                Self::deserialize($crate::json::ObjectOnly(deserializer))
            }
        }
    };
    ($name:ident, both) => {
        $crate::object_only!($name);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self", deny_unknown_fields)]
    struct Pair {
        a: u8,
        #[serde(default)]
        b: Option<Box<Pair>>,
    }

    object_only!(Pair, both);

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        let read = |text| serde_json::from_str::<Pair>(text);
        let pair = read(r#"{"a":1,"b":{"a":2}}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&pair).unwrap(),
            r#"{"a":1,"b":{"a":2,"b":null}}"#
        );
        for text in [r#"[1,null]"#, r#"{"a":1,"b":[2,null]}"#, "1", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(r#"{"a":1,"c":1}"#).is_err());
    }
}
