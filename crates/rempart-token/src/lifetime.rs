use std::time::Duration;

use thiserror::Error;

/// How long a minted token lives: at least a second, at most `MOST` seconds, by default a day.
/// There is no "for ever".
///
/// ```
/// use std::time::Duration;
/// use rempart_token::Lifetime;
///
/// const ACCESS: Lifetime = Lifetime::minutes::<15>();
/// assert_eq!(ACCESS.get(), Duration::from_secs(900));
///
/// // From a configuration:
/// assert!(Lifetime::<86_400>::new(Duration::from_secs(3600)).is_ok());
/// assert!(Lifetime::<86_400>::new(Duration::ZERO).is_err());
/// assert!(Lifetime::<86_400>::new(Duration::MAX).is_err());
/// ```
///
/// One that is too long does not compile:
///
/// ```compile_fail,E0080
/// use rempart_token::Lifetime;
///
/// const TWO_DAYS: Lifetime = Lifetime::hours::<48>();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lifetime<const MOST: u32 = 86_400>(u32);

impl<const MOST: u32> Lifetime<MOST> {
    /// The longest.
    pub const MAX: Duration = Duration::from_secs(MOST as u64);

    /// So many seconds.
    #[must_use]
    pub const fn seconds<const N: u32>() -> Self {
        const { assert!(N > 0 && N <= MOST, "a token must end, and soon") };
        Self(N)
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes<const N: u32>() -> Self {
        const { assert!(N > 0 && N <= MOST / 60, "a token must end, and soon") };
        Self(N.saturating_mul(60))
    }

    /// So many hours.
    #[must_use]
    pub const fn hours<const N: u32>() -> Self {
        const { assert!(N > 0 && N <= MOST / 3600, "a token must end, and soon") };
        Self(N.saturating_mul(3600))
    }

    /// A lifetime that is not known when the program is written. Parts of a second are cut off.
    ///
    /// # Errors
    ///
    /// [`LifetimeError`] for less than a second, and for more than `MOST`.
    pub const fn new(life: Duration) -> Result<Self, LifetimeError> {
        match life.as_secs() {
            seconds if seconds > 0 && seconds <= MOST as u64 => {
                #[expect(clippy::cast_possible_truncation, reason = "at most `MOST`")]
                let seconds = seconds as u32;
                Ok(Self(seconds))
            }
            _ => Err(LifetimeError { most: Self::MAX }),
        }
    }

    /// The duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// A token may not live so long, or not so briefly.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a token lives for at least a second and at most {most:?}")]
pub struct LifetimeError {
    most: Duration,
}
