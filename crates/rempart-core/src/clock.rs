mod coarse;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, pin::Pin};

pub use self::coarse::CoarseClock;
use crate::{Sleep, Timer};

/// Tells the time, twice over: a time that only grows, and the time of day.
pub trait Clock: Send + Sync {
    /// Nanoseconds since a moment of the clock's choosing; never less than before.
    fn ticks(&self) -> u64;

    /// The time since 1970-01-01T00:00:00Z; may jump, in either direction.
    fn unix(&self) -> Duration;
}

/// A clock as layers hold it.
pub type SharedClock = Arc<dyn Clock>;

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn ticks(&self) -> u64 {
        (**self).ticks()
    }

    fn unix(&self) -> Duration {
        (**self).unix()
    }
}

/// Reads the machine's clocks. All values of this type agree on the origin of their ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn ticks(&self) -> u64 {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let elapsed = ORIGIN.elapsed();
        // In 64 bits, and wrapping after 584 years: this is read for every request.
        let whole = elapsed.as_secs().wrapping_mul(1_000_000_000);
        whole.wrapping_add(u64::from(elapsed.subsec_nanos()))
    }

    fn unix(&self) -> Duration {
        // A machine whose clock stands before 1970 is at 1970: every signed time is then stale.
        SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}

/// Stands still until it is moved: a [`Clock`] and a [`Timer`] for tests. Clones share the time.
///
/// ```
/// use std::time::Duration;
/// use rempart_core::{Clock, ManualClock};
///
/// let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
/// let seen_by_the_layer = clock.clone();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(seen_by_the_layer.unix().as_secs(), 1_800_000_060);
/// assert_eq!(seen_by_the_layer.ticks(), 60_000_000_000);
/// ```
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ticks: u64,
    unix: Duration,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// Starts at this time since 1970, with ticks at 0.
    #[must_use]
    pub fn at(unix: Duration) -> Self {
        Self(Arc::new(Mutex::new(State { unix, ..State::default() })))
    }

    /// Lets time pass, and wakes every sleeper to look at the clock.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.ticks = state.ticks.saturating_add(nanoseconds(by));
        state.unix = state.unix.saturating_add(by);
        let sleepers = std::mem::take(&mut state.sleepers);
        drop(state);
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Sets the time of day alone, forwards or backwards, as an operator or a time server would.
    pub fn set_unix(&self, unix: Duration) {
        self.state().unix = unix;
    }

    /// How many sleeps are being waited for.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.state().sleepers.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn ticks(&self) -> u64 {
        self.state().ticks
    }

    fn unix(&self) -> Duration {
        self.state().unix
    }
}

impl Timer for ManualClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.ticks().saturating_add(nanoseconds(duration));
        Box::pin(ManualSleep { clock: self.clone(), until, waker: None })
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ManualClock")
            .field("ticks", &state.ticks)
            .field("unix", &state.unix)
            .finish_non_exhaustive()
    }
}

struct ManualSleep {
    clock: ManualClock,
    until: u64,
    waker: Option<Waker>,
}

impl ManualSleep {
    fn forget_waker(&mut self, state: &mut State) {
        if let Some(waker) = self.waker.take() {
            state.sleepers.retain(|sleeper| !sleeper.will_wake(&waker));
        }
    }
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        self.forget_waker(&mut state);
        if state.ticks >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push(cx.waker().clone());
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        let clock = self.clock.clone();
        let mut state = clock.state();
        self.forget_waker(&mut state);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
