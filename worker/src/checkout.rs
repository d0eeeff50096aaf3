//! What the shopper's browser talks to: the frame, attempts, status, the pages round a payment.

pub mod attempts;
pub mod frame;
pub mod methods;
pub mod pages;
mod qr;
pub mod snapshot;
pub mod status;

use std::net::IpAddr;
use std::rc::Rc;

use causeway_shared::id::{ClientToken, OrderId, StoreId};
use worker::Request;

use crate::app::App;
use crate::error::AppError;
use crate::gate;
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
        Self::read(app, token, &store, &order).await
    }

    /// Reads the order of a token that was checked.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown order.
    pub async fn read(
        app: &App,
        token: &str,
        store: &StoreId,
        order: &OrderId,
    ) -> Result<Self, AppError> {
        let config = app.objects.store_config(store).await?;
        let record = read(app, store, order).await?;
        Ok(Self {
            store: store.clone(),
            token: token.to_owned(),
            record,
            config,
        })
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
    gate::pass_order(&order, now())?;
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
pub fn shopper_ip(request: &Request) -> Option<IpAddr> {
    let told = request.headers().get("cf-connecting-ip").ok().flatten()?;
    told.parse().ok()
}

/// The network that the shopper's address belongs to, by which is counted who asks too often.
#[must_use]
pub fn shopper_network(request: &Request) -> Option<String> {
    shopper_ip(request).map(network)
}

/// Of an IPv6 address its first 64 bits: the rest is for whoever is there to choose (RFC 4291,
/// section 2.5.1).
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_one_shopper_can_choose_among_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }
}
