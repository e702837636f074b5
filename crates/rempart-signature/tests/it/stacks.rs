//! The layer in the stacks that it is for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::body::Body;
use axum::routing::post as on_post;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{Challenge, Policy, Scheme, SignatureLayer, Verified};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{BODY, NOW, builder, post, signed};

fn policy() -> Policy {
    builder(Scheme::vapi(), &ManualClock::at(NOW)).build().unwrap()
}

async fn echo(verified: Extension<Verified>, body: Bytes) -> String {
    format!("{} {}", verified.key(), body.len())
}

fn routers() -> [Router; 3] {
    around(&SignatureLayer::new(policy()))
}

fn around(layer: &SignatureLayer) -> [Router; 3] {
    [
        Router::new().route("/hooks", on_post(echo)).layer(layer.clone()),
        Router::new().route("/hooks", on_post(echo).layer(layer.clone())),
        Router::new().route("/hooks", on_post(echo)).layer(
            ServiceBuilder::new().layer(tower::layer::util::Identity::new()).layer(layer.clone()),
        ),
    ]
}

#[tokio::test]
async fn works_on_routers_and_routes_of_axum() {
    for router in routers() {
        let request = post(signed(&Scheme::vapi(), BODY), Body::from(BODY));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, format!("current {}", BODY.len()));

        let request = post(HeaderMap::new(), Body::from(BODY));
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

/// Also where the router knows no `GET`.
#[tokio::test]
async fn handshakes_are_answered_wherever_the_layer_stands() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::dropbox(), &clock).challenge(Challenge::dropbox());
    let layer = SignatureLayer::new(policy.build().unwrap());
    for router in around(&layer) {
        let request = Request::get("/hooks?challenge=abc").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "abc");
    }
    let got =
        over_hyper(layer, b"GET /hooks?challenge=abc HTTP/1.1\r\nhost: a\r\n\r\n", false).await;
    for line in [
        "HTTP/1.1 200",
        "content-length: 3\r\n",
        "content-type: text/plain\r\n",
        "x-content-type-options: nosniff\r\n",
    ] {
        assert!(got.contains(line), "{got}");
    }
    assert!(got.ends_with("\r\n\r\nabc"), "{got}");
}

/// Serves one connection with hyper, sends these bytes, and gives what comes back.
async fn over_hyper(layer: SignatureLayer, sent: &[u8], then_close: bool) -> String {
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    let service =
        layer.layer(service_fn(|request: Request<RequestBody<hyper::body::Incoming>>| async {
            let verified = request.extensions().get::<Verified>().cloned().unwrap();
            let body = request.into_body().collect().await.unwrap();
            let trailer = body.trailers().and_then(|trailers| trailers.get("x-after").cloned());
            let text = format!("{} {} {trailer:?}", verified.key(), body.to_bytes().len());
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
        }));
    let service = hyper_util::service::TowerToHyperService::new(service);
    let connection = tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .half_close(true)
            .serve_connection(hyper_util::rt::TokioIo::new(server), service),
    );
    client.write_all(sent).await.unwrap();
    if then_close {
        client.shutdown().await.unwrap();
    }
    let mut answer = vec![0; 4096];
    let mut got = String::new();
    // An answer of ours, or a closed connection.
    while !got.contains("\r\n\r\n") {
        match client.read(&mut answer).await.unwrap() {
            0 => break,
            read => got.push_str(std::str::from_utf8(&answer[..read]).unwrap()),
        }
    }
    drop(client);
    let _ = connection.await;
    got
}

fn head(extra: &str) -> String {
    let headers = signed(&Scheme::vapi(), BODY);
    let signature = headers["x-vapi-signature"].to_str().unwrap();
    format!("POST /hooks HTTP/1.1\r\nhost: a\r\nx-vapi-signature: {signature}\r\n{extra}\r\n")
}

fn hyper_layer() -> SignatureLayer {
    SignatureLayer::new(policy())
}

#[tokio::test]
async fn works_under_hyper_with_a_length() {
    let mut sent = head(&format!("content-length: {}\r\n", BODY.len())).into_bytes();
    sent.extend(BODY);
    let got = over_hyper(hyper_layer(), &sent, false).await;
    assert!(got.starts_with("HTTP/1.1 200"), "{got}");
    assert!(got.ends_with(&format!("current {} None", BODY.len())), "{got}");
}

