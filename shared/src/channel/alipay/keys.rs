//! An account's keys, and the serial numbers of certificate mode.
//!
//! In scope: which fields make up which mode, Alipay's own serial numbers, keys that were mistaken
//! for one another. Not in scope: how PEM and DER are read (`channel::keys`), key operations, and
//! whether a certificate is valid: the merchant vouches for what they configure.

use der::asn1::{AnyRef, UintRef};
use der::{Decode, Encode, SliceReader, Tag, Tagged};
use md5::{Digest, Md5};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use x509_cert::certificate::{CertificateInner, Rfc5280};
use x509_cert::name::Name;

use crate::channel::keys::{decode, rsa_private_key, rsa_public_key};
use crate::channel::{ChannelError, Credentials};
use crate::secret::Secret;

/// What an account needs to speak to the gateway.
pub(super) struct Keys {
    pub app_id: String,
    pub seller_id: Option<String>,
    /// The product code of precreate; Alipay's own default when left out.
    pub precreate_product: Option<&'static str>,
    /// The app's private key, PKCS#8 DER.
    pub private_key: Secret<Vec<u8>>,
    /// Alipay's public key, `SubjectPublicKeyInfo` DER.
    pub alipay_key: Vec<u8>,
    /// In certificate mode.
    pub serials: Option<Serials>,
}

/// Alipay's own serial numbers of the three certificates.
pub(super) struct Serials {
    pub app: String,
    pub alipay: String,
    pub root: String,
}

/// The products that have precreate: in shops, the default (AlipayTradePrecreateModel.java,
/// `product_code`), and codes for single orders.
const PRECREATE_PRODUCTS: [&str; 2] = ["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"];

/// The fields of certificate mode, in the order in which they are asked for.
const CERTIFICATE_FIELDS: [&str; 3] = ["app_cert", "alipay_cert", "alipay_root_cert"];

impl Keys {
    /// Reads the credentials; names the first field to mend.
    pub fn read(credentials: &Credentials) -> Result<Self, ChannelError> {
        let app_id = credentials.required("app_id")?.trim();
        if app_id.len() > 32 || !app_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("app_id", "is not an app id, which has up to 32 digits"));
        }
        let seller_id = credentials.optional("seller_id").map(str::trim);
        let is_seller_id = |id: &str| {
            id.len() == 16 && id.starts_with("2088") && id.bytes().all(|b| b.is_ascii_digit())
        };
        if !seller_id.is_none_or(is_seller_id) {
            return Err(bad(
                "seller_id",
                "is not a seller id, which has 16 digits and starts 2088",
            ));
        }
        let named = credentials.optional("precreate_product").map(str::trim);
        let precreate_product = PRECREATE_PRODUCTS.into_iter().find(|p| Some(*p) == named);
        if precreate_product.is_none() && named.is_some() {
            return Err(bad(
                "precreate_product",
                "is neither QR_CODE_OFFLINE nor FACE_TO_FACE_PAYMENT",
            ));
        }
        let private_key = rsa_private_key(credentials.required("private_key")?).ok_or(bad(
            "private_key",
            "is not an RSA private key in base64 or PEM",
        ))?;
        let (alipay_key, serials) = if uses_certificates(credentials) {
            let (key, serials) = certificates(credentials)?;
            (key, Some(serials))
        } else {
            let text = credentials.optional("alipay_public_key").ok_or(bad(
                "alipay_public_key",
                "is missing; fill it in, or the three certificates instead",
            ))?;
            let key = rsa_public_key(text).ok_or(bad(
                "alipay_public_key",
                "is not an RSA public key in base64 or PEM",
            ))?;
            (key, None)
        };
        Ok(Self {
            app_id: app_id.to_owned(),
            seller_id: seller_id.map(str::to_owned),
            precreate_product,
            private_key,
            alipay_key,
            serials,
        })
    }

    /// Finds keys that were mistaken for one another, which the gateway would only call an
    /// invalid signature.
    pub fn check_pairs(&self, credentials: &Credentials) -> Result<(), ChannelError> {
        let ours = modulus_of_private(self.private_key.expose());
        if modulus_of_public(&self.alipay_key) == ours {
            return Err(match self.serials {
                Some(_) => bad(
                    "alipay_cert",
                    "belongs to your own key; use Alipay's certificate",
                ),
                None => bad(
                    "alipay_public_key",
                    "is your app's own key; use the Alipay key",
                ),
            });
        }
        let app_cert = credentials
            .optional("app_cert")
            .filter(|_| self.serials.is_some());
        if let Some(certificate) = app_cert.and_then(first_certificate)
            && modulus_of_public(&certificate.key) != ours
        {
            return Err(bad("app_cert", "does not belong to private_key"));
        }
        Ok(())
    }
}

fn bad(field: &'static str, problem: &'static str) -> ChannelError {
    ChannelError::Credentials { field, problem }
}

/// One filled certificate field means certificate mode: half of it must not be overlooked in
/// favour of a public key that an app in certificate mode does not use.
fn uses_certificates(credentials: &Credentials) -> bool {
    CERTIFICATE_FIELDS
        .iter()
        .any(|field| credentials.optional(field).is_some())
}

