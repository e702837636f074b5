use std::thread;
use std::time::{Duration, Instant};

use rempart_testing::RedisServer;
use tempfile::TempDir;

use super::{PASSWORD, ask, away, sharing};
use crate::process::Served;

/// How often a client may ask for each, in any minute.
const CLASSES: [(&str, usize); 3] =
    [("POST /webhooks/vapi", 10), ("GET /api/calls", 100), ("POST /auth/login", 5)];

#[test]
#[ignore = "needs redis-server"]
fn two_instances_never_serve_one_more_between_them() {
    let redis = RedisServer::start();
    let (_folders, instances) = two(&redis);
    for (target, limit) in CLASSES {
        let is_served = |of: &Served, client| ask(of, target, client) != 429;
        let by_turns = instances.iter().cycle().take(3 * limit);
        let served = by_turns.filter(|of| is_served(of, "203.0.113.1")).count();
        assert!(within(served, limit), "{target}, by turns: {served}");
        let at_once = |of| (0..limit).filter(|_| is_served(of, "2001:db8::1")).count();
        let served: usize = thread::scope(|scope| {
            let both = instances.each_ref().map(|of| scope.spawn(move || at_once(of)));
            both.map(|one| one.join().unwrap()).iter().sum()
        });
        assert!(within(served, limit), "{target}, at once: {served}");
    }
    stop(instances);
}

/// Less than the limit is served where this machine answers later than the service waits; two that
/// do not count together serve twice as much.
fn within(served: usize, limit: usize) -> bool {
    (limit / 2 + 1..=limit).contains(&served)
}

#[test]
#[ignore = "needs redis-server"]
fn a_server_that_is_lost_is_nobodys_refusal_and_is_found_again() {
    let mut redis = RedisServer::start();
    let (_folders, instances) = two(&redis);
    for round in 0..30 {
        if round == 10 {
            redis.kill();
        }
        for of in &instances {
            let client = format!("203.0.113.{round}");
            assert_eq!(ask(of, "POST /webhooks/vapi", &client), 401, "{client}");
        }
    }
    redis.restart();
    let deadline = Instant::now() + Duration::from_secs(20);
    for of in &instances {
        // More than its part of them is served: it is the server that counts.
        let is_back = |client: &str| (0..6).all(|_| ask(of, "POST /webhooks/vapi", client) == 401);
        let mut clients = (0..).map(|nth| format!("198.51.100.{nth}"));
        while !clients.next().is_some_and(|client| is_back(&client)) {
            assert!(Instant::now() < deadline, "the server is not found again");
        }
    }
    for stderr in stop(instances) {
        for told in ["shared limits does not answer", "shared limits answers again"] {
            assert_eq!(stderr.matches(told).count(), 1, "{told}:\n{stderr}");
        }
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_server_that_knows_no_such_password_is_as_good_as_none() {
    let redis = RedisServer::start();
    away(&redis.url().replace("redis://", &format!("redis://limits:{PASSWORD}@")));
}

fn two(redis: &RedisServer) -> ([TempDir; 2], [Served; 2]) {
    let folders = [(); 2].map(|()| TempDir::new().unwrap());
    let instances = folders.each_ref().map(|folder| {
        let mut command = sharing(folder.path(), &redis.url());
        // Nobody reads its lines before it has ended.
        command.env("RUST_LOG", "warn");
        Served::start(command)
    });
    (folders, instances)
}

/// What they wrote into their logs.
fn stop(instances: [Served; 2]) -> [String; 2] {
    instances.map(|of| {
        let (code, _, stderr) = of.stop();
        assert_eq!(code, Some(0), "{stderr}");
        stderr
    })
}
