//! Requests that are turned away before the service sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, Request, Response, StatusCode, Version};
use hyper::ext::Protocol;
use rempart_core::{Event, EventKind, Observer, Outcome, Reason, Refused};
use rempart_cors::{ConfigErrors, CorsLayer, Enforce, Policy, PolicyBuilder};
use rempart_testing::strict;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::talk::{CRM, EVIL};

const OWN: &str = "https://api.example.com";
const HOST: &str = "api.example.com";

type Headers = &'static [(&'static str, &'static str)];

fn draft() -> PolicyBuilder<rempart_cors::Credentialed> {
    Policy::credentialed("api")
        .origins([CRM])
        .own_origins([OWN, "http://localhost:8080"])
        .own_hosts(["10.0.0.7:9000", "internal"])
        .methods(["PUT"])
}

fn policy(scope: Enforce) -> Policy {
    draft().enforce(scope).build().unwrap()
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    refused: Option<Refused>,
    reached: bool,
}

async fn send(policy: &Policy, method: &str, uri: &str, headers: &[(&str, &str)]) -> Reply {
    let reached = Arc::new(AtomicBool::new(false));
    let seen = reached.clone();
    let service = strict(move |_: Request<()>| {
        seen.store(true, Ordering::Relaxed);
        std::future::ready(Response::new(String::from("answer")))
    });
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let service = CorsLayer::new(policy.clone()).layer(service);
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let reached = reached.load(Ordering::Relaxed);
    assert_eq!(body.is_empty(), !reached, "what is answered here has no body");
    let refused = parts.extensions.get().copied();
    Reply { status: parts.status, headers: parts.headers, refused, reached }
}

/// A refusal says what it depends on, and is kept by no cache: what answers `OPTIONS` never is.
fn assert_is_bare(reply: &Reply, is_preflight: bool) {
    let preflight = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    let (vary, cache) = if is_preflight { (preflight, None) } else { ("Origin", Some("no-store")) };
    assert_eq!(reply.headers["vary"], vary);
    let told = reply.headers.get("cache-control").map(|value| value.to_str().unwrap());
    assert_eq!(told, cache);
    assert_eq!(reply.headers.len(), 1 + usize::from(cache.is_some()), "{:?}", reply.headers);
}

#[tokio::test]
async fn a_strangers_request_does_not_reach_the_service() {
    const ACRM: (&str, &str) = ("access-control-request-method", "PUT");
    const UPGRADE: (&str, &str) = ("upgrade", "websocket");
    #[rustfmt::skip]
    let rows: [(&str, Headers, bool, bool); 23] = [
        // method  headers                                     every method  unsafe methods
        ("GET",     &[],                                        true,  true),
        ("POST",    &[],                                        true,  true),
        ("GET",     &[UPGRADE],                                 true,  true),
        ("GET",     &[("origin", CRM)],                         true,  true),
        ("POST",    &[("origin", CRM)],                         true,  true),
        ("GET",     &[("origin", CRM), UPGRADE],                true,  true),
        ("POST",    &[("origin", OWN)],                         true,  true),
        ("GET",     &[("origin", OWN), UPGRADE],                true,  true),
        ("POST",    &[("origin", "http://localhost:8080")],     true,  true),
        ("GET",     &[("origin", EVIL)],                        false, true),
        ("HEAD",    &[("origin", EVIL)],                        false, true),
        ("OPTIONS", &[("origin", EVIL)],                        false, true),
        ("GET",     &[("origin", "null")],                      false, true),
        ("GET",     &[("origin", EVIL), UPGRADE],               false, false),
        ("GET",     &[("origin", EVIL), ("upgrade", "h2c")],    false, false),
        ("GET",     &[("origin", "null"), ("upgrade", "x"), ("upgrade", "WebSocket")], false, false),
        ("CONNECT", &[("origin", EVIL)],                        false, false),
        ("TRACE",   &[("origin", EVIL)],                        false, false),
        ("POST",    &[("origin", EVIL)],                        false, false),
        ("PURGE",   &[("origin", EVIL)],                        false, false),
        ("POST",    &[("origin", "null")],                      false, false),
        ("POST",    &[("origin", CRM), ("origin", CRM)],        false, false),
        ("OPTIONS", &[("origin", EVIL), ACRM],                  false, false),
    ];
    for (scope, wanted) in [(Enforce::EveryMethod, 0), (Enforce::UnsafeMethods, 1)] {
        for (method, headers, every, unsafe_only) in rows {
            let want = [every, unsafe_only][wanted];
            let headers = [headers, &[("host", HOST)]].concat();
            let reply = send(&policy(scope), method, "/", &headers).await;
            assert_eq!(reply.reached, want, "{scope:?}: {method} {headers:?}");
            if !want {
                assert_eq!(reply.status, StatusCode::FORBIDDEN);
                assert_is_bare(&reply, headers.contains(&ACRM));
                assert!(reply.refused.is_some());
            }
        }
    }
}

