//! A ring that follows its directory: what it takes over, what it keeps, whom it tells.

use std::fs;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use rempart_keys::{
    DirectoryError, FileFault, KeyRing, KeyState, LineFault, LiveRing, RingError, RingFile, Secret,
};

use crate::disk::{DAY, Disk, NOW, Recorder, bytes, id, line, lines, live, secret};

const TWO: &str = "old retiring - 2026-11-23T00:00:00Z\nnew active -\n";

pub(crate) fn open(disk: &Disk) -> (LiveRing, Recorder, ManualClock) {
    let (recorder, clock) = (Recorder::default(), ManualClock::at(NOW));
    let ring = LiveRing::open(disk.bare(), clock.clone()).unwrap().observer(recorder.clone());
    (ring, recorder, clock)
}

pub(crate) const RELOADED: (EventKind, Outcome, Option<Reason>, Option<rempart_keys::KeyId>) =
    (EventKind::ConfigReload, Outcome::Allowed, None, None);
const KEPT: (EventKind, Outcome, Option<Reason>, Option<rempart_keys::KeyId>) =
    (EventKind::ConfigReload, Outcome::Refused, Some(Reason::InvalidConfiguration), None);

fn state_of(name: &str, reason: Reason) -> crate::disk::Told {
    (EventKind::KeyState, Outcome::Allowed, Some(reason), Some(id(name)))
}

#[test]
fn it_does_not_start_with_a_fault() {
    let disk = Disk::with("a active -\nb");
    let faults = LiveRing::open(disk.bare(), ManualClock::at(NOW)).unwrap_err();
    assert!(faults.iter().eq([&line(RingFile::Ring, 2, LineFault::State)]));
}

/// Each thing that can be wrong with the files: with it, a revocation.
type Breakage = (&'static str, fn(&Disk));

const BREAKAGES: [Breakage; 11] = [
    ("an empty ring", |disk| disk.file("ring", "")),
    ("half a ring", |disk| disk.file("ring", &TWO[..7])),
    ("a line that is none", |disk| disk.file("ring", format!("{TWO}\nb@d"))),
    ("bytes", |disk| disk.file("ring", [0, 0xff, b'\n', 0xc3])),
    ("a ring that is too large", |disk| disk.file("ring", vec![b'#'; Secret::MAX_LEN + 1])),
    ("no ring", |disk| disk.remove("ring")),
    ("a folder for a ring", |disk| {
        disk.remove("ring");
        fs::create_dir(disk.path("ring")).unwrap();
    }),
    ("no file of a key", |disk| disk.remove("new.key")),
    ("an empty file of a key", |disk| disk.file("new.key", "")),
    ("two active keys", |disk| disk.ring("new active -\nold active -\n")),
    ("a ninth key", |disk| {
        disk.ring(&(TWO.to_owned() + &lines("pending", 7)));
    }),
];

#[test]
fn a_bad_file_keeps_the_ring_and_a_revocation_is_honoured_all_the_same() {
    for (why, breakage) in BREAKAGES {
        let disk = Disk::with(TWO);
        let (ring, recorder, _) = open(&disk);
        breakage(&disk);
        let reload = ring.reload();
        assert!(!reload.changed && reload.faults.is_some(), "{why}: {reload:?}");
        assert!(ring.is_stale(), "{why}");
        assert_eq!(live(&ring.load()), ["old", "new"], "{why}");
        assert_eq!(recorder.take(), [KEPT], "{why}");

        // In the list, however the list itself goes on.
        disk.file("revoked", "b@d\nold 2026-11-22T00:00:00Z\n\u{e9}");
        let reload = ring.reload();
        assert!(reload.changed && reload.faults.is_some(), "{why}");
        assert_eq!(live(&ring.load()), ["new"], "{why}");
        assert_eq!(recorder.take(), [KEPT, state_of("old", Reason::Operator)], "{why}");

        // And mended, with the revocation taken back: it is not undone.
        let _ = fs::remove_dir(disk.path("ring"));
        disk.remove("revoked");
        disk.file("new.key", bytes("new"));
        disk.ring(TWO);
        let reload = ring.reload();
        assert!(!reload.changed && reload.faults.is_none(), "{why}: {reload:?}");
        assert!(!ring.is_stale(), "{why}");
        assert_eq!(live(&ring.load()), ["new"], "{why}");
        assert_eq!(recorder.take(), [RELOADED], "{why}: that it is over is told");
    }
}

#[test]
fn a_line_that_says_revoked_counts_though_it_and_the_others_are_broken() {
    for text in ["new\nold revoked", "new\nold revoked yesterday", "new\nold destroyed - - -"] {
        let disk = Disk::with(TWO);
        let (ring, _, _) = open(&disk);
        disk.file("ring", text);
        assert!(ring.reload().faults.is_some());
        assert_eq!(live(&ring.load()), ["new"], "{text}");
    }
}

#[test]
fn a_revocation_is_honoured_when_its_list_is_too_large() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    let rest = "# nothing\n".repeat(Secret::MAX_LEN / 8);
    disk.file("revoked", format!("old\n{rest}"));
    let fault = DirectoryError::File { file: RingFile::Revoked, fault: FileFault::TooLarge };
    assert!(ring.reload().faults.unwrap().iter().any(|found| *found == fault));
    assert_eq!(live(&ring.load()), ["new"]);
}

