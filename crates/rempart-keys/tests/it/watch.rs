//! The thread that keeps a ring up with its directory. Nothing here sleeps: what has to happen is
//! waited for, with a deadline that only a failure reaches.

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rempart_core::ManualClock;
use rempart_keys::LiveRing;

use crate::disk::{Disk, NOW, bytes, id, live};

const DEADLINE: Duration = Duration::from_secs(30);
const OFTEN: Duration = Duration::from_millis(20);

/// A ring, and the names of the keys of each one that comes to be in force.
fn followed(disk: &Disk) -> (LiveRing, Receiver<Vec<String>>) {
    let ring = LiveRing::open(disk.seeded(), ManualClock::at(NOW)).unwrap();
    let (sender, receiver) = mpsc::channel();
    ring.on_change(move |ring| sender.send(live(ring)).map_err(Into::into)).unwrap();
    receiver.recv_timeout(DEADLINE).unwrap();
    (ring, receiver)
}

#[test]
fn a_poll_sees_what_changes() {
    let disk = Disk::with("a active -\n");
    let (ring, changes) = followed(&disk);
    let watch = ring.watch(OFTEN).unwrap();
    disk.bare().generate(id("b"), NOW).unwrap();
    assert_eq!(changes.recv_timeout(DEADLINE).unwrap(), ["a", "b"]);
    disk.file("ring", "broken");
    disk.file("revoked", "b");
    assert_eq!(changes.recv_timeout(DEADLINE).unwrap(), ["a"], "revoked beside a broken ring");
    drop(watch);
}

#[test]
fn a_directory_that_comes_later_is_seen() {
    let disk = Disk::new();
    std::fs::remove_dir(disk.path("")).unwrap();
    let (ring, changes) = followed(&disk);
    let _watch = ring.watch(OFTEN).unwrap();
    disk.bare().generate(id("b"), NOW).unwrap();
    assert_eq!(changes.recv_timeout(DEADLINE).unwrap(), ["env", "b"]);
}

/// A ring that loses a line for a moment, as when it is cut off and written in two steps: the
/// thread waits for it to settle. A disk that takes its time between the two may settle in between.
#[test]
fn a_ring_written_in_two_steps_is_read_once() {
    let disk = Disk::with("a active -\nb pending -\n");
    let (ring, changes) = followed(&disk);
    let _watch = ring.watch(OFTEN).unwrap();
    let mut halves = 0;
    for round in 0..20 {
        let third = format!("c{round}");
        disk.file(&format!("{third}.key"), bytes(&third));
        // A whole line, and then the rest.
        disk.file("ring", "a active -\n");
        disk.file("ring", format!("a active -\nb pending -\n{third} pending -\n"));
        while changes.recv_timeout(DEADLINE).unwrap() != ["a", "b", &third] {
            halves += 1;
        }
    }
    assert!(halves <= 5, "{halves} of 20 were read before they were whole");
}

#[test]
fn a_watch_that_is_dropped_stops_at_once() {
    let disk = Disk::with("a active -\n");
    let (ring, changes) = followed(&disk);
    let begun = Instant::now();
    drop(ring.watch(Duration::from_secs(3600)).unwrap());
    assert!(begun.elapsed() < DEADLINE, "its thread has ended");
    disk.bare().generate(id("b"), NOW).unwrap();
    drop(ring);
    assert!(changes.recv().is_err(), "and holds the ring no more");
}

#[test]
fn a_subscriber_may_drop_the_watch_that_calls_it() {
    let disk = Disk::with("a active -\n");
    let ring = LiveRing::open(disk.bare(), ManualClock::at(NOW)).unwrap();
    let place = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (sender, receiver) = mpsc::channel();
    let held = std::sync::Arc::clone(&place);
    ring.on_change(move |ring| {
        if ring.get(id("b")).is_some() {
            drop(held.lock().unwrap().take());
            sender.send(thread::current().name().map(str::to_owned))?;
        }
        Ok(())
    })
    .unwrap();
    *place.lock().unwrap() = Some(ring.watch(OFTEN).unwrap());
    disk.bare().generate(id("b"), NOW).unwrap();
    let name = receiver.recv_timeout(DEADLINE).unwrap();
    assert_eq!(name.as_deref(), Some("ring-vapi"));
}

/// With the feature, the interval does not matter.
#[cfg(feature = "watch")]
#[test]
fn the_operating_system_tells_of_changes() {
    let disk = Disk::with("a active -\n");
    let (ring, changes) = followed(&disk);
    let watch = ring.watch(Duration::from_secs(3600)).unwrap();
    // The thread may not have hung up its bell yet: what is written before, it reads at no time.
    let mut round = 0;
    let seen = loop {
        disk.ring(&format!("a active -\nb{round} pending -\n"));
        round += 1;
        if let Ok(seen) = changes.recv_timeout(Duration::from_secs(1)) {
            break seen;
        }
        assert!(round < 30, "no change was seen");
    };
    assert!(seen[1].starts_with('b'));
    // The bell hangs: the rest is told, each in its time.
    disk.bare().revoke(id("a"), NOW).unwrap();
    let begun = Instant::now();
    while changes.recv_timeout(DEADLINE).unwrap().iter().any(|name| name == "a") {}
    assert!(begun.elapsed() < Duration::from_secs(5), "sooner than any poll");
    drop(watch);
}
