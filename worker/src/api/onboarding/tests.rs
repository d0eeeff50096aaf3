//! Each thing to do: missing, then done.

use causeway_shared::channel::ChannelId;
use causeway_shared::id::{AccountId, StoreId};
use serde_json::{Value as Json, json};

use super::*;
use crate::object::store::standing::Check;

const NOW: i64 = 1_790_000_000;
const DAY_S: i64 = 24 * 3600;

fn now() -> UnixTime {
    UnixTime::from_seconds(NOW)
}

fn from<T: serde::de::DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).unwrap()
}

fn account(channel: ChannelId, methods: &Json) -> AccountDoc {
    let id = AccountId::make(&StoreId::parse("tea").unwrap(), [1; 8]);
    from(
        json!({ "id": id, "channel": channel, "mode": "live", "label": "", "enabled": true,
        "methods": methods, "fields": [], "sealed": "x", "created_at": now() }),
    )
}

fn key(kind: &str) -> Json {
    json!({ "id": format!("key_{kind}"), "kind": kind, "mode": "live", "label": "", "hash": "",
        "hint": "", "created_at": now() })
}

type Change = fn(&mut Shop);

/// A store that lacks nothing.
struct Shop {
    config: StoreConfig,
    profile: StoreProfile,
    standing: Standing,
    url: &'static str,
}

impl Shop {
    fn complete() -> Self {
        let doc = account(ChannelId::Stripe, &Json::Null);
        let check = Check {
            at: now(),
            ok: true,
            credentials: credentials_mark(&doc),
        };
        let endpoint = json!({ "id": format!("whe_{}", "0".repeat(26)), "mode": "live", "url": "",
            "events": [], "description": "", "enabled": true, "secrets": [],
            "created_at": now() });
        let profile = json!({ "name": "Tea", "allowed_origins": ["https://shop.example"],
            "card_lane": { "lane": "worker_key", "statement": "saq_d_assessed" } });
        Self {
            config: from(json!({ "version": 1, "profile": profile, "accounts": [doc],
                "keys": [key("secret"), key("publishable")], "endpoints": [endpoint],
                "mail": [{ "mode": "live", "from": "a@shop.example", "off": [],
                    "service": { "kind": "cloudflare" } }] })),
            profile: from(json!({ "legal_name": "Tea Ltd",
                "contact": { "email": "help@shop.example" },
                "policies": { "returns": { "en": "14 days" }, "refunds": { "zh-CN": "七天" } } })),
            standing: Standing {
                sells: true,
                has_operator: true,
                checks: [(doc_id(), check)].into(),
            },
            url: "https://pay.shop.example",
        }
    }

    /// What is missing, by code, after a change.
    fn missing(change: impl FnOnce(&mut Self)) -> Vec<&'static str> {
        let mut shop = Self::complete();
        change(&mut shop);
        let items = shop.items();
        let open = items.into_iter().filter(|item| !item.done);
        open.map(|item| {
            assert!(item.detail.len() > 10, "{item:?}");
            item.code
        })
        .collect()
    }

    fn items(&self) -> Vec<Item> {
        Facts {
            mode: Mode::Live,
            config: &self.config,
            profile: &self.profile,
            standing: &self.standing,
            public_url: self.url,
            now: now(),
        }
        .items()
    }
}

fn doc_id() -> String {
    let id = AccountId::make(&StoreId::parse("tea").unwrap(), [1; 8]);
    id.as_str().to_owned()
}

#[test]
fn a_store_that_lacks_nothing_is_told_so_thirteen_times() {
    assert_eq!(Shop::missing(|_| ()), [""; 0]);
    assert_eq!(Shop::complete().items().len(), 13);
}

#[test]
fn an_empty_store_lacks_everything_that_concerns_it() {
    let missing = Shop::missing(|shop| {
        shop.config = StoreConfig::default();
        shop.profile = StoreProfile::default();
        shop.standing = Standing::default();
        shop.url = "http://localhost:8787";
    });
    assert_eq!(
        missing,
        [
            "public_url",
            "store",
            "profile",
            "origins",
            "channel_account",
            "connection",
            "api_key",
            "webhook_endpoint",
            "mail",
            "operator",
        ]
    );
}

