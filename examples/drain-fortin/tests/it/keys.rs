//! Keys turn while the service runs: nothing legitimate is lost, and what is revoked is refused.

use std::fs;
use std::time::Duration;

use drain_fortin::{Config, DataOption, Log, Running, ServeOptions, serve_without};
use http::{HeaderMap, Request};
use rempart_keys::{KeyId, Secret};
use rempart_signature::{Message, Scheme};
use rempart_testing::canary::assert_absent;
use serde_json::json;

use crate::house::{House, PASSWORD, Pair, TOKENS, VAPI, bearer, json as parsed, post, send};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn status() -> serde_json::Value {
    json!({ "message": { "type": "status-update" } })
}

#[tokio::test]
async fn a_ring_turns_without_a_restart_and_a_broken_file_keeps_what_was() {
    let house = House::open().await;
    let ring = house.ring("vapi-webhook");
    let old = Secret::new(VAPI).unwrap();
    let new = ring.generate(id("new"), NOW).unwrap();
    assert_eq!(house.vapi_by(&new, &status()).await.status(), 401, "before the reload");
    assert!(!house.reload().await.has_faults());
    for key in [&old, &new] {
        assert_eq!(house.vapi_by(key, &status()).await.status(), 204);
    }
    ring.promote(id("new"), NOW, DAY).unwrap();
    house.reload().await;
    let told = "a key changed its state ring=\"vapi-webhook\" key=\"env\" reason=\"operator\"";
    assert!(house.log.text().contains(told), "{}", house.log.text());
    assert_eq!(house.vapi_by(&old, &status()).await.status(), 204);
    house.clock.advance(DAY);
    // Without a reload: the ring said when the overlap ends.
    assert_eq!(house.vapi_by(&old, &status()).await.status(), 401);
    assert_eq!(house.vapi_by(&new, &status()).await.status(), 204);

    fs::write(ring.path().join("ring"), "made-up-content-of-a-broken-file").unwrap();
    let reloaded = house.reload().await;
    assert!(reloaded.has_faults() && !reloaded.rings[0].faults.is_empty());
    assert_absent(format!("{reloaded:?}{}", house.log.text()), "made-up-content");
    assert_eq!(house.vapi_by(&new, &status()).await.status(), 204, "the old ring serves");
    fs::write(ring.path().join("revoked"), "new\n").unwrap();
    house.reload().await;
    assert_eq!(house.vapi_by(&new, &status()).await.status(), 401, "a revocation is honoured");
    house.close().await;
}

#[tokio::test]
async fn without_a_key_to_sign_with_nobody_signs_in_and_a_refresh_is_not_used_up() {
    let house = House::open().await;
    let pair = house.pair().await;
    let ring = house.ring("auth-token");
    ring.revoke_all(NOW).unwrap();
    house.reload().await;
    assert_eq!(house.status(&pair.access).await, 401);
    let login = house.login("admin@example.test", PASSWORD).await;
    assert_eq!(login.status(), 503);
    assert!(login.headers().contains_key("retry-after"));
    assert_eq!(house.refresh(&pair.refresh).await.status(), 503);
    let new = ring.generate(id("new"), NOW).unwrap();
    ring.promote(id("new"), NOW, DAY).unwrap();
    house.reload().await;
    let renewed = Pair::of(&house.refresh(&pair.refresh).await);
    assert_eq!(house.status(&renewed.access).await, 200);
    assert_absent(house.log.text(), new.expose_text().unwrap());
    house.close().await;
}

#[tokio::test]
async fn starts_after_an_incident_in_which_every_key_was_revoked() {
    let house = House::open().await;
    let pair = house.pair().await;
    for name in ["vapi-webhook", "twilio", "auth-token"] {
        house.ring(name).revoke_all(NOW).unwrap();
    }
    let clock = house.clock.clone();
    let house = House::open_at(house.close().await, clock).await;
    assert_eq!(house.vapi(&status()).await.status(), 401);
    assert_eq!(house.status(&pair.access).await, 401);
    assert_eq!(house.login("admin@example.test", PASSWORD).await.status(), 503);
    let ring = house.ring("auth-token");
    ring.generate(id("new"), NOW).unwrap();
    ring.promote(id("new"), NOW, DAY).unwrap();
    house.reload().await;
    let renewed = Pair::of(&house.refresh(&pair.refresh).await);
    assert_eq!(house.status(&renewed.access).await, 200);
    house.close().await;
}

