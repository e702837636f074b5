mod log;

use std::time::Duration;

pub(crate) use self::log::Log;
pub use self::log::Receipt;
use crate::{Quota, RateError, Standing};

/// Allows at most so many requests in *any* window of a period, wherever it begins.
///
/// It goes by when each of the last `limit` requests was admitted. The [generic cell rate
/// algorithm](crate::Gcra) goes by one number, and lets a burst come back while it is spent: a
/// window that begins with one can hold up to twice the limit. Where a policy says "ten a minute"
/// and means it, this is what it means. [`WindowStore`](crate::WindowStore) has the memory.
///
/// ```
/// use rempart_rate_limit::{Admission, Quota, StrictWindow, WhenFull, WindowStore};
///
/// const SECOND: u64 = 1_000_000_000;
/// let window = StrictWindow::new(Quota::per_minute(2))?;
/// let store = WindowStore::with_capacity(1_000, 2)?;
/// let key = store.key("the tenant's number");
/// let asks = |at| store.charge(key, &window, 1, at * SECOND, WhenFull::Strict);
/// assert!(matches!(asks(0), Admission::Allowed(_)));
/// assert!(matches!(asks(30), Admission::Allowed(_)));
/// // The first one counts until it is a minute old, and not a moment less.
/// assert!(matches!(asks(59), Admission::Denied { wait, .. } if wait.as_secs() == 1));
/// assert!(matches!(asks(60), Admission::Allowed(_)));
/// assert!(matches!(asks(60), Admission::Denied { wait, .. } if wait.as_secs() == 30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How exact it is
///
/// The last admission is known to the nanosecond. The ones before it are remembered in four bytes
/// each, rounded to be younger than they are by less than 2<sup>-30</sup> of the period, 32
/// nanoseconds of a minute: a client may wait that much longer, and is never let in too early. A
/// period of less than two seconds is exact.
///
/// # When the rule changes
///
/// The log keeps what was admitted, whatever the rule was, so a client brings its last admissions
/// into another limit or period, by a reload or because it is of another tier: a smaller limit holds
/// for what was admitted before it, and a longer period counts what the shorter one had let go of.
/// A log is as coarse as the longest period that it was ever counted under makes it, and what was
/// more than two of these periods ago is taken to be two of them ago. So the first requests under a
/// longer period may be denied for what does not count any more, and none is admitted too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrictWindow {
    /// In nanoseconds.
    period: u64,
    limit: u32,
    /// What ages are counted in: 2^shift nanoseconds.
    shift: u8,
}

impl StrictWindow {
    /// The most requests that a window may allow: as many times are remembered of each client.
    pub const MAX_LIMIT: u32 = 128;

    /// Checks that a quota can be kept in every window.
    ///
    /// # Errors
    ///
    /// [`RateError`] if the limit or the period is zero, if the limit is above
    /// [`StrictWindow::MAX_LIMIT`] or the burst another than the limit, or if the period is longer
    /// than 2^62 nanoseconds.
    pub const fn new(quota: Quota) -> Result<Self, RateError> {
        let (limit, period) = (quota.limit(), quota.period().as_nanos());
        if limit == 0 {
            return Err(RateError::ZeroLimit);
        }
        if period == 0 {
            return Err(RateError::ZeroPeriod);
        }
        if limit > Self::MAX_LIMIT || quota.burst() != limit {
            return Err(RateError::NoWindow);
        }
        if period > LONGEST {
            return Err(RateError::TooLong);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 2^62, and at most 64 bits")]
        let (period, bits) =
            (period as u64, u128::BITS.saturating_sub(period.leading_zeros()) as u8);
        Ok(Self { period, limit, shift: bits.saturating_sub(AGE_BITS) })
    }

    /// How many requests a window allows.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How long a window is.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_nanos(self.period)
    }

    /// The same, as far as so many admissions are remembered.
    pub(crate) const fn remembering(self, limit: u32) -> Self {
        if limit < self.limit { Self { limit, ..self } } else { self }
    }

    /// Decides on a request of this cost from a client of whom `live` admissions count, and the
    /// nth newest of them for so many nanoseconds more.
    #[inline]
    pub(crate) fn decide(&self, live: u32, cost: u32, still: impl Fn(u32) -> u64) -> Admission {
        if cost > self.limit {
            return Admission::NeverPossible;
        }
        let free = self.limit.saturating_sub(live);
        // One more than is free now has to wait for this one, if there is one.
        let next = self.limit.saturating_sub(free).checked_sub(1).map(&still);
        match free.checked_sub(cost) {
            Some(remaining) => {
                let next = next.unwrap_or(if cost == 0 { 0 } else { self.period });
                Admission::Allowed(Standing::counted(remaining, next))
            }
            None => Admission::Denied {
                standing: Standing::counted(free, next.unwrap_or_default()),
                wait: Duration::from_nanos(still(self.limit.saturating_sub(cost))),
            },
        }
    }
}

/// What a strict window says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an admission that nobody reads limits nobody"]
pub enum Admission {
    /// Within the limit, and this is what the client may do after it.
    Allowed(Standing),
    /// Beyond the limit, for now.
    Denied {
        /// What the client may do instead.
        standing: Standing,
        /// After how long the same request would be allowed.
        wait: Duration,
    },
    /// The request costs more than a window allows: no waiting helps.
    NeverPossible,
}

/// A period has at most 2^31 ticks, so that an age of 32 bits covers two.
const AGE_BITS: u8 = 31;

/// 146 years, in nanoseconds.
const LONGEST: u128 = 1 << 62;
