use std::mem;
use std::sync::MutexGuard;
use std::time::Duration;

use rempart_core::{Event, EventKind, Observers, Outcome, PolicyName, Reason};

use super::state::State;
use super::{BoxError, Reload, Shared};
use crate::directory::Reading;
use crate::{DirectoryError, DirectoryErrors, KeyId, KeyRing};

/// Who wants the directory to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// An operator, by a signal or a call: is told of faults again.
    ByCaller,
    /// A timetable: tells what is new.
    ByTime,
}

impl Shared {
    pub(super) fn reload(&self, asked: Asked) -> Reload {
        let state = self.state();
        let reading = Reading::take(&state.directory);
        self.take_over(state, reading, asked)
    }

    /// Reads the directory as by time, but takes over only what was `seen` there before: it may be
    /// in the middle of another change. Says whether it was that.
    pub(super) fn reload_settled(&self, seen: &[u8; 32]) -> bool {
        let state = self.state();
        let reading = Reading::take(&state.directory);
        let is_settled = reading.digest == *seen;
        if is_settled {
            self.take_over(state, reading, Asked::ByTime);
        }
        is_settled
    }

    fn take_over(
        &self,
        mut state: MutexGuard<'_, State>,
        reading: Reading,
        asked: Asked,
    ) -> Reload {
        let now = self.clock.unix();
        let before = self.live.load().clone();
        let (after, told) = state.follow(reading, &before, now, asked);
        let changed = !after.is_same(&before);
        if changed {
            self.live.store(after);
        }
        let (observers, name) = (state.observers.clone(), *state.directory.name());
        // An observer may look at the ring, and even reload it.
        drop(state);
        told.tell(&observers, &name);
        Reload { changed, faults: told.faults, refusal: told.refusal }
    }

    /// What the directory holds, and whether that is something else than what was read last.
    pub(super) fn digest(&self) -> ([u8; 32], bool) {
        let directory = self.state().directory.clone();
        let digest = Reading::take(&directory).digest;
        (digest, self.state().digest != digest)
    }
}

impl State {
    /// Brings every subscriber to the ring that is to be in force.
    fn follow(
        &mut self,
        reading: Reading,
        before: &KeyRing,
        now: Duration,
        asked: Asked,
    ) -> (KeyRing, Told) {
        let is_new = mem::replace(&mut self.digest, reading.digest) != reading.digest;
        let rings: Vec<&KeyRing> = [before].into_iter().chain(&reading.ring).collect();
        self.remember(&reading.revoked, &rings);

        let mut told = Told::default();
        let less = self.without_revoked(before).expire(now);
        let wanted = if asked == Asked::ByTime && !is_new && self.was_refused() {
            // What a subscriber has refused is offered again when it is another, or on demand.
            Err(DirectoryError::Refused.into())
        } else {
            self.judge(reading).map(|ring| self.without_revoked(&ring).expire(now))
        };
        let after = match wanted {
            Ok(ring) if ring.is_same(before) => ring,
            Ok(ring) => match self.publish(&ring) {
                Ok(()) => ring,
                Err(refusal) => {
                    told.refusal = Some(refusal);
                    told.faults = Some(DirectoryError::Refused.into());
                    // Some may have taken the new one.
                    told.is_stuck = self.publish(&less).is_err();
                    less
                }
            },
            Err(faults) => {
                told.faults = Some(faults);
                told.is_stuck = !less.is_same(before) && self.publish(&less).is_err();
                less
            }
        };
        told.is_news = asked == Asked::ByCaller || told.faults != self.told;
        told.is_over = self.told.is_some() && told.faults.is_none();
        self.told.clone_from(&told.faults);
        told.states = self.transitions(before, &after, now);
        (after, told)
    }

    fn was_refused(&self) -> bool {
        let refused = |faults: &DirectoryErrors| faults.iter().eq(&[DirectoryError::Refused]);
        self.told.as_ref().is_some_and(refused)
    }

    /// The keys whose state is another, those that came and those that went included.
    fn transitions(
        &self,
        before: &KeyRing,
        after: &KeyRing,
        now: Duration,
    ) -> Vec<(KeyId, Reason)> {
        let changed = after.entries().filter(|entry| before.state(entry.id) != Some(entry.state));
        let gone = before.entries().filter(|entry| after.state(entry.id).is_none());
        let reason = |id| {
            let over = before.get(id).is_some_and(|key| !key.verifies_at(now));
            if over && !self.is_revoked(id) { Reason::Scheduled } else { Reason::Operator }
        };
        changed.chain(gone).map(|entry| (entry.id, reason(entry.id))).collect()
    }
}

/// What observers are told of a reload.
#[derive(Default)]
struct Told {
    faults: Option<DirectoryErrors>,
    refusal: Option<BoxError>,
    states: Vec<(KeyId, Reason)>,
    /// Whether the faults have not been told before.
    is_news: bool,
    /// Whether there were faults before.
    is_over: bool,
    /// Whether a subscriber is left with a ring that is not in force.
    is_stuck: bool,
}

impl Told {
    fn tell(&self, observers: &Observers, name: &PolicyName) {
        let reload = |outcome| Event::new(EventKind::ConfigReload, outcome, name);
        let wrong = Reason::InvalidConfiguration;
        if self.faults.is_some() {
            if self.is_news {
                observers.emit(&reload(Outcome::Refused).reason(wrong));
            }
        } else if self.is_over || !self.states.is_empty() {
            observers.emit(&reload(Outcome::Allowed));
        }
        if self.is_stuck {
            observers.emit(&reload(Outcome::Error).reason(wrong));
        }
        for (id, reason) in &self.states {
            let state = Event::new(EventKind::KeyState, Outcome::Allowed, name);
            observers.emit(&state.key(Some(*id)).reason(*reason));
        }
    }
}
