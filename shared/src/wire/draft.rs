//! What a merchant sends to create an order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::{CaptureMode, Method};
use crate::id::{Mode, StoreId};
use crate::money::{Currency, Money};
use crate::object_only;
use crate::time::UnixTime;

/// The most items in an order.
const MAX_ITEMS: usize = 200;
/// The most entries of `metadata`.
const MAX_METADATA: usize = 20;
/// The most characters of `description`.
const MAX_DESCRIPTION: usize = 127;
/// The longest address.
const MAX_URL: usize = 2048;
/// The longest life of an order: 30 days.
const MAX_LIFE_S: i64 = 30 * 24 * 3600;
/// The shortest: a shopper needs a minute.
const MIN_LIFE_S: i64 = 60;
/// What an order lives when nothing is said: two hours, the life of a QR code.
const DEFAULT_LIFE_S: i64 = 2 * 3600;

/// The body of `POST /v1/orders`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderDraft {
    /// What is bought.
    pub items: Vec<Item>,
    /// Shipping, if any.
    #[serde(default)]
    pub shipping: Option<Money>,
    /// Tax that is not in the item prices, if any.
    #[serde(default)]
    pub tax: Option<Money>,
    /// What is taken off, as a positive amount.
    #[serde(default)]
    pub discount: Option<Money>,
    /// What is to be paid: items + shipping + tax − discount.
    pub total: Money,
    /// Who pays, as far as known.
    #[serde(default)]
    pub shopper: ShopperDetails,
    /// What the shopper reads at the channel.
    #[serde(default)]
    pub description: Option<String>,
    /// The shop's own order number.
    #[serde(default)]
    pub merchant_reference: Option<String>,
    /// Where the shopper goes after a redirect.
    #[serde(default)]
    pub return_url: Option<String>,
    /// The shop's own notes.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Take or hold.
    #[serde(default)]
    pub capture: CaptureMode,
    /// From when the order cannot be paid any more.
    #[serde(default)]
    pub expires_at: Option<UnixTime>,
    /// The only methods to offer; all when left out.
    #[serde(default)]
    pub methods: Option<Vec<Method>>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Item {
    /// What the shopper reads.
    pub name: String,
    /// The shop's own number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// How many; at least one.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// A small picture, `https` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

object_only!(Item, both);

/// Who pays. All of it is personal data: never logged.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct ShopperDetails {
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The shopper's id at WeChat for this merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wechat_openid: Option<String>,
}

object_only!(ShopperDetails, both);

impl std::fmt::Debug for ShopperDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShopperDetails([redacted])")
    }
}

/// What is kept of a draft beside the money. It does not change after creation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The store.
    pub store: StoreId,
    /// Test or live.
    pub mode: Mode,
    /// What is bought.
    pub items: Vec<Item>,
    /// Shipping.
    pub shipping: Option<Money>,
    /// Tax.
    pub tax: Option<Money>,
    /// What is taken off.
    pub discount: Option<Money>,
    /// Who pays.
    pub shopper: ShopperDetails,
    /// What the shopper reads at the channel.
    pub description: String,
    /// The shop's own order number.
    pub merchant_reference: Option<String>,
    /// Where the shopper goes after a redirect.
    pub return_url: Option<String>,
    /// The shop's own notes.
    pub metadata: BTreeMap<String, String>,
    /// The only methods to offer.
    pub methods: Option<Vec<Method>>,
    /// Whether it holds pieces of products that are counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_stock: bool,
}

/// What is wrong with a message, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError(pub Vec<WireProblem>);

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WireProblem {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What, for programs.
    pub code: &'static str,
    /// What, for people, with what to do.
    pub detail: String,
}

