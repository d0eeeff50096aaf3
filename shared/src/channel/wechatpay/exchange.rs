//! Requests signed, answers and notices verified: WeChat Pay API v3's transport.
//!
//! Confirmed in the official SDKs: the signed texts (wechatpay-go, `core/consts/const.go` and
//! `core/auth/validators/wechat_pay_validator.go`; wechatpay-axios-plugin 0.9.6,
//! `lib/formatter.js`), 300 s of clock difference (the same validator: 300 s is too much), and the
//! certificate download with its bootstrap (wechatpay-java, `CertificateDownloader`).

use std::rc::Rc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding};
use serde::Deserialize;

use super::super::keys::{self, Certificate};
use super::answer::{Answer, parse};
use super::credentials::{Key, Merchant};
use crate::channel::{Account, ChannelError, Fresh};
use crate::http::{Method, Request, Response};
use crate::secret::Secret;
use crate::sign::{Algorithm, Next, Step, ToSign, ToVerify};
use crate::time::UnixTime;

/// The scheme of `Authorization`, and the kind of signature that notices state.
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// What begins a signature that WeChat Pay sends, in answers and in notices, to see whether we
/// verify at all (pay.weixin.qq.com/doc/v3/merchant/4016241880).
const PROBE: &str = "WECHATPAY/SIGNTEST/";
/// From this difference of clocks on, a signature is too old (or too new), in seconds.
const CLOCK_DIFFERENCE_S: i64 = 300;
/// What is said of a signature from another time.
pub(super) const WRONG_TIME: &str = "the signature is too old or too new";
/// What is said of a [`PROBE`].
pub(super) const PROBED: &str = "a signature probe of WeChat Pay";
const CERTIFICATES: &str = "/v3/certificates";

/// A run of requests to the gateway on behalf of one merchant.
#[derive(Clone)]
pub(super) struct Exchange {
    pub merchant: Rc<Merchant>,
    pub now: UnixTime,
    base: Rc<str>,
    nonce: String,
    downloaded: Rc<[Certificate]>,
}

/// The headers that sign an answer or a notice.
struct Seal {
    serial: String,
    timestamp: String,
    nonce: String,
    signature: Vec<u8>,
}

impl Exchange {
    /// Reads the account; nothing is sent.
    pub fn new(base: &str, account: &Account, fresh: &Fresh) -> Result<Self, ChannelError> {
        Ok(Self {
            merchant: Rc::new(Merchant::read(account)?),
            now: fresh.now,
            base: base.into(),
            nonce: fresh.nonce.clone(),
            downloaded: Rc::new([]),
        })
    }

    /// The next nonce. Each request of a run has its own: the characters turned by one.
    pub fn take_nonce(&mut self) -> String {
        let nonce = self.nonce.clone();
        let mut rest = self.nonce.chars();
        if let Some(first) = rest.next() {
            self.nonce = rest.chain(std::iter::once(first)).collect();
        }
        nonce
    }

    /// A signature with the merchant's key.
    pub fn sign(&self, message: Vec<u8>) -> ToSign {
        ToSign {
            algorithm: Algorithm::RsaSha256,
            key_pkcs8: self.merchant.key_pkcs8.clone(),
            message,
        }
    }

    /// A GET of `path` (with its query), and its answer.
    pub fn get(self, path: &str) -> Next<(Self, Answer)> {
        self.send(Method::Get, path, Vec::new())?
            .and_then(|(exchange, response)| exchange.receive(response))
    }

    /// A POST of JSON to `path`, and its answer.
    pub fn post(self, path: &str, body: &impl serde::Serialize) -> Next<(Self, Answer)> {
        // Plain structs of texts and integers: writing them cannot fail.
        let body = serde_json::to_vec(body)
            .map_err(|_| ChannelError::Unsupported("the request cannot be written as JSON"))?;
        self.send(Method::Post, path, body)?
            .and_then(|(exchange, response)| exchange.receive(response))
    }

    /// Signs and sends.
    fn send(mut self, method: Method, path: &str, body: Vec<u8>) -> Next<(Self, Response)> {
        let nonce = self.take_nonce();
        let timestamp = self.now.seconds().to_string();
        let url = format!("{}{path}", self.base);
        let mut message = format!(
            "{}\n{}\n{timestamp}\n{nonce}\n",
            method.as_str(),
            signed_part(&url)
        )
        .into_bytes();
        message.extend_from_slice(&body);
        message.push(b'\n');
        Ok(Step::sign(self.sign(message), move |signature| {
            let merchant = &self.merchant;
            let authorization = format!(
                "{SCHEME} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{}\",\
                 timestamp=\"{timestamp}\",serial_no=\"{}\"",
                merchant.mchid,
                Base64::encode_string(&signature),
                merchant.serial,
            );
            let mut request = match method {
                Method::Get => Request::get(url),
                Method::Post => Request::post(url, "application/json", body),
            }
            .with("accept", "application/json")
            .with("authorization", authorization)
            // A request without one is refused.
            .with("user-agent", "Causeway");
            if let Some(id) = merchant.public_key_id() {
                request = request.with("wechatpay-serial", id);
            }
            Ok(Step::send(request, move |response| {
                Ok(Step::Done((self, response)))
            }))
        }))
    }

