//! Fetch's classification: what is no CORS request, what is one, what is a preflight.

use http::StatusCode;
use rempart_cors::{Decision, Policy, Rejection, decide};

use crate::talk::{CRM, EVIL, WWW, drain_fortin, request, send};

type Headers<'a> = &'a [(&'a str, &'a str)];

const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";

#[tokio::test]
async fn only_an_options_with_origin_and_a_requested_method_is_kept_from_the_service() {
    let policy = drain_fortin();
    #[rustfmt::skip]
    let rows: [(&str, &str, Headers, bool); 12] = [
        ("a GET without Origin",                 "GET",     &[],                                        true),
        ("a webhook's POST without Origin",      "POST",    &[],                                        true),
        ("an OPTIONS without Origin",            "OPTIONS", &[],                                        true),
        ("an OPTIONS with a method alone",       "OPTIONS", &[(ACRM, "PUT")],                           true),
        ("an OPTIONS with headers alone",        "OPTIONS", &[(ACRH, "authorization")],                 true),
        ("an OPTIONS with Origin alone",         "OPTIONS", &[("origin", CRM)],                         true),
        ("an OPTIONS with Origin and headers",   "OPTIONS", &[("origin", CRM), (ACRH, "x")],            true),
        ("a POST dressed as a preflight",        "POST",    &[("origin", CRM), (ACRM, "PUT")],          true),
        ("an extension method so dressed",       "options", &[("origin", CRM), (ACRM, "PUT")],          true),
        ("a stranger's GET",                     "GET",     &[("origin", EVIL)],                        true),
        ("a preflight",                          "OPTIONS", &[("origin", CRM), (ACRM, "PUT")],          false),
        ("a stranger's preflight",               "OPTIONS", &[("origin", EVIL), (ACRM, "PUT")],         false),
    ];
    for (row, method, headers, reached) in rows {
        let reply = send(&policy, request(method, headers)).await;
        assert_eq!(reply.reached, reached, "{row}");
        assert_eq!(reached, reply.status == StatusCode::OK, "{row}");
    }
}

#[test]
fn a_request_is_turned_away_for_the_first_thing_that_is_wrong_with_it() {
    let policy = drain_fortin();
    let long = format!("https://{}.example", "a".repeat(300));
    let longest =
        format!("https://{}", "a".repeat("https://:65535".len() + 253 - "https://".len()));
    let longer = format!("{longest}a");
    let full = "authorization,".repeat(400);
    #[rustfmt::skip]
    let rows: [(Headers, Rejection); 15] = [
        (&[("origin", EVIL), (ACRM, "TRACE"), (ACRH, "x")],           Rejection::OriginNotAllowed),
        (&[("origin", "null"), (ACRM, "GET")],                        Rejection::OriginNotAllowed),
        (&[("origin", ""), (ACRM, "GET")],                            Rejection::OriginNotAllowed),
        (&[("origin", &longest), (ACRM, "GET")],                      Rejection::OriginNotAllowed),
        (&[("origin", &longer), (ACRM, "GET")],                       Rejection::OriginMalformed),
        (&[("origin", &long), (ACRM, "GET")],                         Rejection::OriginMalformed),
        (&[("origin", CRM), ("origin", CRM), (ACRM, "GET")],          Rejection::OriginDuplicated),
        (&[("origin", CRM), ("origin", WWW), (ACRM, "GET")],          Rejection::OriginDuplicated),
        (&[("origin", CRM), (ACRM, "TRACE"), (ACRH, "x")],            Rejection::MethodNotAllowed),
        (&[("origin", CRM), (ACRM, "")],                              Rejection::MethodNotAllowed),
        (&[("origin", CRM), (ACRM, "PUT"), (ACRM, "PUT")],            Rejection::MethodDuplicated),
        (&[("origin", CRM), (ACRM, "PUT"), (ACRH, "x-evil")],         Rejection::HeaderNotAllowed),
        (&[("origin", CRM), (ACRM, "PUT"), (ACRH, "apikey;x")],       Rejection::HeadersMalformed),
        (&[("origin", CRM), (ACRM, "PUT"), (ACRH, "apikey,ApiKey")],  Rejection::HeaderDuplicated),
        (&[("origin", CRM), (ACRM, "PUT"), (ACRH, &full)],            Rejection::HeadersTooLarge),
    ];
    for (headers, want) in rows {
        let request = request("OPTIONS", headers);
        let decision = decide(&policy, request.method(), request.headers());
        assert_eq!(decision, Decision::Preflight(Err(want)), "{headers:?}");
    }
}

#[tokio::test]
async fn a_request_of_the_services_own_origin_is_not_cross_origin() {
    let policy = Policy::credentialed("api").origins([CRM]).own_origins([WWW]).build().unwrap();
    for headers in [&[("origin", WWW)][..], &[("origin", WWW), (ACRM, "PUT")]] {
        let request = request("OPTIONS", headers);
        let decision = decide(&policy, request.method(), request.headers());
        assert_eq!(decision, Decision::SameOrigin);
        let reply = send(&policy, request).await;
        assert!(reply.reached && reply.cors_headers().is_empty(), "{:?}", reply.headers);
        assert_eq!(reply.all("vary"), "Origin");
    }
    let both = Policy::credentialed("api").origins([CRM]).own_origins([CRM]).build().unwrap();
    let reply = send(&both, request("OPTIONS", &[("origin", CRM), (ACRM, "POST")])).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "another host of the service has to ask");
}

/// An intermediary may have added the second; the policy says nothing of the two together.
#[tokio::test]
async fn two_lines_of_origin_are_nobodys_where_every_origin_is_allowed_too() {
    let open = Policy::anonymous("open").any_origin().build().unwrap();
    let two = [("origin", CRM), ("origin", CRM)];
    let (actual, preflight) = (request("GET", &two), [&two[..], &[(ACRM, "GET")]].concat());
    let refused = Err(Rejection::OriginDuplicated);
    let decision = decide(&open, actual.method(), actual.headers());
    assert_eq!(decision, Decision::Actual(refused));
    // It is told what everybody is told: a cache may keep it for others.
    assert_eq!(send(&open, actual).await.all("access-control-allow-origin"), "*");
    let asked = request("OPTIONS", &preflight);
    assert_eq!(decide(&open, asked.method(), asked.headers()), Decision::Preflight(refused));
    let reply = send(&open, asked).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.cors_headers().is_empty(), "{:?}", reply.headers);
}
