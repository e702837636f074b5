//! What the tool promises, shown on the built binary: one module a promise.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

mod arguments;
mod cors;
mod drill;
mod keys;
mod limit;
mod message;
mod pairs;
mod pipes;
mod scrub;
mod sign_and_verify;
mod tool;
mod vectors;
