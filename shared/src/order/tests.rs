//! What may happen to an order's money.
//!
//! `table` is the whole of it, state by state; `rules` tells the stories behind single cells;
//! `fees` is about what is told beside it; `properties` plays against a model of a channel; `json` pins what is stored.

#![allow(
    clippy::inconsistent_digit_grouping,
    reason = "cents stand apart: 100_00"
)]

mod fees;
mod json;
mod model;
mod properties;
mod rules;
mod states;
mod support;
mod table;
