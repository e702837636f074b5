//! When a key last verified something, as the service writes it down and the tool reads it.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_keys::{KeyUse, KeyUsed, RingDirectory};

use crate::disk::{Disk, NOW, id};

fn policy(name: &str) -> PolicyName {
    PolicyName::new(name).unwrap()
}

fn verified(uses: &KeyUse, by: &str, key: &str) {
    let by = policy(by);
    let event = Event::new(EventKind::Signature, Outcome::Allowed, &by);
    uses.observe(&event.key(Some(id(key))));
}

fn used(directory: &RingDirectory, key: &str) -> Option<KeyUsed> {
    let entries = directory.entries().unwrap();
    entries.into_iter().find(|entry| entry.id == id(key)).unwrap().used
}

#[test]
fn the_tool_reads_what_the_service_wrote() {
    let disk = Disk::with("a active -\nb pending -\n");
    let clock = ManualClock::at(NOW);
    let uses = KeyUse::new(clock.clone()).ring(policy("vapi"), &disk.bare());
    verified(&uses, "vapi", "a");
    clock.advance(Duration::from_millis(1_500));
    verified(&uses, "vapi", "a");
    assert!(used(&disk.bare(), "a").is_none(), "not before it is written");
    assert_eq!(uses.write(), []);
    assert_eq!(
        disk.text("used"),
        "at 2026-11-22T00:00:01Z since 2026-11-22T00:00:00Z\na 2026-11-22T00:00:01Z 2\n"
    );
    let seen = used(&disk.bare(), "a").unwrap();
    assert_eq!((seen.last, seen.count), (NOW + Duration::from_secs(1), 2));
    assert!(used(&disk.bare(), "b").is_none());

    // Nothing to say, nothing written.
    disk.remove("used");
    assert_eq!(uses.write(), []);
    assert!(!disk.path("used").exists());
}

#[test]
fn what_is_no_use_of_a_key_is_not_noted() {
    let disk = Disk::with("a active -\n");
    let uses = KeyUse::new(ManualClock::at(NOW)).ring(policy("vapi"), &disk.bare());
    verified(&uses, "other", "a");
    let vapi = policy("vapi");
    let key = Some(id("a"));
    let allowed = |kind| Event::new(kind, Outcome::Allowed, &vapi);
    uses.observe(&allowed(EventKind::Signature));
    uses.observe(&allowed(EventKind::KeyState).key(key).reason(Reason::Operator));
    let refused = Event::new(EventKind::Signature, Outcome::Refused, &vapi);
    uses.observe(&refused.key(key).reason(Reason::RevokedKey));
    assert_eq!(uses.write(), []);
    assert_eq!(disk.text("used").lines().count(), 1, "no key was used");
}

#[test]
fn policies_of_one_ring_are_counted_together_and_a_restart_goes_on() {
    let disk = Disk::with("a active -\n");
    let start = |clock: &ManualClock| {
        let uses = KeyUse::new(clock.clone());
        uses.ring(policy("api"), &disk.bare()).ring(policy("admin"), &disk.bare())
    };
    let clock = ManualClock::at(NOW);
    let uses = start(&clock);
    verified(&uses, "api", "a");
    verified(&uses, "admin", "a");
    assert_eq!(uses.write(), []);
    assert_eq!(used(&disk.bare(), "a").unwrap().count, 2);

    let uses = start(&clock);
    assert_eq!(uses.write(), []);
    assert_eq!(used(&disk.bare(), "a").unwrap().count, 2, "what was taken over stays");
    clock.advance(Duration::from_secs(60));
    verified(&uses, "api", "a");
    assert_eq!(uses.write(), []);
    let seen = used(&disk.bare(), "a").unwrap();
    assert_eq!((seen.last, seen.count), (NOW + Duration::from_secs(60), 3));
}

#[test]
fn of_two_services_with_one_directory_the_later_use_counts() {
    let disk = Disk::with("a active -\n");
    let (early, late) = (ManualClock::at(NOW), ManualClock::at(NOW + Duration::from_secs(9)));
    let [early, late] = [early, late].map(|at| KeyUse::new(at).ring(policy("vapi"), &disk.bare()));
    verified(&late, "vapi", "a");
    assert_eq!(late.write(), []);
    verified(&early, "vapi", "a");
    assert_eq!(early.write(), []);
    assert_eq!(used(&disk.bare(), "a").unwrap().last, NOW + Duration::from_secs(9));
}

#[test]
fn a_directory_that_cannot_be_written_is_told_once() {
    let disk = Disk::new();
    let nowhere = RingDirectory::new(disk.keys().join("nowhere"), policy("vapi"));
    let uses = KeyUse::new(ManualClock::at(NOW)).ring(policy("vapi"), &nowhere);
    verified(&uses, "vapi", "a");
    assert_eq!(uses.write(), [(policy("vapi"), std::io::ErrorKind::NotFound)]);
    verified(&uses, "vapi", "a");
    assert_eq!(uses.write(), []);
    fs::create_dir_all(nowhere.path()).unwrap();
    assert_eq!(uses.write(), []);
    assert!(fs::read_to_string(nowhere.path().join("used")).unwrap().ends_with(" 2\n"));
}

#[test]
fn no_use_is_lost_between_threads_and_names_are_bounded() {
    let disk = Disk::with("a active -\n");
    let uses = KeyUse::new(ManualClock::at(NOW)).ring(policy("vapi"), &disk.bare());
    let uses = Arc::new(uses);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..1_000 {
                    verified(&uses, "vapi", "a");
                    verified(&uses, "vapi", &format!("k{n}"));
                }
            });
        }
    });
    assert_eq!(uses.write(), []);
    assert_eq!(used(&disk.bare(), "a").unwrap().count, 4_000);
    assert_eq!(disk.text("used").lines().count(), 1 + 64);
}
