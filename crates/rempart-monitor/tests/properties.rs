//! Each observer against a slow and obvious one.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

#[path = "properties/detector.rs"]
mod detector;
#[path = "properties/history.rs"]
mod history;
