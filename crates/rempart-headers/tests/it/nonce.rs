//! The nonce: made when it is read, sent where it was read, never twice the same.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response, StatusCode};
use rempart_headers::{Channel, Csp, HeadersLayer, Nonce, NonceError, Policy, Source, decide};
use rempart_testing::{Capture, strict};
use tower::{Layer, ServiceExt};

use crate::support::{answer, headers, https, lines, sent};

const CSP: &str = "content-security-policy";
const ONLY: &str = "content-security-policy-report-only";

fn page() -> Policy {
    Policy::page("site").build().unwrap()
}

async fn read(policy: &Policy, own: HeaderMap) -> HeaderMap {
    answer(policy, https(), StatusCode::OK, own, true).await
}

#[tokio::test]
async fn what_a_handler_reads_is_what_the_header_names() {
    let map = read(&page(), HeaderMap::new()).await;
    let nonce = map["x-page-nonce"].to_str().unwrap();
    let start = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; \
         style-src 'nonce-{nonce}'; img-src 'self'; "
    );
    let sent = lines(&map, CSP);
    assert!(sent.len() == 1 && sent[0].starts_with(&start), "{sent:?}");
}

#[tokio::test]
async fn is_24_characters_that_need_no_escaping() {
    let map = read(&page(), HeaderMap::new()).await;
    let nonce = map["x-page-nonce"].to_str().unwrap();
    assert_eq!(nonce.len(), 24);
    assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
}

#[tokio::test]
async fn a_page_with_its_nonce_keeps_the_byte_budget() {
    let mut map = read(&page(), HeaderMap::new()).await;
    map.remove("x-page-nonce");
    let line = |(name, value): (_, &http::HeaderValue)| format!("{name}: {value:?}\r\n").len();
    let bytes: usize = map.iter().map(|it| line(it).saturating_sub(2)).sum();
    assert!(bytes <= 900, "{bytes}");
}

#[tokio::test]
async fn no_two_responses_have_the_same() {
    let policy = page();
    let mut seen = HashSet::new();
    for _ in 0..1000 {
        let map = read(&policy, HeaderMap::new()).await;
        assert!(seen.insert(map["x-page-nonce"].clone()));
    }
}

#[tokio::test]
async fn what_nobody_reads_is_not_sent_and_nothing_is_allowed_in_its_place() {
    #[rustfmt::skip]
    let rows = [
        // what the policy says of scripts       what is sent without a nonce
        ("'nonce' 'strict-dynamic'",             "'none'"),
        ("'nonce'",                              "'none'"),
        ("'nonce' 'report-sample'",              "'none'"),
        ("'nonce' 'self'",                       "'self'"),
        ("'nonce' https://a.example",            "https://a.example"),
        ("'self' 'nonce' 'report-sample'",       "'self' 'report-sample'"),
        ("'nonce' 'strict-dynamic' 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='", "'strict-dynamic' 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"),
    ];
    for (sources, want) in rows {
        let csp = Csp::builder()
            .default_src([Source::None])
            .script_src(sources.split(' '))
            .base_uri([Source::None]);
        let policy = Policy::builder("site").csp(csp).build().unwrap();
        let map = sent(&policy, https(), HeaderMap::new()).await;
        let want = format!("default-src 'none'; script-src {want}; base-uri 'none'");
        assert_eq!(lines(&map, CSP), [want], "{sources}");
        assert!(!map.contains_key("cache-control"), "{sources}");
    }
}

#[tokio::test]
async fn both_policies_name_the_same() {
    let policy = Policy::page("site")
        .csp_report_only(
            Csp::page()
                .without(rempart_headers::Directive::UpgradeInsecureRequests)
                .report_uri(["/r"]),
        )
        .build()
        .unwrap();
    let map = read(&policy, HeaderMap::new()).await;
    let nonce = map["x-page-nonce"].to_str().unwrap();
    for header in [CSP, ONLY] {
        assert_eq!(lines(&map, header)[0].matches(nonce).count(), 2, "{header}");
    }
}

