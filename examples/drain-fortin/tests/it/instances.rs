//! Instances that count together, on a server that they may have lost.

mod together;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use drain_fortin::{Config, ConfigErrors, DataOption, Log, ServeOptions, serve_without};
use http::Request;
use rempart_core::{Clock, SystemClock};
use rempart_keys::{KeyId, RingDirectory, Secret};
use rempart_signature::{Message, Scheme};
use rempart_testing::canary::assert_absent;
use rempart_testing::wire;
use tempfile::TempDir;

use crate::house::{House, VAPI, bearer, config, post, send};
use crate::process::{Served, production, refused, serving};

const PASSWORD: &str = "made-up-password-of-the-server";

/// Of a server that is not there.
fn nowhere() -> String {
    format!("redis://limits:{PASSWORD}@127.0.0.1:1")
}

fn load(folder: &Path, instances: u32, more: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.join("data") };
    let instances = std::num::NonZeroU32::new(instances);
    let options = ServeOptions { listen: any, admin_listen: any, data, keys: None, instances };
    Config::load(&options, more.iter().copied(), None)
}

#[test]
fn every_fault_of_sharing_is_told_with_all_others_and_none_shows_the_password() {
    let with_tls = format!("rediss://limits:{PASSWORD}@limits.example");
    let unknown = format!("redis://limits:{PASSWORD}@limits.example/first");
    let other = format!("http://limits:{PASSWORD}@limits.example");
    let torn = format!("redis://limits:{PASSWORD}/more@limits.example");
    for (instances, url, told) in [
        (2, "", "--instances: "),
        (2, &*with_tls, "REDIS_URL: `rediss` is TLS"),
        (0, &*unknown, "REDIS_URL: is not `redis://"),
        (0, &*other, "REDIS_URL: the environment"),
        (2, &*torn, "REDIS_URL: the environment"),
    ] {
        let folder = TempDir::new().unwrap();
        let variables = [("REDIS_URL", url), ("LOG_FORMAT", "xml"), ("TWILIO_AUTH_TOKEN", "short")];
        let faults = load(folder.path(), instances, &variables).unwrap_err();
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        for told in [told, "LOG_FORMAT: ", "TWILIO_AUTH_TOKEN: "] {
            let times = faults.iter().filter(|fault| fault.starts_with(told)).count();
            assert_eq!(times, 1, "{told}: {faults:#?}");
        }
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert_absent(faults.concat(), PASSWORD);
        assert!(!folder.path().join("data").exists(), "nothing is made on such a start");
    }
}

#[test]
fn a_configuration_shows_nothing_of_the_address() {
    let folder = TempDir::new().unwrap();
    let config = load(folder.path(), 2, &[("REDIS_URL", &nowhere())]).unwrap();
    assert_absent(format!("{config:?} {config:#?}"), PASSWORD);
}

#[test]
fn without_the_server_there_is_no_variable_of_it() {
    let folder = TempDir::new().unwrap();
    for variables in [&[][..], &[("REDIS_URL", "")]] {
        assert!(load(folder.path(), 0, variables).is_ok(), "{variables:?}");
    }
}

/// What all hash clients under is the same for all, whichever key a ring has at the moment.
#[test]
fn the_secret_of_tokens_is_needed_though_its_ring_has_a_key() {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("data/keys");
    let ring = RingDirectory::new(keys, "auth-token".parse().unwrap());
    let (id, now) = (KeyId::new("2026-q4").unwrap(), SystemClock.unix());
    ring.generate(id, now).unwrap();
    ring.promote(id, now, Duration::ZERO).unwrap();
    let mut command = production(folder.path());
    command.env_remove("AUTH_TOKEN_SECRET").env("REDIS_URL", nowhere());
    let why = refused(&mut command, 78);
    assert!(why.contains("\nAUTH_TOKEN_SECRET: "), "{why}");
    command.env_remove("REDIS_URL");
    assert_eq!(Served::start(command).stop().0, Some(0));
}

