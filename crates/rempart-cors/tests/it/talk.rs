//! One request through the layer, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, Request, Response, StatusCode};
use rempart_cors::{CorsLayer, Policy};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

pub(crate) const CRM: &str = "https://drain-fortin-crm.com";
pub(crate) const WWW: &str = "https://www.drain-fortin.com";
pub(crate) const SUPABASE: &str = "https://phiduqxcufdmgjvdipyu.supabase.co";
pub(crate) const EVIL: &str = "https://evil.example";

/// What the client got, and whether the service was asked.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) reached: bool,
}

impl Reply {
    /// The lines of a header, joined by ` | `.
    pub(crate) fn all(&self, name: &str) -> String {
        let lines: Vec<_> = self.headers.get_all(name).iter().map(text).collect();
        lines.join(" | ")
    }

    /// The headers of the CORS protocol that are there.
    pub(crate) fn cors_headers(&self) -> Vec<&str> {
        let names = self.headers.keys().map(http::HeaderName::as_str);
        let is_cors =
            |name: &&str| name.starts_with("access-control-") || name.starts_with("timing-");
        names.filter(is_cors).collect()
    }
}

/// The policy of the cases in `conformance/cors`.
pub(crate) fn drain_fortin() -> Policy {
    Policy::credentialed("drain-fortin")
        .origins([CRM, WWW, SUPABASE])
        .methods(["PUT", "PATCH", "DELETE"])
        .request_headers(["apikey", "authorization", "content-type", "x-client-info"])
        .expose_headers(["retry-after", "ratelimit", "ratelimit-policy", "x-request-id"])
        .max_age(std::time::Duration::from_secs(600))
        .build()
        .unwrap()
}

pub(crate) fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method);
    let add = |request: http::request::Builder, &(name, value): &(&str, &str)| {
        request.header(name, value)
    };
    headers.iter().fold(request, add).body(()).unwrap()
}

/// Sends `request` to a service that answers 200.
pub(crate) async fn send(policy: &Policy, request: Request<()>) -> Reply {
    send_to(policy, request, Response::default).await
}

/// Sends `request` to a service that answers with what `answer` makes.
pub(crate) async fn send_to<F>(policy: &Policy, request: Request<()>, answer: F) -> Reply
where
    F: Fn() -> Response<String> + Clone,
{
    let reached = Arc::new(AtomicBool::new(false));
    let (seen, sent) = (reached.clone(), request.headers().clone());
    let service = strict(move |request: Request<()>| {
        seen.store(true, Ordering::Relaxed);
        assert_eq!(request.headers(), &sent, "the service gets the request as it came");
        std::future::ready(answer())
    });
    let response = CorsLayer::new(policy.clone()).layer(service).oneshot(request).await.unwrap();
    let (parts, _) = response.into_parts();
    let reached = reached.load(Ordering::Relaxed);
    Reply { status: parts.status, headers: parts.headers, reached }
}

fn text(value: &http::HeaderValue) -> &str {
    value.to_str().unwrap()
}
