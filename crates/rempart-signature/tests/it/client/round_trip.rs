//! Two services talk: hyper's client and hyper's server on the loopback, a layer around each.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rempart_core::{ManualClock, RequestBody, Source};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Coverage, Policy, Scheme, Sign, SignLayer, SignPolicy, SignatureLayer, Verified,
};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{NOW, id, secrets_of};

/// Long enough, and of the form that any preset asks for.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

const FORM: &str = "From=%2B15145550100&Body=%C3%A9t%C3%A9+%26+hiver";

pub(super) type HyperClient = Client<HttpConnector, RequestBody<Full<Bytes>>>;

pub(super) fn keys() -> KeyRing {
    KeyRing::single(id("shared"), Secret::new(SECRET).unwrap())
}

/// Serves on the loopback what echoes the key and the body, for as long as the test runs.
pub(super) async fn serve(listener: TcpListener, layer: SignatureLayer) {
    let service = layer.layer(service_fn(|request: Request<RequestBody<Incoming>>| async {
        let verified = request.extensions().get::<Verified>().unwrap().key();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let answer = Response::builder().header("x-key", verified.as_str());
        Ok::<_, Infallible>(answer.body(Full::new(body)).unwrap())
    }));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service.clone());
        let http = hyper::server::conn::http1::Builder::new();
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    }
}

/// A server of this policy, and where it is.
pub(crate) async fn start(
    policy: impl FnOnce(SocketAddr) -> Source<Policy>,
    clock: &ManualClock,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = SignatureLayer::new(policy(address)).clock(clock.clone()).observer(());
    tokio::spawn(serve(listener, layer));
    address
}

pub(crate) fn client(
    policy: impl Into<Source<SignPolicy>>,
    clock: &ManualClock,
) -> Sign<HyperClient> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    SignLayer::new(policy).clock(clock.clone()).layer(client)
}

/// Every preset that there are keys for.
fn presets() -> impl Iterator<Item = Scheme> {
    // What belongs into the body is not the layer's to write.
    let in_headers = |scheme: &Scheme| !["linear", "mailgun"].contains(&scheme.name());
    Scheme::presets().filter(move |scheme| in_headers(scheme) && secrets_of(scheme).is_some())
}

fn receiver(scheme: &Scheme, address: SocketAddr, clock: &ManualClock) -> Policy {
    let (_, verifies) = secrets_of(scheme).unwrap();
    Policy::builder("receiver")
        .scheme(scheme.clone())
        .keys(KeyRing::single(id("shared"), verifies))
        .public_url(format!("http://{address}").parse().unwrap())
        .dangerously_accept_coverage(Coverage::None)
        .timer(clock.clone())
        .build()
        .unwrap()
}

fn sender(scheme: &Scheme, clock: &ManualClock) -> SignPolicy {
    let (signs, _) = secrets_of(scheme).unwrap();
    let keys = KeyRing::single(id("shared"), signs);
    let policy = SignPolicy::builder().scheme(scheme.clone()).keys(keys);
    policy.timer(clock.clone()).build().unwrap()
}

pub(crate) fn message(address: SocketAddr, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(format!("http://{address}/hooks/in?a=%20b&a"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(body.into()))
        .unwrap()
}

#[tokio::test]
async fn what_one_service_sends_the_other_takes_by_every_preset() {
    let clock = ManualClock::at(NOW);
    for scheme in presets() {
        let policy = |address| receiver(&scheme, address, &clock).into();
        let address = start(policy, &clock).await;
        let client = client(sender(&scheme, &clock), &clock);
        let (name, large) = (scheme.name(), format!("a={}", "7".repeat(60_000)));
        for body in [FORM.to_owned(), "a".to_owned(), large] {
            let response = client.clone().oneshot(message(address, body.clone())).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert_eq!(response.headers()["x-key"], "shared", "{name}");
            let echoed = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(echoed, body, "{name}");
        }
        // The same without the layer.
        let unsigned: HyperClient = Client::builder(TokioExecutor::new()).build_http();
        let request = message(address, FORM).map(RequestBody::inner);
        let response = unsigned.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{name}");
    }
}

#[tokio::test]
async fn a_url_is_signed_as_it_is_sent() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::square();
    let policy = |address| receiver(&scheme, address, &clock).into();
    let address = start(policy, &clock).await;
    let client = client(sender(&scheme, &clock), &clock);
    for path in ["", "/", "?", "?a=1", "/?a=1", "/a%2Fb?c=%20+d", "//a?b?c", "/é", "/a#b"] {
        let request = Request::post(format!("http://{address}{path}"));
        let request = request.body(Full::from("{}")).unwrap();
        let response = client.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path:?}");
    }
}

#[tokio::test]
async fn a_sender_whose_clock_is_wrong_is_refused_where_time_is_signed() {
    let right = ManualClock::at(NOW);
    for scheme in presets() {
        let policy = |address| receiver(&scheme, address, &right).into();
        let address = start(policy, &right).await;
        let hour = Duration::from_secs(3600);
        for off in [NOW.checked_sub(hour).unwrap(), NOW + hour] {
            let wrong = ManualClock::at(off);
            let client = client(sender(&scheme, &wrong), &wrong);
            let response = client.oneshot(message(address, FORM)).await.unwrap();
            let wanted = match scheme.timestamp() {
                Some(_) => StatusCode::UNAUTHORIZED,
                None => StatusCode::OK,
            };
            assert_eq!(response.status(), wanted, "{}", scheme.name());
        }
    }
}
