//! The figures are those of what happened, in series that no client can add to.

mod bounds;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use http::{HeaderMap, Request};
use rempart_keys::Secret;
use rempart_testing::canary::assert_absent;
use serde_json::json;

use crate::house::{House, PASSWORD, TOKENS, TWILIO, VAPI, bearer, post, send};

/// The value of each series.
type Series = BTreeMap<String, f64>;

/// What `GET /metrics` says to a program on this machine.
async fn page(house: &House) -> String {
    let answer = send(house.admin(), get("/metrics")).await;
    assert_eq!(answer.status(), 200);
    let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(header("cache-control"), Some("no-store"));
    String::from_utf8(answer.into_body()).unwrap()
}

fn series(page: &str) -> Series {
    let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        (series.to_owned(), value.parse().unwrap())
    });
    parsed.collect()
}

fn get(path: &str) -> Request<String> {
    Request::get(path).body(String::new()).unwrap()
}

/// The counters that rose, and by how much.
fn rises(before: &Series, after: &Series) -> BTreeMap<String, f64> {
    let rise = |series: &String, value: &f64| value - before.get(series).copied().unwrap_or(0.0);
    let is_counter = |series: &&String| series.contains("_total") || series.contains("_count");
    let counters = after.iter().filter(|(series, _)| is_counter(series));
    let rises = counters.map(|(series, value)| (series.clone(), rise(series, value)));
    rises.filter(|(_, rise)| *rise != 0.0).collect()
}

fn status() -> serde_json::Value {
    json!({ "message": { "type": "status-update" } })
}

