//! What holds for every input: the fast paths against models of a few lines.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod dice;
mod faults;
mod lists;
mod matching;
mod origins;
#[cfg(feature = "psl")]
mod suffixes;
