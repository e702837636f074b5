//! Each alert, in a real Prometheus that scrapes the service while it is attacked.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http::{HeaderMap, Request};
use rempart_core::{
    Clock, Event, EventKind, ManualClock, Observer, Observers, Outcome, PolicyName,
};
use rempart_keys::Secret;
use rempart_testing::wire;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::read;
use super::rules::ALERTS;
use crate::house::{House, VAPI, bearer, post, send};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Longer than any alert of shortened rules takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A Prometheus of a test's own, ended with it.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes and judges once a second; of the rules every minute is three seconds, and nothing
    /// else is changed.
    fn scraping(target: SocketAddr) -> Self {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        for rules in ["alerts.yml", "recording.yml"] {
            write(rules, &shortened(&read(rules)));
        }
        let config = read("prometheus.yml").replace("15s", "1s");
        write("prometheus.yml", &config.replace("127.0.0.1:9090", &target.to_string()));
        // Free a moment ago: nothing else on this machine takes ports by number.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address, _folder: folder }
    }

    /// What it says, once it says anything.
    fn ask(&self, target: &str) -> Option<Value> {
        let answer = wire::send(self.address, &format!("GET /api/v1/{target}"), &[], b"").ok()?;
        serde_json::from_slice(&answer.body).ok()
    }

    /// The alerts that fire.
    fn firing(&self) -> BTreeSet<String> {
        let said = self.ask("alerts").unwrap_or_default();
        let alerts = said["data"]["alerts"].as_array().into_iter().flatten();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        firing.map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()).collect()
    }

    /// How often it has scraped the service.
    fn scrapes(&self) -> u64 {
        let query = "query?query=count_over_time(rempart_client_top_request_rate%5B5m%5D)";
        let said = self.ask(query).unwrap_or_default();
        let count = said["data"]["result"][0]["value"][1].as_str();
        count.map_or(0, |count| count.parse().unwrap())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a clock run as time does, from now until it is dropped: a verification takes what it takes.
struct Ticking {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticking {
    fn start(clock: ManualClock) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut before = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(200));
                let now = Instant::now();
                clock.advance(now - before);
                before = now;
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The rules with three seconds for each minute of a range and of `for`.
fn shortened(rules: &str) -> String {
    let mut rules = rules.to_owned();
    for minutes in [2, 5, 10] {
        for (before, after) in [("[", "]"), ("for: ", "\n")] {
            let seconds = minutes * 3;
            rules = rules.replace(
                &format!("{before}{minutes}m{after}"),
                &format!("{before}{seconds}s{after}"),
            );
        }
    }
    assert!(!rules.contains("m]") && !rules.contains("m\n        labels"), "{rules}");
    rules
}

/// Waits until `until` says so, doing `meanwhile` again and again.
async fn go_on(until: impl Fn() -> bool, mut meanwhile: impl AsyncFnMut()) {
    let start = Instant::now();
    while !until() && start.elapsed() < PATIENCE {
        meanwhile().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn get(path: &str) -> http::request::Builder {
    Request::get(path)
}

/// A day at the office: whoever asks may, and a few mistype a password.
async fn benign(house: &House) {
    house.wait();
    let own = "https://drain-fortin-crm.com";
    let token = house.token().await;
    for _ in 0..5 {
        house.vapi(&json!({ "message": { "type": "status-update" } })).await;
        let request =
            get("/api/calls").header("origin", own).header("authorization", bearer(&token));
        assert_eq!(house.send(request.body(String::new()).unwrap()).await.status(), 200);
    }
}

/// What the alerts are for, beside all that is benign.
struct Attack<'a> {
    house: &'a House,
    new: Secret,
    policy: PolicyName,
}

struct Panics;

impl Observer for Panics {
    fn observe(&self, _: &Event<'_>) {
        std::panic::resume_unwind(Box::new("an observer that a test made panic"));
    }
}

impl<'a> Attack<'a> {
    /// The keys are replaced, one is revoked, one is old; a ring is broken; a secret lies in a lead.
    async fn prepare(house: &'a House) -> Self {
        let (ring, now) = (house.ring("vapi-webhook"), house.clock.unix());
        let new = ring.generate("new".parse().unwrap(), now).unwrap();
        ring.promote("new".parse().unwrap(), now, DAY).unwrap();
        ring.revoke("env".parse().unwrap(), now).unwrap();
        let old = house.ring("twilio");
        old.generate("old".parse().unwrap(), now.checked_sub(DAY * 100).unwrap()).unwrap();
        old.promote("old".parse().unwrap(), now, DAY).unwrap();
        let broken = house.ring("auth-token");
        fs::create_dir_all(broken.path()).unwrap();
        fs::write(broken.path().join("ring"), "made-up-content-of-a-broken-file").unwrap();
        house.wait();
        let lead = json!({ "name": "Made Up", "note": format!("our secret is {VAPI}") });
        let mut headers = HeaderMap::new();
        headers.insert("authorization", bearer(&house.token().await).parse().unwrap());
        let added = house.send(post("/api/leads", headers, "application/json", &lead.to_string()));
        assert_eq!(added.await.status(), 500, "the secret is stopped on its way back");
        assert!(house.reload().await.has_faults(), "one of the rings is broken");
        Self { house, new, policy: PolicyName::new("made-up").unwrap() }
    }

    /// One round, of each sort some.
    async fn go_on(&self) {
        let house = self.house;
        // One of this process's observers, whoever gave it to whichever layer.
        Observers::from(Panics).emit(&Event::new(EventKind::Body, Outcome::Refused, &self.policy));
        house.wait();
        let token = house.token().await;
        let ask = async |request: http::request::Builder| {
            house.send(request.body(String::new()).unwrap()).await.status().as_u16()
        };
        for _ in 0..10 {
            let forged = get("/api/calls").header("authorization", "Bearer made.up.token");
            assert_eq!(ask(forged).await, 401);
            ask(get("/nowhere").header("origin", "https://evil.example")).await;
        }
        for _ in 0..3 {
            let unsigned = post("/webhooks/vapi", HeaderMap::new(), "application/json", "{}");
            assert_eq!(house.send(unsigned).await.status(), 401);
        }
        // Signed with the key that was revoked; then a megabyte, which takes its time to verify.
        let status = json!({ "message": { "type": "status-update" } });
        assert_eq!(house.vapi_by(&Secret::new(VAPI).unwrap(), &status).await.status(), 401);
        let large =
            json!({ "message": { "type": "status-update" }, "fill": "a".repeat(1_048_000) });
        assert_eq!(house.vapi_by(&self.new, &large).await.status(), 204);
        let leads = get("/api/leads").header("authorization", bearer(&token));
        assert_eq!(ask(leads).await, 500, "the secret is stopped");

        let admin = async |request: http::request::Builder| {
            send(house.admin(), request.body(String::new()).unwrap()).await.status().as_u16()
        };
        admin(get("/keys").header("x-forwarded-for", "203.0.113.9")).await;
        assert_eq!(admin(get("/keys")).await, 200);
        assert_eq!(admin(Request::post("/keys/reload")).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs prometheus"]
async fn every_alert_fires_by_real_requests_and_none_without_an_attack() {
    let house = House::open().await;
    let prometheus = Prometheus::scraping(house.admin());
    // As long as the longest range: what would ring on a quiet day has rung by now.
    go_on(|| prometheus.scrapes() >= 30, async || benign(&house).await).await;
    assert!(prometheus.scrapes() >= 30, "it scrapes");
    assert_eq!(prometheus.firing(), BTreeSet::new());

    let by_requests: BTreeSet<_> = ALERTS
        .into_iter()
        .filter(|alert| *alert != "SecurityMetricsAbsent")
        .map(str::to_owned)
        .collect();
    // Until now time stood still between requests, so that no busy machine made one late.
    let ticking = Ticking::start(house.clock.clone());
    let attack = Attack::prepare(&house).await;
    // On a busy machine one may be over before another begins.
    let fired = RefCell::new(BTreeSet::new());
    let all = || {
        fired.borrow_mut().extend(prometheus.firing());
        *fired.borrow() == by_requests
    };
    go_on(all, async || attack.go_on().await).await;
    assert_eq!(*fired.borrow(), by_requests);

    drop(ticking);
    house.close().await;
    let absent = || prometheus.firing().contains("SecurityMetricsAbsent");
    go_on(absent, async || {}).await;
    assert!(absent(), "{:?}", prometheus.firing());
}
