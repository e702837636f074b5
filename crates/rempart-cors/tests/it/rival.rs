//! The same cases through `tower-http`'s CORS layer, with the same policy: where the two differ,
//! and why.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, Request, Response, header};
use rempart_cors::corpus::{Case, Verdict};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};
use tower_http::cors::CorsLayer as TheirLayer;

use crate::cases::cases;
use crate::talk::{CRM, Reply, SUPABASE, WWW, drain_fortin, send};

/// What a browser and an operator see of a decision.
#[derive(Debug, Eq, PartialEq)]
struct Seen {
    /// The page may go on: the response is shared, the preflight grants what it asked for.
    shared: bool,
    /// The service was asked.
    reached: bool,
}

fn theirs() -> TheirLayer {
    TheirLayer::new()
        .allow_origin([CRM, WWW, SUPABASE].map(|origin| origin.parse().unwrap()))
        .allow_methods([Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(
            ["apikey", "authorization", "content-type", "x-client-info"]
                .map(HeaderName::from_static),
        )
        .expose_headers(
            ["retry-after", "ratelimit", "ratelimit-policy", "x-request-id"]
                .map(HeaderName::from_static),
        )
        .allow_credentials(true)
        .max_age(Duration::from_secs(600))
}

async fn send_to_theirs(request: Request<()>) -> Reply {
    let reached = Arc::new(AtomicBool::new(false));
    let seen = reached.clone();
    let service = strict(move |_: Request<()>| {
        seen.store(true, Ordering::Relaxed);
        std::future::ready(Response::new(String::new()))
    });
    let (parts, _) = theirs().layer(service).oneshot(request).await.unwrap().into_parts();
    let reached = reached.load(Ordering::Relaxed);
    Reply { status: parts.status, headers: parts.headers, reached }
}

/// What a browser makes of a reply, by the rules of Fetch.
fn seen(request: &Request<()>, reply: &Reply) -> Seen {
    let asked = request.headers();
    let shared = asked.contains_key(header::ORIGIN)
        && reply.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN) == asked.get(header::ORIGIN)
        && reply.all("access-control-allow-credentials") == "true"
        && (reply.reached || reply.status.is_success() && grants(asked, reply));
    Seen { shared, reached: reply.reached }
}

fn grants(asked: &HeaderMap, reply: &Reply) -> bool {
    let methods = reply.all("access-control-allow-methods");
    let listed = |name: &[u8]| {
        let list = reply.all("access-control-allow-headers");
        list.split(',').any(|entry| entry.trim().as_bytes().eq_ignore_ascii_case(name))
    };
    let Some(method) = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD) else { return false };
    let method = method.as_bytes();
    let safelisted = [&b"GET"[..], b"HEAD", b"POST"].contains(&method);
    let names = asked.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let mut names = names.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    (safelisted || methods.split(',').any(|entry| entry.trim().as_bytes() == method))
        && names.all(|name| {
            let name = name.trim_ascii();
            name.is_empty() || listed(name)
        })
}

const SWALLOWED: &str = "theirs answers every OPTIONS itself: here one that no browser sent to ask";
const ORIGINS: &str = "theirs reads the first line of `Origin`: here there are two";
const METHODS: &str = "theirs reads no line of the requested method: here there are two";
const LIST: &str = "theirs reads nothing of the requested headers, whatever stands there";

/// Every case that the two decide differently, and why.
const DIFFERENCES: [(&str, &str); 19] = [
    ("P001", SWALLOWED),
    ("P003", SWALLOWED),
    ("P005", SWALLOWED),
    ("P040", METHODS),
    ("P060", LIST),
    ("P061", LIST),
    ("M004", ORIGINS),
    ("M005", ORIGINS),
    ("M006", ORIGINS),
    ("M007", ORIGINS),
    ("M027", SWALLOWED),
    ("M028", SWALLOWED),
    ("M032", METHODS),
    ("M041", LIST),
    ("M043", LIST),
    ("M046", LIST),
    ("M047", LIST),
    ("M048", LIST),
    ("M049", LIST),
];

