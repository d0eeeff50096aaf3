//! `GET /v1/orders/export.csv`: all orders that filters find, as a table, however many they are.
//!
//! The table goes out as it is read: some hundred orders are in memory at a time. A cell that a
//! spreadsheet would take for a formula is marked as text.

use std::collections::VecDeque;

use causeway_shared::id::{OrderId, Till};
use causeway_shared::money::Money;
use futures_util::stream;
use worker::{Headers, Request, Response};

use super::auth::Caller;
use super::body::only_known;
use super::search::{FILTERS, ask, filters};
use crate::app::App;
use crate::error::AppError;
use crate::object::till::call::OrderRecord;
use crate::object::till::search::{SearchQuery, shown_attempt};

/// How many orders are read at a time, from all tills together.
const AT_A_TIME: u32 = 400;
/// The least that a till is asked for at a time.
const LEAST: u32 = 20;

const COLUMNS: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "state",
    "merchant_reference",
    "description",
    "currency",
    "total",
    "captured",
    "refunded",
    "refund_pending",
    "refundable",
    "channel",
    "method",
    "account",
    "channel_number",
    "card_brand",
    "card_last4",
    "by_hand",
    "email",
    "name",
    "country",
    "items",
    "fees",
];

/// `GET /v1/orders/export.csv`
///
/// # Errors
/// [`AppError::BadRequest`] for a filter that is not one.
pub async fn export(app: &App, caller: Caller, request: &Request) -> Result<Response, AppError> {
    only_known(request, FILTERS)?;
    let wanted = filters(&caller, request)?;
    let tills = app.objects.tills(&caller.store).await?;
    caller.asks(&tills)?;
    let pages = Pages {
        app: app.clone(),
        caller,
        tills,
        wanted,
        head: Some(line(COLUMNS.iter().map(|c| (*c).to_owned()))),
        done: false,
    };
    let rows = stream::unfold(pages, |mut pages| async move {
        let page = pages.next().await;
        page.map(|page| (page, pages))
    });
    let headers = Headers::new();
    headers.set("content-type", "text/csv; charset=utf-8")?;
    headers.set("content-disposition", "attachment; filename=\"orders.csv\"")?;
    Ok(Response::from_stream(rows)?.with_headers(headers))
}

struct Pages {
    app: App,
    caller: Caller,
    tills: Vec<Till>,
    wanted: SearchQuery,
    head: Option<String>,
    done: bool,
}

impl Pages {
    /// The next lines. A till that fails breaks the answer off, so that nobody takes a part of the
    /// table for the whole.
    async fn next(&mut self) -> Option<Result<Vec<u8>, worker::Error>> {
        if let Some(head) = self.head.take() {
            return Some(Ok(head.into_bytes()));
        }
        if self.done {
            return None;
        }
        match self.page().await {
            Ok(records) => {
                let lines: String = records.iter().map(row).collect();
                Some(Ok(lines.into_bytes()))
            }
            Err(error) => {
                self.done = true;
                Some(Err(worker::Error::RustError(error.code().to_owned())))
            }
        }
    }

    /// Orders down to where every till has been read, newest first.
    async fn page(&mut self) -> Result<Vec<OrderRecord>, AppError> {
        let tills = u32::try_from(self.tills.len()).unwrap_or(1).max(1);
        self.wanted.limit = (AT_A_TIME / tills).max(LEAST);
        let full = usize::try_from(self.wanted.limit).unwrap_or(usize::MAX);
        let mut records: VecDeque<OrderRecord> = VecDeque::new();
        let mut read_to: Option<OrderId> = None;
        let (app, caller, tills) = (&self.app, &self.caller, self.tills.clone());
        ask(app, caller, tills, &self.wanted, |_, orders| {
            let last = orders.last().filter(|_| orders.len() >= full);
            if let Some(last) = last.map(|r| r.order.id()) {
                read_to = read_to.take().max(Some(last.clone()));
            }
            records.extend(orders);
        })
        .await?;
        self.done = read_to.is_none();
        // What is older may still be older than what a till was not asked for yet.
        records.retain(|r| read_to.as_ref().is_none_or(|to| r.order.id() >= to));
        OrderRecord::sort_newest_first(records.make_contiguous());
        self.wanted.before = read_to;
        Ok(records.into())
    }
}

fn row(record: &OrderRecord) -> String {
    let (order, details) = (&record.order, &record.details);
    let attempt = shown_attempt(order);
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let amount = |money: Money| money.to_decimal();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let items = details.items.iter();
    let items: Vec<String> = items
        .map(|i| format!("{} × {}", i.quantity, i.name))
        .collect();
    let card = attempt.and_then(|a| a.card.as_ref());
    let fees = order.attempts().iter().filter_map(|a| a.fee);
    let fees: Vec<String> = fees
        .map(|fee| format!("{} {}", amount(fee), fee.currency().code()))
        .collect();
    line([
        order.id().to_string(),
        order.created_at().rfc3339(),
        order.updated_at().rfc3339(),
        order.state().name().to_owned(),
        text(details.merchant_reference.as_deref()),
        details.description.clone(),
        order.total().currency().code().to_owned(),
        amount(order.total()),
        amount(order.captured()),
        amount(order.refunded()),
        amount(order.refund_pending()),
        amount(order.refundable(None)),
        attempt.map_or(String::new(), |a| word(serde_json::json!(a.channel))),
        attempt.map_or(String::new(), |a| word(serde_json::json!(a.method))),
        attempt.map_or(String::new(), |a| a.account.to_string()),
        text(attempt.and_then(|a| a.channel_number.as_deref())),
        text(card.map(|c| c.brand.as_str())),
        text(card.map(|c| c.last4.as_str())),
        text(order.vouched().map(|h| h.reason.as_str())),
        text(details.shopper.email.as_deref()),
        text(details.shopper.name.as_deref()),
        text(details.shopper.country.as_deref()),
        items.join("; "),
        fees.join("; "),
    ])
}

/// A line of RFC 4180.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|c| cell(&c)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell: quoted where it has to be, and text where a spreadsheet would calculate.
fn cell(text: &str) -> String {
    let calculates = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if calculates {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("two\nlines"), "\"two\nlines\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(cell(formula).trim_start_matches('"').starts_with('\''));
        }
        assert_eq!(line(["a".to_owned(), String::new()]), "a,\r\n");
    }
}
