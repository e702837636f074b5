//! What the tool does to a ring on disk.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::thread;
use std::time::Duration;

use rempart_keys::{
    DirectoryError, FileFault, Key, KeyId, KeyRing, KeyState, RingDirectory, RingError, RingFile,
    Secret, SecretError, WriteError,
};

use crate::disk::{DAY, Disk, NOW, bytes, id, lines, live, secret};

const LATER: &str = "2026-11-23T00:00:00Z";

fn every_state() -> Disk {
    Disk::with(&format!(
        "destroyed destroyed -\nrevoked revoked -\nretiring retiring - {LATER}\n\
         active active -\npending pending -\n"
    ))
}

/// Every transition from every state, on disk: what becomes of the key, or why not.
#[test]
fn states_change_on_disk_by_the_table_and_no_other_way() {
    type Change = fn(&RingDirectory, KeyId) -> Result<(), WriteError>;
    const REVOKED: Result<KeyState, ()> = Ok(KeyState::Revoked);
    let add: Change = |ring, id| ring.add(id, &secret("another"), NOW);
    let promote: Change = |ring, id| ring.promote(id, NOW, DAY);
    let revoke: Change = |ring, id| ring.revoke(id, NOW);
    #[rustfmt::skip]
    let rows: [(&str, Change, [Result<KeyState, ()>; 5]); 4] = [
        //                   pending               active   retiring  revoked  destroyed
        ("promote", promote, [Ok(KeyState::Active), Err(()), Err(()), Err(()), Err(())]),
        ("revoke",  revoke,  [REVOKED,              REVOKED, REVOKED, REVOKED, Err(())]),
        ("destroy", RingDirectory::destroy,
            [Err(()), Err(()), Err(()), Ok(KeyState::Destroyed), Ok(KeyState::Destroyed)]),
        ("add",     add,     [Err(()),              Err(()), Err(()), Err(()), Err(())]),
    ];
    let states = ["pending", "active", "retiring", "revoked", "destroyed"];
    for (name, change, wants) in rows {
        for (state, want) in states.into_iter().zip(wants) {
            let disk = every_state();
            let before = disk.text("ring");
            let changed = change(&disk.bare(), id(state));
            let ring = disk.bare().read(NOW).unwrap();
            if let Ok(want) = want {
                assert_eq!(ring.state(id(state)), Some(want), "{name} of {state}");
            } else {
                let error = changed.as_ref().unwrap_err().to_string();
                assert!(error.contains(state), "{error}");
                assert_eq!(disk.text("ring"), before, "{name} of {state}");
                assert!(!disk.path("revoked").exists());
            }
            assert_eq!(changed.is_ok(), want.is_ok(), "{name} of {state}");
            assert!(!disk.path(".lock").exists());
        }
        if name != "add" {
            let unknown = change(&every_state().bare(), id("never")).unwrap_err();
            assert_eq!(unknown, RingError::Unknown { id: id("never") }.into(), "{name}");
        }
    }
}

#[test]
fn a_rotation_from_the_variable_to_a_file_and_on() {
    let disk = Disk::new();
    fs::remove_dir(disk.path("")).unwrap();
    let tool = disk.bare();
    let service = || disk.seeded().read(NOW).unwrap();

    tool.add(id("a"), &secret("a"), NOW).unwrap();
    assert_eq!(disk.text("ring"), "# ID STATE CREATED [UNTIL]\na pending 2026-11-22T00:00:00Z\n");
    assert_eq!(
        (live(&service()), service().signing().unwrap().id()),
        (vec!["env".into(), "a".into()], id("env"))
    );

    tool.promote(id("a"), NOW, DAY).unwrap();
    let lines = format!("env retiring - {LATER}\na active 2026-11-22T00:00:00Z\n");
    assert!(disk.text("ring").ends_with(&lines), "{}", disk.text("ring"));
    assert_eq!(service().state(id("env")), Some(KeyState::Retiring { until: NOW + DAY }));

    tool.revoke(id("env"), NOW).unwrap();
    assert_eq!(disk.text("revoked"), "env 2026-11-22T00:00:00Z\n");
    assert_eq!(live(&service()), ["a"]);

    let generated = tool.generate(id("b"), NOW).unwrap();
    tool.promote(id("b"), NOW, DAY).unwrap();
    assert!(service().signing().unwrap().secret().ct_eq(generated.expose()));
    tool.revoke(id("a"), NOW).unwrap();
    tool.destroy(id("a")).unwrap();
    assert!(!disk.path("a.key").exists());
    assert_eq!(service().state(id("a")), Some(KeyState::Destroyed));
    assert_eq!(live(&service()), ["b"]);
}

