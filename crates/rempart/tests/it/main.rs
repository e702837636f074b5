//! What the facade promises: the order of the stack.
#![cfg(all(
    feature = "cors",
    feature = "headers",
    feature = "rate-limit",
    feature = "redact",
    feature = "signature"
))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

#[cfg(feature = "monitor")]
mod bans;
#[cfg(all(feature = "monitor", feature = "prometheus", feature = "token"))]
mod declared;
mod stacking;
