//! What is hidden, what is left, and where.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, as it should"
)]

mod access_log;
mod configuration;
mod contexts;
mod control;
mod debug;
mod detectors;
mod examples;
mod headers;
mod keys;
mod linear;
mod masks;
mod panics;
mod registered;
mod tracing_events;
mod writers;

use std::sync::LazyLock;

use rempart_keys::Secret;
use rempart_redact::{Policy, Redactor};

fn standard() -> Redactor {
    static STANDARD: LazyLock<Policy> = LazyLock::new(|| Policy::builder("logs").build().unwrap());
    Redactor::new(STANDARD.clone())
}

/// Made up, and of no shape that a detector knows.
const CANARY: &str = "canary quite/made+up \"7\\";

fn canary() -> Secret {
    Secret::new(CANARY).unwrap()
}

/// A policy that knows the canary.
fn with_canary() -> Redactor {
    Redactor::new(Policy::builder("logs").secret("CANARY", &canary()).build().unwrap())
}
