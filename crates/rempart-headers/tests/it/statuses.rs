//! Which responses carry the headers: all, but those that are none.

use http::{HeaderMap, Method, StatusCode};
use rempart_headers::Policy;

use crate::support::{answer, headers, https, lines};

#[tokio::test]
async fn every_final_response_carries_the_headers() {
    let policy = Policy::api("api").build().unwrap();
    let statuses = [200, 201, 204, 206, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 413];
    let statuses = statuses.into_iter().chain([304, 415, 418, 429, 431, 500, 502, 503, 504, 599]);
    for status in statuses {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::DELETE] {
            let mut request = https();
            *request.method_mut() = method;
            let status = StatusCode::from_u16(status).unwrap();
            let map = answer(&policy, request, status, HeaderMap::new(), false).await;
            assert_eq!(map.len(), 7, "{status}");
        }
    }
}

#[tokio::test]
async fn a_1xx_is_left_alone() {
    let policy = Policy::page("site").build().unwrap();
    for status in [100, 101, 103] {
        let status = StatusCode::from_u16(status).unwrap();
        let own = headers(&[("upgrade", "websocket"), ("strict-transport-security", "max-age=1")]);
        let map = answer(&policy, https(), status, own.clone(), false).await;
        assert_eq!(map, own, "{status}");
    }
}

#[tokio::test]
async fn a_304_leaves_the_stored_pages_nonce_alone() {
    let csp = "content-security-policy";
    let page = Policy::page("site").build().unwrap();
    for reads in [false, true] {
        let status = StatusCode::NOT_MODIFIED;
        let map = answer(&page, https(), status, HeaderMap::new(), reads).await;
        assert!(!map.contains_key(csp), "nonce read: {reads}");
        assert!(!map.contains_key("cache-control"), "nonce read: {reads}");
        assert!(map.contains_key("x-frame-options"), "nonce read: {reads}");
    }
    // A policy without a nonce says the same in every response.
    let api = Policy::api("api").build().unwrap();
    let map = answer(&api, https(), StatusCode::NOT_MODIFIED, HeaderMap::new(), false).await;
    assert_eq!(lines(&map, csp), ["default-src 'none'; frame-ancestors 'none'"]);
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_as_it_is() {
    use http::{Request, Response};
    use rempart_headers::HeadersLayer;
    use tower::{Layer, ServiceExt, service_fn};

    let inner = service_fn(|_: Request<()>| async { Err::<Response<()>, _>("lost") });
    let service = HeadersLayer::new(Policy::api("api").build().unwrap()).layer(inner);
    assert_eq!(service.oneshot(https()).await.unwrap_err(), "lost");
}