/// A page whose name was made to resolve to this machine sends its own name as `Host`, and, with a
/// `GET`, no `Origin`.
#[tokio::test]
async fn a_request_for_another_host_does_not_reach_the_service() {
    #[rustfmt::skip]
    let rows: [(&str, Headers, bool); 27] = [
        ("/",                              &[("host", "api.example.com")],              true),
        ("/",                              &[("host", "api.example.com:443")],          true),
        ("/",                              &[("host", "API.Example.com")],              true),
        ("/",                              &[("host", "localhost:8080")],               true),
        ("/",                              &[("host", "10.0.0.7:9000")],                true),
        ("/",                              &[("host", "internal")],                     true),
        ("/",                              &[("host", "internal:80")],                  true),
        ("https://api.example.com/",       &[],                                         true),
        ("https://api.example.com:443/",   &[("host", "api.example.com")],              true),
        ("/",                              &[],                                         false),
        ("/",                              &[("host", "")],                             false),
        ("/",                              &[("host", "evil.example")],                 false),
        ("/",                              &[("host", "api.example.com.evil.example")], false),
        ("/",                              &[("host", "api.example.com.")],             false),
        ("/",                              &[("host", "api.example.com:8443")],         false),
        ("/",                              &[("host", "api.example.com:80")],           false),
        ("/",                              &[("host", "localhost")],                    false),
        ("/",                              &[("host", "localhost:8080:80")],            false),
        ("/",                              &[("host", "localhost:8080:8080")],          false),
        ("/",                              &[("host", "10.0.0.7:9000:80")],             false),
        ("/",                              &[("host", "10.0.0.7:9000:443")],            false),
        ("/",                              &[("host", "10.0.0.7")],                     false),
        ("/",                              &[("host", HOST), ("host", HOST)],           false),
        ("https://evil.example/",          &[],                                         false),
        ("https://evil.example/",          &[("host", HOST)],                           false),
        ("https://api.example.com/",       &[("host", "evil.example")],                 false),
        ("https://u@api.example.com/",     &[],                                         false),
    ];
    for (uri, headers, want) in rows {
        for more in
            [&[][..], &[("origin", CRM)], &[("origin", OWN), ("sec-fetch-site", "same-origin")]]
        {
            let headers = [headers, more].concat();
            for scope in [Enforce::EveryMethod, Enforce::UnsafeMethods] {
                let reply = send(&policy(scope), "GET", uri, &headers).await;
                assert_eq!(reply.reached, want, "{uri} {headers:?}");
                if !want {
                    assert_eq!(reply.refused.unwrap().reason, Reason::HostNotAllowed);
                    assert_is_bare(&reply, false);
                }
            }
        }
    }
    // Nor is its preflight answered.
    let headers = [("host", EVIL), ("origin", CRM), ("access-control-request-method", "PUT")];
    let reply = send(&policy(Enforce::EveryMethod), "OPTIONS", "/", &headers).await;
    let refused = reply.refused.unwrap();
    assert_eq!((refused.kind, refused.reason), (EventKind::CorsPreflight, Reason::HostNotAllowed));
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_is_bare(&reply, true);
}

