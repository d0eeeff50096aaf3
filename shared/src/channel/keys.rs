//! Keys and certificates as merchants paste them, turned into what a signing step takes.
//!
//! In scope: RSA private keys (PKCS#1 or PKCS#8), RSA public keys (`SubjectPublicKeyInfo`) and
//! X.509 certificates, each as PEM or as bare base64, in any line form. Not in scope: key
//! operations, chains of trust (whoever verifies a chain does so in its channel).

use base64ct::{Base64, Encoding};
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use x509_cert::certificate::Rfc5280;
use x509_cert::certificate::{CertificateInner, TbsCertificateInner};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::time::UnixTime;

/// rsaEncryption (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Reads an RSA private key and gives it as PKCS#8 DER. `None` when it is no such key.
pub(in crate::channel) fn rsa_private_key(text: &str) -> Option<Secret<Vec<u8>>> {
    let der = Zeroizing::new(decode(text)?);
    if is_pkcs1(&der)? {
        // RFC 5208, section 5: version 0, the algorithm, the PKCS#1 key as an octet string.
        let algorithm = AlgorithmIdentifierRef {
            oid: RSA,
            parameters: Some(AnyRef::NULL),
        };
        let key = OctetStringRef::new(&der).ok()?;
        return PrivateKeyInfoRef::new(algorithm, key)
            .to_der()
            .ok()
            .map(Secret::new);
    }
    let info = PrivateKeyInfoRef::try_from(der.as_slice()).ok()?;
    (info.algorithm.oid == RSA && is_pkcs1(info.private_key.as_bytes())?)
        .then(|| Secret::new(der.to_vec()))
}

/// Reads an RSA public key and gives it as `SubjectPublicKeyInfo` DER. `None` when it is no such
/// key.
pub(in crate::channel) fn rsa_public_key(text: &str) -> Option<Vec<u8>> {
    let der = decode(text)?;
    let info = SubjectPublicKeyInfoRef::try_from(der.as_slice()).ok()?;
    (info.algorithm.oid == RSA).then_some(der)
}

/// What is needed of a certificate to verify a signature with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) struct Certificate {
    /// The serial number in capital hexadecimal digits without leading zeros.
    pub serial: String,
    /// From when it counts.
    pub not_before: UnixTime,
    /// Until when it counts.
    pub not_after: UnixTime,
    /// Its RSA public key, `SubjectPublicKeyInfo` DER.
    pub key_spki: Vec<u8>,
}

impl Certificate {
    /// Reads one certificate. `None` when it is none, or its key is not an RSA key.
    pub fn parse(text: &str) -> Option<Self> {
        // Only what is asked for is held to RFC 5280; unknown extensions do not matter here.
        let certificate = CertificateInner::<Rfc5280>::from_der(&decode(text)?).ok()?;
        let tbs: &TbsCertificateInner<Rfc5280> = certificate.tbs_certificate();
        let key = tbs.subject_public_key_info();
        if key.algorithm.oid != RSA {
            return None;
        }
        let validity = tbs.validity();
        Some(Self {
            serial: canonical_serial(&hex(tbs.serial_number().as_bytes())),
            not_before: seconds(validity.not_before.to_unix_duration().as_secs())?,
            not_after: seconds(validity.not_after.to_unix_duration().as_secs())?,
            key_spki: key.to_der().ok()?,
        })
    }

    /// Reads certificates that stand one after the other in PEM. `None` when one of them is none.
    pub fn parse_bundle(text: &str) -> Option<Vec<Self>> {
        const END: &str = "-----END CERTIFICATE-----";
        text.split_inclusive(END)
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Self::parse)
            .collect()
    }

    /// Whether it counts at `now`.
    pub fn is_valid_at(&self, now: UnixTime) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// A serial number in hexadecimal as it is compared: capitals, no leading zeros.
pub(in crate::channel) fn canonical_serial(hex: &str) -> String {
    hex.trim().trim_start_matches('0').to_ascii_uppercase()
}

/// The bytes of PEM (any label, lines of any length, `\n` also written out) or of bare base64.
pub(in crate::channel) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = Zeroizing::new(text.replace("\\r", "\n").replace("\\n", "\n"));
    let body: Zeroizing<String> = Zeroizing::new(
        text.lines()
            .filter(|line| !line.trim_start().starts_with("-----"))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect(),
    );
    Base64::decode_vec(&body)
        .ok()
        .filter(|bytes| !bytes.is_empty())
}

