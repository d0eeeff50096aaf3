//! Sending webhooks (Standard Webhooks).

use std::time::Duration;

use causeway_shared::http::Request;
use causeway_shared::id::{EventId, StoreId};
use causeway_shared::webhook::{self, SigningSecret};

use serde_json::json;

use super::send::send_for_excerpt;
use crate::actor::Actor;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{DisabledReason, EndpointDoc, StoreChange};
use crate::object::till::call::{DeliverWork, Delivered};
use crate::random::now;

/// How long a shop may take to answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);

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
            response: None,
        });
    };
    let Ok(request) = signed(app, endpoint, &item.event, item.body) else {
        app.log(
            "webhook_secret_broken",
            json!({ "endpoint": endpoint.id.as_str() }),
        );
        return Ok(Delivered {
            event: item.event,
            endpoint: item.endpoint,
            status: None,
            gone: false,
            response: None,
        });
    };
    // What an endpoint says when it takes an event is nobody's concern.
    let is_refusal = |status: u16| !(200..300).contains(&status);
    let answer = send_for_excerpt(&request, TIMEOUT, is_refusal).await.ok();
    let status = answer.as_ref().map(|(status, _)| *status);
    if status == Some(GONE) {
        disable(app, store, endpoint).await;
    }
    Ok(Delivered {
        event: item.event,
        endpoint: item.endpoint,
        status,
        gone: status == Some(GONE),
        response: answer.and_then(|(_, body)| excerpt(&body)),
    })
}

/// A webhook as it is sent: signed now, with every secret that is valid.
///
/// # Errors
/// When a secret was sealed under another master key.
pub fn signed(
    app: &App,
    endpoint: &EndpointDoc,
    event: &EventId,
    body: String,
) -> Result<Request, AppError> {
    let secrets = open_secrets(app, endpoint)?;
    let at = now();
    let signature = webhook::sign(&secrets, event.as_str(), at, body.as_bytes());
    Ok(Request::post(&endpoint.url, "application/json", body)
        .with("user-agent", "Causeway")
        .with("webhook-id", event.as_str())
        .with("webhook-timestamp", at.seconds().to_string())
        .with("webhook-signature", signature))
}

/// The beginning of an answer as a person can read it; nothing where it says nothing.
#[must_use]
pub fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_end_matches('\u{fffd}').chars().map(|c| match c {
        '\n' | '\t' => c,
        c if c.is_control() => ' ',
        c => c,
    });
    let text: String = text.collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
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

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_text_that_a_page_can_show() {
        assert_eq!(excerpt(b""), None);
        assert_eq!(excerpt(b" \r\n"), None);
        assert_eq!(excerpt(b"a\x00b\x1b[31m\r\n"), Some("a b [31m".to_owned()));
        // Cut in the middle of a character.
        assert_eq!(
            excerpt("茶叶".as_bytes().get(..5).unwrap()),
            Some("茶".to_owned())
        );
    }
}
