//! The administration is for programs on this machine, and for administrators from elsewhere.

use std::time::Duration;

use http::{Request, Response};
use rempart_testing::canary::assert_absent;

use crate::house::{House, PASSWORD, TOKENS, TWILIO, VAPI, bearer, json, send};

type Lines<'a> = &'a [(&'static str, &'a str)];

async fn ask(house: &House, method: &str, path: &str, lines: Lines<'_>) -> Response<Vec<u8>> {
    let mut request = Request::builder().method(method).uri(path).body(String::new()).unwrap();
    for (name, value) in lines {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    send(house.admin(), request).await
}

/// A token of a user that is no administrator.
async fn agent(house: &House) -> String {
    let path = house.folder.path().join("drain-fortin.db");
    let change = |role: &str| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute("UPDATE user SET role = ?1", [role]).unwrap();
    };
    change("agent");
    let token = house.token().await;
    change("admin");
    token
}

#[tokio::test]
async fn asks_for_an_administrator_unless_a_program_on_this_machine_asks() {
    let house = House::open().await;
    let (admin, agent) = (house.token().await, agent(&house).await);
    let (admin, agent) = (bearer(&admin), bearer(&agent));
    let by_proxy = ("x-forwarded-for", "192.0.2.1");
    let rebound = ("host", "rebound.example:9090");
    let foreign = ("origin", "https://evil.example");
    #[rustfmt::skip]
    let rows: [(Lines<'_>, u16, &str); 10] = [
        (&[],                                                200, "admin.accessed"),
        (&[by_proxy],                                        401, "forwarded"),
        (&[rebound],                                         401, "host_not_allowed"),
        (&[foreign],                                         401, "cross_site"),
        (&[("sec-fetch-site", "cross-site")],                401, "cross_site"),
        (&[by_proxy, ("authorization", "Bearer no token")],  401, "malformed"),
        (&[by_proxy, ("authorization", &agent)],             403, "insufficient_scope"),
        (&[by_proxy, ("authorization", &admin)],             200, "admin.accessed"),
        (&[rebound, ("authorization", &admin)],              200, "admin.accessed"),
        // From this machine the token is not asked for.
        (&[("authorization", "Bearer no token")],            200, "admin.accessed"),
    ];
    for (method, path) in [("GET", "/keys"), ("POST", "/keys/reload")] {
        for (lines, status, told) in rows {
            // The limit on what is denied has a test of its own.
            house.clock.advance(Duration::from_secs(20));
            let answer = ask(&house, method, path, lines).await;
            assert_eq!(answer.status(), status, "{method} {path} {lines:?}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert!(answer.headers().contains_key("x-request-id"));
            if status == 401 {
                let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
                assert!(challenge.starts_with("Bearer realm=\"drain-fortin\""), "{challenge}");
            }
            if status != 200 {
                assert_eq!(answer.headers()["content-type"], "application/problem+json");
                let log = house.log.text();
                let line = log.lines().rfind(|line| line.contains("admin.denied")).unwrap();
                assert!(line.contains(told), "{told}: {line}");
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn tells_nothing_that_a_page_of_another_origin_could_read() {
    let house = House::open().await;
    for origin in ["https://drain-fortin-crm.com", "https://evil.example"] {
        let lines = [("origin", origin), ("access-control-request-method", "POST")];
        let answer = ask(&house, "OPTIONS", "/keys/reload", &lines).await;
        let mut names = answer.headers().keys().map(http::HeaderName::as_str);
        assert!(!names.any(|name| name.starts_with("access-control-")), "{answer:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn tells_a_client_that_was_denied_too_often_nothing_but_to_come_back() {
    let house = House::open().await;
    let admin = bearer(&house.token().await);
    let by_proxy = ("x-forwarded-for", "192.0.2.1");
    for _ in 0..5 {
        assert_eq!(ask(&house, "GET", "/keys", &[by_proxy]).await.status(), 401);
    }
    let lines = [by_proxy, ("authorization", admin.as_str())];
    let guess = ("authorization", "Bearer no token");
    for bad in [&[by_proxy] as Lines<'_>, &[by_proxy, guess]] {
        let answer = ask(&house, "GET", "/keys", bad).await;
        assert_eq!(answer.status(), 429, "{bad:?}");
        assert_eq!(json(&answer)["code"], "rate_limit");
        assert_eq!(answer.headers()["retry-after"], "60");
        assert!(!answer.headers().contains_key("www-authenticate"), "{bad:?}");
    }
    // A good token is one whoever else guesses from the same address.
    assert_eq!(ask(&house, "GET", "/keys", &lines).await.status(), 200);
    // Who is not asked for a token cannot be denied one.
    assert_eq!(ask(&house, "GET", "/keys", &[]).await.status(), 200);
    house.clock.advance(Duration::from_secs(59));
    let early = ask(&house, "GET", "/keys", &[by_proxy]).await;
    assert_eq!(
        (early.status().as_u16(), &early.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&house, "GET", "/keys", &[by_proxy]).await.status(), 401);
    assert_eq!(ask(&house, "GET", "/keys", &lines).await.status(), 200);
    // What is allowed does not count.
    for _ in 0..20 {
        assert_eq!(ask(&house, "GET", "/keys", &lines).await.status(), 200);
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attempts_made_at_once_are_not_all_answered() {
    let house = House::open().await;
    let to = house.admin();
    for round in 0..100 {
        let attempts = (0..24).map(|nth| {
            tokio::spawn(async move {
                let mut request = Request::get("/keys").header("x-forwarded-for", "192.0.2.1");
                if nth % 2 == 0 {
                    request = request.header("authorization", "Bearer none");
                }
                send(to, request.body(String::new()).unwrap()).await.status().as_u16()
            })
        });
        let attempts: Vec<_> = attempts.collect();
        let (mut denied, mut late) = (0, 0);
        for attempt in attempts {
            match attempt.await.unwrap() {
                401 => denied += 1,
                429 => late += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!((denied, late), (5, 19), "of those that came at once, round {round}");
        house.clock.advance(Duration::from_secs(60));
    }
    house.close().await;
}

#[tokio::test]
async fn shows_each_key_and_no_value() {
    let house = House::open().await;
    let ring = house.ring("vapi-webhook");
    let now = Duration::from_secs(1_800_000_000);
    let generated = ring.generate("2026-q4".parse().unwrap(), now).unwrap();
    let reloaded = ask(&house, "POST", "/keys/reload", &[]).await;
    let listed = ask(&house, "GET", "/keys", &[]).await;
    assert_eq!(listed.headers()["cache-control"], "no-store");
    for secret in [VAPI, TWILIO, TOKENS, PASSWORD, generated.expose_text().unwrap()] {
        assert_absent(reloaded.body(), secret);
        assert_absent(listed.body(), secret);
    }
    let expected = serde_json::json!({
        "rings": [
            { "ring": "vapi-webhook", "changed": true, "faults": [] },
            { "ring": "twilio", "changed": false, "faults": [] },
            { "ring": "auth-token", "changed": false, "faults": [] },
        ],
        "variables": { "changed": [], "faults": [] },
        "faults": [],
    });
    assert_eq!(json(&reloaded), expected);
    let expected = serde_json::json!([
        { "id": "env", "state": "active", "uses": 0 },
        { "id": "2026-q4", "state": "pending", "created": "2027-01-15T08:00:00Z", "uses": 0 },
    ]);
    let listed = json(&listed);
    assert_eq!(listed["rings"].as_array().unwrap().len(), 3);
    let mut keys = listed["rings"][0]["keys"].as_array().unwrap().clone();
    keys.sort_by_key(|key| key["id"] != "env");
    assert_eq!(serde_json::Value::from(keys), expected);
    house.close().await;
}