/// Whether DER is a PKCS#1 private key (a version, then the modulus) rather than a PKCS#8 one (a
/// version, then the algorithm). `None` when it is neither.
fn is_pkcs1(der: &[u8]) -> Option<bool> {
    let outer = AnyRef::from_der(der).ok()?;
    if outer.tag() != Tag::Sequence {
        return None;
    }
    let mut reader = SliceReader::new(outer.value()).ok()?;
    let version = AnyRef::decode(&mut reader).ok()?;
    let second = AnyRef::decode(&mut reader).ok()?;
    match (version.tag(), second.tag()) {
        (Tag::Integer, Tag::Integer) if !reader.is_finished() => Some(true),
        (Tag::Integer, Tag::Sequence) => Some(false),
        _ => None,
    }
}

fn seconds(since_1970: u64) -> Option<UnixTime> {
    i64::try_from(since_1970).ok().map(UnixTime::from_seconds)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn test_keys() -> Value {
        let text = include_str!("../../../tests/vectors/channels/test_keys.json");
        serde_json::from_str(text).unwrap()
    }

    /// Without the first and last line and without line feeds.
    fn bare(pem: &str) -> String {
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }

    #[test]
    fn a_private_key_is_the_same_in_every_form() {
        let file = test_keys();
        let pkcs8 = file["keys"]["merchant"]["pkcs8_pem"].as_str().unwrap();
        let pkcs1 = file["keys"]["merchant"]["pkcs1_pem"].as_str().unwrap();
        let expected = Secret::new(decode(pkcs8).unwrap());
        for text in [
            pkcs8.to_owned(),
            pkcs1.to_owned(),
            bare(pkcs8),
            bare(pkcs1),
            pkcs8.replace('\n', "\r\n"),
            pkcs1.replace('\n', "\\n"),
            format!("\n  {}\n", pkcs8.replace('\n', "\n  ")),
        ] {
            assert_eq!(rsa_private_key(&text), Some(expected.clone()));
        }
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        let file = test_keys();
        let public = file["keys"]["merchant"]["spki_pem"].as_str().unwrap();
        let pkcs8 = file["keys"]["merchant"]["pkcs8_pem"].as_str().unwrap();
        let cut_short = bare(pkcs8)[..400].to_owned();
        // An Ed25519 key (RFC 8410, section 10.3).
        let ed25519 = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
        for text in ["", "not base64!", "AAAA", public, &cut_short, ed25519] {
            assert_eq!(rsa_private_key(text), None);
        }
    }

    #[test]
    fn a_public_key_is_told_from_others() {
        let file = test_keys();
        let public = file["keys"]["channel"]["spki_pem"].as_str().unwrap();
        assert_eq!(rsa_public_key(public), decode(public));
        assert_eq!(rsa_public_key(&bare(public)), decode(public));
        let private = file["keys"]["channel"]["pkcs8_pem"].as_str().unwrap();
        // An Ed25519 key (RFC 8410, section 10.1).
        let ed25519 = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
        for text in ["", "AAAA", private, ed25519] {
            assert_eq!(rsa_public_key(text), None);
        }
    }

    #[test]
    fn certificates_state_serial_validity_and_key() {
        let file = test_keys();
        let key = decode(file["keys"]["channel"]["spki_pem"].as_str().unwrap()).unwrap();
        for name in ["valid", "expired"] {
            let stated = &file["certificates"][name];
            let certificate = Certificate::parse(stated["pem"].as_str().unwrap()).unwrap();
            let time =
                |field: &str| UnixTime::parse_rfc3339(stated[field].as_str().unwrap()).unwrap();
            assert_eq!(
                certificate.serial,
                canonical_serial(stated["serial"].as_str().unwrap())
            );
            assert_eq!(certificate.not_before, time("not_before"));
            assert_eq!(certificate.not_after, time("not_after"));
            assert_eq!(certificate.key_spki, key);
            assert!(certificate.is_valid_at(certificate.not_before));
            assert!(certificate.is_valid_at(certificate.not_after));
            assert!(!certificate.is_valid_at(certificate.not_before.plus_millis(-1)));
            assert!(!certificate.is_valid_at(certificate.not_after.plus_millis(1)));
        }
    }

    #[test]
    fn a_bundle_is_read_whole_or_not_at_all() {
        let file = test_keys();
        let valid = file["certificates"]["valid"]["pem"].as_str().unwrap();
        let expired = file["certificates"]["expired"]["pem"].as_str().unwrap();
        let both = Certificate::parse_bundle(&format!("{valid}\n{expired}")).unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(Certificate::parse_bundle(" \n"), Some(Vec::new()));
        let key = file["keys"]["channel"]["spki_pem"].as_str().unwrap();
        assert_eq!(Certificate::parse_bundle(&format!("{valid}\n{key}")), None);
    }

    #[test]
    fn serial_numbers_are_compared_without_case_and_zeros() {
        assert_eq!(canonical_serial(" 00ab0C "), "AB0C");
    }
}
