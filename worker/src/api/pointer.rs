//! Where in a JSON text its reader stopped, as a JSON pointer (RFC 6901).
//!
//! The reader tells line and column. To have it carry the path along would need a second copy of
//! all code that reads what the API takes, which is a thirtieth of the worker.

/// An object or a list that was begun and has not ended.
enum Level<'a> {
    /// With the name that was read last, in its quotes; none yet after the brace.
    Object(Option<&'a str>),
    /// With the number of the element that is being read.
    List(usize),
}

/// The place that serde_json means by a line and a column, both counted from one in bytes: it is the
/// value or the name that ends there, or the one that is next after a colon, bracket or comma. The
/// text is JSON up to there.
#[must_use]
pub fn pointer_at(text: &str, line: usize, column: usize) -> String {
    let lines = text.split_inclusive('\n');
    let before: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
    let levels = levels(text.get(..before + column).unwrap_or(text));
    let mut pointer = String::new();
    for level in levels {
        let part = match level {
            Level::Object(None) => continue,
            Level::Object(Some(name)) => {
                let name: String = serde_json::from_str(name).unwrap_or_default();
                name.replace('~', "~0").replace('/', "~1")
            }
            Level::List(number) => number.to_string(),
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// What is open at the end of a text.
fn levels(text: &str) -> Vec<Level<'_>> {
    let mut levels = Vec::new();
    let mut name_is_next = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::List(0)),
            b'}' | b']' => drop(levels.pop()),
            b'"' => {
                let end = end_of_string(&mut bytes).unwrap_or(text.len());
                if let (true, Some(Level::Object(name))) = (name_is_next, levels.last_mut()) {
                    *name = text.get(at..end);
                }
            }
            b',' => {
                if let Some(Level::List(number)) = levels.last_mut() {
                    *number += 1;
                }
            }
            // Colons, blanks, numbers, words.
            _ => continue,
        }
        let in_object = matches!(levels.last(), Some(Level::Object(_)));
        name_is_next = in_object && matches!(byte, b'{' | b',');
    }
    levels
}

/// Reads on to the closing quote, and says where the string ends.
fn end_of_string(bytes: &mut impl Iterator<Item = (usize, u8)>) -> Option<usize> {
    loop {
        match bytes.next()? {
            (at, b'"') => return Some(at + 1),
            (_, b'\\') => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::pointer_at;

    #[test]
    fn a_place_is_the_value_or_name_that_ends_there() {
        let text = r#"{"a":[{"b/c":1},{"d~":"}\"]","e":[2,3]}],"f":{}}"#;
        for (until, pointer) in [
            ("", ""),
            ("{", ""),
            (r#"{"a""#, "/a"),
            (r#"{"a":"#, "/a"),
            (r#"{"a":["#, "/a/0"),
            (r#"{"a":[{"b/c":1"#, "/a/0/b~1c"),
            (r#"{"a":[{"b/c":1}"#, "/a/0"),
            (r#"{"a":[{"b/c":1},{"d~":"}\"]""#, "/a/1/d~0"),
            (r#"{"a":[{"b/c":1},{"d~":"}\"]","e":[2,3"#, "/a/1/e/1"),
            (r#"{"a":[{"b/c":1},{"d~":"}\"]","e":[2,3]"#, "/a/1/e"),
            (r#"{"a":[{"b/c":1},{"d~":"}\"]","e":[2,3]}]"#, "/a"),
            (r#"{"a":[{"b/c":1},{"d~":"}\"]","e":[2,3]}],"f":{"#, "/f"),
            (text, ""),
        ] {
            assert!(text.starts_with(until));
            assert_eq!(pointer_at(text, 1, until.len()), pointer, "{until}");
        }
    }

    #[test]
    fn lines_and_escapes_count() {
        let text = "{\n \"a\": 1,\n \"\\u00e9\u{4e2d}\":\n  [ 1 ]\n}";
        assert_eq!(pointer_at(text, 2, 7), "/a");
        assert_eq!(pointer_at(text, 4, 5), "/é中/0");
        assert_eq!(pointer_at(text, 5, 1), "");
        assert_eq!(pointer_at(text, 9, 9), "");
        assert_eq!(pointer_at("", 1, 0), "");
    }
}
