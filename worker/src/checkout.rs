//! What the shopper's browser talks to: the frame, attempts, status, the pages round a payment.

pub mod attempts;
pub mod frame;
mod gate;
pub mod methods;
pub mod pages;
mod qr;
pub mod snapshot;
pub mod status;

use std::rc::Rc;

use causeway_shared::id::{ClientToken, OrderId, StoreId};
use worker::Request;

use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::StoreConfig;
use crate::object::till::call::{OrderRecord, TillAnswer, TillCall};
use crate::page::Device;
use crate::random::now;

/// An order that a genuine client token names, with the settings of its store.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: StoreId,
    /// The token as text.
    pub token: String,
    /// The order.
    pub record: OrderRecord,
    /// The store's settings.
    pub config: Rc<StoreConfig>,
}

impl Opened {
    /// Checks a token and reads its order.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a false token and for an unknown order alike.
    pub async fn of(app: &App, token: &str) -> Result<Self, AppError> {
        let (store, order) = verify(app, token)?;
        let config = app.objects.store_config(&store).await?;
        let record = read(app, &store, &order).await?;
        Ok(Self {
            store,
            token: token.to_owned(),
            record,
            config,
        })
    }

    /// Reads the order again.
    ///
    /// # Errors
    /// When the till does not answer.
    pub async fn refresh(&mut self, app: &App) -> Result<(), AppError> {
        self.record = read(app, &self.store, self.record.order.id()).await?;
        Ok(())
    }
}

/// Checks a client token, and how often it is used.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::TooMany`].
pub fn verify(app: &App, token: &str) -> Result<(StoreId, OrderId), AppError> {
    let token = ClientToken::parse(token).map_err(|_| AppError::NotFound)?;
    let (store, order) = token
        .verify(app.config.token_key.expose())
        .map_err(|_| AppError::NotFound)?;
    gate::pass(&order, now())?;
    Ok((store, order))
}

/// Reads an order.
///
/// # Errors
/// [`AppError::NotFound`], or when the till does not answer.
pub async fn read(app: &App, store: &StoreId, order: &OrderId) -> Result<OrderRecord, AppError> {
    let call = TillCall::Read {
        order: order.clone(),
    };
    match app.objects.order_till(store, order, call).await?.answer {
        TillAnswer::Order { record, .. } => Ok(*record),
        _ => Err(AppError::NotFound),
    }
}

/// The shopper's address, as Cloudflare tells it. Without Cloudflare there is none.
#[must_use]
pub fn shopper_ip(request: &Request) -> Option<String> {
    request.headers().get("cf-connecting-ip").ok().flatten()
}

/// The device: as the widget says, else by the user agent.
#[must_use]
pub fn device(request: &Request) -> Device {
    let asked = request.url().ok().and_then(|url| {
        url.query_pairs()
            .find(|(k, _)| k == "device")
            .and_then(|(_, v)| Device::parse(&v))
    });
    let agent = request.headers().get("user-agent").ok().flatten();
    asked.unwrap_or_else(|| Device::of_user_agent(agent.as_deref()))
}
