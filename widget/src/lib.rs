//! The WebAssembly that runs inside the checkout frame.
//!
//! In scope: checking and sealing what the shopper types, starting one attempt and repeating it
//! until its outcome is known, following the order, deciding what is shown. Not in scope:
//! rendering the page (the worker does), deciding anything about money (the till does), and how a
//! browser is asked to do things (js/, called through [`browser`]).
//!
//! [`frame::Frame`] is told what happened by its methods and answers by calls to [`browser`]; none
//! of those calls back before the method has returned.
//! The page's script calls [`start`].

mod attempt;
mod base64;
mod browser;
mod card_form;
mod frame;
mod live;
mod pay;
mod show;
mod snapshot;
mod view;

#[cfg(test)]
mod tests;

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
