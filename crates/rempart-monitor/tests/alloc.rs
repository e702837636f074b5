//! What watching allocates, exactly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

use rempart_testing::alloc::Counting;

#[path = "alloc/detector.rs"]
mod detector;
#[path = "alloc/event_log.rs"]
mod event_log;
#[path = "alloc/history.rs"]
mod history;
#[path = "alloc/metrics.rs"]
mod metrics;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
