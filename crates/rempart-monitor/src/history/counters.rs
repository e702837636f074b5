use std::array;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rempart_core::PolicyName;

use super::layout::{Cell, LENGTH, LIMITS, Row};

/// What has been counted since the start. Only ever added to, so that nobody waits for anybody:
/// what a slot holds is the difference between its two ends. They wrap; differences do not mind.
pub(super) struct Counters {
    cells: Box<[AtomicU32]>,
    limits: [OnceLock<PolicyName>; LIMITS],
}

impl Counters {
    pub(super) fn new() -> Self {
        let cells = (0..LENGTH).map(|_| AtomicU32::new(0)).collect();
        Self { cells, limits: array::from_fn(|_| OnceLock::new()) }
    }

    pub(super) fn add(&self, cell: Cell) {
        if let Some(cell) = self.cells.get(cell.index()) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self) -> Row {
        let mut row = [0; LENGTH];
        for (figure, cell) in row.iter_mut().zip(&self.cells) {
            *figure = cell.load(Ordering::Relaxed);
        }
        row
    }

    /// The place of a policy, taken when it is first seen; [`LIMITS`] if there is none left.
    pub(super) fn place(&self, policy: &PolicyName) -> usize {
        // Names past the last index share it, and may not share a name.
        if policy.index() >= PolicyName::INDEXED {
            return LIMITS;
        }
        let of_it =
            |place: &OnceLock<PolicyName>| place.get_or_init(|| *policy).index() == policy.index();
        self.limits.iter().position(of_it).unwrap_or(LIMITS)
    }

    /// The policies that have a place, in the order of their places.
    pub(super) fn limits(&self) -> Vec<PolicyName> {
        self.limits.iter().map_while(|place| place.get().copied()).collect()
    }
}
