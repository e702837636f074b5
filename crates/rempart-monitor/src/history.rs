//! The last hour in a memory of fixed size.

mod counters;
mod figures;
mod latency;
mod layout;
mod recent;
mod snapshot;
mod status;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{Clock, Event, EventKind, Observer, Outcome, Reason, SharedClock, SystemClock};

use self::counters::Counters;
pub use self::figures::{CountedPolicy, Figures};
use self::layout::Cell;
use self::recent::Recent;
pub use self::recent::RecentRefusal;
pub use self::snapshot::{Column, Snapshot};
pub use self::status::StatusClass;
use self::turns::Turns;

/// Remembers the last hour in a memory of fixed size, for a page to show.
///
/// It counts every event by its kind and outcome (those of limits, signatures, tokens and the
/// administration by their policy too), how long signatures took and how requests were answered,
/// in slots of ten seconds; and it keeps the last 50 different refusals. A clone bumps one
/// reference count, and shares what is remembered.
///
/// ```
/// use std::time::Duration;
/// use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
/// use rempart_monitor::History;
///
/// let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
/// let history = History::new().clock(clock.clone());
/// // To a layer: `.observer(history.clone())`.
///
/// let policy = PolicyName::new("vapi")?;
/// let event = Event::new(EventKind::Signature, Outcome::Refused, &policy).reason(Reason::Mismatch);
/// history.observe(&event);
/// clock.advance(Duration::from_secs(90));
/// history.observe(&event);
///
/// let hour = history.snapshot();
/// let refused = |span| hour.last(span).count(EventKind::Signature, Outcome::Refused);
/// assert_eq!(refused(Duration::from_secs(60)), 1);
/// assert_eq!(refused(History::SPAN), 2);
/// assert_eq!(hour.refusals()[0].count(), 2);
/// # Ok::<(), rempart_core::NameError>(())
/// ```
///
/// # Security
///
/// It keeps nothing that a client made up, but for its address: routes are as they were declared.
#[derive(Clone)]
#[must_use = "a history remembers nothing until a layer tells it"]
pub struct History(Arc<Shared>);

struct Shared {
    clock: SharedClock,
    counters: Counters,
    turns: Turns,
    recent: Recent,
}

impl History {
    /// What is counted together.
    pub const SLOT: Duration = Duration::from_secs(10);

    /// How many slots are remembered, the one being filled among them.
    pub const SLOTS: usize = 360;

    /// How long anything is remembered.
    pub const SPAN: Duration = Duration::from_secs(3600);

    /// How many policies are counted each by itself: those of limits, signatures, tokens and the
    /// administration that are seen first. The rest of each kind are counted together.
    pub const POLICIES: usize = layout::POLICIES;

    /// How many different refusals are kept.
    pub const REFUSALS: usize = recent::KEPT;

    /// Starts with nothing to remember.
    pub fn new() -> Self {
        Self::by(Arc::new(SystemClock))
    }

    /// Tells the time by this clock, from an empty history on.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self::by(Arc::new(clock))
    }

    /// Takes note of how a request was answered; to be called once a request, by whatever stands
    /// outside of all that answers.
    pub fn answered(&self, status: StatusCode) {
        self.turn();
        self.0.counters.add(Cell::Answered(StatusClass::of(status)));
    }

    /// What is remembered now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let Shared { clock, counters, turns, recent } = &*self.0;
        let (ticks, unix) = (clock.ticks(), clock.unix());
        let hour = turns.hour(ticks, counters);
        Snapshot::new(unix, hour, counters.policies(), recent.newest_first(ticks, unix))
    }

    fn by(clock: SharedClock) -> Self {
        let turns = Turns::new(clock.ticks(), clock.unix());
        let (counters, recent) = (Counters::new(), Recent::default());
        Self(Arc::new(Shared { clock, counters, turns, recent }))
    }

    /// Begins a new slot if it is time; answers what the time is.
    fn turn(&self) -> u64 {
        let ticks = self.0.clock.ticks();
        self.0.turns.turn(ticks, &self.0.counters);
        ticks
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for History {
    fn observe(&self, event: &Event<'_>) {
        let ticks = self.turn();
        let Shared { counters, recent, .. } = &*self.0;
        let &Event { kind, outcome, policy, elapsed, .. } = event;
        counters.add(Cell::Event(kind, outcome));
        if let Some(place) = counters.place(kind, policy) {
            counters.add(Cell::Policy(place, outcome));
        }
        match (kind, event.reason) {
            (EventKind::ClientAnomaly, Some(Reason::Banned)) => counters.add(Cell::Banned),
            (EventKind::ClientAnomaly, Some(Reason::AbnormalConduct | Reason::AbnormalNetwork)) => {
                counters.add(Cell::Anomaly);
            }
            (EventKind::Token, Some(Reason::Missing)) if outcome == Outcome::Refused => {
                counters.add(Cell::TokenMissing);
            }
            (EventKind::Signature, _) => {
                if let Some(elapsed) = elapsed {
                    counters.add(Cell::Signature(latency::bucket(elapsed)));
                }
            }
            _ => {}
        }
        if outcome != Outcome::Allowed || kind.is_critical() && kind != EventKind::SecretEgress {
            recent.note(ticks, event);
        }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}