    /// Verifies an answer's signature. An answer without one is handed on as not authentic, unless
    /// it reports success: "an unsigned answer with status 2xx is to be taken for forged"
    /// (wechatpay-api.gitbook.io, signature rules). Every answer to a rightly signed request is
    /// signed, errors included; what is unsigned comes from in front of WeChat Pay, or is a 401.
    fn receive(self, response: Response) -> Next<(Self, Answer)> {
        let seal = Seal::read(|name| response.header(name), self.now)?;
        let Response { status, body, .. } = response;
        let answer = move |exchange, body, authentic| {
            let answer = Answer {
                status,
                body,
                authentic,
            };
            Ok(Step::Done((exchange, answer)))
        };
        match seal {
            Some(seal) => self
                .verify(seal, body)?
                .and_then(move |(exchange, body)| answer(exchange, body, true)),
            None if (200..300).contains(&status) => {
                Err(ChannelError::Unauthentic("the answer is not signed"))
            }
            None => answer(self, body, false),
        }
    }

    /// Verifies a notice's signature and goes on with its body.
    pub fn receive_notice(self, notice: &Request) -> Next<(Self, Vec<u8>)> {
        let seal = Seal::read(|name| notice.header(name), self.now)?
            .ok_or(ChannelError::Unauthentic("the notice is not signed"))?;
        self.verify(seal, notice.body.clone())
    }

    /// Goes on with `body` only if the signature holds; downloads the certificate if need be.
    fn verify(self, seal: Seal, body: Vec<u8>) -> Next<(Self, Vec<u8>)> {
        match self
            .merchant
            .key(&seal.serial, &self.downloaded, self.now)?
        {
            Key::Known(key_spki) => self.verify_with(seal, key_spki, body),
            Key::Unknown => self.download()?.and_then(move |exchange| {
                let key =
                    exchange
                        .merchant
                        .key(&seal.serial, &exchange.downloaded, exchange.now)?;
                exchange.verify_with(seal, known(key)?, body)
            }),
        }
    }

    fn verify_with(self, seal: Seal, key_spki: Vec<u8>, body: Vec<u8>) -> Next<(Self, Vec<u8>)> {
        let to_verify = seal.to_verify(key_spki, &body);
        Ok(Step::verify(to_verify, move || {
            Ok(Step::Done((self, body)))
        }))
    }

    /// Downloads the platform certificates: decrypts them with the APIv3 key, which proves who
    /// sent them, then verifies the download's own signature with what it brought.
    fn download(self) -> Next<Self> {
        let sent = self.send(Method::Get, CERTIFICATES, Vec::new())?;
        sent.and_then(|(mut exchange, response)| {
            if !response.is_success() {
                return Err(no_certificates(response));
            }
            let seal = Seal::read(|name| response.header(name), exchange.now)?
                .ok_or(ChannelError::Unauthentic("the certificates are not signed"))?;
            exchange.downloaded =
                read_certificates(&exchange.merchant.api_v3_key, &response.body)?.into();
            let key = exchange
                .merchant
                .key(&seal.serial, &exchange.downloaded, exchange.now)?;
            let to_verify = seal.to_verify(known(key)?, &response.body);
            Ok(Step::verify(to_verify, move || Ok(Step::Done(exchange))))
        })
    }
}

const UNKNOWN_CERTIFICATE: ChannelError =
    ChannelError::Unauthentic("signed with an unknown certificate");

/// Why there are no certificates. A merchant who has the public key alone is told 404 (see
/// wechatpay-java, `CertificateDownloader`): then no certificate of theirs has signed anything.
fn no_certificates(response: Response) -> ChannelError {
    let answer = Answer {
        status: response.status,
        body: response.body,
        authentic: false,
    };
    match answer.status {
        404 => UNKNOWN_CERTIFICATE,
        _ => ChannelError::Unavailable(answer.code()),
    }
}

fn known(key: Key) -> Result<Vec<u8>, ChannelError> {
    match key {
        Key::Known(key_spki) => Ok(key_spki),
        Key::Unknown => Err(UNKNOWN_CERTIFICATE),
    }
}

/// Path and query of a URL, exactly as they are sent.
fn signed_part(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(after_scheme..).and_then(|rest| rest.find('/'));
    path.and_then(|at| url.get(after_scheme + at..))
        .unwrap_or("/")
}

