//! The rotation drill: the keys of a running service turn under load, by the tool alone, and no
//! legitimate request fails.
//!
//! The five steps are those of the README: generate, test, promote, verify, revoke.

pub(crate) mod load;
pub(crate) mod service;

use std::time::{Duration, Instant};

use rempart::keys::Secret;
use serde_json::Value;

use self::load::{Load, bearer, webhook};
use self::service::{Service, VAPI};
use crate::tool;

/// A key is out of use after this long: short, so that the drill is.
const IDLE: &str = "3s";

#[test]
fn keys_turn_under_load_and_no_legitimate_request_fails() {
    let service = Service::start();
    let load = Load::start(&service);
    load.runs_on();

    // The variable's key gives way to the first of the ring, and that to the second.
    let mut old = ("env".to_owned(), Secret::new(VAPI).unwrap());
    for id in ["2026-q4", "2027-q1"] {
        let url = service.public_url("/webhooks/vapi");
        let asked = ["--url", &url, "--scheme", "vapi", "--control"];
        let new = service.key("vapi-webhook", id, &asked);
        turn(&service, &load, "vapi-webhook", &old.0, id, || load.sign_with(&new));
        let answer = webhook(&mut service.connect(), &old.1, 0).unwrap();
        assert_eq!(answer.status, 401, "the key {} is revoked", old.0);
        old = (id.to_owned(), new);
    }

    let token = load.token();
    let url = service.public_url("/api/calls");
    let claims = ["--issuer", "drain-fortin", "--audience", "drain-fortin-api"];
    let asked = [&["--url", &url, "--scheme", "bearer", "--control"], &claims[..]].concat();
    let asked =
        [&asked[..], &["--subject", "agent@example.test", "--claim", "role=agent"]].concat();
    service.key("auth-token", "2026-q4", &asked);
    turn(&service, &load, "auth-token", "env", "2026-q4", || load.sign_in_again());
    let answer = bearer(&mut service.connect(), &token, 0).unwrap();
    assert_eq!(answer.status, 401, "what the key signed is revoked with it");

    load.runs_on();
    let (served, failed) = load.stop();
    assert!(failed.is_empty(), "of {served} requests {} failed: {:?}", failed.len(), &failed[..1]);
    assert!(served >= 500, "{served} requests are no load");
    println!("{served} legitimate requests, 0 failed");
    service.stop();
}

/// The drill is not blind: what it must not see is there to be seen.
#[test]
fn the_load_notices_a_key_that_goes_too_early() {
    let service = Service::start();
    let load = Load::start(&service);
    load.runs_on();
    service.done(&["revoke", "vapi-webhook", "env", "--force"]);
    load.fails();
    let (_, failed) = load.stop();
    assert!(failed[0].starts_with("401 "), "{failed:?}");
    service.stop();
}

/// Promotes, verifies and revokes, while `switch` makes the senders use the new key.
fn turn(service: &Service, load: &Load, ring: &str, old: &str, new: &str, switch: impl FnOnce()) {
    let promoted = service.done(&["promote", ring, new, "--overlap", "1h"]);
    assert!(promoted.contains(&format!("{ring} {old}: verifies until ")), "{promoted}");

    // The senders still use the old key: the last step is refused.
    load.runs_on();
    service.wait_for(ring, old, "in_use");
    let early = service.keys(&["revoke", ring, old, "--idle", IDLE]);
    assert_eq!(early.code, 1, "{}", early.stderr);
    assert!(early.stderr.contains(&format!("{ring} {old}: is in use")), "{}", early.stderr);

    switch();
    let safe = service.wait_for(ring, old, "safe_to_revoke");
    load.runs_on();
    let still = service.wait_for(ring, old, "safe_to_revoke");
    assert_eq!(safe["uses"], still["uses"], "no use of the retiring key before it goes");
    let status = service.done(&["status", ring, "--idle", IDLE]);
    assert!(status.contains("safe to revoke: 0 uses in 3s"), "{status}");
    let used = service.wait_for(ring, new, "signs");
    assert!(used["uses"].as_u64().unwrap() > 0, "{used}");

    let revoked = service.done(&["revoke", ring, old, "--idle", IDLE]);
    assert_eq!(revoked, format!("{ring} {old}: revoked\n"));
    load.runs_on();
}

impl Service {
    /// The first two steps: generates a key, and asks the service whether it takes it.
    fn key(&self, ring: &str, id: &str, asked: &[&str]) -> Secret {
        self.done(&["add", ring, "--id", id]);
        let tested = self.tool(&[&["test", ring], asked].concat());
        assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
        let tested: Value = serde_json::from_str(&tested.stdout).unwrap();
        assert_eq!((&tested["key"], &tested["accepted"]), (&id.into(), &true.into()));
        let file = self.folder().join("data/keys").join(ring).join(format!("{id}.key"));
        Secret::new(std::fs::read(file).unwrap()).unwrap()
    }

    /// Runs a verb of `keys` that changes them, and has the service told.
    fn keys(&self, arguments: &[&str]) -> tool::Run {
        let reload = self.admin_url("/keys/reload");
        self.tool(&[arguments, &["--reload", &reload]].concat())
    }

    fn done(&self, arguments: &[&str]) -> String {
        let run = match arguments {
            ["status", ..] => self.tool(arguments),
            _ => self.keys(arguments),
        };
        assert_eq!((run.code, &*run.stderr), (0, ""), "{arguments:?}");
        run.stdout
    }

    fn tool(&self, arguments: &[&str]) -> tool::Run {
        let keys = self.folder().join("data/keys");
        let all = [&["keys", "--dir", keys.to_str().unwrap()], arguments].concat();
        tool::run(&all, &[], b"")
    }

    /// Asks `status` until it says this of a key.
    fn wait_for(&self, ring: &str, id: &str, verdict: &str) -> Value {
        let begun = Instant::now();
        loop {
            let text = self.done(&["status", ring, "--json", "--idle", IDLE]);
            let rings: Value = serde_json::from_str(&text).unwrap();
            let keys = rings[0]["keys"].as_array().unwrap();
            let key = keys.iter().find(|key| key["key"] == id).unwrap();
            if key["verdict"] == verdict {
                return key.clone();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{id} is not {verdict}: {text}");
        }
    }
}
