//! An enum with a tag, beside what serde makes of it.

use crate::json::from_str;
use crate::tagged;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    text: String,
    more: Option<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
enum Beside {
    Unit,
    Newtype(Inner),
    Struct {
        inner: Inner,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box<Beside>>,
    },
}

tagged!(Beside, "type");

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
enum Within {
    Unit,
    Newtype(Inner),
    Enum(Beside),
}

tagged!(Within, "type", "value");

/// The same enums as serde writes and reads them.
mod serdes {
    use super::Inner;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Beside {
        Unit,
        Newtype(Inner),
        Struct {
            inner: Inner,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            within: Option<Box<Beside>>,
        },
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "type", content = "value", rename_all = "snake_case")]
    pub enum Within {
        Unit,
        Newtype(Inner),
        Enum(Beside),
    }
}

const BESIDE: &[&str] = &[
    r#"{"type":"unit"}"#,
    r#"{"more":[1],"type":"unit","else":{}}"#,
    r#"{"type":"newtype","text":"a","more":7}"#,
    r#"{"text":"\u00e9","type":"newtype","other":[{}]}"#,
    r#"{"type":"struct","inner":{"text":"a"},"within":{"type":"unit"}}"#,
    r#"{"within":{"text":"a","type":"newtype"},"inner":{"text":"b"},"type":"struct"}"#,
    r#"{"t\u0079pe":"struct","inner":{"text":"a"}}"#,
];

const WITHIN: &[&str] = &[
    r#"{"type":"unit"}"#,
    r#"{"type":"newtype","value":{"text":"a"}}"#,
    r#"{"value":{"text":"a"},"type":"newtype"}"#,
    r#"{"other":1,"type":"enum","else":2,"value":{"type":"newtype","text":"a"},"more":3}"#,
];

#[test]
fn what_serde_reads_is_read_and_written_the_same() {
    for text in BESIDE {
        let (ours, serdes): (Beside, serdes::Beside) =
            (from_str(text).unwrap(), serde_json::from_str(text).unwrap());
        assert_eq!(format!("{ours:?}"), format!("{serdes:?}"), "{text}");
        let written = serde_json::to_string(&ours).unwrap();
        assert_eq!(written, serde_json::to_string(&serdes).unwrap());
        assert_eq!(from_str::<Beside>(&written).unwrap(), ours);
        // Not the strict reader, and not the text of JSON.
        assert_eq!(serde_json::from_str::<Beside>(text).unwrap(), ours);
        let value = serde_json::to_value(&ours).unwrap();
        assert_eq!(value, serde_json::to_value(&serdes).unwrap());
    }
    for text in WITHIN {
        let (ours, serdes): (Within, serdes::Within) =
            (from_str(text).unwrap(), serde_json::from_str(text).unwrap());
        assert_eq!(format!("{ours:?}"), format!("{serdes:?}"), "{text}");
        let written = serde_json::to_string(&ours).unwrap();
        assert_eq!(written, serde_json::to_string(&serdes).unwrap());
        assert_eq!(from_str::<Within>(&written).unwrap(), ours);
    }
}

#[test]
fn what_is_no_such_object_is_refused() {
    for text in [
        "{}",
        r#""unit""#,
        r#"["unit"]"#,
        r#"{"unit":null}"#,
        r#"{"type":"other"}"#,
        r#"{"type":0}"#,
        r#"{"type":"unit","type":"unit"}"#,
        r#"{"type":"newtype"}"#,
        r#"{"type":"newtype","text":1}"#,
        r#"{"text":1,"type":"newtype"}"#,
        r#"{"type":"newtype","text":"a","text":"a"}"#,
        r#"{"type":"struct","inner":["a",1]}"#,
        r#"{"inner":["a",1],"type":"struct"}"#,
    ] {
        assert!(from_str::<Beside>(text).is_err(), "{text}");
    }
    for text in [
        r#"{"type":"newtype"}"#,
        r#"{"type":"newtype","text":"a"}"#,
        r#"{"type":"newtype","value":["a",1]}"#,
        r#"{"value":["a",1],"type":"newtype"}"#,
        r#"{"type":"enum","value":{"text":"a"}}"#,
    ] {
        assert!(from_str::<Within>(text).is_err(), "{text}");
    }
}
