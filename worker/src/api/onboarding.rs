//! `GET /v1/onboarding`: what is still to be done before shoppers come.

use causeway_shared::channel::{Lane, channel};
use causeway_shared::id::{KeyKind, Mode};
use causeway_shared::time::UnixTime;
use serde::Serialize;
use serde_json::json;
use worker::Response;

use super::auth::Caller;
use super::cause::{Cause, Code};
use super::check::{credentials_mark, public_url};
use crate::app::App;
use crate::error::AppError;
use crate::object::store::model::{AccountDoc, StoreConfig};
use crate::object::store::profile::StoreProfile;
use crate::object::store::standing::{Standing, StandingCall};
use crate::place;
use crate::random::now;
use crate::reply::json_response;

/// For so long a check of an account counts: a month.
const CHECK_LIFE_S: i64 = 30 * 24 * 3600;

/// `GET /v1/onboarding`
///
/// # Errors
/// When the store does not answer.
pub async fn list(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let facts = Facts {
        mode: caller.mode,
        config: &caller.config,
        profile: &app.objects.profile(&caller.store).await?,
        standing: &app
            .objects
            .standing(&caller.store, StandingCall::Read)
            .await?,
        public_url: &app.origin,
        now: now(),
    };
    let data = facts.items();
    let ready = data.iter().all(|item| item.done);
    json_response(
        200,
        &json!({ "mode": caller.mode, "ready": ready, "data": data, "next_cursor": null }),
    )
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Item {
    code: &'static str,
    done: bool,
    detail: String,
    causes: Vec<Cause>,
}

/// What the list is made from.
struct Facts<'a> {
    mode: Mode,
    config: &'a StoreConfig,
    profile: &'a StoreProfile,
    standing: &'a Standing,
    public_url: &'a str,
    now: UnixTime,
}

/// A thing that is done, or what is missing of it.
fn item(code: &'static str, done_text: &str, causes: Vec<Cause>) -> Item {
    let details: Vec<&str> = causes.iter().map(|cause| cause.detail.as_str()).collect();
    let detail = match details.is_empty() {
        true => done_text.to_owned(),
        false => details.join("; "),
    };
    Item {
        code,
        done: causes.is_empty(),
        detail,
        causes,
    }
}

/// What is said where something is not so.
fn unless(is_so: bool, code: Code) -> Vec<Cause> {
    match is_so {
        true => Vec::new(),
        false => vec![Cause::new(code, &[])],
    }
}

