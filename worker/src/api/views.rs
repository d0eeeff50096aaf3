//! `/v1/views`: lists of orders that an operator has saved under a name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use worker::{Request, Response};

use super::acts::check_line;
use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use super::search::FILTERS;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::views::{View, ViewCall};
use crate::reply::json_response;

/// The most characters of a view's name.
const MAX_NAME: usize = 60;
/// The most characters of a filter.
const MAX_FILTER: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewBody {
    filters: BTreeMap<String, String>,
}

/// `GET /v1/views`: by name.
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let data = all(app, caller, ViewCall::List).await?;
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `GET /v1/views/{name}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, name: &str) -> Result<Response, AppError> {
    let name = read_name(name)?;
    let views = all(app, caller, ViewCall::List).await?;
    let found = views.into_iter().find(|view| view.name == name);
    json_response(200, &found.ok_or(AppError::NotFound)?)
}

/// `PUT /v1/views/{name}`
///
/// # Errors
/// A problem document.
pub async fn put(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    name: &str,
) -> Result<Response, AppError> {
    let name = read_name(name)?;
    let body: ViewBody = read_json(request, MAX_BODY).await?;
    for (filter, value) in &body.filters {
        let pointer = format!("/filters/{}", filter.replace('~', "~0").replace('/', "~1"));
        if !FILTERS.contains(&filter.as_str()) {
            let detail = format!("must be one of {}", FILTERS.join(", "));
            return Err(invalid(&pointer, "unknown_filter", &detail));
        }
        check_line(&pointer, value, MAX_FILTER)?;
    }
    let view = View {
        name,
        filters: body.filters,
    };
    all(app, caller, ViewCall::Put(view.clone())).await?;
    json_response(200, &view)
}

/// `DELETE /v1/views/{name}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, name: &str) -> Result<Response, AppError> {
    let name = read_name(name)?;
    all(app, caller, ViewCall::Remove { name }).await?;
    Ok(Response::empty()?.with_status(204))
}

/// The caller's views, after a change where there is one.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when they have too many.
pub async fn all(app: &App, caller: &Caller, call: ViewCall) -> Result<Vec<View>, AppError> {
    app.objects.views(&caller.store, &caller.actor, call).await
}

/// A name as it stands in a path.
fn read_name(name: &str) -> Result<String, AppError> {
    let name = js_sys::decode_uri_component(name).map_err(|_| AppError::NotFound)?;
    let name = String::from(name);
    check_line("/name", &name, MAX_NAME)?;
    Ok(name)
}
