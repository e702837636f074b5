//! A key that is revoked is refused, in time and for good, by a process that goes on serving.

mod senders;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rempart_core::{KeyId, PolicyName};
use rempart_keys::{RingDirectory, Secret};
use rempart_testing::wire;
use tempfile::TempDir;

use self::senders::{Credential, Senders, Tally};
use crate::process::{Served, serving};

/// How a process learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// By a call on the admin listener.
    Call,
    /// By nobody: it looks at the directory now and then.
    Poll,
    #[cfg(unix)]
    Signal,
    /// By the operating system.
    Watch,
}

impl Told {
    /// From then on nothing is accepted, counted from when `revoke`, or the call after it, returns.
    const fn within(self) -> Duration {
        match self {
            Self::Poll => Duration::from_secs(6),
            _ => Duration::from_secs(1),
        }
    }
}

/// What is wrong with the ring at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// `ring` is no ring.
    Garbage,
    /// The file of a live key is gone.
    KeyGone,
    /// `ring` ends in the middle of a line.
    HalfWritten,
    /// `ring` is gone.
    RingGone,
}

#[test]
fn a_revoked_key_is_refused_after_a_second_however_the_process_learns_of_it() {
    for (told, broken) in [
        (Told::Watch, Broken::Nothing),
        (Told::Call, Broken::Nothing),
        #[cfg(unix)]
        (Told::Signal, Broken::Nothing),
    ] {
        revoke(told, broken, 500);
    }
}

#[test]
fn a_broken_ring_delays_no_revocation() {
    for broken in [Broken::Garbage, Broken::KeyGone, Broken::HalfWritten, Broken::RingGone] {
        revoke(Told::Watch, broken, 500);
    }
    revoke(Told::Call, Broken::Garbage, 500);
}

#[test]
fn what_a_revoked_key_has_signed_is_refused_too() {
    let house = House::start();
    let ring = house.ring("auth-token");
    let token = house.sign_in();
    let (new, now) = (KeyId::new("new").unwrap(), now());
    ring.generate(new, now).unwrap();
    ring.promote(new, now, Duration::from_secs(3600)).unwrap();
    house.reload();
    let newer = Credential::Token(house.sign_in());
    let old = Credential::Token(token);
    let env = KeyId::new("env").unwrap();
    house.refuses(&old, Some(&newer), Told::Call, 500, || ring.revoke(env, now).unwrap());
    house.stop();
}

#[test]
fn the_directory_alone_is_looked_at_in_time() {
    by_poll(500);
}

#[test]
#[ignore = "100,000 requests, two times: some minutes"]
fn of_a_hundred_thousand_requests_with_a_revoked_key_none_is_accepted() {
    revoke(Told::Watch, Broken::Garbage, 100_000);
    by_poll(100_000);
}

/// Revokes the key of a ring on disk, with another in force.
fn revoke(told: Told, broken: Broken, requests: u64) {
    let house = House::start();
    let ring = house.ring("vapi-webhook");
    let (old, new, now) = (KeyId::new("old").unwrap(), KeyId::new("new").unwrap(), now());
    let secret = ring.generate(old, now).unwrap();
    ring.promote(old, now, Duration::from_secs(3600)).unwrap();
    let next = ring.generate(new, now).unwrap();
    ring.promote(new, now, Duration::from_secs(3600)).unwrap();
    house.reload();
    let (secret, next) = (Credential::Key(secret), Credential::Key(next));
    house.refuses(&secret, Some(&next), told, requests, || {
        spoil(ring.path(), broken);
        ring.revoke(old, now).unwrap();
        // As a writer that is cut off, or a deployment that goes wrong, just then.
        spoil(ring.path(), broken);
    });
    house.stop();
}

/// Revokes the variable's key in a directory that was put in the place of the one that the
/// operating system watches: there is nothing to be woken by.
fn by_poll(requests: u64) {
    let house = House::start();
    let ring = house.ring("vapi-webhook");
    let old = Credential::Key(Secret::new(VAPI).unwrap());
    let env = KeyId::new("env").unwrap();
    house.refuses(&old, None, Told::Poll, requests, || {
        std::fs::rename(ring.path(), house.folder.path().join("aside")).unwrap();
        std::fs::create_dir(ring.path()).unwrap();
        // Whoever was woken by that has long looked once the use was written down twice more.
        let written = || ring.use_record().map(|record| record.at);
        wait_for(|| written().is_some());
        let first = written();
        wait_for(|| written() != first);
        ring.revoke(env, now()).unwrap();
    });
    house.stop();
}

