//! Allocations of a request: exact, the same on every machine.

use super::Added;
use crate::allocator::counted;
use crate::{Case, Side};

/// Counts those of a case. All zero unless [`Switched`](crate::allocator::Switched) is the global
/// allocator.
#[must_use]
pub fn measure(case: &Case) -> Added {
    let bare = each(&case.bare);
    let over = |side: &Side| each(side) - bare;
    Added { ours: over(&case.ours), rival: case.rival.as_ref().map(over) }
}

/// Calls that gave, grew or shrank a block, for each request.
fn each(side: &Side) -> f64 {
    let mut runner = side.start();
    let calls = counted(|| (0..ROUNDS).for_each(|_| runner.run()));
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    f64::from(calls) / f64::from(ROUNDS)
}

/// So many that what happens now and then shows as a fraction.
const ROUNDS: u32 = 100;
