//! `/v1/operators`: who works in the dashboard, and the tokens of their programs. A token is shown
//! once.

use causeway_shared::wire::WireProblem;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::{Request, Response};

use super::auth::Caller;
use super::body::{MAX_BODY, read_json};
use super::may::Role;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::operators::{Operator, OperatorCall};
use crate::page::Locale;
use crate::random::{now, random_text};
use crate::reply::json_response;
use crate::token::{Purpose, StoreToken};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOperator {
    email: String,
    name: String,
    role: Role,
    #[serde(default)]
    locale: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EditOperator {
    email: Option<String>,
    name: Option<String>,
    role: Option<Role>,
    locale: Option<String>,
}

/// `GET /v1/operators`
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let operators = ask(app, caller, OperatorCall::List { id: None }).await?;
    let data: Vec<Value> = operators.iter().map(|o| json!(o)).collect();
    json_response(200, &json!({ "data": data, "next_cursor": null }))
}

/// `GET /v1/operators/{id}`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    json_response(200, &find(app, caller, id).await?)
}

/// One operator of the caller's store.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, caller: &Caller, id: &str) -> Result<Operator, AppError> {
    let id = Some(id.to_owned());
    first(ask(app, caller, OperatorCall::List { id }).await?)
}

/// `POST /v1/operators`
///
/// # Errors
/// A problem document.
pub async fn create(
    app: &App,
    caller: &Caller,
    request: &mut Request,
) -> Result<Response, AppError> {
    let new: NewOperator = read_json(request, MAX_BODY).await?;
    check(Some(&new.email), Some(&new.name), new.locale.as_deref())?;
    let operator = Operator {
        id: format!("opr_{}", random_text(16)),
        email: new.email,
        name: new.name,
        role: new.role,
        locale: new.locale,
        token: None,
        created_at: now(),
    };
    let made = ask(app, caller, OperatorCall::Add(operator)).await?;
    json_response(201, &first(made)?)
}

/// `PATCH /v1/operators/{id}`
///
/// # Errors
/// A problem document; [`AppError::Conflict`] where no owner would be left.
pub async fn edit(
    app: &App,
    caller: &Caller,
    request: &mut Request,
    id: &str,
) -> Result<Response, AppError> {
    let edit: EditOperator = read_json(request, MAX_BODY).await?;
    check(
        edit.email.as_deref(),
        edit.name.as_deref(),
        edit.locale.as_deref(),
    )?;
    let call = OperatorCall::Edit {
        id: id.to_owned(),
        email: edit.email,
        name: edit.name,
        role: edit.role,
        locale: edit.locale,
    };
    json_response(200, &first(ask(app, caller, call).await?)?)
}

/// `DELETE /v1/operators/{id}`, and with it all that lets it in.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Conflict`] for the last owner.
pub async fn remove(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    ask(app, caller, OperatorCall::Remove { id: id.to_owned() }).await?;
    Ok(Response::empty()?.with_status(204))
}

/// `POST /v1/operators/{id}/token`: a new token, in place of the one before.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn make_token(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    let body = random_text(StoreToken::BODY);
    let token = StoreToken::make(Purpose::Operator, &caller.store, &body);
    let call = OperatorCall::SetToken {
        id: id.to_owned(),
        hash: token.hash(),
        hint: token.hint().to_owned(),
    };
    let operator = first(ask(app, caller, call).await?)?;
    let created_at = operator.token.map(|note| note.created_at);
    json_response(
        201,
        &json!({ "token": token.expose(), "hint": token.hint(), "created_at": created_at }),
    )
}

/// `DELETE /v1/operators/{id}/token`
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn remove_token(app: &App, caller: &Caller, id: &str) -> Result<Response, AppError> {
    ask(app, caller, OperatorCall::RemoveToken { id: id.to_owned() }).await?;
    Ok(Response::empty()?.with_status(204))
}

async fn ask(app: &App, caller: &Caller, call: OperatorCall) -> Result<Vec<Operator>, AppError> {
    app.objects
        .operators(&caller.store, &caller.actor, call)
        .await
}

fn first(operators: Vec<Operator>) -> Result<Operator, AppError> {
    operators.into_iter().next().ok_or(AppError::NotFound)
}

fn check(email: Option<&str>, name: Option<&str>, locale: Option<&str>) -> Result<(), AppError> {
    let mut problems = Vec::new();
    let mut add = |pointer: &str, code, detail: &str| {
        problems.push(WireProblem {
            pointer: pointer.to_owned(),
            code,
            detail: detail.to_owned(),
        });
    };
    if email.is_some_and(|email| !is_email(email)) {
        add("/email", "not_an_email", "must be an e-mail address");
    }
    let fits = |name: &str| {
        (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    if name.is_some_and(|name| !fits(name)) {
        let detail = "must have 1 to 100 characters, no control characters";
        add("/name", "length", detail);
    }
    let is_known = |tag: &str| Locale::ALL.iter().any(|locale| locale.tag() == tag);
    if locale.is_some_and(|tag| !is_known(tag)) {
        add("/locale", "unknown_locale", "must be en or zh-CN");
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(problems))
    }
}

/// Whether a text has the form of an address, as HTML's e-mail field has it, but with a domain of
/// two parts at least. Whether mail arrives there is found out by sending.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let of_local = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.bytes().all(of_local)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for good in ["ann@shop.example", "a.b+c@x.co", "x@xn--fsqu00a.example"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@shop.example", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@shop.example",
            "ann@",
            "ann@shop",
            "ann@.example",
            "a b@shop.example",
            "ann@shop..example",
            "Ann <ann@shop.example>",
            "a@b@c.example",
            "ann@shop.example\r\nbcc: x@y.example",
            "a,b@shop.example",
            "a@b-.example",
            "李@shop.example",
            long.as_str(),
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