fn certificates(credentials: &Credentials) -> Result<(Vec<u8>, Serials), ChannelError> {
    let text = |field| {
        credentials.optional(field).ok_or(bad(
            field,
            "is missing; certificate mode needs all three certificates",
        ))
    };
    let [app, alipay, root] = CERTIFICATE_FIELDS;
    let (app_text, alipay_text, root_text) = (text(app)?, text(alipay)?, text(root)?);
    let problem = "is not a certificate (PEM) with an RSA key";
    let app_cert = first_certificate(app_text).ok_or(bad(app, problem))?;
    let alipay_cert = first_certificate(alipay_text).ok_or(bad(alipay, problem))?;
    let root_serial = root_serial(root_text).ok_or(bad(root, "holds no RSA-signed certificate"))?;
    let serials = Serials {
        app: app_cert.serial,
        alipay: alipay_cert.serial,
        root: root_serial,
    };
    Ok((alipay_cert.key, serials))
}

/// What is needed of a certificate.
pub(super) struct Certificate {
    /// Alipay's serial number: lower-case hex MD5 of issuer and decimal serial.
    pub serial: String,
    /// `SubjectPublicKeyInfo` DER.
    key: Vec<u8>,
    /// How its issuer signed it.
    signature: ObjectIdentifier,
}

/// PEM text or bare base64 of a certificate with an RSA key.
pub(super) fn first_certificate(text: &str) -> Option<Certificate> {
    let certificate = blocks(text).find_map(read_certificate)?;
    modulus_of_public(&certificate.key)
        .is_some()
        .then_some(certificate)
}

/// The serial number of the root bundle: those of its RSA-signed certificates, joined by `_`.
///
/// Confirmed in npm alipay-sdk 4.14.0, src/antcertutil.ts, getRootCertSN. The bundle holds
/// certificates of other algorithms, one of which some strict readers refuse: what cannot be read
/// is passed over.
pub(super) fn root_serial(text: &str) -> Option<String> {
    let serials: Vec<String> = blocks(text)
        .filter_map(read_certificate)
        .filter(|certificate| {
            let oid = certificate.signature.to_string();
            oid.starts_with("1.2.840.113549.1.1.")
        })
        .map(|certificate| certificate.serial)
        .collect();
    (!serials.is_empty()).then(|| serials.join("_"))
}

/// The certificates of a bundle, each still as text.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive("-----END CERTIFICATE-----")
        .filter(|block| !block.trim().is_empty())
}

fn read_certificate(text: &str) -> Option<Certificate> {
    // Whatever an issuer puts into it is fine, as long as it can be read: nothing is judged here.
    let certificate = CertificateInner::<Rfc5280>::from_der(&decode(text)?).ok()?;
    let tbs = certificate.tbs_certificate();
    let issuer = issuer_text(tbs.issuer());
    let number = decimal(tbs.serial_number().as_bytes());
    Some(Certificate {
        serial: hex(&Md5::digest(format!("{issuer}{number}"))),
        key: tbs.subject_public_key_info().to_der().ok()?,
        signature: certificate.signature_algorithm().oid,
    })
}

/// The issuer as `CN=…,OU=…,O=…,C=…`: its attributes from last to first, unescaped.
///
/// Confirmed in npm alipay-sdk 4.14.0, src/antcertutil.ts, getCertSN, with the short names of
/// npm @fidm/x509 1.2.1, build/x509.js.
fn issuer_text(issuer: &Name) -> String {
    let attributes = issuer.as_ref().iter().flat_map(|set| set.iter());
    let mut parts: Vec<String> = attributes
        .map(|attribute| {
            let name = short_name(&attribute.oid.to_string());
            format!(
                "{name}={}",
                String::from_utf8_lossy(attribute.value.value())
            )
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn short_name(oid: &str) -> &'static str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "1.2.840.113549.1.9.1" => "E",
        _ => "",
    }
}

/// A big-endian number as decimal digits.
fn decimal(bytes: &[u8]) -> String {
    // Least significant digit first.
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The modulus of a `SubjectPublicKeyInfo` with an RSA key, without leading zeros.
fn modulus_of_public(spki: &[u8]) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoRef::try_from(spki).ok()?;
    // RFC 8017, A.1.1: modulus, exponent.
    integer(info.subject_public_key.as_bytes()?, 0)
}

/// The modulus of a PKCS#8 RSA key, without leading zeros.
fn modulus_of_private(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let info = PrivateKeyInfoRef::try_from(pkcs8).ok()?;
    // RFC 8017, A.1.2: version, modulus, exponent, …
    integer(info.private_key.as_bytes(), 1)
}

/// The integer number `index` of a SEQUENCE that begins with integers.
fn integer(sequence: &[u8], index: usize) -> Option<Vec<u8>> {
    let sequence = AnyRef::from_der(sequence).ok()?;
    if sequence.tag() != Tag::Sequence {
        return None;
    }
    let mut reader = SliceReader::new(sequence.value()).ok()?;
    for _ in 0..index {
        UintRef::decode(&mut reader).ok()?;
    }
    Some(UintRef::decode(&mut reader).ok()?.as_bytes().to_vec())
}
