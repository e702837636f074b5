//! The promises of the crate, one module each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod attacks;
mod bad_input;
mod bodies;
mod budget;
#[cfg(all(feature = "paypal", feature = "sns"))]
mod certified;
mod challenge;
mod client;
mod config;
mod coverage;
mod events;
#[cfg(feature = "explain")]
mod explain;
#[cfg(feature = "axum")]
mod extractors;
mod items;
mod keys;
mod members;
mod message_config;
mod message_signing;
mod message_vectors;
mod messages;
mod methods;
mod presets;
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
mod public_keys;
mod readiness;
mod replay;
mod revoked;
mod scheme_faults;
mod schemes;
mod secrets;
mod signing;
mod stacks;
mod support;
mod swaps;
mod tenants;
mod tenants_work;
mod tokens;
mod twilio;
mod twilio_urls;
mod unread;
mod unsigned;
mod vapi;
mod vectors;
#[cfg(feature = "serde")]
mod written;
mod wycheproof;
