use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode};
use rempart_core::{
    ClientAddr, EventKind, Flavour, ManualClock, PeerAddr, PolicyName, Problem, Reason, Refusal,
    Renderer, ResponseBody, RouteName,
};
use rempart_redact::{AccessLogLayer, Policy};
use rempart_testing::{Capture, canary};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

const CANARY: &str = "canary-of-the-access-log";
const UUID: &str = "550e8400-e29b-41d4-a716-446655440000";

fn layer() -> AccessLogLayer {
    let policy = Policy::builder("access").build().unwrap();
    AccessLogLayer::new(policy).clock(ManualClock::default())
}

/// What is logged of `request` when it is answered by `answer`.
fn logged(request: Request<String>, answer: fn(Request<String>) -> Response<String>) -> String {
    let handler = service_fn(move |request| async move { Ok::<_, Infallible>(answer(request)) });
    // One permit: a service that calls what it did not poll ready panics here.
    let service = layer().layer(ConcurrencyLimit::new(handler, 1));
    let capture = Capture::default();
    capture.within(|| block_on(service.oneshot(request))).unwrap();
    capture.text()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn logs_what_is_known_and_nothing_that_a_client_made_up() {
    let mut request = Request::post(format!(
        "/calls/{CANARY}?page=2&{CANARY}&token={CANARY}&q={CANARY}&o%20dd=1&x={CANARY}"
    ))
    .header("authorization", format!("Bearer {CANARY}"))
    .header("cookie", CANARY)
    .header("x-request-id", CANARY)
    .header("user-agent", CANARY)
    .body(CANARY.to_owned())
    .unwrap();
    request.extensions_mut().insert(RouteName::new("/calls/{id}"));
    let output = logged(request, |_| {
        let mut response = Response::new(CANARY.to_owned());
        *response.status_mut() = StatusCode::CREATED;
        response.headers_mut().insert("set-cookie", HeaderValue::from_static(CANARY));
        response
    });
    canary::assert_absent(&output, CANARY);
    for shown in [
        " INFO ",
        "rempart::access",
        "outcome=\"answered\"",
        "http.request.method=\"POST\"",
        "http.route=\"/calls/{id}\"",
        "url.query.names=\"page,[bare],token,q,[odd],x\"",
        "http.response.status_code=201",
        "elapsed_us=0",
    ] {
        assert!(output.contains(shown), "{shown}: {output}");
    }
    assert_eq!(output.lines().count(), 1);
}

#[test]
fn a_name_that_may_be_a_value_is_not_shown() {
    #[rustfmt::skip]
    let rows = [
        // sent                                   listed
        ("page=2&filter[year2026]=x",             "page,filter[year2026]"),
        // Base64 by itself, its padding and all.
        ("Y2FuYXJ5LW9mLXRoZS1sb2c=",             "[bare]"),
        ("Y2FuYXJ5LW9mLXRoZS1sb2d=&page=1",       "[bare],page"),
        ("Y2FuYXJ5LW9mLXRoZS1sbw==",             "[bare]"),
        ("q=",                                    "[bare]"),
        ("15145550199=1",                         "[odd]"),
        ("6368d6e6172797077=1",                   "[odd]"),
    ];
    for (query, listed) in rows {
        let request = Request::get(format!("/?{query}")).body(String::new()).unwrap();
        let output = logged(request, |_| Response::new(String::new()));
        assert!(output.contains(&format!("url.query.names=\"{listed}\"")), "{query}: {output}");
    }
}

#[test]
fn a_path_that_no_router_knew_is_unmatched() {
    let request = Request::get(format!("/{CANARY}")).body(String::new()).unwrap();
    let output = logged(request, |_| Response::new(String::new()));
    assert!(output.contains("http.route=\"unmatched\""), "{output}");
    assert!(!output.contains("url.query.names"), "{output}");
    canary::assert_absent(&output, CANARY);
}

#[test]
fn a_method_that_was_made_up_is_not_shown() {
    let request = Request::builder().method("CANARYMETHOD").uri("/").body(String::new()).unwrap();
    let output = logged(request, |_| Response::new(String::new()));
    canary::assert_absent(&output, "CANARYMETHOD");
    assert!(output.contains("http.request.method="), "{output}");
}

#[test]
fn the_identifier_of_the_request_is_logged_if_it_is_made_as_one() {
    let rows = [
        (UUID, true),
        ("4bf92f3577b34da6a3ce929d0e0e4736", true),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", true),
        ("550e8400-e29b-41d4-a716-44665544000g", false),
        ("abc", false),
    ];
    for (id, logged_as_it_is) in rows {
        let request = Request::get("/").header("x-request-id", id).body(String::new()).unwrap();
        let output = logged(request, |_| Response::new(String::new()));
        assert_eq!(output.contains(&format!("request.id=\"{id}\"")), logged_as_it_is, "{output}");
    }
    // Made by a layer inside, it is in the response.
    let request = Request::get("/").body(String::new()).unwrap();
    let output = logged(request, |_| {
        let mut response = Response::new(String::new());
        response.headers_mut().insert("x-request-id", HeaderValue::from_static(UUID));
        response
    });
    assert!(output.contains(UUID), "{output}");
}

#[test]
fn the_address_of_the_client_is_logged_if_it_was_decided() {
    let mut request = Request::get("/").body(String::new()).unwrap();
    request.extensions_mut().insert(PeerAddr("203.0.113.9:1".parse().unwrap()));
    let output = logged(request, |_| Response::new(String::new()));
    assert!(!output.contains("203.0.113.9"), "a peer is no client yet: {output}");

    let mut request = Request::get("/").body(String::new()).unwrap();
    request
        .extensions_mut()
        .insert(ClientAddr::from("203.0.113.9".parse::<std::net::IpAddr>().unwrap()));
    let output = logged(request, |_| Response::new(String::new()));
    assert!(output.contains("client.address=203.0.113.9"), "{output}");
}

#[test]
fn a_refusal_is_logged_with_its_exact_reason() {
    let request = Request::get("/").body(String::new()).unwrap();
    let output = logged(request, |_| {
        let problem =
            Problem::new(StatusCode::UNAUTHORIZED, "signature", "A signature is required");
        let policy = PolicyName::new("vapi").unwrap();
        Refusal::new(&problem, EventKind::Signature, Reason::Mismatch, policy)
            .into_response::<ResponseBody<http_body_util::Empty<bytes::Bytes>>>(
                Flavour::Http,
                &Renderer::default(),
            )
            .map(|_| String::new())
    });
    for shown in [
        "http.response.status_code=401",
        "refused.kind=\"signature\"",
        "refused.reason=\"mismatch\"",
        "refused.policy=\"vapi\"",
    ] {
        assert!(output.contains(shown), "{shown}: {output}");
    }
}

#[test]
fn time_is_measured_by_the_clock_that_was_given() {
    let clock = ManualClock::default();
    let moved = clock.clone();
    let handler = service_fn(move |_: Request<String>| {
        moved.advance(Duration::from_millis(1234));
        async { Ok::<_, Infallible>(Response::new(())) }
    });
    let policy = Policy::builder("access").build().unwrap();
    let service = AccessLogLayer::new(policy).clock(clock).layer(handler);
    let capture = Capture::default();
    let request = Request::get("/").body(String::new()).unwrap();
    capture.within(|| block_on(service.oneshot(request))).unwrap();
    assert!(capture.text().contains("elapsed_us=1234000"), "{}", capture.text());
}

#[test]
fn failures_and_clients_that_leave_are_logged_too() {
    let capture = Capture::default();
    capture.within(|| {
        let failing = service_fn(|_: Request<()>| async { Err::<Response<()>, _>("down") });
        let request = Request::get("/").body(()).unwrap();
        block_on(layer().layer(failing).oneshot(request)).unwrap_err();
        let hanging = service_fn(|_: Request<()>| pending::<Result<Response<()>, Infallible>>());
        let request = Request::get("/").body(()).unwrap();
        drop(layer().layer(hanging).call(request));
    });
    let output = capture.text();
    assert!(
        output.contains("outcome=\"failed\"") && output.contains("outcome=\"dropped\""),
        "{output}"
    );
    assert_eq!(output.lines().count(), 2);
}

#[test]
fn a_service_is_called_only_when_it_is_ready() {
    let service =
        layer().layer(rempart_testing::strict(|_: Request<()>| async { Response::new(()) }));
    let request = Request::get("/").body(()).unwrap();
    assert!(block_on(service.oneshot(request)).is_ok());
}
