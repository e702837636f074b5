//! What the response to a request that is no preflight carries.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use rempart_cors::Policy;

use crate::talk::{CRM, EVIL, SUPABASE, WWW, drain_fortin, request, send, send_to};

#[tokio::test]
async fn an_allowed_origin_may_read_it_with_credentials_and_what_is_exposed() {
    for origin in [CRM, WWW, SUPABASE] {
        let reply = send(&drain_fortin(), request("GET", &[("origin", origin)])).await;
        assert_eq!(reply.all("access-control-allow-origin"), origin);
        assert_eq!(reply.all("access-control-allow-credentials"), "true");
        let exposed = "retry-after, ratelimit, ratelimit-policy, x-request-id";
        assert_eq!(reply.all("access-control-expose-headers"), exposed);
        assert_eq!(reply.all("vary"), "Origin");
        assert_eq!(reply.headers.len(), 4, "nothing of the preflight: {:?}", reply.headers);
    }
}

#[tokio::test]
async fn a_refusal_from_inside_is_readable_too() {
    for status in [401, 404, 405, 413, 429, 500, 503, 304] {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = move || {
            let mut response = Response::new(String::from("refused"));
            *response.status_mut() = status;
            response.headers_mut().insert("retry-after", HeaderValue::from_static("6"));
            response
        };
        let allowed = send_to(&drain_fortin(), request("POST", &[("origin", CRM)]), answer).await;
        assert_eq!((allowed.status, allowed.all("retry-after").as_str()), (status, "6"));
        assert_eq!(allowed.all("access-control-allow-origin"), CRM, "{status}");
        let stranger = send_to(&drain_fortin(), request("POST", &[("origin", EVIL)]), answer).await;
        assert!(stranger.reached && stranger.cors_headers().is_empty(), "{status}");
        assert_eq!(stranger.all("vary"), "Origin", "{status}");
    }
}

#[tokio::test]
async fn vary_names_origin_once_and_keeps_what_it_had() {
    #[rustfmt::skip]
    let rows: [(&[&str], &str); 10] = [
        // the handler's lines                     what is sent
        (&[],                                      "Origin"),
        (&["accept-encoding"],                     "accept-encoding | Origin"),
        (&["accept-encoding", "cookie"],           "accept-encoding | cookie | Origin"),
        (&["Origin"],                              "Origin"),
        (&["ORIGIN"],                              "ORIGIN"),
        (&["accept, origin ,cookie"],              "accept, origin ,cookie"),
        (&["accept", "x-y,\torigin"],              "accept | x-y,\torigin"),
        (&["*"],                                   "*"),
        (&["x-origin, origins"],                   "x-origin, origins | Origin"),
        (&[""],                                    " | Origin"),
    ];
    for (lines, want) in rows {
        let answer = || {
            let mut response = Response::new(String::new());
            for line in lines {
                response.headers_mut().append("vary", HeaderValue::from_static(line));
            }
            response
        };
        for origin in [&[("origin", CRM)][..], &[("origin", EVIL)], &[]] {
            let reply = send_to(&drain_fortin(), request("GET", origin), answer).await;
            assert_eq!(reply.all("vary"), want, "{lines:?} for {origin:?}");
        }
    }
}

#[tokio::test]
async fn what_the_service_sets_cannot_widen_the_policy() {
    const NAMES: [&str; 9] = [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-allow-private-network",
        "access-control-expose-headers",
        "access-control-max-age",
        "access-control-of-the-future",
        "timing-allow-origin",
    ];
    let answer = || {
        let mut response = Response::new(String::new());
        for name in NAMES.map(HeaderName::from_static) {
            response.headers_mut().append(&name, HeaderValue::from_static("*"));
            response.headers_mut().append(&name, HeaderValue::from_static(EVIL));
        }
        response.headers_mut().insert("x-access-control-allow", HeaderValue::from_static("kept"));
        response
    };
    for headers in [&[][..], &[("origin", EVIL)], &[("origin", "null")]] {
        let reply = send_to(&drain_fortin(), request("GET", headers), answer).await;
        assert!(reply.cors_headers().is_empty(), "{:?}", reply.headers);
        assert_eq!(reply.all("x-access-control-allow"), "kept");
    }
    let reply = send_to(&drain_fortin(), request("GET", &[("origin", CRM)]), answer).await;
    assert_eq!(reply.all("access-control-allow-origin"), CRM);
    assert_eq!(reply.cors_headers().len(), 3, "{:?}", reply.headers);
}

#[tokio::test]
async fn a_policy_for_everybody_says_the_same_to_everybody() {
    let policy = Policy::anonymous("public")
        .any_origin()
        .any_method()
        .any_request_header()
        .expose_any()
        .share_timing()
        .build()
        .unwrap();
    for headers in [&[][..], &[("origin", EVIL)], &[("origin", "null")], &[("origin", "?")]] {
        let reply = send(&policy, request("GET", headers)).await;
        assert_eq!(reply.all("access-control-allow-origin"), "*");
        assert_eq!(reply.all("access-control-expose-headers"), "*");
        assert_eq!(reply.all("timing-allow-origin"), "*");
        assert_eq!(reply.headers.len(), 3, "no credentials and no Vary: {:?}", reply.headers);
    }
}

#[tokio::test]
async fn an_anonymous_policy_never_speaks_of_credentials() {
    let policy = Policy::anonymous("api").origins([CRM]).share_timing().build().unwrap();
    let reply = send(&policy, request("GET", &[("origin", CRM)])).await;
    assert_eq!(reply.all("access-control-allow-origin"), CRM);
    assert_eq!(reply.all("timing-allow-origin"), CRM);
    assert_eq!(reply.cors_headers().len(), 2, "{:?}", reply.headers);
    assert_eq!(reply.all("vary"), "Origin");
}

#[tokio::test]
async fn what_pages_may_read_anyway_is_not_said() {
    let policy = Policy::credentialed("api").origins([CRM]);
    let all = ["Content-Type", "ETag", "expires", "Last-Modified"];
    for (names, want) in [(&all[..], "etag"), (&all[..1], "")] {
        let policy = policy.clone().expose_headers(names).build().unwrap();
        let reply = send(&policy, request("GET", &[("origin", CRM)])).await;
        assert_eq!(reply.all("access-control-expose-headers"), want);
    }
}

#[tokio::test]
async fn a_response_without_room_for_vary_is_not_shared() {
    let answer = || {
        let mut response = Response::new(String::new());
        let full = (0..).map_while(|number: u32| {
            let name = HeaderName::try_from(format!("x-{number}")).unwrap();
            response.headers_mut().try_append(name, HeaderValue::from_static("1")).ok()
        });
        assert!(full.count() > 20_000);
        response
    };
    let reply = send_to(&drain_fortin(), request("GET", &[("origin", CRM)]), answer).await;
    assert!(reply.cors_headers().is_empty());
}
