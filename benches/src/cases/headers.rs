use std::convert::Infallible;
use std::future::Ready;
use std::hint::black_box;
use std::task::{Context, Poll};

use axum::body::Body;
use http::{Request, Response};
use rempart_headers::{
    Csp, FrameOptions, Headers, HeadersLayer, Hsts, Nonce, OpenerPolicy, PermissionsPolicy, Policy,
    PolicyBuilder, ReferrerPolicy, ResourcePolicy,
};
use tower::{Layer, Service};

use crate::drive::{Inner, Shape, bare, sending, show};
use crate::{Case, Ceiling, Side};

pub(super) const EIGHT: [(&str, &str); 8] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    (
        "content-security-policy",
        "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'",
    ),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// The policy that says the same eight headers.
pub(super) fn eight() -> PolicyBuilder {
    let csp = Csp::builder()
        .default_src(["'self'"])
        .frame_ancestors(["'none'"])
        .object_src(["'none'"])
        .base_uri(["'self'"]);
    Policy::builder("eight")
        .hsts(Hsts::subdomains(Hsts::TWO_YEARS))
        .frame_options(FrameOptions::Deny)
        .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
        .csp(csp)
        .permissions(PermissionsPolicy::new().deny(["camera", "geolocation", "microphone"]))
        .opener_policy(OpenerPolicy::SameOrigin)
        .resource_policy(ResourcePolicy::SameOrigin)
        .listener_is_tls()
}

fn ours(policy: PolicyBuilder) -> Headers<Inner> {
    HeadersLayer::new(policy.build().expect("a policy without a fault")).layer(Inner)
}

/// Eight layers, one a header.
macro_rules! eight_layers {
    ($mode:ident, $inner:expr) => {{
        use ::http::{HeaderName, HeaderValue};
        use ::tower::Layer as _;

        let layer = |nth: usize| {
            let (name, value) = $crate::cases::headers::EIGHT[nth];
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            ::tower_http::set_header::SetResponseHeaderLayer::$mode(name, value)
        };
        let inner = layer(3).layer(layer(2).layer(layer(1).layer(layer(0).layer($inner))));
        layer(7).layer(layer(6).layer(layer(5).layer(layer(4).layer(inner))))
    }};
}
pub(super) use eight_layers;

fn project<B>(response: &Response<B>) -> String {
    show(response, &EIGHT.map(|(name, _)| name))
}

/// A page that reads the nonce, as one with a script does.
#[derive(Clone)]
struct Page;

impl Service<Request<Body>> for Page {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        black_box(Nonce::of(request.extensions()).map(Nonce::as_str));
        Inner.call(request)
    }
}

fn page() -> Headers<Page> {
    let policy = Policy::page("page").listener_is_tls().build();
    HeadersLayer::new(policy.expect("a preset")).layer(Page)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "headers/replace/8",
            bare: bare(&Shape::get()),
            ours: Side::new("rempart-headers", || {
                sending(ours(eight().enforce_all()), Shape::get(), project)
            }),
            rival: Some(Side::new("tower-http 0.7, eight SetResponseHeader", || {
                sending(eight_layers!(overriding, Inner), Shape::get(), project)
            })),
            projection: "status and the eight headers",
            ceilings: vec![Ceiling::Instructions(3_700.0), Ceiling::Allocations(3.0)],
        },
        Case {
            name: "headers/keep/8",
            bare: bare(&Shape::get()),
            ours: Side::new("rempart-headers", || {
                sending(ours(eight().keep_all()), Shape::get(), project)
            }),
            rival: Some(Side::new("tower-http 0.7, eight SetResponseHeader", || {
                sending(eight_layers!(if_not_present, Inner), Shape::get(), project)
            })),
            projection: "status and the eight headers",
            ceilings: vec![
                Ceiling::InstructionsOf("headers/replace/8", 1.05),
                Ceiling::Allocations(3.0),
            ],
        },
        Case {
            name: "headers/page-with-nonce",
            bare: bare(&Shape::get()),
            ours: Side::new("rempart-headers", || sending(page(), Shape::get(), project)),
            rival: None,
            projection: "status and the eight headers",
            ceilings: vec![Ceiling::Allocations(9.0)],
        },
    ]
}
