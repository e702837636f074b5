use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use rempart_cors::{CorsLayer, Policy};
use tower::{Layer, Service};
use tower_http::cors;

use crate::drive::{Inner, Shape, bare, sending, show};
use crate::{Case, Ceiling, Runner, Side};

pub(super) const LISTED: &str = "https://app0002.example.com";
const MIDDLE: &str = "https://app0500.example.com";
const STRANGER: &str = "https://evil.example.net";
/// As long as those on the list, so that a comparison by length finds nothing.
const LOOKALIKE: &str = "https://appXXXX.example.com";

const REQUEST_HEADERS: [&str; 3] = ["authorization", "content-type", "x-client-info"];

fn origins(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|nth| format!("https://app{nth:04}.example.com"))
}

pub(super) fn ours(count: usize) -> CorsLayer {
    let policy = Policy::credentialed("bench")
        .origins(origins(count))
        .methods(["PUT", "PATCH", "DELETE"])
        .request_headers(REQUEST_HEADERS)
        .expose_headers(["x-request-id"])
        .max_age(Duration::from_mins(10));
    CorsLayer::new(policy.build().expect("a policy without a fault"))
}

pub(super) fn theirs(count: usize) -> cors::CorsLayer {
    let origin = |text: String| HeaderValue::try_from(text).expect("an origin");
    cors::CorsLayer::new()
        .allow_origin(origins(count).map(origin).collect::<Vec<_>>())
        .allow_methods([Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers([HeaderName::from_static("x-request-id")])
        .allow_credentials(true)
        .max_age(Duration::from_mins(10))
}

pub(super) fn actual(origin: &str) -> Shape {
    Shape::get().with("origin", origin)
}

fn preflight(origin: &str) -> Shape {
    actual(origin)
        .method(Method::OPTIONS)
        .with("access-control-request-method", "PUT")
        .with("access-control-request-headers", "authorization,content-type")
}

/// Which headers of the answers are compared: of a refusal only that the origin is not named,
/// since the rival goes on to name methods and headers.
#[derive(Clone, Copy)]
enum Compared {
    Granted,
    Preflight,
    Refused,
}

impl Compared {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Granted => &[
                "access-control-allow-origin",
                "access-control-allow-credentials",
                "access-control-expose-headers",
            ],
            Self::Preflight => &[
                "access-control-allow-origin",
                "access-control-allow-credentials",
                "access-control-allow-methods",
                "access-control-allow-headers",
                "access-control-max-age",
            ],
            Self::Refused => &["access-control-allow-origin"],
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "allowed origin, credentials, exposed headers",
            Self::Preflight => "allowed origin, credentials, methods, headers, age",
            Self::Refused => "that no origin is allowed",
        }
    }

    /// Without the status: of preflights, the rival answers every one with 200.
    fn project<B>(self, response: &Response<B>) -> String {
        show(response, self.names()).split_off(3).trim_start().to_owned()
    }
}

fn case(
    name: &'static str,
    count: usize,
    shape: Shape,
    compared: Compared,
    ceilings: Vec<Ceiling>,
) -> Case {
    let (bare, for_rival) = (bare(&shape), shape.clone());
    Case {
        name,
        bare,
        ours: Side::new("rempart-cors", move || {
            sending(ours(count).layer(Inner), shape.clone(), move |it| compared.project(it))
        }),
        rival: Some(Side::new("tower-http 0.7 CorsLayer", move || {
            sending(theirs(count).layer(Inner), for_rival.clone(), move |it| compared.project(it))
        })),
        projection: compared.as_str(),
        ceilings,
    }
}

/// A subdomain of one of a thousand hosts. The rival takes a closure, which is another matter.
fn subdomains(name: &'static str, origin: &'static str, ceilings: Vec<Ceiling>) -> Case {
    let shape = actual(origin);
    Case {
        name,
        bare: bare(&shape),
        ours: Side::new("rempart-cors", move || {
            let patterns = (0..1_000).map(|nth| format!("https://*.tenant{nth:04}.example.com"));
            let policy = Policy::credentialed("bench").origins(patterns).build();
            let layer = CorsLayer::new(policy.expect("a policy without a fault"));
            sending(layer.layer(Inner), shape.clone(), |it| Compared::Granted.project(it))
        }),
        rival: None,
        projection: Compared::Granted.as_str(),
        ceilings,
    }
}

