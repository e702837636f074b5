//! Handlers of axum that say by which policy their requests were verified.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use rempart_core::ManualClock;
use rempart_signature::{
    Coverage, NotVerified, PolicyBuilder, PolicyMarker, Scheme, SignatureLayer, Verified,
    VerifiedBy, VerifiedJson,
};
use rempart_testing::{Capture, Script, canary};
use tower::ServiceExt;

use crate::support::{NOW, ring, signed};

struct Ours;

impl PolicyMarker for Ours {
    const NAME: &'static str = "ours";
}

#[derive(serde::Deserialize)]
struct Event {
    kind: String,
}

const EVENT: &[u8] = br#"{"kind":"made-up"}"#;

async fn who(verified: VerifiedBy<Ours>) -> String {
    let signature = &signed(&Scheme::github(), EVENT)["x-hub-signature-256"];
    canary::assert_absent(format!("{verified:?}"), signature);
    let again = verified.clone().into_inner();
    format!("{} {}", verified.key(), again.scheme())
}

async fn what(event: VerifiedJson<Event, Ours>) -> String {
    let kind = event.kind.clone();
    assert_eq!(event.verified().coverage(), Coverage::Body);
    let (event, verified) = event.into_parts();
    assert_eq!(event.kind, kind);
    format!("{kind} {}", verified.key())
}

fn routes() -> Router {
    Router::new().route("/who", post(who)).route("/what", post(what))
}

fn policy(name: &str, scheme: Scheme) -> PolicyBuilder {
    rempart_signature::Policy::builder(name)
        .scheme(scheme)
        .keys(ring())
        .timer(ManualClock::default())
}

fn layer(name: &str, scheme: Scheme) -> SignatureLayer {
    let policy = policy(name, scheme).dangerously_accept_coverage(Coverage::None).build().unwrap();
    SignatureLayer::new(policy).clock(ManualClock::at(NOW))
}

fn request(path: &str, scheme: &Scheme, body: &'static [u8]) -> Request<Body> {
    let mut request = Request::post(path).body(Body::from(body)).unwrap();
    *request.headers_mut() = signed(scheme, body);
    request
}

/// Status, content type and body of an answer.
async fn ask(app: Router, request: Request<Body>) -> (StatusCode, String, Bytes) {
    let response = app.oneshot(request).await.unwrap();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status(), kind, response.into_body().collect().await.unwrap().to_bytes())
}

/// The same, and what the log says.
fn told(app: Router, request: Request<Body>) -> (StatusCode, String, Bytes, String) {
    let capture = Capture::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (status, kind, body) = capture.within(|| runtime.block_on(ask(app, request)));
    (status, kind, body, capture.text())
}

#[tokio::test]
async fn a_handler_takes_what_was_verified_as_an_argument() {
    let scheme = Scheme::github();
    let app = routes().layer(layer("ours", scheme.clone()));
    let (status, _, body) = ask(app.clone(), request("/who", &scheme, EVENT)).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"current github"[..]));
    let (status, _, body) = ask(app.clone(), request("/what", &scheme, EVENT)).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"made-up current"[..]));
    let mut unsigned = request("/what", &scheme, EVENT);
    unsigned.headers_mut().clear();
    assert_eq!(ask(app, unsigned).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_signed_body_that_is_not_as_expected_is_the_senders_fault() {
    let scheme = Scheme::github();
    let app = routes().layer(layer("ours", scheme.clone()));
    let rows: [(&'static [u8], StatusCode); 5] = [
        (b"", StatusCode::BAD_REQUEST),
        (b"{", StatusCode::BAD_REQUEST),
        (b"{\"kind\":\"a\"} x", StatusCode::BAD_REQUEST),
        (b"{}", StatusCode::UNPROCESSABLE_ENTITY),
        (b"{\"kind\":1}", StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (body, want) in rows {
        let (status, kind, text) = ask(app.clone(), request("/what", &scheme, body)).await;
        assert_eq!((status, &*kind), (want, "application/problem+json"));
        // Nothing of the type, nothing of what was read.
        assert!(!String::from_utf8_lossy(&text).contains("kind"), "{text:?}");
    }
}

#[test]
fn without_the_layer_the_handler_is_never_reached() {
    for path in ["/who", "/what"] {
        // Nothing of a body is read where nothing was verified.
        let unread = Script::new().data("never read");
        let polls = unread.polls();
        let request = Request::post(path).body(Body::new(unread)).unwrap();
        let (status, kind, body, log) = told(routes(), request);
        assert_eq!(polls.load(std::sync::atomic::Ordering::SeqCst), 0);
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(kind, "application/problem+json");
        assert!(!String::from_utf8_lossy(&body).contains("Layer"), "{body:?}");
        assert!(log.contains("unverified") && log.contains("add SignatureLayer"), "{log}");
        assert!(log.contains("ours"), "{log}");
    }
}

#[test]
fn another_policys_word_is_not_enough() {
    let scheme = Scheme::github();
    for path in ["/who", "/what"] {
        let app = routes().layer(layer("theirs", scheme.clone()));
        let (status, _, _, log) = told(app, request(path, &scheme, EVENT));
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(log.contains("unverified"), "{log}");
    }
}

#[test]
fn json_is_of_a_body_that_the_signature_covers() {
    let scheme = Scheme::gitlab();
    let app = routes().layer(layer("ours", scheme.clone()));
    let (status, _, _, log) = told(app.clone(), request("/what", &scheme, EVENT));
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(log.contains("insufficient_coverage"), "{log}");
    // Who takes the credential alone asks for no body.
    assert_eq!(told(app, request("/who", &scheme, EVENT)).0, StatusCode::OK);
}

/// A marker of a name that no policy can have.
struct Nobody;

impl PolicyMarker for Nobody {
    const NAME: &'static str = "No Policy!";
}

#[test]
fn a_marker_of_no_policy_matches_none() {
    async fn handler(_: VerifiedBy<Nobody>) {}
    let scheme = Scheme::github();
    let app = Router::new().route("/", post(handler)).layer(layer("none", scheme.clone()));
    let (status, _, _, log) = told(app, request("/", &scheme, EVENT));
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(log.contains("unverified"), "{log}");
}

#[test]
fn an_extension_that_was_taken_away_is_missed() {
    let scheme = Scheme::github();
    let strip = tower::util::MapRequestLayer::new(|mut request: Request<_>| {
        request.extensions_mut().remove::<Verified>();
        request
    });
    let app = routes().layer(strip).layer(layer("ours", scheme.clone()));
    let (status, ..) = told(app, request("/who", &scheme, EVENT));
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn every_rejection_says_whose_mistake_it_is() {
    use axum::response::IntoResponse;

    let all = [
        NotVerified::NoLayer,
        NotVerified::OtherPolicy,
        NotVerified::BodyNotCovered,
        NotVerified::Body,
        NotVerified::Json,
        NotVerified::Data,
    ];
    for rejection in all {
        let response = rejection.into_response();
        assert_eq!(response.status(), rejection.status());
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let ours = rejection.to_string();
        assert!(!ours.is_empty() && !ours.ends_with('.'), "{ours}");
    }
}