impl OrderDraft {
    /// The order's currency: the total's.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.total.currency()
    }

    /// When the order expires: as asked for, or two hours from now.
    #[must_use]
    pub fn expiry(&self, now: UnixTime) -> UnixTime {
        self.expires_at.unwrap_or(now.plus_seconds(DEFAULT_LIFE_S))
    }

    /// Checks everything that can be checked without the store, and splits off what is kept.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(
        self,
        store: StoreId,
        mode: Mode,
        allow_http: bool,
        now: UnixTime,
    ) -> Result<Details, WireError> {
        let mut problems = Problems::default();
        self.check_money(&mut problems);
        self.check_texts(&mut problems, allow_http);
        let life_s = self.expiry(now).seconds() - now.seconds();
        if !(MIN_LIFE_S..=MAX_LIFE_S).contains(&life_s) {
            problems.add(
                "/expires_at",
                "out_of_range",
                "must be 1 minute to 30 days from now",
            );
        }
        if self.methods.as_ref().is_some_and(Vec::is_empty) {
            problems.add(
                "/methods",
                "empty",
                "name at least one method, or leave it out",
            );
        }
        problems.into_result()?;
        let description = self.description.clone().unwrap_or_else(|| self.summary());
        Ok(Details {
            store,
            mode,
            items: self.items,
            shipping: self.shipping,
            tax: self.tax,
            discount: self.discount,
            shopper: self.shopper,
            description,
            merchant_reference: self.merchant_reference,
            return_url: self.return_url,
            metadata: self.metadata,
            methods: self.methods,
            holds_stock: false,
        })
    }

    /// "Tea", or "Tea + 2"; no longer than a description may be.
    fn summary(&self) -> String {
        let first = self.items.first().map_or("", |i| i.name.as_str());
        let rest = match self.items.len() {
            0 | 1 => String::new(),
            n => format!(" + {}", n - 1),
        };
        let length = MAX_DESCRIPTION - rest.len();
        let first: String = first.chars().take(length).collect();
        format!("{first}{rest}")
    }

    fn check_money(&self, problems: &mut Problems) {
        let before = problems.0.len();
        if !self.total.is_positive() {
            problems.add("/total", "not_positive", "must be above zero");
        }
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            problems.add("/items", "count", "must have 1 to 200 items");
        }
        for (i, item) in self.items.iter().enumerate() {
            if item.quantity == 0 || item.quantity > 1_000_000 {
                let pointer = format!("/items/{i}/quantity");
                problems.add(&pointer, "out_of_range", "must be 1 to 1000000");
            }
            let pointer = format!("/items/{i}/unit_price");
            self.check_part(&pointer, Some(item.unit_price), problems);
        }
        self.check_part("/shipping", self.shipping, problems);
        self.check_part("/tax", self.tax, problems);
        self.check_part("/discount", self.discount, problems);
        if problems.0.len() == before {
            self.check_sum(problems);
        }
    }

    fn check_part(&self, pointer: &str, part: Option<Money>, problems: &mut Problems) {
        let Some(part) = part else { return };
        if part.currency() != self.currency() {
            problems.add(
                pointer,
                "currency_mismatch",
                "must be in the currency of the total",
            );
        }
        if part.is_negative() {
            problems.add(pointer, "negative", "must not be below zero");
        }
    }

    fn check_sum(&self, problems: &mut Problems) {
        let sum = || {
            let mut sum = Money::zero(self.currency());
            for item in &self.items {
                sum = sum.checked_add(item.unit_price.checked_mul(item.quantity)?)?;
            }
            for part in [self.shipping, self.tax].into_iter().flatten() {
                sum = sum.checked_add(part)?;
            }
            self.discount.map_or(Ok(sum), |d| sum.checked_sub(d))
        };
        match sum() {
            Ok(sum) if sum == self.total => {}
            Ok(sum) => problems.add(
                "/total",
                "does_not_add_up",
                &format!(
                    "items + shipping + tax - discount is {sum}, not {}",
                    self.total
                ),
            ),
            Err(_) => problems.add(
                "/items",
                "too_large",
                "the sum is larger than can be charged",
            ),
        }
    }

    fn check_texts(&self, problems: &mut Problems, allow_http: bool) {
        for (i, item) in self.items.iter().enumerate() {
            problems.text(&format!("/items/{i}/name"), &item.name, 1, 200);
            if let Some(sku) = &item.sku {
                problems.text(&format!("/items/{i}/sku"), sku, 1, 64);
            }
            if let Some(url) = &item.image_url {
                problems.url(&format!("/items/{i}/image_url"), url, allow_http);
            }
        }
        if let Some(description) = &self.description {
            problems.prose("/description", description, 1, MAX_DESCRIPTION);
        }
        let optional = [
            ("/merchant_reference", &self.merchant_reference, 64),
            ("/shopper/email", &self.shopper.email, 254),
            ("/shopper/name", &self.shopper.name, 200),
            ("/shopper/phone", &self.shopper.phone, 32),
            ("/shopper/locale", &self.shopper.locale, 35),
            ("/shopper/wechat_openid", &self.shopper.wechat_openid, 128),
        ];
        for (pointer, value, max) in optional {
            if let Some(value) = value {
                problems.text(pointer, value, 1, max);
            }
        }
        if !self.shopper.email.as_deref().is_none_or(is_email) {
            problems.add(
                "/shopper/email",
                "not_an_email",
                "must be an e-mail address",
            );
        }
        let country_fits = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
        if !self.shopper.country.as_ref().is_none_or(country_fits) {
            let what = "must be an ISO 3166-1 code of two capital letters, such as DE";
            problems.add("/shopper/country", "not_a_country", what);
        }
        if let Some(url) = &self.return_url {
            problems.url("/return_url", url, allow_http);
        }
        if self.metadata.len() > MAX_METADATA {
            problems.add("/metadata", "count", "must have at most 20 entries");
        }
        for (key, value) in &self.metadata {
            let pointer = format!("/metadata/{}", key.replace('~', "~0").replace('/', "~1"));
            problems.text(&pointer, key, 1, 40);
            problems.prose(&pointer, value, 0, 500);
        }
    }
}

