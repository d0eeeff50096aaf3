//! Stripe: cards in lane `worker_key`, through the Payment Intents API.
//!
//! In scope: create (with confirmation in the same request), 3-D Secure by redirect, query,
//! capture, cancel, refunds, webhooks. Not in scope: saved cards, Connect, Checkout, other methods.
//!
//! Why a repetition charges or refunds once:
//! - create: `Idempotency-Key` is the attempt id, which Stripe keeps for 24 h at least. Later than
//!   23 h after the attempt began nothing is sent; we only look for the payment.
//! - capture: a payment is captured once, and the key names attempt and amount.
//! - cancel: cancelling twice is the same as once.
//! - refund: the payment's refunds are read first; then `Idempotency-Key` is the refund id.
//!
//! A payment whose number we never learned (the answer was lost) is looked for among the payments
//! made around that time, by the reference in its metadata. Finding it is certain; not finding it
//! proves nothing and is `Pending` (to a close, which is repeated for a while: `NotFound`). Stripe's search would be exact, but it is behind by a minute at
//! best, and absent in India. The notice names it too, and a repeated create answers with it.
//!
//! What a payment has cost stands in its charge's balance transaction. A key has to be allowed to
//! read what it expands (docs.stripe.com/stripe-apps/reference/permissions), and a restricted one
//! may not be: with such a key only the question for the fee expands it, so that no payment is
//! refused for that. A secret key may read everything, and learns the fee from any answer.
//!
//! Spec: docs.stripe.com/api; confirmed in npm `stripe` 23.1.0 where a comment says so.

mod amount;
mod answer;
mod decline;
mod exchange;
mod fields;
mod notice;
mod request;
#[cfg(test)]
mod tests;
mod wire;

use super::{
    Account, Channel, ChannelError, ChannelId, Currencies, Declaration, Diagnosis, Flow, Fresh,
    Lane, Method, MethodSpec, Noticed, Payment, RefundOrder, RefundReported, RefundRules,
    RefundStatus, Reported, Status,
};
use crate::http::{Request, Response};
use crate::id::Mode;
use crate::money::Money;
use crate::sign::{Next, Step};

use answer::Failure;
use exchange::{
    Found, Looked, Lost, cancel, created, fetch, find_refund, known_number, look, own_refund,
    reading, refunded, settled, unnumbered,
};
use request::{Api, checked_number};

/// How long a create may be repeated after the attempt began, in seconds. Stripe forgets
/// idempotency keys "after they're at least 24 hours old", and would then charge again
/// (docs.stripe.com/api/idempotent_requests).
const REPEAT_MAX_S: i64 = 23 * 3600;

/// The channel.
#[derive(Debug)]
pub struct Stripe;

static DECLARATION: Declaration = Declaration {
    id: ChannelId::Stripe,
    name: "Stripe",
    fields: fields::FIELDS,
    sandbox: true,
    notice_secret: Some(WEBHOOK_SECRET),
    methods: &[MethodSpec {
        method: Method::Card,
        flows: &[Flow::Card],
        on_request: &[],
        currencies: Currencies::Only(amount::CURRENCIES),
        lane: Some(Lane::WorkerKey),
        // Stripe's minimum depends on the currency that the merchant is paid out in.
        amount_minor: (1, amount::UNITS_MAX),
    }],
    manual_capture: true,
    close: true,
    refunds: RefundRules {
        partial: true,
        // So that one list holds all refunds of a payment.
        max_count: request::PAGE as u32,
        // Stripe states no limit for cards; after ten years the card is another.
        window_days: 3650,
    },
    query_after_s: &[10, 20, 40, 60, 120, 300, 600, 1800, 3600],
    // The balance transaction may come some time after the charge.
    fee_after_s: &[60, 3600, 86_400],
    wants_referrer: false,
    reusable: &[],
};

/// What is wrong with a key of the other mode.
const LIVE_KEY: &str = "is a live key, but the account is a test account";
const TEST_KEY: &str = "is a test key, but the account is a live account";

