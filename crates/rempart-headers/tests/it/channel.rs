//! `Strict-Transport-Security` goes out over https alone ([RFC 6797 §7.2]); the client's own word
//! on how it came is not believed.
//!
//! [RFC 6797 §7.2]: https://www.rfc-editor.org/rfc/rfc6797#section-7.2

use http::{HeaderMap, Request};
use rempart_core::ClientScheme;
use rempart_headers::{Policy, PolicyBuilder};

use crate::support::{get, headers, lines, sent};

const HSTS: &str = "strict-transport-security";

#[tokio::test]
async fn hsts_is_sent_where_the_request_came_over_https_and_nowhere_else() {
    let policy = || Policy::page("site");
    let tls = || policy().listener_is_tls();
    let uri = || policy().dangerously_believe_request_uri();
    let (http, https) = (Some(ClientScheme::Http), Some(ClientScheme::Https));
    #[rustfmt::skip]
    let rows: [(PolicyBuilder, &str, Option<ClientScheme>, bool); 13] = [
        // policy    address of the request  what a trusted proxy says  sent
        (policy(),   "/",                    None,                      false),
        (policy(),   "/",                    http,                      false),
        (policy(),   "/",                    https,                     true),
        // An absolute address is the client's own word, in HTTP/1.1 as in HTTP/2.
        (policy(),   "https://a.example/",   None,                      false),
        (policy(),   "https://a.example/",   http,                      false),
        (policy(),   "http://a.example/",    https,                     true),
        (tls(),      "/",                    None,                      true),
        (tls(),      "http://a.example/",    None,                      true),
        // A trusted proxy knows better than the listener.
        (tls(),      "/",                    http,                      false),
        (uri(),      "https://a.example/",   None,                      true),
        (uri(),      "/",                    None,                      false),
        (uri(),      "http://a.example/",    None,                      false),
        (uri(),      "https://a.example/",   http,                      false),
    ];
    for (row, (builder, address, scheme, want)) in rows.into_iter().enumerate() {
        let mut request = get(scheme);
        *request.uri_mut() = address.parse().unwrap();
        let map = sent(&builder.build().unwrap(), request, HeaderMap::new()).await;
        assert_eq!(map.contains_key(HSTS), want, "row {row}");
        let csp = map["content-security-policy"].to_str().unwrap();
        assert_eq!(csp.contains("upgrade-insecure-requests"), want, "row {row}");
    }
}

#[tokio::test]
async fn headers_of_the_request_say_nothing_about_how_it_came() {
    let policy = Policy::page("site").build().unwrap();
    let mut request = Request::new(());
    *request.headers_mut() =
        headers(&[("x-forwarded-proto", "https"), ("forwarded", "proto=https")]);
    assert!(!sent(&policy, request, HeaderMap::new()).await.contains_key(HSTS));
}

#[tokio::test]
async fn a_handlers_own_hsts_is_replaced_over_https_and_taken_out_in_the_clear() {
    let own = || headers(&[(HSTS, "max-age=1"), (HSTS, "max-age=2")]);
    let policy = Policy::page("site").build().unwrap();
    let map = sent(&policy, get(Some(ClientScheme::Https)), own()).await;
    assert_eq!(lines(&map, HSTS), ["max-age=63072000; includeSubDomains"]);
    assert_eq!(lines(&sent(&policy, get(None), own()).await, HSTS), [""; 0]);
    // A policy that says nothing of it has nothing to say about the handler's.
    let silent = Policy::builder("silent").build().unwrap();
    assert_eq!(lines(&sent(&silent, get(None), own()).await, HSTS), ["max-age=1", "max-age=2"]);
}
