//! The lists of clients in wide use.

use http::StatusCode;
use rempart_cors::{Policy, preset};

use crate::talk::{CRM, request, send};

const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";

#[tokio::test]
async fn go_together_and_a_name_of_several_is_said_once() {
    let policy = Policy::credentialed("all")
        .origins([CRM])
        .request_headers(preset::SUPABASE_REQUEST_HEADERS)
        .request_headers(preset::GRPC_WEB_REQUEST_HEADERS)
        .request_headers(["X-Client-Info", "x-tenant"])
        .expose_headers(preset::API_EXPOSED_HEADERS)
        .expose_headers(preset::GRPC_WEB_EXPOSED_HEADERS)
        .expose_headers(["X-Request-Id", "etag"])
        .build()
        .unwrap();
    let preflight = [("origin", CRM), (ACRM, "POST"), (ACRH, "apikey,grpc-timeout,x-tenant")];
    let reply = send(&policy, request("OPTIONS", &preflight)).await;
    let names = "apikey, authorization, content-type, x-client-info, grpc-timeout, x-grpc-web, \
                 x-user-agent, x-tenant";
    assert_eq!(reply.all("access-control-allow-headers"), names);
    let reply = send(&policy, request("GET", &[("origin", CRM)])).await;
    let names = "ratelimit, ratelimit-policy, retry-after, x-request-id, grpc-message, \
                 grpc-status, grpc-status-details-bin, etag";
    assert_eq!(reply.all("access-control-expose-headers"), names);
    assert_eq!(policy.to_config().build().unwrap().to_config(), policy.to_config());
}

/// What `grpc-web`'s client sends with every call, and what it reads of a call that failed.
#[tokio::test]
async fn a_grpc_web_client_can_call_and_is_told_how_it_ended() {
    let policy = Policy::anonymous("grpc")
        .origins([CRM])
        .request_headers(preset::GRPC_WEB_REQUEST_HEADERS)
        .expose_headers(preset::GRPC_WEB_EXPOSED_HEADERS)
        .build()
        .unwrap();
    let ask = |names| request("OPTIONS", &[("origin", CRM), (ACRM, "POST"), (ACRH, names)]);
    let all = "content-type,grpc-timeout,x-grpc-web,x-user-agent";
    for (names, status) in [
        (all, StatusCode::NO_CONTENT),
        ("content-type,x-grpc-web,x-user-agent", StatusCode::NO_CONTENT),
        ("authorization,content-type", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(send(&policy, ask(names)).await.status, status, "{names}");
    }
    let reply = send(&policy, request("POST", &[("origin", CRM)])).await;
    let names = "grpc-message, grpc-status, grpc-status-details-bin";
    assert_eq!(reply.all("access-control-expose-headers"), names);
}
