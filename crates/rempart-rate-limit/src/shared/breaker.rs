use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Stops asking a server that does not answer, and tries it again with one request at a time.
pub(super) struct Breaker {
    state: Mutex<State>,
    /// Nanoseconds.
    open_for: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server answers, but for so many times running.
    Closed { failures: u32 },
    /// The server is not asked until then.
    Open { until: u64 },
    /// One request is asking.
    Probed,
}

/// May ask the server, and says how that ended. One that is dropped says nothing: the request was
/// given up, and the next one may try.
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    probes: bool,
    told: bool,
}

/// What changed for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Lost,
    Back,
}

impl Breaker {
    pub(super) fn new(open_for: Duration) -> Self {
        let open_for = u64::try_from(open_for.as_nanos()).unwrap_or(u64::MAX);
        Self { state: Mutex::new(State::Closed { failures: 0 }), open_for }
    }

    /// Lets a request ask the server, if it is worth asking.
    pub(super) fn pass(&self, now: u64) -> Option<Pass<'_>> {
        let mut state = self.state();
        let probes = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now >= until => {
                *state = State::Probed;
                true
            }
            State::Open { .. } | State::Probed => return None,
        };
        Some(Pass { breaker: self, probes, told: false })
    }

    /// Whether the server answered when it was asked last.
    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.state(), State::Closed { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    pub(super) fn answered(mut self) -> Option<Change> {
        self.told = true;
        let mut state = self.breaker.state();
        match *state {
            State::Closed { .. } => *state = State::Closed { failures: 0 },
            State::Probed if self.probes => {
                *state = State::Closed { failures: 0 };
                return Some(Change::Back);
            }
            // An answer to a request of before is late: the probe decides.
            State::Open { .. } | State::Probed => {}
        }
        None
    }

    pub(super) fn failed(mut self, now: u64) -> Option<Change> {
        self.told = true;
        let mut state = self.breaker.state();
        let until = now.saturating_add(self.breaker.open_for);
        match *state {
            State::Closed { failures } if failures.saturating_add(1) < FAILURES => {
                *state = State::Closed { failures: failures.saturating_add(1) };
            }
            State::Closed { .. } => {
                *state = State::Open { until };
                return Some(Change::Lost);
            }
            State::Probed if self.probes => *state = State::Open { until },
            State::Open { .. } | State::Probed => {}
        }
        None
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probes && !self.told {
            *self.breaker.state() = State::Open { until: 0 };
        }
    }
}

/// After so many failures one after the other the server is not asked for a while.
const FAILURES: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn lost() -> Breaker {
        let breaker = Breaker::new(Duration::from_secs(1));
        for failure in 1..=5 {
            let change = breaker.pass(0).and_then(|pass| pass.failed(0));
            assert_eq!(change, (failure == 5).then_some(Change::Lost));
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_four_do_not() {
        let breaker = Breaker::new(Duration::from_secs(1));
        for _ in 0..3 {
            for _ in 0..4 {
                assert_eq!(breaker.pass(0).and_then(|pass| pass.failed(0)), None);
            }
            assert_eq!(breaker.pass(0).and_then(Pass::answered), None);
        }
        assert!(breaker.is_closed());
        assert!(!lost().is_closed());
    }

    #[test]
    fn an_open_one_lets_nobody_pass_and_then_one() {
        let breaker = lost();
        assert!(breaker.pass(SECOND - 1).is_none());
        let probe = breaker.pass(SECOND);
        assert!(probe.is_some() && breaker.pass(SECOND).is_none());
        assert_eq!(probe.and_then(|pass| pass.failed(SECOND)), None);
        assert!(breaker.pass(2 * SECOND - 1).is_none());
        let probe = breaker.pass(2 * SECOND);
        assert_eq!(probe.and_then(Pass::answered), Some(Change::Back));
        assert!(breaker.is_closed());
        assert_eq!(breaker.pass(2 * SECOND).and_then(Pass::answered), None);
    }

    #[test]
    fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
        let breaker = lost();
        drop(breaker.pass(SECOND));
        let probe = breaker.pass(SECOND);
        assert_eq!(probe.and_then(Pass::answered), Some(Change::Back));
    }

    #[test]
    fn who_asked_before_decides_nothing_after() {
        let breaker = Breaker::new(Duration::from_secs(1));
        let early: Vec<_> = (0..12).filter_map(|_| breaker.pass(0)).collect();
        let (mut changes, mut early) = (vec![], early.into_iter());
        changes.extend(early.by_ref().take(8).filter_map(|pass| pass.failed(0)));
        assert_eq!(changes, [Change::Lost]);
        assert_eq!(early.next().and_then(Pass::answered), None);
        assert!(breaker.pass(SECOND - 1).is_none());
        let probe = breaker.pass(SECOND);
        assert_eq!(early.next().and_then(Pass::answered), None);
        assert_eq!(early.next().and_then(|pass| pass.failed(SECOND)), None);
        drop(early);
        assert!(!breaker.is_closed() && breaker.pass(SECOND).is_none());
        assert_eq!(probe.and_then(Pass::answered), Some(Change::Back));
    }
}
