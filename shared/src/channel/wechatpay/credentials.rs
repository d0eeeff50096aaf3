//! An account's fields, read and held to their forms.

use super::super::keys::{self, Certificate};
use crate::channel::{Account, ChannelError};
use crate::id::AccountId;
use crate::secret::Secret;
use crate::time::UnixTime;

/// What begins the id of a WeChat Pay public key, to be told from a certificate's serial number
/// (wechatpay-axios-plugin 0.9.6, README.md; pay.weixin.qq.com, "signature-verification").
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_";

/// A direct merchant, ready to sign and to verify. `Debug` is not derived: half of it is secret.
pub(super) struct Merchant {
    /// Our account.
    pub account: AccountId,
    /// Merchant number.
    pub mchid: String,
    /// App id.
    pub appid: String,
    /// Serial number of the merchant certificate, as it stands in `Authorization`.
    pub serial: String,
    /// The certificate's private key, PKCS#8 DER.
    pub key_pkcs8: Secret<Vec<u8>>,
    /// Opens notices and certificate downloads.
    pub api_v3_key: Secret<[u8; 32]>,
    public_key: Option<PublicKey>,
    certificates: Vec<Certificate>,
}

struct PublicKey {
    id: String,
    key_spki: Vec<u8>,
}

/// What is known of the key that a signature names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// This is it, `SubjectPublicKeyInfo` DER.
    Known(Vec<u8>),
    /// A platform certificate that we don't have: `GET /v3/certificates` may.
    Unknown,
}

impl Merchant {
    /// Reads an account.
    pub fn read(account: &Account) -> Result<Self, ChannelError> {
        let fields = &account.credentials;
        let mchid = checked(
            "mchid",
            fields.required("mchid")?,
            is_mchid,
            "must be 6 to 32 digits",
        )?;
        let appid = checked(
            "appid",
            fields.required("appid")?,
            is_appid,
            "must be the app id, letters and digits such as wx8888888888888888",
        )?;
        let serial = checked(
            "merchant_serial",
            fields.required("merchant_serial")?,
            is_serial,
            "must be the certificate's serial number, up to 40 hexadecimal digits",
        )?;
        let key_pkcs8 =
            keys::rsa_private_key(fields.required("merchant_private_key")?).ok_or(credential(
                "merchant_private_key",
                "is not an RSA private key in PEM (apiclient_key.pem)",
            ))?;
        let api_v3_key = <[u8; 32]>::try_from(fields.required("api_v3_key")?.trim().as_bytes())
            .ok()
            .filter(|key| key.is_ascii())
            .map(Secret::new)
            .ok_or(credential("api_v3_key", "must be 32 ASCII characters"))?;
        let certificates = fields.optional("platform_certificates").unwrap_or_default();
        let certificates = Certificate::parse_bundle(certificates).ok_or(credential(
            "platform_certificates",
            "are not X.509 certificates in PEM, one after the other",
        ))?;
        Ok(Self {
            account: account.id.clone(),
            mchid,
            appid,
            serial: serial.to_ascii_uppercase(),
            key_pkcs8,
            api_v3_key,
            public_key: PublicKey::read(
                fields.optional("public_key_id"),
                fields.optional("public_key"),
            )?,
            certificates,
        })
    }

    /// The id of the key that answers are to be signed with, to be stated in requests. While a
    /// merchant changes over from certificates, answers are signed as the request asks.
    pub fn public_key_id(&self) -> Option<&str> {
        self.public_key.as_ref().map(|key| key.id.as_str())
    }

    /// The key that `Wechatpay-Serial` names: public key and certificates stand side by side,
    /// because notices are signed with either while a merchant changes over.
    pub fn key(
        &self,
        serial: &str,
        downloaded: &[Certificate],
        now: UnixTime,
    ) -> Result<Key, ChannelError> {
        if serial.starts_with(PUBLIC_KEY_ID) {
            return match &self.public_key {
                Some(key) if key.id == serial => Ok(Key::Known(key.key_spki.clone())),
                _ => Err(ChannelError::Unauthentic(
                    "signed with an unknown public key",
                )),
            };
        }
        if !is_serial(serial) {
            return Err(ChannelError::Unauthentic(
                "the key's serial number is malformed",
            ));
        }
        let serial = keys::canonical_serial(serial);
        match self
            .certificates
            .iter()
            .chain(downloaded)
            .find(|c| c.serial == serial)
        {
            Some(certificate) if certificate.is_valid_at(now) => {
                Ok(Key::Known(certificate.key_spki.clone()))
            }
            Some(_) => Err(ChannelError::Unauthentic(
                "signed with an expired certificate",
            )),
            None => Ok(Key::Unknown),
        }
    }
}

impl PublicKey {
    /// Both fields or neither.
    fn read(id: Option<&str>, key: Option<&str>) -> Result<Option<Self>, ChannelError> {
        let (id, key) = match (id, key) {
            (None, None) => return Ok(None),
            (Some(id), Some(key)) => (id, key),
            (None, Some(_)) => {
                return Err(credential(
                    "public_key_id",
                    "is missing: public_key needs it",
                ));
            }
            (Some(_), None) => {
                return Err(credential(
                    "public_key",
                    "is missing: public_key_id needs it",
                ));
            }
        };
        Ok(Some(Self {
            id: checked(
                "public_key_id",
                id,
                is_public_key_id,
                "must be PUB_KEY_ID_ and digits, with the prefix",
            )?,
            key_spki: keys::rsa_public_key(key).ok_or(credential(
                "public_key",
                "is not a public key in PEM (pub_key.pem)",
            ))?,
        }))
    }
}

fn credential(field: &'static str, problem: &'static str) -> ChannelError {
    ChannelError::Credentials { field, problem }
}

/// The value without blanks around it, if it has its form.
fn checked(
    field: &'static str,
    value: &str,
    has_form: impl FnOnce(&str) -> bool,
    problem: &'static str,
) -> Result<String, ChannelError> {
    let value = value.trim();
    has_form(value)
        .then(|| value.to_owned())
        .ok_or(credential(field, problem))
}

fn is_mchid(text: &str) -> bool {
    (6..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_appid(text: &str) -> bool {
    (8..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_serial(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_public_key_id(text: &str) -> bool {
    text.len() <= 64
        && text
            .strip_prefix(PUBLIC_KEY_ID)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}
