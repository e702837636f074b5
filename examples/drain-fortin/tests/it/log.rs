//! The log holds each request and each refusal once, and nothing that it should not.

use http::Request;
use rempart_testing::canary::assert_absent;

use crate::house::{FORM, House, PASSWORD, TWILIO, VAPI, post};

fn get(path: &str) -> Request<String> {
    Request::get(path).body(String::new()).unwrap()
}

/// The lines that the requests of a test left, those of the start aside, and that on the client
/// whose conduct stands out.
fn lines(house: &House) -> Vec<String> {
    let text = house.log.text();
    let of_requests = |line: &&str| line.contains(" rempart") && !line.contains(ANOMALOUS);
    text.lines().filter(of_requests).map(ToOwned::to_owned).collect()
}

const ANOMALOUS: &str = "event.name=\"client.anomalous\"";

#[tokio::test]
async fn holds_the_method_the_route_the_status_and_the_names_of_a_query() {
    let house = House::open().await;
    house.send(get("/healthz?page=2&sort=made-up-value")).await;
    let lines = lines(&house);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    for part in [
        " rempart::access: ",
        "http.request.method=\"GET\"",
        "http.route=\"/healthz\"",
        "url.query.names=\"page,sort\"",
        "http.response.status_code=200",
        "client.address=127.0.0.1",
        "request{id=",
        "request.id=",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert_absent(line, "made-up-value");
    house.close().await;
}

#[tokio::test]
async fn holds_each_refusal_as_one_line_with_its_reason() {
    let house = House::open().await;
    let evil = "https://evil.example";
    for (request, status, reason) in [
        (get("/api/calls"), 401, "missing"),
        (post("/webhooks/vapi", http::HeaderMap::new(), "application/json", "{}"), 401, "missing"),
        (post("/auth/login", http::HeaderMap::new(), FORM, "a=b"), 415, "unsupported_media_type"),
        (
            Request::options("/api/calls")
                .header("origin", evil)
                .header("access-control-request-method", "GET")
                .body(String::new())
                .unwrap(),
            403,
            "origin_not_allowed",
        ),
    ] {
        let before = lines(&house).len();
        assert_eq!(house.send(request).await.status(), status);
        let lines = lines(&house);
        let [line] = &lines[before..] else { panic!("{:?}", &lines[before..]) };
        assert!(
            line.contains("WARN request{") && line.contains(" rempart: ") && line.contains(reason),
            "{reason}: {line}"
        );
        assert!(!line.contains("evil.example"), "{line}");
    }
    let before = lines(&house).len();
    assert_eq!(house.login("admin@example.test", "made-up-and-wrong").await.status(), 401);
    assert_eq!(lines(&house).len() - before, 1);
    house.close().await;
}

#[tokio::test]
async fn does_not_grow_with_a_flood() {
    let house = House::open().await;
    for _ in 0..60 {
        let forged = post("/webhooks/vapi", http::HeaderMap::new(), "application/json", "{}");
        house.send(forged).await;
    }
    // Ten for the signature, and of the fifty over the limit twenty.
    assert_eq!(lines(&house).len(), 30);
    // And one on whom they came from.
    let text = house.log.text();
    let anomalous = text.lines().filter(|line| line.contains(ANOMALOUS)).collect::<Vec<_>>();
    let [line] = anomalous.as_slice() else { panic!("{anomalous:?}") };
    assert!(line.contains(" WARN ") && line.contains("client.address=127.0.0.1"), "{line}");
    house.clock.advance(std::time::Duration::from_secs(1));
    let log = house.log.clone();
    house.close().await;
    let text = log.text();
    assert_eq!(text.lines().filter(|line| line.contains("suppressed=30")).count(), 1, "{text}");
}

#[tokio::test]
async fn does_not_grow_with_what_no_limit_counts() {
    let preflight = || {
        Request::options("/api/calls")
            .header("origin", "https://drain-fortin-crm.com")
            .header("access-control-request-method", "GET")
            .body(String::new())
            .unwrap()
    };
    let health = || get("/healthz");
    let contact = || get("/.well-known/security.txt");
    for (ask, status) in [(&health as &dyn Fn() -> _, 200), (&contact, 200), (&preflight, 204)] {
        let house = House::open().await;
        for _ in 0..60 {
            assert_eq!(house.send(ask()).await.status(), status);
        }
        assert_eq!(lines(&house).len(), 20, "{status}");
        // What has a limit has a line all the same.
        house.send(get("/")).await;
        assert_eq!(lines(&house).len(), 21);
        house.clock.advance(std::time::Duration::from_secs(1));
        house.send(ask()).await;
        assert_eq!(lines(&house).len(), 22, "a second later there is room again");
        let log = house.log.clone();
        house.close().await;
        // By the end each is in a line or in a count.
        let text = log.text();
        let told = text.lines().filter(|line| line.contains("rempart::access"));
        let counts = told.filter_map(|line| line.split_once("suppressed=")?.1.parse::<u64>().ok());
        assert_eq!(counts.sum::<u64>(), 40, "{text}");
    }
}

#[tokio::test]
async fn never_holds_a_secret_whatever_a_client_puts_it_into() {
    let house = House::open().await;
    let token = house.token().await;
    for secret in [VAPI, TWILIO, PASSWORD, &token] {
        for request in [
            get(&format!("/{secret}")),
            get(&format!("/healthz?{secret}={secret}&{secret}&page=1")),
            Request::get("/healthz")
                .header("authorization", format!("Bearer {secret}"))
                .header("cookie", format!("session={secret}"))
                .header("user-agent", secret)
                .header("x-request-id", secret)
                .header("x-forwarded-for", secret)
                .header("origin", format!("https://{secret}"))
                .body(String::new())
                .unwrap(),
            post("/webhooks/vapi", http::HeaderMap::new(), "application/json", secret),
            post(
                "/reports",
                http::HeaderMap::new(),
                "application/csp-report",
                &format!("\"{secret}\""),
            ),
        ] {
            house.send(request).await;
        }
        house.login(secret, secret).await;
    }
    let log = house.log.clone();
    assert!(log.text().contains("page"), "the neighbours are there");
    house.close().await;
    for secret in [VAPI, TWILIO, PASSWORD, &token] {
        assert_absent(log.text(), secret);
    }
}

#[tokio::test]
async fn names_a_request_by_an_identifier_of_its_own_and_not_by_the_clients() {
    let house = House::open().await;
    let made_up = "0123456789abcdef0123456789abcdef";
    let request = Request::get("/healthz").header("x-request-id", made_up);
    let answer = house.send(request.body(String::new()).unwrap()).await;
    let id = answer.headers()["x-request-id"].to_str().unwrap();
    assert_ne!(id, made_up);
    assert!(house.log.text().contains(id));
    assert_absent(house.log.text(), made_up);
    house.close().await;
}
