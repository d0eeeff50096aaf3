//! What Stripe's objects and errors say, in our words.
//!
//! A decline is believed in two cases only: the payment itself stands at `requires_payment_method`
//! with an error, or Stripe answers with a `card_error` before there is a payment. A declined
//! payment can be confirmed again with the merchant's key alone, and we never do. (A shopper who
//! takes the client secret out of a 3-D Secure address and pays after all makes a late payment.)

use crate::channel::proof::{PaymentEvidence, PaymentProof, ProofKind, RefundProof, Source};
use crate::channel::{
    Action, CardFacts, ChannelCode, ChannelError, Decline, DeclineReason, RefundReported,
    RefundStatus, Reported, Status,
};
use crate::http::Response;
use crate::id::{AccountId, AttemptId, Reference, RefundId};
use crate::json;
use crate::money::Money;
use crate::time::UnixTime;
use crate::wire::is_web_url;

use super::amount::{fee_from_units, from_units};
use super::decline;
use super::wire::{ApiError, ErrorBody, Metadata, PaymentIntent, PaymentMethod, Refund};

/// Whose object is read, and where it came from.
pub(super) struct Reading<'a> {
    pub account: &'a AccountId,
    /// Whether the account takes live money.
    pub live: bool,
    /// Whether an `http:` page may be shown, which is so at a simulator alone.
    pub plain_http: bool,
    pub source: Source,
    /// When a notice says that it happened; `None` for an answer, whose charge says it.
    pub at: Option<UnixTime>,
}

/// The JSON of a successful answer.
pub(super) fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, ChannelError> {
    json::from_slice(&response.body)
        .map_err(|_| ChannelError::Malformed("the answer is not what Stripe documents"))
}

impl Reading<'_> {
    /// Where a payment stands.
    pub(super) fn payment(&self, intent: &PaymentIntent) -> Result<Reported, ChannelError> {
        if intent.object != "payment_intent" {
            return Err(ChannelError::Malformed("not a payment"));
        }
        if intent.livemode != self.live {
            return Err(ChannelError::Malformed("a payment of the other mode"));
        }
        let status = match intent.status.as_str() {
            "succeeded" => {
                Status::Paid(self.proof(intent, ProofKind::Captured, intent.amount_received)?)
            }
            "requires_capture" => Status::Authorized(self.proof(
                intent,
                ProofKind::Authorized,
                intent.amount_capturable,
            )?),
            "canceled" => Status::Closed,
            "requires_action" => self
                .action(intent)
                .map_or(Status::Pending, Status::RequiresAction),
            "requires_payment_method" => match &intent.last_payment_error {
                Some(error) => Status::Declined(decline_of(error)),
                // Confirmed by nobody yet, or the error was cleared by somebody's change.
                None => Status::Pending,
            },
            // `processing`, `requires_confirmation`, and whatever Stripe adds.
            _ => Status::Pending,
        };
        Ok(Reported {
            channel_number: Some(intent.id.clone()),
            card: card_facts(intent),
            fee: fee(intent).filter(|_| matches!(status, Status::Paid(_))),
            status,
        })
    }

    fn proof(
        &self,
        intent: &PaymentIntent,
        kind: ProofKind,
        units: i64,
    ) -> Result<PaymentProof, ChannelError> {
        let reference = reference_of(intent.metadata.as_ref()).ok_or(ChannelError::Malformed(
            "a payment without a reference of ours",
        ))?;
        let charged_at = intent
            .latest_charge
            .as_ref()
            .and_then(|charge| charge.object());
        let answered_at = charged_at.map_or(intent.created, |charge| charge.created);
        Ok(PaymentProof::new(PaymentEvidence {
            kind,
            source: self.source,
            account: self.account,
            reference,
            attempt: intent
                .metadata
                .as_ref()
                .and_then(|metadata| AttemptId::parse(metadata.attempt.as_deref()?).ok()),
            channel_number: &intent.id,
            amount: from_units(units, &intent.currency)?,
            at: self.at.unwrap_or(UnixTime::from_seconds(answered_at)),
        }))
    }

    /// The 3-D Secure page. Other actions belong to Stripe's scripts and cannot be done here.
    fn action(&self, intent: &PaymentIntent) -> Option<Action> {
        let next = intent
            .next_action
            .as_ref()
            .filter(|next| next.kind == "redirect_to_url")?;
        let url = next.redirect_to_url.as_ref()?.url.as_ref()?;
        is_web_url(url, self.plain_http).then(|| Action::Challenge { url: url.clone() })
    }

    /// Where a refund stands. `ours` is the refund that it was made for, where that is known.
    ///
    /// A refund without an id of ours was made in Stripe's dashboard: no proof can be made of it.
    pub(super) fn refund(
        &self,
        refund: &Refund,
        ours: Option<&RefundId>,
    ) -> Result<RefundReported, ChannelError> {
        if refund.object != "refund" {
            return Err(ChannelError::Malformed("not a refund"));
        }
        let status = match (refund.status.as_deref(), ours) {
            (Some("succeeded"), Some(ours)) => RefundStatus::Settled(RefundProof::new(
                self.source,
                self.account,
                ours,
                from_units(refund.amount, &refund.currency)?,
                self.at.unwrap_or(UnixTime::from_seconds(refund.created)),
            )),
            (Some(ended @ ("failed" | "canceled")), _) => {
                let reason = refund.failure_reason.as_deref().unwrap_or(ended);
                RefundStatus::Failed(decline::refund_decline(Some(reason), None))
            }
            // `pending`, `requires_action`, none, and whatever Stripe adds.
            _ => RefundStatus::Pending,
        };
        Ok(RefundReported {
            channel_number: Some(refund.id.clone()),
            status,
        })
    }
}

