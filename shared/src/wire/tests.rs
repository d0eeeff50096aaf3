//! The JSON of API and webhooks, letter by letter, and every problem that a message can have.

mod added;
mod draft;
mod events;
mod view;

use serde_json::{Value, json};

use super::{Details, OrderDraft};
use crate::id::{Mode, StoreId};
use crate::time::UnixTime;

/// 2026-11-22T03:00:00Z.
const NOW: UnixTime = UnixTime::from_seconds(1_795_316_400);

/// A draft with something in every field.
fn full_draft() -> Value {
    json!({
        "items": [
            {
                "name": "Tea",
                "sku": "tea-1",
                "quantity": 2,
                "unit_price": { "amount": "40.00", "currency": "USD" },
                "image_url": "https://shop.example/tea.jpg",
            },
            {
                "name": "Cup",
                "quantity": 1,
                "unit_price": { "amount": "15.50", "currency": "USD" },
            },
        ],
        "shipping": { "amount": "5.00", "currency": "USD" },
        "tax": { "amount": "4.50", "currency": "USD" },
        "discount": { "amount": "5.00", "currency": "USD" },
        "total": { "amount": "100.00", "currency": "USD" },
        "shopper": {
            "email": "li@example.com",
            "name": "Li Na",
            "phone": "+86 10 1234 5678",
            "country": "CN",
            "locale": "zh-CN",
            "wechat_openid": "o1",
        },
        "description": "Tea and a cup",
        "merchant_reference": "A-1001",
        "return_url": "https://shop.example/thanks?a=1",
        "metadata": { "channel": "web" },
        "capture": "manual",
        "expires_at": "2026-11-22T05:00:00Z",
        "methods": ["card", "alipay"],
    })
}

fn details(draft: Value) -> Details {
    let draft: OrderDraft = serde_json::from_value(draft).unwrap();
    draft.check(store(), Mode::Test, false, NOW).unwrap()
}

fn store() -> StoreId {
    StoreId::parse("demo").unwrap()
}
