mod error;
mod line;
#[cfg(all(rempart_loom, test))]
mod model;
mod parse;
mod rule;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::error::{BanRuleError, BanRuleFault, BanRulePart};
use self::line::{Entry, Line};
pub use self::rule::{BanRule, BanRuleBuilder};
use crate::{ConfigError, ConfigErrors, Key};

/// Remembers who is banned, and who soon will be, in an amount of memory that is fixed when it is
/// made.
///
/// ```
/// use std::time::Duration;
/// use rempart_rate_limit::{BanRule, Bans, Store};
///
/// let rule: BanRule = "after 3 denials in 1 minute for 5 minutes up to 1 hour".parse()?;
/// let (bans, key) = (Bans::default(), Store::default().key("somebody"));
/// let now = 0;
/// assert_eq!(bans.denied(key, &rule, now), None);
/// assert_eq!(bans.denied(key, &rule, now), None);
/// assert_eq!(bans.denied(key, &rule, now), Some(Duration::from_secs(300)));
/// assert_eq!(bans.banned(key, now + 299_000_000_000), Some(Duration::from_secs(1)));
/// assert_eq!(bans.banned(key, now + 300_000_000_000), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How it stays bounded
///
/// The memory is cut into lines of 1,024 bytes, each with room for 16 bans, for the counts of 20
/// keys that were denied and are not banned, and with a lock of its own; a keyed hash names a key's
/// one line. It does not grow, nothing is swept, and no request looks at more than one line. A line
/// is half full when as many are banned as the table was made for; then one ban in 125 finds its
/// line full, and when half as many are, one in 200,000.
///
/// When a line is full, **the ban with the least left gives way**, be it one that is there or the
/// one that would start. Bans that are over give way first: they are kept to double the next one.
///
/// # Security
///
/// Whoever wants a ban forgotten has to fill its line with longer ones, and since nobody can choose
/// a line, it takes about as many as the table has rows: by default, sixteen thousand addresses
/// banned, its own or strangers', for one that comes back early. Where it is the newcomer that gives
/// way, it is limited as before, and its denials are counted anew.
///
/// The counts of denials give way to others only where a line has more than 20 keys that are denied
/// within the window; then the key with the fewest denials is forgotten. Its successor starts at
/// one, since nobody shall be banned for what others did.
pub struct Bans {
    /// All lines but one, so that there is always one to give.
    lines: Box<[Line]>,
    last: Line,
    evicted: AtomicU64,
    kept_out: AtomicU64,
}

impl Bans {
    /// For how many bans at a time a table is made unless told otherwise: 1 MiB.
    pub const DEFAULT_CAPACITY: usize = 8_192;

    /// The largest capacity, a table of 1 GiB.
    pub const MAX_CAPACITY: usize = 1 << 23;

    /// Makes room for this many bans at a time, 128 bytes for each.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] if it is zero or above [`Bans::MAX_CAPACITY`].
    pub fn with_capacity(bans: usize) -> Result<Self, ConfigErrors> {
        if bans == 0 || bans > Self::MAX_CAPACITY {
            return Err(ConfigError::Capacity { clients: bans, most: Self::MAX_CAPACITY }.into());
        }
        Ok(Self::sized(bans))
    }

    /// What is left of the key's ban at the time `now`, in nanoseconds of the one clock that this
    /// table is used with.
    ///
    /// Nearly always nobody of the key's line is banned: then this is one load.
    #[must_use]
    #[inline]
    pub fn banned(&self, key: Key, now: u64) -> Option<Duration> {
        self.line(key).banned(key, now).map(Duration::from_nanos)
    }

    /// Counts a denial at the time `now`; says how long the ban is, if that starts one.
    ///
    /// Of a key that is banned already, nothing is counted.
    pub fn denied(&self, key: Key, rule: &BanRule, now: u64) -> Option<Duration> {
        let (length, entry) = self.line(key).denied(key, rule, now)?;
        self.count(entry).then(|| Duration::from_nanos(length))
    }

    /// Bans a key by hand; says whether there was room for it.
    ///
    /// It doubles nothing, and does not shorten a ban that is there. Beyond 2^62 nanoseconds, it is
    /// as long as that.
    pub fn ban(&self, key: Key, length: Duration, now: u64) -> bool {
        let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX).min(rule::LONGEST);
        let entry = self.line(key).ban(key, length, now);
        self.count(entry)
    }

    /// Ends the ban of a key, and says whether there was one. Its denials are forgotten; that it was
    /// banned is not, so that the next ban is as much longer as it would have been.
    pub fn unban(&self, key: Key, now: u64) -> bool {
        self.line(key).unban(key, now)
    }

    /// Forgets whatever is known of a key, as if it came for the first time.
    pub fn reset(&self, key: Key) {
        self.line(key).reset(key);
    }

    /// How many keys are banned at the time `now`. It visits every line in turn: for an operator's
    /// gauge, not for a request.
    #[must_use]
    pub fn occupied(&self, now: u64) -> usize {
        let lines = self.lines.iter().chain([&self.last]);
        lines.map(|line| line.occupied(now)).fold(0, usize::saturating_add)
    }

    /// How many bans there is room for.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len().saturating_add(1).saturating_mul(line::BANS)
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(size_of_val(&*self.lines))
    }

    /// How many bans gave way to longer ones before they were over.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// How many bans never started, since all of their line had more left.
    #[must_use]
    pub fn kept_out(&self) -> u64 {
        self.kept_out.load(Ordering::Relaxed)
    }

    /// Says whether there was room.
    fn count(&self, entry: Entry) -> bool {
        match entry {
            Entry::Evicting => {
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
            Entry::Free => {}
            Entry::KeptOut => {
                self.kept_out.fetch_add(1, Ordering::Relaxed);
            }
        }
        entry != Entry::KeptOut
    }

    fn line(&self, key: Key) -> &Line {
        self.lines.get(key.index(self.lines.len())).unwrap_or(&self.last)
    }

    fn sized(bans: usize) -> Self {
        let lines = bans.div_ceil(BANS_PER_LINE);
        Self {
            lines: (1..lines).map(|_| Line::default()).collect(),
            last: Line::default(),
            evicted: AtomicU64::new(0),
            kept_out: AtomicU64::new(0),
        }
    }
}

impl Default for Bans {
    fn default() -> Self {
        Self::sized(Self::DEFAULT_CAPACITY)
    }
}

impl fmt::Debug for Bans {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bans")
            .field("rows", &self.rows())
            .field("evicted", &self.evicted())
            .field("kept_out", &self.kept_out())
            .finish_non_exhaustive()
    }
}

/// How many bans a line is made for.
const BANS_PER_LINE: usize = 8;
