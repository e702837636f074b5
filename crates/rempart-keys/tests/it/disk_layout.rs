//! What the files of a ring's directory mean.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use rempart_keys::{
    DirectoryError, FileFault, Key, KeyRing, KeyState, LineFault, RingDirectory, RingError,
    RingFile, Secret, SecretError, Timestamp,
};
use rempart_testing::canary;

use crate::disk::{DAY, Disk, NOW, bytes, id, line, lines, live, secret};
use crate::folder::mode;

/// One key in each state, named after it.
const EVERY_STATE: &str = "\
# ID STATE CREATED [UNTIL]
destroyed destroyed 2025-11-01T00:00:00Z
revoked revoked 2026-02-01T00:00:00Z
retiring retiring 2026-08-01T00:00:00Z 2026-11-23T00:00:00Z # until tomorrow
active\tactive  2026-11-01T00:00:00Z

pending pending 2026-11-21T00:00:00Z";

#[test]
fn each_line_is_a_key_in_its_state() {
    let ring = Disk::with(EVERY_STATE).bare().read(NOW).unwrap();
    assert_eq!(live(&ring), ["retiring", "active", "pending"]);
    for name in ["destroyed", "revoked", "retiring", "active", "pending"] {
        assert_eq!(ring.state(id(name)).unwrap().to_string(), name);
    }
    for key in ring.verifying() {
        assert!(key.secret().ct_eq(bytes(key.id().as_str()).as_bytes()), "{key:?}");
    }
    assert_eq!(ring.signing().map(Key::id), Some(id("active")));
    let created = ring.signing().and_then(Key::created).map(Timestamp::at);
    assert_eq!(created.unwrap().to_string(), "2026-11-01T00:00:00Z");
    assert_eq!(ring.entries().nth(1).unwrap().created, Some(Duration::from_secs(1_769_904_000)));
    let revoked: Vec<_> = ring.revoked().collect();
    assert!(revoked.len() == 1 && revoked[0].secret().ct_eq(bytes("revoked").as_bytes()));
}

#[test]
fn a_retiring_key_ends_at_its_time() {
    let directory = Disk::with(EVERY_STATE);
    let until = NOW + DAY;
    let just_before = until.checked_sub(Duration::from_nanos(1)).unwrap();
    assert_eq!(live(&directory.bare().read(just_before).unwrap()).len(), 3);
    let ring = directory.bare().read(until).unwrap();
    assert_eq!(live(&ring), ["active", "pending"]);
    assert_eq!(ring.state(id("retiring")), Some(KeyState::Revoked));
}

#[test]
fn carriage_returns_and_tabs_are_blanks() {
    let disk = Disk::with("a active 2026-11-01T00:00:00Z\nb pending -\n");
    disk.file("ring", "a\tactive 2026-11-01T00:00:00Z\r\n  b pending -\r\n");
    disk.file("a.key", bytes("a") + "\r\n");
    let ring = disk.bare().read(NOW).unwrap();
    assert_eq!(live(&ring), ["a", "b"]);
    assert!(ring.signing().unwrap().secret().ct_eq(bytes("a").as_bytes()));
    assert_eq!(ring.get(id("b")).unwrap().created(), None);
}

/// What the key of the variable is, by what the files say.
#[test]
fn the_variable_is_the_active_key_unless_a_file_says_otherwise() {
    let retiring = Some("retiring");
    #[rustfmt::skip]
    let rows: [(&str, &str, &str, Option<&str>, Option<&str>); 10] = [
        // why                       ring                                 revoked  env is          signs
        ("no file",                  "",                                  "",      Some("active"), Some("env")),
        ("pending keys alone",       "k pending -",                       "",      Some("active"), Some("env")),
        ("an active key",            "k active -",                        "",      None,           Some("k")),
        ("a line on env",            "env retiring - 2026-11-23T00:00:00Z\nk active -", "", retiring, Some("k")),
        ("its line says active",     "env active -\nk pending -",         "",      Some("active"), Some("env")),
        ("its line says revoked",    "env revoked -\nk pending -",        "",      Some("revoked"), None),
        ("its line says destroyed",  "env destroyed -\nk revoked -",      "",      Some("destroyed"), None),
        ("revoked by name",          "",                                  "env",   Some("revoked"), None),
        ("revoked, others pending",  "k pending -",                       "env x", Some("revoked"), None),
        ("the active key is revoked","k active -",                        "k",     None,           None),
    ];
    for (why, ring, revoked, env, signs) in rows {
        let disk = Disk::new();
        if !ring.is_empty() {
            disk.ring(ring);
        }
        disk.file("revoked", revoked);
        let read = disk.seeded().read(NOW).unwrap();
        let state = read.state(id("env")).map(|state| state.to_string());
        assert_eq!(state.as_deref(), env, "{why}");
        assert_eq!(read.signing().map(Key::id), signs.map(id), "{why}");
        // Without the variable, its key is not in the ring, whatever the lines say of it.
        if !ring.is_empty() {
            let read = disk.bare().read(NOW).unwrap();
            assert!(read.get(id("env")).is_none(), "{why}");
        }
    }
}