#[test]
fn a_name_that_a_list_is_cut_in_is_nobodys() {
    let disk = Disk::with("k active -\nk2 pending -\n");
    let (ring, _, _) = open(&disk);
    let filling = "#".repeat(Secret::MAX_LEN - 2);
    disk.file("revoked", format!("{filling}\nk2\n"));
    assert!(ring.reload().faults.is_some());
    assert_eq!(live(&ring.load()), ["k", "k2"]);
}

#[test]
fn a_first_name_counts_behind_the_mark_that_some_editors_write() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    disk.file("revoked", "\u{feff}old\r\n");
    assert!(ring.reload().faults.is_none());
    assert_eq!(live(&ring.load()), ["new"]);
}

#[test]
fn no_number_of_names_keeps_a_key_of_the_ring_from_being_revoked_for_good() {
    let disk = Disk::with("a active -\nb pending -\nc pending -\n");
    let (ring, _, _) = open(&disk);
    let strangers: Vec<_> = (0..=LiveRing::MAX_REVOKED).map(|n| format!("x{n}")).collect();
    let strangers = strangers.join("\n");
    disk.file("revoked", &strangers);
    ring.reload();
    disk.file("ring", "a line that is none");
    disk.file("revoked", format!("{strangers}\nb\n"));
    assert!(ring.reload().faults.is_some());
    assert_eq!(live(&ring.load()), ["a", "c"], "whatever else is wrong");
    disk.ring("a active -\nb pending -\nc pending -\n");
    disk.file("revoked", &strangers);
    assert!(ring.reload().faults.is_none());
    assert_eq!(live(&ring.load()), ["a", "c"], "for good");
}

#[test]
fn no_later_file_undoes_a_revocation() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    disk.bare().revoke(id("old"), NOW).unwrap();
    assert!(ring.reload().changed);
    disk.remove("revoked");
    disk.ring(TWO);
    let reload = ring.reload();
    assert!(!reload.changed && reload.faults.is_none());
    assert_eq!(ring.load().state(id("old")), Some(KeyState::Revoked));

    // Gone from the files for a while, and back with other bytes.
    disk.ring("new active -\n");
    ring.reload();
    assert_eq!(ring.load().state(id("old")), None);
    disk.file("old.key", "made-up-other-bytes");
    disk.ring(TWO);
    ring.reload();
    assert_eq!(live(&ring.load()), ["new"]);

    // The bytes under another name.
    disk.file("again.key", bytes("old"));
    disk.ring("new active -\nagain pending -\n");
    let twin = RingError::DuplicateSecret { id: id("again"), other: id("old") };
    assert!(ring.reload().faults.unwrap().iter().eq([&DirectoryError::Ring(twin)]));
    assert_eq!(live(&ring.load()), ["new"]);
}

