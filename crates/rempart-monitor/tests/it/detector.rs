//! Clients whose conduct stands out.

mod clocks;
mod crowds;
mod evictions;
mod lists;
mod networks;
mod scores;
mod telling;
mod threads;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rempart_core::{
    ClientAddr, Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason,
};
use rempart_monitor::{AnomalyDetector, Policy, PolicyBuilder, Standing};

/// What a detector said: how, why, of whom.
pub(crate) type Word = (Outcome, Reason, String);

/// Hears what a detector says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Word>>>);

impl Heard {
    pub(crate) fn words(&self) -> Vec<Word> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Observer for Heard {
    fn observe(&self, event: &Event<'_>) {
        assert_eq!((event.kind, event.policy.as_str()), (EventKind::ClientAnomaly, "clients"));
        assert_eq!(event.name(), "client.anomalous");
        let client = event.client.unwrap().to_string();
        self.0.lock().unwrap().push((event.outcome, event.reason.unwrap(), client));
    }
}

/// A detector whose time the test tells, beginning an hour after its clock did.
pub(crate) struct Rig {
    pub(crate) detector: AnomalyDetector,
    pub(crate) clock: ManualClock,
    pub(crate) heard: Heard,
    policy: PolicyName,
}

impl Rig {
    pub(crate) fn new(policy: PolicyBuilder) -> Self {
        let policy = policy.build().unwrap();
        Self::of(AnomalyDetector::new(policy))
    }

    pub(crate) fn of(detector: AnomalyDetector) -> Self {
        let (clock, heard) = (ManualClock::default(), Heard::default());
        clock.advance(Duration::from_secs(3_600));
        let detector = detector.clock(clock.clone()).observer(heard.clone());
        Self { detector, clock, heard, policy: PolicyName::new("api").unwrap() }
    }

    /// With room for this many clients, who stand out at a score that no test reaches.
    pub(crate) fn small(clients: usize) -> Self {
        let policy = watch().threshold(Policy::MAX_THRESHOLD).build().unwrap();
        Self::of(AnomalyDetector::with_capacity(policy, clients).unwrap())
    }

    pub(crate) fn see(&self, kind: EventKind, outcome: Outcome, why: Option<Reason>, who: &str) {
        let mut event = Event::new(kind, outcome, &self.policy).client(Some(address(who)));
        event.reason = why;
        self.detector.observe(&event);
    }

    /// A request that reaches the limit and passes it.
    pub(crate) fn asks(&self, who: &str) {
        self.see(EventKind::RateLimit, Outcome::Allowed, None, who);
    }

    /// A request that passes the limit and is refused: three points.
    pub(crate) fn bad_token(&self, who: &str) {
        self.asks(who);
        self.see(EventKind::Token, Outcome::Refused, Some(Reason::Mismatch), who);
    }

    /// One point.
    pub(crate) fn point(&self, who: &str) {
        self.see(EventKind::Report, Outcome::Refused, Some(Reason::InvalidBody), who);
    }

    pub(crate) fn standing(&self, who: &str) -> Standing {
        self.detector.standing(address(who))
    }

    pub(crate) fn score(&self, who: &str) -> f64 {
        self.standing(who).score
    }

    pub(crate) fn advance(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
    }
}

pub(crate) fn watch() -> PolicyBuilder {
    Policy::builder("clients")
}

pub(crate) fn address(text: &str) -> ClientAddr {
    ClientAddr::new(text.parse().unwrap())
}

#[track_caller]
pub(crate) fn about(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-6, "{got} is not about {want}");
}
