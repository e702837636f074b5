//! What the crate promises, a module for each promise.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

mod answers;
mod attacks;
mod ban_models;
mod ban_rules;
mod bans;
mod bursts;
mod clock_steps;
mod counting;
mod events;
mod gates;
#[cfg(feature = "governor")]
mod governors;
mod in_flight;
mod keys;
mod kinds;
mod lists;
mod passed;
mod policies;
mod prefixes;
mod presets;
mod quota_lists;
mod quotas;
mod readiness;
mod reservations;
mod rig;
mod settling;
mod shapes;
#[cfg(feature = "redis")]
mod shared;
mod sharing;
mod spoofing;
mod stack;
mod stores;
mod structured;
mod tiers;
mod together;
mod together_model;
mod window_model;
mod window_stores;
mod windows;