#[test]
fn a_timetable_tells_a_fault_once_and_a_caller_each_time() {
    let disk = Disk::with(TWO);
    let (ring, recorder, _) = open(&disk);
    disk.remove("ring");
    for reload in [ring.poll(), ring.poll(), ring.reload(), ring.poll()] {
        let fault = FileFault::Io(ErrorKind::NotFound);
        let missing = DirectoryError::File { file: RingFile::Ring, fault };
        assert!(reload.faults.unwrap().iter().eq([&missing]));
    }
    assert_eq!(recorder.take(), [KEPT, KEPT]);
    fs::remove_dir_all(disk.path("")).unwrap();
    ring.poll();
    assert_eq!(recorder.take(), [], "the same fault: there is no ring");
    fs::create_dir(disk.path("")).unwrap();
    disk.ring("x");
    ring.poll();
    assert_eq!(recorder.take(), [KEPT], "another fault");
    disk.ring(TWO);
    ring.poll();
    ring.poll();
    assert_eq!(recorder.take(), [RELOADED]);
}

#[test]
fn each_key_that_changes_its_state_is_told_with_the_cause() {
    let disk = Disk::with(TWO);
    let (ring, recorder, clock) = open(&disk);
    disk.bare().generate(id("next"), NOW).unwrap();
    assert!(ring.poll().changed);
    assert_eq!(recorder.take(), [RELOADED, state_of("next", Reason::Operator)]);
    disk.bare().promote(id("next"), NOW, DAY).unwrap();
    ring.poll();
    let [new, next] = ["new", "next"].map(|name| state_of(name, Reason::Operator));
    assert_eq!(recorder.take(), [RELOADED, new, next]);

    clock.advance(DAY);
    assert!(ring.poll().changed, "nothing was written, and two keys are over");
    let [old, new] = ["old", "new"].map(|name| state_of(name, Reason::Scheduled));
    assert_eq!(recorder.take(), [RELOADED, old, new]);
    assert_eq!(live(&ring.load()), ["next"]);
    assert!(!ring.poll().changed);
    assert_eq!(recorder.take(), []);
    disk.ring("next active -\n");
    ring.poll();
    let [old, new] = ["old", "new"].map(|name| state_of(name, Reason::Operator));
    assert_eq!(recorder.take(), [RELOADED, old, new], "those that went are told too");
}

#[test]
fn a_comment_changes_nothing() {
    let disk = Disk::with(TWO);
    let (ring, recorder, _) = open(&disk);
    disk.ring(&format!("# rotated by hand\n{TWO}"));
    assert!(!ring.reload().changed);
    assert_eq!(recorder.take(), []);
}

/// What a subscriber has been given, and what it says of the next.
#[derive(Clone, Default)]
struct Subscriber {
    given: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Subscriber {
    fn subscribe(&self, ring: &LiveRing, takes: fn(&KeyRing) -> bool) {
        let given = Arc::clone(&self.given);
        let subscribed = ring.on_change(move |ring| {
            given.lock().unwrap().push(live(ring));
            if takes(ring) { Ok(()) } else { Err("does not fit".into()) }
        });
        subscribed.unwrap();
    }

    fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.given.lock().unwrap())
    }
}

#[test]
fn a_subscriber_is_called_now_and_at_each_change() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    let subscriber = Subscriber::default();
    subscriber.subscribe(&ring, |_| true);
    assert_eq!(subscriber.take(), [["old", "new"]]);
    ring.reload();
    assert_eq!(subscriber.take(), [[""; 0]; 0], "nothing changed");
    disk.bare().revoke(id("old"), NOW).unwrap();
    ring.reload();
    assert_eq!(subscriber.take(), [["new"]]);
    assert_eq!(ring.on_change(|_| Err("not today".into())).unwrap_err().to_string(), "not today");
}

