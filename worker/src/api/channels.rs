//! `GET /v1/channels`: what each channel can do, and what an account at it needs. A form for a new
//! account is drawn from this.

use causeway_shared::channel::{
    Channel, ChannelId, FieldKind, FieldSpec, Lane, MethodSpec, channel,
};
use serde_json::{Value, json};
use worker::Response;

use crate::error::AppError;
use crate::reply::json_response;

/// `GET /v1/channels`
///
/// # Errors
/// When the response cannot be made.
pub fn list() -> Result<Response, AppError> {
    let data: Vec<Value> = ChannelId::all()
        .iter()
        .map(|id| view(channel(*id)))
        .collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

fn view(channel: &dyn Channel) -> Value {
    let it = channel.declaration();
    json!({
        "id": it.id,
        "name": it.name,
        "sandbox": it.sandbox,
        "manual_capture": it.manual_capture,
        "refunds": {
            "partial": it.refunds.partial,
            "max_count": it.refunds.max_count,
            "window_days": it.refunds.window_days,
        },
        "methods": it.methods.iter().map(method).collect::<Vec<_>>(),
        "fields": it.fields.iter().map(field).collect::<Vec<_>>(),
        "notice_secret": it.notice_secret,
    })
}

fn method(spec: &MethodSpec) -> Value {
    let (min, max) = spec.amount_minor;
    json!({
        "method": spec.method,
        "flows": spec.flows,
        "on_request": spec.on_request,
        "currencies": spec.currencies.iter().collect::<Vec<_>>(),
        "lane": spec.lane.map(Lane::as_str),
        "amount_minor": { "min": min, "max": max },
    })
}

fn field(spec: &FieldSpec) -> Value {
    let choices = match spec.kind {
        FieldKind::Choice(choices) => choices,
        _ => &[],
    };
    let choices = choices
        .iter()
        .map(|choice| json!({ "value": choice.value, "label": choice.label }))
        .collect::<Vec<_>>();
    json!({
        "name": spec.name,
        "kind": spec.kind.as_str(),
        "secret": spec.kind.is_secret(),
        "required": spec.required,
        "label": spec.label,
        "help": spec.help,
        "example": spec.example,
        "choices": choices,
    })
}
