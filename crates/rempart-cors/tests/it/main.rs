//! The promises of the CORS layer, one module each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod actual;
mod cases;
mod classification;
mod events;
mod faults;
mod grants;
mod lists;
mod origins;
mod preflights;
mod readiness;
mod rival;
mod shapes;
mod tables;
mod talk;
mod unwritable;
