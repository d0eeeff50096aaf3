//! The pages round a payment: leaving for a gateway, the issuer's page, the way back.

use causeway_shared::channel::{Action, Method, channel};
use causeway_shared::id::{AccountId, AttemptId, Reference};
use causeway_shared::order::{Attempt, AttemptState};
use worker::{Request, Response};

use super::frame::{ancestors, price, word};
use super::{Opened, device, read};
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::TillCall;
use crate::objects::Limit;
use crate::page::{
    ChallengeView, Device, LeaveView, Locale, Problem, ReturnedView, Way, render_challenge,
    render_leave_form, render_problem, render_returned,
};
use crate::perform::perform_all;
use crate::reply::{html_response, see_other};
use crate::site;

/// How often a return page may have the channel asked, per order and minute.
const HURRIES: u32 = 6;

/// `GET /leave/{token}/{attempt}`: goes to the gateway, as a top-level page.
///
/// # Errors
/// [`AppError::NotFound`] for a false token or an attempt that is over.
pub async fn leave(
    app: &App,
    request: &Request,
    token: &str,
    attempt: &str,
) -> Result<Response, AppError> {
    let opened = Opened::of(app, token).await?;
    let attempt = find(&opened, attempt)?;
    // It blocks the gateway. The same address goes on in a browser.
    if attempt.method == Method::Alipay && device(request) == Device::Wechat {
        return problem(app, request, Problem::OtherBrowser, 200).await;
    }
    let wants_referrer = channel(attempt.channel).declaration().wants_referrer;
    let (action, way) = match action(attempt) {
        // From a page, because a redirect would tell where the shopper was before, or nothing.
        Some(Action::Redirect { url }) if wants_referrer => (url, Way::Link),
        Some(Action::Redirect { url }) => return see_other(url),
        Some(Action::FormPost { url, fields }) => (url, Way::Post(fields.clone())),
        Some(Action::Bridge { .. } | Action::Challenge { .. } | Action::Qr { .. }) | None => {
            return over(app, request).await;
        }
    };
    let assets = site::manifest(app).await?.page_assets()?;
    let view = LeaveView {
        locale: locale(request),
        method: word(&attempt.method),
        total: price(attempt.amount),
        action: action.clone(),
        way,
        assets,
    };
    let gateway = origin_of(action).ok_or(AppError::NotFound)?;
    let csp = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; form-action {gateway}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = html_response(200, render_leave_form(&view)?, &csp)?;
    if wants_referrer {
        // Our name alone: the rest of the address is the shopper's key to the order.
        response
            .headers_mut()
            .set("referrer-policy", "strict-origin")?;
    }
    Ok(response)
}

/// `GET /challenge/{token}/{attempt}`: holds the issuer's page in a frame.
///
/// # Errors
/// [`AppError::NotFound`] for a false token or an attempt that is over.
pub async fn challenge(
    app: &App,
    request: &Request,
    token: &str,
    attempt: &str,
) -> Result<Response, AppError> {
    let opened = Opened::of(app, token).await?;
    let attempt = find(&opened, attempt)?;
    let Some(Action::Challenge { url }) = action(attempt) else {
        return over(app, request).await;
    };
    let view = ChallengeView {
        locale: locale(request),
        url: url.clone(),
        assets: site::manifest(app).await?.page_assets()?,
    };
    // The issuer's page may come from any bank, and may redirect to another of its hosts.
    let issuers = if app.config.allow_http {
        "https: http:"
    } else {
        "https:"
    };
    let csp = format!(
        "default-src 'none'; style-src 'self'; frame-src {issuers}; form-action 'none'; \
         base-uri 'none'; frame-ancestors 'self' {}",
        framing(&opened)
    );
    html_response(200, render_challenge(&view)?, &csp)
}

