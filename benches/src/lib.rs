//! Rempart beside its rivals: the same requests to both, the answers compared first.
//!
//! A [`Case`] is measured by three instruments: a timer that takes turns between the sides of a
//! case on the thread's CPU clock, a counting allocator, and callgrind where it is installed.
//! Everything is told over the bare inner service, so that what is compared is what a layer adds.

pub mod allocator;
pub mod case;
pub mod cases;
pub mod compare;
pub mod criterion;
mod drive;
pub mod gate;
pub mod measure;
pub mod pauses;
pub mod threads;

pub use self::case::{Case, Ceiling, Runner, Side};
