//! Requests to the gateway: parameters, the text that is signed, the URL, the call.

use std::rc::Rc;

use base64ct::{Base64, Encoding};
use form_urlencoded::Serializer;
use serde::Serialize;

use super::answer::{self, Answer};
use super::keys::Keys;
use crate::channel::{Account, ChannelError, Fresh};
use crate::http::Request;
use crate::sign::{Algorithm, Next, Step, ToSign};
use crate::time::UnixTime;

/// The gateway as one account sees it at one time.
pub(super) struct Gateway {
    /// `https://…/gateway.do`.
    address: String,
    pub keys: Keys,
    /// The time to state in requests.
    pub now: UnixTime,
}

impl Gateway {
    pub fn new(base: &str, account: &Account, fresh: &Fresh) -> Result<Rc<Self>, ChannelError> {
        Ok(Rc::new(Self {
            address: format!("{base}/gateway.do"),
            keys: Keys::read(&account.credentials)?,
            now: fresh.now,
        }))
    }

    /// Signs a page method (`alipay.trade.page.pay`, …). The result is the URL to send the
    /// shopper to; nothing is sent from here, and nothing exists at Alipay until they arrive.
    pub fn page(
        &self,
        method: &'static str,
        content: &impl Serialize,
        pages: &Pages<'_>,
    ) -> Next<String> {
        let parameters = self.parameters(method, content, pages)?;
        let address = self.address.clone();
        Ok(Step::sign(self.to_sign(&parameters), move |signature| {
            let all = parameters.signed(&signature);
            Ok(Step::Done(format!("{address}?{}", encode(&all))))
        }))
    }

    /// Calls a method and verifies the answer.
    ///
    /// As npm alipay-sdk 4.14.0 does (src/alipay.ts, formatUrl): the public parameters stand in
    /// the URL, so that the gateway knows the character set before it reads the body;
    /// `biz_content` is the body.
    pub fn call(
        self: &Rc<Self>,
        method: &'static str,
        content: &impl Serialize,
        pages: &Pages<'_>,
    ) -> Next<Answer> {
        let parameters = self.parameters(method, content, pages)?;
        let gateway = Rc::clone(self);
        Ok(Step::sign(self.to_sign(&parameters), move |signature| {
            let all = parameters.signed(&signature);
            let (body, public): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|(name, _)| *name == "biz_content");
            let request = Request::post(
                format!("{}?{}", gateway.address, encode(&public)),
                "application/x-www-form-urlencoded;charset=utf-8",
                encode(&body),
            );
            Ok(Step::send(request, move |response| {
                answer::verify(method, &gateway.keys, &response)
            }))
        }))
    }

    fn parameters(
        &self,
        method: &'static str,
        content: &impl Serialize,
        pages: &Pages<'_>,
    ) -> Result<Parameters, ChannelError> {
        let content = serde_json::to_string(content)
            .map_err(|_| ChannelError::Unsupported("a request that is not JSON"))?;
        let mut all = vec![
            ("app_id", self.keys.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", self.now.beijing()),
            ("version", "1.0".to_owned()),
            ("biz_content", content),
        ];
        for (name, url) in [("notify_url", pages.notice), ("return_url", pages.back)] {
            if url.is_some_and(|url| url.len() > 256) {
                return Err(ChannelError::Unsupported(
                    "a notice or return URL over 256 bytes",
                ));
            }
            all.extend(url.map(|url| (name, url.to_owned())));
        }
        if let Some(serials) = &self.keys.serials {
            all.push(("app_cert_sn", serials.app.clone()));
            all.push(("alipay_root_cert_sn", serials.root.clone()));
        }
        Ok(Parameters::new(all))
    }

    fn to_sign(&self, parameters: &Parameters) -> ToSign {
        ToSign {
            algorithm: Algorithm::RsaSha256,
            key_pkcs8: self.keys.private_key.clone(),
            message: parameters.text().into_bytes(),
        }
    }
}

/// Where the gateway reports to.
#[derive(Default)]
pub(super) struct Pages<'a> {
    /// For notices.
    pub notice: Option<&'a str>,
    /// For the shopper.
    pub back: Option<&'a str>,
}

/// The parameters of a request, sorted by name, without empty ones.
pub(super) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub fn new(mut all: Vec<(&'static str, String)>) -> Self {
        all.retain(|(_, value)| !value.is_empty());
        all.sort_unstable_by_key(|(name, _)| *name);
        Self(all)
    }

    /// What a request's signature covers: `name=value` joined by `&`, the values as they are, not
    /// URL-encoded; `sign_type` is part of it (npm alipay-sdk 4.14.0, src/util.ts, sign).
    pub fn text(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }

    fn signed(self, signature: &[u8]) -> Vec<(&'static str, String)> {
        let mut all = self.0;
        all.push(("sign", Base64::encode_string(signature)));
        all
    }
}

fn encode(parameters: &[(&'static str, String)]) -> String {
    Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}
