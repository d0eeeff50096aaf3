//! `POST /checkout/{token}/attempts`: the shopper presses Pay, or leaves an attempt.

use base64ct::{Base64UrlUnpadded, Encoding};
use causeway_shared::channel::{Flow, Method};
use causeway_shared::id::{AccountId, AttemptId, OrderId, StoreId};
use causeway_shared::order::{Event, NewAttempt};
use causeway_shared::seal;
use causeway_shared::wire::WireProblem;
use futures_util::future::{join, join3};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::methods::{Offer, offers};
use super::status::current;
use super::{Opened, shopper_ip, shopper_network, verify};
use crate::api::body::read_json;
use crate::app::App;
use crate::error::{AppError, problem_response};
use crate::object::store::model::StoreConfig;
use crate::object::till::call::{Act, AttemptContext, TillAnswer, TillCall};
use crate::objects::Limit;
use crate::page::Device;
use crate::perform::perform_all;
use crate::random::now;
use crate::reply::json_response;
use crate::sealing;

/// A sealed card has some 1.4 KB; the browser's facts little more.
const MAX_BODY: usize = 16 * 1024;
/// Posts per order and ten minutes, repeats of one attempt among them. How many cards can be tried
/// on an order is limited by `shared::order::MAX_ATTEMPTS`.
const PER_ORDER: u32 = 60;
/// Attempts per address and ten minutes.
const PER_ADDRESS: u32 = 60;

/// The body of an attempt.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAttemptBody {
    id: AttemptId,
    method: Method,
    account: AccountId,
    device: DeviceName,
    #[serde(default)]
    envelope: Option<String>,
    /// Facts about the browser that 3-D Secure asks for; read by channels that need them.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for channels to come; never stored")]
    browser: Option<Value>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeviceName {
    Desktop,
    Phone,
    Wechat,
}

impl From<DeviceName> for Device {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Desktop => Self::Desktop,
            DeviceName::Phone => Self::Phone,
            DeviceName::Wechat => Self::Wechat,
        }
    }
}

/// Starts an attempt and brings it as far as the channel's first answer.
///
/// # Errors
/// A problem document; 409 and 410 carry the snapshot.
pub async fn start(app: &App, mut request: Request, token: &str) -> Result<Response, AppError> {
    let named = verify(app, token)?;
    let ip = shopper_ip(&request).map(|ip| ip.to_string());
    let network = shopper_network(&request);
    let locale = request.headers().get("accept-language")?;
    let opened = open(app, token, named, network);
    let body = read_json::<NewAttemptBody>(&mut request, MAX_BODY);
    let (opened, body) = join(opened, body).await;
    let (mut opened, body) = (opened?, body?);
    let device = Device::from(body.device);
    let known = opened.record.order.attempt(&body.id).is_some();
    let offer = match choose(&opened, &body, device) {
        Ok(offer) => offer,
        // A repeat of an attempt that exists is answered even if its method is gone since.
        Err(_) if known => return json_response(200, &current(&opened, device)),
        Err(error) => return Err(error),
    };
    let envelope = match checked_envelope(app, &mut opened, body.envelope, offer.flow).await? {
        Envelope::Ended if known => return json_response(200, &current(&opened, device)),
        Envelope::Ended => return key_ended(app, &opened),
        Envelope::None => None,
        Envelope::Sealed(envelope) => Some(envelope),
    };
    let context = AttemptContext {
        envelope,
        ip,
        locale: locale.and_then(|l| first_language(&l)),
    };
    let channel = opened
        .config
        .accounts
        .iter()
        .find(|a| a.id == offer.account)
        .map(|a| a.channel)
        .ok_or(AppError::NotFound)?;
    let new = NewAttempt {
        id: body.id,
        account: offer.account,
        channel,
        method: offer.method,
        flow: offer.flow,
    };
    act(
        app,
        &mut opened,
        Event::StartAttempt(new),
        Some(context),
        device,
    )
    .await
}

/// Leaves an attempt: closes it at its channel.
///
/// # Errors
/// A problem document; 409 and 410 carry the snapshot.
pub async fn give_up(
    app: &App,
    request: &Request,
    token: &str,
    attempt: &str,
) -> Result<Response, AppError> {
    let named = verify(app, token)?;
    let mut opened = open(app, token, named, shopper_network(request)).await?;
    let attempt = AttemptId::parse(attempt)?;
    if opened.record.order.attempt(&attempt).is_none() {
        return Err(AppError::NotFound);
    }
    let device = super::device(request);
    act(app, &mut opened, Event::GiveUp { attempt }, None, device).await
}

/// Reads the order that a checked token names, and counts the attempt: side by side, since they are
/// in different objects.
async fn open(
    app: &App,
    token: &str,
    (store, order): (StoreId, OrderId),
    network: Option<String>,
) -> Result<Opened, AppError> {
    let limit = |what, who, most| {
        let (store, window_s) = (store.as_str(), 600);
        app.limit(Limit {
            store,
            what,
            who,
            most,
            window_s,
        })
    };
    let of_order = limit("attempts of order", order.as_str(), PER_ORDER);
    let from_address = async {
        match &network {
            Some(network) => limit("attempts from address", network, PER_ADDRESS).await,
            None => Ok(()),
        }
    };
    let opened = Opened::read(app, token, &store, &order);
    let (opened, of_order, from_address) = join3(opened, of_order, from_address).await;
    of_order.and(from_address)?;
    opened
}

