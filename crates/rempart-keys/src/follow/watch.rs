use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::LiveRing;

/// Keeps a [`LiveRing`] up with its directory until it is dropped.
///
/// A thread of its own looks at the directory at each interval, and with the feature `watch` also
/// when the operating system says that something in it has changed.
#[must_use = "the directory is watched until this is dropped"]
pub struct Watch {
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl LiveRing {
    /// The interval that fits most: a revocation by file alone is then in force within 6 seconds.
    pub const POLL: Duration = Duration::from_secs(5);

    /// Looks at the directory each `poll`, in a thread of its own.
    ///
    /// A change is taken over once the directory holds the same for 100 ms, or after 200 ms.
    ///
    /// # Errors
    ///
    /// What the operating system says if it has no thread to give.
    pub fn watch(&self, poll: Duration) -> io::Result<Watch> {
        let waker = Arc::new(Waker::default());
        let (ring, waiting) = (self.clone(), Arc::clone(&waker));
        let name = format!("ring-{}", self.directory().name());
        let follow = move || {
            let mut bell = Bell::default();
            loop {
                bell.hang(&ring, &waiting);
                if waiting.wait(poll.max(SHORTEST)) == Woken::ToStop {
                    return;
                }
                if catch_up(&ring, &waiting) == Woken::ToStop {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name(name).spawn(follow)?;
        Ok(Watch { waker, thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.waker.stop();
        if let Some(thread) = self.thread.take() {
            // A subscriber may hold the watch itself: a thread does not wait for its own end.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// Takes over what the directory holds, once it has settled. One that never holds still is read as
/// it is: a revocation does not wait.
fn catch_up(ring: &LiveRing, waker: &Waker) -> Woken {
    for _ in 0..3 {
        match settle(ring, waker) {
            None => return Woken::ToStop,
            Some(seen) if ring.0.reload_settled(&seen) => return Woken::ByTime,
            Some(_) => {}
        }
    }
    ring.poll();
    Woken::ByTime
}

/// Waits until the directory holds the same twice in a row, if it holds something new; and says
/// what that is. Nothing, if the thread is to stop.
fn settle(ring: &LiveRing, waker: &Waker) -> Option<[u8; 32]> {
    let (mut seen, is_new) = ring.0.digest();
    if !is_new {
        return Some(seen);
    }
    for _ in 0..2 {
        if waker.pause(SETTLE) == Woken::ToStop {
            return None;
        }
        let (now, _) = ring.0.digest();
        if std::mem::replace(&mut seen, now) == now {
            break;
        }
    }
    Some(seen)
}

/// How long a directory is left to settle: what is written in several steps is then read once, at
/// the end.
const SETTLE: Duration = Duration::from_millis(100);

/// Below this a thread would do nothing else.
const SHORTEST: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    ByChange,
    ByTime,
    ToStop,
}

#[derive(Default)]
struct Waker {
    state: Mutex<Flags>,
    changed: Condvar,
}

#[derive(Default)]
struct Flags {
    stop: bool,
    change: bool,
}

impl Waker {
    fn stop(&self) {
        self.flags().stop = true;
        self.changed.notify_all();
    }

    #[cfg(feature = "watch")]
    fn change(&self) {
        self.flags().change = true;
        self.changed.notify_all();
    }

    /// Waits for a change, for at most so long.
    fn wait(&self, most: Duration) -> Woken {
        self.until(most, |flags| std::mem::take(&mut flags.change))
    }

    /// Waits for so long, whatever changes.
    fn pause(&self, duration: Duration) -> Woken {
        self.until(duration, |_| false)
    }

    fn until(&self, most: Duration, mut is_over: impl FnMut(&mut Flags) -> bool) -> Woken {
        let begun = Instant::now();
        let mut flags = self.flags();
        loop {
            if flags.stop {
                return Woken::ToStop;
            }
            if is_over(&mut flags) {
                return Woken::ByChange;
            }
            let Some(left) = most.checked_sub(begun.elapsed()).filter(|left| !left.is_zero())
            else {
                return Woken::ByTime;
            };
            let waited = self.changed.wait_timeout(flags, left);
            flags = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn flags(&self) -> MutexGuard<'_, Flags> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rings when the operating system says that something in the directory has changed.
#[derive(Default)]
struct Bell {
    #[cfg(feature = "watch")]
    watcher: Option<notify::RecommendedWatcher>,
}

impl Bell {
    #[cfg(not(feature = "watch"))]
    #[expect(clippy::unused_self, reason = "there is none without the feature")]
    const fn hang(&mut self, _: &LiveRing, _: &Arc<Waker>) {}

    /// Hangs it up, if it does not hang yet: the directory may not have been there before.
    #[cfg(feature = "watch")]
    fn hang(&mut self, ring: &LiveRing, waker: &Arc<Waker>) {
        use notify::{RecursiveMode, Watcher};

        if self.watcher.is_some() {
            return;
        }
        let waker = Arc::clone(waker);
        let told = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| concerns(&event)) {
                waker.change();
            }
        };
        let path = ring.directory().path().to_path_buf();
        self.watcher = notify::recommended_watcher(told).ok().and_then(|mut watcher| {
            watcher.watch(&path, RecursiveMode::NonRecursive).ok()?;
            Some(watcher)
        });
    }
}

/// Whether it is about the keys: the file `used` is written each second, and reading makes events
/// of its own.
#[cfg(feature = "watch")]
fn concerns(event: &notify::Event) -> bool {
    let about_keys = |path: &std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name != "used" && (name == "..data" || !name.starts_with('.'))
    };
    !event.kind.is_access() && event.paths.iter().any(about_keys)
}
