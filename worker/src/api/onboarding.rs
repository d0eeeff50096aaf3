//! `GET /v1/onboarding`: what is still to be done before shoppers come.

use causeway_shared::channel::{Lane, channel};
use causeway_shared::id::{KeyKind, Mode};
use causeway_shared::time::UnixTime;
use serde::Serialize;
use serde_json::json;
use worker::Response;

use super::auth::Caller;
use super::check::credentials_mark;
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
fn item(code: &'static str, done_text: &str, missing: Option<String>) -> Item {
    Item {
        code,
        done: missing.is_none(),
        detail: missing.unwrap_or_else(|| done_text.to_owned()),
    }
}

/// What is said where something is not so.
fn unless(is_so: bool, missing: &str) -> Option<String> {
    (!is_so).then(|| missing.to_owned())
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
        let missing = if place::is_local(self.public_url) {
            Some("PUBLIC_URL is an address of this machine or network: nobody outside can pay")
        } else if !self.public_url.starts_with("https://") {
            Some("PUBLIC_URL does not begin with https://")
        } else {
            None
        };
        let done = "shoppers and channels reach this deployment over https";
        item("public_url", done, missing.map(str::to_owned))
    }

    fn store(&self) -> Item {
        let is_set = self.config.profile.is_some();
        let missing = unless(is_set, "the store has no settings yet: PUT /v1/store");
        item("store", "the store is set up", missing)
    }

    fn profile(&self) -> Item {
        let it = self.profile;
        let mut missing = Vec::new();
        if it.legal_name.is_none() {
            missing.push("the legal name");
        }
        if it.contact.email.is_none() && it.contact.phone.is_none() {
            missing.push("an e-mail address or telephone number for shoppers");
        }
        if it.policies.returns.is_empty() {
            missing.push("the policy on returns");
        }
        if it.policies.refunds.is_empty() {
            missing.push("the policy on refunds");
        }
        let text = format!("missing in the store profile: {}", missing.join(", "));
        let done = "shoppers read who sells to them, and what is promised";
        item("profile", done, (!missing.is_empty()).then_some(text))
    }

    fn registrations(&self) -> Item {
        let lapsing = self.profile.lapsing(self.now);
        let lines = lapsing.iter().filter_map(|(index, days)| {
            let kind = self.profile.registrations.get(*index)?.kind.name();
            Some(if *days < 0 {
                format!("registration {} ({kind}) has lapsed", index + 1)
            } else {
                format!("registration {} ({kind}) lapses in {days} days", index + 1)
            })
        });
        let lines: Vec<String> = lines.collect();
        let done = "no licence or tax number lapses within 30 days";
        item(
            "registrations",
            done,
            (!lines.is_empty()).then(|| lines.join("; ")),
        )
    }

    fn origins(&self) -> Item {
        let origins = self.config.profile.as_ref();
        let origins = origins.map_or(&[][..], |p| &p.allowed_origins);
        let is_outside = |o: &String| o.starts_with("https://") && !place::is_local(o);
        let missing = if origins.is_empty() {
            Some("no page may show the checkout: name the shop's origin in allowed_origins")
        } else if self.mode == Mode::Live && !origins.iter().any(is_outside) {
            Some("only pages of this machine or network may show the checkout")
        } else {
            None
        };
        let done = "the shop's pages may show the checkout";
        item("origins", done, missing.map(str::to_owned))
    }

    /// The accounts that new payments may use.
    fn accounts(&self) -> impl Iterator<Item = &AccountDoc> {
        let accounts = self.config.accounts.iter();
        accounts.filter(|a| a.mode == self.mode && a.enabled && !a.retired)
    }

    fn account(&self) -> Item {
        let missing = "no account at a channel is switched on in this mode";
        let done = "an account at a channel is switched on";
        item(
            "channel_account",
            done,
            unless(self.accounts().next().is_some(), missing),
        )
    }

    fn connection(&self) -> Item {
        let mut bad: Vec<String> = Vec::new();
        for account in self.accounts() {
            let check = self.standing.checks.get(account.id.as_str());
            let check = check.filter(|c| c.credentials == credentials_mark(account));
            let problem = match check {
                None => "was not checked with its present credentials",
                Some(check) if !check.ok => "had something to mend when it was checked last",
                Some(check) if check.at.plus_seconds(CHECK_LIFE_S) < self.now => {
                    "was not checked for a month"
                }
                Some(_) => continue,
            };
            bad.push(format!("{} {problem}", account.id));
        }
        if self.accounts().next().is_none() {
            bad.push("there is no account to check".to_owned());
        }
        let done = "every account was checked within a month";
        item(
            "connection",
            done,
            (!bad.is_empty()).then(|| bad.join("; ")),
        )
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
        let missing = "cards are not offered: state in card_lane that this deployment is assessed \
                       (PCI DSS SAQ D), or switch cards off";
        let done = "the lane of card data is stated";
        Some(item("card_lane", done, unless(is_stated, missing)))
    }

    fn has_key(&self, kind: KeyKind) -> bool {
        let mut keys = self.config.keys.iter();
        keys.any(|k| k.mode == self.mode && k.kind == kind && k.is_valid(self.now))
    }

    fn api_key(&self) -> Item {
        let has_one = self.has_key(KeyKind::Secret) || self.has_key(KeyKind::Publishable);
        let missing = "the shop has no API key of this mode";
        let done = "the shop has an API key";
        item("api_key", done, unless(has_one, missing))
    }

    fn webhook_endpoint(&self) -> Item {
        let mut endpoints = self.config.endpoints.iter();
        let is_there = endpoints.any(|e| e.mode == self.mode && e.enabled);
        let missing = "no webhook endpoint is switched on in this mode: the shop is not told of \
                       payments";
        let done = "the shop is told of payments";
        item("webhook_endpoint", done, unless(is_there, missing))
    }

    /// Only where a page sells by itself.
    fn price_book(&self) -> Option<Item> {
        if !self.has_key(KeyKind::Publishable) {
            return None;
        }
        let missing = "there is a publishable key, but nothing in the price book can be bought";
        let done = "the price book has something to buy";
        Some(item(
            "price_book",
            done,
            unless(self.standing.sells, missing),
        ))
    }

    fn mail(&self) -> Item {
        let is_set = self.config.mail.iter().any(|m| m.mode == self.mode);
        let missing = "no sender of messages is set in this mode: shoppers get none";
        item("mail", "shoppers get messages", unless(is_set, missing))
    }

    fn operator(&self) -> Item {
        let missing = "no operator has a passkey or a token: only the owner token opens the store";
        let done = "an operator can sign in";
        item(
            "operator",
            done,
            unless(self.standing.has_operator, missing),
        )
    }
}

#[cfg(test)]
mod tests;
