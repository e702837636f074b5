//! An hour of a small company, and the attack at its end: real requests, on a clock of the test's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, Method, Request};
use rempart_core::{Clock, ManualClock};
use rempart_keys::Secret;
use rempart_signature::{Message, Scheme};
use serde_json::json;

use crate::house::{House, VAPI, bearer, send};

/// The test's clock, on which work takes time: some microseconds between two readings, now and
/// then some more.
pub(crate) struct Working {
    pub(crate) clock: ManualClock,
    readings: AtomicU64,
}

impl Working {
    pub(crate) const fn new(clock: ManualClock) -> Self {
        Self { clock, readings: AtomicU64::new(0) }
    }
}

impl Clock for Working {
    fn ticks(&self) -> u64 {
        let nth = self.readings.fetch_add(1, Ordering::Relaxed);
        let nanos = 2_000 + nth.wrapping_mul(7_919) % 9_000;
        let nanos = if nth.is_multiple_of(23) { nanos * 12 } else { nanos };
        self.clock.advance(Duration::from_nanos(nanos));
        self.clock.ticks()
    }

    fn unix(&self) -> Duration {
        self.clock.unix()
    }
}

/// One request of a client, to the public.
async fn ask(
    house: &House,
    client: &str,
    method: Method,
    path: &str,
    lines: &[(&str, &str)],
) -> u16 {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("x-forwarded-for", client);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    house.send(request.body(String::new()).unwrap()).await.status().as_u16()
}

async fn webhook(house: &House, client: &str, key: &str) -> u16 {
    let body = json!({ "message": { "type": "status-update" } }).to_string();
    let message = Message::new(body.as_bytes(), Duration::ZERO);
    let headers = Scheme::vapi().sign(&Secret::new(key).unwrap(), &message).unwrap();
    let mut request = crate::house::post("/webhooks/vapi", headers, "application/json", &body);
    request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
    send(house.public(), request).await.status().as_u16()
}

/// Fifty minutes like any others.
pub(crate) async fn calm(house: &House) {
    let mut token = String::new();
    for minute in 0..50_usize {
        if minute % 10 == 0 {
            token = bearer(&house.token().await);
        }
        let signed_in = [("authorization", token.as_str())];
        let crm = [("origin", "https://drain-fortin-crm.com"), ("authorization", token.as_str())];
        for nth in 0..2 + minute % 5 {
            assert_eq!(webhook(house, &format!("198.51.100.{nth}"), VAPI).await, 204);
            ask(house, "203.0.113.8", Method::GET, "/api/calls", &signed_in).await;
            ask(house, "2001:db8:7::1", Method::GET, "/api/calls", &crm).await;
            ask(house, "203.0.113.9", Method::GET, "/", &[]).await;
        }
        if minute % 11 == 5 {
            ask(house, "203.0.113.8", Method::GET, "/api/leads", &[]).await;
            ask(house, "203.0.113.77", Method::GET, "/wp-login.php", &[]).await;
        }
        house.clock.advance(Duration::from_secs(60));
    }
}

/// Four minutes of an attack from several sides, and of customers meanwhile.
pub(crate) async fn attack(house: &House) {
    let preflight =
        [("origin", "https://drain-fortin.example"), ("access-control-request-method", "PUT")];
    for slot in 0..24_usize {
        for nth in 0..6 {
            let bot = format!("192.0.2.{}", 10 + nth);
            let forged = format!("Bearer made-up-{slot}-{nth}");
            ask(house, &bot, Method::GET, "/api/calls", &[("authorization", &forged)]).await;
            ask(house, &bot, Method::OPTIONS, "/api/calls", &preflight).await;
            ask(house, "192.0.2.66", Method::GET, "/.env", &[]).await;
        }
        for _ in 0..4 {
            webhook(house, "198.51.100.200", "made-up-secret-of-somebody-else").await;
        }
        webhook(house, "198.51.100.1", VAPI).await;
        ask(house, "203.0.113.9", Method::GET, "/", &[]).await;
        house.clock.advance(Duration::from_secs(10));
    }
    let keys = Request::get("/keys").header("x-forwarded-for", "192.0.2.66");
    send(house.admin(), keys.body(String::new()).unwrap()).await;
    let empty = HeaderMap::new();
    let login = crate::house::post("/auth/login", empty, "application/json", "{}");
    house.send(login).await;
}
