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
mod config;
mod debugging;
mod enforced;
mod events;
mod faults;
mod grants;
mod lists;
mod literals;
mod mistakes;
mod origins;
#[cfg(feature = "psl")]
mod patterns;
mod preflights;
mod presets;
mod readiness;
mod replaced;
mod rival;
mod schemes;
mod shapes;
mod tables;
mod talk;
mod trust;
#[cfg(not(feature = "psl"))]
mod unlisted;
mod unwritable;
