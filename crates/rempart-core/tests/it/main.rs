//! The promises of the shared nouns, one module each.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod bodies;
mod client_addr;
mod clocks;
mod events;
mod lives;
mod names;
mod observers;
mod prefixes;
mod proxies;
mod refusals;
mod shapes;
