//! Orders over products that are counted: their pieces are taken out before the order is made. Why
//! that neither sells a piece twice nor loses one: `crate::object::store::stock`.

use std::collections::BTreeMap;

use causeway_shared::id::{Mode, OrderId, StoreId, Till};
use causeway_shared::wire::Item;
use serde_json::json;

use super::auth::Caller;
use crate::app::App;
use crate::error::AppError;
use crate::object::store::stock::{StockAnswer, StockCall};
use crate::object::till::call::{Create, Idempotency, TillAnswer, TillCall};
use crate::object::till::stock;

/// Seconds after an order has expired until its till is asked what became of it.
const PATIENCE_S: i64 = 600;

/// Whether orders of the caller change the count: test orders do as long as nothing is sold for
/// real money.
#[must_use]
pub fn counts(caller: &Caller) -> bool {
    let is_live = caller.config.keys.iter().any(|k| k.mode == Mode::Live);
    caller.mode == Mode::Live || !is_live
}

/// Has a till make an order that may hold pieces.
///
/// # Errors
/// [`AppError::Conflict`] with `out_of_stock`.
pub async fn create(
    app: &App,
    caller: &Caller,
    till: Till,
    mut create: Create,
) -> Result<TillAnswer, AppError> {
    let key = create.idempotency.clone();
    // Who asks again holds pieces already.
    if let Some(known) = known(app, caller, till, key.as_ref()).await? {
        return Ok(known);
    }
    let hold = || StockCall::Hold {
        order: create.id.clone(),
        until: create.expires_at.plus_seconds(PATIENCE_S),
        items: wanted(&create.details.items),
    };
    let store = &caller.store;
    let mut held: StockAnswer = app.objects.stock(store, hold()).await?;
    if held.short.is_some() && !held.lapsed.is_empty() {
        ask_lapsed(app, store, std::mem::take(&mut held.lapsed)).await;
        held = app.objects.stock(store, hold()).await?;
    }
    if let Some((sku, left)) = held.short {
        // Its twin, which took the last piece, may have made the order meanwhile.
        return match known(app, caller, till, key.as_ref()).await? {
            Some(known) => Ok(known),
            None => Err(AppError::Conflict {
                code: "out_of_stock",
                detail: format!("of {sku} {left} are left"),
            }),
        };
    }
    if !held.lapsed.is_empty() {
        let (task, store) = (app.clone(), store.clone());
        app.later(async move { ask_lapsed(&task, &store, held.lapsed).await });
    }
    create.details.holds_stock = held.holds;
    let order = create.id.clone();
    let call = TillCall::Create(Box::new(create));
    // Where no answer comes, the order may be there: it is asked for later.
    let answer = app.objects.till(store, till, call).await?.answer;
    let is_made = matches!(&answer, TillAnswer::Order { changed: true, .. });
    if held.holds && !is_made {
        settle(app, store, order, 0, false).await?;
    }
    Ok(answer)
}

/// How many of each product.
fn wanted(items: &[Item]) -> Vec<(String, u32)> {
    let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
    for item in items {
        if let Some(sku) = &item.sku {
            let sum = wanted.entry(sku).or_default();
            *sum = sum.saturating_add(item.quantity);
        }
    }
    let wanted = wanted.into_iter();
    wanted.map(|(sku, sum)| (sku.to_owned(), sum)).collect()
}

async fn known(
    app: &App,
    caller: &Caller,
    till: Till,
    key: Option<&Idempotency>,
) -> Result<Option<TillAnswer>, AppError> {
    let Some(key) = key else { return Ok(None) };
    let call = TillCall::FindKey(key.clone());
    let answer = app.objects.till(&caller.store, till, call).await?.answer;
    let is_unknown = matches!(answer, TillAnswer::NotFound);
    Ok((!is_unknown).then_some(answer))
}

async fn settle(
    app: &App,
    store: &StoreId,
    order: OrderId,
    version: u64,
    sold: bool,
) -> Result<(), AppError> {
    let call = StockCall::Settle {
        order,
        version,
        sold,
    };
    app.objects.stock(store, call).await.map(drop)
}

/// Asks the tills of orders that should be over what became of them. One that was never made gives
/// its pieces back; one that is not over yet is asked about again.
async fn ask_lapsed(app: &App, store: &StoreId, orders: Vec<OrderId>) {
    for order in orders {
        let id = order.clone();
        let result = async {
            let call = TillCall::Read { order: id.clone() };
            match app.objects.order_till(store, &id, call).await?.answer {
                TillAnswer::NotFound => settle(app, store, id, 0, false).await,
                TillAnswer::Order { record, .. } => match stock::sold(&record.order) {
                    Some(sold) => settle(app, store, id, record.order.version(), sold).await,
                    None => Ok(()),
                },
                _ => Ok(()),
            }
        };
        if let Err(error) = result.await {
            let fields = json!({ "order": order.as_str(), "code": error.code() });
            app.log("stock_not_settled", fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use causeway_shared::money::{Currency, Money};

    use super::*;

    #[test]
    fn pieces_of_a_product_are_added_up_over_the_lines() {
        let item = |sku: Option<&str>, quantity| Item {
            name: "Tea".to_owned(),
            sku: sku.map(str::to_owned),
            quantity,
            unit_price: Money::zero(Currency::USD),
            image_url: None,
        };
        let items = [
            item(Some("tea"), 2),
            item(None, 5),
            item(Some("cup"), 1),
            item(Some("tea"), 3),
        ];
        let wanted = wanted(&items);
        assert_eq!(wanted, [("cup".to_owned(), 1), ("tea".to_owned(), 5)]);
    }
}