#[test]
fn a_generated_key_is_64_hexadecimal_digits_and_no_two_are_the_same() {
    let disk = Disk::new();
    let [a, b] = ["a", "b"].map(|name| disk.bare().generate(id(name), NOW).unwrap());
    for secret in [&a, &b] {
        let digits = secret.expose();
        assert!(digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit));
    }
    assert!(!a.ct_eq(b.expose()));
    assert_eq!(disk.text("a.key").as_bytes(), a.expose());
}

/// A key of the variable that was not in the ring does not enter it by the loss of another.
#[test]
fn revoking_the_last_key_leaves_none() {
    let disk = Disk::with("k active -\n");
    disk.bare().revoke(id("k"), NOW).unwrap();
    assert_eq!(live(&disk.seeded().read(NOW).unwrap()), [""; 0]);
    assert!(disk.text("ring").contains("env destroyed -"));
    // And a pending key that is revoked takes nothing from the variable's.
    let disk = Disk::with("k pending -\n");
    disk.bare().revoke(id("k"), NOW).unwrap();
    assert_eq!(live(&disk.seeded().read(NOW).unwrap()), ["env"]);
}

#[test]
fn revoking_all_leaves_none_even_where_the_variable_is_set_again() {
    for lines in
        ["", "k pending -", "k active -", "env retiring - 2026-11-23T00:00:00Z\nk active -"]
    {
        let disk = Disk::new();
        if !lines.is_empty() {
            disk.ring(lines);
        }
        disk.bare().revoke_all(NOW).unwrap();
        assert_eq!(live(&disk.seeded().read(NOW).unwrap()), [""; 0], "{lines}");
    }
}

#[test]
fn what_cannot_be_a_key_is_not_added() {
    let disk = Disk::with("a active -\nold revoked -\n");
    disk.file("revoked", "gone\n");
    let add = |name: &str, secret: &Secret| disk.bare().minimum(16).add(id(name), secret, NOW);
    let ring = |error: RingError| WriteError::from(error);
    let directory = |name: &str, fault| {
        WriteError::Directory(DirectoryError::Secret { id: id(name), fault }.into())
    };
    let good = secret("new");
    let padded = Secret::from_binary(b"made-up-secret-of-new\n".as_slice()).unwrap();
    let short = SecretError::TooShort { length: 5, minimum: 16 };
    let twin = |other| RingError::DuplicateSecret { id: id("new"), other: id(other) };
    let rows = [
        ("the variable's name", add("env", &good), WriteError::Reserved { id: id("env") }),
        ("a taken name", add("a", &good), ring(RingError::DuplicateId { id: id("a") })),
        ("a revoked name", add("gone", &good), ring(RingError::DuplicateId { id: id("gone") })),
        ("the bytes of a key", add("new", &secret("a")), ring(twin("a"))),
        ("the bytes of a revoked key", add("new", &secret("old")), ring(twin("old"))),
        ("a short one", add("new", &Secret::new("short").unwrap()), directory("new", short)),
        (
            "one that is read otherwise",
            add("new", &padded),
            directory("new", SecretError::BlankPadded),
        ),
    ];
    for (why, got, want) in rows {
        assert_eq!(got, Err(want), "{why}");
    }
    assert!(!disk.path("new.key").exists());
    for n in 0..7 {
        disk.bare().generate(id(&n.to_string()), NOW).unwrap();
    }
    // The variable's key would be the eighth with an active key beside it, and is none here.
    assert_eq!(add("new", &good), Err(ring(RingError::Full { id: id("new") })));
}

#[test]
fn a_mounted_volume_is_not_written_to() {
    let disk = Disk::with("k active -\n");
    fs::create_dir(disk.path("..data")).unwrap();
    let ring = disk.bare();
    for result in [
        ring.add(id("new"), &secret("new"), NOW),
        ring.generate(id("new"), NOW).map(drop),
        ring.promote(id("k"), NOW, DAY),
        ring.revoke(id("k"), NOW),
        ring.revoke_all(NOW),
        ring.destroy(id("k")),
    ] {
        assert_eq!(result, Err(WriteError::Mounted));
    }
}

