//! Who may do what: roles, acts, and which act each route of `/v1` is.
//!
//! A route without an act cannot be reached, so that one which is forgotten here is closed.

use serde::{Deserialize, Serialize};
use worker::Method;

/// What an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything.
    Owner,
    /// Answers for the money: captures, refunds, exports.
    Finance,
    /// Answers to shoppers: ships, notes, asks for refunds.
    Support,
    /// Looks on.
    Viewer,
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Finance, Self::Support, Self::Viewer];

    /// As JSON has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Finance => "finance",
            Self::Support => "support",
            Self::Viewer => "viewer",
        }
    }
}

/// What is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Ask for a refund, which another decides.
    AskRefund,
    /// Cancel an order.
    Cancel,
    /// Take what an order holds.
    Capture,
    /// Ask a channel whether an account's settings are right.
    CheckAccount,
    /// Say that an order was paid by hand.
    Confirm,
    /// Make an order.
    CreateOrder,
    /// Approve or decline a request for a refund.
    DecideRefund,
    /// Take lists away as files.
    Export,
    /// Make, edit and delete accounts at channels.
    ManageAccounts,
    /// Make, edit and delete webhook endpoints.
    ManageEndpoints,
    /// Make, roll and revoke API keys, and keys that cards are sealed to.
    ManageKeys,
    /// Set the sender of messages and their texts.
    ManageMail,
    /// Make, edit and delete operators, and sign them in.
    ManageOperators,
    /// One's own sessions, passkeys and saved views.
    ManageOwn,
    /// Change the price book.
    ManagePrices,
    /// Change the store's profile and rules.
    ManageStore,
    /// Write a note at an order.
    Note,
    /// Read who has done what.
    ReadAudit,
    /// Read events and their deliveries.
    ReadEvents,
    /// Read which API keys there are.
    ReadKeys,
    /// Read which operators there are.
    ReadOperators,
    /// Read, search and watch orders, their refunds and requests.
    ReadOrders,
    /// Read who one is oneself.
    ReadOwn,
    /// Read settings; never their secrets.
    ReadSettings,
    /// Send webhooks again.
    Redeliver,
    /// Give money back.
    Refund,
    /// Say that an order was shipped.
    Ship,
}

impl Act {
    /// All acts.
    pub const ALL: [Self; 27] = [
        Self::AskRefund,
        Self::Cancel,
        Self::Capture,
        Self::CheckAccount,
        Self::Confirm,
        Self::CreateOrder,
        Self::DecideRefund,
        Self::Export,
        Self::ManageAccounts,
        Self::ManageEndpoints,
        Self::ManageKeys,
        Self::ManageMail,
        Self::ManageOperators,
        Self::ManageOwn,
        Self::ManagePrices,
        Self::ManageStore,
        Self::Note,
        Self::ReadAudit,
        Self::ReadEvents,
        Self::ReadKeys,
        Self::ReadOperators,
        Self::ReadOrders,
        Self::ReadOwn,
        Self::ReadSettings,
        Self::Redeliver,
        Self::Refund,
        Self::Ship,
    ];
}

/// Whether an operator of this role may do this.
#[must_use]
pub const fn may(role: Role, act: Act) -> bool {
    use Role::{Finance, Owner, Support, Viewer};
    match act {
        Act::ManageOwn
        | Act::ReadEvents
        | Act::ReadKeys
        | Act::ReadOrders
        | Act::ReadOwn
        | Act::ReadSettings => {
            matches!(role, Owner | Finance | Support | Viewer)
        }
        Act::Note => matches!(role, Owner | Finance | Support),
        Act::Cancel
        | Act::Capture
        | Act::Confirm
        | Act::DecideRefund
        | Act::Export
        | Act::Refund => matches!(role, Owner | Finance),
        Act::AskRefund | Act::Redeliver | Act::Ship => matches!(role, Owner | Support),
        Act::CheckAccount
        | Act::CreateOrder
        | Act::ManageAccounts
        | Act::ManageEndpoints
        | Act::ManageKeys
        | Act::ManageMail
        | Act::ManageOperators
        | Act::ManagePrices
        | Act::ManageStore
        | Act::ReadAudit
        | Act::ReadOperators => matches!(role, Owner),
    }
}

/// Whether a program with a secret key may do this.
#[must_use]
pub const fn key_may(act: Act) -> bool {
    match act {
        Act::AskRefund
        | Act::Cancel
        | Act::Capture
        | Act::CheckAccount
        | Act::CreateOrder
        | Act::DecideRefund
        | Act::Export
        | Act::ManageAccounts
        | Act::ManageEndpoints
        | Act::ManagePrices
        | Act::Note
        | Act::ReadEvents
        | Act::ReadOrders
        | Act::ReadOwn
        | Act::ReadSettings
        | Act::Redeliver
        | Act::Refund
        | Act::Ship => true,
        // By hand means a person; the rest is the owner's.
        Act::Confirm
        | Act::ManageKeys
        | Act::ManageMail
        | Act::ManageOperators
        | Act::ManageOwn
        | Act::ManageStore
        | Act::ReadAudit
        | Act::ReadKeys
        | Act::ReadOperators => false,
    }
}