#[test]
fn what_one_subscriber_refuses_none_gets() {
    let disk = Disk::with(TWO);
    let (ring, recorder, _) = open(&disk);
    let [eager, picky] = [(); 2].map(|()| Subscriber::default());
    eager.subscribe(&ring, |_| true);
    picky.subscribe(&ring, |ring| ring.get(id("next")).is_none());
    eager.take();
    picky.take();

    disk.bare().revoke(id("old"), NOW).unwrap();
    disk.bare().generate(id("next"), NOW).unwrap();
    let reload = ring.poll();
    assert!(reload.changed && reload.faults.unwrap().iter().eq([&DirectoryError::Refused]));
    assert_eq!(reload.refusal.unwrap().to_string(), "does not fit");
    // All are back at the ring of before, less what was revoked.
    assert_eq!(live(&ring.load()), ["new"]);
    for subscriber in [&eager, &picky] {
        let given = subscriber.take();
        assert_eq!(given, [vec!["new".to_owned(), "next".to_owned()], vec!["new".to_owned()]]);
    }
    assert_eq!(recorder.take(), [KEPT, state_of("old", Reason::Operator)]);
    // It is offered again on demand, not at each interval.
    ring.poll();
    assert_eq!(picky.take().len(), 0);
    ring.reload();
    assert_eq!(picky.take().len(), 2);
}

#[test]
fn a_subscriber_that_panics_has_refused() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    let panicking = |ring: &KeyRing| {
        assert!(ring.get(id("next")).is_none(), "a test of panics");
        Ok(())
    };
    ring.on_change(panicking).unwrap();
    disk.bare().generate(id("next"), NOW).unwrap();
    assert!(ring.reload().faults.unwrap().iter().eq([&DirectoryError::Refused]));
    assert_eq!(live(&ring.load()), ["old", "new"]);
}

#[test]
fn a_subscriber_that_refuses_even_less_is_told_as_an_error() {
    let disk = Disk::with("k active -\n");
    let (ring, recorder, _) = open(&disk);
    Subscriber::default().subscribe(&ring, |ring| ring.signing().is_some());
    disk.bare().revoke(id("k"), NOW).unwrap();
    assert!(ring.reload().changed);
    assert_eq!(live(&ring.load()), [""; 0], "revoked is revoked");
    let stuck = recorder.take();
    assert!(stuck.iter().any(|(_, outcome, ..)| *outcome == Outcome::Error), "{stuck:?}");
}

#[test]
fn the_variable_may_change_while_it_runs() {
    let disk = Disk::new();
    let ring = LiveRing::open(disk.seeded(), ManualClock::at(NOW)).unwrap();
    let other = Secret::new("made-up-other-value-of-the-variable").unwrap();
    assert!(ring.reseed(other.clone()).changed);
    assert!(ring.load().signing().unwrap().secret().ct_eq(other.expose()));
    assert!(!ring.reseed(other).changed);
    // Revoked, it stays so: whoever could set it before can set it again.
    disk.bare().revoke(id("env"), NOW).unwrap();
    ring.reload();
    let third = Secret::new("made-up-third-value-of-the-variable").unwrap();
    ring.reseed(third);
    assert_eq!(live(&ring.load()), [""; 0]);
}

#[test]
fn a_ring_that_was_never_there_may_come_and_then_not_go() {
    let disk = Disk::new();
    let ring = LiveRing::open(disk.seeded(), ManualClock::at(NOW)).unwrap();
    assert!(ring.poll().faults.is_none());
    disk.ring("k active -\n");
    assert!(ring.poll().changed);
    disk.remove("ring");
    assert!(ring.poll().faults.is_some(), "else the variable's key would be the active one again");
    assert_eq!(live(&ring.load()), ["k"]);
}

#[test]
fn debug_shows_names_and_states() {
    let disk = Disk::with(TWO);
    let (ring, _, _) = open(&disk);
    assert_eq!(format!("{ring:?}"), format!("LiveRing({:?})", *ring.load()));
    ring.on_change(|ring| match ring.get(id("next")) {
        None => Ok(()),
        Some(_) => Err("words of the subscriber".into()),
    })
    .unwrap();
    disk.bare().add(id("next"), &secret("next"), NOW).unwrap();
    let reload = ring.reload();
    assert!(!format!("{reload:?}").contains("words"));
}
