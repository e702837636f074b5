//! The ways in which files change under a ring that follows them.

use std::fs::{self, File};
use std::sync::{Arc, Mutex};
use std::thread;

use rempart_keys::Key;

use crate::disk::{Disk, bytes, id, live};
use crate::disk_follow::{RELOADED, open};

#[test]
fn what_an_editor_leaves_is_seen() {
    let disk = Disk::with("k active -\n");
    let (ring, _, _) = open(&disk);
    // Another file takes the place.
    disk.file("ring~", "k active -\nb pending -\n");
    disk.file("b.key", bytes("b"));
    fs::rename(disk.path("ring~"), disk.path("ring")).unwrap();
    assert!(ring.poll().changed);
    assert_eq!(live(&ring.load()), ["k", "b"]);
    // The old one moves away first.
    fs::rename(disk.path("ring"), disk.path("ring.bak")).unwrap();
    assert!(!ring.poll().changed);
    disk.ring("k active -\n");
    assert!(ring.poll().changed);
    assert_eq!(live(&ring.load()), ["k"]);
}

#[test]
fn what_is_cut_off_and_written_again_is_seen_when_it_is_whole() {
    let disk = Disk::with("k active -\n");
    let (ring, recorder, _) = open(&disk);
    disk.file("b.key", "");
    disk.file("ring", "k active -\nb pen");
    assert!(ring.poll().faults.is_some());
    disk.file("ring", "k active -\nb pending -\n");
    assert!(ring.poll().faults.is_some());
    assert_eq!(live(&ring.load()), ["k"]);
    disk.file("b.key", bytes("b"));
    assert!(ring.poll().changed);
    assert_eq!(live(&ring.load()), ["k", "b"]);
    assert_eq!(recorder.take().iter().filter(|told| **told == RELOADED).count(), 1);
}

#[test]
fn other_bytes_of_the_same_length_and_time_are_seen() {
    let disk = Disk::with("k active -\n");
    let (ring, _, _) = open(&disk);
    let path = disk.path("k.key");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let other = bytes("k").replace("made-up", "made-UP");
    fs::write(&path, format!("{other}\n")).unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert!(ring.poll().changed);
    assert!(ring.load().signing().unwrap().secret().ct_eq(other.as_bytes()));
}

/// Two readers verify with whatever ring there is, while it is swapped a thousand times.
#[test]
fn a_thousand_swaps_lose_no_request() {
    let disk = Disk::with("shared active -\na pending -\n");
    let (ring, _, _) = open(&disk);
    let subscribed = Arc::new(Mutex::new(0_u32));
    let count = Arc::clone(&subscribed);
    ring.on_change(move |_| {
        *count.lock().unwrap() += 1;
        Ok(())
    })
    .unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let ordering = std::sync::atomic::Ordering::SeqCst;
    let verify = || {
        let (mut requests, mut lost) = (0_u64, 0_u64);
        while !done.load(ordering) || requests == 0 {
            let seen = ring.load();
            let good = seen.verifying().any(|key| key.secret().ct_eq(bytes("shared").as_bytes()));
            lost += u64::from(!good || seen.signing().map(Key::id) != Some(id("shared")));
            requests += 1;
        }
        (requests, lost)
    };
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| scope.spawn(verify));
        for n in 0..1_000 {
            let other = if n % 2 == 0 { "b" } else { "a" };
            disk.ring(&format!("shared active -\n{other} pending -\n"));
            assert!(ring.reload().changed, "swap {n}");
        }
        done.store(true, ordering);
        for reader in readers {
            let (requests, lost) = reader.join().unwrap();
            assert_eq!(lost, 0, "of {requests}");
        }
    });
    assert_eq!(*subscribed.lock().unwrap(), 1_001);
}
