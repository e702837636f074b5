//! The promises of the three guards, one module each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

mod admin;
mod browser;
mod egress;
mod egress_forms;
mod guards;
