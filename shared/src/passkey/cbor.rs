//! As much of CBOR (RFC 8949) as authenticators write: definite lengths, no tags, no fractions.

use super::PasskeyError;

/// How deep items may stand in each other (CTAP 2.1, section 8: four levels).
const MAX_DEPTH: u8 = 4;

/// A data item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Array(Vec<Self>),
    Bytes(&'a [u8]),
    Integer(i64),
    Map(Vec<(Self, Self)>),
    /// `false`, `true` or `null`.
    Simple(u8),
    Text(&'a str),
}

impl<'a> Item<'a> {
    /// The value under a name, if this is a map that has it.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.find(|key| matches!(key, Item::Text(text) if *text == name))
    }

    /// The value under a number, if this is a map that has it.
    pub(super) fn label(&self, number: i64) -> Option<&Self> {
        self.find(|key| *key == Item::Integer(number))
    }

    fn find(&self, is_it: impl Fn(&Item<'a>) -> bool) -> Option<&Self> {
        let Item::Map(entries) = self else {
            return None;
        };
        entries.iter().find(|(key, _)| is_it(key)).map(|(_, v)| v)
    }
}

/// Reads one item, and returns what follows it.
pub(super) fn read(bytes: &[u8]) -> Result<(Item<'_>, &[u8]), PasskeyError> {
    read_at(bytes, 0)
}

fn read_at(bytes: &[u8], depth: u8) -> Result<(Item<'_>, &[u8]), PasskeyError> {
    const MALFORMED: PasskeyError = PasskeyError::Malformed;
    if depth > MAX_DEPTH {
        return Err(MALFORMED);
    }
    let (&first, rest) = bytes.split_first().ok_or(MALFORMED)?;
    let (major, small) = (first >> 5, first & 0x1f);
    let (argument, mut rest) = read_argument(small, rest)?;
    let length = usize::try_from(argument).map_err(|_| MALFORMED)?;
    let integer = i64::try_from(argument).map_err(|_| MALFORMED)?;
    match major {
        0 => Ok((Item::Integer(integer), rest)),
        1 => Ok((Item::Integer(-1 - integer), rest)),
        2 | 3 => {
            let (content, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
            if major == 2 {
                return Ok((Item::Bytes(content), rest));
            }
            let text = std::str::from_utf8(content).map_err(|_| MALFORMED)?;
            Ok((Item::Text(text), rest))
        }
        4 => {
            let mut items = Vec::new();
            for _ in 0..length {
                let (item, after) = read_at(rest, depth + 1)?;
                items.push(item);
                rest = after;
            }
            Ok((Item::Array(items), rest))
        }
        5 => {
            let mut entries: Vec<(Item<'_>, Item<'_>)> = Vec::new();
            for _ in 0..length {
                let (key, after) = read_at(rest, depth + 1)?;
                let (value, after) = read_at(after, depth + 1)?;
                // Two readers must not take different ones of them.
                if entries.iter().any(|(known, _)| *known == key) {
                    return Err(MALFORMED);
                }
                entries.push((key, value));
                rest = after;
            }
            Ok((Item::Map(entries), rest))
        }
        7 if (20..=22).contains(&small) => Ok((Item::Simple(small), rest)),
        _ => Err(MALFORMED),
    }
}

/// The number in an item's head: in its first byte, or in 1, 2, 4 or 8 bytes after it.
fn read_argument(small: u8, rest: &[u8]) -> Result<(u64, &[u8]), PasskeyError> {
    let count = match small {
        0..=23 => return Ok((u64::from(small), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return Err(PasskeyError::Malformed),
    };
    let (bytes, rest) = rest
        .split_at_checked(count)
        .ok_or(PasskeyError::Malformed)?;
    let number = bytes.iter().fold(0, |sum, b| sum << 8 | u64::from(*b));
    Ok((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::from_hex;

    /// RFC 8949, appendix A, of those that are read here.
    #[test]
    fn published_examples() {
        for (hex, wanted) in [
            ("00", Item::Integer(0)),
            ("17", Item::Integer(23)),
            ("1818", Item::Integer(24)),
            ("1903e8", Item::Integer(1000)),
            ("1a000f4240", Item::Integer(1_000_000)),
            ("1b000000e8d4a51000", Item::Integer(1_000_000_000_000)),
            ("20", Item::Integer(-1)),
            ("3903e7", Item::Integer(-1000)),
            ("f4", Item::Simple(20)),
            ("f5", Item::Simple(21)),
            ("f6", Item::Simple(22)),
            ("40", Item::Bytes(b"")),
            ("4401020304", Item::Bytes(&[1, 2, 3, 4])),
            ("6449455446", Item::Text("IETF")),
            ("63e6b0b4", Item::Text("水")),
            ("80", Item::Array(vec![])),
            (
                "820102",
                Item::Array(vec![Item::Integer(1), Item::Integer(2)]),
            ),
            ("a0", Item::Map(vec![])),
            (
                "a10102",
                Item::Map(vec![(Item::Integer(1), Item::Integer(2))]),
            ),
        ] {
            let bytes = from_hex(hex);
            let (item, rest) = read(&bytes).unwrap();
            assert_eq!((item, rest.len()), (wanted, 0), "{hex}");
        }
    }

    #[test]
    fn rejects_what_is_cut_endless_deep_double_or_of_another_kind() {
        for hex in [
            "",
            "18",
            "1900",
            "4401",
            "62",
            "61ff",
            "8201",
            "a101",
            "5f42010243030405ff",
            "9fff",
            "c074",
            "f97c00",
            "fb3ff199999999999a",
            "1c",
            "1bffffffffffffffff",
            "f7",
            "f820",
            "9bffffffffffffffff",
            "bb7fffffffffffffff",
            "818181818100",
            "a201020103",
        ] {
            assert_eq!(read(&from_hex(hex)), Err(PasskeyError::Malformed), "{hex}");
        }
        assert!(read(&from_hex("8181818100")).is_ok());
    }
}
