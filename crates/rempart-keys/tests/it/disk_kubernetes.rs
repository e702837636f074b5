//! A mounted volume, swapped as the kubelet swaps it: a link `..data` to a folder of its own, and
//! each name a link through it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rempart_core::ManualClock;
use rempart_keys::{KeyState, LiveRing, WriteError};

use crate::disk::{Disk, NOW, bytes, id, live};
use crate::folder::mode;

/// A volume at `KEYS/vapi/`.
struct Volume {
    disk: Disk,
    version: u32,
}

impl Volume {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut volume = Self { disk: Disk::new(), version: 0 };
        volume.swap(files);
        volume
    }

    fn folder(&self, version: u32) -> PathBuf {
        self.disk.path(&format!("..2026_11_22_00_00_{version:04}"))
    }

    /// Writes a new folder, renames a link to it over `..data`, brings the links up to date and
    /// removes the old folder: in this order, as the kubelet's atomic writer does.
    fn swap(&mut self, files: &[(&str, &str)]) {
        let old = self.folder(self.version);
        self.version += 1;
        let new = self.folder(self.version);
        fs::create_dir(&new).unwrap();
        for (name, content) in files {
            fs::write(new.join(name), content).unwrap();
            mode(&new.join(name), 0o644);
        }
        let link = self.disk.path("..data_tmp");
        symlink(new.file_name().unwrap(), &link).unwrap();
        fs::rename(&link, self.disk.path("..data")).unwrap();
        for (name, _) in files {
            let path = self.disk.path(name);
            if fs::symlink_metadata(&path).is_err() {
                symlink(PathBuf::from("..data").join(name), path).unwrap();
            }
        }
        for entry in fs::read_dir(self.disk.path("")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let stays = name.starts_with("..") || files.iter().any(|(file, _)| *file == name);
            if !stays {
                fs::remove_file(self.disk.path(&name)).unwrap();
            }
        }
        if old.exists() {
            fs::remove_dir_all(old).unwrap();
        }
    }
}

#[test]
fn a_swap_is_seen_and_modes_of_mounts_are_no_fault() {
    let (a, b) = (bytes("a"), bytes("b"));
    let mut volume = Volume::new(&[("ring", "a active -\n"), ("a.key", &a)]);
    let ring = LiveRing::open(volume.disk.bare(), ManualClock::at(NOW)).unwrap();
    assert_eq!(live(&ring.load()), ["a"]);

    let both = "a retiring - 2026-11-23T00:00:00Z\nb active -\n";
    volume.swap(&[("ring", both), ("a.key", &a), ("b.key", &b)]);
    assert!(ring.poll().changed);
    assert_eq!(live(&ring.load()), ["a", "b"]);

    volume.swap(&[("ring", both), ("b.key", &b), ("revoked", "a\n")]);
    assert!(ring.poll().changed);
    assert_eq!(ring.load().state(id("a")), Some(KeyState::Revoked));
    assert!(volume.disk.bare().entries().unwrap().iter().any(|entry| entry.open_to_others));
    assert_eq!(volume.disk.bare().revoke(id("b"), NOW), Err(WriteError::Mounted));
}

#[test]
fn a_bad_version_of_the_volume_keeps_the_ring() {
    let a = bytes("a");
    let mut volume = Volume::new(&[("ring", "a active -\n"), ("a.key", &a)]);
    let ring = LiveRing::open(volume.disk.bare(), ManualClock::at(NOW)).unwrap();
    volume.swap(&[("ring", "a active -\nb pending -\n"), ("a.key", &a)]);
    assert!(ring.poll().faults.is_some());
    assert_eq!(live(&ring.load()), ["a"]);
    volume.swap(&[("revoked", "a")]);
    assert!(ring.poll().faults.is_some());
    assert_eq!(live(&ring.load()), [""; 0]);
}

/// Each version has one key, under the same name: the line's time and the bytes say which. A ring
/// of one version's lines and another's bytes would show.
#[test]
fn a_version_is_seen_whole_or_not_at_all() {
    let created = |version: u32| u64::from(version) * 60;
    let files = |version: u32| {
        let stamp = rempart_keys::Timestamp::at(std::time::Duration::from_secs(created(version)));
        (format!("k active {stamp}\n"), format!("made-up-bytes-of-version-{version}"))
    };
    let (ring, key) = files(1);
    let mut volume = Volume::new(&[("ring", &ring), ("k.key", &key)]);
    let directory = volume.disk.bare();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut faults) = (0, 0);
            while !done.load(Ordering::SeqCst) || reads == 0 {
                reads += 1;
                // Under a storm of swaps, each read may be overtaken thrice.
                let Ok(ring) = directory.read(NOW) else {
                    faults += 1;
                    continue;
                };
                let key = ring.signing().unwrap();
                let version = key.created().unwrap().as_secs() / 60;
                let expected = format!("made-up-bytes-of-version-{version}");
                assert!(key.secret().ct_eq(expected.as_bytes()), "a mixture at {version}");
            }
            (reads, faults)
        });
        for version in 2..=500 {
            let (ring, key) = files(version);
            volume.swap(&[("ring", &ring), ("k.key", &key)]);
        }
        done.store(true, Ordering::SeqCst);
        let (reads, faults) = reader.join().unwrap();
        assert!(faults * 20 < reads || reads < 100, "{faults} of {reads} reads failed");
    });
}

#[test]
fn a_directory_that_is_a_link_to_a_release_is_followed() {
    let disk = Disk::new();
    fs::remove_dir(disk.path("")).unwrap();
    let keys = disk.keys();
    for (release, name) in [("one", "a"), ("two", "b")] {
        fs::create_dir(keys.join(release)).unwrap();
        fs::write(keys.join(release).join("ring"), format!("{name} active -\n")).unwrap();
        fs::write(keys.join(release).join(format!("{name}.key")), bytes(name)).unwrap();
    }
    symlink("one", keys.join("vapi")).unwrap();
    let ring = LiveRing::open(disk.bare(), ManualClock::at(NOW)).unwrap();
    symlink("two", keys.join("next")).unwrap();
    fs::rename(keys.join("next"), keys.join("vapi")).unwrap();
    assert!(ring.poll().changed);
    assert_eq!(live(&ring.load()), ["b"]);
}