#[tokio::test]
async fn every_case_decided_differently_is_listed_with_its_reason() {
    let policy = drain_fortin();
    let mut different = Vec::new();
    for case in cases() {
        let ours = seen(&case.request(), &send(&policy, case.request()).await);
        let theirs = seen(&case.request(), &send_to_theirs(case.request()).await);
        if ours != theirs {
            different.push((Case::id(&case).to_owned(), ours, theirs));
        }
    }
    let ids: Vec<&str> = different.iter().map(|(id, ..)| id.as_str()).collect();
    let listed: Vec<&str> = DIFFERENCES.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, listed, "{different:#?}");
}

/// Where they decide alike: in which part of which answer they differ nevertheless, and why.
const ANSWERS: [(&str, &str, &str); 19] = [
    ("actual, allowed", "access-control-expose-headers", "theirs has no blanks after commas"),
    ("actual, allowed", "vary", "theirs names three headers, two of which only a preflight has"),
    ("actual, denied", "access-control-allow-credentials", "theirs tells strangers"),
    ("actual, denied", "access-control-expose-headers", "theirs tells strangers"),
    ("actual, denied", "vary", "theirs names three headers, two of which only a preflight has"),
    ("no-cors", "access-control-allow-credentials", "theirs tells everybody"),
    ("no-cors", "access-control-expose-headers", "theirs tells everybody"),
    ("no-cors", "vary", "theirs names three headers, two of which only a preflight has"),
    ("preflight, allowed", "access-control-allow-headers", "theirs has no blanks after commas"),
    ("preflight, allowed", "access-control-allow-methods", "theirs has no blanks after commas"),
    ("preflight, allowed", "status", "theirs is 200; there is no content, which 204 says"),
    ("preflight, allowed", "vary", "theirs names them in lower case"),
    ("preflight, denied", "access-control-allow-credentials", "theirs tells strangers"),
    ("preflight, denied", "access-control-allow-headers", "theirs tells strangers"),
    ("preflight, denied", "access-control-allow-methods", "theirs tells strangers"),
    (
        "preflight, denied",
        "access-control-allow-origin",
        "theirs leaves a method and headers to the browser, and allows the origin all the same",
    ),
    ("preflight, denied", "access-control-max-age", "theirs tells strangers"),
    ("preflight, denied", "status", "theirs is 200"),
    ("preflight, denied", "vary", "theirs names them in lower case"),
];

#[tokio::test]
async fn every_answer_given_differently_is_listed_with_its_reason() {
    let policy = drain_fortin();
    let mut different = BTreeSet::new();
    for case in cases() {
        let ours = send(&policy, case.request()).await;
        let theirs = send_to_theirs(case.request()).await;
        let (seen_ours, seen_theirs) =
            (seen(&case.request(), &ours), seen(&case.request(), &theirs));
        if seen_ours != seen_theirs {
            continue;
        }
        let kind = match (case.want().unwrap(), seen_ours.reached) {
            (Verdict::NoCors, _) => "no-cors",
            (Verdict::Allow, true) => "actual, allowed",
            (Verdict::Allow, false) => "preflight, allowed",
            (Verdict::Deny, true) => "actual, denied",
            (Verdict::Deny, false) => "preflight, denied",
        };
        if ours.status != theirs.status {
            different.insert((kind, "status".to_owned()));
        }
        for name in ours.headers.keys().chain(theirs.headers.keys()) {
            if ours.all(name.as_str()) != theirs.all(name.as_str()) {
                different.insert((kind, name.to_string()));
            }
        }
    }
    let listed = ANSWERS.iter().map(|(kind, part, _)| (*kind, (*part).to_owned()));
    assert_eq!(different, listed.collect());
}
