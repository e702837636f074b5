//! What the crate promises, a module for each promise.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

mod bans;
mod detector;
mod event_log;
mod history;
mod log_lines;
mod metrics;
mod policies;
