//! The exchanges that the channel's methods are made of.

use crate::channel::{ChannelError, Payment, RefundReported, Reported, Source, Status};
use crate::http::Response;
use crate::id::{Reference, RefundId};
use crate::sign::{Next, Step};
use crate::time::UnixTime;

use super::REPEAT_MAX_S;
use super::answer::{self, Failure, Reading};
use super::request::{Api, LOOK_BEFORE_S, checked_number};
use super::wire::{List, PaymentIntent, Refund};

/// How many lists of payments are read to find a lost one: 100 each.
const LOOK_PAGES: u8 = 5;
/// How many of later ones.
const LATER_PAGES: u8 = 3;
/// Until when after its attempt began a payment is usually made, in seconds. Where Stripe could
/// not be reached for longer, it is made later.
const LOOK_AFTER_S: i64 = 600;

pub(super) fn unnumbered(status: Status) -> Reported {
    Reported {
        channel_number: None,
        card: None,
        fee: None,
        status,
    }
}

pub(super) fn known_number<'a>(payment: &Payment<'a>) -> Result<&'a str, ChannelError> {
    let number = payment.channel_number.ok_or(ChannelError::Unsupported(
        "the payment's number at Stripe is not known yet",
    ))?;
    checked_number(number)
}

pub(super) fn reading(api: &Api) -> Reading<'_> {
    Reading {
        account: &api.account,
        live: api.live,
        plain_http: api.plain_http(),
        source: Source::Answer,
        at: None,
    }
}

/// Reads the answer to a creation.
pub(super) fn created(api: &Api, response: &Response) -> Next<Reported> {
    let reported = if response.is_success() {
        reading(api).payment(&answer::read(response)?)?
    } else {
        match Failure::of(response) {
            Failure::Unknown(error) => return Err(error),
            Failure::Definite(error) => answer::refused_creation(&reading(api), &error)?,
        }
    };
    match &reported.channel_number {
        Some(number) if is_replayed(response) => fetch(api.clone(), number),
        _ => Ok(Step::Done(reported)),
    }
}

/// Whether Stripe repeats a stored answer, which shows the payment as it was then. Named in
/// docs.stripe.com/error-low-level; where it is not sent, the chaser's query finds the present.
fn is_replayed(response: &Response) -> bool {
    response.header("idempotent-replayed") == Some("true")
}

/// Reads the successful answer to something that was done to the payment `number`.
pub(super) fn settled(api: Api, number: &str, response: &Response) -> Next<Reported> {
    if is_replayed(response) {
        return fetch(api, number);
    }
    own_payment(&api, number, response).map(Step::Done)
}

fn own_payment(api: &Api, number: &str, response: &Response) -> Result<Reported, ChannelError> {
    let intent: PaymentIntent = answer::read(response)?;
    if intent.id != number {
        return Err(ChannelError::Malformed("an answer about another payment"));
    }
    reading(api).payment(&intent)
}

/// Asks for a payment by its number.
pub(super) fn fetch(api: Api, number: &str) -> Next<Reported> {
    let number = checked_number(number)?.to_owned();
    Ok(Step::send(api.fetch(&number), move |response| {
        if !response.is_success() {
            return Err(Failure::of_question(&response));
        }
        own_payment(&api, &number, &response).map(Step::Done)
    }))
}

/// Cancels a payment; where that is refused, asks what it is.
pub(super) fn cancel(api: Api, number: &str) -> Next<Reported> {
    let number = checked_number(number)?.to_owned();
    Ok(Step::send(api.cancel(&number), move |response| {
        if response.is_success() {
            return settled(api, &number, &response);
        }
        match Failure::of(&response) {
            Failure::Unknown(error) => Err(error),
            Failure::Definite(_) => fetch(api, &number),
        }
    }))
}

/// A payment whose creation was not answered.
#[derive(Clone)]
pub(super) struct Lost {
    reference: Reference,
    began_at_s: i64,
}

impl Lost {
    pub(super) fn of(payment: &Payment<'_>) -> Self {
        Self {
            reference: payment.reference.clone(),
            began_at_s: payment.created_at.seconds(),
        }
    }
}

/// What the lists of payments say of a lost one.
pub(super) enum Looked {
    It(Box<PaymentIntent>),
    /// The lists were read to their end.
    Nowhere,
    /// The lists go on.
    TooMany,
}