/// A secret or restricted key of the account's mode.
fn secret_key(account: &Account) -> Result<&str, ChannelError> {
    const FIELD: &str = "secret_key";
    let problem = |problem| {
        Err(ChannelError::Credentials {
            field: FIELD,
            problem,
        })
    };
    let key = account.credentials.required(FIELD)?;
    if key.starts_with("pk_") {
        return problem("is a publishable key; the secret key begins with sk_ or rk_");
    }
    let Some(rest) = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_")) else {
        return problem("does not begin with sk_ or rk_");
    };
    let (mode, secret) = rest.split_once('_').unwrap_or((rest, ""));
    match (mode, account.mode) {
        ("test", Mode::Test) | ("live", Mode::Live) => {}
        ("live", Mode::Test) => return problem(LIVE_KEY),
        ("test", Mode::Live) => return problem(TEST_KEY),
        _ => return problem("says neither test nor live after sk_ or rk_"),
    }
    let fits = (16..=255).contains(&secret.len())
        && secret
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        Ok(key)
    } else {
        problem("is cut off, or has characters that no key has")
    }
}

/// The field with the signing secret of the webhook endpoint.
const WEBHOOK_SECRET: &str = "webhook_secret";

/// The signing secret of the webhook endpoint, used verbatim, prefix included.
fn webhook_secret(account: &Account) -> Result<&str, ChannelError> {
    const FIELD: &str = WEBHOOK_SECRET;
    let problem = |problem| {
        Err(ChannelError::Credentials {
            field: FIELD,
            problem,
        })
    };
    let secret = account.credentials.required(FIELD)?;
    let Some(rest) = secret.strip_prefix("whsec_") else {
        return problem("does not begin with whsec_");
    };
    // The SDK accepts a trailing line break and then verifies nothing with it.
    let fits = (8..=255).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(secret)
    } else {
        problem("is cut off, or has blanks in it")
    }
}

