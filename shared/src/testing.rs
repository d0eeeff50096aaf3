//! For tests only.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Property tests that try the same cases at each run, and write nothing beside the sources.
pub fn same_cases() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..Default::default()
    }
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a JSON string in hexadecimal.
pub fn unhex(value: &serde_json::Value) -> Vec<u8> {
    from_hex(value.as_str().unwrap())
}

/// The bytes of a text in hexadecimal.
pub fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}
