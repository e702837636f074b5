use std::time::Duration;

use super::who::Family;

/// Over so many nanoseconds the requests of a client are counted, and as long again remembered.
const WINDOW: u64 = 10_000_000_000;

const SECOND: u64 = 1_000_000_000;

/// One reading of the clock, in the units that are needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Nanoseconds.
    pub(super) ticks: u64,
    /// Whole windows.
    window: u32,
}

impl Moment {
    pub(super) fn at(ticks: u64) -> Self {
        // Ten seconds a window: 32 bits last for a thousand years.
        Self { ticks, window: u32::try_from(ticks / WINDOW).unwrap_or(u32::MAX) }
    }

    /// How much of the window before this one still counts.
    fn remainder(self) -> f64 {
        let into = Duration::from_nanos(self.ticks % WINDOW);
        1.0 - into.div_duration_f64(Duration::from_nanos(WINDOW))
    }

    /// Whole seconds, which for what was is rounded up and for what is rounded down: so that no
    /// pause is cut short.
    fn seconds(self) -> (u32, u32) {
        let cut = |seconds: u64| u32::try_from(seconds).unwrap_or(u32::MAX);
        (cut(self.ticks / SECOND), cut(self.ticks.div_ceil(SECOND)))
    }
}

/// How points are reckoned: as the time in which they leak away, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    point: u64,
    threshold: u64,
    /// No score is higher, so that nobody stands out long after the last offence.
    highest: u64,
    /// In whole seconds, rounded up.
    pause: u32,
    ban: Option<u64>,
}

impl Scale {
    pub(crate) fn new(
        point: Duration,
        threshold: Duration,
        pause: Duration,
        ban: Option<Duration>,
    ) -> Self {
        let (threshold, ban) = (nanoseconds(threshold), ban.map(nanoseconds));
        Self {
            point: nanoseconds(point).max(1),
            threshold,
            highest: threshold.saturating_add(ban.unwrap_or(threshold)),
            pause: whole_seconds(pause),
            ban,
        }
    }

    /// A score in points.
    pub(super) fn points(&self, score: u64) -> f64 {
        Duration::from_nanos(score).div_duration_f64(Duration::from_nanos(self.point))
    }

    pub(super) const fn stands_out(&self, score: u64) -> bool {
        score >= self.threshold
    }

    /// Whether a client of this score has stood out: where there are bans, whether one is in force.
    fn is_known(&self, score: u64) -> bool {
        if self.ban.is_some() { score > self.threshold } else { self.stands_out(score) }
    }

    /// For how long a client of this score is still banned.
    pub(super) fn ban_left(&self, score: u64) -> Option<Duration> {
        self.ban?;
        let left = score.checked_sub(self.threshold).filter(|left| *left > 0)?;
        Some(Duration::from_nanos(left))
    }
}

/// What is known of a client, or of a network.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    /// When its score will have leaked away.
    clear_at: u64,
    /// The window that it was last seen in.
    window: u32,
    /// When it was last told of, in seconds.
    told_at: Option<Told>,
    /// Its requests in that window, and in the one before.
    requests: [u32; 2],
    /// Its offences, likewise.
    offences: [u16; 2],
    /// Whose record it is, beside the bits that stand elsewhere: there is room for it here.
    family: Family,
}

/// A time in seconds, told apart from none without a word of its own.
type Told = std::num::NonZeroU32;

/// What came of an offence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Charged {
    /// It stood out before.
    pub(super) known: bool,
    /// Somebody should hear of it.
    pub(super) tell: bool,
}

impl Record {
    /// Of somebody of whom nothing is known yet.
    pub(super) fn of(family: Family) -> Self {
        Self { family, ..Self::default() }
    }

    pub(super) const fn family(&self) -> Family {
        self.family
    }

    /// Counts a request.
    #[inline]
    pub(super) fn request(&mut self, now: Moment) {
        self.turn(now);
        let [current, _] = &mut self.requests;
        *current = current.saturating_add(1);
    }