/// A preflight that asks for nothing, at length. The rival does not read what is asked for.
fn commas(name: &'static str, bytes: usize, ceilings: Vec<Ceiling>) -> Case {
    let shape = actual(LISTED)
        .method(Method::OPTIONS)
        .with("access-control-request-method", "PUT")
        .with("access-control-request-headers", &",".repeat(bytes));
    Case {
        name,
        bare: bare(&shape),
        ours: Side::new("rempart-cors", move || {
            sending(ours(3).layer(Inner), shape.clone(), |it| Compared::Refused.project(it))
        }),
        rival: None,
        projection: Compared::Refused.as_str(),
        ceilings,
    }
}

/// Clones what it wraps for each request, as axum does.
struct CloneEach<S>(S);

impl<S: Clone + Service<R>, R> Service<R> for CloneEach<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        let clone = self.0.clone();
        std::mem::replace(&mut self.0, clone).call(request)
    }
}

fn cloned<S, B>(service: S) -> Runner
where
    S: Clone + Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    B: 'static,
{
    sending(CloneEach(service), actual(MIDDLE), |it| Compared::Granted.project(it))
}

fn router() -> Router {
    Router::new().route("/", get(|| async { "ok" }))
}

fn routed(router: Router) -> Runner {
    sending(router, actual(LISTED), |it| Compared::Granted.project(it))
}

fn routed_case(name: &'static str, count: usize, ceilings: Vec<Ceiling>) -> Case {
    Case {
        name,
        bare: Side::new("axum's router alone", || routed(router())),
        ours: Side::new("rempart-cors", move || routed(router().layer(ours(count)))),
        rival: Some(Side::new("tower-http 0.7 CorsLayer", move || {
            routed(router().layer(theirs(count)))
        })),
        projection: Compared::Granted.as_str(),
        ceilings,
    }
}

pub(super) fn cases() -> Vec<Case> {
    use Ceiling::{Allocations, Instructions, InstructionsOf, InstructionsOfRival};
    use Compared::{Granted, Preflight, Refused};
    let none = Allocations(0.0);
    let ratio = InstructionsOfRival;
    vec![
        case("cors/no-origin/3", 3, Shape::get(), Refused, vec![ratio(0.2), none]),
        case("cors/actual/3", 3, actual(LISTED), Granted, vec![ratio(0.35), none]),
        case(
            "cors/actual/1000",
            1000,
            actual(MIDDLE),
            Granted,
            vec![ratio(0.35), none, InstructionsOf("cors/actual/3", 1.1)],
        ),
        case("cors/refused/3", 3, actual(STRANGER), Refused, vec![ratio(0.2), none]),
        case("cors/refused/1000", 1000, actual(LOOKALIKE), Refused, vec![ratio(0.2), none]),
        case("cors/preflight/3", 3, preflight(LISTED), Preflight, vec![ratio(0.5), none]),
        case("cors/preflight-refused/3", 3, preflight(STRANGER), Refused, vec![ratio(0.5), none]),
        subdomains("cors/subdomain/1000", "https://app.tenant0500.example.com", vec![none]),
        subdomains("cors/subdomain-refused/1000", "https://tenant0500.example.com", vec![none]),
        commas("cors/commas/8k", 8 << 10, Vec::new()),
        commas("cors/commas/1m", 1 << 20, vec![InstructionsOf("cors/commas/8k", 1.02)]),
        Case {
            name: "cors/cloned/1000",
            bare: bare(&actual(MIDDLE)),
            ours: Side::new("rempart-cors", || cloned(ours(1000).layer(Inner))),
            rival: Some(Side::new("tower-http 0.7 CorsLayer", || {
                cloned(theirs(1000).layer(Inner))
            })),
            projection: Granted.as_str(),
            ceilings: vec![none],
        },
        routed_case("cors/router/3", 3, vec![Instructions(3_400.0), Allocations(4.0)]),
        routed_case("cors/router/1000", 1000, vec![Instructions(3_400.0), Allocations(4.0)]),
    ]
}
