use rempart_core::{Event, EventKind, Outcome, Reason, TracingObserver};
use tracing::Level;

/// What a cap is for: a kind, an outcome, a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    kind: EventKind,
    outcome: Outcome,
    reason: Option<Reason>,
}

/// What clients can cause at will; what is allowed is not written unless somebody asks for it.
const CAPPED: [Outcome; 3] = [Outcome::Refused, Outcome::Shadowed, Outcome::Error];

/// Each reason, and none.
const REASONS: usize = Reason::ALL.len().saturating_add(1);

impl Place {
    /// How many there are.
    pub(super) const COUNT: usize =
        EventKind::ALL.len().saturating_mul(CAPPED.len()).saturating_mul(REASONS);

    /// Every place, by kind, by outcome, by reason; the last of an outcome is the one without.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        EventKind::ALL.iter().flat_map(|kind| {
            CAPPED.iter().flat_map(|outcome| {
                let reasons = Reason::ALL.iter().copied().map(Some).chain([None]);
                reasons.map(|reason| Self { kind: *kind, outcome: *outcome, reason })
            })
        })
    }

    /// Where the place of an event stands among them all, if it has one.
    pub(super) fn index_of(event: &Event<'_>) -> Option<usize> {
        let outcome = CAPPED.iter().position(|outcome| *outcome == event.outcome)?;
        let reason = event.reason.map_or(Reason::ALL.len(), Reason::index);
        let row = event.kind.index().checked_mul(CAPPED.len())?.checked_add(outcome)?;
        row.checked_mul(REASONS)?.checked_add(reason)
    }

    /// Writes how many of its events no line has told of.
    pub(super) fn sum_up(self, suppressed: u64) {
        // `event!` wants its level as a constant: one callsite a level.
        match TracingObserver::level(self.kind, self.outcome) {
            Level::ERROR => sum_up_at!(Level::ERROR, self, suppressed),
            Level::WARN => sum_up_at!(Level::WARN, self, suppressed),
            _ => sum_up_at!(Level::INFO, self, suppressed),
        }
    }
}

macro_rules! sum_up_at {
    ($level:expr, $place:ident, $suppressed:ident) => {
        tracing::event!(
            target: "rempart",
            $level,
            event.name = $place.kind.event_name($place.outcome),
            outcome = $place.outcome.as_str(),
            reason = $place.reason.map(Reason::as_str),
            suppressed = $suppressed,
            "not logged one by one",
        )
    };
}
use sum_up_at;

#[cfg(test)]
mod tests {
    use rempart_core::PolicyName;

    use super::*;

    #[test]
    fn each_event_that_can_be_capped_has_a_place_of_its_own() {
        let policy = PolicyName::new("made-up").unwrap();
        assert_eq!(Place::all().count(), Place::COUNT);
        for (index, place) in Place::all().enumerate() {
            let mut event = Event::new(place.kind, place.outcome, &policy);
            event.reason = place.reason;
            assert_eq!(Place::index_of(&event), Some(index), "{place:?}");
            event.outcome = Outcome::Allowed;
            assert_eq!(Place::index_of(&event), None, "{place:?}");
        }
    }
}
