use std::array;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rempart_core::{EventKind, PolicyName};

use super::layout::{ByPolicy, Cell, LENGTH, POLICIES, Place, Row};

/// What has been counted since the start. Only ever added to, so that nobody waits for anybody:
/// what a slot holds is the difference between its two ends. They wrap; differences do not mind.
pub(super) struct Counters {
    cells: Box<[AtomicU32]>,
    policies: [OnceLock<(EventKind, PolicyName)>; POLICIES],
}

impl Counters {
    pub(super) fn new() -> Self {
        let cells = (0..LENGTH).map(|_| AtomicU32::new(0)).collect();
        Self { cells, policies: array::from_fn(|_| OnceLock::new()) }
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

    /// The place of a policy, taken when it is first seen; `None` of a kind that is not counted by
    /// policy.
    pub(super) fn place(&self, kind: EventKind, policy: &PolicyName) -> Option<Place> {
        let rest = Place::Rest(ByPolicy::of(kind)?);
        // Names past the last index share it, and may not share a name.
        if policy.index() >= PolicyName::INDEXED {
            return Some(rest);
        }
        let of_it = |place: &OnceLock<_>| {
            let (its_kind, its_policy): &(_, PolicyName) = place.get_or_init(|| (kind, *policy));
            *its_kind == kind && its_policy.index() == policy.index()
        };
        Some(self.policies.iter().position(of_it).map_or(rest, Place::Own))
    }

    /// The policies that have a place, in the order of their places.
    pub(super) fn policies(&self) -> Vec<(EventKind, PolicyName)> {
        self.policies.iter().map_while(|place| place.get().copied()).collect()
    }
}
