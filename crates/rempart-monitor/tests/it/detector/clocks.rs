use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rempart_core::{Clock, Event, EventKind, Observer, Outcome, PolicyName};
use rempart_monitor::AnomalyDetector;

use super::{Heard, about, address, watch};

/// Tells whatever it is told to, as no clock should.
#[derive(Clone, Default)]
struct Wild(Arc<AtomicU64>);

impl Wild {
    fn set(&self, seconds: u64) {
        self.0.store(seconds.saturating_mul(1_000_000_000), Ordering::Relaxed);
    }
}

impl Clock for Wild {
    fn ticks(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn unix(&self) -> Duration {
        Duration::ZERO
    }
}

struct Rig {
    detector: AnomalyDetector,
    clock: Wild,
    heard: Heard,
}

fn rig(ban: Option<Duration>) -> Rig {
    let policy = ban.map_or_else(watch, |ban| watch().ban(ban)).build().unwrap();
    let (clock, heard) = (Wild::default(), Heard::default());
    let detector = AnomalyDetector::new(policy).clock(clock.clone()).observer(heard.clone());
    Rig { detector, clock, heard }
}

impl Rig {
    fn offend(&self, times: u32) {
        let api = PolicyName::new("api").unwrap();
        for _ in 0..times {
            for (kind, outcome) in
                [(EventKind::RateLimit, Outcome::Allowed), (EventKind::Signature, Outcome::Refused)]
            {
                let event = Event::new(kind, outcome, &api);
                self.detector.observe(&event.client(Some(address("203.0.113.9"))));
            }
        }
    }
}

#[test]
fn a_clock_that_steps_back_bans_nobody_for_longer_than_the_policy() {
    let rig = rig(Some(Duration::from_secs(300)));
    rig.clock.set(1_000_000);
    rig.offend(2);
    let client = address("203.0.113.9");
    assert_eq!(rig.detector.banned(client), Some(Duration::from_secs(300)));
    rig.clock.set(1_000);
    assert_eq!(rig.detector.banned(client), Some(Duration::from_secs(300)));
    rig.clock.set(1_299);
    assert_eq!(rig.detector.banned(client), Some(Duration::from_secs(1)));
    rig.clock.set(1_300);
    assert_eq!(rig.detector.banned(client), None);
}

#[test]
fn a_clock_that_steps_back_silences_nobody_and_swells_no_rate() {
    let rig = rig(None);
    rig.clock.set(1_000_000);
    rig.offend(10);
    assert_eq!(rig.heard.count(), 1);
    rig.clock.set(1_000);
    rig.offend(10);
    assert_eq!(rig.heard.count(), 2, "who goes on is told of");
    about(rig.detector.standing(address("203.0.113.9")).rate, 1.0);
    about(rig.detector.standing(address("203.0.113.9")).score, 20.0);
    rig.clock.set(1_060);
    rig.offend(1);
    assert_eq!(rig.heard.count(), 3);
}

#[test]
fn threads_that_read_the_clock_in_another_order_than_they_come_change_nothing() {
    let rig = rig(None);
    // Either side of a second, and of a window.
    rig.clock.set(1_010);
    rig.offend(3);
    rig.clock.set(1_009);
    rig.offend(3);
    rig.clock.set(1_010);
    rig.offend(4);
    assert_eq!(rig.heard.count(), 1);
    about(rig.detector.standing(address("203.0.113.9")).rate, 1.0);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let rig = rig(Some(Duration::from_secs(86_400)));
    let client = address("203.0.113.9");
    rig.offend(10);
    assert!(rig.detector.banned(client).is_some());
    rig.clock.0.store(u64::MAX, Ordering::Relaxed);
    rig.offend(10);
    // It cannot be banned past the end, 584 years after the start.
    assert_eq!(rig.detector.banned(client), None);
    about(rig.detector.standing(client).rate, 1.0);
    assert_eq!(rig.detector.busiest(1).len(), 1);
    rig.clock.set(0);
    assert!(rig.detector.banned(client).is_some());
}
