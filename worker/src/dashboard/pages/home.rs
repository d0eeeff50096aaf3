//! The first page: what waits, what came in, what is missing before going live.

use askama::Template;
use serde_json::Value;

use super::{Page, write};
use crate::dashboard::desk::Desk;
use crate::dashboard::doc::Doc;
use crate::dashboard::filled::Filled;

/// How many orders it shows.
const LATEST: &str = "orders?limit=8";

#[derive(Template)]
#[template(path = "dashboard/home.html")]
struct Home<'a> {
    s: &'a Desk,
    title: &'a str,
    todo: Vec<Doc<'a>>,
    open: usize,
    days: Doc<'a>,
    chart: String,
    orders: Vec<Doc<'a>>,
}

/// `/dashboard/{mode}`
///
/// # Errors
/// What the API answers instead.
pub async fn home(desk: &Desk, filled: &Filled) -> Page {
    let (latest, onboarding, waiting, days) = futures_util::join!(
        desk.get(LATEST),
        desk.try_get("onboarding"),
        desk.try_get("refund_requests?state=open&limit=20"),
        desk.try_get("orders/days"),
    );
    let latest: Value = latest?;
    let steps = Doc(&onboarding).list("/data");
    let is_open = steps.iter().any(|step| !step.is("/done"));
    let title = desk.t("home.title");
    let page = Home {
        s: desk,
        title,
        todo: if is_open { steps } else { Vec::new() },
        open: Doc(&waiting).list("/data").len(),
        days: Doc(&days),
        chart: Doc(&days).at("/data").0.to_string(),
        orders: Doc(&latest).list("/data"),
    };
    write(desk, filled, title, &page)
}
