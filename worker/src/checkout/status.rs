//! `GET /checkout/{token}/status`: the snapshot, or a socket that pushes it.

use worker::{Request, Response};

use super::{Opened, device, methods, snapshot, verify};
use crate::app::App;
use crate::error::AppError;
use crate::random::now;
use crate::reply::json_response;

/// Answers with the snapshot, or hands a WebSocket to the order's till.
///
/// # Errors
/// [`AppError::NotFound`] for a false token.
pub async fn status(app: &App, request: Request, token: &str) -> Result<Response, AppError> {
    let upgrade = request.headers().get("upgrade")?;
    if upgrade.is_some_and(|u| u.eq_ignore_ascii_case("websocket")) {
        // Browsers send the origin with a socket; only our own frame may open one.
        let origin = request.headers().get("origin")?;
        if origin.is_some_and(|o| o != app.origin) {
            return Err(AppError::Forbidden {
                detail: "sockets are for the checkout frame",
            });
        }
        let (store, order) = verify(app, token)?;
        let answer = app.objects.watch(&store, &order, request).await?;
        // The till says no without words; a frame that finds no room polls.
        return match answer.status_code() {
            404 => Err(AppError::NotFound),
            429 => Err(AppError::TooMany { retry_after_s: 60 }),
            _ => Ok(answer),
        };
    }
    let opened = Opened::of(app, token).await?;
    json_response(200, &current(&opened, device(&request)))
}

/// The snapshot of an opened order for a device.
#[must_use]
pub fn current(opened: &Opened, device: crate::page::Device) -> serde_json::Value {
    let offers = methods::offers(&opened.config, &opened.record, device);
    snapshot::with_methods(&opened.record, &opened.token, now(), &offers)
}