/// As hyper hands it over: a `CONNECT` with all of the URI, a `:protocol` beside and no `Host`.
#[tokio::test]
async fn a_websocket_over_http_2_is_opened_by_allowed_and_own_origins_alone() {
    for (uri, origin, reached) in [
        ("https://api.example.com/chat", Some(CRM), true),
        ("https://api.example.com/chat", Some(OWN), true),
        ("https://api.example.com/chat", None, true),
        ("https://api.example.com/chat", Some(EVIL), false),
        ("https://api.example.com/chat", Some("null"), false),
        ("https://evil.example/chat", Some(CRM), false),
        ("https://evil.example/chat", None, false),
    ] {
        for scope in [Enforce::EveryMethod, Enforce::UnsafeMethods] {
            let request = Request::connect(uri).version(Version::HTTP_2);
            let mut request = request.extension(Protocol::from_static("websocket"));
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let inner = strict(|request: Request<()>| {
                assert!(request.extensions().get::<Protocol>().is_some(), "as it came");
                std::future::ready(Response::new(String::new()))
            });
            let service = CorsLayer::new(policy(scope)).layer(inner);
            let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
            let status = if reached { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(response.status(), status, "{scope:?}: {uri} {origin:?}");
        }
    }
}

/// What the sender says of itself decides nothing.
#[tokio::test]
async fn the_own_origins_are_those_of_the_policy() {
    for headers in [
        &[("origin", "https://internal"), ("host", "internal")][..],
        &[("origin", EVIL), ("host", HOST), ("sec-fetch-site", "same-origin")],
        &[("origin", EVIL), ("host", HOST), ("sec-fetch-site", "none")],
        &[("origin", EVIL), ("host", HOST), ("x-forwarded-host", "evil.example")],
    ] {
        let reply = send(&policy(Enforce::EveryMethod), "POST", "/", headers).await;
        assert!(!reply.reached, "{headers:?}");
    }
}

#[tokio::test]
async fn a_policy_that_does_not_enforce_turns_nobody_away() {
    let policy = Policy::credentialed("api").origins([CRM]).own_origins([OWN]).build().unwrap();
    assert_eq!(policy.enforces(), None);
    for headers in
        [&[][..], &[("origin", EVIL), ("host", "evil.example"), ("upgrade", "websocket")]]
    {
        assert!(send(&policy, "GET", "/", headers).await.reached);
    }
}

#[tokio::test]
async fn grpc_is_refused_in_its_own_words() {
    for kind in ["application/grpc", "application/grpc-web", "application/grpc-web-text"] {
        let headers = [("host", HOST), ("origin", EVIL), ("content-type", kind)];
        let reply = send(&policy(Enforce::EveryMethod), "POST", "/", &headers).await;
        assert!(!reply.reached);
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["grpc-status"], "7");
        assert_eq!(reply.headers["content-type"], kind);
        assert_eq!(reply.headers["vary"], "Origin");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_refusal_holds_no_permit_of_the_service() {
    let inner = strict(|_: Request<()>| std::future::ready(Response::new(String::new())));
    let layer = CorsLayer::new(policy(Enforce::EveryMethod));
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));
    let mut open = service.clone();
    let stranger = Request::post("/").header("host", HOST).header("origin", EVIL).body(()).unwrap();
    open.ready().await.unwrap().call(stranger).await.unwrap();
    let own = Request::post("/").header("host", HOST).header("origin", OWN).body(()).unwrap();
    let answer = service.ready().await.unwrap().call(own).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    drop(open);
}

#[tokio::test]
async fn observers_are_told_why() {
    struct Check(Arc<AtomicBool>);
    impl Observer for Check {
        fn observe(&self, event: &Event<'_>) {
            let is_it = event.kind == EventKind::CorsActual
                && event.outcome == Outcome::Refused
                && event.reason == Some(Reason::HostNotAllowed);
            self.0.store(is_it, Ordering::Relaxed);
        }
    }
    let told = Arc::new(AtomicBool::new(false));
    let inner = strict(|_: Request<()>| std::future::ready(Response::new(String::new())));
    let layer = CorsLayer::new(policy(Enforce::EveryMethod)).observer(Check(told.clone()));
    let rebound = Request::get("/").header("host", "evil.example").body(()).unwrap();
    layer.layer(inner).oneshot(rebound).await.unwrap();
    assert!(told.load(Ordering::Relaxed), "also without an `Origin`");
}

#[test]
fn what_cannot_be_enforced_is_a_fault() {
    let fault = |built: Result<Policy, ConfigErrors>| built.unwrap_err().to_string();
    let scope = Enforce::EveryMethod;
    let open = Policy::anonymous("a").any_origin().own_hosts(["a"]).enforce(scope);
    let want = "enforce: every origin is allowed, and there is nobody to turn away";
    assert_eq!(fault(open.build()), want);
    let hostless = Policy::credentialed("a").origins([CRM]).enforce(scope);
    let want = "enforce: name the own origins or own hosts; requests for others are turned away";
    assert_eq!(fault(hostless.build()), want);
    let idle = "own_hosts: nothing is enforced, and without that no host is looked at";
    assert_eq!(fault(draft().build()), idle);
    let draft = || draft().enforce(scope);
    let hosts = |host| fault(draft().own_hosts([host]).build());
    let default = "names the scheme's default port, which browsers leave out";
    assert_eq!(hosts("a:443"), format!("own_hosts[2]: `a:443`: {default}"));
    assert!(hosts("https://a").starts_with("own_hosts[2]: `https://a`: "));
    assert!(hosts("").ends_with("the host is empty"));
    assert!(hosts("*.a").contains("wildcard"));
    assert_eq!(hosts("internal"), "own_hosts[2]: `internal` stands in the list already");
    let twice = fault(draft().own_hosts(["a\nx", "a\nx"]).build());
    let byte = "the host holds a byte that no host name has";
    let want = [2, 3].map(|index| format!("own_hosts[{index}]: `a\\nx`: {byte}"));
    assert_eq!(twice.lines().collect::<Vec<_>>(), want);
    let many = fault(draft().own_hosts((0..1_023).map(|nth| format!("h{nth}"))).build());
    assert_eq!(many, "own_hosts: 1025 entries; at most 1024 are allowed");
}