#[derive(Default)]
struct Problems(Vec<WireProblem>);

impl Problems {
    fn add(&mut self, pointer: &str, code: &'static str, detail: &str) {
        self.0.push(WireProblem {
            pointer: pointer.to_owned(),
            code,
            detail: detail.to_owned(),
        });
    }

    /// One line: characters are counted, control characters refused.
    fn text(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        self.characters(pointer, text, (min, max), |_| false);
    }

    /// Several lines, perhaps.
    fn prose(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        self.characters(pointer, text, (min, max), |c| c == '\n');
    }

    fn characters(
        &mut self,
        pointer: &str,
        text: &str,
        (min, max): (usize, usize),
        may_be: fn(char) -> bool,
    ) {
        let length = text.chars().count();
        if length < min || length > max {
            self.add(
                pointer,
                "length",
                &format!("must have {min} to {max} characters"),
            );
        } else if text.chars().any(|c| c.is_control() && !may_be(c)) {
            self.add(
                pointer,
                "control_character",
                "must not have control characters",
            );
        }
    }

    fn url(&mut self, pointer: &str, url: &str, allow_http: bool) {
        if !is_web_url(url, allow_http) {
            self.add(
                pointer,
                "not_a_url",
                "must be an https address of at most 2048 characters",
            );
        }
    }

    fn into_result(self) -> Result<(), WireError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(WireError(self.0))
        }
    }
}

/// Whether a text looks like an e-mail address: something, one `@`, and a host of two names at
/// least, enough to find a slip of the hand.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    let names = || host.split('.');
    !user.is_empty()
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
        && names().count() > 1
        && names().all(|name| !name.is_empty())
}

/// Whether a merchant may name this address: `https` with a host, at most 2048 characters, no user
/// and no character that RFC 3986 excludes. `http` only where a deployment on one machine allows
/// it, and only to that machine.
#[must_use]
pub fn is_web_url(url: &str, allow_http: bool) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) | None => authority,
    };
    let own = host == "localhost"
        || host == "[::1]"
        || host.ends_with(".localhost")
        || (host.starts_with("127.") && host.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let scheme_fits = scheme == "https" || (scheme == "http" && allow_http && own);
    scheme_fits
        && url.len() <= MAX_URL
        && !host.is_empty()
        && (host == "[::1]" || host.bytes().all(named))
        && url
            .bytes()
            .all(|b| b.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&b))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}