async fn act(
    app: &App,
    opened: &mut Opened,
    event: Event,
    context: Option<AttemptContext>,
    device: Device,
) -> Result<Response, AppError> {
    let order = opened.record.order.id().clone();
    let act = Act {
        order: order.clone(),
        event,
        context,
    };
    let (task, store) = (app.clone(), opened.store.clone());
    // A shopper who leaves now cancels nothing.
    let (answer, last) = app
        .finish(async move {
            let call = TillCall::Act(Box::new(act));
            let reply = task.objects.order_till(&store, &order, call).await?;
            let last = perform_all(&task, &store, reply.work).await;
            Ok::<_, AppError>((reply.answer, last))
        })
        .await??;
    match answer {
        TillAnswer::Order { record, changed } => {
            opened.record = last.unwrap_or(*record);
            let snapshot = current(opened, device);
            json_response(if changed { 201 } else { 200 }, &snapshot)
        }
        TillAnswer::Rejected { rejected, record } => {
            opened.record = *record;
            let snapshot = current(opened, device);
            let error = AppError::from(rejected);
            let mut problem = error.problem(&app.request_id);
            if let Some(object) = problem.as_object_mut() {
                object.insert("snapshot".to_owned(), snapshot);
            }
            Ok(problem_response(error.status(), &problem, None)?)
        }
        _ => Err(AppError::NotFound),
    }
}

/// The worker decides account and flow; the widget's wish must be among what is offered.
fn choose(opened: &Opened, body: &NewAttemptBody, device: Device) -> Result<Offer, AppError> {
    let offers = offers(&opened.config, &opened.record, device);
    let fits = |o: &&Offer| o.method == body.method && o.account == body.account;
    offers.iter().find(fits).cloned().ok_or_else(|| {
        let method = offers.iter().any(|o| o.method == body.method);
        let (pointer, code, detail) = if method {
            (
                "/account",
                "account_not_offered",
                "this account does not take the method here",
            )
        } else {
            (
                "/method",
                "method_not_offered",
                "this order cannot be paid by this method",
            )
        };
        invalid(pointer, code, detail)
    })
}

/// The first language of an `Accept-Language`, if it is a tag.
fn first_language(accepted: &str) -> Option<String> {
    let tag = accepted.split([',', ';']).next()?.trim();
    let named = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ((2..=35).contains(&tag.len()) && named).then(|| tag.to_owned())
}

/// What came as a card.
enum Envelope {
    /// Sealed to a key that is not taken any more, or to none of ours.
    Ended,
    /// Nothing, and nothing is needed.
    None,
    /// A card, sealed to a key that is taken.
    Sealed(String),
}

/// What is not sealed to a key of ours is never stored: it might be a bare card.
async fn checked_envelope(
    app: &App,
    opened: &mut Opened,
    envelope: Option<String>,
    flow: Flow,
) -> Result<Envelope, AppError> {
    match (flow, envelope) {
        (Flow::Card, Some(envelope)) => {
            let bytes = Base64UrlUnpadded::decode_vec(&envelope).unwrap_or_default();
            let Some(key) = seal::key_of(&bytes) else {
                let detail =
                    "must be a card sealed to the page's key, in base64url without padding";
                return Err(invalid("/envelope", "not_sealed", detail));
            };
            let takes = |config: &StoreConfig| sealing::takes(app, config, key, now());
            // Another isolate may just have put it into the page. How often a stranger can have
            // this read is limited with the attempts.
            if !takes(&opened.config) {
                opened.config = app.objects.read_config(&opened.store).await?;
            }
            Ok(match takes(&opened.config) {
                true => Envelope::Sealed(envelope),
                false => Envelope::Ended,
            })
        }
        (Flow::Card, None) => Err(invalid(
            "/envelope",
            "missing",
            "a card payment needs the sealed card",
        )),
        (_, None) => Ok(Envelope::None),
        (_, Some(_)) => Err(invalid(
            "/envelope",
            "not_expected",
            "only card payments carry a sealed card",
        )),
    }
}

/// The page is older than its key's end: it is told the key to seal to instead, so that the shopper
/// can enter the card once more without reloading. Nothing was stored.
fn key_ended(app: &App, opened: &Opened) -> Result<Response, AppError> {
    let detail = "is sealed to a key that has ended, and nothing was charged: reload the page and \
                  enter the card again, or seal it to the key in `seal`";
    let error = invalid("/envelope", "key_ended", detail);
    let mut problem = error.problem(&app.request_id);
    if let Some(seal) = sealing::in_use(app, &opened.config) {
        problem["seal"] = json!({ "public_key": seal.public_key, "key_id": seal.key_id });
    }
    Ok(problem_response(error.status(), &problem, None)?)
}

fn invalid(pointer: &str, code: &'static str, detail: &str) -> AppError {
    let (pointer, detail) = (pointer.to_owned(), detail.to_owned());
    AppError::Invalid(vec![WireProblem {
        pointer,
        code,
        detail,
    }])
}
