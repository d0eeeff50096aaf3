//! The JSON that crosses a wire: what the API takes and gives, and what webhooks carry.
//!
//! In scope: forms and the rules that need nothing but the message itself (lengths, totals that
//! add up). Out of scope: who may send it, and HTTP status codes. Field names are pinned by tests.

mod added;
mod draft;
#[cfg(test)]
mod tests;
mod view;

pub use added::{
    Added, ItemShare, Note, RefundAdded, ShareError, Shipment, check_shares, price_of,
};
pub use draft::{
    Details, Item, OrderDraft, ShopperDetails, WireError, WireProblem, is_email, is_web_url,
};
pub use view::{
    AttemptView, DeclineView, EventBody, IrregularView, OrderView, Parts, RefundView, event_type,
};
