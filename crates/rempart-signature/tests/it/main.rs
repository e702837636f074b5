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
mod challenge;
mod client;
mod config;
mod events;
mod keys;
mod message_config;
mod message_signing;
mod message_vectors;
mod messages;
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
mod public_keys;
mod readiness;
mod replay;
mod revoked;
mod schemes;
mod secrets;
mod signing;
mod stacks;
mod support;
mod swaps;
mod twilio;
mod twilio_urls;
mod unread;
mod unsigned;
mod vectors;
mod wycheproof;