#[tokio::test]
async fn a_response_with_a_nonce_is_not_stored_unless_its_handler_says_how() {
    #[rustfmt::skip]
    let rows = [
        // handler's own           sent
        (vec![],                   vec!["no-store"]),
        (vec!["private"],          vec!["private"]),
        (vec!["max-age=60", "private"], vec!["max-age=60", "private"]),
    ];
    for (own, want) in rows {
        let own: Vec<_> = own.into_iter().map(|value| ("cache-control", value)).collect();
        let map = read(&page(), headers(&own)).await;
        assert_eq!(lines(&map, "cache-control"), want);
    }
}

#[tokio::test]
async fn a_policy_without_a_nonce_offers_none() {
    let seen = Arc::new(Mutex::new(true));
    let saw = Arc::clone(&seen);
    let handler = strict(move |request: Request<()>| {
        *saw.lock().unwrap() = Nonce::of(request.extensions()).is_some();
        async { Response::new(()) }
    });
    let service = HeadersLayer::new(Policy::api("api").build().unwrap()).layer(handler);
    service.oneshot(https()).await.unwrap();
    assert!(!*seen.lock().unwrap());
}

#[test]
fn a_nonce_that_the_policy_does_not_name_changes_nothing() {
    let policy = Policy::builder("bare").build().unwrap();
    let mut map = HeaderMap::new();
    decide(&policy, Channel::Clear, StatusCode::OK, Some("a-nonce")).apply(&mut map);
    assert_eq!(map, headers(&[("x-content-type-options", "nosniff")]));
}

/// What a handler leaves behind, as a body that is streamed after the head was returned would.
async fn left_behind(reads: bool) -> (Nonce, HeaderMap) {
    let slot = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&slot);
    let handler = strict(move |request: Request<()>| {
        let nonce = Nonce::of(request.extensions()).unwrap().clone();
        if reads {
            let _ = nonce.as_str();
        }
        *kept.lock().unwrap() = Some(nonce);
        async { Response::new(()) }
    });
    let service = HeadersLayer::new(page()).layer(handler);
    let response = service.oneshot(https()).await.unwrap();
    let nonce = slot.lock().unwrap().take().unwrap();
    (nonce, response.headers().clone())
}

#[tokio::test]
async fn read_too_late_it_says_so_and_lets_nothing_run() {
    let (nonce, _) = left_behind(false).await;
    assert_eq!(nonce.read(), Err(NonceError::TooLate));
    let capture = Capture::default();
    capture.within(|| {
        assert_eq!(nonce.as_str(), "");
        assert_eq!(format!("<script nonce={nonce}>"), "<script nonce=>");
    });
    let log = capture.text();
    assert!(log.contains("after the head of its response was returned"), "{log}");
}

#[tokio::test]
async fn read_in_time_it_stays_readable() {
    let (nonce, headers) = left_behind(true).await;
    let text = nonce.read().unwrap();
    assert!(headers[CSP].to_str().unwrap().contains(text));
    assert_eq!(nonce.to_string(), text);
}

#[tokio::test]
async fn of_two_layers_both_name_the_same() {
    let handler = strict(|request: Request<()>| {
        let mut response = Response::new(());
        let nonce = Nonce::of(request.extensions()).unwrap().as_str().parse().unwrap();
        response.headers_mut().insert("x-page-nonce", nonce);
        async { response }
    });
    // The outer policy replaces the inner one's header, and still names what the page carries.
    let outer = Policy::page("outer").enforce_all().build().unwrap();
    let service = HeadersLayer::new(outer).layer(HeadersLayer::new(page()).layer(handler));
    let response = service.oneshot(https()).await.unwrap();
    let nonce = response.headers()["x-page-nonce"].to_str().unwrap();
    assert!(lines(response.headers(), CSP)[0].contains(&format!("'nonce-{nonce}'")));
}

#[test]
fn debug_never_shows_it() {
    let nonce = {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(left_behind(true)).0
    };
    assert_eq!(format!("{nonce:?} {nonce:#?}"), "Nonce(…) Nonce(…)");
}
