//! What is sent beside the body.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, Method, Request};
use rempart_core::ManualClock;
use rempart_signature::{Head, Scheme, SignError, SignRequestError, verify};
use rempart_testing::{Script, canary};

use super::{builder, policy, post, send};
use crate::support::{self, BODY, NOW, SECRET, header};

const URI: &str = "https://api.example.test/hooks?a=1";

fn script() -> Script {
    Script::new().data(BODY)
}

#[tokio::test]
async fn a_request_without_an_id_gets_128_random_bits() {
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let sent = send(policy(Scheme::github()), post(URI, script())).await.unwrap();
        let id = sent.headers()["x-github-delivery"].to_str().unwrap().to_owned();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
        seen.insert(id);
    }
    assert_eq!(seen.len(), 100);
}

#[tokio::test]
async fn ids_can_be_ones_own() {
    let next = AtomicUsize::new(7);
    let ids = move || format!("mine_{}", next.fetch_add(1, Ordering::SeqCst));
    let policy = builder(Scheme::github(), &ManualClock::at(NOW)).ids(ids).build().unwrap();
    for wanted in ["mine_7", "mine_8"] {
        let sent = send(policy.clone(), post(URI, script())).await.unwrap();
        assert_eq!(sent.headers()["x-github-delivery"], wanted);
    }
}

/// Who sends a message again says so by its id.
#[tokio::test]
async fn a_request_keeps_the_id_that_it_has() {
    let mut request = post(URI, script());
    request.headers_mut().extend([header("x-github-delivery", "again")]);
    let sent = send(policy(Scheme::github()), request).await.unwrap();
    assert_eq!(sent.headers()["x-github-delivery"], "again");

    let mut request = post(URI, script());
    let twice = [header("x-github-delivery", "a"), header("x-github-delivery", "a")];
    for (name, value) in twice {
        request.headers_mut().append(name, value);
    }
    let error = send(policy(Scheme::github()), request).await.unwrap_err();
    assert!(matches!(error, SignRequestError::IdRepeated), "{error}");
}

#[tokio::test]
async fn an_id_that_could_be_cut_elsewhere_is_not_sent() {
    let secret = rempart_keys::Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let ring = rempart_keys::KeyRing::single(support::id("a"), secret);
    let scheme = Scheme::standard_webhooks;
    let policy = builder(scheme(), &ManualClock::at(NOW)).keys(ring).build().unwrap();
    for id in ["a.b", "a b", ""] {
        let mut request = post(URI, script());
        request.headers_mut().extend([header("webhook-id", id)]);
        let error = send(policy.clone(), request).await.unwrap_err();
        assert!(matches!(error, SignRequestError::Sign(SignError::IdMalformed)), "{id}: {error}");
    }
}

#[tokio::test]
async fn what_was_signed_before_is_signed_anew() {
    let sent = send(policy(Scheme::slack()), post(URI, script())).await.unwrap();
    let first = sent.headers().clone();
    let mut again = post(URI, Script::new().data("another body"));
    again.headers_mut().extend(first.clone());
    let (name, value) = header("x-slack-signature", "v0=00");
    again.headers_mut().append(name, value);
    let sent = send(policy(Scheme::slack()), again).await.unwrap();
    for name in ["x-slack-signature", "x-slack-request-timestamp"] {
        assert_eq!(sent.headers().get_all(name).iter().count(), 1, "{name}");
    }
    assert_ne!(sent.headers()["x-slack-signature"], first["x-slack-signature"]);
}

#[tokio::test]
async fn a_signature_is_not_printed() {
    for scheme in [Scheme::slack(), Scheme::stripe(), Scheme::github()] {
        let sent = send(policy(scheme.clone()), post(URI, script())).await.unwrap();
        let value = &sent.headers()[scheme.header().unwrap()];
        assert!(value.is_sensitive());
        canary::assert_absent(format!("{:?}", sent.headers()), value.as_bytes());
    }
}

#[tokio::test]
async fn the_whole_url_is_signed() {
    let clock = ManualClock::at(NOW);
    let verifies = |public: &str, sent: &Request<_>| {
        let receiver = support::builder(Scheme::square(), &clock);
        let receiver = receiver.public_url(public.parse().unwrap()).build().unwrap();
        let head = Head::new(sent.method(), sent.uri(), sent.headers());
        verify(&receiver, &head, BODY, NOW).is_ok()
    };
    let rows = [
        ("https://api.example.test/hooks?a=1", "https://api.example.test"),
        ("https://api.example.test", "https://api.example.test"),
        ("http://127.0.0.1:8080/hooks?", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/hooks%2F?a=%20", "http://[::1]:8080"),
    ];
    for (uri, public) in rows {
        let sent = send(policy(Scheme::square()), post(uri, script())).await.unwrap();
        assert!(verifies(public, &sent), "{uri}");
        assert!(!verifies("https://other.example.test", &sent), "{uri}");
    }
    // Behind a proxy the receiver knows itself by another name.
    let public = "https://public.example.test/in";
    let known = builder(Scheme::square(), &clock).public_url(public.parse().unwrap());
    let sent = send(known.build().unwrap(), post("/hooks?a=1", script())).await.unwrap();
    assert!(verifies(public, &sent));

    for uri in ["/hooks?a=1", "https://me:pw@api.example.test/hooks"] {
        let error = send(policy(Scheme::square()), post(uri, script())).await.unwrap_err();
        assert!(matches!(error, SignRequestError::UrlUnknown), "{uri}: {error}");
    }
}

#[tokio::test]
async fn what_the_scheme_cannot_cover_is_not_sent() {
    let sent = |method, body| {
        let mut request = post(URI, body);
        *request.method_mut() = method;
        send(policy(Scheme::twilio()), request)
    };
    let not_covered = |error| matches!(error, SignRequestError::Sign(SignError::BodyNotCovered));
    assert!(sent(Method::POST, Script::new().data("a=1")).await.is_ok());
    assert!(not_covered(sent(Method::POST, Script::new()).await.unwrap_err()));
    assert!(sent(Method::GET, Script::new()).await.is_ok());
    assert!(not_covered(sent(Method::GET, script()).await.unwrap_err()));
}

#[tokio::test]
async fn a_request_without_room_is_not_sent() {
    let mut request = post(URI, script());
    let headers: &mut HeaderMap = request.headers_mut();
    for n in 0.. {
        let name = http::HeaderName::try_from(format!("x-{n}")).unwrap();
        if headers.try_insert(name, http::HeaderValue::from_static("")).is_err() {
            break;
        }
    }
    let error = send(policy(Scheme::slack()), request).await.unwrap_err();
    assert!(matches!(error, SignRequestError::TooManyHeaders), "{error}");
    canary::assert_absent(format!("{error:?}"), SECRET);
}