/// `GET /return/{account}/{reference}`: where a gateway sends the shopper back to. The address
/// proves nothing: the channel is asked.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such order at this account.
pub async fn returned(
    app: &App,
    request: &Request,
    account: &str,
    reference: &str,
) -> Result<Response, AppError> {
    let account = AccountId::parse(account)?;
    let reference = Reference::parse(reference)?;
    let (store, order) = (account.store(), reference.order());
    let record = read(app, &store, &order).await?;
    let attempt = record.order.attempt_by_number(reference.number());
    if attempt.is_none_or(|a| a.account != account) {
        return Err(AppError::NotFound);
    }
    let hurry = app
        .limit(Limit {
            store: store.as_str(),
            what: "returns",
            who: order.as_str(),
            most: HURRIES,
            window_s: 60,
        })
        .await;
    if hurry.is_ok() {
        let (task, store, order) = (app.clone(), store.clone(), order.clone());
        app.finish(async move {
            let call = TillCall::Hurry {
                order: order.clone(),
            };
            if let Ok(reply) = task.objects.order_till(&store, &order, call).await {
                perform_all(&task, &store, reply.work).await;
            }
        })
        .await?;
    }
    let in_frame = request
        .headers()
        .get("sec-fetch-dest")?
        .is_some_and(|d| d == "iframe");
    if let Some(url) = record.details.return_url.as_deref().filter(|_| !in_frame) {
        return see_other(&with_order(url, order.as_str()));
    }
    let config = app.objects.store_config(&store).await?;
    let view = ReturnedView {
        locale: locale(request),
        store_name: config
            .profile
            .as_ref()
            .map(|p| p.name.clone())
            .unwrap_or_default(),
        back_url: None,
        assets: site::manifest(app).await?.page_assets()?,
    };
    let csp = format!(
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'self' {}",
        super::frame::allowed_origins(&config).join(" ")
    );
    html_response(200, render_returned(&view)?, &csp)
}

/// The page for a link that leads nowhere.
///
/// # Errors
/// When the page cannot be made.
pub async fn problem(
    app: &App,
    request: &Request,
    problem: Problem,
    status: u16,
) -> Result<Response, AppError> {
    let assets = site::manifest(app).await?.page_assets()?;
    let html = render_problem(problem, locale(request), &assets)?;
    // It says nothing that a frame round it could misuse, and must be seen in the shop's page.
    let csp = "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'";
    html_response(status, html, csp)
}

async fn over(app: &App, request: &Request) -> Result<Response, AppError> {
    problem(app, request, Problem::AttemptOver, 410).await
}

fn find<'a>(opened: &'a Opened, attempt: &str) -> Result<&'a Attempt, AppError> {
    let attempt = AttemptId::parse(attempt)?;
    opened
        .record
        .order
        .attempt(&attempt)
        .ok_or(AppError::NotFound)
}

fn action(attempt: &Attempt) -> Option<&Action> {
    match &attempt.state {
        AttemptState::RequiresAction { action } => Some(action),
        AttemptState::Started
        | AttemptState::Pending
        | AttemptState::Authorized
        | AttemptState::Paid
        | AttemptState::Declined { .. }
        | AttemptState::Closing
        | AttemptState::Closed => None,
    }
}

fn framing(opened: &Opened) -> String {
    match ancestors(&opened.config).as_str() {
        "'none'" => String::new(),
        origins => origins.to_owned(),
    }
}

fn locale(request: &Request) -> Locale {
    let asked = request.url().ok().and_then(|url| {
        url.query_pairs()
            .find(|(k, _)| k == "locale")
            .map(|(_, v)| v.into_owned())
    });
    let accepted = request.headers().get("accept-language").ok().flatten();
    Locale::choose(asked.as_deref(), None, accepted.as_deref(), None)
}

fn with_order(url: &str, order: &str) -> String {
    let (base, fragment) = match url.split_once('#') {
        Some((base, fragment)) => (base, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let join = if base.contains('?') { '&' } else { '?' };
    format!("{base}{join}causeway_order={order}{fragment}")
}

fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_added_before_the_fragment() {
        assert_eq!(
            with_order("https://a.test/", "1"),
            "https://a.test/?causeway_order=1"
        );
        assert_eq!(
            with_order("https://a.test/?x=1#y", "1"),
            "https://a.test/?x=1&causeway_order=1#y"
        );
    }

    #[test]
    fn the_origin_ends_with_the_host() {
        assert_eq!(
            origin_of("https://a.test:8/p?q").as_deref(),
            Some("https://a.test:8")
        );
        assert_eq!(origin_of("nothing"), None);
    }
}
