use std::time::Duration;

use rempart_core::{EventKind, Outcome, PolicyName};

use super::History;
use super::figures::{CountedPolicy, Figures};
use super::layout::{ByPolicy, Place, Row};
use super::recent::RecentRefusal;
use super::turns::Hour;

/// What a [`History`] held at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    now: Duration,
    hour: Hour,
    policies: Vec<(EventKind, PolicyName)>,
    refusals: Vec<RecentRefusal>,
}

impl Snapshot {
    pub(super) const fn new(
        now: Duration,
        hour: Hour,
        policies: Vec<(EventKind, PolicyName)>,
        refusals: Vec<RecentRefusal>,
    ) -> Self {
        Self { now, hour, policies, refusals }
    }

    /// When it was taken, since 1970.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// How long before that the history began: of what was earlier, nothing is known.
    #[must_use]
    pub const fn age(&self) -> Duration {
        self.hour.age
    }

    /// What was counted within the time that ended now.
    ///
    /// It is counted in slots: the span is rounded up to whole ones, the one being filled among
    /// them, and is [`History::SPAN`] at most.
    #[must_use]
    pub fn last(&self, span: Duration) -> Figures {
        self.window(Duration::ZERO, span)
    }

    /// What was counted within the span that ended so long ago, counted in slots as by
    /// [`last`](Self::last).
    #[must_use]
    pub fn window(&self, ago: Duration, span: Duration) -> Figures {
        let rows = self.hour.rows.iter().rev();
        Figures::of(rows.skip(slots(ago)).take(slots(span)))
    }

    /// The hour in columns of this width, oldest first; the last is being filled.
    ///
    /// A column begins where it did the last time, so that a plot does not tremble when it is
    /// drawn again: those of a minute begin with the minute. The width is rounded up to whole
    /// slots; a column that is remembered in part is left out.
    pub fn columns(&self, width: Duration) -> impl Iterator<Item = Column> {
        let per = u64::try_from(slots(width).max(1)).unwrap_or(u64::MAX);
        let last = self.hour.slot;
        let first = last.saturating_sub(u64::try_from(History::SLOTS).unwrap_or(u64::MAX));
        let first = first.saturating_add(1).div_ceil(per);
        let newest = last.checked_div(per).unwrap_or_default();
        (first..=newest).map(move |nth| {
            let from = nth.saturating_mul(per);
            let rows = (from..from.saturating_add(per)).filter_map(|slot| self.row(slot));
            let ago = self.since(from);
            let width = u32::try_from(per).ok().and_then(|per| History::SLOT.checked_mul(per));
            let known = ago < self.hour.age.saturating_add(width.unwrap_or_default());
            Column { start: self.now.saturating_sub(ago), known, figures: Figures::of(rows) }
        })
    }

    /// The policies that decided upon this kind at least once since the start: in the order in
    /// which they first did, and after them the rest together, if there are any. None for a kind
    /// that is not counted by policy.
    #[must_use]
    pub fn policies(&self, kind: EventKind) -> Vec<CountedPolicy> {
        let each = self.policies.iter().enumerate().filter(|(_, (its_kind, _))| *its_kind == kind);
        let each = each.map(|(nth, (_, name))| CountedPolicy::new(Place::Own(nth), Some(*name)));
        let mut policies: Vec<_> = each.collect();
        if let Some(kind) = ByPolicy::of(kind) {
            let rest = CountedPolicy::new(Place::Rest(kind), None);
            let hour = Figures::of(&self.hour.rows);
            let is_there = |outcome: &Outcome| hour.by_policy(rest, *outcome) > 0;
            policies.extend(Outcome::ALL.iter().any(is_there).then_some(rest));
        }
        policies
    }

    /// The last refusals, the newest first: at most [`History::REFUSALS`] that differ. They are
    /// kept until others take their place, also longer than an hour.
    #[must_use]
    pub fn refusals(&self) -> &[RecentRefusal] {
        &self.refusals
    }

    fn row(&self, slot: u64) -> Option<&Row> {
        let back = usize::try_from(self.hour.slot.checked_sub(slot)?).ok()?;
        self.hour.rows.iter().rev().nth(back)
    }

    /// How long ago a slot began.
    fn since(&self, slot: u64) -> Duration {
        let slots = u32::try_from(self.hour.slot.saturating_sub(slot)).unwrap_or(u32::MAX);
        self.hour.into.saturating_add(History::SLOT.saturating_mul(slots))
    }
}

/// A part of the hour.
#[derive(Clone, Debug)]
pub struct Column {
    start: Duration,
    known: bool,
    figures: Figures,
}

impl Column {
    /// When it began, since 1970, by the clock as it stood when the snapshot was taken.
    #[must_use]
    pub const fn start(&self) -> Duration {
        self.start
    }

    /// Whether the history had begun before the column ended: else its zeros mean nothing.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// What was counted in it.
    #[must_use]
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }
}

/// How many slots cover a span.
fn slots(span: Duration) -> usize {
    let slots = span.as_nanos().div_ceil(History::SLOT.as_nanos());
    usize::try_from(slots).unwrap_or(History::SLOTS).min(History::SLOTS)
}
