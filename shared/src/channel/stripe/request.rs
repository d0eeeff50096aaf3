//! Building requests, byte for byte.
//!
//! The first API takes forms with bracketed names: `cjs/utils.js` (`stringifyRequestData`) of npm
//! `stripe` 23.1.0 writes brackets as they are and encodes values, and so does this file.

use crate::card::CardPlain;
use crate::channel::{Account, CaptureMode, ChannelError, Payment, RefundOrder};
use crate::http::Request;
use crate::id::{AccountId, Mode};
use crate::secret::Secret;

use super::amount::to_units;

/// The version whose shapes `wire` describes: `cjs/apiVersion.js` of npm `stripe` 23.1.0. It is
/// always sent, because the default is the merchant account's own.
const API_VERSION: &str = "2026-10-28.endive";

/// `metadata` values and `description` may be longer (500 and 1,000 characters); nobody reads more
/// of a description on a receipt.
const DESCRIPTION_CHARS_MAX: usize = 350;
/// Longer than any name on a card.
const HOLDER_CHARS_MAX: usize = 100;
/// The longest address that SMTP delivers to (RFC 5321, section 4.5.3.1.3, less the brackets).
const EMAIL_BYTES_MAX: usize = 254;
/// How many objects Stripe lists at once.
pub(super) const PAGE: usize = 100;
/// How long before an attempt began a lost payment is looked for, in seconds: clocks differ.
pub(super) const LOOK_BEFORE_S: i64 = 60;

/// What every exchange with an account needs, owned, so that it outlives the caller.
#[derive(Clone)]
pub(super) struct Api {
    base: String,
    key: Secret<String>,
    /// What stands whole in a payment.
    expand: &'static str,
    pub account: AccountId,
    pub live: bool,
}

const CHARGE: &str = "latest_charge";
/// The charge, and in it what it has cost.
const CHARGE_AND_FEE: &str = "latest_charge.balance_transaction";

impl Api {
    pub(super) fn open(base: &str, account: &Account) -> Result<Self, ChannelError> {
        let key = super::secret_key(account)?;
        Ok(Self {
            base: base.to_owned(),
            key: Secret::new(key.to_owned()),
            expand: if key.starts_with("sk_") {
                CHARGE_AND_FEE
            } else {
                CHARGE
            },
            account: account.id.clone(),
            live: account.mode == Mode::Live,
        })
    }

    /// Asks for the fee, whatever the key may read.
    pub(super) fn with_fee(mut self) -> Self {
        self.expand = CHARGE_AND_FEE;
        self
    }

    /// Whether pages may come over plain HTTP: only where the gateway itself does, a simulator.
    pub(super) fn plain_http(&self) -> bool {
        self.base.starts_with("http://")
    }

    fn get(&self, path: &str) -> Request {
        self.authorized(Request::get(format!("{}{path}", self.base)))
    }

    fn post(&self, path: &str, form: Form) -> Request {
        let url = format!("{}{path}", self.base);
        self.authorized(Request::post(
            url,
            "application/x-www-form-urlencoded",
            form.0,
        ))
    }

    fn authorized(&self, request: Request) -> Request {
        request
            .with("authorization", format!("Bearer {}", self.key.expose()))
            .with("stripe-version", API_VERSION)
    }

    /// Creates and confirms a payment in one request.
    ///
    /// - `payment_method_data[card]` is not in the SDK's types, which steer to Stripe's own fields;
    ///   the API takes it from accounts that are enabled for raw card data.
    /// - `capture_method=automatic` and not `automatic_async`: with the latter Stripe answers while
    ///   it still captures (docs.stripe.com/payments/payment-intents/asynchronous-capture), and a
    ///   proof of ours says that the money was taken.
    /// - Without `use_stripe_sdk`, 3-D Secure is a page to go to (`redirect_to_url`) and no step
    ///   for Stripe's scripts (`cjs/resources/PaymentIntents.d.ts`).
    /// - Nothing here depends on the clock: a repeated request must be equal to the first, or
    ///   Stripe answers with an `idempotency_error`.
    pub(super) fn create(
        &self,
        payment: &Payment<'_>,
        card: &CardPlain,
    ) -> Result<Request, ChannelError> {
        // One allocation, so that no copy of the card number stays behind in a freed one. Twelve
        // bytes for each character of the description leave room for the rest.
        let mut form = Form::with_capacity(16 * 1024);
        form.add("amount", &to_units(payment.amount)?.to_string());
        form.add(
            "currency",
            &payment.amount.currency().code().to_ascii_lowercase(),
        );
        form.add("confirm", "true");
        form.add(
            "capture_method",
            match payment.capture {
                CaptureMode::Automatic => "automatic",
                CaptureMode::Manual => "manual",
            },
        );
        form.add("payment_method_types[0]", "card");
        form.add("payment_method_data[type]", "card");
        add_card(&mut form, card);
        form.add("return_url", payment.return_url);
        let description = cut(payment.description, DESCRIPTION_CHARS_MAX);
        if !description.is_empty() {
            form.add("description", description);
        }
        // A receipt is not worth a refused payment: what cannot be an address is left out.
        if let Some(email) = payment
            .shopper
            .email
            .filter(|email| is_plausible_email(email))
        {
            form.add("receipt_email", email);
        }
        form.add("metadata[order]", payment.order.as_str());
        form.add("metadata[attempt]", payment.attempt.as_str());
        form.add("metadata[reference]", payment.reference.as_str());
        form.add("expand[0]", self.expand);
        Ok(self
            .post("/v1/payment_intents", form)
            .with("idempotency-key", payment.attempt.as_str()))
    }

