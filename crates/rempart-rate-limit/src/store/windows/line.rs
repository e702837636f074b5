use std::sync::PoisonError;

use crate::store::sync::{Mutex, MutexGuard};
use crate::store::{Key, WhenFull};
use crate::window::Log;
use crate::{Admission, Receipt, Standing, StrictWindow};

/// How many clients share a line.
pub(super) const WAYS: usize = 16;

/// Sixteen clients behind one lock. A client has one line, so that two requests of a new client
/// cannot both find it missing and give it a log each.
#[repr(align(64))]
pub(super) struct Line(Mutex<Rows>);

// In this order: what every decision reads is fetched together with the lock.
#[repr(C)]
struct Rows {
    /// Those of each log together, one log after another, and the spare one's at the end.
    ages: Box<[u32]>,
    /// How many are each log's.
    depth: usize,
    tags: [u64; WAYS],
    logs: [Log; WAYS],
    spare: Spare,
}

/// What a line remembers of clients that were pushed out of it.
///
/// Of a strict line: the latest times of any of them, which every newcomer takes over. Of an
/// available one: when it forgave [`WAYS`] admissions, for each of them one entry.
#[derive(Clone, Copy, Default)]
struct Spare {
    log: Log,
    /// How many of its admissions the newest entry has forgiven.
    forgiven: u32,
}

/// A line that one client's request holds, until all that the request is charged with is decided.
pub(crate) struct Held<'a> {
    rows: MutexGuard<'a, Rows>,
    key: Key,
    /// How many admissions are remembered of each client.
    limit: u32,
}

/// What a held line says of a request, and what is to be written if it is allowed.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) admission: Admission,
    window: StrictWindow,
    cost: u32,
    now: u64,
    row: usize,
    start: Start,
}

/// With which log a client goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Its own.
    Own,
    /// That of the client whose slot it takes; in a strict line, together with the spare one.
    Inherited { pushes_out: bool, strict: bool },
    /// An empty one, in place of one of which so many admissions still count.
    Fresh { forgives: u32 },
}

impl Line {
    pub(super) fn new(limit: u32) -> Self {
        Self(Mutex::new(Rows {
            tags: [0; WAYS],
            logs: [Log::default(); WAYS],
            spare: Spare::default(),
            ages: vec![0; Self::words(limit)].into(),
            depth: depth(limit),
        }))
    }

    /// The same clients, so many admissions of each.
    pub(super) fn remembering(&self, limit: u32) -> Self {
        let rows = self.lock();
        let (mut logs, mut spare) = (rows.logs, rows.spare);
        let mut ages: Box<[u32]> = vec![0; Self::words(limit)].into();
        let all = logs.iter_mut().chain([&mut spare.log]);
        let old = rows.ages.chunks(rows.depth);
        for ((log, old), ages) in all.zip(old).zip(ages.chunks_mut(depth(limit))) {
            log.fit(old, ages);
        }
        Self(Mutex::new(Rows { tags: rows.tags, logs, spare, ages, depth: depth(limit) }))
    }

    /// How many ages it keeps.
    pub(super) const fn words(limit: u32) -> usize {
        depth(limit).saturating_mul(WAYS.saturating_add(1))
    }