#[tokio::test]
async fn a_key_of_a_ring_is_hidden_in_the_log_and_does_not_leave() {
    let house = House::open().await;
    let key = "made-up-key-of-a-ring-of-the-tests";
    house.ring("twilio").add(id("new"), &Secret::new(key).unwrap(), NOW).unwrap();
    house.reload().await;
    let token = house.token().await;
    let mut lead = post(
        "/api/leads",
        HeaderMap::new(),
        "application/json",
        &json!({ "name": "Jeanne", "note": key }).to_string(),
    );
    lead.headers_mut().insert("authorization", bearer(&token).parse().unwrap());
    let answer = house.send(lead).await;
    assert_eq!(answer.status(), 500);
    assert_absent(answer.body(), key);
    assert_eq!(parsed(&answer)["code"], "response_withheld");
    // Nor does a page of somebody bear it.
    let request = Request::get("/api/calls")
        .header("authorization", bearer(key))
        .header("origin", "https://drain-fortin-crm.com");
    let answer = house.send(request.body(String::new()).unwrap()).await;
    assert_eq!(
        (answer.status().as_u16(), &parsed(&answer)["code"]),
        (403, &json!("browser_credential"))
    );
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://drain-fortin-crm.com");
    house.send(Request::get(format!("/healthz?{key}=1")).body(String::new()).unwrap()).await;
    let log = house.log.clone();
    house.close().await;
    assert_absent(log.text(), key);
    assert!(log.text().contains("[REDACTED:secret/twilio.new]"), "{}", log.text());
}

#[tokio::test]
async fn writes_down_which_key_verified_and_goes_on_where_it_left_off() {
    let house = House::open().await;
    let token = house.token().await;
    for _ in 0..2 {
        assert_eq!(house.status(&token).await, 200);
        assert_eq!(house.vapi(&status()).await.status(), 204);
    }
    let clock = house.clock.clone();
    let folder = house.close().await;
    for name in ["vapi-webhook", "auth-token"] {
        let used = fs::read_to_string(folder.path().join("keys").join(name).join("used")).unwrap();
        assert!(used.lines().any(|line| line == "env 2027-01-15T08:00:00Z 2"), "{used}");
    }
    let house = House::open_at(folder, clock).await;
    assert_eq!(house.vapi(&status()).await.status(), 204);
    let request = Request::get("/keys").body(String::new()).unwrap();
    let listed = parsed(&send(house.admin(), request).await);
    let key = &listed["rings"][0]["keys"][0];
    assert_eq!((&key["uses"], &key["last_used"]), (&json!(3), &json!("2027-01-15T08:00:00Z")));
    house.close().await;
}

/// A service whose webhook secret stands in a file, as a mounted secret does.
async fn mounted(folder: &std::path::Path, log: &crate::house::Lines) -> (Running, Config) {
    let any = "127.0.0.1:0".parse().unwrap();
    let data = DataOption { folder: folder.join("data") };
    let options =
        ServeOptions { listen: any, admin_listen: any, data, keys: None, instances: None };
    let secret = folder.join("webhook-secret");
    let variables = [("VAPI_WEBHOOK_SECRET_FILE", secret.to_str().unwrap())];
    let config = Config::load(&options, variables, None).unwrap();
    let to = Log::to(&config, log.clone()).unwrap();
    (serve_without(config.clone(), None, to).await.unwrap(), config)
}

async fn webhook(running: &Running, key: &str) -> u16 {
    let body = status().to_string();
    let message = Message::new(body.as_bytes(), Duration::ZERO);
    let signed = Scheme::vapi().sign(&Secret::new(key).unwrap(), &message).unwrap();
    let request = post("/webhooks/vapi", signed, "application/json", &body);
    send(running.public, request).await.status().as_u16()
}

async fn metrics(running: &Running) -> String {
    let request = Request::get("/metrics").body(String::new()).unwrap();
    String::from_utf8(send(running.admin, request).await.into_body()).unwrap()
}

