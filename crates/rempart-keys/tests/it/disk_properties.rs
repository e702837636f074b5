//! Any sequence of what the tool does, beside the same done to a ring in memory; and that no way
//! of failing shows a byte of a key.

use std::fmt::{Debug, Display};
use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rempart_core::ManualClock;
use rempart_keys::{Key, KeyRing, KeyUse, LiveRing, PolicyName, RingDirectory, Secret, WriteError};
use rempart_testing::canary;

use crate::disk::{DAY, Disk, NOW, id, secret};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// What the tool is told to do.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(u8),
    Destroy(u8),
    Promote(u8),
    Revoke(u8),
    RevokeAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // The variable's key is one of the names.
    let name = 0_u8..9;
    let step = prop_oneof![
        6 => name.clone().prop_map(Step::Add),
        2 => name.clone().prop_map(Step::Destroy),
        4 => name.clone().prop_map(Step::Promote),
        2 => name.prop_map(Step::Revoke),
        1 => Just(Step::RevokeAll),
    ];
    prop::collection::vec(step, 0..24)
}

fn name(n: u8) -> String {
    if n == 0 { "env".to_owned() } else { format!("k{n}") }
}

fn on_disk(ring: &RingDirectory, step: Step) -> Result<(), WriteError> {
    match step {
        Step::Add(n) => ring.add(id(&name(n)), &secret(&name(n)), NOW),
        Step::Destroy(n) => ring.destroy(id(&name(n))),
        Step::Promote(n) => ring.promote(id(&name(n)), NOW, DAY),
        Step::Revoke(n) => ring.revoke(id(&name(n)), NOW),
        Step::RevokeAll => ring.revoke_all(NOW),
    }
}

fn in_memory(ring: &KeyRing, step: Step) -> Option<KeyRing> {
    let until = NOW + DAY;
    match step {
        Step::Add(n) => {
            let key = Key::new(id(&name(n)), secret(&name(n))).created_at(NOW);
            ring.add(key).ok()
        }
        Step::Destroy(n) => ring.destroy(id(&name(n))).ok(),
        Step::Promote(n) => ring.promote(id(&name(n)), until).ok(),
        Step::Revoke(n) => ring.revoke(id(&name(n))).ok(),
        Step::RevokeAll => Some(ring.revoke_all()),
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_ring_on_disk_is_the_ring_in_memory(steps in steps()) {
        let disk = Disk::new();
        let mut model = KeyRing::single(id("env"), secret("env"));
        let live = LiveRing::open(disk.seeded(), ManualClock::at(NOW)).unwrap();
        for step in steps {
            // Where there is no ring yet, any name can be revoked: that is another test's.
            if matches!(step, Step::Revoke(1..)) && !disk.path("ring").exists() {
                continue;
            }
            let changed = in_memory(&model, step);
            let written = on_disk(&disk.bare(), step);
            prop_assert_eq!(written.is_ok(), changed.is_some(), "{:?}: {:?}", step, written);
            model = changed.unwrap_or(model);
            let read = disk.seeded().read(NOW);
            prop_assert!(read.is_ok(), "{:?}: {:?}", step, read);
            live.poll();
            for read in [read.unwrap(), live.load().clone()] {
                let got: Vec<_> = read.entries().collect();
                let want: Vec<_> = model.entries().collect();
                prop_assert_eq!(got, want, "after {:?}", step);
                for key in model.verifying() {
                    let same = read.get(key.id()).map(|read| read.secret().ct_eq(key.secret().expose()));
                    prop_assert_eq!(same, Some(true), "bytes of {}", key.id());
                }
            }
        }
    }
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

fn said<T: Debug, E: Debug + Display>(result: Result<T, E>) -> String {
    match result {
        Ok(value) => shown(&value),
        Err(error) => format!("{error} {}", shown(&error)),
    }
}

/// Making a folder costs more than all else.
static DISK: LazyLock<Disk> = LazyLock::new(Disk::new);

/// Where the secret may have got to.
const PLACES: [&str; 7] =
    ["ring", "ring line", "revoked", "k.key", "k.key twice", "k.key padded", "used"];

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn no_fault_of_a_directory_shows_a_byte_of_a_secret(
        value in "[!-~]{12,48}",
        place in prop::sample::select(PLACES.to_vec()),
        seeded in any::<bool>(),
        // What is written is also brought to the disk, which takes its time.
        written in prop::bool::weighted(0.002),
        // A thread is begun and waited for, and says the same each time.
        watched in prop::bool::weighted(0.02),
    ) {
        // One for all: what a case does not write, it takes from the one before or removes.
        let disk = &*DISK;
        for name in ["ring", "revoked", "used", "j.key", "k.key", "new.key"] {
            let _ = std::fs::remove_file(disk.path(name));
        }
        disk.ring("k active -\n");
        match place {
            "ring" => disk.new_file("ring", format!("{value}\n")),
            "ring line" => disk.new_file("ring", format!("k {value} {value}\nk active {value}\n")),
            "revoked" => disk.new_file("revoked", format!("{value} {value}\n")),
            "k.key" => disk.new_file("k.key", &value),
            "k.key twice" => {
                disk.new_file("ring", "k active -\nj pending -\n");
                disk.new_file("k.key", &value);
                disk.new_file("j.key", &value);
            }
            "k.key padded" => disk.new_file("k.key", format!("{value} \n")),
            _ => disk.new_file("used", format!("{value}\n{value} {value} {value}\n")),
        }
        let mut directory = disk.bare().minimum(20);
        let secret = Secret::new(value.as_str()).unwrap();
        if seeded {
            directory = directory.seed(secret.clone());
        }
        let vapi = PolicyName::new("vapi").unwrap();
        let uses = KeyUse::new(ManualClock::at(NOW)).ring(vapi, &directory);
        let mut output = [
            shown(&directory), shown(&uses), said(directory.read(NOW)), said(directory.entries()),
        ].concat();
        if let Ok(live) = LiveRing::open(disk.seeded(), ManualClock::at(NOW)) {
            output += &shown(&live);
            output += &shown(&live.reseed(secret.clone()));
            disk.new_file("ring", format!("{value} {value}"));
            output += &shown(&live.reload());
            if watched {
                output += &shown(&live.watch(Duration::from_secs(3600)).unwrap());
            }
            output += &shown(&live.directory());
        }
        if written {
            output += &said(directory.add(id("new"), &secret, NOW));
            output += &said(directory.promote(id("new"), NOW, DAY));
            output += &said(directory.revoke(id("k"), NOW));
            output += &said(directory.destroy(id("k")));
        }
        prop_assert_eq!(canary::found(output.as_bytes(), value.as_bytes()), None, "{}", place);
    }
}
