//! What is hidden, what is left, and where.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, as it should"
)]

mod detectors;
mod keys;
mod examples;

use rempart_redact::{Policy, Redactor};

fn standard() -> Redactor {
    Redactor::new(Policy::builder("logs").build().unwrap())
}
