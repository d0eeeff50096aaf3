//! What may happen to an order's money.
//!
//! `table` is the whole of it, state by state; `rules` tells the stories behind single cells;
//! `properties` plays against a model of a channel; `json` pins what is stored.

#![allow(
    clippy::inconsistent_digit_grouping,
    reason = "cents stand apart: 100_00"
)]

mod json;
mod model;
mod properties;
mod rules;
mod states;
mod support;
mod table;
