//! How preflights are answered.

use http::{Response, StatusCode};
use rempart_core::Refused;
use rempart_cors::{CorsLayer, Policy};
use rempart_testing::strict;
use tower::{Layer, ServiceExt};

use crate::talk::{CRM, EVIL, drain_fortin, request, send};

const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";
const VARY: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

#[tokio::test]
async fn an_allowed_one_is_told_the_whole_policy_so_that_browsers_ask_once() {
    for (method, names) in [("PUT", "apikey"), ("POST", ""), ("DELETE", "Content-Type, apikey")] {
        let headers = [("origin", CRM), (ACRM, method), (ACRH, names)];
        let reply = send(&drain_fortin(), request("OPTIONS", &headers)).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert_eq!(reply.all("access-control-allow-origin"), CRM);
        assert_eq!(reply.all("access-control-allow-credentials"), "true");
        assert_eq!(reply.all("access-control-allow-methods"), "PUT, PATCH, DELETE");
        let names = "apikey, authorization, content-type, x-client-info";
        assert_eq!(reply.all("access-control-allow-headers"), names);
        assert_eq!(reply.all("access-control-max-age"), "600");
        assert_eq!(reply.all("vary"), VARY);
        assert_eq!(reply.headers.len(), 6, "{:?}", reply.headers);
    }
}

#[tokio::test]
async fn a_refused_one_is_a_bare_403_that_discloses_nothing() {
    #[rustfmt::skip]
    let rows: [&[(&str, &str)]; 5] = [
        &[("origin", EVIL), (ACRM, "PUT")],
        &[("origin", CRM), (ACRM, "PURGE")],
        &[("origin", CRM), (ACRM, "PUT"), (ACRH, "x-evil")],
        &[("origin", CRM), ("origin", CRM), (ACRM, "PUT")],
        &[("origin", CRM), (ACRM, "PUT"), ("access-control-request-private-network", "true"), (ACRH, "x")],
    ];
    for headers in rows {
        let reply = send(&drain_fortin(), request("OPTIONS", headers)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(reply.all("vary"), VARY);
        assert_eq!(reply.headers.len(), 1, "{:?}", reply.headers);
    }
}

#[tokio::test]
async fn a_policy_without_lists_sends_none() {
    let policy = Policy::anonymous("api").origins([CRM]).methods(["GET", "POST"]).build().unwrap();
    let reply = send(&policy, request("OPTIONS", &[("origin", CRM), (ACRM, "POST")])).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.cors_headers(), ["access-control-allow-origin"]);
}

#[tokio::test]
async fn a_wildcard_stands_for_every_header_but_authorization() {
    let open = Policy::anonymous("open").any_origin().any_method().any_request_header();
    let bare = open.clone().build().unwrap();
    let named = open.request_headers(["authorization"]).build().unwrap();
    #[rustfmt::skip]
    let rows = [
        (&bare,  "x-anything",              "PURGE",   Some("*")),
        (&bare,  "x-a, x-b, X-A",           "patch",   Some("*")),
        (&bare,  "Authorization",           "GET",     None),
        (&bare,  "x-a; x-b",                "GET",     None),
        (&bare,  "x-a",                     "Trace",   None),
        (&bare,  "x-a",                     "A B",     None),
        (&bare,  "x-a",                     "",        None),
        (&bare,  "x-a",                     "M23456789012345678901234567890123", None),
        (&named, "Authorization, anything", "PURGE",   Some("*, authorization")),
        (&named, "authorization, AUTHORIZATION", "GET", None),
    ];
    for (policy, names, method, want) in rows {
        let headers = [("origin", EVIL), (ACRM, method), (ACRH, names)];
        let reply = send(policy, request("OPTIONS", &headers)).await;
        let status = if want.is_some() { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN };
        assert_eq!(reply.status, status, "{method} {names}");
        assert_eq!(reply.all("access-control-allow-headers"), want.unwrap_or_default());
        let methods = if want.is_some() { "*" } else { "" };
        assert_eq!(reply.all("access-control-allow-methods"), methods);
        assert_eq!(reply.all("access-control-allow-origin"), methods);
    }
}

/// The tables of a refused request become those of its answer.
#[tokio::test]
async fn a_refused_one_gives_nothing_back_of_what_was_sent() {
    #[derive(Clone)]
    struct Session;

    for more in [0, 5, 60, 300] {
        let mut asked =
            request("OPTIONS", &[("origin", EVIL), (ACRM, "PUT"), ("cookie", "canary")]);
        for nth in 0..more {
            let name = http::HeaderName::try_from(format!("x-{nth}")).unwrap();
            asked.headers_mut().append(&name, http::HeaderValue::from_static("canary"));
            asked.headers_mut().append(&name, http::HeaderValue::from_static("canary"));
        }
        asked.extensions_mut().insert(Session);
        let inner = strict(|_| std::future::ready(Response::new(String::new())));
        let answer = CorsLayer::new(drain_fortin()).layer(inner).oneshot(asked).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers().len(), 1, "{:?}", answer.headers());
        assert_eq!(answer.headers()["vary"], VARY);
        assert!(answer.headers().capacity() < 200, "a large table is not kept");
        assert!(answer.extensions().get::<Session>().is_none());
        assert!(answer.extensions().get::<Refused>().is_some());
        assert_eq!(answer.extensions().len(), 1);
    }
}