/// What each request counts for beside the scrape that reads it.
#[tokio::test]
async fn the_figures_are_those_of_what_was_asked() {
    let house = House::open().await;
    let forged = || post("/webhooks/vapi", HeaderMap::new(), "application/json", "{}");
    let from = |origin: &str, path: &str| {
        Request::get(path).header("origin", origin).body(String::new()).unwrap()
    };
    let mut before = series(&page(&house).await);
    let mut expect = async |want: &[(&str, f64)]| {
        let after = series(&page(&house).await);
        let mut want: BTreeMap<_, _> =
            want.iter().map(|(series, rise)| (format!("rempart_{series}"), *rise)).collect();
        let scrape = r#"rempart_admin_requests_total{policy="monitor",outcome="allowed"}"#;
        want.insert(scrape.to_owned(), 1.0);
        assert_eq!(rises(&before, &after), want);
        before = after;
    };
    expect(&[]).await;

    for _ in 0..3 {
        assert_eq!(house.vapi(&status()).await.status(), 204);
    }
    for _ in 0..2 {
        assert_eq!(house.send(forged()).await.status(), 401);
    }
    expect(&[
        (r#"key_uses_total{policy="vapi",state="active"}"#, 3.0),
        (r#"rate_limit_requests_total{policy="webhook",outcome="allowed"}"#, 5.0),
        (r#"signature_verification_duration_seconds_count{policy="vapi",outcome="allowed"}"#, 3.0),
        (r#"signature_verification_duration_seconds_count{policy="vapi",outcome="rejected"}"#, 2.0),
        (r#"signature_verifications_total{policy="vapi",outcome="allowed",reason="none"}"#, 3.0),
        (
            r#"signature_verifications_total{policy="vapi",outcome="rejected",reason="missing"}"#,
            2.0,
        ),
    ])
    .await;

    let token = house.token().await;
    house.login("admin@example.test", "made-up-and-wrong").await;
    assert_eq!(house.status(&token).await, 200);
    assert_eq!(house.status("no token").await, 401);
    expect(&[
        (r#"auth_requests_total{policy="login",outcome="allowed",reason="none"}"#, 1.0),
        (r#"auth_requests_total{policy="login",outcome="rejected",reason="mismatch"}"#, 1.0),
        (r#"auth_requests_total{policy="token",outcome="allowed",reason="none"}"#, 1.0),
        (r#"auth_requests_total{policy="token",outcome="rejected",reason="malformed"}"#, 1.0),
        (r#"key_uses_total{policy="token",state="active"}"#, 1.0),
        (r#"rate_limit_requests_total{policy="api",outcome="allowed"}"#, 2.0),
        (r#"rate_limit_requests_total{policy="auth",outcome="allowed"}"#, 2.0),
    ])
    .await;

    for _ in 0..105 {
        house.send(from("https://evil.example", "/made-up")).await;
    }
    house.send(from("https://drain-fortin-crm.com", "/made-up")).await;
    expect(&[
        (r#"client_anomalies_total{policy="clients",outcome="shadowed",reason="abnormal_conduct"}"#, 1.0),
        (r#"cors_requests_total{policy="cors",kind="actual",outcome="allowed",reason="none"}"#, 1.0),
        (r#"cors_requests_total{policy="cors",kind="actual",outcome="rejected",reason="origin_not_allowed"}"#, 105.0),
        (r#"log_suppressed_total{kind="cors"}"#, 85.0),
        (r#"rate_limit_requests_total{policy="unmatched",outcome="allowed"}"#, 100.0),
        (r#"rate_limit_requests_total{policy="unmatched",outcome="rejected"}"#, 6.0),
    ])
    .await;

    let by_proxy = Request::get("/metrics").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(send(house.admin(), by_proxy.body(String::new()).unwrap()).await.status(), 401);
    let token = bearer(&token);
    let by_proxy = Request::get("/keys").header("x-forwarded-for", "192.0.2.1");
    let by_proxy = by_proxy.header("authorization", token).body(String::new()).unwrap();
    assert_eq!(send(house.admin(), by_proxy).await.status(), 200);
    expect(&[
        (r#"admin_requests_total{policy="admin",outcome="allowed"}"#, 1.0),
        (r#"admin_requests_total{policy="monitor",outcome="rejected"}"#, 1.0),
        (r#"auth_requests_total{policy="token",outcome="allowed",reason="none"}"#, 1.0),
        (r#"key_uses_total{policy="token",state="active"}"#, 1.0),
    ])
    .await;
    house.close().await;
}

#[tokio::test]
async fn keys_are_counted_by_their_state_and_secrets_grow_old() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let house = House::open().await;
    let (old, ring) = (Secret::new(VAPI).unwrap(), house.ring("vapi-webhook"));
    let now = || rempart_core::Clock::unix(&house.clock);
    let new = ring.generate("new".parse().unwrap(), now()).unwrap();
    house.reload().await;
    house.vapi_by(&new, &status()).await;
    ring.promote("new".parse().unwrap(), now(), DAY).unwrap();
    house.reload().await;
    house.vapi_by(&new, &status()).await;
    house.vapi_by(&old, &status()).await;
    ring.revoke("env".parse().unwrap(), now()).unwrap();
    house.reload().await;
    assert_eq!(house.vapi_by(&old, &status()).await.status(), 401);
    house.clock.advance(91 * DAY);
    let series = series(&page(&house).await);
    for state in ["active", "pending", "retiring", "revoked"] {
        let uses = format!("rempart_key_uses_total{{policy=\"vapi\",state=\"{state}\"}}");
        assert_eq!(series.get(&uses), Some(&1.0), "{state}");
    }
    let reloads = r#"rempart_config_reloads_total{policy="vapi-webhook",outcome="allowed"}"#;
    assert_eq!(series.get(reloads), Some(&3.0));
    let ages = series.iter().filter(|(series, _)| series.contains("secret_age"));
    let ages: Vec<_> =
        ages.map(|(series, age)| (series.split('"').nth(1).unwrap(), *age)).collect();
    // Of those in the environment nobody knows more than that they are as old as the process.
    let names = [
        "AUTH_TOKEN_SECRET",
        "DEV_ADMIN_PASSWORD",
        "TWILIO_AUTH_TOKEN",
        "VAPI_WEBHOOK_SECRET",
        "auth-token",
        "twilio",
        "vapi-webhook",
    ];
    assert_eq!(ages, names.map(|name| (name, (91 * DAY).as_secs_f64())));
    house.close().await;
}

/// A token that does not open the administration is an access that is denied, and the use of a
/// revoked key all the same.
#[tokio::test]
async fn a_revoked_key_at_the_administration_is_counted_as_both() {
    let house = House::open().await;
    let token = bearer(&house.token().await);
    house.ring("auth-token").revoke_all(rempart_core::Clock::unix(&house.clock)).unwrap();
    house.reload().await;
    let by_proxy = Request::get("/keys").header("x-forwarded-for", "192.0.2.1");
    let by_proxy = by_proxy.header("authorization", token).body(String::new()).unwrap();
    assert_eq!(send(house.admin(), by_proxy).await.status(), 401);
    let series = series(&page(&house).await);
    for told in [
        r#"rempart_admin_requests_total{policy="admin",outcome="rejected"}"#,
        r#"rempart_key_uses_total{policy="token",state="revoked"}"#,
    ] {
        assert_eq!(series.get(told), Some(&1.0), "{told}");
    }
    house.close().await;
}

#[tokio::test]
async fn what_alerts_ask_for_is_there_before_anything_happened() {
    let house = House::open().await;
    let page = page(&house).await;
    for wanted in [
        r#"rempart_signature_verifications_total{policy="twilio",outcome="rejected",reason="mismatch"} 0"#,
        r#"rempart_signature_verification_duration_seconds_bucket{policy="vapi",outcome="allowed",le="0.0000025"} 0"#,
        r#"rempart_rate_limit_requests_total{policy="unmatched",outcome="rejected"} 0"#,
        r#"rempart_rate_limit_tracked_keys{policy="auth"} 0"#,
        r#"rempart_cors_requests_total{policy="cors",kind="preflight",outcome="allowed",reason="none"} 0"#,
        r#"rempart_auth_requests_total{policy="refresh",outcome="rejected",reason="malformed"} 0"#,
        r#"rempart_authz_requests_total{policy="browser",outcome="rejected",reason="browser_credential"} 0"#,
        r#"rempart_admin_requests_total{policy="admin",outcome="rejected"} 0"#,
        r#"rempart_key_uses_total{policy="token",state="revoked"} 0"#,
        r#"rempart_secret_age_seconds{secret="auth-token"} 0"#,
        r#"rempart_secret_egress_blocked_total{policy="egress"} 0"#,
        r#"rempart_config_reloads_total{policy="variables",outcome="rejected"} 0"#,
        r#"rempart_client_anomalies_total{policy="clients",outcome="shadowed",reason="abnormal_conduct"} 0"#,
        "rempart_client_top_request_rate 0",
        r#"rempart_log_suppressed_total{kind="signature"} 0"#,
        r#"rempart_other_events_total{kind="replay",outcome="rejected"} 0"#,
        "rempart_observer_panics_total ",
    ] {
        assert!(page.lines().any(|line| line.starts_with(wanted)), "{wanted} is not in\n{page}");
    }
    for secret in [VAPI, TWILIO, TOKENS, PASSWORD] {
        assert_absent(&page, secret);
    }
    house.close().await;
}

#[tokio::test]
async fn a_flood_shows_as_the_rate_of_the_busiest_client_and_as_one_in_debt() {
    let house = House::open().await;
    for _ in 0..40 {
        house.send(get("/made-up")).await;
        house.clock.advance(Duration::from_millis(250));
    }
    let series = series(&page(&house).await);
    let rate = series["rempart_client_top_request_rate"];
    assert!((3.0..=5.0).contains(&rate), "{rate} is not 4 a second");
    let in_debt = r#"rempart_rate_limit_tracked_keys{policy="unmatched"}"#;
    assert_eq!(series.get(in_debt), Some(&1.0));
    house.close().await;
}

#[tokio::test]
#[ignore = "needs promtool"]
async fn promtool_finds_nothing_to_say_of_the_page() {
    let house = House::open().await;
    house.send(get("/made-up")).await;
    let page = page(&house).await;
    house.close().await;
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = promtool.unwrap();
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
