use std::fmt;
use std::time::Duration;

use rempart_core::{EventKind, Outcome, PolicyName};

use super::latency;
use super::layout::{Cell, Place, Row};
use super::status::StatusClass;

/// What was counted within some span of time: a view of a [`Snapshot`](super::Snapshot).
#[derive(Clone, Copy)]
pub struct Figures<'a>(&'a [Row]);

impl<'a> Figures<'a> {
    pub(super) const fn of(rows: &'a [Row]) -> Self {
        Self(rows)
    }

    /// How many events there were of this kind and outcome.
    #[must_use]
    pub fn count(&self, kind: EventKind, outcome: Outcome) -> u64 {
        self.at(Cell::Event(kind, outcome))
    }

    /// How many events there were of this kind, whatever their outcome.
    #[must_use]
    pub fn all(&self, kind: EventKind) -> u64 {
        Outcome::ALL.iter().fold(0, |sum, outcome| sum.saturating_add(self.count(kind, *outcome)))
    }

    /// How many events of a policy there were of this outcome.
    #[must_use]
    pub fn by_policy(&self, policy: CountedPolicy, outcome: Outcome) -> u64 {
        self.at(Cell::Policy(policy.place, outcome))
    }

    /// How many clients and networks were found to conduct themselves abnormally, each as often as
    /// it was told of; the requests of those who were banned for it are [`banned`](Self::banned).
    #[must_use]
    pub fn anomalies(&self) -> u64 {
        self.at(Cell::Anomaly)
    }

    /// How many requests were turned away because their client was banned.
    #[must_use]
    pub fn banned(&self) -> u64 {
        self.at(Cell::Banned)
    }

    /// How many requests were answered with a status of this class.
    #[must_use]
    pub fn answered(&self, class: StatusClass) -> u64 {
        self.at(Cell::Answered(class))
    }

    /// How many requests were refused because they bore no token at all: part of what
    /// [`count`](Self::count) gives for tokens, and no sign of an attack by itself.
    #[must_use]
    pub fn tokens_missing(&self) -> u64 {
        self.at(Cell::TokenMissing)
    }

    /// How many cross-origin requests there were, preflights among them.
    #[must_use]
    pub fn cross_origin(&self) -> u64 {
        self.all(EventKind::CorsActual).saturating_add(self.all(EventKind::CorsPreflight))
    }

    /// How many of them were blocked.
    #[must_use]
    pub fn cross_origin_blocked(&self) -> u64 {
        let blocked = |kind| self.count(kind, Outcome::Refused);
        blocked(EventKind::CorsActual).saturating_add(blocked(EventKind::CorsPreflight))
    }

    /// How many signatures were looked at, with the time that it took.
    #[must_use]
    pub fn signatures_timed(&self) -> u64 {
        self.signatures().iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How long this many hundredths of the signatures took at most: `50` for the median. `None`
    /// if there were none.
    ///
    /// It is off by a sixteenth (6.25 %) at most between 256 ns and 1.07 s; past either end it is
    /// the end.
    #[must_use]
    pub fn signature_percentile(&self, hundredths: u8) -> Option<Duration> {
        latency::percentile(&self.signatures(), hundredths)
    }

    /// How many signatures there were by bucket.
    fn signatures(&self) -> [u64; latency::BUCKETS] {
        std::array::from_fn(|bucket| self.at(Cell::Signature(bucket)))
    }

    fn at(&self, cell: Cell) -> u64 {
        let figures = self.0.iter().filter_map(|row| row.get(cell.index()));
        figures.fold(0, |sum, figure| sum.saturating_add(u64::from(*figure)))
    }
}

impl fmt::Debug for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").field("slots", &self.0.len()).finish_non_exhaustive()
    }
}

/// A policy whose events of one kind are counted by themselves, or all the other policies of that
/// kind together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedPolicy {
    name: Option<PolicyName>,
    place: Place,
}

impl CountedPolicy {
    pub(super) const fn new(place: Place, name: Option<PolicyName>) -> Self {
        Self { name, place }
    }

    /// The name; `None` of the others together.
    #[must_use]
    pub const fn name(&self) -> Option<&PolicyName> {
        self.name.as_ref()
    }
}