/// Which act a route of `/v1` is; none where there is no such route.
#[must_use]
pub fn act_of(method: &Method, path: &[&str]) -> Option<Act> {
    use Method::{Delete, Get, Patch, Post, Put};
    Some(match (method, path) {
        (Get, ["store"] | ["store", "profile"]) => Act::ReadSettings,
        (Put, ["store"] | ["store", "profile"]) => Act::ManageStore,
        (Get, ["mail"] | ["mail", "templates"])
        | (Post, ["mail", "templates", _, _, "preview"]) => Act::ReadSettings,
        (Put | Delete, ["mail"] | ["mail", "templates", _, _]) | (Post, ["mail", "test"]) => {
            Act::ManageMail
        }
        // Before the orders: it is no id.
        (Get, ["orders", "export.csv"]) => Act::Export,
        (Get, ["orders", _, "messages"]) => Act::ReadOrders,
        (Get, ["api_keys"]) => Act::ReadKeys,
        (Post, ["api_keys" | "sealing_keys"] | ["api_keys", _, "roll"])
        | (Delete, ["api_keys" | "sealing_keys", _]) => Act::ManageKeys,
        (Get, ["accounts" | "channels" | "onboarding" | "sealing_keys"] | ["accounts", _]) => {
            Act::ReadSettings
        }
        (Post, ["accounts"]) | (Patch | Delete, ["accounts", _]) => Act::ManageAccounts,
        (Post, ["accounts", _, "check"]) => Act::CheckAccount,
        (Get, ["webhook_endpoints"] | ["webhook_endpoints", _]) => Act::ReadSettings,
        (Post, ["webhook_endpoints"] | ["webhook_endpoints", _, "rotate_secret" | "test"])
        | (Patch | Delete, ["webhook_endpoints", _]) => Act::ManageEndpoints,
        (Post, ["webhook_endpoints" | "events", _, "redeliver"]) => Act::Redeliver,
        (Get, ["prices"]) => Act::ReadSettings,
        (Get, ["prices.csv"]) => Act::ReadSettings,
        (Put, ["prices.csv"]) | (Put | Delete, ["prices", _]) => Act::ManagePrices,
        (Get, ["views"]) | (Get | Put | Delete, ["views", _]) => Act::ManageOwn,
        (
            Get,
            ["orders"] | ["orders", _] | ["orders", _, "refunds" | "refund_requests" | "timeline"],
        )
        | (Get, ["refund_requests"] | ["refund_requests", _]) => Act::ReadOrders,
        (Post, ["orders"]) => Act::CreateOrder,
        (Post, ["orders", _, "capture"]) => Act::Capture,
        (Post, ["orders", _, "cancel"]) => Act::Cancel,
        (Post, ["orders", _, "confirm"]) => Act::Confirm,
        (Post, ["orders", _, "notes"]) => Act::Note,
        (Post, ["orders", _, "refund_requests"]) => Act::AskRefund,
        (Post, ["orders", _, "refunds"]) => Act::Refund,
        (Post, ["orders", _, "ship"]) => Act::Ship,
        (Post, ["refund_requests", _, "approve" | "decline"]) => Act::DecideRefund,
        (Get, ["events"] | ["events", _] | ["webhook_endpoints", _, "deliveries"]) => {
            Act::ReadEvents
        }
        (Get, ["operators"] | ["operators", _]) => Act::ReadOperators,
        (Post, ["operators"] | ["operators", _, "token" | "sign_in_link"])
        | (Patch, ["operators", _])
        | (Delete, ["operators", _] | ["operators", _, "token" | "sessions" | "passkeys"]) => {
            Act::ManageOperators
        }
        (Get, ["audit"]) => Act::ReadAudit,
        (Get, ["me"]) => Act::ReadOwn,
        (Get | Delete, ["sessions"])
        | (Get | Post, ["passkeys"])
        | (Post, ["passkeys", "options"])
        | (Delete, ["sessions", _]) => Act::ManageOwn,
        (Delete, ["passkeys", id]) if *id != "options" => Act::ManageOwn,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per act, one letter per role that may: owner, finance, support, viewer; `k` for a
    /// secret key. Written by hand from the contract, not from the code.
    const TABLE: &str = "
        AskRefund        o-s-k
        Cancel           of--k
        Capture          of--k
        CheckAccount     o---k
        Confirm          of---
        CreateOrder      o---k
        DecideRefund     of--k
        Export           of--k
        ManageAccounts   o---k
        ManageEndpoints  o---k
        ManageKeys       o----
        ManageMail       o----
        ManageOperators  o----
        ManageOwn        ofsv-
        ManagePrices     o---k
        ManageStore      o----
        Note             ofs-k
        ReadAudit        o----
        ReadEvents       ofsvk
        ReadKeys         ofsv-
        ReadOperators    o----
        ReadOrders       ofsvk
        ReadOwn          ofsvk
        ReadSettings     ofsvk
        Redeliver        o-s-k
        Refund           of--k
        Ship             o-s-k
    ";

    #[test]
    fn each_role_may_what_the_table_says() {
        let lines: Vec<&str> = TABLE.lines().filter(|l| !l.trim().is_empty()).collect();
        assert_eq!(lines.len(), Act::ALL.len());
        for (line, act) in lines.iter().zip(Act::ALL) {
            let mut words = line.split_whitespace();
            assert_eq!(words.next(), Some(format!("{act:?}").as_str()));
            let letters = words.next().unwrap();
            for (role, letter) in Role::ALL.into_iter().zip("ofsv".chars()) {
                assert_eq!(may(role, act), letters.contains(letter), "{role:?} {act:?}");
            }
            assert_eq!(key_may(act), letters.contains('k'), "key {act:?}");
        }
    }

    #[test]
    fn a_route_that_is_not_listed_has_no_act() {
        assert_eq!(act_of(&Method::Get, &["orders"]), Some(Act::ReadOrders));
        // Not an order of that name, which everybody may read.
        let export = ["orders", "export.csv"];
        assert_eq!(act_of(&Method::Get, &export), Some(Act::Export));
        assert_eq!(act_of(&Method::Post, &["orders", "x", "nothing"]), None);
        assert_eq!(act_of(&Method::Delete, &["orders", "x"]), None);
        assert_eq!(act_of(&Method::Options, &["orders"]), None);
    }
}