#[test]
fn a_variable_without_a_directory_is_a_ring() {
    let disk = Disk::new();
    fs::remove_dir(disk.path("")).unwrap();
    assert_eq!(live(&disk.seeded().read(NOW).unwrap()), ["env"]);
    let missing = FileFault::Io(ErrorKind::NotFound);
    let missing = DirectoryError::File { file: RingFile::Ring, fault: missing };
    assert!(disk.bare().read(NOW).unwrap_err().iter().eq([&missing]));
}

/// Each way in which `ring` can be wrong.
#[test]
fn a_malformed_ring_is_refused_line_by_line() {
    use LineFault::{Created, Extra, Id, NotAscii, State, Until};
    let at = |number, fault| vec![line(RingFile::Ring, number, fault)];
    let no_keys = || vec![DirectoryError::NoKeys { file: RingFile::Ring }];
    let twice = DirectoryError::Ring(RingError::DuplicateId { id: id("a") });
    let two_active = RingError::SecondActive { id: id("b"), other: id("a") };
    #[rustfmt::skip]
    let rows: [(&str, Vec<DirectoryError>); 26] = [
        ("",                                                    no_keys()),
        ("\n\n",                                                no_keys()),
        ("# a comment alone\n",                                 no_keys()),
        ("a",                                                   at(1, State)),
        ("a active",                                            at(1, Created)),
        ("a act",                                               at(1, Created)),
        ("a act -",                                             at(1, State)),
        ("a Active -",                                          at(1, State)),
        ("a active 2026-11-01",                                 at(1, Created)),
        ("a active 2026-11-01T00:00:0",                         at(1, Created)),
        ("a active 2026-11-01T00:00:00",                        at(1, Created)),
        ("a active 2026-11-01T00:00:00+00:00",                  at(1, Created)),
        ("a active 2026-11-01T00:00:00.0Z",                     at(1, Created)),
        ("a active 2026-11-31T00:00:00Z",                       at(1, Created)),
        ("a retiring -",                                        at(1, Until)),
        ("a retiring - -",                                      at(1, Until)),
        ("a retiring - never",                                  at(1, Until)),
        ("a active - 2026-11-23T00:00:00Z",                     at(1, Extra)),
        ("a retiring - 2026-11-23T00:00:00Z x",                 at(1, Extra)),
        ("# first\n\na/b active -",                             at(3, Id)),
        ("../../etc active -",                                  at(1, Id)),
        ("longer-than-16-by active -",                          at(1, Id)),
        ("cl\u{e9} active -",                                   at(1, NotAscii)),
        ("\u{feff}a active -",                                  at(1, NotAscii)),
        ("a active -\na pending -",                             vec![twice]),
        ("a active -\nb active -",                              vec![two_active.into()]),
    ];
    for (text, wanted) in rows {
        let disk = Disk::new();
        for name in ["a", "b"] {
            disk.file(&format!("{name}.key"), bytes(name));
        }
        disk.file("ring", text);
        for directory in [disk.bare(), disk.seeded()] {
            let got: Vec<_> = directory.read(NOW).unwrap_err().into_iter().collect();
            assert_eq!(got, wanted, "{text:?}");
        }
    }
}

/// Every beginning of a line is malformed, or the line itself: what is cut off is never taken for
/// another ring.
#[test]
fn no_beginning_of_a_line_is_another_line() {
    let whole = "k retiring 2026-08-01T00:00:00Z 2026-11-23T00:00:00Z";
    for length in 0..whole.len() {
        let disk = Disk::with("k pending -");
        disk.file("ring", &whole[..length]);
        assert!(disk.seeded().read(NOW).is_err(), "{:?}", &whole[..length]);
    }
}

