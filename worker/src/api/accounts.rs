//! `/v1/accounts`: a store's accounts at channels. Credentials come in and never go out.

use std::collections::BTreeMap;
use std::rc::Rc;

use causeway_shared::channel::{
    Account, ChannelError, ChannelId, Credentials, Flow, Method, channel,
};
use causeway_shared::id::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};
use zeroize::Zeroizing;

use super::auth::Caller;
use super::body::{MAX_BODY, invalid, read_json};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{AccountDoc, StoreChange, StoreConfig};
use crate::perform::open_fields;
use crate::random::{now, random};
use crate::reply::json_response;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccount {
    channel: ChannelId,
    #[serde(default)]
    label: String,
    credentials: BTreeMap<String, String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    methods: Option<Vec<Method>>,
    #[serde(default)]
    flows: Option<Vec<Flow>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditAccount {
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    credentials: Option<BTreeMap<String, String>>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    methods: Option<Vec<Method>>,
    #[serde(default)]
    flows: Option<Vec<Flow>>,
}

/// `GET /v1/accounts`
///
/// # Errors
/// When the response cannot be made.
pub fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let accounts = caller
        .config
        .accounts
        .iter()
        .filter(|a| a.mode == caller.mode && !a.retired);
    let data: Vec<Value> = accounts.map(|a| view(app, a)).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `GET /v1/accounts/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    json_response(200, &view(app, find(caller, id)?))
}

/// `POST /v1/accounts`
///
/// # Errors
/// A problem document that names the credential to mend.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    let new: NewAccount = read_json(request, MAX_BODY).await?;
    check_label(&new.label)?;
    check_methods(new.channel, new.methods.as_deref())?;
    check_flows(new.channel, new.flows.as_deref())?;
    let id = AccountId::make(&caller.store, random());
    let (fields, sealed) = seal(app, caller, &id, new.channel, new.credentials)?;
    let doc = AccountDoc {
        id: id.clone(),
        channel: new.channel,
        mode: caller.mode,
        label: new.label,
        enabled: new.enabled,
        methods: new.methods,
        flows: new.flows,
        fields,
        sealed,
        retired: false,
        created_at: now(),
    };
    let config = app
        .objects
        .change(&caller.store, &caller.actor, StoreChange::AddAccount(doc))
        .await?;
    respond(app, &config, &id, 201)
}

/// `PATCH /v1/accounts/{id}`. Credentials that are left out stay; an empty one goes.
///
/// # Errors
/// A problem document that names the credential to mend.
pub async fn edit(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let doc = find(caller, id)?;
    let edit: EditAccount = read_json(request, MAX_BODY).await?;
    check_label(edit.label.as_deref().unwrap_or_default())?;
    check_methods(doc.channel, edit.methods.as_deref())?;
    check_flows(doc.channel, edit.flows.as_deref())?;
    let credentials = edit.credentials.map(|changed| {
        // What was sealed under a master key that is gone has to be entered anew.
        let mut all = open_fields(app, doc).unwrap_or_default();
        all.extend(changed);
        seal(app, caller, &doc.id, doc.channel, all)
    });
    let change = StoreChange::EditAccount {
        id: doc.id.clone(),
        label: edit.label,
        enabled: edit.enabled,
        methods: edit.methods,
        flows: edit.flows,
        credentials: credentials.transpose()?,
    };
    let config = app
        .objects
        .change(&caller.store, &caller.actor, change)
        .await?;
    respond(app, &config, &doc.id, 200)
}

/// `DELETE /v1/accounts/{id}`. What was begun through it can still be closed and refunded.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let id = find(caller, id)?.id.clone();
    app.objects
        .change(
            &caller.store,
            &caller.actor,
            StoreChange::RemoveAccount { id },
        )
        .await?;
    Ok(Response::empty()?.with_status(204))
}

pub(super) fn find<'a>(caller: &'a Caller, id: &str) -> Result<&'a AccountDoc, AppError> {
    let mut accounts = caller.config.accounts.iter();
    let found = accounts.find(|a| a.id.as_str() == id && a.mode == caller.mode && !a.retired);
    found.ok_or(AppError::NotFound)
}

fn respond(
    app: &App,
    config: &Rc<StoreConfig>,
    id: &AccountId,
    status: u16,
) -> Result<Response, AppError> {
    let doc = config
        .accounts
        .iter()
        .find(|a| &a.id == id)
        .ok_or(AppError::NotFound)?;
    json_response(status, &view(app, doc))
}

fn view(app: &App, doc: &AccountDoc) -> Value {
    json!({
        "id": doc.id,
        "channel": doc.channel,
        "mode": doc.mode,
        "label": doc.label,
        "enabled": doc.enabled,
        "methods": doc.methods,
        "flows": doc.flows,
        "fields": doc.fields,
        "notice_url": app.notice_url(&doc.id),
        "created_at": doc.created_at,
    })
}

/// Checks the credentials without asking the channel, and seals them.
fn seal(
    app: &App,
    caller: &Caller,
    id: &AccountId,
    channel_id: ChannelId,
    mut fields: BTreeMap<String, String>,
) -> Result<(Vec<String>, String), AppError> {
    let contract = channel(channel_id);
    let known = contract.declaration().fields;
    for name in fields.keys() {
        if !known.iter().any(|f| f.name == name) {
            let names: Vec<&str> = known.iter().map(|f| f.name).collect();
            let detail = format!("this channel takes {}", names.join(", "));
            return Err(invalid(
                &format!("/credentials/{name}"),
                "unknown_field",
                &detail,
            ));
        }
    }
    fields.retain(|_, value| !value.trim().is_empty());
    let text = serde_json::to_vec(&fields).map(Zeroizing::new);
    let text = text.map_err(|_| AppError::Internal("credentials".to_owned()))?;
    let account = Account {
        id: id.clone(),
        channel: channel_id,
        mode: caller.mode,
        credentials: Credentials::new(fields),
    };
    if let Err(error) = contract.check_credentials(&account) {
        return Err(match error {
            ChannelError::Credentials { field, problem } => {
                invalid(&format!("/credentials/{field}"), "bad_credential", problem)
            }
            other => invalid("/credentials", "bad_credential", &other.to_string()),
        });
    }
    let names = account.credentials.names().map(str::to_owned).collect();
    let sealed = app.config.master_key.seal(id.as_str(), &text, random());
    let sealed = sealed.map_err(|_| AppError::Internal("credentials".to_owned()))?;
    Ok((names, sealed))
}

fn check_label(label: &str) -> Result<(), AppError> {
    if label.chars().count() > 100 {
        return Err(invalid(
            "/label",
            "length",
            "may have at most 100 characters",
        ));
    }
    Ok(())
}

fn check_methods(channel_id: ChannelId, methods: Option<&[Method]>) -> Result<(), AppError> {
    let known = channel(channel_id).declaration().methods;
    for (i, method) in methods.unwrap_or_default().iter().enumerate() {
        if !known.iter().any(|m| m.method == *method) {
            let detail = "this channel does not know the method";
            return Err(invalid(&format!("/methods/{i}"), "unknown_method", detail));
        }
    }
    Ok(())
}

fn check_flows(channel_id: ChannelId, flows: Option<&[Flow]>) -> Result<(), AppError> {
    let known = channel(channel_id).declaration().methods;
    for (i, flow) in flows.unwrap_or_default().iter().enumerate() {
        if !known.iter().any(|m| m.flows.contains(flow)) {
            let detail = "this channel does not have the flow";
            return Err(invalid(&format!("/flows/{i}"), "unknown_flow", detail));
        }
    }
    Ok(())
}
