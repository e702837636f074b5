use rempart_core::{EventKind, Outcome};

use super::latency;
use super::status::StatusClass;

/// What is counted; each has a place of its own in a row of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// An event.
    Event(EventKind, Outcome),
    /// An event of a policy.
    Policy(Place, Outcome),
    /// A request that was answered.
    Answered(StatusClass),
    /// A client, or a network, that stood out.
    Anomaly,
    /// A request of a client that was banned already.
    Banned,
    /// A token that was refused because there was none.
    TokenMissing,
    /// A signature that took so long, by the bucket.
    Signature(usize),
}

/// Where the figures of a policy stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// By themselves.
    Own(usize),
    /// With those of every other policy of the kind that has no place of its own.
    Rest(ByPolicy),
}

/// The kinds of events that are counted by policy as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByPolicy {
    Admin,
    RateLimit,
    Signature,
    Token,
}

impl ByPolicy {
    pub(super) const ALL: [Self; 4] = [Self::Admin, Self::RateLimit, Self::Signature, Self::Token];

    pub(super) const fn of(kind: EventKind) -> Option<Self> {
        match kind {
            EventKind::Admin => Some(Self::Admin),
            EventKind::RateLimit => Some(Self::RateLimit),
            EventKind::Signature => Some(Self::Signature),
            EventKind::Token => Some(Self::Token),
            _ => None,
        }
    }
}

impl Cell {
    /// The place; past the end of the row for a bucket that there is not.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Event(kind, outcome) => by_outcome(EVENT, kind.index(), outcome),
            Self::Policy(Place::Own(nth), outcome) => by_outcome(POLICY, nth, outcome),
            Self::Policy(Place::Rest(kind), outcome) => by_outcome(REST, kind as usize, outcome),
            Self::Answered(class) => ANSWERED.saturating_add(class as usize),
            Self::Anomaly => ANOMALY,
            Self::Banned => BANNED,
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

/// How many policies have a place of their own.
pub(super) const POLICIES: usize = 20;

const OUTCOMES: usize = Outcome::ALL.len();

const EVENT: usize = 0;
const POLICY: usize = EVENT + EventKind::ALL.len() * OUTCOMES;
const REST: usize = POLICY + POLICIES * OUTCOMES;
const ANSWERED: usize = REST + ByPolicy::ALL.len() * OUTCOMES;
const ANOMALY: usize = ANSWERED + StatusClass::ALL.len();
const BANNED: usize = ANOMALY + 1;
const TOKEN_MISSING: usize = BANNED + 1;
const SIGNATURE: usize = TOKEN_MISSING + 1;
pub(super) const LENGTH: usize = SIGNATURE + latency::BUCKETS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_figures_share_a_place_and_none_is_left_empty() {
        let outcomes = || Outcome::ALL.iter().copied();
        let kinds = EventKind::ALL.iter();
        let rest = ByPolicy::ALL.into_iter().map(Place::Rest);
        let places = (0..POLICIES).map(Place::Own).chain(rest);
        let mut indices: Vec<usize> = kinds
            .flat_map(|kind| outcomes().map(|outcome| Cell::Event(*kind, outcome)))
            .chain(places.flat_map(|place| outcomes().map(move |o| Cell::Policy(place, o))))
            .chain(StatusClass::ALL.iter().map(|class| Cell::Answered(*class)))
            .chain([Cell::Anomaly, Cell::Banned, Cell::TokenMissing])
            .chain((0..latency::BUCKETS).map(Cell::Signature))
            .map(Cell::index)
            .collect();
        indices.sort_unstable();
        assert!(indices.into_iter().eq(0..LENGTH));
    }
}
