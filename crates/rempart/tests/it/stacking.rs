//! The documented order, and what each of its three mistakes would do.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use rempart::core::{
    ClientAddrLayer, Event, EventKind, ManualClock, Observer, Outcome, PeerAddr, TrustedProxies,
};
use rempart::cors::{self, CorsLayer};
use rempart::headers::{self, HeadersLayer};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::rate_limit::{self, RateLimitLayer};
use rempart::redact::{self, AccessLogLayer};
use rempart::signature::{self, Scheme, SignatureLayer};
use rempart_testing::{Capture, strict};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

pub(crate) const PAGE: &str = "https://app.example.com";

pub(crate) fn cors() -> CorsLayer {
    CorsLayer::new(cors::Policy::credentialed("stack").origins([PAGE]).build().unwrap())
}

pub(crate) fn headers() -> HeadersLayer {
    HeadersLayer::new(headers::Policy::api("stack").build().unwrap())
}

pub(crate) fn limit() -> RateLimitLayer {
    let policy = rate_limit::Policy::new("stack", "2 requests per minute").unwrap();
    RateLimitLayer::new(policy).clock(ManualClock::default())
}

pub(crate) fn signature() -> SignatureLayer {
    let secret = Secret::new("made-up-for-this-test-and-no-other").unwrap();
    let policy = signature::Policy::builder("stack")
        .scheme(Scheme::github())
        .keys(KeyRing::single(KeyId::new("test").unwrap(), secret))
        .timer(ManualClock::default())
        .build()
        .unwrap();
    SignatureLayer::new(policy)
}

fn log() -> AccessLogLayer {
    AccessLogLayer::new(redact::Policy::builder("stack").build().unwrap())
        .clock(ManualClock::default())
}

pub(crate) fn who() -> ClientAddrLayer {
    ClientAddrLayer::new(TrustedProxies::none())
}

/// Well-formed, and signed by nobody.
pub(crate) fn forged() -> Request<Full<Bytes>> {
    let mut request = Request::post("/hooks")
        .header("origin", PAGE)
        .header("x-hub-signature-256", format!("sha256={}", "0".repeat(64)))
        .body(Full::from("{}"))
        .unwrap();
    request.extensions_mut().insert(PeerAddr("203.0.113.9:4711".parse().unwrap()));
    request
}

pub(crate) async fn handler<B>(_: Request<B>) -> Response<Full<Bytes>> {
    Response::new(Full::from("unreached"))
}

/// Status and headers of three forged requests in a row.
async fn three<S, B>(mut service: S) -> Vec<(u16, HeaderMap)>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
{
    let mut seen = Vec::new();
    for _ in 0..3 {
        let Ok(response) = service.ready().await.unwrap().call(forged()).await;
        seen.push((response.status().as_u16(), response.headers().clone()));
    }
    seen
}

#[tokio::test]
async fn every_refusal_carries_the_headers_of_both_outer_layers() {
    let stack = ServiceBuilder::new()
        .layer(who())
        .layer(headers())
        .layer(cors())
        .layer(limit())
        .layer(signature())
        // A permit that a refused request kept would end the next one here.
        .layer(ConcurrencyLimitLayer::new(1))
        .service(strict(handler));
    let seen = three(stack).await;
    assert_eq!(seen.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [401, 401, 429]);
    for (status, headers) in seen {
        assert_eq!(headers["access-control-allow-origin"], PAGE, "{status}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{status}");
        assert_eq!(headers["vary"], "Origin", "{status}");
        assert_eq!(headers["ratelimit-policy"], r#""stack";q=2;w=60"#, "{status}");
    }
}

#[tokio::test]
async fn with_cors_inside_the_limit_a_page_cannot_read_the_429() {
    let stack = ServiceBuilder::new()
        .layer(who())
        .layer(limit())
        .layer(cors())
        .layer(signature())
        .service(strict(handler));
    let (status, headers) = three(stack).await.pop().unwrap();
    assert_eq!(status, 429);
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn with_the_limit_inside_the_signature_each_forgery_is_hashed() {
    /// Counts the signatures that were looked at.
    #[derive(Clone, Default)]
    struct Looked(Arc<AtomicUsize>);

    impl Observer for Looked {
        fn observe(&self, event: &Event<'_>) {
            if (event.kind, event.outcome) == (EventKind::Signature, Outcome::Refused) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    let (right, wrong) = (Looked::default(), Looked::default());
    let inner = signature().observer(right.clone()).layer(strict(handler));
    three(who().layer(limit().layer(inner))).await;
    let inner = signature().observer(wrong.clone()).layer(limit().layer(strict(handler)));
    three(who().layer(inner)).await;
    assert_eq!(right.0.load(Ordering::SeqCst), 2);
    assert_eq!(wrong.0.load(Ordering::SeqCst), 3);
}

#[test]
fn with_the_log_inside_the_limit_refused_requests_leave_no_line() {
    /// The statuses in the access log of three forged requests in a row.
    fn logged<S, B>(service: S) -> Vec<String>
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    {
        let capture = Capture::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let seen = capture.within(|| runtime.block_on(three(service)));
        assert_eq!(seen.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [401, 401, 429]);
        let text = capture.text();
        let lines = text.lines().filter(|line| line.contains("rempart::access"));
        let statuses = lines.map(|line| {
            let (_, status) = line.split_once("status_code=").unwrap();
            status.split(' ').next().unwrap().to_owned()
        });
        statuses.collect()
    }

    let inner = || signature().layer(strict(handler));
    assert_eq!(logged(who().layer(log().layer(limit().layer(inner())))), ["401", "401", "429"]);
    assert_eq!(logged(who().layer(limit().layer(log().layer(inner())))), ["401", "401"]);
}
