//! Reading JSON text into structs, each from an object.
//!
//! serde_json would read each struct from a list too, field by field: a second form that nothing
//! documents, and a second reader of every struct in the module. What is read here has the first
//! form only, and all structs share what reads their fields' names.
//!
//! Not in scope: what serde puts by before it knows the type (`flatten`, and its own `tag`, for which
//! there is [`crate::tagged`]); see [`crate::object_only`].

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// Reads a value from the whole of a text.
///
/// # Errors
/// As [`serde_json::from_str`]; a list where a struct is expected is of the wrong type.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Objects(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// Reads a value from the whole of a text in UTF-8.
///
/// # Errors
/// As [`from_str`]; and for what is not UTF-8, also where it is not read.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<T> {
    from_str(std::str::from_utf8(bytes).map_err(Error::custom)?)
}

/// Reads a value that is written as a string, from that string.
///
/// # Errors
/// What the value says of it.
pub fn from_word<'de, T: Deserialize<'de>>(word: &'de str) -> serde_json::Result<T> {
    T::deserialize(BorrowedStrDeserializer::new(word))
}

/// The functions of a deserializer that pass the visitor on as it is.
macro_rules! forward {
    ($($function:ident)*) => {$(
        fn $function<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$function(visitor)
        }
    )*};
}

/// A deserializer that hands each struct, at any depth, an object or nothing; and so the visitors,
/// seeds and accesses by which a value reads what is inside it.
pub(super) struct Objects<T>(pub(super) T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Fields(visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Objects(visitor))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(Objects(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Objects(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Objects(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Objects(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Objects(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Objects(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    // What follows has nothing inside, or is put by as it stands.
    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(elements))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Objects(variant))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(inner))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(inner))
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(inner))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Objects<A::Variant>), A::Error> {
        let (name, variant) = self.0.variant_seed(seed)?;
        Ok((name, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        // As one value, because serde_json's reader of a struct takes a list.
        self.0.newtype_variant_seed(Fields(visitor))
    }
}

/// The visitor of a struct, and the access to the members of its object.
struct Fields<T>(T);

impl<'de, V: Visitor<'de>> Visitor<'de> for Fields<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Fields(members))
    }
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Fields<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, object: D) -> Result<V::Value, D::Error> {
        object.deserialize_map(self)
    }
}

impl<'de, A: MapAccess<'de>> Fields<A> {
    /// The next name: one function for all structs.
    fn name(&mut self) -> Result<Option<Cow<'de, str>>, A::Error> {
        self.0.next_key_seed(Name)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<A> {
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
        self.0.next_value_seed(Objects(seed))
    }
}

/// Reads a name without a copy, unless something is escaped in it.
pub(super) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Cow<'de, str>, D::Error> {
        name.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{from_slice, from_str, from_word};
    use serde::Deserialize;
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Outer {
        one: u8,
        #[serde(alias = "others")]
        many: Vec<Inner>,
        named: BTreeMap<u16, Option<Inner>>,
        kind: Option<Kind>,
        boxed: Option<Box<Outer>>,
        pair: (u8, String),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        text: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Unit,
        Newtype(Inner),
        Struct { text: String },
        Tuple(u8, Inner),
    }

    #[test]
    fn what_serde_json_reads_is_read_the_same() {
        for text in [
            r#"{}"#,
            r#" {"one":1,"many":[{"text":"a","more":[{}]},{"text":"\u00e9\n"}],"pair":[1,"b"]} "#,
            r#"{"others":[{"text":"a"}],"named":{"7":{"text":"b"},"8":null},"boxed":{"one":2}}"#,
            r#"{"o\u006ee":1,"kind":"unit"}"#,
            r#"{"kind":{"newtype":{"text":"a"}}}"#,
            r#"{"kind":{"struct":{"text":"a"}}}"#,
            r#"{"kind":{"tuple":[1,{"text":"a"}]}}"#,
        ] {
            let same: Outer = serde_json::from_str(text).unwrap();
            assert_eq!(from_str::<Outer>(text).unwrap(), same, "{text}");
            assert_eq!(from_slice::<Outer>(text.as_bytes()).unwrap(), same);
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused_in_the_same_words_at_the_same_place() {
        for text in [
            "",
            "null",
            "{",
            r#"{"one":1}}"#,
            r#"{"one":256}"#,
            r#"{"one":1,"one":2}"#,
            r#"{"one":1,}"#,
            r#"{"one" 1}"#,
            r#"{1:1}"#,
            r#"{"another":1}"#,
            "{\n \"anoth\\u0065r\" : 1}",
            r#"{"many":[{"text":"a"},{"txt":"a"}]}"#,
            r#"{"many":{"text":"a"}}"#,
            r#"{"named":{"7":"b"}}"#,
            r#"{"named":{"seven":null}}"#,
            r#"{"kind":"newtype"}"#,
            r#"{"kind":"other"}"#,
            r#"{"kind":{"struct":{}}}"#,
            r#"{"kind":{"newtype":{"text":1}}}"#,
            r#"{"boxed":{"one":-1}}"#,
            r#"{"pair":[1]}"#,
        ] {
            let same = serde_json::from_str::<Outer>(text).unwrap_err();
            let error = from_str::<Outer>(text).unwrap_err();
            assert_eq!(error.to_string(), same.to_string(), "{text}");
            assert_eq!(error.classify(), same.classify(), "{text}");
        }
    }

    #[test]
    fn a_list_is_no_struct_at_any_depth() {
        for text in [
            r#"[1]"#,
            r#"{"many":[["a"]]}"#,
            r#"{"named":{"7":["a"]}}"#,
            r#"{"boxed":[1]}"#,
            r#"{"kind":{"newtype":["a"]}}"#,
            r#"{"kind":{"struct":["a"]}}"#,
            r#"{"kind":{"tuple":[1,["a"]]}}"#,
        ] {
            let error = from_str::<Outer>(text).unwrap_err().to_string();
            assert!(
                error.starts_with("invalid type: sequence"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused_where_they_are_not_read_too() {
        assert!(from_slice::<Inner>(b"{\"text\":\"a\",\"more\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_word_is_read_as_the_string_is() {
        assert_eq!(from_word::<Kind>("unit").unwrap(), Kind::Unit);
        assert!(from_word::<Kind>("other").is_err());
        assert!(from_word::<Kind>("newtype").is_err());
        assert!(from_word::<Kind>("struct").is_err());
    }

    #[test]
    fn a_raw_value_is_the_text_as_it_stands() {
        let read: BTreeMap<String, &RawValue> = from_str(r#"{"a": [1,  2]}"#).unwrap();
        assert_eq!(read["a"].get(), "[1,  2]");
    }
}
