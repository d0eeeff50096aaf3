//! Performing an effect at its channel, and saying what became of it in events.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use causeway_shared::card::CardPlain;
use causeway_shared::channel::{
    self as contract, Account, Channel, ChannelError, Credentials, Decline, DeclineReason, Fresh,
    Payment, RefundOrder, RefundReported, RefundStatus, Reported, Shopper, Status,
};
use causeway_shared::id::StoreId;
use causeway_shared::json;
use causeway_shared::order::{Attempt, Effect, Event, Refund};
use causeway_shared::seal::{self, Binding};
use causeway_shared::sign::Step;
use serde_json::json;

use super::step::{PerformError, run_noting};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{AccountDoc, StoreConfig};
use crate::object::till::call::{ChannelWork, Message, OrderRecord};
use crate::random::{now, random_text};
use crate::sealing;

/// Everything one exchange needs.
struct Exchange<'a> {
    channel: &'static dyn Channel,
    base: String,
    account: Rc<Account>,
    record: &'a OrderRecord,
    attempt: &'a Attempt,
    item: &'a ChannelWork,
    config: Rc<StoreConfig>,
    notice_url: String,
    return_url: String,
    messages: RefCell<Vec<Message>>,
}

/// Performs an effect of an order, and tells what was said. No events: the outcome is not known, and
/// the till tries again.
///
/// # Errors
/// When the settings cannot be read.
pub async fn perform(
    app: &App,
    store: &StoreId,
    item: &ChannelWork,
    record: &OrderRecord,
) -> Result<(Vec<Event>, Vec<Message>), AppError> {
    let Some(attempt) = item.attempt_id().and_then(|a| record.order.attempt(a)) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut config = app.objects.store_config(store).await?;
    let envelope = item.context.envelope.as_deref();
    if !config.accounts.iter().any(|a| a.id == attempt.account)
        || envelope.is_some_and(|envelope| sealing::lacks(app, &config, envelope))
    {
        config = app.objects.read_config(store).await?;
    }
    let account = config.accounts.iter().find(|a| a.id == attempt.account);
    let account = match account.map(|a| open_account(app, a)) {
        Some(Ok(account)) => account,
        // Deleted, or sealed under another master key: only what was never sent can be ended.
        Some(Err(_)) | None => {
            return Ok((unreachable_account(app, item, attempt), Vec::new()));
        }
    };
    let channel = contract::channel(account.channel);
    let exchange = Exchange {
        channel,
        base: base(app, channel, &account),
        notice_url: app.notice_url(&account.id),
        return_url: app.return_url(&account.id, &attempt.reference),
        account,
        record,
        attempt,
        item,
        config,
        messages: RefCell::default(),
    };
    let result = exchange.perform(app).await;
    let events = result.unwrap_or_else(|error| exchange.failed(app, &error));
    Ok((events, exchange.messages.into_inner()))
}

/// Whether no later question may bring the fee that this one is to bring. Its refusal, and the
/// silence of an account that is gone, count as answers: nothing rests on them.
pub fn ends_asking(item: &ChannelWork, record: &OrderRecord) -> Option<Event> {
    let Effect::Fee { attempt } = &item.effect else {
        return None;
    };
    let channel = record.order.attempt(attempt)?.channel;
    let plan = contract::channel(channel).declaration().fee_after_s;
    let asked = usize::try_from(item.tries).map_or(usize::MAX, |tries| tries.saturating_add(1));
    (asked >= plan.len()).then(|| Event::FeeUntold {
        attempt: attempt.clone(),
    })
}

/// The gateway's address: the channel's own, or a simulator's.
pub fn base(app: &App, channel: &dyn Channel, account: &Account) -> String {
    let other = app.config.channel_hosts.get(&account.channel);
    other
        .cloned()
        .unwrap_or_else(|| channel.host(account).to_owned())
}

/// The most accounts that are kept open; a deployment with more opens some anew.
const MAX_OPEN: usize = 64;

/// Opened accounts by what they were opened from.
type Open = HashMap<String, Rc<Account>>;

thread_local! {
    static OPEN: RefCell<Open> = RefCell::new(HashMap::new());
}

/// Opens an account's credentials, or finds them open: an isolate that holds the master key has
/// nothing to hide from itself.
///
/// # Errors
/// When they were sealed under another master key.
pub fn open_account(app: &App, doc: &AccountDoc) -> Result<Rc<Account>, AppError> {
    let known = OPEN.with(|o| o.borrow().get(&doc.sealed).cloned());
    if let Some(known) = known.filter(|known| known.id == doc.id) {
        return Ok(known);
    }
    let fields = open_fields(app, doc)?;
    let account = Rc::new(Account {
        id: doc.id.clone(),
        channel: doc.channel,
        mode: doc.mode,
        credentials: Credentials::new(fields),
    });
    OPEN.with(|o| {
        let mut open = o.borrow_mut();
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(doc.sealed.clone(), account.clone());
    });
    Ok(account)
}

