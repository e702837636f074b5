//! No buffer of this crate is given back to the allocator with a part of a secret in it.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rempart_core::ManualClock;
use rempart_keys::{
    Key, KeyId, KeyRing, Kind, LiveRing, Loader, PolicyName, Profile, RingDirectory, Schema,
    Secret, Variable, dotenv,
};
use rempart_testing::alloc::{Freed, Scanning, freed};

#[global_allocator]
static ALLOCATOR: Scanning = Scanning;

/// Of no byte twice in a row, so that no part of it stands anywhere by chance.
const SECRET: &str = "made-up+CANARY=7f3Qz9/Wk2~Lm5!Xv8;Rt1:Hy6@Bn4";

fn schema() -> Schema {
    Schema::new([
        Variable::new("SECRET", Kind::Text).generated_in_development(),
        Variable::new("OTHER", Kind::Hex).generated_in_development(),
        Variable::new("TOKEN", Kind::Jwt),
        Variable::new("SHOWN", Kind::Text).browser_ok(),
    ])
    .unwrap()
}

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// What is freed while the schema is loaded, and what came of it is shown and dropped.
fn loaded(change: impl FnOnce(Loader<'_>) -> Loader<'_>) -> (Vec<String>, Freed) {
    let schema = schema();
    freed(|| {
        let loader = change(Loader::new(&schema, Profile::Development));
        match loader.load() {
            Ok(values) => {
                drop(format!("{values:?} {:?}", values.warnings()));
                values.entries().map(|entry| entry.name.to_owned()).collect()
            }
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    })
}

#[test]
fn a_planted_leak_is_found() {
    let ((), plain) = freed(|| drop(SECRET.to_owned()));
    assert_eq!(plain.holding(SECRET.as_bytes()), 1, "a text that is dropped");
    let ((), grown) = freed(|| {
        let mut grown = Vec::with_capacity(SECRET.len());
        grown.extend_from_slice(SECRET.as_bytes());
        grown.extend_from_slice(SECRET.as_bytes());
        grown.fill(0);
    });
    assert_eq!(grown.holding(SECRET.as_bytes()), 1, "a buffer that grew, and was wiped at the end");
    let ((), part) = freed(|| drop(SECRET.as_bytes().first_chunk::<12>().copied().map(Box::new)));
    assert_eq!(part.holding(SECRET.as_bytes()), 1, "a part of it");
    let ((), inside) = freed(|| drop(fs::read_to_string(file_of("planted", SECRET)).unwrap()));
    assert!(inside.holding(SECRET.as_bytes()) > 0, "a file that is read as everybody reads it");
}

fn file_of(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder(name).join("file");
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn no_way_of_loading_leaves_a_secret_behind() {
    let path = |name, content: String| file_of(name, content).into_os_string();
    let file = path("file", format!("{SECRET}\n"));
    let long = path("long", SECRET.repeat(1_000));
    let refused = path("refused", format!("{SECRET}\u{7}"));
    let large = path("large", SECRET.repeat(2_000));
    let dotenv = [
        ("plain", format!("A=1\nSECRET={SECRET}\n")),
        ("single", format!("SECRET='{SECRET}' # made up\n")),
        ("double", format!("SECRET=\"\\n\\$ {SECRET}\\t{SECRET}\"\n")),
        ("damaged", format!("SECRET={SECRET}\nTOKEN='{SECRET}\nSHOWN=\"{SECRET}\\x\"\n")),
        ("twice", format!("SECRET={SECRET}\nSECRET={SECRET}\n")),
        ("unknown", format!("UNKNOWN={SECRET}\nUNKNOWN_FILE={SECRET}\n")),
        ("short", format!("SECRET={}\n", &SECRET[..20])),
        ("named", format!("SECRET_FILE={}\n", file.to_str().unwrap())),
        ("misplaced", format!("SECRET_FILE={SECRET}\n")),
        ("wrong kind", format!("TOKEN={SECRET}\nOTHER={SECRET}\n")),
        (
            "token",
            format!("TOKEN=eyJhbGciOiJub25lIn0.{}.{}\n", "bWFkZS11cCtDQU5BUlk9N2Y", "c2lnbmF0dXJl"),
        ),
        ("both", format!("SECRET={SECRET}\nSECRET_FILE={SECRET}\n")),
        ("shown", format!("SHOWN={SECRET}\nSECRET={SECRET}\n")),
        ("large", format!("SECRET={SECRET}\n").repeat(2_000)),
    ];
    let mut rows: Vec<(String, (Vec<String>, Freed))> = vec![
        ("a file".into(), loaded(|loader| loader.environment([("SECRET_FILE", file.clone())]))),
        ("a long file".into(), loaded(|loader| loader.environment([("SECRET_FILE", long)]))),
        ("a refused file".into(), loaded(|loader| loader.environment([("SECRET_FILE", refused)]))),
        ("a large file".into(), loaded(|loader| loader.environment([("SECRET_FILE", large)]))),
        ("the environment".into(), loaded(|loader| loader.environment([("SECRET", SECRET)]))),
        (
            "the environment, unknown".into(),
            loaded(|loader| loader.environment([("UNKNOWN", SECRET)])),
        ),
        (
            "a secret for a path".into(),
            loaded(|loader| loader.environment([("SECRET_FILE", SECRET.repeat(20))])),
        ),
    ];
    for (name, text) in dotenv {
        let path = file_of(name, text);
        rows.push((format!(".env, {name}"), loaded(|loader| loader.dotenv(path))));
    }
    for (name, (said, freed)) in rows {
        assert!(freed.blocks() > 0, "{name}: nothing was watched");
        assert_eq!(freed.holding(SECRET.as_bytes()), 0, "{name}: {said:?}");
    }
}

#[test]
fn what_is_generated_leaves_nothing_behind_and_neither_does_reading_it() {
    let path = folder("generated").join("dev-secrets.env");
    for run in ["generated", "read", "read again"] {
        let schema = schema();
        let (values, freed) = freed(|| {
            let loaded = Loader::new(&schema, Profile::Development).dev_secrets(&path).load();
            let loaded = loaded.unwrap();
            let value = |name| loaded.secret(name).unwrap().expose().to_vec();
            // Copies of the test's own, which outlive the watch.
            [value("SECRET"), value("OTHER")]
        });
        for value in values {
            assert_eq!(value.len(), 64);
            assert_eq!(freed.holding(&value), 0, "{run}");
        }
    }
    // One more variable: the file is written anew, with what it held.
    let before = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = before.lines().take(2).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let schema = schema();
    let ((), freed) = freed(|| {
        drop(Loader::new(&schema, Profile::Development).dev_secrets(&path).load().unwrap());
    });
    let kept = lines.last().and_then(|line| line.split('=').nth(1)).unwrap();
    assert_eq!(freed.holding(kept.as_bytes()), 0, "the file was written anew");
}

#[test]
fn secrets_keys_and_entries_are_wiped() {
    let bytes = SECRET.as_bytes();
    let id = |text| KeyId::new(text).unwrap();
    let text = format!("A={SECRET}\nB='{SECRET}'\nC=\"{SECRET}\\n{SECRET}\"\n");
    let roomy = || {
        let mut roomy = Vec::with_capacity(1_000);
        roomy.extend_from_slice(bytes);
        roomy
    };
    let padded = [bytes, b" "].concat();
    let rows: [(&str, &dyn Fn()); 8] = [
        ("a secret", &|| drop(Secret::new(SECRET).unwrap())),
        ("of a roomy buffer", &|| drop(Secret::new(roomy()).unwrap())),
        ("of a box", &|| drop(Secret::from_binary(bytes.to_vec().into_boxed_slice()).unwrap())),
        ("refused", &|| assert!(Secret::new(padded.clone()).is_err())),
        ("too short", &|| assert!(Secret::new(SECRET).unwrap().at_least(1_000).is_err())),
        ("shown", &|| drop(format!("{:?}", Secret::new(SECRET).unwrap()))),
        ("a ring", &|| {
            let ring = KeyRing::single(id("a"), Secret::new(SECRET).unwrap());
            let twin = Key::new(id("b"), Secret::new(SECRET).unwrap());
            assert!(ring.add(twin).is_err());
            drop(ring.revoke_all());
        }),
        ("entries of `.env`", &|| drop(dotenv::parse(text.as_bytes()).unwrap())),
    ];
    for (name, run) in rows {
        let ((), freed) = freed(run);
        assert!(freed.blocks() > 0, "{name}: nothing was watched");
        assert_eq!(freed.holding(bytes), 0, "{name}");
    }
}

/// 2026-11-22T00:00:00Z.
const NOW: Duration = Duration::from_secs(1_795_305_600);

/// A ring on disk with these files.
fn ring_of(name: &str, files: &[(&str, String)]) -> RingDirectory {
    let keys = folder(name);
    let ring = RingDirectory::new(&keys, PolicyName::new("vapi").unwrap());
    fs::create_dir(ring.path()).unwrap();
    for (file, text) in files {
        fs::write(ring.path().join(file), text).unwrap();
    }
    ring
}

#[test]
fn no_way_of_reading_a_ring_on_disk_leaves_a_key_behind() {
    let ring = |text: &str| ("ring", text.to_owned());
    let key = |text: String| ("k.key", text);
    let secret = || key(SECRET.to_owned());
    let active = || ring("k active -\n");
    let twice = || ring("k active -\nj pending -\n");
    let rows: [(&str, Vec<(&str, String)>); 13] = [
        ("a key", vec![active(), secret()]),
        ("with a line end", vec![active(), key(format!("{SECRET}\r\n"))]),
        ("of many bytes", vec![active(), key(SECRET.repeat(1_000))]),
        ("too large", vec![active(), key(SECRET.repeat(2_000))]),
        ("padded", vec![active(), key(format!("{SECRET} \n"))]),
        ("under two names", vec![twice(), secret(), ("j.key", SECRET.to_owned())]),
        ("revoked by a line", vec![ring("k revoked -\n"), secret()]),
        ("revoked by the list", vec![active(), secret(), ("revoked", "k\n".to_owned())]),
        ("retired", vec![ring("k retiring - 2026-11-01T00:00:00Z\n"), secret()]),
        ("in `ring`", vec![ring(&format!("k {SECRET} {SECRET}\n{SECRET} active -\n"))]),
        ("in `revoked`", vec![active(), secret(), ("revoked", format!("{SECRET} {SECRET}\n"))]),
        ("in `used`", vec![active(), secret(), ("used", format!("{SECRET}\n{SECRET} 1 1\n"))]),
        ("beside a ring of bytes", vec![ring("k active \u{e9}"), secret()]),
    ];
    for (name, files) in rows {
        let directory = ring_of("a ring", &files);
        for minimum in [0, 1_000_000] {
            let (said, freed) = freed(|| {
                let directory = directory.clone().minimum(minimum);
                format!("{:?} {:?}", directory.read(NOW), directory.entries())
            });
            assert!(freed.blocks() > 0, "{name}: nothing was watched");
            assert_eq!(freed.holding(SECRET.as_bytes()), 0, "{name}: {said}");
        }
    }
}

/// A name, the ring on disk, and what becomes of it.
type Followed<'a> = (&'a str, &'a dyn Fn() -> RingDirectory, &'a dyn Fn(&LiveRing));

#[test]
fn a_ring_that_is_followed_leaves_no_key_behind() {
    let (active, key) = (("ring", "k active -\n".to_owned()), ("k.key", SECRET.to_owned()));
    let bare = || ring_of("followed", &[active.clone(), key.clone()]);
    let of_variable = || ring_of("followed", &[]).seed(Secret::new(SECRET).unwrap());
    let other = || Secret::new("made-up-value-that-comes-after").unwrap();
    let write = |live: &LiveRing, file: &str, text: &str| {
        fs::write(live.directory().path().join(file), text).unwrap();
        drop(format!("{:?}", live.reload()));
    };
    let rows: [Followed<'_>; 10] = [
        ("as it is", &bare, &|live| drop(live.reload())),
        ("another key", &bare, &|live| write(live, "k.key", "made-up-secret-that-comes-after")),
        ("revoked", &bare, &|live| write(live, "revoked", "k\n")),
        ("destroyed", &bare, &|live| write(live, "ring", "k destroyed -\n")),
        ("a fault", &bare, &|live| write(live, "ring", "k active\n")),
        ("back under another name", &bare, &|live| {
            write(live, "revoked", "k\n");
            fs::write(live.directory().path().join("j.key"), SECRET).unwrap();
            write(live, "ring", "j active -\n");
        }),
        ("no subscriber takes it", &bare, &|live| {
            live.on_change(|ring| {
                let taken = ring.signing().is_some_and(|key| key.id().as_str() == "k");
                if taken { Ok(()) } else { Err("not this one".into()) }
            })
            .unwrap();
            write(live, "ring", "k pending -\n");
        }),
        ("of the variable", &of_variable, &|live| drop(live.poll())),
        ("another value", &of_variable, &|live| drop(live.reseed(other()))),
        ("the value again", &of_variable, &|live| {
            drop(live.reseed(other()));
            drop(live.reseed(Secret::new(SECRET).unwrap()));
        }),
    ];
    for (name, directory, change) in rows {
        let directory = directory();
        let ((), freed) = freed(|| {
            let live = LiveRing::open(directory, ManualClock::at(NOW)).unwrap();
            change(&live);
            drop(format!("{live:?} {:?}", live.directory()));
        });
        assert!(freed.blocks() > 0, "{name}: nothing was watched");
        assert_eq!(freed.holding(SECRET.as_bytes()), 0, "{name}");
    }
}

#[test]
fn the_keys_that_the_tool_writes_leave_nothing_behind() {
    let directory = ring_of("written", &[]);
    let id = |text| KeyId::new(text).unwrap();
    let (generated, freed_then) = freed(|| {
        let secret = directory.generate(id("new"), NOW).unwrap();
        directory.add(id("old"), &Secret::new(SECRET).unwrap(), NOW).unwrap();
        directory.promote(id("old"), NOW, Duration::ZERO).unwrap();
        directory.promote(id("new"), NOW, Duration::ZERO).unwrap();
        // A copy of the test's own, which outlives the watch.
        secret.expose().to_vec()
    });
    assert_eq!(generated.len(), 64);
    let ((), freed_later) = freed(|| {
        directory.revoke(id("old"), NOW).unwrap();
        directory.destroy(id("old")).unwrap();
        directory.revoke_all(NOW).unwrap();
        drop(directory.entries().unwrap());
    });
    for freed in [freed_then, freed_later] {
        assert!(freed.blocks() > 0, "nothing was watched");
        for secret in [SECRET.as_bytes(), &generated] {
            assert_eq!(freed.holding(secret), 0);
        }
    }
}
