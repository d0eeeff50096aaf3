//! `/about/{store}`: seller, contact and policies, for links from the checkout; and the logo.

use base64ct::{Base64, Encoding};
use causeway_shared::id::StoreId;
use worker::{Headers, Request, Response};

use super::merchant::{merchant, style};
use super::{assets, locale, respond};
use crate::app::App;
use crate::error::AppError;
use crate::page::{AboutView, render_about};

/// The page about a store.
///
/// # Errors
/// [`AppError::NotFound`] for a store that was not set up.
pub async fn page(app: &App, request: &Request, store: &str) -> Result<Response, AppError> {
    let store = StoreId::parse(store)?;
    let config = app.objects.store_config(&store).await?;
    let settings = config.profile.as_ref().ok_or(AppError::NotFound)?;
    let profile = app.objects.profile(&store).await?;
    let locale = locale(request, None, settings.default_locale.as_deref());
    let view = AboutView {
        locale,
        merchant: merchant(&store, &config, profile, locale),
        assets: assets(app).await?,
    };
    respond(render_about(&view)?, &style(&config.face))
}

/// The logo. Its name changes with its content.
///
/// # Errors
/// [`AppError::NotFound`] for a name that is not that of the logo now.
pub async fn logo(app: &App, store: &str, file: &str) -> Result<Response, AppError> {
    let store = StoreId::parse(store)?;
    let config = app.objects.store_config(&store).await?;
    if config.face.logo.as_deref() != Some(file) {
        return Err(AppError::NotFound);
    }
    let logo = app.objects.profile(&store).await?.logo;
    let logo = logo.ok_or(AppError::NotFound)?;
    let bytes = Base64::decode_vec(&logo.data)
        .map_err(|_| AppError::Internal("a logo cannot be read".to_owned()))?;
    let headers = Headers::new();
    headers.set("content-type", logo.kind.media_type())?;
    headers.set("cache-control", "public, max-age=31536000, immutable")?;
    // Messages show it too.
    headers.set("cross-origin-resource-policy", "cross-origin")?;
    Ok(Response::from_bytes(bytes)?.with_headers(headers))
}