impl Facts<'_> {
    /// The list, in the order in which one does it. What does not concern the store is left out.
    fn items(&self) -> Vec<Item> {
        let mut items = vec![
            self.public_url(),
            self.store(),
            self.profile(),
            self.registrations(),
            self.origins(),
            self.account(),
            self.connection(),
        ];
        items.extend(self.card_lane());
        items.extend([self.api_key(), self.webhook_endpoint()]);
        items.extend(self.price_book());
        items.extend([self.mail(), self.operator()]);
        items
    }

    fn public_url(&self) -> Item {
        let causes = public_url(self.public_url).into_iter().collect();
        let done = "shoppers and channels reach this deployment over https";
        item("public_url", done, causes)
    }

    fn store(&self) -> Item {
        let is_set = self.config.profile.is_some();
        let causes = unless(is_set, Code::StoreUnset);
        item("store", "the store is set up", causes)
    }

    fn profile(&self) -> Item {
        let it = self.profile;
        let has_contact = it.contact.email.is_some() || it.contact.phone.is_some();
        let needs = [
            (it.legal_name.is_some(), Code::LegalNameMissing),
            (has_contact, Code::ContactMissing),
            (!it.policies.returns.is_empty(), Code::ReturnsMissing),
            (!it.policies.refunds.is_empty(), Code::RefundsMissing),
        ];
        let causes = needs
            .into_iter()
            .flat_map(|(is_so, code)| unless(is_so, code));
        let done = "shoppers read who sells to them, and what is promised";
        item("profile", done, causes.collect())
    }

    fn registrations(&self) -> Item {
        let lapsing = self.profile.lapsing(self.now);
        let causes = lapsing.iter().filter_map(|(index, days)| {
            let kind = self.profile.registrations.get(*index)?.kind.name();
            let (number, days_left) = ((index + 1).to_string(), days.to_string());
            let values = [
                ("number", number.as_str()),
                ("kind", kind),
                ("days", &days_left),
            ];
            Some(match *days < 0 {
                true => Cause::new(Code::RegistrationLapsed, &values[..2]),
                false => Cause::new(Code::RegistrationLapses, &values),
            })
        });
        let done = "no licence or tax number lapses within 30 days";
        item("registrations", done, causes.collect())
    }

    fn origins(&self) -> Item {
        let origins = self.config.profile.as_ref();
        let origins = origins.map_or(&[][..], |p| &p.allowed_origins);
        let is_outside = |o: &String| o.starts_with("https://") && !place::is_local(o);
        let causes = if origins.is_empty() {
            unless(false, Code::OriginsNone)
        } else {
            let is_well = self.mode == Mode::Test || origins.iter().any(is_outside);
            unless(is_well, Code::OriginsLocal)
        };
        item("origins", "the shop's pages may show the checkout", causes)
    }

    /// The accounts that new payments may use.
    fn accounts(&self) -> impl Iterator<Item = &AccountDoc> {
        let accounts = self.config.accounts.iter();
        accounts.filter(|a| a.mode == self.mode && a.enabled && !a.retired)
    }

    fn account(&self) -> Item {
        let causes = unless(self.accounts().next().is_some(), Code::AccountNone);
        let done = "an account at a channel is switched on";
        item("channel_account", done, causes)
    }

    fn connection(&self) -> Item {
        let mut causes = unless(self.accounts().next().is_some(), Code::AccountNone);
        for account in self.accounts() {
            let check = self.standing.checks.get(account.id.as_str());
            let check = check.filter(|c| c.credentials == credentials_mark(account));
            let code = match check {
                None => Code::AccountUnchecked,
                Some(check) if !check.ok => Code::AccountToMend,
                Some(check) if check.at.plus_seconds(CHECK_LIFE_S) < self.now => {
                    Code::AccountCheckOld
                }
                Some(_) => continue,
            };
            causes.push(Cause::new(code, &[("account", account.id.as_str())]));
        }
        let done = "every account was checked within a month";
        item("connection", done, causes)
    }

    /// Only where a channel takes cards through the worker.
    fn card_lane(&self) -> Option<Item> {
        let takes_cards = |account: &AccountDoc| {
            let methods = channel(account.channel).declaration().methods.iter();
            let mut through_us = methods.filter(|m| m.lane == Some(Lane::WorkerKey));
            through_us.any(|m| {
                let chosen = account.methods.as_ref();
                chosen.is_none_or(|chosen| chosen.contains(&m.method))
            })
        };
        if !self.accounts().any(takes_cards) {
            return None;
        }
        let profile = self.config.profile.as_ref();
        let is_stated = profile.is_some_and(|p| p.card_lane.is_some());
        let done = "the lane of card data is stated";
        let causes = unless(is_stated, Code::CardsUnstated);
        Some(item("card_lane", done, causes))
    }

    fn has_key(&self, kind: KeyKind) -> bool {
        let mut keys = self.config.keys.iter();
        keys.any(|k| k.mode == self.mode && k.kind == kind && k.is_valid(self.now))
    }

    fn api_key(&self) -> Item {
        let has_one = self.has_key(KeyKind::Secret) || self.has_key(KeyKind::Publishable);
        let causes = unless(has_one, Code::KeyNone);
        item("api_key", "the shop has an API key", causes)
    }

    fn webhook_endpoint(&self) -> Item {
        let mut endpoints = self.config.endpoints.iter();
        let is_there = endpoints.any(|e| e.mode == self.mode && e.enabled);
        let causes = unless(is_there, Code::EndpointNone);
        item("webhook_endpoint", "the shop is told of payments", causes)
    }

    /// Only where a page sells by itself.
    fn price_book(&self) -> Option<Item> {
        if !self.has_key(KeyKind::Publishable) {
            return None;
        }
        let causes = unless(self.standing.sells, Code::PricesNone);
        let done = "the price book has something to buy";
        Some(item("price_book", done, causes))
    }

    fn mail(&self) -> Item {
        let is_set = self.config.mail.iter().any(|m| m.mode == self.mode);
        let causes = unless(is_set, Code::SenderNone);
        item("mail", "shoppers get messages", causes)
    }

    fn operator(&self) -> Item {
        let causes = unless(self.standing.has_operator, Code::OperatorNone);
        item("operator", "an operator can sign in", causes)
    }
}

#[cfg(test)]
mod tests;