    pub(super) fn fetch(&self, number: &str) -> Request {
        self.get(&format!(
            "/v1/payment_intents/{number}?expand[0]={}",
            self.expand
        ))
    }

    /// Lists payments made in a time, newest first.
    pub(super) fn look(&self, (from_s, to_s): (i64, i64), after: Option<&str>) -> Request {
        let after = after
            .map(|id| format!("&starting_after={id}"))
            .unwrap_or_default();
        self.get(&format!(
            "/v1/payment_intents?limit={PAGE}&created[gte]={from_s}&created[lte]={to_s}\
             &expand[0]=data.latest_charge{after}",
        ))
    }

    /// Captures. The key names the amount: a payment is captured once, so a second capture of
    /// another amount is refused by Stripe, and not mistaken for a changed repetition. After a
    /// refusal it is another key, because Stripe repeats a stored answer for a day.
    pub(super) fn capture(&self, payment: &Payment<'_>, number: &str, units: i64) -> Request {
        let mut key = format!("{}-capture-{units}", payment.attempt);
        if payment.refused_captures > 0 {
            key = format!("{key}-{}", payment.refused_captures);
        }
        let mut form = Form::with_capacity(256);
        form.add("amount_to_capture", &units.to_string());
        form.add("expand[0]", self.expand);
        self.post(&format!("/v1/payment_intents/{number}/capture"), form)
            .with("idempotency-key", key)
    }

    /// Cancels. Without a key on purpose: cancelling twice does no harm, but a stored refusal
    /// ("still processing") would be repeated to us for a day.
    pub(super) fn cancel(&self, number: &str) -> Request {
        let mut form = Form::with_capacity(256);
        form.add("cancellation_reason", "abandoned");
        form.add("expand[0]", self.expand);
        self.post(&format!("/v1/payment_intents/{number}/cancel"), form)
    }

    pub(super) fn refund(
        &self,
        payment: &Payment<'_>,
        number: &str,
        refund: &RefundOrder<'_>,
    ) -> Result<Request, ChannelError> {
        let mut form = Form::with_capacity(512);
        form.add("payment_intent", number);
        form.add("amount", &to_units(refund.amount)?.to_string());
        form.add("reason", "requested_by_customer");
        form.add("metadata[order]", payment.order.as_str());
        form.add("metadata[reference]", payment.reference.as_str());
        form.add("metadata[refund]", refund.refund.as_str());
        Ok(self
            .post("/v1/refunds", form)
            .with("idempotency-key", refund.refund.as_str()))
    }

    pub(super) fn fetch_refund(&self, number: &str) -> Request {
        self.get(&format!("/v1/refunds/{number}"))
    }

    pub(super) fn list_refunds(&self, payment_number: &str) -> Request {
        self.get(&format!(
            "/v1/refunds?payment_intent={payment_number}&limit={PAGE}"
        ))
    }
}

fn add_card(form: &mut Form, card: &CardPlain) {
    form.add("payment_method_data[card][number]", &card.number);
    form.add(
        "payment_method_data[card][exp_month]",
        &card.expiry_month.to_string(),
    );
    form.add(
        "payment_method_data[card][exp_year]",
        &card.expiry_year.to_string(),
    );
    if !card.cvc.is_empty() {
        form.add("payment_method_data[card][cvc]", &card.cvc);
    }
    let holder = cut(&card.holder, HOLDER_CHARS_MAX);
    if !holder.is_empty() {
        form.add("payment_method_data[billing_details][name]", holder);
    }
}

/// A form under construction.
struct Form(String);

impl Form {
    fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Adds a field. `name` is one of ours and needs no encoding.
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0
            .extend(form_urlencoded::byte_serialize(value.as_bytes()));
    }
}

/// The first `chars` characters of `text`, without blanks around them.
fn cut(text: &str, chars: usize) -> &str {
    let text = text.trim();
    let end = text
        .char_indices()
        .nth(chars)
        .map_or(text.len(), |(position, _)| position);
    text[..end].trim_end()
}

fn is_plausible_email(text: &str) -> bool {
    text.len() <= EMAIL_BYTES_MAX
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// A number of Stripe's (`pi_…`, `re_…`), fit to stand in a path.
///
/// # Errors
/// [`ChannelError::Malformed`] for anything else: it comes from an answer or a notice.
pub(super) fn checked_number(number: &str) -> Result<&str, ChannelError> {
    let fits = (1..=255).contains(&number.len())
        && number
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        Ok(number)
    } else {
        Err(ChannelError::Malformed("not a number of Stripe's"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters_and_without_blanks() {
        assert_eq!(cut("  Tea & 茶  ", 100), "Tea & 茶");
        assert_eq!(cut("茶茶茶茶", 3), "茶茶茶");
        assert_eq!(cut("ab cd", 3), "ab");
        assert_eq!(cut(" ", 3), "");
    }

    #[test]
    fn what_cannot_be_an_address_gets_no_receipt() {
        assert!(is_plausible_email("wei.chen@shop.example"));
        let long = format!("{}@shop.example", "a".repeat(300));
        for text in [
            "",
            "wei",
            "wei@",
            "@shop.example",
            "wei@localhost",
            "a b@shop.example",
            &long,
        ] {
            assert!(!is_plausible_email(text), "{text}");
        }
    }

    #[test]
    fn a_number_cannot_leave_its_path() {
        assert!(checked_number("pi_3MtwBwLkdIwHu7ix28a3tqPa").is_ok());
        for number in ["", "pi_1/cancel", "pi_1?x=1", "../v1", "pi_1%2f", "pi 1"] {
            assert!(checked_number(number).is_err(), "{number}");
        }
        assert!(checked_number(&"a".repeat(256)).is_err());
    }
}
