//! The pages that a shopper sees, as HTML text.
//!
//! In scope: which template, which words, how amounts are written, what the frame's script is
//! told. Not in scope: headers (the CSP above all), routes, looking things up. Nothing here
//! depends on the rest of the worker: plain values in, text out, so that it is tested natively.

mod about;
mod checkout;
mod find;
mod locale;
mod moment;
mod order;
mod price;
mod small;
mod texts;
mod theme;

pub use about::{AboutView, Merchant, paragraphs, render_about};
pub use checkout::{Assets, CheckoutView, ItemLine, MethodChoice, SealView, render_checkout};
pub use find::{FindStep, FindView, Found, render_find};
pub use locale::{Device, Locale};
pub use moment::Moment;
pub use order::{
    AskForm, AskView, OrderAssets, OrderLine, OrderView, PaymentView, RefundView, RequestView,
    ShipmentView, method_name, render_order,
};
pub use price::Price;
pub use small::{
    ChallengeView, LeaveView, PageAssets, Problem, ReturnedView, Way, render_challenge,
    render_leave_form, render_problem, render_returned,
};
pub use texts::{Part, Texts, fill};
pub use theme::{accent, theme};

use std::fmt;

/// A page that could not be written. Templates are checked when they are compiled, so this is a
/// lack of memory or a fault of ours, never bad input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageError;

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the page could not be written")
    }
}

impl std::error::Error for PageError {}

impl From<askama::Error> for PageError {
    fn from(_: askama::Error) -> Self {
        Self
    }
}
