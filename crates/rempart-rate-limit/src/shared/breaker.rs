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
    /// One request is asking, until then: one that nobody polls any more is given up.
    Probed { until: u64 },
}

/// May ask the server, and says how that ended. One that is dropped says nothing: the request was
/// given up, and the next one may try.
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    /// Until when others wait for what it finds out, if they do.
    probes: Option<u64>,
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
            State::Closed { .. } => None,
            State::Open { until } | State::Probed { until } if now >= until => {
                let until = now.saturating_add(self.open_for.max(1));
                *state = State::Probed { until };
                Some(until)
            }
            State::Open { .. } | State::Probed { .. } => return None,
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
            State::Probed { .. } if self.probes.is_some() => {
                *state = State::Closed { failures: 0 };
                return Some(Change::Back);
            }
            // An answer to a request of before is late: the probe decides.
            State::Open { .. } | State::Probed { .. } => {}
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
            State::Probed { until: probed } if self.probes == Some(probed) => {
                *state = State::Open { until };
            }
            State::Open { .. } | State::Probed { .. } => {}
        }
        None
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        if !self.told
            && let State::Probed { until } = *state
            && self.probes == Some(until)
        {
            *state = State::Open { until: 0 };
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
    fn a_probe_that_is_held_and_not_polled_keeps_nobody_waiting() {
        let breaker = lost();
        let held = breaker.pass(SECOND);
        assert!(held.is_some() && breaker.pass(2 * SECOND - 1).is_none());
        let next = breaker.pass(2 * SECOND);
        assert!(next.is_some());
        // What becomes of the first says nothing of the second.
        drop(held);
        assert!(breaker.pass(2 * SECOND).is_none());
        assert_eq!(next.and_then(Pass::answered), Some(Change::Back));
        assert!(breaker.is_closed());
    }

    #[test]
    fn a_late_probe_says_that_the_server_is_back_and_not_that_it_is_lost() {
        for answers in [true, false] {
            let breaker = lost();
            let (late, next) = (breaker.pass(SECOND), breaker.pass(2 * SECOND));
            assert!(next.is_some());
            let change = late
                .and_then(|late| if answers { late.answered() } else { late.failed(2 * SECOND) });
            assert_eq!(change, answers.then_some(Change::Back));
            assert_eq!(breaker.is_closed(), answers);
            assert_eq!(next.and_then(Pass::answered), (!answers).then_some(Change::Back));
        }
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
