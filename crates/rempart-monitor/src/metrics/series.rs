use std::sync::OnceLock;

use metrics::{Counter, Histogram};
use rempart_core::{Event, EventKind, Outcome, PolicyName, Reason};

use super::family::{By, Family, kind_label};
use super::places::Places;
use super::recorder::Registrar;
use super::{KeyUseState, Metrics};

/// The handles of one policy and one kind of event, each made when it is first used.
pub(super) struct Series {
    /// By outcome; and, if the metric tells reasons, by reason within it.
    counters: Box<[OnceLock<Counter>]>,
    /// How many counters an outcome has.
    reasons: usize,
    /// By outcome; none for the kinds that are not timed.
    durations: Box<[OnceLock<Histogram>]>,
}

/// What a series is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) place: usize,
    pub(super) policy: &'a PolicyName,
    pub(super) kind: EventKind,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<Reason>,
}

impl Series {
    pub(super) fn new(kind: EventKind) -> Self {
        let by_reason = Family::of(kind, Outcome::Allowed).by_reason();
        let reasons = if by_reason { Reason::ALL.len().saturating_add(1) } else { 1 };
        let outcomes = Outcome::ALL.len();
        let timed = if kind == EventKind::Signature { outcomes } else { 0 };
        Self {
            counters: (0..outcomes.saturating_mul(reasons)).map(|_| OnceLock::new()).collect(),
            reasons,
            durations: (0..timed).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The handle that counts such a decision.
    #[inline]
    pub(super) fn counter(&self, registrar: &Registrar, about: About<'_>) -> Option<&Counter> {
        // The place of no reason is the first.
        let reason = about.reason.map_or(0, |reason| reason.index().saturating_add(1));
        let reason = if self.reasons == 1 { 0 } else { reason };
        let at = about.outcome.index().saturating_mul(self.reasons).saturating_add(reason);
        let counter = self.counters.get(at)?;
        Some(counter.get_or_init(|| about.register(registrar)))
    }

    /// The handle that takes down how long such a decision took, if that is of interest.
    #[inline]
    pub(super) fn duration(&self, registrar: &Registrar, about: About<'_>) -> Option<&Histogram> {
        let histogram = self.durations.get(about.outcome.index())?;
        Some(histogram.get_or_init(|| about.register_duration(registrar)))
    }
}

impl<'a> About<'a> {
    #[inline]
    pub(super) fn event(place: usize, event: &Event<'a>) -> Self {
        let Event { policy, kind, outcome, reason, .. } = *event;
        Self { place, policy, kind, outcome, reason }
    }

    #[cold]
    fn register(&self, registrar: &Registrar) -> Counter {
        let family = Family::of(self.kind, self.outcome);
        let labels: Vec<_> =
            family.labels.iter().map(|label| (label.label(), self.value(*label))).collect();
        registrar.counter(family.name, &labels)
    }

    #[cold]
    fn register_duration(&self, registrar: &Registrar) -> Histogram {
        let labels = [By::Policy, By::Outcome].map(|label| (label.label(), self.value(label)));
        registrar.histogram(Metrics::HISTOGRAM, &labels)
    }

    fn value(&self, label: By) -> String {
        match label {
            By::Kind => kind_label(self.kind).to_owned(),
            By::Outcome => self.outcome.as_str().to_owned(),
            By::Policy => Places::label(self.place, self.policy),
            By::Reason => self.reason.map_or("none", Reason::as_str).to_owned(),
            // The one kind that tells of a use tells of a revoked key's.
            By::State => KeyUseState::Revoked.as_str().to_owned(),
        }
    }
}