/// Our reference, if the object carries one.
pub(super) fn reference_of(metadata: Option<&Metadata>) -> Option<Reference> {
    Reference::parse(metadata?.reference.as_deref()?).ok()
}

/// Our refund id, if the object carries one.
pub(super) fn refund_of(metadata: Option<&Metadata>) -> Option<RefundId> {
    RefundId::parse(metadata?.refund.as_deref()?).ok()
}

fn decline_of(error: &ApiError) -> Decline {
    decline::payment_decline(error.decline_code.as_deref(), error.code.as_deref())
}

/// What Stripe keeps, where the balance transaction of the charge is told whole.
fn fee(intent: &PaymentIntent) -> Option<Money> {
    let charge = intent.latest_charge.as_ref()?.object()?;
    let booked = charge.balance_transaction.as_ref()?;
    fee_from_units(
        booked.get("fee")?.as_i64()?,
        booked.get("currency")?.as_str()?,
    )
}

/// Brand and last digits, from the charge or else from the card that was declined.
fn card_facts(intent: &PaymentIntent) -> Option<CardFacts> {
    let charged = intent
        .latest_charge
        .as_ref()
        .and_then(|charge| charge.object());
    let method = charged
        .and_then(|charge| charge.payment_method_details.as_ref())
        .or_else(|| intent.last_payment_error.as_ref()?.payment_method.as_ref())?;
    facts_of(method)
}

fn facts_of(method: &PaymentMethod) -> Option<CardFacts> {
    let card = method.card.as_ref()?;
    let (brand, last4) = (card.brand.as_ref()?, card.last4.as_ref()?);
    let fits = last4.len() == 4
        && last4.bytes().all(|b| b.is_ascii_digit())
        && brand.len() <= 32
        && brand.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    fits.then(|| CardFacts {
        brand: brand.clone(),
        last4: last4.clone(),
    })
}

/// An answer that is not a success.
pub(super) enum Failure {
    /// Stripe read the request and refused it: nothing moved by it.
    Definite(ApiError),
    /// Whether anything moved is unknown.
    Unknown(ChannelError),
}

impl Failure {
    /// Sorts an answer by status and kind of error (`cjs/Error.js` and `_shouldRetry` of
    /// `cjs/RequestSender.js`, npm `stripe` 23.1.0; docs.stripe.com/api/errors).
    pub(super) fn of(response: &Response) -> Self {
        let error = match json::from_slice::<ErrorBody>(&response.body) {
            Ok(body) => body.error,
            // A proxy's page, say. It may stand for a request that Stripe did carry out.
            Err(_) if passing(response.status) => return Self::unavailable(response, None),
            Err(_) => return Self::Unknown(ChannelError::Malformed("not an error of Stripe's")),
        };
        let unknown_kind = matches!(
            error.kind.as_deref(),
            // The key was used for another request, whose outcome this answer does not tell.
            Some("idempotency_error" | "api_error" | "api_connection_error" | "rate_limit_error")
        );
        let unknown_code = matches!(
            error.code.as_deref(),
            Some("idempotency_key_in_use" | "lock_timeout" | "rate_limit")
        );
        if passing(response.status) || unknown_kind || unknown_code {
            return Self::unavailable(response, Some(&error));
        }
        match response.status {
            400..=404 => Self::Definite(error),
            _ => Self::Unknown(ChannelError::Malformed("an answer with an unknown status")),
        }
    }