    /// Adds points; none while a ban is in force, which ends when it was to end.
    pub(super) fn charge(&mut self, points: u32, now: Moment, scale: &Scale) -> Charged {
        self.turn(now);
        let [current, _] = &mut self.offences;
        *current = current.saturating_add(1);
        let before = self.score(now, scale);
        let known = scale.is_known(before);
        let banned = known && scale.ban.is_some();
        let added = if banned { 0 } else { scale.point.saturating_mul(points.into()) };
        let after = before.saturating_add(added);
        self.owe(after, now, scale);
        Charged { known, tell: scale.stands_out(after) && self.outed(known, now, scale) }
    }

    /// The same for a network, which stands out only if most of what it asks is refused: a large
    /// one has a few offenders at all times. One that may not is held below the threshold.
    pub(super) fn charge_network(&mut self, points: u32, now: Moment, scale: &Scale) -> Charged {
        let before = *self;
        let charged = self.charge(points, now, scale);
        if charged.known || !scale.stands_out(self.score(now, scale)) || self.mostly_refused() {
            return charged;
        }
        self.told_at = before.told_at;
        self.owe(scale.threshold.saturating_sub(1), now, scale);
        Charged { known: false, tell: false }
    }

    /// The score at this time.
    pub(super) fn score(&self, now: Moment, scale: &Scale) -> u64 {
        self.clear_at.saturating_sub(now.ticks).min(scale.highest)
    }

    /// For how long it is still banned. After a clock stepped back, or a policy became milder, its
    /// score leaks from the highest that there is: no ban is longer than the policy's.
    pub(super) fn ban_left(&mut self, now: Moment, scale: &Scale) -> Option<Duration> {
        let score = self.score(now, scale);
        self.clear_at = now.ticks.saturating_add(score);
        scale.ban_left(score)
    }

    /// Requests a second, over the last ten seconds or so.
    pub(super) fn rate(&self, now: Moment) -> f64 {
        let mut turned = *self;
        turned.turn(now);
        let [current, last] = turned.requests.map(f64::from);
        (current + last * now.remainder()) / Duration::from_nanos(WINDOW).as_secs_f64()
    }

    /// Whether there is anything to know.
    pub(super) fn is_live(&self, now: Moment) -> bool {
        let mut turned = *self;
        turned.turn(now);
        self.has_score(now) || turned.requests != [0; 2] || turned.offences != [0; 2]
    }

    /// Whether it still has a score.
    pub(super) const fn has_score(&self, now: Moment) -> bool {
        self.clear_at > now.ticks
    }

    /// Who may be forgotten first: the lowest score, and of those without one the one that asked
    /// least of late.
    #[inline]
    pub(super) const fn worth(&self, now: Moment) -> u64 {
        let score = self.clear_at.saturating_sub(now.ticks);
        if score > 0 {
            return score.saturating_add(1 << u32::BITS);
        }
        // This window, the one before, or the next by the reading of another thread.
        let seen = now.window.wrapping_sub(self.window).wrapping_add(1) <= 2;
        let [current, last] = self.requests;
        if seen { current.saturating_add(last) as u64 } else { 0 }
    }

    /// Whether it stood out just now and somebody should hear of it: when a ban begins, and
    /// otherwise not again before the pause is over.
    fn outed(&mut self, known: bool, now: Moment, scale: &Scale) -> bool {
        if !known && let Some(ban) = scale.ban {
            self.owe(scale.threshold.saturating_add(ban), now, scale);
        }
        let (floor, ceiling) = now.seconds();
        // Two threads may read the clock in one order and come here in the other; a clock that is
        // more than a whole pause behind has stepped back.
        let paused = self.told_at.is_none_or(|at| {
            let over = floor >= at.get().saturating_add(scale.pause);
            over || at.get() > ceiling.saturating_add(scale.pause)
        });
        let tell = paused || (!known && scale.ban.is_some());
        if tell {
            self.told_at = Told::new(ceiling.max(1));
        }
        tell
    }

    fn owe(&mut self, score: u64, now: Moment, scale: &Scale) {
        self.clear_at = now.ticks.saturating_add(score.min(scale.highest));
    }

    fn mostly_refused(&self) -> bool {
        let [requests, requests_before] = self.requests.map(u64::from);
        let [offences, offences_before] = self.offences;
        let full = offences == u16::MAX;
        let offences = u64::from(offences).saturating_add(offences_before.into());
        // More than can be counted is an attack, whatever else is asked for.
        full || offences.saturating_mul(2) >= requests.saturating_add(requests_before)
    }

