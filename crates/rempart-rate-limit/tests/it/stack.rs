//! Where a limit stands among other layers, as the guide says.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use rempart_core::{ClientAddrLayer, ManualClock, PeerAddr, Reason, Refused, TrustedProxies};
use rempart_cors::{CorsLayer, Policy as CorsPolicy};
use rempart_rate_limit::{By, Limit, Policy, RateLimitLayer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::rig::{policy, text};

const PAGE: &str = "https://app.example.com";

/// A body that says how often it was asked for more.
struct Watched(Arc<AtomicUsize>);

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(None)
    }
}

fn limit(policy: Policy) -> RateLimitLayer {
    RateLimitLayer::new(policy).clock(ManualClock::default())
}

fn cors() -> CorsLayer {
    let policy = CorsPolicy::credentialed("api").origins([PAGE]).methods(["PUT"]);
    CorsLayer::new(policy.expose_headers(["retry-after"]).build().unwrap())
}

fn address() -> ClientAddrLayer {
    ClientAddrLayer::new(TrustedProxies::none())
}

fn request<B>(method: &str, headers: &[(&'static str, &str)], body: B) -> Request<B> {
    let mut request = Request::builder().method(method).body(body).unwrap();
    request.extensions_mut().insert(PeerAddr("203.0.113.9:4711".parse().unwrap()));
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

async fn handler<B>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::default()))
}

async fn ask<S, B, R>(service: &S, request: Request<B>) -> (StatusCode, HeaderMap, Option<Reason>)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible> + Clone,
{
    let (head, _) = service.clone().oneshot(request).await.unwrap().into_parts();
    let why = head.extensions.get::<Refused>().map(|refused| refused.reason);
    (head.status, head.headers, why)
}

#[tokio::test]
async fn a_refusal_inside_of_cors_can_be_read_by_a_page_and_preflights_cost_nothing() {
    let service = ServiceBuilder::new()
        .layer(address())
        .layer(cors())
        .layer(limit(policy("api", "1 per minute")))
        .service(service_fn(handler));
    let preflight = [("origin", PAGE), ("access-control-request-method", "PUT")];
    for _ in 0..9 {
        let (status, ..) = ask(&service, request("OPTIONS", &preflight, ())).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let statuses = [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS];
    for want in statuses {
        let (status, headers, why) = ask(&service, request("PUT", &[("origin", PAGE)], ())).await;
        assert_eq!(status, want);
        assert_eq!(text(&headers, "access-control-allow-origin"), Some(PAGE));
        assert_eq!(text(&headers, "access-control-expose-headers"), Some("retry-after"));
        let refused = want == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(headers.contains_key("retry-after"), refused);
        assert_eq!(why, refused.then_some(Reason::QuotaExceeded), "layers outside are told");
    }
}

#[tokio::test]
async fn a_refusal_outside_of_cors_cannot_be_read_by_a_page() {
    let stack = |policy| {
        let inside = cors().layer(service_fn(handler));
        address().layer(limit(policy).layer(inside))
    };
    let asked = [("origin", PAGE), ("access-control-request-method", "PUT")];
    let preflight = || request("OPTIONS", &asked, ());
    let service = stack(policy("api", "1 per minute"));
    assert_eq!(ask(&service, preflight()).await.0, StatusCode::NO_CONTENT);
    let (status, headers, _) = ask(&service, request("PUT", &[("origin", PAGE)], ())).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "the preflight was counted");
    assert_eq!(text(&headers, "access-control-allow-origin"), None);

    let skipping = Policy::builder("api").quota("1 per minute").skip_preflights();
    let service = stack(skipping.build().unwrap());
    for _ in 0..9 {
        assert_eq!(ask(&service, preflight()).await.0, StatusCode::NO_CONTENT);
    }
    let (status, ..) = ask(&service, request("PUT", &[("origin", PAGE)], ())).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_not_read() {
    let reads = Arc::new(AtomicUsize::new(0));
    let reader = service_fn(async |request: Request<Watched>| {
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let service = address().layer(limit(policy("api", "1 per minute")).layer(reader));
    for (nth, want) in [200, 429, 429].into_iter().enumerate() {
        let request = request("PUT", &[], Watched(Arc::clone(&reads)));
        assert_eq!(ask(&service, request).await.0, want, "request {nth}");
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn outside_of_what_finds_the_client_every_request_is_a_fault_of_the_server() {
    let service = limit(policy("api", "1 per minute")).layer(address().layer(service_fn(handler)));
    for _ in 0..3 {
        let (status, _, why) = ask(&service, request("GET", &[], ())).await;
        assert_eq!((status.as_u16(), why), (500, Some(Reason::NoClientAddress)));
    }
}

/// What authentication has found out.
#[derive(Clone, Hash)]
struct Tenant;

#[tokio::test]
async fn what_the_inner_of_two_layers_refuses_the_outer_one_has_counted() {
    let tenants = Policy::builder("tenants")
        .limit(Limit::new("calls", "2 per hour").by(By::extension::<Tenant>()));
    let tenants = tenants.build().unwrap();
    let service = ServiceBuilder::new()
        .layer(address())
        .layer(limit(policy("clients", "4 per hour")))
        .map_request(|mut request: Request<()>| {
            request.extensions_mut().insert(Tenant);
            request
        })
        .layer(limit(tenants.clone()))
        .service(service_fn(handler));
    #[rustfmt::skip]
    let rows = [
        (200, r#""calls";r=1;t=1800, "clients";r=3;t=900"#),
        (200, r#""calls";r=0;t=1800, "clients";r=2;t=900"#),
        (429, r#""calls";r=0;t=1800, "clients";r=1;t=900"#),
        (429, r#""calls";r=0;t=1800, "clients";r=0;t=900"#),
        // The inner one does not see it.
        (429, r#""clients";r=0;t=900"#),
    ];
    for (status, limits) in rows {
        let (answered, headers, _) = ask(&service, request("GET", &[], ())).await;
        assert_eq!((answered.as_u16(), text(&headers, "ratelimit")), (status, Some(limits)));
    }
    // By an identity that nobody has verified yet.
    let service = address().layer(limit(tenants).layer(service_fn(handler::<()>)));
    let (status, _, why) = ask(&service, request("GET", &[], ())).await;
    assert_eq!((status.as_u16(), why), (500, Some(Reason::NoIdentity)));
}

#[tokio::test]
async fn what_passes_two_layers_of_one_limiter_is_charged_twice() {
    let outer = limit(policy("api", "4 per hour"));
    let inner = RateLimitLayer::sharing(outer.limiter().unwrap());
    let service = address().layer(outer.layer(inner.layer(service_fn(handler))));
    for want in [200, 200, 429] {
        assert_eq!(ask(&service, request("GET", &[], ())).await.0, want);
    }
}
