//! Throw-away keys of a stack: made once for each state folder, worth nothing outside it.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checkout::{read, write};
use crate::failure::{Done, OrFail};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How many characters follow the prefix of an owner token.
const TOKEN_CHARACTERS: usize = 40;

/// What the worker is given as secrets.
#[derive(Deserialize, Serialize)]
pub(super) struct Keys {
    /// Seals the credentials of accounts: base64 of 32 bytes.
    pub(super) master_key: String,
    /// The key of the deployment's owner.
    pub(super) owner_token: String,
    /// Seeds of the keys that card data is sealed to: base64 of 32 bytes each, newest first.
    pub(super) seal_keys: String,
}

impl Keys {
    /// The keys of a state folder, made when it has none.
    pub(super) fn of(state: &Path) -> Done<Self> {
        let path = state.join("keys.json");
        if path.is_file() {
            return serde_json::from_str(&read(&path)?)
                .or_fail(|| format!("Reading {} failed", path.display()));
        }
        let keys = Keys {
            master_key: base64(&random::<32>()?),
            owner_token: owner_token()?,
            seal_keys: base64(&random::<32>()?),
        };
        write_private(&path, &keys)?;
        Ok(keys)
    }
}

/// Writes JSON that only its owner may read.
pub(super) fn write_private(path: &Path, value: &impl Serialize) -> Done {
    let failed = || format!("Writing {} failed", path.display());
    let json = serde_json::to_string_pretty(value).or_fail(failed)?;
    write(path, "")?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).or_fail(failed)?;
    write(path, json)
}

fn random<const N: usize>() -> Done<[u8; N]> {
    let failed = || "Reading random bytes from /dev/urandom failed".to_owned();
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .or_fail(failed)?
        .read_exact(&mut bytes)
        .or_fail(failed)?;
    Ok(bytes)
}

/// `own_` and 40 characters of base 62. The bias of the remainder is of no account here.
fn owner_token() -> Done<String> {
    let random = random::<TOKEN_CHARACTERS>()?;
    let characters = random
        .iter()
        .map(|byte| char::from(BASE62[usize::from(*byte) % 62]));
    Ok("own_".chars().chain(characters).collect())
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let six = (bits >> (18 - 6 * index)) as usize & 63;
            text.push(if index > chunk.len() {
                '='
            } else {
                char::from(BASE64[six])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// RFC 4648, section 10.
    #[test]
    fn encodes_the_published_examples() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, encoded) in examples {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