#[tokio::test]
async fn a_variable_in_a_file_that_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("webhook-secret");
    let (old, new) = (VAPI, "made-up-webhook-secret-that-came-later");
    fs::write(&file, format!("{old}\n")).unwrap();
    let log = crate::house::Lines::default();
    let (running, _) = mounted(folder.path(), &log).await;
    assert_eq!(webhook(&running, old).await, 204);

    fs::write(&file, "your_webhook_secret\n").unwrap();
    let reloaded = running.reload().await;
    assert_eq!(reloaded.variables.faults.len(), 1, "{reloaded:?}");
    assert!(reloaded.variables.faults[0].starts_with("VAPI_WEBHOOK_SECRET: "), "{reloaded:?}");
    assert_eq!(webhook(&running, old).await, 204);
    let (stale, over) = (
        "rempart_config_stale{policy=\"variables\"}",
        "rempart_config_reloads_total{policy=\"variables\",outcome=\"allowed\"}",
    );
    let metrics = metrics(&running).await;
    assert!(metrics.contains(&format!("{stale} 1\n")), "{metrics}");
    // As it was: nothing has changed, and all is well again.
    fs::write(&file, format!("{old}\n")).unwrap();
    let reloaded = running.reload().await;
    assert!(!reloaded.has_faults() && reloaded.variables.changed.is_empty(), "{reloaded:?}");
    let metrics = self::metrics(&running).await;
    assert!(metrics.contains(&format!("{stale} 0\n")), "{metrics}");
    assert!(metrics.contains(&format!("{over} 1\n")), "{metrics}");

    fs::write(&file, format!("{new}\n")).unwrap();
    let reloaded = running.reload().await;
    assert!(!reloaded.has_faults() && reloaded.rings[0].changed, "{reloaded:?}");
    assert_eq!(reloaded.variables.changed, ["VAPI_WEBHOOK_SECRET"]);
    assert_eq!(webhook(&running, old).await, 401);
    assert_eq!(webhook(&running, new).await, 204);
    let answer = send(
        running.public,
        Request::get(format!("/healthz?{new}=1")).body(String::new()).unwrap(),
    );
    answer.await;
    running.stop.gracefully().await;
    assert_absent(log.text(), new);
    assert!(log.text().contains("[REDACTED:secret/VAPI_WEBHOOK_SECRET]"), "{}", log.text());
}

#[tokio::test]
async fn what_a_ring_goes_on_with_is_hidden_though_its_variable_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("webhook-secret");
    let (old, new) = (VAPI, "made-up-webhook-secret-that-came-later");
    fs::write(&file, old).unwrap();
    let log = crate::house::Lines::default();
    let (running, _) = mounted(folder.path(), &log).await;
    let keys = folder.path().join("data/keys");
    let ring = rempart_keys::RingDirectory::new(keys, "vapi-webhook".parse().unwrap());
    ring.add(id("next"), &Secret::new(new).unwrap(), NOW).unwrap();
    assert!(!running.reload().await.has_faults());
    // The ring has these bytes under another name.
    fs::write(&file, new).unwrap();
    assert!(running.reload().await.has_faults());
    assert_eq!(webhook(&running, old).await, 204);
    let request = Request::get("/api/calls")
        .header("authorization", bearer(old))
        .header("origin", "https://drain-fortin-crm.com");
    let request = request.body(String::new()).unwrap();
    assert_eq!(send(running.public, request).await.status(), 403);
    for key in [old, new] {
        let request = Request::get(format!("/healthz?{key}=1")).body(String::new()).unwrap();
        send(running.public, request).await;
    }
    running.stop.gracefully().await;
    for key in [old, new] {
        assert_absent(log.text(), key);
    }
}

#[tokio::test]
async fn follows_a_folder_that_nobody_told_it_to_read() {
    let house = House::open().await;
    let ring = house.ring("vapi-webhook");
    ring.generate(id("new"), NOW).unwrap();
    ring.promote(id("new"), NOW, DAY).unwrap();
    ring.revoke(id("env"), NOW).unwrap();
    let mut refused = false;
    for _ in 0..120 {
        refused = house.vapi(&status()).await.status() == 401;
        if refused {
            break;
        }
        // The limit's clock, and the thread that follows the folder.
        house.clock.advance(Duration::from_secs(6));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused, "a key that was revoked stays good");
    house.close().await;
}

#[tokio::test]
async fn formats_no_key_of_a_ring() {
    let house = House::open().await;
    let key = house.ring("auth-token").generate(id("new"), NOW).unwrap();
    let reloaded = house.reload().await;
    let shown = format!("{reloaded:?}{reloaded:#?}");
    for secret in [key.expose_text().unwrap(), TOKENS, VAPI] {
        assert_absent(&shown, secret);
    }
    house.close().await;
}
