//! The same cases through `tower-http`'s CORS layer, with the same policy: where the two differ,
//! and why.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use rempart_cors::corpus::Case;
use rempart_testing::strict;
use tower::{Layer, ServiceExt};
use tower_http::cors::CorsLayer as TheirLayer;

use crate::cases::cases;
use crate::talk::{CRM, EVIL, Reply, SUPABASE, WWW, drain_fortin, request, send};

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
    let listed = |list: &str, name: &[u8]| {
        let list = reply.all(list);
        list.split(',').any(|entry| entry.trim().as_bytes().eq_ignore_ascii_case(name))
    };
    let Some(method) = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD) else { return false };
    let method = method.as_bytes();
    let safelisted = [&b"GET"[..], b"HEAD", b"POST"].contains(&method);
    let names = asked.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let mut names = names.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    (safelisted || listed("access-control-allow-methods", method))
        && names.all(|name| {
            let name = name.trim_ascii();
            name.is_empty() || listed("access-control-allow-headers", name)
        })
}

/// Every case that the two decide differently, and why.
const DIFFERENCES: [(&str, &str); 6] = [
    ("P001", "theirs answers every OPTIONS itself, here one without an origin"),
    ("P003", "theirs answers every OPTIONS itself, here one that no browser sent to ask"),
    ("P005", "theirs answers every OPTIONS itself, here one that no browser sent to ask"),
    ("P040", "theirs does not look at the requested method, here there are two"),
    ("P060", "theirs does not look at the requested headers, here 64 KiB of commas"),
    ("P061", "theirs does not look at the requested headers, here one a thousand times"),
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

/// What differs for one and the same decision.
#[tokio::test]
async fn every_answer_given_differently_is_known() {
    let preflight = |origin| {
        request("OPTIONS", &[("origin", origin), ("access-control-request-method", "PUT")])
    };
    // A stranger is told the methods, the headers and that credentials are in play.
    let theirs = send_to_theirs(preflight(EVIL)).await;
    assert_eq!(theirs.status, StatusCode::OK);
    assert_eq!(theirs.cors_headers().len(), 4, "{:?}", theirs.headers);
    let ours = send(&drain_fortin(), preflight(EVIL)).await;
    assert_eq!((ours.status, ours.cors_headers().len()), (StatusCode::FORBIDDEN, 0));
    // A preflight's answer has no content, which 204 says.
    assert_eq!(send_to_theirs(preflight(CRM)).await.status, StatusCode::OK);
    assert_eq!(send(&drain_fortin(), preflight(CRM)).await.status, StatusCode::NO_CONTENT);
    // Responses to strangers, and to requests without an origin, speak of credentials.
    for asked in [request("GET", &[("origin", EVIL)]), request("GET", &[])] {
        assert!(!send_to_theirs(asked.clone()).await.cors_headers().is_empty());
        assert!(send(&drain_fortin(), asked).await.cors_headers().is_empty());
    }
}