/// Looks for a lost payment: around the time that its attempt began, then at all times at which a
/// repetition may have made it. In a busy account the latter have no end, and count as read.
pub(super) fn look(api: Api, lost: Lost, now: UnixTime) -> Next<Looked> {
    let began_s = lost.began_at_s;
    let (usual_s, last_s) = (
        began_s + LOOK_AFTER_S,
        began_s + REPEAT_MAX_S + LOOK_AFTER_S,
    );
    let later = (api.clone(), lost.clone());
    look_on(
        api,
        lost,
        (began_s - LOOK_BEFORE_S, usual_s),
        (None, LOOK_PAGES),
    )?
    .and_then(move |found| match found {
        Looked::Nowhere if now.seconds() > usual_s => {
            let (api, lost) = later;
            look_on(api, lost, (usual_s, last_s), (None, LATER_PAGES))?.and_then(|found| {
                Ok(Step::Done(match found {
                    Looked::TooMany => Looked::Nowhere,
                    found => found,
                }))
            })
        }
        found => Ok(Step::Done(found)),
    })
}

/// Reads one list after another, from after a payment on, so many of them.
fn look_on(
    api: Api,
    lost: Lost,
    time_s: (i64, i64),
    (after, pages): (Option<String>, u8),
) -> Next<Looked> {
    let request = api.look(time_s, after.as_deref());
    Ok(Step::send(request, move |response| {
        if !response.is_success() {
            return Err(Failure::of_question(&response));
        }
        let list: List<PaymentIntent> = answer::read(&response)?;
        let last = list.data.last().map(|intent| intent.id.clone());
        let is_it = |intent: &PaymentIntent| {
            answer::reference_of(intent.metadata.as_ref()).as_ref() == Some(&lost.reference)
        };
        if let Some(found) = list.data.into_iter().find(is_it) {
            return Ok(Step::Done(Looked::It(Box::new(found))));
        }
        match last {
            Some(last) if list.has_more && pages > 1 => {
                let after = checked_number(&last)?.to_owned();
                look_on(api, lost, time_s, (Some(after), pages - 1))
            }
            _ if list.has_more => Ok(Step::Done(Looked::TooMany)),
            _ => Ok(Step::Done(Looked::Nowhere)),
        }
    }))
}

/// Reads the answer to a refund.
pub(super) fn refunded(
    api: &Api,
    number: &str,
    ours: &RefundId,
    response: &Response,
) -> Result<RefundReported, ChannelError> {
    if response.is_success() {
        return own_refund(api, number, ours, &answer::read(response)?);
    }
    match Failure::of(response) {
        Failure::Unknown(error) => Err(error),
        Failure::Definite(error) => answer::refused_refund(&error),
    }
}

/// Reads a refund that has to be ours, of the payment `number`.
pub(super) fn own_refund(
    api: &Api,
    number: &str,
    ours: &RefundId,
    refund: &Refund,
) -> Result<RefundReported, ChannelError> {
    if answer::refund_of(refund.metadata.as_ref()).as_ref() != Some(ours) {
        return Err(ChannelError::Malformed("an answer about another refund"));
    }
    if refund.payment() != Some(number) {
        return Err(ChannelError::Malformed("a refund of another payment"));
    }
    reading(api).refund(refund, Some(ours))
}

/// What the list of a payment's refunds says of one of them.
pub(super) enum Found {
    It(RefundReported),
    /// It is not there: it never arrived.
    Nothing,
    /// The list goes on, and the refund may be on its next page.
    TooMany,
}

/// Looks for a refund of ours among those of its payment.
pub(super) fn find_refund(api: Api, number: &str, ours: RefundId) -> Next<Found> {
    let number = number.to_owned();
    Ok(Step::send(api.list_refunds(&number), move |response| {
        if !response.is_success() {
            return Err(Failure::of_question(&response));
        }
        let list: List<Refund> = answer::read(&response)?;
        let it = list
            .data
            .iter()
            .find(|refund| answer::refund_of(refund.metadata.as_ref()).as_ref() == Some(&ours));
        Ok(Step::Done(match it {
            Some(refund) => Found::It(own_refund(&api, &number, &ours, refund)?),
            None if list.has_more => Found::TooMany,
            None => Found::Nothing,
        }))
    }))
}
