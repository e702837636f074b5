//! The promises of the crate, one module each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    clippy::wildcard_imports,
    reason = "a test that panics has failed, as it should"
)]

mod alike;
mod answers;
mod claims;
mod config;
mod credentials;
mod events;
mod findings;
mod heads;
mod keys;
mod minting;
mod readers;
mod readiness;
mod revocation;
mod secrets;
#[cfg(feature = "axum")]
mod stacks;
mod support;
mod times;
mod vapi;
mod wycheproof;