#[test]
fn a_revocation_needs_nothing_that_can_be_read_and_waits_for_nobody() {
    type Breakage = fn(&Disk);
    let rows: [(&str, Breakage); 6] = [
        ("no ring", |disk| disk.remove("ring")),
        ("a malformed ring", |disk| disk.file("ring", "k")),
        ("no key file", |disk| disk.remove("k.key")),
        ("a malformed list", |disk| disk.file("revoked", "b@d")),
        ("a ring of bytes", |disk| disk.file("ring", [0xff, 0, b'\n', 0xfe])),
        ("a lock that nobody holds", |disk| disk.file(".lock", "")),
    ];
    for (why, breakage) in rows {
        let disk = Disk::with("k active -\nother pending -\n");
        breakage(&disk);
        disk.bare().revoke(id("k"), NOW).unwrap_or_else(|error| panic!("{why}: {error}"));
        assert!(disk.text("revoked").contains("k 2026-11-22T00:00:00Z\n"), "{why}");
        // Once it is mended, it is revoked.
        let _ = fs::remove_file(disk.path(".lock"));
        disk.ring("k active -\nother pending -\n");
        let list = disk.text("revoked").replace("b@d", "");
        disk.file("revoked", list);
        let ring = disk.bare().read(NOW).unwrap();
        assert_eq!(ring.state(id("k")), Some(KeyState::Revoked), "{why}");
        disk.bare().revoke(id("k"), NOW).unwrap();
        assert_eq!(disk.text("revoked").matches("k ").count(), 1, "{why}: named once");
    }
}

#[test]
fn a_revocation_that_no_reader_would_see_is_not_said_to_be_one() {
    let cannot = |fault| {
        WriteError::Directory(DirectoryError::File { file: RingFile::Revoked, fault }.into())
    };
    let disk = Disk::with("k active -\nother pending -\n");
    disk.file("revoked", "# all too long\n".repeat(Secret::MAX_LEN / 8));
    assert_eq!(disk.bare().revoke(id("k"), NOW), Err(cannot(FileFault::TooLarge)));
    disk.remove("revoked");
    fs::create_dir(disk.path("revoked")).unwrap();
    assert_eq!(disk.bare().revoke(id("k"), NOW), Err(cannot(FileFault::NotAFile)));
}

#[test]
fn other_changes_wait_for_the_lock_and_say_so() {
    let disk = Disk::with("k pending -\n");
    disk.file(".lock", "");
    assert_eq!(disk.bare().promote(id("k"), NOW, DAY), Err(WriteError::Locked));
    assert!(WriteError::Locked.to_string().contains(".lock"));
    assert_eq!(live(&disk.bare().read(NOW).unwrap()), ["k"], "readers do not mind");
}

#[test]
fn writers_at_once_lose_nothing() {
    let disk = Disk::with("k active -\n");
    let ring = disk.bare();
    thread::scope(|scope| {
        for n in 0..7 {
            let ring = &ring;
            scope.spawn(move || ring.generate(id(&format!("n{n}")), NOW).unwrap());
        }
    });
    assert_eq!(ring.read(NOW).unwrap().verifying().count(), KeyRing::MAX_LIVE);
    thread::scope(|scope| {
        for n in 0..7 {
            let ring = &ring;
            scope.spawn(move || ring.revoke(id(&format!("n{n}")), NOW).unwrap());
        }
    });
    assert_eq!(live(&ring.read(NOW).unwrap()), ["k"]);
    assert_eq!(disk.text("revoked").lines().count(), 7);
}

#[cfg(unix)]
#[test]
fn a_list_that_grows_while_it_is_read_is_no_fault() {
    let disk = Disk::with("k active -\n");
    let mut list = fs::File::create(disk.path("revoked")).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for nth in 0..4000 {
                list.write_all(format!("of-others-{nth}\n").as_bytes()).unwrap();
            }
        });
        while !writer.is_finished() {
            assert_eq!(live(&disk.bare().read(NOW).unwrap()), ["k"]);
        }
    });
}