    /// Moves on to the window of this time.
    fn turn(&mut self, now: Moment) {
        // A thread may come with the reading of a moment ago.
        if now.window == self.window || now.window.checked_add(1) == Some(self.window) {
            return;
        }
        let [requests, _] = self.requests;
        let [offences, _] = self.offences;
        let next = self.window.checked_add(1) == Some(now.window);
        (self.requests, self.offences) =
            if next { ([0, requests], [0, offences]) } else { ([0; 2], [0; 2]) };
        self.window = now.window;
    }
}

/// Rounded up.
fn whole_seconds(duration: Duration) -> u32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(clear_at: u64) -> Record {
        Record { clear_at, window: 7, requests: [3, 40], ..Record::default() }
    }

    #[test]
    fn is_forgotten_by_its_score_and_then_by_what_it_asked_of_late() {
        #[rustfmt::skip]
        let rows = [
            // clears at         now                worth
            (9 * WINDOW,        7 * WINDOW,       2 * WINDOW + (1 << 32)),
            (7 * WINDOW + 1,    7 * WINDOW,       1 + (1 << 32)),
            (7 * WINDOW,        7 * WINDOW,       43),
            (0,                  7 * WINDOW,       43),
            // By the reading of another thread, and a window later.
            (0,                  7 * WINDOW - 1,   43),
            (0,                  8 * WINDOW,       43),
            (0,                  9 * WINDOW - 1,   43),
            (0,                  9 * WINDOW,       0),
            (0,                  6 * WINDOW - 1,   0),
        ];
        for (clear_at, now, worth) in rows {
            let (record, now) = (scored(clear_at), Moment::at(now));
            assert_eq!(record.worth(now), worth, "{now:?}");
            assert_eq!(record.has_score(now), worth > u32::MAX.into());
        }
        let busiest = Record { requests: [u32::MAX; 2], ..Record::default() };
        assert!(busiest.worth(Moment::at(0)) < scored(1).worth(Moment::at(0)));
    }

    #[test]
    fn windows_turn_once_each_and_never_back_by_one() {
        #[rustfmt::skip]
        let rows = [
            // now               requests   offences   window
            (7 * WINDOW,        [3, 40],   [2, 5],    7),
            (8 * WINDOW - 1,    [3, 40],   [2, 5],    7),
            (8 * WINDOW,        [0, 3],    [0, 2],    8),
            (9 * WINDOW,        [0, 0],    [0, 0],    9),
            (7 * WINDOW - 1,    [3, 40],   [2, 5],    7),
            (6 * WINDOW - 1,    [0, 0],    [0, 0],    5),
        ];
        for (now, requests, offences, window) in rows {
            let mut record = Record { offences: [2, 5], ..scored(0) };
            record.turn(Moment::at(now));
            let turned = (record.requests, record.offences, record.window);
            assert_eq!(turned, (requests, offences, window), "{now}");
        }
    }

    #[test]
    fn most_is_half_and_more_than_can_be_counted() {
        #[rustfmt::skip]
        let rows = [
            // requests           offences         mostly refused
            ([0, 0],              [1, 0],          true),
            ([1, 1],              [1, 0],          true),
            ([1, 1],              [0, 1],          true),
            ([2, 1],              [1, 0],          false),
            ([1, 2],              [1, 0],          false),
            ([u32::MAX; 2],       [u16::MAX - 1; 2], false),
            ([u32::MAX; 2],       [u16::MAX, 0],   true),
        ];
        for (requests, offences, mostly) in rows {
            let record = Record { requests, offences, ..Record::default() };
            assert_eq!(record.mostly_refused(), mostly, "{requests:?} {offences:?}");
        }
    }

    #[test]
    fn counts_end_at_the_most_that_can_be_counted() {
        let scale = Scale::new(Duration::MAX, Duration::MAX, Duration::MAX, Some(Duration::MAX));
        let full = [u16::MAX; 2];
        let mut record = Record { requests: [u32::MAX; 2], offences: full, ..Record::default() };
        record.request(Moment::at(0));
        record.charge(u32::MAX, Moment::at(0), &scale);
        assert_eq!((record.requests, record.offences), ([u32::MAX; 2], full));
        assert_eq!(record.score(Moment::at(0), &scale), u64::MAX);
        assert!(size_of::<Record>() <= 32);
    }
}
