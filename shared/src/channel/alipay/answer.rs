//! Answers of the gateway: found as they were signed, verified, then read.

use std::collections::BTreeMap;
use std::fmt;

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::keys::Keys;
use super::outcome;
use crate::channel::{ChannelCode, ChannelError};
use crate::http::Response;
use crate::json;
use crate::money::{Currency, Money};
use crate::sign::{Algorithm, Next, Step, ToVerify};
use crate::time::UnixTime;

/// No documented answer comes near this.
const BODY_MAX: usize = 256 * 1024;

/// Finds the signed part of the answer to `method`, and verifies it.
///
/// An answer without a signature is not believed, except that the gateway cannot sign when it
/// does not know the app (a wrong `app_id`, for one): such a refusal came over TLS from the
/// gateway, names a parameter of ours, and moved nothing.
pub(super) fn verify(method: &str, keys: &Keys, response: &Response) -> Next<Answer> {
    if response.status != 200 {
        let code = ChannelCode::new(&format!("http-{}", response.status));
        return Err(ChannelError::Unavailable(code));
    }
    if response.body.len() > BODY_MAX {
        return Err(ChannelError::Malformed("the answer is too long"));
    }
    let text = std::str::from_utf8(&response.body)
        .map_err(|_| ChannelError::Malformed("the answer is not UTF-8"))?;
    let envelope = Envelope::read(method, text)?;
    let answer = Answer::read(envelope.signed)?;
    let Some(signature) = envelope.signature else {
        return Err(outcome::unsigned(method, &answer));
    };
    let named = envelope.certificate.as_deref();
    if keys
        .serials
        .as_ref()
        .is_some_and(|known| named != Some(known.alipay.as_str()))
    {
        return Err(ChannelError::Unauthentic(
            "signed with another Alipay certificate than ours",
        ));
    }
    let to_verify = ToVerify {
        algorithm: Algorithm::RsaSha256,
        key_spki: keys.alipay_key.clone(),
        message: envelope.signed.as_bytes().to_vec(),
        signature: Base64::decode_vec(&signature)
            .map_err(|_| ChannelError::Unauthentic("the signature is not base64"))?,
    };
    Ok(Step::verify(to_verify, move || Ok(Step::Done(answer))))
}

/// `{"<method>_response": {…}, "alipay_cert_sn": "…", "sign": "…"}` in any order.
///
/// The signature covers the text of the first value exactly as received: escaped slashes and
/// blanks included, so it is never serialised again. The npm SDK (4.14.0, src/alipay.ts,
/// getSignStr) cuts the text at the last `"sign"`; here the value's own end counts, as in the
/// Java SDK (alipay-sdk-java-all, v2, AlipaySignature.extractSignContent), because
/// `alipay_cert_sn` stands between value and signature in certificate mode. A name that comes
/// twice is refused, so that nobody reads another value than the verified one.
pub(super) struct Envelope<'a> {
    pub signed: &'a str,
    pub signature: Option<String>,
    pub certificate: Option<String>,
}

impl<'a> Envelope<'a> {
    pub fn read(method: &str, text: &'a str) -> Result<Self, ChannelError> {
        let mut members = Members::read(text)?.0;
        let mut take = |name: &str| members.remove(name).map(RawValue::get);
        let answer = take(&format!("{}_response", method.replace('.', "_")));
        let signed = match (answer, take("error_response")) {
            (Some(value), None) | (None, Some(value)) => value,
            _ => return Err(ChannelError::Malformed("the answer is not to this request")),
        };
        let text_of = |value: Option<&str>| match value.map(scalar) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(None) => Err(ChannelError::Malformed("a part of the answer is not text")),
        };
        Ok(Self {
            signed,
            signature: text_of(take("sign"))?,
            certificate: text_of(take("alipay_cert_sn"))?,
        })
    }
}

/// The verified part of an answer: its scalars, as text.
#[derive(Debug)]
pub(super) struct Answer(BTreeMap<String, String>);

impl Answer {
    fn read(value: &str) -> Result<Self, ChannelError> {
        let members = Members::read(value)?.0;
        let scalars = members.into_iter().filter_map(|(name, value)| {
            // Lists and objects (fund_bill_list, …) say nothing that we need.
            Some((name, scalar(value.get())?))
        });
        Ok(Self(scalars.collect()))
    }

    /// A field that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The gateway's code, such as `10000`.
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_default()
    }

    /// What went wrong, as exactly as it is told.
    pub fn sub_code(&self) -> &str {
        self.get("sub_code").unwrap_or(self.code())
    }

    /// An amount in yuan, or in the currency that the field `currency` names.
    pub fn money(&self, amount: &str, currency: &str) -> Result<Money, ChannelError> {
        read_money(self.get(amount), self.get(currency))
    }

    /// A time of day in Beijing.
    pub fn time(&self, name: &str) -> Option<UnixTime> {
        self.get(name)
            .and_then(|text| UnixTime::parse_beijing(text).ok())
    }

    /// Alipay's number of the trade, 28 digits today, at most 64 characters by its documentation.
    pub fn trade_no(&self) -> Option<&str> {
        self.get("trade_no")
            .filter(|number| is_trade_number(number))
    }
}

/// Amounts are in yuan unless a currency is named, which happens to cross-border merchants.
pub(super) fn read_money(
    amount: Option<&str>,
    currency: Option<&str>,
) -> Result<Money, ChannelError> {
    let currency = Currency::parse(currency.unwrap_or("CNY"))
        .map_err(|_| ChannelError::Malformed("an unknown currency"))?;
    Money::parse(amount.unwrap_or_default(), currency)
        .ok()
        .filter(|money| !money.is_negative())
        .ok_or(ChannelError::Malformed(
            "an amount is missing or not a decimal number",
        ))
}

/// Whether `number` can be kept as a channel number.
pub(super) fn is_trade_number(number: &str) -> bool {
    (1..=64).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_graphic())
}

/// A JSON scalar as text. Numbers keep their digits as written, so that none becomes a float.
fn scalar(value: &str) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => json::from_str(value).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.to_owned()),
    }
}

/// The members of a JSON object, each value as it is written. A repeated name is an error.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Self, ChannelError> {
        json::from_str(text).map_err(|_| ChannelError::Malformed("the answer is not JSON"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name comes twice"));
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Read).map(Members)
    }
}