/// Opens an account's credentials, by name.
///
/// # Errors
/// When they were sealed under another master key.
pub fn open_fields(app: &App, doc: &AccountDoc) -> Result<BTreeMap<String, String>, AppError> {
    let broken = || AppError::Internal("an account cannot be opened".to_owned());
    let opened = app
        .config
        .master_key
        .open(doc.id.as_str(), &doc.sealed)
        .map_err(|_| broken())?;
    json::from_slice(&opened).map_err(|_| broken())
}

/// What the channel file is given that it cannot make.
pub fn fresh() -> Fresh {
    Fresh {
        now: now(),
        nonce: random_text(32),
    }
}

fn unreachable_account(app: &App, item: &ChannelWork, attempt: &Attempt) -> Vec<Event> {
    app.log(
        "account_missing",
        json!({ "account": attempt.account.as_str() }),
    );
    let never_sent = matches!(item.effect, Effect::Create { .. }) && item.tries == 0;
    if never_sent {
        vec![declined(attempt, "account_missing")]
    } else {
        Vec::new()
    }
}

impl Exchange<'_> {
    async fn run<T>(&self, first: Result<Step<T>, ChannelError>) -> Result<T, PerformError> {
        run_noting(&self.account, first, &self.messages).await
    }

    async fn perform(&self, app: &App) -> Result<Vec<Event>, PerformError> {
        match &self.item.effect {
            Effect::Create { .. } => self.create(app).await,
            Effect::Query { .. } => {
                let reported = self.run(self.channel.query(
                    &self.base,
                    &self.payment(None),
                    &fresh(),
                ));
                Ok(vec![self.report(reported.await?)])
            }
            Effect::Fee { .. } => {
                let payment = self.payment(None);
                let asked = self.channel.query_fee(&self.base, &payment, &fresh());
                Ok(vec![self.report(self.run(asked).await?)])
            }
            Effect::Close { .. } => self.close().await,
            Effect::Capture { amount, .. } => {
                let payment = self.payment(None);
                let reported =
                    self.run(
                        self.channel
                            .capture(&self.base, &payment, *amount, &fresh()),
                    );
                Ok(vec![self.report(reported.await?)])
            }
            Effect::Refund { refund } => {
                let Some(refund) = self.record.order.refund(refund) else {
                    return Ok(Vec::new());
                };
                Ok(vec![Event::RefundReport {
                    refund: refund.id.clone(),
                    reported: self.refund(refund).await?,
                }])
            }
        }
    }

    /// Starts the payment. On a repeat the channel is asked first: the answer to the earlier try
    /// may have been lost after the shopper had paid.
    async fn create(&self, app: &App) -> Result<Vec<Event>, PerformError> {
        let mut in_doubt = false;
        if self.item.tries > 0 {
            let asked = self
                .run(
                    self.channel
                        .query(&self.base, &self.payment(None), &fresh()),
                )
                .await;
            match asked {
                // The code or address of the first try was lost with its answer: create again,
                // which is the same payment at every channel.
                Ok(Reported {
                    status: Status::NotFound,
                    ..
                }) => {}
                Ok(Reported {
                    status: Status::Pending,
                    ..
                }) => in_doubt = true,
                Ok(asked) => return Ok(vec![self.report(asked)]),
                Err(_) => return Ok(Vec::new()),
            }
        }
        let card = match self.open_card(app) {
            Ok(card) => card,
            // It opens for this attempt or for none: it was tampered with, or the key is gone.
            Err(seal::SealError) if self.item.tries == 0 => {
                return Ok(vec![declined(self.attempt, "seal")]);
            }
            Err(seal::SealError) => return Ok(Vec::new()),
        };
        let payment = self.payment(card.as_ref());
        match self
            .run(self.channel.create(&self.base, &payment, &fresh()))
            .await
        {
            Ok(reported) => Ok(vec![self.report(reported)]),
            // A refusal of the repeat says nothing about the first try.
            Err(error) if in_doubt && error.is_definite() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn close(&self) -> Result<Vec<Event>, PerformError> {
        let payment = self.payment(None);
        match self
            .run(self.channel.close(&self.base, &payment, &fresh()))
            .await
        {
            Ok(reported) => Ok(vec![self.report(reported)]),
            // A refusal to close says nothing about the payment: ask.
            Err(error) if error.is_definite() => {
                let asked = self
                    .run(self.channel.query(&self.base, &payment, &fresh()))
                    .await?;
                Ok(vec![self.report(asked)])
            }
            Err(error) => Err(error),
        }
    }

    /// Gives money back. On a repeat the channel is asked first, and only told again what it
    /// does not know.
    async fn refund(&self, refund: &Refund) -> Result<RefundReported, PerformError> {
        let payment = self.payment(None);
        let order = RefundOrder {
            refund: &refund.id,
            amount: refund.amount,
            captured: self.record.order.captured_by(&refund.attempt),
            reason: Some(refund.reason.as_str()).filter(|r| !r.is_empty()),
            channel_number: refund.channel_number.as_deref(),
        };
        if self.item.tries > 0 {
            let asked = self
                .run(
                    self.channel
                        .query_refund(&self.base, &payment, &order, &fresh()),
                )
                .await;
            // A question that cannot be asked says nothing of the first try.
            let asked = asked.map_err(PerformError::without_certainty)?;
            if asked.status != RefundStatus::NotFound {
                return Ok(asked);
            }
        }
        self.run(self.channel.refund(&self.base, &payment, &order, &fresh()))
            .await
    }

    fn open_card(&self, app: &App) -> Result<Option<CardPlain>, seal::SealError> {
        let Some(envelope) = &self.item.context.envelope else {
            return Ok(None);
        };
        let order = &self.record.order;
        let attempt = self.attempt;
        let binding = Binding::new(order.id(), &attempt.id, &attempt.account, attempt.amount);
        let opened = sealing::open(app, &self.config, &binding, envelope)?;
        CardPlain::decode(&opened)
            .map(Some)
            .map_err(|_| seal::SealError)
    }

    fn payment<'a>(&'a self, card: Option<&'a CardPlain>) -> Payment<'a> {
        let (order, details) = (&self.record.order, &self.record.details);
        let context = &self.item.context;
        Payment {
            account: &self.account,
            order: order.id(),
            attempt: &self.attempt.id,
            reference: &self.attempt.reference,
            amount: self.attempt.amount,
            method: self.attempt.method,
            flow: self.attempt.flow,
            description: &details.description,
            expires_at: order.expires_at(),
            created_at: self.attempt.created_at,
            capture: order.capture(),
            notice_url: &self.notice_url,
            return_url: &self.return_url,
            shopper: Shopper {
                email: details.shopper.email.as_deref(),
                ip: context.ip.as_deref(),
                locale: context.locale.as_deref(),
                openid: details.shopper.wechat_openid.as_deref(),
            },
            channel_number: self.attempt.channel_number.as_deref(),
            refused_captures: self.attempt.refused_captures,
            card,
        }
    }

    fn report(&self, reported: Reported) -> Event {
        Event::Report {
            number: self.attempt.number,
            reported,
        }
    }

    /// What an exchange without result means: a definite failure is an event, the rest is asked
    /// about later.
    fn failed(&self, app: &App, error: &PerformError) -> Vec<Event> {
        app.log(
            "channel_failed",
            json!({
                "order": self.record.order.id().as_str(),
                "account": self.account.id.as_str(),
                "effect": effect_name(&self.item.effect),
                "definite": error.is_definite(),
                "error": error.describe(),
            }),
        );
        if !error.is_definite() {
            return Vec::new();
        }
        let decline = Decline::new(DeclineReason::ConfigurationError, &code(error));
        match &self.item.effect {
            Effect::Create { .. } => vec![declined(self.attempt, &code(error))],
            Effect::Capture { attempt, .. } => {
                vec![Event::CaptureFailed {
                    attempt: attempt.clone(),
                    decline,
                }]
            }
            Effect::Refund { refund } => vec![Event::RefundReport {
                refund: refund.clone(),
                reported: RefundReported {
                    channel_number: None,
                    status: RefundStatus::Failed(decline),
                },
            }],
            Effect::Fee { .. } | Effect::Query { .. } | Effect::Close { .. } => Vec::new(),
        }
    }
}

fn declined(attempt: &Attempt, code: &str) -> Event {
    Event::Report {
        number: attempt.number,
        reported: Reported {
            channel_number: None,
            card: None,
            fee: None,
            status: Status::Declined(Decline::new(DeclineReason::ConfigurationError, code)),
        },
    }
}

fn code(error: &PerformError) -> String {
    match error {
        PerformError::Channel(contract::ChannelError::Refused(code)) => code.as_str().to_owned(),
        PerformError::Channel(contract::ChannelError::Credentials { field, .. }) => {
            format!("credentials:{field}")
        }
        PerformError::Channel(contract::ChannelError::Unsupported(_)) => "unsupported".to_owned(),
        PerformError::Channel(_) | PerformError::NoAnswer => String::new(),
    }
}

fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Capture { .. } => "capture",
        Effect::Close { .. } => "close",
        Effect::Create { .. } => "create",
        Effect::Fee { .. } => "fee",
        Effect::Query { .. } => "query",
        Effect::Refund { .. } => "refund",
    }
}