/// What keeps a message from being handled twice is the database.
#[tokio::test]
async fn instances_over_one_folder_store_a_report_once_and_end_a_session_for_all() {
    let one = House::open().await;
    let config = config(one.folder.path()).clock(Arc::new(one.clock.clone()));
    let log = Log::to(&config, std::io::sink).unwrap();
    let two = serve_without(config, None, log).await.unwrap();
    let report = r#"{"message":{"type":"end-of-call-report","call":{"id":"once"}}}"#;
    let message = Message::new(report.as_bytes(), Duration::ZERO);
    let signed = Scheme::vapi().sign(&Secret::new(VAPI).unwrap(), &message).unwrap();
    for instance in [one.public(), two.public] {
        let report = post("/webhooks/vapi", signed.clone(), "application/json", report);
        assert_eq!(send(instance, report).await.status(), 200);
    }
    let token = one.token().await;
    assert_eq!(one.list("/api/calls", &token).await["items"].as_array().unwrap().len(), 1);
    let list = async || {
        let list = Request::get("/api/calls").header("authorization", bearer(&token));
        send(two.public, list.body(String::new()).unwrap()).await.status()
    };
    assert_eq!(list().await, 200);
    assert_eq!(one.logout(&token).await.status(), 204);
    two.reload().await;
    assert_eq!(list().await, 401);
    two.stop.gracefully().await;
    one.close().await;
}

#[test]
fn starts_and_limits_by_its_part_while_nobody_answers_and_never_shows_the_password() {
    away(&nowhere());
}

#[test]
fn the_log_says_at_the_start_that_nobody_answers() {
    let folder = TempDir::new().unwrap();
    let (_, _, stderr) = Served::start(sharing(folder.path(), &nowhere())).stop();
    assert_eq!(stderr.matches("shared limits does not answer").count(), 1, "{stderr}");
    assert!(!stderr.contains("--instances"), "{stderr}");
    let mut command = serving(folder.path());
    command.env("REDIS_URL", nowhere());
    let (_, stdout, stderr) = Served::start(command).stop();
    assert_eq!(stderr.matches("without --instances").count(), 1, "{stderr}");
    assert!(stdout.contains("while it is away, 1/1 of each"), "{stdout}");
}

#[test]
fn alone_it_says_so_and_counts_its_own_clients() {
    let folder = TempDir::new().unwrap();
    let served = Served::start(serving(folder.path()));
    assert_eq!(ask(&served, "POST /webhooks/vapi", "203.0.113.1"), 401);
    let metrics = admin(&served, "GET /metrics");
    assert!(metrics.contains("\nrempart_rate_limit_tracked_keys{policy=\"webhook\"} 1\n"));
    let (code, stdout, stderr) = served.stop();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("\n             counted by this instance\n"), "{stdout}");
    assert!(!stderr.contains("shared limits"), "{stderr}");
}

/// A service whose server does not do: nobody is refused for that, and the limits are kept.
fn away(url: &str) {
    let folder = TempDir::new().unwrap();
    let mut command = sharing(folder.path(), url);
    command.env("RUST_LOG", "debug");
    let served = Served::start(command);
    for nth in 0..20 {
        let client = format!("203.0.113.{nth}");
        assert_eq!(ask(&served, "POST /webhooks/vapi", &client), 401, "{client}");
    }
    // Five of ten for each of two, three of them at once and one more in 20 seconds.
    let asked = (0..20).filter(|_| ask(&served, "POST /webhooks/vapi", "2001:db8::1") == 401);
    assert!((3..=4).contains(&asked.count()), "it is limited by its part");
    let metrics = admin(&served, "GET /metrics");
    assert!(!metrics.contains("rempart_rate_limit_tracked_keys{"), "{metrics}");
    let pages = metrics + &admin(&served, "GET /security") + &admin(&served, "GET /keys");
    let (code, stdout, stderr) = served.stop();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stderr.matches("shared limits does not answer").count(), 1, "{stderr}");
    let counted =
        "\n             counted by all instances, at REDIS_URL; while it is away, 1/2 of each";
    assert!(stdout.contains(counted), "{stdout}");
    for text in [pages, stdout, stderr] {
        assert_absent(text, PASSWORD);
    }
}

/// One of two instances, to which clients are who they say they are.
fn sharing(folder: &Path, url: &str) -> std::process::Command {
    let mut command = serving(folder);
    command.args(["--instances", "2"]).envs([
        ("AUTH_TOKEN_SECRET", "made-up-token-secret-of-the-tests-0"),
        ("REDIS_URL", url),
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
    ]);
    command
}

/// What a request without a signature, a token or JSON is answered with.
fn ask(of: &Served, target: &str, client: &str) -> u16 {
    let headers = [("Content-Type", "text/plain"), ("X-Forwarded-For", client)];
    wire::send(of.public.parse().unwrap(), target, &headers, b"{}").unwrap().status
}

fn admin(of: &Served, target: &str) -> String {
    let answer = wire::send(of.admin.parse().unwrap(), target, &[], b"").unwrap();
    assert_eq!(answer.status, 200);
    answer.text()
}