#[test]
fn every_fault_of_every_file_comes_at_once() {
    let disk = Disk::new();
    disk.file("revoked", "good\nb@d\n");
    disk.file("missing.key", "x");
    disk.remove("missing.key");
    disk.file("empty.key", "\n");
    disk.file("padded.key", "made-up \n");
    disk.file("short.key", "made-up");
    disk.file("long.key", vec![b'x'; Secret::MAX_LEN + 1]);
    fs::create_dir(disk.path("folder.key")).unwrap();
    let names = ["missing", "empty", "padded", "short", "long", "folder"];
    let lines: Vec<_> = names.iter().map(|name| format!("{name} pending -")).collect();
    disk.file("ring", format!("{}\nbroken\n", lines.join("\n")));

    let file = |name, fault| DirectoryError::File { file: RingFile::Key(id(name)), fault };
    let unfit = |name, fault| DirectoryError::Secret { id: id(name), fault };
    let wanted = [
        line(RingFile::Revoked, 2, LineFault::Id),
        line(RingFile::Ring, 7, LineFault::State),
        file("missing", FileFault::Io(ErrorKind::NotFound)),
        unfit("empty", SecretError::Empty),
        unfit("padded", SecretError::BlankPadded),
        unfit("short", SecretError::TooShort { length: 7, minimum: 8 }),
        file("long", FileFault::TooLarge),
        file("folder", FileFault::NotAFile),
    ];
    let faults = disk.bare().minimum(8).read(NOW).unwrap_err();
    assert_eq!(faults.iter().copied().collect::<Vec<_>>(), wanted);
    let shown = faults.to_string();
    for part in ["revoked: line 2: ", "ring: line 7: ", "missing.key: ", "short.key: has 7 bytes"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn the_bytes_of_one_key_do_not_enter_under_two_names() {
    let disk = Disk::with("a active -\nb pending -");
    disk.file("b.key", bytes("a"));
    let twin = |id, other| DirectoryError::Ring(RingError::DuplicateSecret { id, other });
    assert!(disk.bare().read(NOW).unwrap_err().iter().eq([&twin(id("b"), id("a"))]));
    disk.file("revoked", "a");
    assert!(disk.bare().read(NOW).is_err(), "not when one of them is revoked");
    disk.file("revoked", "a\nb");
    assert!(disk.bare().read(NOW).is_ok(), "two revoked keys harm nobody");
    disk.file("b.key", crate::disk::SEED);
    disk.ring("b pending -");
    disk.remove("revoked");
    assert!(disk.seeded().read(NOW).unwrap_err().iter().eq([&twin(id("b"), id("env"))]));
}

#[test]
fn at_most_eight_keys_live_and_sixty_four_are_named() {
    assert_eq!(live(&Disk::with(&lines("pending", 8)).bare().read(NOW).unwrap()).len(), 8);
    let full = |n: &str| DirectoryError::Ring(RingError::Full { id: id(n) });
    let ninth = Disk::with(&lines("pending", 9));
    assert!(ninth.bare().read(NOW).unwrap_err().iter().eq([&full("k8")]));
    let with_env = Disk::with(&lines("pending", 8));
    assert!(with_env.seeded().read(NOW).unwrap_err().iter().eq([&full("k7")]));

    let remembered = Disk::with(&(lines("destroyed", 64) + "env destroyed -\n"));
    let ring = remembered.bare().read(NOW).unwrap();
    assert_eq!(
        ring.entries().count(),
        KeyRing::MAX_KEYS,
        "what says of env that it is none is not counted"
    );
    let too_many = Disk::with(&lines("destroyed", 65));
    let most = DirectoryError::TooMany { file: RingFile::Ring, most: 64 };
    assert!(too_many.bare().read(NOW).unwrap_err().iter().eq([&most]));
}

/// A revoked key whose bytes cannot be read is revoked all the same.
#[test]
fn nothing_that_is_wrong_with_a_revoked_key_is_a_fault() {
    for breakage in ["missing", "empty", "folder", "too large"] {
        let disk = Disk::with("k active -");
        disk.remove("k.key");
        match breakage {
            "empty" => disk.file("k.key", ""),
            "folder" => fs::create_dir(disk.path("k.key")).unwrap(),
            "too large" => disk.file("k.key", vec![b'x'; Secret::MAX_LEN + 1]),
            _ => {}
        }
        assert!(disk.bare().read(NOW).is_err(), "{breakage}");
        disk.file("revoked", b"k 2026-11-22T00:00:00Z lost on a train, \xe9\xff");
        let ring = disk.bare().read(NOW).unwrap();
        assert_eq!(ring.state(id("k")), Some(KeyState::Revoked), "{breakage}");
        assert_eq!(ring.entries().next().unwrap().fingerprint, None, "{breakage}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_told_and_no_fault() {
    // Kubernetes mounts secrets with mode 0644, or 0440 for a group.
    for (bits, open) in [(0o600, false), (0o400, false), (0o440, true), (0o644, true)] {
        let disk = Disk::with("k active -");
        mode(&disk.path("k.key"), bits);
        assert_eq!(live(&disk.bare().read(NOW).unwrap()), ["k"]);
        let entries = disk.bare().entries().unwrap();
        assert_eq!(entries[0].open_to_others, open, "{bits:o}");
    }
}

/// Somebody pastes a secret where a name or a state belongs.
#[test]
fn no_error_holds_what_stands_in_a_file() {
    let pasted = "made-up-and-pasted-into-the-wrong-file";
    for text in
        [format!("{pasted} active -"), format!("k {pasted} -"), format!("k active {pasted}")]
    {
        let disk = Disk::with("k active -");
        disk.file("ring", &text);
        disk.file("revoked", &text);
        let faults = disk.bare().read(NOW).unwrap_err();
        canary::assert_absent(format!("{faults} {faults:?} {faults:#?}"), pasted);
    }
}

#[test]
fn a_folder_lists_its_rings() {
    let disk = Disk::new();
    let keys = disk.keys();
    for name in ["auth", "Not-A-Ring", ".hidden", "tokens"] {
        fs::create_dir(keys.join(name)).unwrap();
    }
    fs::write(keys.join("file"), "").unwrap();
    let rings = RingDirectory::all(&keys).unwrap();
    let names: Vec<_> = rings.iter().map(|ring| ring.name().as_str()).collect();
    assert_eq!(names, ["auth", "tokens", "vapi"]);
    assert!(RingDirectory::all(keys.join("nowhere")).is_err());
}

#[test]
fn entries_tell_what_the_tool_shows() {
    let disk = Disk::with(EVERY_STATE);
    disk.file("used", "at 2026-11-22T00:00:00Z\nactive 2026-11-21T23:59:59Z 17\nbad line\nx y z\n");
    // After its time, a retiring key is still what the file says.
    let entries = disk.bare().entries().unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| entry.state.to_string()).collect();
    assert_eq!(shown, ["destroyed", "revoked", "retiring", "active", "pending"]);
    let used = entries[3].used.unwrap();
    assert_eq!((used.last, used.count), (NOW.checked_sub(Duration::from_secs(1)).unwrap(), 17));
    assert!(entries[4].used.is_none());
    // The tool has no variable, and shows what a service that has it sees.
    let bare = Disk::with("k pending -").bare().entries().unwrap();
    let shown: Vec<_> = bare.iter().map(|entry| format!("{} {}", entry.id, entry.state)).collect();
    assert_eq!(shown, ["env active", "k pending"]);
}

#[test]
fn times_are_those_of_the_calendar() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("1999-12-31T23:59:59Z", Some(946_684_799)),
        ("2000-02-29T12:00:00Z", Some(951_825_600)),
        ("2026-11-22T00:00:00Z", Some(NOW.as_secs())),
        ("2038-01-19T03:14:08Z", Some(2_147_483_648)),
        ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
        ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
        ("1969-12-31T23:59:59Z", None),
        ("2100-02-29T00:00:00Z", None),
        ("2026-02-29T00:00:00Z", None),
        ("2026-00-01T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-01-00T00:00:00Z", None),
        ("2026-01-32T00:00:00Z", None),
        ("2026-01-01T24:00:00Z", None),
        ("2026-01-01T00:60:00Z", None),
        ("2026-06-30T23:59:60Z", None),
        ("2026-01-01t00:00:00z", None),
        ("2026-01-01 00:00:00Z", None),
        ("+026-01-01T00:00:00Z", None),
        ("", None),
    ] {
        let parsed = text.parse::<Timestamp>().ok();
        assert_eq!(parsed.map(|stamp| stamp.since_epoch().as_secs()), seconds, "{text}");
        if let Some(stamp) = parsed {
            assert_eq!(stamp.to_string(), text);
        }
    }
    // Every day of four centuries, and a bit of the last minute of each.
    for day in 0..146_097_u64 {
        let stamp = Timestamp::at(Duration::from_secs(day * 86_400 + 86_399));
        assert_eq!(stamp.to_string().parse(), Ok(stamp));
    }
    let late = Timestamp::at(Duration::MAX);
    assert_eq!(late.to_string(), "9999-12-31T23:59:59Z");
}

#[test]
fn a_seed_is_not_measured_by_the_minimum_of_files() {
    // The schema of the variable has judged it.
    let disk = Disk::new();
    let short = disk.bare().minimum(64).seed(secret("env"));
    assert_eq!(live(&short.read(NOW).unwrap()), ["env"]);
}
