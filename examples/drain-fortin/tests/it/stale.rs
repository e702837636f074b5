//! What cannot be read again is told of, and stands on record until it can.

use std::fs;
use std::time::{Duration, Instant};

use http::Request;

use crate::house::{House, send};
use crate::security::{page, state};

/// What breaks, and what mends it.
struct Breakage {
    policy: &'static str,
    outcome: &'static str,
    breaks: fn(&House),
    mends: fn(&House),
}

const BREAKAGES: [Breakage; 2] = [
    Breakage {
        policy: "vapi-webhook",
        outcome: "rejected",
        breaks: |house| fs::write(ring(house), "no ring at all\n").unwrap(),
        mends: |house| fs::write(ring(house), "env active -\n").unwrap(),
    },
    Breakage {
        policy: "revocations",
        outcome: "error",
        breaks: |house| rename(house, "revoked", "aside"),
        mends: |house| rename(house, "aside", "revoked"),
    },
];

fn ring(house: &House) -> std::path::PathBuf {
    house.folder.path().join("keys/vapi-webhook/ring")
}

fn rename(house: &House, from: &str, to: &str) {
    let other = rusqlite::Connection::open(house.folder.path().join("drain-fortin.db")).unwrap();
    other.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).unwrap();
}

async fn metric(house: &House, series: &str) -> u64 {
    let request = Request::get("/metrics").body(String::new()).unwrap();
    let text = String::from_utf8(send(house.admin(), request).await.into_body()).unwrap();
    let mut values = text.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value = values.next();
    assert!(value.is_some(), "no {series} in\n{text}");
    value.unwrap().parse().unwrap()
}

async fn stale(house: &House, policy: &str) -> u64 {
    metric(house, &format!("rempart_config_stale{{policy=\"{policy}\"}}")).await
}

async fn told(house: &House, policy: &str, outcome: &str) -> u64 {
    let labels = format!("policy=\"{policy}\",outcome=\"{outcome}\"");
    metric(house, &format!("rempart_config_reloads_total{{{labels}}}")).await
}

#[tokio::test]
async fn each_reading_is_on_record_before_any_failed() {
    let house = House::open().await;
    for policy in ["auth-token", "revocations", "twilio", "vapi-webhook", "variables"] {
        assert_eq!(stale(&house, policy).await, 0, "{policy}");
        for outcome in ["allowed", "rejected", "error"] {
            assert_eq!(told(&house, policy, outcome).await, 0, "{policy}: {outcome}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_reading_that_fails_is_an_alert_until_it_succeeds_however_long_that_takes() {
    for Breakage { policy, outcome, breaks, mends } in BREAKAGES {
        let house = House::open().await;
        breaks(&house);
        assert!(house.reload().await.has_faults(), "{policy}");
        assert_eq!(stale(&house, policy).await, 1, "{policy}");
        assert!(told(&house, policy, outcome).await > 0, "{policy}");
        let log = house.log.text();
        let line = log.lines().find(|line| line.contains(&format!("policy=\"{policy}\"")));
        assert!(line.is_some_and(|line| line.contains("event.name=\"config.")), "{log}");
        assert_eq!(state(&page(&house).await, "ConfigReloadFailed"), "firing", "{policy}");
        // Past the span within which a failure counts.
        house.clock.advance(Duration::from_secs(3600));
        let now = page(&house).await;
        assert_eq!(state(&now, "ConfigReloadFailed"), "firing", "{policy}");
        assert!(now.contains(policy), "{policy}: {now}");

        mends(&house);
        assert!(!house.reload().await.has_faults(), "{policy}");
        assert_eq!(stale(&house, policy).await, 0, "{policy}");
        assert!(told(&house, policy, "allowed").await > 0, "{policy}: that it is over is told");
        assert_eq!(state(&page(&house).await, "ConfigReloadFailed"), "quiet", "{policy}");
        house.close().await;
    }
}

#[tokio::test]
async fn revocations_that_cannot_be_read_are_told_of_without_being_asked_and_once() {
    let house = House::open().await;
    rename(&house, "revoked", "aside");
    let begun = Instant::now();
    while stale(&house, "revocations").await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    rename(&house, "aside", "revoked");
    while stale(&house, "revocations").await == 1 {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    assert_eq!(told(&house, "revocations", "error").await, 1);
    assert_eq!(told(&house, "revocations", "allowed").await, 1);
    let log = house.log.text();
    assert_eq!(log.matches("revocations could not be read").count(), 1, "{log}");
    house.close().await;
}