    #[inline]
    pub(super) fn hold(&self, key: Key, limit: u32) -> Held<'_> {
        Held { rows: self.lock(), key, limit }
    }

    pub(super) fn refund(&self, key: Key, receipt: &Receipt) {
        let mut rows = self.lock();
        let row = usize::from(receipt.row);
        if rows.find(key) == Some(row)
            && let Some((log, ages)) = rows.row(row)
        {
            log.refund(ages, receipt);
        }
    }

    pub(super) fn standing(&self, key: Key, window: &StrictWindow, now: u64) -> Standing {
        let mut rows = self.lock();
        let asked = rows.find(key).and_then(|row| rows.row(row)).map(|(log, ages)| {
            log.cut(ages, window, now);
            let seen = log.seen(ages, window, now);
            window.decide(seen.live(), 0, |nth| seen.still(nth))
        });
        match asked {
            Some(Admission::Allowed(standing)) => standing,
            _ => Standing::counted(window.limit(), 0),
        }
    }

    pub(super) fn occupied(&self, window: &StrictWindow, now: u64) -> usize {
        self.lock().logs.iter().filter(|log| log.counts(window, now)).count()
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Nothing here can panic; if it could, each log would still be one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Decides on a request of a client that is here, and writes down what is allowed: what looking
    /// and committing do, for the common case. `None` if the client is not here.
    #[inline]
    pub(super) fn charge(
        &mut self,
        window: &StrictWindow,
        cost: u32,
        now: u64,
    ) -> Option<(Admission, Option<Receipt>)> {
        let row = self.rows.find(self.key)?;
        let window = window.remembering(self.limit);
        let (log, ages) = self.rows.row(row)?;
        log.cut(ages, &window, now);
        let seen = log.seen(ages, &window, now);
        let admission = window.decide(seen.live(), cost, |nth| seen.still(nth));
        let allowed = cost > 0 && matches!(admission, Admission::Allowed(_));
        let receipt = allowed.then(|| admit(log, ages, &window, cost, now, row));
        Some((admission, receipt))
    }

    /// Decides, and writes nothing but this: a time that the clock has taken back is cut to now, or
    /// the wait that is told would be untrue.
    pub(crate) fn look(
        &mut self,
        window: &StrictWindow,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> Look {
        let window = window.remembering(self.limit);
        let own = self.rows.find(self.key);
        let row = own.unwrap_or_else(|| self.rows.least(&window, now));
        let look = |admission, start| Look { admission, window, cost, now, row, start };
        let Some((log, ages, spare, spares)) = self.rows.parts(row) else {
            return look(Admission::NeverPossible, Start::Own);
        };
        log.cut(ages, &window, now);
        let seen = log.seen(ages, &window, now);
        let live = seen.live();
        if own.is_some() {
            return look(window.decide(live, cost, |nth| seen.still(nth)), Start::Own);
        }
        spare.log.cut(spares, &window, now);
        let others = spare.log.seen(spares, &window, now);
        let forgotten = others.live();
        let strict = when_full == WhenFull::Strict;
        if strict {
            let later = |nth| seen.still(nth).max(others.still(nth));
            let start = Start::Inherited { pushes_out: live > 0, strict };
            return look(window.decide(live.max(forgotten), cost, later), start);
        }
        if live > 0 && spare.entries(forgotten, live) <= window.limit().saturating_sub(forgotten) {
            return look(window.decide(0, cost, |_| 0), Start::Fresh { forgives: live });
        }
        let start = Start::Inherited { pushes_out: live > 0, strict };
        look(window.decide(live, cost, |nth| seen.still(nth)), start)
    }

    /// Writes down what was allowed, and says what may be given back.
    pub(super) fn commit(&mut self, look: &Look) -> Option<Receipt> {
        if look.writes() {
            let Look { window, cost, now, row, start, .. } = *look;
            if start != Start::Own {
                self.rows.enter(self.key, look);
            }
            let (log, ages) = self.rows.row(row)?;
            return Some(admit(log, ages, &window, cost, now, row));
        }
        None
    }
}

impl Look {
    const fn writes(&self) -> bool {
        self.cost > 0 && matches!(self.admission, Admission::Allowed(_))
    }

    /// Whether a client is forgotten of whom admissions still count.
    pub(super) const fn pushes_out(&self) -> bool {
        let pushes_out = match self.start {
            Start::Own => false,
            Start::Inherited { pushes_out, .. } => pushes_out,
            Start::Fresh { .. } => true,
        };
        pushes_out && self.writes()
    }

    /// Whether it is the client's own log that it speaks of, and none that it would inherit.
    pub(crate) fn is_own(&self) -> bool {
        self.start == Start::Own || matches!(self.admission, Admission::NeverPossible)
    }

    /// Whether these are the newcomer's now.
    pub(super) const fn inherits(&self) -> bool {
        matches!(self.start, Start::Inherited { .. })
    }
}

impl Rows {
    #[inline]
    fn find(&self, key: Key) -> Option<usize> {
        self.tags.iter().position(|tag| *tag == key.tag())
    }

    /// The log of which the fewest admissions count, and of several the one that is the oldest.
    #[inline(never)]
    fn least(&self, window: &StrictWindow, now: u64) -> usize {
        let logs = self.logs.iter().zip(self.ages.chunks(self.depth)).enumerate();
        let live = |log: &Log, ages| (log.seen(ages, window, now).live(), log.newest());
        let least = logs.min_by_key(|(_, (log, ages))| live(log, ages));
        least.map_or(0, |(row, _)| row)
    }

    /// A log with its ages.
    #[inline]
    fn row(&mut self, row: usize) -> Option<(&mut Log, &mut [u32])> {
        let first = row.saturating_mul(self.depth);
        let ages = self.ages.get_mut(first..first.saturating_add(self.depth))?;
        Some((self.logs.get_mut(row)?, ages))
    }

    /// A log and the spare one, each with its ages.
    fn parts(&mut self, row: usize) -> Option<(&mut Log, &mut [u32], &mut Spare, &mut [u32])> {
        let (ages, spares) = self.ages.split_at_mut_checked(self.depth.saturating_mul(WAYS))?;
        let first = row.saturating_mul(self.depth);
        let ages = ages.get_mut(first..first.saturating_add(self.depth))?;
        Some((self.logs.get_mut(row)?, ages, &mut self.spare, spares))
    }

    /// Gives a newcomer its slot.
    #[cold]
    fn enter(&mut self, key: Key, look: &Look) {
        let Look { window, now, row, start, .. } = *look;
        if let Some(tag) = self.tags.get_mut(row) {
            *tag = key.tag();
        }
        let Some((log, ages, spare, spares)) = self.parts(row) else { return };
        match start {
            Start::Own => {}
            Start::Inherited { strict, .. } => {
                log.hand_over();
                if strict {
                    spare.remember(spares, *log, ages, &window);
                    log.copy(ages, spare.log, spares);
                }
            }
            Start::Fresh { forgives } => {
                log.clear();
                spare.forgive(spares, &window, forgives, now);
            }
        }
    }
}

impl Spare {
    fn remember(&mut self, ages: &mut [u32], log: Log, others: &mut [u32], window: &StrictWindow) {
        self.log.join(ages, log, others, window);
        self.forgiven = ALL;
    }

    /// How many more entries it has once it has forgiven so many more admissions, if so many of its
    /// own still count.
    const fn entries(&self, live: u32, forgives: u32) -> u32 {
        let room = if live == 0 { 0 } else { ALL.saturating_sub(self.forgiven) };
        forgives.saturating_sub(room).div_ceil(ALL)
    }

    fn forgive(&mut self, ages: &mut [u32], window: &StrictWindow, forgives: u32, now: u64) {
        let live = self.log.seen(ages, window, now).live();
        let mut entries = self.entries(live, forgives);
        let mut sum = forgives;
        if live > 0 && self.forgiven < ALL {
            // There is room in the newest, which has forgiven it all now.
            self.log.forget_newest(ages, 1);
            sum = sum.saturating_add(self.forgiven);
            entries = entries.saturating_add(1);
        }
        let _unused = self.log.admit(ages, window, entries, now);
        self.forgiven = sum.saturating_sub(ALL.saturating_mul(entries.saturating_sub(1)));
    }
}

/// Writes down what a client was allowed.
#[inline]
fn admit(
    log: &mut Log,
    ages: &mut [u32],
    window: &StrictWindow,
    cost: u32,
    now: u64,
    row: usize,
) -> Receipt {
    let mut receipt = log.admit(ages, window, cost, now);
    receipt.row = u8::try_from(row).unwrap_or_default();
    receipt
}

/// How many admissions an entry of the spare log forgives: with as many entries as a client may
/// have admissions, a line forgives as many as all its clients may have.
const ALL: u32 = 16;
const _: () = assert!(ALL as usize == WAYS);

/// One more than the limit: see [`Log`].
const fn depth(limit: u32) -> usize {
    (limit as usize).saturating_add(1)
}