    fn unavailable(response: &Response, error: Option<&ApiError>) -> Self {
        let code = error.and_then(code_of).map_or_else(
            || ChannelCode::new(&format!("http_{}", response.status)),
            ChannelCode::new,
        );
        Self::Unknown(ChannelError::Unavailable(code))
    }

    /// The error for a question of ours: refused or not, the payment's state is unknown.
    pub(super) fn of_question(response: &Response) -> ChannelError {
        match Self::of(response) {
            Self::Definite(error) => ChannelError::Unavailable(channel_code(&error)),
            Self::Unknown(error) => error,
        }
    }
}

/// Statuses after which the same request may be repeated.
fn passing(status: u16) -> bool {
    status == 409 || status == 429 || status >= 500
}

fn code_of(error: &ApiError) -> Option<&str> {
    error.code.as_deref().or(error.kind.as_deref())
}

/// The error's code for logs and support.
pub(super) fn channel_code(error: &ApiError) -> ChannelCode {
    ChannelCode::new(code_of(error).unwrap_or("error"))
}

/// What a refused creation means for the attempt.
///
/// # Errors
/// [`ChannelError::Refused`] when it is the merchant who has to act.
pub(super) fn refused_creation(
    reading: &Reading<'_>,
    error: &ApiError,
) -> Result<Reported, ChannelError> {
    let intent = error.payment_intent.as_deref();
    if let Some(intent) = intent.filter(|intent| intent.status != "requires_payment_method") {
        // Refused, and yet on its way: the payment tells more than the error.
        return reading.payment(intent);
    }
    let said = [error.decline_code.as_deref(), error.code.as_deref()];
    let meant = said.into_iter().flatten().find_map(decline::reason);
    let is_decline = error.kind.as_deref() == Some("card_error")
        || (intent.is_some() && meant.is_some())
        || matches!(
            meant,
            Some(DeclineReason::LimitExceeded | DeclineReason::NotSupported)
        );
    if !is_decline {
        return Err(ChannelError::Refused(channel_code(error)));
    }
    let declined_card = error.payment_method.as_ref().and_then(facts_of);
    Ok(Reported {
        channel_number: intent.map(|intent| intent.id.clone()),
        card: declined_card.or_else(|| intent.and_then(card_facts)),
        fee: None,
        status: Status::Declined(decline_of(error)),
    })
}

/// Whether a refused capture or cancellation says that the payment is elsewhere than we thought,
/// so that asking for it tells more than the error does.
pub(super) fn is_about_state(error: &ApiError) -> bool {
    error.kind.as_deref() == Some("card_error")
        || matches!(
            error.code.as_deref(),
            Some(
                "capture_charge_authorization_expired"
                    | "capture_unauthorized_payment"
                    | "charge_already_captured"
                    | "charge_expired_for_capture"
                    | "intent_invalid_state"
                    | "payment_intent_unexpected_state"
                    | "status_transition_invalid"
            )
        )
}

/// What a refused refund means.
///
/// # Errors
/// [`ChannelError::Refused`] when it is not about this refund but about keys or parameters.
pub(super) fn refused_refund(error: &ApiError) -> Result<RefundReported, ChannelError> {
    let about_the_refund = error.param.as_deref() == Some("amount")
        || matches!(
            error.code.as_deref(),
            Some(
                "balance_insufficient"
                    | "charge_already_refunded"
                    | "charge_disputed"
                    | "charge_not_refundable"
                    | "insufficient_funds"
                    | "refund_disputed_payment"
            )
        );
    if !about_the_refund {
        return Err(ChannelError::Refused(channel_code(error)));
    }
    let code = error.code.as_deref().or(error.kind.as_deref());
    let status = RefundStatus::Failed(decline::refund_decline(code, error.param.as_deref()));
    Ok(RefundReported {
        channel_number: None,
        status,
    })
}
