//! Starts the example and calls it, over HTTP/2 as any gRPC client does.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::fmt::Write;
use std::process::Command;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rempart_testing::wire::Program;
use sha2::Sha256;
use tokio::net::TcpStream;

const SECRET: &str = "made-up-for-this-test-and-no-other";

/// An empty `HealthCheckRequest`, framed: not compressed, of length 0.
const CHECK: &[u8] = &[0; 5];

/// A `HealthCheckResponse` that says `SERVING`, framed.
const SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

fn start() -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tonic-minimal"));
    Program::start(command.arg("127.0.0.1:0").env("WEBHOOK_SECRET", SECRET))
}

async fn connect(program: &Program) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(program.addr()).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn signature() -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(CHECK);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// The message and the status of a call; the status stands in the trailers, or alone in the head.
async fn check(
    sender: &mut SendRequest<Full<Bytes>>,
    program: &Program,
    signature: &str,
) -> (Bytes, String, http::HeaderMap) {
    let request =
        http::Request::post(format!("http://{}/grpc.health.v1.Health/Check", program.addr()))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-hub-signature-256", signature)
            .body(Full::from(CHECK))
            .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let body = response.into_body().collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let status =
        headers.get("grpc-status").or(trailers.as_ref().and_then(|t| t.get("grpc-status")));
    let status = status.unwrap().to_str().unwrap().to_owned();
    (body.to_bytes(), status, headers)
}

#[tokio::test]
async fn answers_a_signed_call_and_refuses_others_in_grpc() {
    let program = start();
    let mut sender = connect(&program).await;
    let (message, status, headers) = check(&mut sender, &program, &signature()).await;
    assert_eq!((&message[..], &*status), (SERVING, "0"));
    assert!(headers.contains_key("ratelimit"), "the peer's address reached the limit");
    for forged in ["sha256=00", &signature().replace(['0', '1'], "2")] {
        let (message, status, headers) = check(&mut sender, &program, forged).await;
        assert_eq!((&message[..], &*status), (&b""[..], "16"));
        assert_eq!(headers["content-type"], "application/grpc");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    for _ in 3..10 {
        assert_eq!(check(&mut sender, &program, &signature()).await.1, "0");
    }
    let (_, status, headers) = check(&mut sender, &program, &signature()).await;
    assert_eq!(status, "8");
    assert!(headers.contains_key("grpc-retry-pushback-ms"));
}
