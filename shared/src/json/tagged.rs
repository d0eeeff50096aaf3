//! Enums that say in a member of their object which variant they are.
//!
//! serde's own `tag` puts an object by, member by member, before it reads the variant from what it
//! put by: twice the work, and a second reader of all that is inside. Here what follows the tag is
//! read as it comes. We write the tag first; when it comes later, the members before it are kept as
//! text, which only the text of JSON itself allows.

#[cfg(test)]
mod tests;
mod write;

pub use write::Beside;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::vec;

use super::read::{Name, Objects};

/// The names of an enum's members.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// The member that names the variant.
    pub name: &'static str,
    /// The member that holds the variant's value. Without one, its members stand beside the tag.
    pub content: Option<&'static str>,
}

/// Hands an enum that derives for `{"variant": value}` an object with a tag; and takes one from it.
#[derive(Debug)]
pub struct Tagged<T> {
    inner: T,
    tag: Tag,
    /// While what is inside a variant is written: which one.
    variant: Option<&'static str>,
}

impl<T> Tagged<T> {
    /// Reads from a deserializer, or writes to a serializer.
    pub fn new(inner: T, tag: Tag) -> Self {
        Self {
            inner,
            tag,
            variant: None,
        }
    }
}

/// Makes an enum that derives with `#[serde(remote = "Self")]` an object with a tag.
///
/// `tagged!(State, "name")` is serde's `tag = "name"`, and `tagged!(Status, "type", "value")` its
/// `tag = "type", content = "value"`, for enums whose variants have no fields of their own.
#[macro_export]
macro_rules! tagged {
    ($enum:ident, $tag:literal) => {
        $crate::tagged!(@ $enum, $tag, None);
    };
    ($enum:ident, $tag:literal, $content:literal) => {
        $crate::tagged!(@ $enum, $tag, Some($content));
    };
    (@ $enum:ident, $tag:literal, $content:expr) => {
        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                const TAG: $crate::json::Tag = $crate::json::Tag { name: $tag, content: $content };
                // The derived function, not this one: it is the type's own.
                Self::deserialize($crate::json::Tagged::new(deserializer, TAG))
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                const TAG: $crate::json::Tag = $crate::json::Tag { name: $tag, content: $content };
                Self::serialize(self, $crate::json::Tagged::new(serializer, TAG))
            }
        }
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Tagged<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let tag = self.tag;
        self.inner.deserialize_map(TaggedVisitor { visitor, tag })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        Err(D::Error::invalid_type(Unexpected::Enum, &visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct TaggedVisitor<V> {
    visitor: V,
    tag: Tag,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for TaggedVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Variant::find(self.tag, members)?)
    }
}

/// The variant that an object names.
struct Variant<'de, A> {
    name: Cow<'de, str>,
    members: Members<'de, A>,
}

impl<'de, A: MapAccess<'de>> Variant<'de, A> {
    fn find(tag: Tag, mut members: A) -> Result<Self, A::Error> {
        let mut early = Vec::new();
        let name = loop {
            match members.next_key_seed(Name)? {
                Some(name) if name == tag.name => break members.next_value_seed(Name)?,
                Some(name) => early.push((name, members.next_value()?)),
                None => return Err(A::Error::missing_field(tag.name)),
            }
        };
        let members = Members {
            early: early.into_iter(),
            value: None,
            rest: members,
            tag,
        };
        Ok(Self { name, members })
    }
}

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Variant<'de, A> {
    type Error = A::Error;
    type Variant = Members<'de, A>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Members<'de, A>), A::Error> {
        let variant = seed.deserialize(StrDeserializer::new(&self.name))?;
        Ok((variant, self.members))
    }
}

/// The members of an object but its tag.
struct Members<'de, A> {
    early: vec::IntoIter<(Cow<'de, str>, &'de RawValue)>,
    value: Option<&'de RawValue>,
    rest: A,
    tag: Tag,
}

impl<'de, A: MapAccess<'de>> Members<'de, A> {
    /// The next name: one function for all enums.
    fn name(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        if let Some((name, value)) = self.early.next() {
            self.value = Some(value);
            return Ok(Some(name));
        }
        let name = self.rest.next_key_seed(Name)?;
        if name.as_deref() == Some(self.tag.name) {
            return Err(A::Error::duplicate_field(self.tag.name));
        }
        Ok(name)
    }

    /// Passes over what is left, which says nothing to us.
    fn end(&mut self) -> Result<(), A::Error> {
        while self.name()?.is_some() {
            self.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.name()? {
            Some(name) => seed.deserialize(StrDeserializer::new(&name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let Some(value) = self.value.take() else {
            return self.rest.next_value_seed(seed);
        };
        let mut reader = serde_json::Deserializer::from_str(value.get());
        let read = seed.deserialize(Objects(&mut reader));
        read.map_err(A::Error::custom)
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Members<'de, A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        self.end()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<S::Value, A::Error> {
        let Some(content) = self.tag.content else {
            return seed.deserialize(MapAccessDeserializer::new(self));
        };
        while let Some(name) = self.name()? {
            if name == content {
                let value = self.next_value_seed(seed)?;
                self.end()?;
                return Ok(value);
            }
            self.next_value::<IgnoredAny>()?;
        }
        Err(A::Error::missing_field(content))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, A::Error> {
        Err(A::Error::invalid_type(Unexpected::TupleVariant, &visitor))
    }
}