#[test]
fn what_is_written_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let disk = Disk::new();
    fs::remove_dir(disk.path("")).unwrap();
    disk.bare().generate(id("k"), NOW).unwrap();
    disk.bare().revoke(id("k"), NOW).unwrap();
    let mode = |name| fs::metadata(disk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in ["ring", "k.key", "revoked"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

/// A writer that is cut off after each of its steps: what a reader finds, and that the same
/// command then ends the work.
#[test]
fn a_writer_cut_off_anywhere_leaves_a_ring_that_can_be_read() {
    let rows: [(&str, fn(&Disk), &[&str], fn(&RingDirectory)); 5] = [
        (
            "add: a temporary file",
            |disk| disk.file(".new.key.0011.new", "half of a"),
            &["k"],
            |ring| ring.add(id("new"), &secret("new"), NOW).unwrap(),
        ),
        (
            "add: the key, not the line",
            |disk| disk.file("new.key", bytes("new")),
            &["k"],
            |ring| ring.add(id("new"), &secret("new"), NOW).unwrap(),
        ),
        (
            "promote: a temporary file",
            |disk| disk.file(".ring.0011.new", "# ID"),
            &["k"],
            |ring| ring.add(id("new"), &secret("new"), NOW).unwrap(),
        ),
        (
            "revoke: the list, not the line",
            |disk| disk.file("revoked", "k 2026-11-22T00:00:00Z\n"),
            &[],
            |ring| ring.revoke(id("k"), NOW).unwrap(),
        ),
        (
            "revoke: a line without its end",
            |disk| disk.file("revoked", "other"),
            &["k"],
            |ring| ring.revoke(id("k"), NOW).unwrap(),
        ),
    ];
    for (why, cut_off, found, again) in rows {
        let disk = Disk::with("k active -\n");
        cut_off(&disk);
        assert_eq!(live(&disk.bare().read(NOW).unwrap()), found, "{why}");
        again(&disk.bare());
        let ring = disk.bare().read(NOW).unwrap();
        if why.starts_with("revoke") {
            assert_eq!(ring.state(id("k")), Some(KeyState::Revoked), "{why}");
        } else {
            assert_eq!(live(&ring), ["k", "new"], "{why}");
        }
    }
    // Destroy: the line, not the file.
    let disk = Disk::with("k destroyed -\n");
    assert!(disk.path("k.key").exists());
    assert_eq!(disk.bare().read(NOW).unwrap().state(id("k")), Some(KeyState::Destroyed));
    disk.bare().destroy(id("k")).unwrap();
    assert!(!disk.path("k.key").exists());
}

#[test]
fn a_disk_that_takes_nothing_is_told() {
    let disk = Disk::new();
    fs::remove_dir(disk.path("")).unwrap();
    // A file stands where the directory should.
    fs::write(disk.path("").to_str().unwrap().trim_end_matches('/'), "").unwrap();
    let error = disk.bare().generate(id("k"), NOW).unwrap_err();
    let kinds = [ErrorKind::AlreadyExists, ErrorKind::NotADirectory];
    assert!(matches!(error, WriteError::Io { kind, .. } if kinds.contains(&kind)), "{error:?}");
}

#[test]
fn the_sixty_fifth_key_takes_the_place_of_one_that_is_destroyed() {
    let lines = lines("destroyed", 64);
    let disk = Disk::with(&(lines + "env destroyed -\n"));
    disk.bare().add(id("new"), &secret("new"), NOW).unwrap();
    let ring = disk.bare().read(NOW).unwrap();
    assert_eq!(ring.entries().count(), KeyRing::MAX_KEYS);
    assert_eq!((ring.state(id("k0")), live(&ring)), (None, vec!["new".to_owned()]));
}

#[test]
fn times_on_disk_are_whole_seconds() {
    let disk = Disk::with("a active -\nb pending -\n");
    let ring = disk.bare();
    ring.add(id("c"), &secret("c"), NOW + Duration::from_millis(900)).unwrap();
    ring.promote(id("b"), NOW, Duration::MAX).unwrap();
    let read = ring.read(NOW).unwrap();
    assert_eq!(read.get(id("c")).and_then(Key::created), Some(NOW));
    assert_eq!(read.get(id("a")).and_then(Key::until), Some(Duration::from_secs(253_402_300_799)));
}
