use std::ops::Range;
use std::time::Duration;

use rempart_core::{EventKind, Outcome, PolicyName};

use super::History;
use super::figures::{CountedPolicy, Figures};
use super::layout::{ByPolicy, Place};
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
    pub fn last(&self, span: Duration) -> Figures<'_> {
        self.window(Duration::ZERO, span)
    }

    /// What was counted within the span that ended so long ago, counted in slots as by
    /// [`last`](Self::last).
    #[must_use]
    pub fn window(&self, ago: Duration, span: Duration) -> Figures<'_> {
        let end = self.hour.rows.len().saturating_sub(slots(ago));
        let start = end.saturating_sub(slots(span));
        self.of(start..end)
    }

    /// The hour in columns of this width, oldest first; the last is being filled.
    ///
    /// A column begins where it did the last time, so that a plot does not tremble when it is
    /// drawn again: those of a minute begin with the minute. The width is rounded up to whole
    /// slots; a column that is remembered in part is left out.
    #[must_use]
    pub fn columns(&self, width: Duration) -> impl DoubleEndedIterator<Item = Column<'_>> {
        let per = slots(width).max(1);
        let wide = u64::try_from(per).unwrap_or(u64::MAX);
        // How many slots of the newest column have begun.
        let last = self.hour.slot.checked_rem(wide).unwrap_or_default().saturating_add(1);
        let last = usize::try_from(last).unwrap_or(per);
        let whole = self.hour.rows.len().saturating_sub(last).checked_div(per).unwrap_or_default();
        (0..=whole).rev().map(move |back| {
            let start = back.saturating_mul(per).saturating_add(last);
            let start = self.hour.rows.len().saturating_sub(start);
            let end = start.saturating_add(per).min(self.hour.rows.len());
            let ago = self.since(start);
            let width = History::SLOT.saturating_mul(u32::try_from(per).unwrap_or(u32::MAX));
            Column {
                start: self.now.saturating_sub(ago),
                known: ago < self.hour.age.saturating_add(width),
                slots: start..end,
                figures: self.of(start..end),
            }
        })
    }

    /// What was counted from the start of one column of this snapshot to the end of another.
    #[must_use]
    pub fn join(&self, first: &Column<'_>, last: &Column<'_>) -> Figures<'_> {
        self.of(first.slots.start..last.slots.end)
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
    /// kept until others take their place, also longer than an hour: those whose client and kind
    /// hold most of the places give way first, and what is critical gives way to what is critical alone,
    /// which takes half of the places at most.
    #[must_use]
    pub fn refusals(&self) -> &[RecentRefusal] {
        &self.refusals
    }

    fn of(&self, slots: Range<usize>) -> Figures<'_> {
        Figures::of(self.hour.rows.get(slots).unwrap_or_default())
    }

    /// How long ago a slot began, by its place.
    fn since(&self, place: usize) -> Duration {
        let after = self.hour.rows.len().saturating_sub(place).saturating_sub(1);
        let after = u32::try_from(after).unwrap_or(u32::MAX);
        self.hour.into.saturating_add(History::SLOT.saturating_mul(after))
    }
}

/// A part of the hour.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    start: Duration,
    known: bool,
    slots: Range<usize>,
    figures: Figures<'a>,
}

impl<'a> Column<'a> {
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
    pub const fn figures(&self) -> Figures<'a> {
        self.figures
    }
}

/// How many slots cover a span.
fn slots(span: Duration) -> usize {
    let slots = span.as_nanos().div_ceil(History::SLOT.as_nanos());
    usize::try_from(slots).unwrap_or(History::SLOTS).min(History::SLOTS)
}
