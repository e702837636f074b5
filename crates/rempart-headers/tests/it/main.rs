//! What the layer promises, a module a promise.
#![allow(clippy::unwrap_used, reason = "a test that unwraps in vain has failed, as it should")]

#[cfg(feature = "axum")]
mod axum_extractor;
mod channel;
mod csp_faults;
mod csp_sources;
mod csp_text;
mod nonce;
mod policy_faults;
mod precedence;
mod presets;
mod readiness;
mod reload;
mod removal;
mod statuses;
mod support;
mod types;
