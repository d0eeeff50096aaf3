//! Sending webhooks (Standard Webhooks).

use std::time::Duration;

use causeway_shared::http::Request;
use causeway_shared::id::StoreId;
use causeway_shared::webhook::{self, SigningSecret};

use serde_json::json;

use super::send::send_for_status;
use crate::actor::Actor;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{DisabledReason, EndpointDoc, StoreChange};
use crate::object::till::call::{DeliverWork, Delivered};
use crate::random::now;

/// How long a shop may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// With this answer an endpoint says that it wants no more webhooks.
const GONE: u16 = 410;

/// Sends one event to one endpoint, signed afresh, with every secret that is valid now.
///
/// # Errors
/// When the settings cannot be read; the delivery is handed out again later.
pub async fn deliver(app: &App, store: &StoreId, item: DeliverWork) -> Result<Delivered, AppError> {
    let mut config = app.objects.store_config(store).await?;
    let is_on = |e: &EndpointDoc| e.id == item.endpoint && e.enabled;
    // Another isolate may just have made it, or switched it on again.
    if !config.endpoints.iter().any(is_on) {
        config = app.objects.read_config(store).await?;
    }
    let Some(endpoint) = config.endpoints.iter().find(|e| is_on(e)) else {
        return Ok(Delivered {
            event: item.event,
            endpoint: item.endpoint,
            status: None,
            gone: true,
        });
    };
    let Ok(secrets) = open_secrets(app, endpoint) else {
        app.log(
            "webhook_secret_broken",
            json!({ "endpoint": endpoint.id.as_str() }),
        );
        return Ok(Delivered {
            event: item.event,
            endpoint: item.endpoint,
            status: None,
            gone: false,
        });
    };
    let at = now();
    let signature = webhook::sign(&secrets, item.event.as_str(), at, item.body.as_bytes());
    let request = Request::post(&endpoint.url, "application/json", item.body)
        .with("user-agent", "Causeway")
        .with("webhook-id", item.event.as_str())
        .with("webhook-timestamp", at.seconds().to_string())
        .with("webhook-signature", signature);
    let status = send_for_status(&request, TIMEOUT).await.ok();
    if status == Some(GONE) {
        disable(app, store, endpoint).await;
    }
    Ok(Delivered {
        event: item.event,
        endpoint: item.endpoint,
        status,
        gone: status == Some(GONE),
    })
}

/// Switches an endpoint off. Where that fails, its next 410 does it.
async fn disable(app: &App, store: &StoreId, endpoint: &EndpointDoc) {
    let change = StoreChange::DisableEndpoint {
        id: endpoint.id.clone(),
        url: endpoint.url.clone(),
        reason: DisabledReason::Gone,
    };
    let done = match app
        .objects
        .change(store, &Actor::system("webhooks"), change)
        .await
    {
        // Several deliveries may hear it at once.
        Ok(_) | Err(AppError::NotFound) => true,
        Err(_) => false,
    };
    app.log(
        "webhook_endpoint_gone",
        json!({ "endpoint": endpoint.id.as_str(), "disabled": done }),
    );
}

/// The name under which an endpoint's secret is sealed.
#[must_use]
pub fn secret_name(endpoint: &causeway_shared::id::EndpointId) -> String {
    format!("webhook secret {endpoint}")
}

fn open_secrets(app: &App, endpoint: &EndpointDoc) -> Result<Vec<SigningSecret>, AppError> {
    let now = now();
    let valid = endpoint
        .secrets
        .iter()
        .filter(|s| s.expires_at.is_none_or(|at| at > now));
    let broken = || AppError::Internal("a webhook secret cannot be opened".to_owned());
    valid
        .map(|s| {
            let name = secret_name(&endpoint.id);
            let opened = app
                .config
                .master_key
                .open(&name, &s.sealed)
                .map_err(|_| broken())?;
            let text = std::str::from_utf8(&opened).map_err(|_| broken())?;
            SigningSecret::parse(text).map_err(|_| broken())
        })
        .collect()
}
