use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::{Clock, SystemClock};

/// Tells the time that a thread has read last: a look at a number, and no reading of the machine's
/// own clock, which is a system call where the machine has no clock for programs.
///
/// It is late by its period, and by as long as the thread has to wait for a processor. Of a rate
/// that costs nobody anything but so long a wait; a strict window is kept up to the period, since an
/// admission may have been written down as older than it is. Clones share the thread, which ends
/// with the last of them.
///
/// ```
/// use std::time::Duration;
/// use rempart_core::{Clock, CoarseClock};
///
/// let clock = CoarseClock::start(Duration::from_millis(1))?;
/// let before = clock.ticks();
/// assert!(clock.ticks() >= before);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CoarseClock(Arc<AtomicU64>);

impl CoarseClock {
    /// Reads the machine's clock now, and once in each period from now on: of ten milliseconds
    /// at most, and of a tenth of one at least.
    ///
    /// # Errors
    ///
    /// What the operating system says if it has no thread to give.
    pub fn start(period: Duration) -> io::Result<Self> {
        let period = period.clamp(Self::SHORTEST, Self::LONGEST);
        let ticks = Arc::new(AtomicU64::new(SystemClock.ticks()));
        let shown = Arc::downgrade(&ticks);
        thread::Builder::new()
            .name("coarse-clock".to_owned())
            .spawn(move || run(&shown, period))?;
        Ok(Self(ticks))
    }

    const SHORTEST: Duration = Duration::from_micros(100);

    const LONGEST: Duration = Duration::from_millis(10);
}

fn run(shown: &Weak<AtomicU64>, period: Duration) {
    while let Some(ticks) = shown.upgrade() {
        ticks.store(SystemClock.ticks(), Ordering::Relaxed);
        drop(ticks);
        thread::sleep(period);
    }
}

impl Clock for CoarseClock {
    #[inline]
    fn ticks(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Read from the machine: few ask for it, and it may jump.
    fn unix(&self) -> Duration {
        SystemClock.unix()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_ends_with_the_last_clone() {
        let clock = CoarseClock(Arc::default());
        let (copy, shown) = (clock.clone(), Arc::downgrade(&clock.0));
        let thread = thread::spawn(move || run(&shown, CoarseClock::SHORTEST));
        drop(clock);
        // It is still told.
        while copy.ticks() == 0 {
            thread::yield_now();
        }
        drop(copy);
        assert!(thread.join().is_ok());
    }
}