#[test]
fn each_thing_is_missed_by_itself() {
    let cases: [(&str, Change); 13] = [
        ("public_url", |s| s.url = "http://pay.shop.example"),
        ("profile", |s| s.profile.legal_name = None),
        ("profile", |s| s.profile.contact.email = None),
        ("profile", |s| s.profile.policies.refunds.zh_cn = None),
        ("origins", |s| origins(s, &[])),
        ("origins", |s| origins(s, &["http://localhost:8788"])),
        ("card_lane", |s| {
            s.config.profile.as_mut().unwrap().card_lane = None;
        }),
        ("webhook_endpoint", |s| {
            s.config.endpoints[0].enabled = false
        }),
        ("webhook_endpoint", |s| {
            s.config.endpoints[0].mode = Mode::Test
        }),
        ("price_book", |s| s.standing.sells = false),
        ("mail", |s| s.config.mail.clear()),
        ("operator", |s| s.standing.has_operator = false),
        ("api_key", |s| {
            s.config.keys.truncate(1);
            s.config.keys[0].expires_at = Some(now());
        }),
    ];
    for (code, change) in cases {
        assert_eq!(Shop::missing(change), [code]);
    }
}

fn origins(shop: &mut Shop, origins: &[&str]) {
    let profile = shop.config.profile.as_mut().unwrap();
    profile.allowed_origins = origins.iter().map(|o| (*o).to_owned()).collect();
}

#[test]
fn an_account_counts_while_it_is_on_and_was_checked_as_it_is() {
    let both = ["channel_account", "connection"];
    assert_eq!(
        Shop::missing(|s| s.config.accounts[0].enabled = false),
        both
    );
    assert_eq!(
        Shop::missing(|s| s.config.accounts[0].mode = Mode::Test),
        both
    );
    let check = |s: &mut Shop, change: fn(&mut Check)| {
        change(s.standing.checks.get_mut(&doc_id()).unwrap());
    };
    assert_eq!(
        Shop::missing(|s| check(s, |c| c.ok = false)),
        ["connection"]
    );
    let month_ago = |c: &mut Check| c.at = UnixTime::from_seconds(NOW - 30 * DAY_S);
    assert_eq!(Shop::missing(|s| check(s, month_ago)), [""; 0]);
    let longer_ago = |c: &mut Check| c.at = UnixTime::from_seconds(NOW - 30 * DAY_S - 1);
    assert_eq!(Shop::missing(|s| check(s, longer_ago)), ["connection"]);
    let other_keys = |s: &mut Shop| s.config.accounts[0].sealed = "y".to_owned();
    assert_eq!(Shop::missing(other_keys), ["connection"]);
}

#[test]
fn cards_and_prices_are_asked_of_those_alone_whom_they_concern() {
    let codes = |change: fn(&mut Shop)| {
        let mut shop = Shop::complete();
        change(&mut shop);
        let items = shop.items();
        items.into_iter().map(|item| item.code).collect::<Vec<_>>()
    };
    for change in [
        (|s| s.config.accounts = vec![account(ChannelId::Alipay, &Json::Null)]) as Change,
        |s| s.config.accounts = vec![account(ChannelId::Stripe, &json!([]))],
    ] {
        assert!(!codes(change).contains(&"card_lane"));
    }
    assert!(codes(|_| ()).contains(&"price_book"));
    assert!(!codes(|s| s.config.keys.truncate(1)).contains(&"price_book"));
}

#[test]
fn a_registration_is_told_before_it_lapses() {
    let lapse = |day: &str| {
        let mut shop = Shop::complete();
        shop.profile.registrations = from(json!([{ "kind": "tax", "number": "1", "country": "IE",
            "expires_on": day }]));
        let items = shop.items();
        items
            .into_iter()
            .find(|i| i.code == "registrations")
            .unwrap()
    };
    // It is 21 September 2026.
    assert!(lapse("2026-10-22").done);
    let soon = lapse("2026-10-21");
    assert!(
        !soon.done && soon.detail.contains("(tax) lapses in 30 days"),
        "{soon:?}"
    );
    assert!(lapse("2026-09-20").detail.contains("has lapsed"));
}