impl Channel for Stripe {
    fn declaration(&self) -> &'static Declaration {
        &DECLARATION
    }

    /// One host for both modes: the key says which.
    fn host(&self, _account: &Account) -> &'static str {
        "https://api.stripe.com"
    }

    fn check_credentials(&self, account: &Account) -> Result<(), ChannelError> {
        secret_key(account)?;
        // The merchant gets it at Stripe for the notice address, which the account must be there
        // for first.
        if account.credentials.optional(WEBHOOK_SECRET).is_some() {
            webhook_secret(account)?;
        }
        Ok(())
    }

    fn diagnose(&self, error: &ChannelError, status: Option<u16>) -> Diagnosis {
        match (error, error.code(), status) {
            (
                ChannelError::Credentials {
                    problem: LIVE_KEY | TEST_KEY,
                    ..
                },
                ..,
            )
            | (_, Some("livemode_mismatch" | "testmode_charges_only"), _) => Diagnosis::WrongMode,
            // Expired or made up; what a restricted key lacks is told with 403.
            (_, Some(_), Some(401 | 403)) => Diagnosis::BadKey,
            _ => Diagnosis::of(error).unwrap_or(Diagnosis::Unknown),
        }
    }

    /// Without a card, or too late for a safe repetition, it only looks whether an earlier try
    /// arrived: saying that nothing was sent would be untrue of the attempt.
    fn create(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        if (payment.method, payment.flow) != (Method::Card, Flow::Card) {
            return Err(ChannelError::Unsupported("Stripe takes cards only"));
        }
        let api = Api::open(base, payment.account)?;
        let age_s = fresh.now.seconds() - payment.created_at.seconds();
        let Some(card) = payment.card.filter(|_| age_s < REPEAT_MAX_S) else {
            return self.query(base, payment, fresh);
        };
        let request = api.create(payment, card)?;
        Ok(Step::send(request, move |response| {
            created(&api, &response)
        }))
    }

    fn query(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let api = Api::open(base, payment.account)?;
        if let Some(number) = payment.channel_number {
            return fetch(api, number);
        }
        let lost = Lost::of(payment);
        look(api.clone(), lost, fresh.now)?.and_then(move |found| {
            Ok(Step::Done(match found {
                Looked::It(intent) => reading(&api).payment(&intent)?,
                // The request may still be on its way: this is not yet "not found".
                Looked::Nowhere | Looked::TooMany => unnumbered(Status::Pending),
            }))
        })
    }

    fn query_fee(&self, base: &str, payment: &Payment<'_>, _fresh: &Fresh) -> Next<Reported> {
        let api = Api::open(base, payment.account)?;
        fetch(api.with_fee(), known_number(payment)?)
    }

    fn capture(
        &self,
        base: &str,
        payment: &Payment<'_>,
        amount: Money,
        _fresh: &Fresh,
    ) -> Next<Reported> {
        let api = Api::open(base, payment.account)?;
        let number = known_number(payment)?.to_owned();
        let request = api.capture(payment, &number, amount::to_units(amount)?);
        Ok(Step::send(request, move |response| {
            if response.is_success() {
                return settled(api, &number, &response);
            }
            match Failure::of(&response) {
                Failure::Unknown(error) => Err(error),
                Failure::Definite(error) if answer::is_about_state(&error) => fetch(api, &number),
                Failure::Definite(error) => {
                    Err(ChannelError::Refused(answer::channel_code(&error)))
                }
            }
        }))
    }

    fn close(&self, base: &str, payment: &Payment<'_>, fresh: &Fresh) -> Next<Reported> {
        let api = Api::open(base, payment.account)?;
        if let Some(number) = payment.channel_number {
            return cancel(api, number);
        }
        let lost = Lost::of(payment);
        look(api.clone(), lost, fresh.now)?.and_then(move |found| match found {
            Looked::It(intent) => cancel(api, &intent.id),
            // The order goes on looking for a while after it has given the attempt up.
            Looked::Nowhere => Ok(Step::Done(unnumbered(Status::NotFound))),
            Looked::TooMany => Ok(Step::Done(unnumbered(Status::Pending))),
        })
    }

    fn refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        _fresh: &Fresh,
    ) -> Next<RefundReported> {
        let api = Api::open(base, payment.account)?;
        let number = known_number(payment)?.to_owned();
        let request = api.refund(payment, &number, refund)?;
        let ours = refund.refund.clone();
        find_refund(api.clone(), &number, ours.clone())?.and_then(move |found| match found {
            Found::It(reported) => Ok(Step::Done(reported)),
            Found::TooMany => Err(ChannelError::Unsupported(
                "the payment has too many refunds",
            )),
            Found::Nothing => Ok(Step::send(request, move |response| {
                refunded(&api, &number, &ours, &response).map(Step::Done)
            })),
        })
    }

    fn query_refund(
        &self,
        base: &str,
        payment: &Payment<'_>,
        refund: &RefundOrder<'_>,
        _fresh: &Fresh,
    ) -> Next<RefundReported> {
        let api = Api::open(base, payment.account)?;
        let number = known_number(payment)?.to_owned();
        let ours = refund.refund.clone();
        if let Some(refund_number) = refund.channel_number {
            let request = api.fetch_refund(checked_number(refund_number)?);
            return Ok(Step::send(request, move |response| {
                if !response.is_success() {
                    return Err(Failure::of_question(&response));
                }
                own_refund(&api, &number, &ours, &answer::read(&response)?).map(Step::Done)
            }));
        }
        find_refund(api, &number, ours)?.and_then(|found| {
            let status = match found {
                Found::It(reported) => return Ok(Step::Done(reported)),
                Found::TooMany => RefundStatus::Pending,
                Found::Nothing => RefundStatus::NotFound,
            };
            Ok(Step::Done(RefundReported {
                channel_number: None,
                status,
            }))
        })
    }

    fn read_notice(
        &self,
        base: &str,
        account: &Account,
        notice: &Request,
        fresh: &Fresh,
    ) -> Next<Noticed> {
        notice::read(base, account, notice, fresh.now).map(Step::Done)
    }

    fn acknowledge(&self) -> Response {
        Response::new(200, "application/json", r#"{"received":true}"#)
    }

    fn reject(&self) -> Response {
        Response::new(400, "application/json", r#"{"received":false}"#)
    }
}