fn wait_for(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn spoil(ring: &Path, broken: Broken) {
    let file = ring.join("ring");
    match broken {
        Broken::Nothing => {}
        Broken::Garbage => std::fs::write(file, "\0\u{1f980} no ring\nold active\n").unwrap(),
        Broken::KeyGone => drop(std::fs::remove_file(ring.join("new.key"))),
        Broken::HalfWritten => {
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(file, &text[..text.len().min(60)]).unwrap();
        }
        Broken::RingGone => drop(std::fs::remove_file(file)),
    }
}

fn now() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

const VAPI: &str = "made-up-webhook-secret-of-the-tests";
const PASSWORD: &str = "made-up-password-of-the-tests-0000";

/// The process over a folder of its own.
struct House {
    folder: TempDir,
    served: Served,
}

impl House {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = serving(folder.path());
        command.envs([
            ("DEV_ADMIN_PASSWORD", PASSWORD),
            ("LOG_FORMAT", "text"),
            // A line a request would fill the pipe that nobody reads until the end.
            ("RUST_LOG", "off"),
            ("TRUSTED_PROXIES", "127.0.0.1/32"),
            ("VAPI_WEBHOOK_SECRET", VAPI),
        ]);
        Self { served: Served::start(command), folder }
    }

    fn ring(&self, name: &str) -> RingDirectory {
        let keys: PathBuf = self.folder.path().join("data/keys");
        RingDirectory::new(keys, PolicyName::new(name).unwrap())
    }

    fn reload(&self) {
        let admin = self.served.admin.parse().unwrap();
        let answer = wire::send(admin, "POST /keys/reload", &[], b"").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    fn sign_in(&self) -> String {
        let body = format!(r#"{{"email":"admin@example.test","password":"{PASSWORD}"}}"#);
        let headers = [("content-type", "application/json")];
        let public = self.served.public.parse().unwrap();
        let answer = wire::send(public, "POST /auth/login", &headers, body.as_bytes()).unwrap();
        let granted: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        granted["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends with `old` all the time, revokes, and sees `requests` more refused, every one; what
    /// `new` signs is accepted before and after.
    #[expect(clippy::print_stdout, reason = "the figures are what the long run is for")]
    fn refuses(
        &self,
        old: &Credential,
        new: Option<&Credential>,
        told: Told,
        requests: u64,
        revoke: impl FnOnce(),
    ) {
        let senders = Senders::start(self.served.public.parse().unwrap(), old);
        senders.wait_for(|tally: &Tally| tally.accepted >= 20);
        revoke();
        match told {
            Told::Poll | Told::Watch => {}
            Told::Call => self.reload(),
            #[cfg(unix)]
            Told::Signal => {
                let id = self.served.child.id().to_string();
                assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
            }
        }
        let revoked = Instant::now();
        senders.count_from(revoked + told.within());
        senders.wait_for(|tally| tally.late >= requests || tally.late_accepted > 0);
        let new = new.map(|new| senders.try_once(new));
        let tally = senders.stop();
        let seconds = revoked.elapsed().as_secs_f32();
        let last = tally.last_accepted.saturating_duration_since(revoked);
        println!(
            "{told:?}: {} requests with the old key from {:?} on, {} accepted; the last one that \
             was began {last:?} after `revoke` returned; {seconds:.1} s",
            tally.late,
            told.within(),
            tally.late_accepted,
        );
        assert_eq!(tally.late_accepted, 0, "{told:?}");
        assert_eq!(tally.others, 0, "neither accepted nor 401");
        assert!(new.is_none_or(|status| (200..300).contains(&status)), "{told:?}: {new:?}");
    }

    fn stop(self) {
        let (code, _, stderr) = self.served.stop();
        assert_eq!(code, Some(0), "{stderr}");
    }
}
