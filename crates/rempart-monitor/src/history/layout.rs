use rempart_core::{EventKind, Outcome};

use super::latency;
use super::status::StatusClass;

/// What is counted; each has a place of its own in a row of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// An event.
    Event(EventKind, Outcome),
    /// An event of a limit, by the place of its policy; [`LIMITS`] is that of the rest together.
    Limit(usize, Outcome),
    /// A request that was answered.
    Answered(StatusClass),
    /// A token that was refused because there was none.
    TokenMissing,
    /// A signature that took so long, by the bucket.
    Signature(usize),
}

impl Cell {
    /// The place; past the end of the row for a place or a bucket that there is not.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Event(kind, outcome) => by_outcome(EVENTS, kind.index(), outcome),
            Self::Limit(place, outcome) => {
                by_outcome(LIMIT, if place < LIMITS { place } else { LIMITS }, outcome)
            }
            Self::Answered(class) => ANSWERED.saturating_add(class as usize),
            Self::TokenMissing => TOKEN_MISSING,
            Self::Signature(bucket) => SIGNATURE.saturating_add(bucket),
        }
    }
}

const fn by_outcome(first: usize, nth: usize, outcome: Outcome) -> usize {
    first.saturating_add(nth.saturating_mul(OUTCOMES)).saturating_add(outcome.index())
}

/// One figure a cell.
pub(super) type Row = [u32; LENGTH];

/// How many policies of limits have a place of their own.
pub(super) const LIMITS: usize = 16;

const OUTCOMES: usize = Outcome::ALL.len();

const EVENTS: usize = 0;
const LIMIT: usize = EVENTS + EventKind::ALL.len() * OUTCOMES;
const ANSWERED: usize = LIMIT + (LIMITS + 1) * OUTCOMES;
const TOKEN_MISSING: usize = ANSWERED + StatusClass::ALL.len();
pub(super) const SIGNATURE: usize = TOKEN_MISSING + 1;
pub(super) const LENGTH: usize = SIGNATURE + latency::BUCKETS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_figures_share_a_place_and_none_is_left_empty() {
        let outcomes = || Outcome::ALL.iter().copied();
        let kinds = EventKind::ALL.iter();
        let mut places: Vec<usize> = kinds
            .flat_map(|kind| outcomes().map(|outcome| Cell::Event(*kind, outcome)))
            .chain((0..=LIMITS).flat_map(|at| outcomes().map(move |o| Cell::Limit(at, o))))
            .chain(StatusClass::ALL.iter().map(|class| Cell::Answered(*class)))
            .chain([Cell::TokenMissing])
            .chain((0..latency::BUCKETS).map(Cell::Signature))
            .map(Cell::index)
            .collect();
        places.sort_unstable();
        assert!(places.into_iter().eq(0..LENGTH));
    }
}
