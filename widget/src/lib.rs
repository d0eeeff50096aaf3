//! The WebAssembly that runs inside the checkout frame.
//!
//! In scope: checking and sealing what the shopper types, starting one attempt and repeating it
//! until its outcome is known, following the order, deciding what is shown. Not in scope:
//! rendering the page (the worker does), deciding anything about money (the till does), and how a
//! browser is asked to do things (js/, called through [`browser`]).
//!
//! [`frame::Frame`] is told what happened by its methods and answers by calls to [`browser`]; none
//! of those calls back before the method has returned.
//! Modules are public for the tests; the page's script calls [`start`].

pub mod attempt;
pub mod base64;
pub mod browser;
pub mod card_form;
pub mod frame;
pub mod live;
mod pay;
mod show;
pub mod snapshot;
pub mod view;

use wasm_bindgen::prelude::wasm_bindgen;

/// Adopts the page. Returns whether there was a page to adopt.
#[wasm_bindgen]
pub fn start() -> bool {
    let data = browser::read_data();
    match frame::Frame::adopt(&data) {
        Some(frame) => {
            browser::wire(frame, &data);
            true
        }
        None => false,
    }
}