impl Seal {
    /// The signature's headers; `None` when there are none of them. Checked here: that they are
    /// complete, of the right kind and of this time.
    fn read<'a>(
        header: impl Fn(&str) -> Option<&'a str>,
        now: UnixTime,
    ) -> Result<Option<Self>, ChannelError> {
        let serial = header("wechatpay-serial");
        let timestamp = header("wechatpay-timestamp");
        let nonce = header("wechatpay-nonce");
        let signature = header("wechatpay-signature");
        let (serial, timestamp, nonce, signature) = match (serial, timestamp, nonce, signature) {
            (None, None, None, None) => return Ok(None),
            (Some(serial), Some(timestamp), Some(nonce), Some(signature)) => (
                serial.trim(),
                timestamp.trim(),
                nonce.trim(),
                signature.trim(),
            ),
            _ => {
                return Err(ChannelError::Unauthentic(
                    "a header of the signature is missing",
                ));
            }
        };
        if header("wechatpay-signature-type").is_some_and(|kind| kind.trim() != SCHEME) {
            return Err(ChannelError::Unauthentic("a signature of another kind"));
        }
        if signature.starts_with(PROBE) {
            return Err(ChannelError::Unauthentic(PROBED));
        }
        let signature = Base64::decode_vec(signature)
            .map_err(|_| ChannelError::Unauthentic("the signature is not base64"))?;
        let stated: i64 = timestamp
            .parse()
            .map_err(|_| ChannelError::Unauthentic("the signature's time is not a number"))?;
        if stated.abs_diff(now.seconds()) >= CLOCK_DIFFERENCE_S.unsigned_abs() {
            return Err(ChannelError::Unauthentic(WRONG_TIME));
        }
        Ok(Some(Self {
            serial: serial.to_owned(),
            timestamp: timestamp.to_owned(),
            nonce: nonce.to_owned(),
            signature,
        }))
    }

    /// The signed text is time, nonce and body, each with a line feed; an empty body (204) too.
    fn to_verify(&self, key_spki: Vec<u8>, body: &[u8]) -> ToVerify {
        let mut message = format!("{}\n{}\n", self.timestamp, self.nonce).into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        ToVerify {
            algorithm: Algorithm::RsaSha256,
            key_spki,
            message,
            signature: self.signature.clone(),
        }
    }
}

/// Something that WeChat Pay encrypted with the APIv3 key.
#[derive(Deserialize)]
pub(super) struct Encrypted {
    algorithm: String,
    ciphertext: String,
    /// May be empty or left out.
    #[serde(default)]
    associated_data: String,
    nonce: String,
}

impl Encrypted {
    /// Decrypts with AES-256-GCM: the nonce is 12 bytes of text, the tag ends the ciphertext.
    pub fn open(&self, key: &Secret<[u8; 32]>) -> Result<Vec<u8>, ChannelError> {
        self.open_with::<Aes256Gcm>(key.expose())
    }

    /// As [`open`](Self::open), for a cipher of another key length (the official fixtures have
    /// keys of 16 bytes).
    pub(super) fn open_with<C: Aead + KeyInit>(&self, key: &[u8]) -> Result<Vec<u8>, ChannelError> {
        if self.algorithm != "AEAD_AES_256_GCM" {
            return Err(ChannelError::Malformed("encrypted with another algorithm"));
        }
        let ciphertext = Base64::decode_vec(&self.ciphertext)
            .map_err(|_| ChannelError::Malformed("the ciphertext is not base64"))?;
        decrypt::<C>(
            key,
            self.nonce.as_bytes(),
            self.associated_data.as_bytes(),
            &ciphertext,
        )
    }
}

/// The plaintext, if the tag at the end holds.
pub(super) fn decrypt<C: Aead + KeyInit>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    msg: &[u8],
) -> Result<Vec<u8>, ChannelError> {
    const NOT_OURS: ChannelError =
        ChannelError::Unauthentic("cannot be decrypted with the APIv3 key");
    let nonce = Nonce::try_from(nonce)
        .map_err(|_| ChannelError::Malformed("the cipher's nonce is not 12 bytes"))?;
    let cipher = C::new_from_slice(key).map_err(|_| NOT_OURS)?;
    cipher
        .decrypt(&nonce, Payload { msg, aad })
        .map_err(|_| NOT_OURS)
}

#[derive(Deserialize)]
struct Certificates {
    data: Vec<CertificateEntry>,
}

#[derive(Deserialize)]
struct CertificateEntry {
    serial_no: String,
    encrypt_certificate: Encrypted,
}

/// Reads the answer to a certificate download; its signature is for the caller to verify.
/// A certificate that is not what its entry says, or not RSA, is left out.
pub(super) fn read_certificates(
    key: &Secret<[u8; 32]>,
    body: &[u8],
) -> Result<Vec<Certificate>, ChannelError> {
    let list: Certificates = parse(body)?;
    let mut certificates = Vec::new();
    for entry in &list.data {
        let text = entry.encrypt_certificate.open(key)?;
        let certificate = std::str::from_utf8(&text).ok().and_then(Certificate::parse);
        let stated = keys::canonical_serial(&entry.serial_no);
        certificates.extend(certificate.filter(|c| c.serial == stated));
    }
    Ok(certificates)
}