#[tokio::test]
async fn works_under_hyper_in_chunks_with_trailers() {
    let mut sent = head("transfer-encoding: chunked\r\ntrailer: x-after\r\n").into_bytes();
    for chunk in BODY.chunks(7) {
        sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
        sent.extend(chunk);
        sent.extend(b"\r\n");
    }
    sent.extend(b"0\r\nx-after: yes\r\n\r\n");
    let got = over_hyper(hyper_layer(), &sent, false).await;
    assert!(got.starts_with("HTTP/1.1 200"), "{got}");
    assert!(got.ends_with(&format!("current {} Some(\"yes\")", BODY.len())), "{got}");
}

#[tokio::test]
async fn answers_an_unsigned_request_before_its_body_has_come() {
    let sent = b"POST /hooks HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n";
    let got = over_hyper(hyper_layer(), sent, false).await;
    assert!(got.starts_with("HTTP/1.1 401"), "{got}");
    assert!(got.contains("www-authenticate: Signature\r\n"), "{got}");
}

#[tokio::test]
async fn refuses_a_declared_length_over_the_limit_before_it_has_come() {
    let sent = head("content-length: 1048577\r\n");
    let got = over_hyper(hyper_layer(), sent.as_bytes(), false).await;
    assert!(got.starts_with("HTTP/1.1 413"), "{got}");
}

#[tokio::test]
async fn does_not_handle_a_body_that_was_cut_off() {
    let mut sent = head(&format!("content-length: {}\r\n", BODY.len() + 1)).into_bytes();
    sent.extend(BODY);
    let got = over_hyper(hyper_layer(), &sent, true).await;
    assert!(got.is_empty() || got.starts_with("HTTP/1.1 400"), "{got}");
}

mod grpc {
    use http::header;
    use tonic::service::Routes;
    use tonic_health::server::health_reporter;

    use super::*;

    /// A message of no fields, as gRPC frames it: uncompressed, of length 0.
    const CHECK: &[u8] = &[0, 0, 0, 0, 0];

    fn check(headers: HeaderMap, content_type: &str) -> Request<tonic::body::Body> {
        let body = tonic::body::Body::new(Full::new(Bytes::from_static(CHECK)));
        let mut request = Request::post("/grpc.health.v1.Health/Check").body(body).unwrap();
        *request.headers_mut() = headers;
        request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        request.headers_mut().insert(header::TE, "trailers".parse().unwrap());
        request
    }

    #[tokio::test]
    async fn works_around_the_routes_of_tonic() {
        let (_, health) = health_reporter();
        let service = SignatureLayer::new(policy()).layer(Routes::new(health).prepare());
        let request = check(signed(&Scheme::vapi(), CHECK), "application/grpc");
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
        // `SERVING` is field 1, value 1.
        assert_eq!(body.to_bytes(), [0, 0, 0, 0, 2, 8, 1][..]);
    }

    #[tokio::test]
    async fn refuses_in_the_language_of_the_client() {
        let (_, health) = health_reporter();
        let service = SignatureLayer::new(policy()).layer(Routes::new(health).prepare());
        for content_type in ["application/grpc", "application/grpc+proto", "application/grpc-web"] {
            let request = check(HeaderMap::new(), content_type);
            let response = service.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["grpc-status"], "16", "{content_type}");
            assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
        }
        let mut compressed = check(signed(&Scheme::vapi(), CHECK), "application/grpc");
        compressed.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        let response = service.oneshot(compressed).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "3");
    }

    #[tokio::test]
    async fn fits_the_server_of_tonic() {
        let (_, health) = health_reporter();
        let router = tonic::transport::Server::builder()
            .layer(SignatureLayer::new(policy()))
            .add_service(health);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let server = tokio::spawn(router.serve(address));
        server.abort();
    }
}

#[tokio::test]
async fn a_head_is_refused_without_a_body() {
    let layer = hyper_layer();
    let handler = service_fn(|_: Request<RequestBody<Full<Bytes>>>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let request = Request::head("/hooks").body(Full::default()).unwrap();
    let response = layer.layer(handler).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn errors_of_the_service_stay_what_they_are() {
    #[derive(Clone, Debug, PartialEq)]
    struct Own(Arc<str>);
    let handler = service_fn(|_: Request<RequestBody<Full<Bytes>>>| async {
        Err::<Response<Full<Bytes>>, _>(Own("own".into()))
    });
    let request = post(signed(&Scheme::vapi(), BODY), Full::new(Bytes::from_static(BODY)));
    let error = hyper_layer().layer(handler).oneshot(request).await.unwrap_err();
    assert_eq!(error, Own("own".into()));
}
