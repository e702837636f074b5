//! A policy that leaves the service what it set.

use http::{HeaderValue, Response};
use rempart_cors::Policy;

use crate::talk::{CRM, EVIL, request, send_to};

type Headers = &'static [(&'static str, &'static str)];

#[tokio::test]
async fn what_the_service_set_stands_and_what_it_left_out_is_the_policys() {
    const ACAO: &str = "access-control-allow-origin";
    const ACAC: &str = "access-control-allow-credentials";
    const ACEH: &str = "access-control-expose-headers";
    const TAO: &str = "timing-allow-origin";
    let policy = Policy::credentialed("a").origins([CRM]).expose_headers(["x-a"]).share_timing();
    let policy = policy.dangerously_trust_inner().build().unwrap();
    #[rustfmt::skip]
    let rows: [(&str, Headers, Headers); 6] = [
        // who asks, what the service set, what is sent beside `Vary`
        (CRM,  &[],                         &[(ACAO, CRM), (ACAC, "true"), (ACEH, "x-a"), (TAO, CRM)]),
        (CRM,  &[(ACEH, "x-b")],            &[(ACAO, CRM), (ACAC, "true"), (ACEH, "x-b"), (TAO, CRM)]),
        (CRM,  &[(TAO, "*")],               &[(ACAO, CRM), (ACAC, "true"), (ACEH, "x-a"), (TAO, "*")]),
        (CRM,  &[(ACAO, "*")],              &[(ACAO, "*")]),
        (EVIL, &[(ACAO, EVIL), (ACEH, "x")], &[(ACAO, EVIL), (ACEH, "x")]),
        (EVIL, &[],                         &[]),
    ];
    for (origin, set, want) in rows {
        let answer = || {
            let mut response = Response::new(String::new());
            for (name, value) in set {
                response.headers_mut().insert(*name, HeaderValue::from_static(value));
            }
            response
        };
        let reply = send_to(&policy, request("GET", &[("origin", origin)]), answer).await;
        assert_eq!(reply.all("vary"), "Origin", "{origin} {set:?}");
        for (name, value) in want {
            assert_eq!(reply.all(name), *value, "{origin} {set:?}");
        }
        assert_eq!(reply.headers.len(), want.len() + 1, "{:?}", reply.headers);
    }
}

/// A cache keeps what one origin was told, and must not hand it to another.
#[tokio::test]
async fn a_service_that_tells_origins_apart_is_not_cached_for_all_where_all_are_allowed() {
    const ACAO: &str = "access-control-allow-origin";
    let policy = Policy::anonymous("p").any_origin().dangerously_trust_inner().build().unwrap();
    for (set, vary, shared) in
        [(Some(CRM), None, CRM), (Some("*"), Some("accept-encoding"), "*"), (None, None, "*")]
    {
        let answer = || {
            let mut response = Response::new(String::new());
            for (name, value) in [(ACAO, set), ("vary", vary)] {
                if let Some(value) = value {
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                }
            }
            response
        };
        for headers in [&[("origin", CRM)][..], &[("origin", EVIL)], &[]] {
            let reply = send_to(&policy, request("GET", headers), answer).await;
            let lines: Vec<&str> = vary.into_iter().chain(["Origin"]).collect();
            assert_eq!(reply.all("vary"), lines.join(" | "), "{set:?} {headers:?}");
            assert_eq!(reply.all(ACAO), shared, "{set:?} {headers:?}");
        }
    }
}
