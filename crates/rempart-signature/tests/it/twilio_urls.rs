//! Which URL Twilio signed: as it came, respelled, behind a proxy; and never the request's Host.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{
    ClientAddrLayer, ForwardedHeader, ManualClock, PeerAddr, Reason, RequestBody, TrustedProxies,
};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{ConfigError, Message, Policy, PublicUrl, Scheme, UrlForm};
use rempart_testing::vectors::Signed;
use rempart_testing::{Script, strict};
use tower::{Layer, ServiceExt};

use crate::support::{NOW, SECRET, builder, header, id, layer, send};

const FORM_TYPE: &str = "application/x-www-form-urlencoded";
const FORM: &str = "MessageSid=SM1&Body=Bonjour";

fn url(text: &str) -> PublicUrl {
    text.parse().unwrap()
}

fn signature(method: &Method, url: &str) -> HeaderMap {
    let body = if *method == Method::GET { "" } else { FORM };
    let message = Message::new(body.as_bytes(), NOW).url(url).method(method.clone());
    Scheme::twilio().sign(&Secret::new(SECRET).unwrap(), &message).unwrap()
}

/// A form, or a `GET`, to `target`, signed for `signed`; whatever its own headers say.
fn request(
    method: &Method,
    target: &str,
    signed: &str,
    own: &[(&'static str, &str)],
) -> Request<Script> {
    let body = if *method == Method::GET { Script::new() } else { Script::new().data(FORM) };
    let mut request = Request::builder().method(method).uri(target).body(body).unwrap();
    *request.headers_mut() = signature(method, signed);
    request.headers_mut().extend([header("content-type", FORM_TYPE)]);
    request.headers_mut().extend(own.iter().map(|(name, value)| header(name, value)));
    request
}

#[tokio::test]
async fn every_vector_has_its_result_through_the_layer() {
    let vectors = Signed::all();
    let vectors: Vec<_> = vectors.into_iter().filter(|case| case.scheme == "twilio").collect();
    assert!(vectors.len() >= 14, "{}", vectors.len());
    for case in vectors {
        let secret = Secret::new(case.secret.clone()).unwrap();
        let policy = Policy::builder("test")
            .scheme(Scheme::twilio())
            .keys(KeyRing::single(id("vector"), secret))
            .public_url(PublicUrl::origin_of(&case.url.parse().unwrap()).unwrap())
            .dangerously_short_secrets()
            .timer(ManualClock::default())
            .build()
            .unwrap();
        // What a server is told: a path, and a Host that is whatever the client likes.
        let whole: http::Uri = case.url.parse().unwrap();
        let target = whole.path_and_query().unwrap().as_str();
        let script = Script::new().data(case.body.clone());
        let mut request =
            Request::builder().method(&*case.method).uri(target).body(script).unwrap();
        request.headers_mut().extend([header("host", "evil.example")]);
        for (name, value) in &case.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let outcome = send(policy, request).await;
        let reason = outcome.reason().map(Reason::as_str);
        assert_eq!(reason, case.reason(), "{}: {}", case.id, case.comment);
        assert_eq!(outcome.handled.is_some(), case.is_valid(), "{}", case.id);
    }
}

#[tokio::test]
async fn a_url_counts_in_the_spellings_of_the_vendors_library_and_in_no_other() {
    #[rustfmt::skip]
    let rows = [
        // configured                 the request's target    signed by Twilio                          good
        ("https://a.example",         "/x?q=1",               "https://a.example/x?q=1",                true),
        ("https://a.example",         "/x?q=1",               "https://a.example:443/x?q=1",            true),
        ("https://a.example:443",     "/x?q=1",               "https://a.example/x?q=1",                true),
        ("https://a.example:8443",    "/x?q=1",               "https://a.example/x?q=1",                true),
        ("https://a.example:8443",    "/x?q=1",               "https://a.example:443/x?q=1",            false),
        ("https://a.example",         "/x?q=1",               "https://a.example:8443/x?q=1",           false),
        ("https://a.example",         "/x?q=1",               "http://a.example/x?q=1",                 false),
        ("https://a.example",         "/x?q=1",               "wss://a.example/x?q=1",                  false),
        ("https://a.example",         "/x?q=1",               "https://a.example/x/?q=1",               false),
        ("https://a.example",         "/x?q=1",               "https://a.example/x",                    false),
        ("https://a.example",         "/x?q=it's",            "https://a.example/x?q=it's",             true),
        ("https://a.example",         "/x?q=it's",            "https://a.example/x?q=it%27s",           true),
        ("https://a.example",         "/x?q=it%27s",          "https://a.example:443/x?q=it's",         true),
        ("https://a.example",         "/x?q=a+b",             "https://a.example/x?q=a%20b",            true),
        ("https://a.example",         "/x?q=a%20b",           "https://a.example/x?q=a+b",              false),
        ("https://a.example",         "/x?q=%ff",             "https://a.example/x?q=%EF%BF%BD",        false),
        ("https://a.example",         "/x'?q=1",              "https://a.example/x%27?q=1",             false),
        ("https://a.example",         "/x?q=1&r=2",           "https://a.example/x?r=2&q=1",            false),
    ];
    for (configured, target, signed, good) in rows {
        for method in [Method::POST, Method::GET] {
            let clock = ManualClock::at(NOW);
            let policy = builder(Scheme::twilio(), &clock).public_url(url(configured));
            let outcome =
                send(policy.build().unwrap(), request(&method, target, signed, &[])).await;
            let want = (!good).then_some(Reason::Mismatch);
            assert_eq!(outcome.reason(), want, "{method} {configured} {target} {signed}");
        }
    }
}

#[tokio::test]
async fn a_media_stream_is_asked_for() {
    #[rustfmt::skip]
    let rows = [
        // configured            the request's target   signed by Twilio                    by the form for streams
        ("https://a.example",    "/media",              "wss://a.example/media",            true),
        ("https://a.example",    "/media",              "wss://a.example/media/",           true),
        ("https://a.example",    "/media/",             "wss://a.example:443/media",        true),
        ("wss://a.example",      "/media",              "wss://a.example:443/media/",       true),
        ("http://a.example",     "/media",              "ws://a.example/media",             true),
        ("https://a.example",    "/media",              "https://a.example/media",          false),
        ("https://a.example",    "/media",              "ws://a.example/media",             false),
        ("https://a.example",    "/media",              "wss://a.example/other",            false),
    ];
    for (configured, target, signed, good) in rows {
        for (form, good) in [(UrlForm::WebSocket, good), (UrlForm::Respelled, false)] {
            let clock = ManualClock::at(NOW);
            let scheme = Scheme::twilio().with_url_form(form);
            let policy = builder(scheme, &clock).public_url(url(configured)).build().unwrap();
            let outcome = send(policy, request(&Method::GET, target, signed, &[])).await;
            let same = signed == format!("{configured}{target}");
            let good = good || same && form == UrlForm::Respelled;
            let want = (!good).then_some(Reason::Mismatch);
            assert_eq!(outcome.reason(), want, "{form:?} {configured} {target} {signed}");
        }
    }
}

type Lines<'a> = &'a [(&'static str, &'static str)];

const fn host(value: &'static str) -> (&'static str, &'static str) {
    ("x-forwarded-host", value)
}

const fn proto(value: &'static str) -> (&'static str, &'static str) {
    ("x-forwarded-proto", value)
}

/// Sends a request from `peer` through both layers; gives the status and what was told.
async fn behind_a_proxy(
    peer: &str,
    mut request: Request<Script>,
) -> (StatusCode, Vec<Option<Reason>>) {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::twilio(), &clock)
        .public_urls([url("https://a.example"), url("https://b.example/base")])
        .build()
        .unwrap();
    let (signatures, recorder) = layer(policy, &clock);
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let proxies = TrustedProxies::parse("10.0.0.0/8", ForwardedHeader::XForwardedFor).unwrap();
    let clients = ClientAddrLayer::new(proxies.with_forwarded_host().with_forwarded_proto());
    request.extensions_mut().insert(PeerAddr(peer.parse::<SocketAddr>().unwrap()));
    let response = clients.layer(signatures.layer(strict(answer))).oneshot(request).await.unwrap();
    (response.status(), recorder.reasons())
}

#[tokio::test]
async fn a_forwarded_host_counts_from_a_trusted_peer_if_it_is_one_of_ours() {
    const A: &str = "https://a.example/x";
    const B: &str = "https://b.example/base/x";
    let mismatch = Some(Reason::Mismatch);
    let refused = Some(Reason::HostNotAllowed);
    #[rustfmt::skip]
    let rows: &[(&str, &str, &str, Lines<'_>, Option<Reason>)] = &[
        ("the first",                  "10.0.0.1:1",  A, &[host("a.example")],                           None),
        ("the second, with its path",  "10.0.0.1:1",  B, &[host("b.example")],                           None),
        ("its port, in capitals",      "10.0.0.1:1",  A, &[host("A.EXAMPLE:443")],                       None),
        ("its scheme",                 "10.0.0.1:1",  A, &[host("a.example"), proto("https")],           None),
        ("another scheme",             "10.0.0.1:1",  A, &[host("a.example"), proto("http")],            refused),
        ("signed for the other one",   "10.0.0.1:1",  A, &[host("b.example")],                           mismatch),
        ("nobody's host",              "10.0.0.1:1",  "https://evil.example/x", &[host("evil.example")], refused),
        ("no word of the proxy",       "10.0.0.1:1",  A, &[],                                            refused),
        ("the request's Host",         "10.0.0.1:1",  A, &[("host", "a.example")],                       refused),
        ("two values",                 "10.0.0.1:1",  A, &[host("a.example, a.example")],                refused),
        ("two lines",                  "10.0.0.1:1",  A, &[host("a.example"), host("a.example")],        refused),
        ("a user name",                "10.0.0.1:1",  A, &[host("me@a.example")],                        refused),
        ("an untrusted peer",          "192.0.2.1:1", A, &[host("a.example")],                           refused),
    ];
    for (row, peer, signed, own, want) in rows {
        let mut request = request(&Method::POST, "/x", signed, &[]);
        for (name, value) in *own {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let (status, told) = behind_a_proxy(peer, request).await;
        assert_eq!(told, [*want], "{row}");
        assert_eq!(status == StatusCode::OK, want.is_none(), "{row}");
    }
}

#[tokio::test]
async fn one_configured_url_stands_whatever_a_proxy_forwards() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::twilio(), &clock).public_url(url("https://a.example"));
    let mut request = request(&Method::POST, "/x", "https://a.example/x", &[]);
    request.extensions_mut().insert(rempart_core::ClientHost::new("inner.example").unwrap());
    assert_eq!(send(policy.build().unwrap(), request).await.reason(), None);
}

#[test]
fn of_two_urls_at_one_host_the_second_would_never_be_asked_for() {
    let faults = |second: &str| {
        let urls = ["https://a.example/x", second].map(|url| url.parse().unwrap());
        let built = builder(Scheme::twilio(), &ManualClock::at(NOW)).public_urls(urls).build();
        built.err().map(|faults| faults.into_iter().collect::<Vec<_>>()).unwrap_or_default()
    };
    for other in ["https://b.example/x", "https://a.example:8443/y", "http://a.example/y"] {
        assert_eq!(faults(other), [], "{other}");
    }
    for beside in ["https://a.example/y", "https://A.example:443", "wss://a.example"] {
        let url = beside.parse().unwrap();
        assert_eq!(faults(beside), [ConfigError::PublicUrlTwice { url }], "{beside}");
    }
}
