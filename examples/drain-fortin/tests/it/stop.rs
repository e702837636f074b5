//! A stop loses nothing that was begun.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, VAPI};

#[tokio::test]
async fn lets_a_request_that_was_begun_finish() {
    let house = House::open().await;
    let body = json!({ "message": { "type": "end-of-call-report", "call": { "id": "late" } } });
    let body = body.to_string();
    let message = rempart_signature::Message::new(body.as_bytes(), Duration::ZERO);
    let secret = rempart_keys::Secret::new(VAPI).unwrap();
    let signed = rempart_signature::Scheme::vapi().sign(&secret, &message).unwrap();
    let signature = signed["x-vapi-signature"].to_str().unwrap();
    let head = format!(
        "POST /webhooks/vapi HTTP/1.1\r\nhost: a\r\nx-vapi-signature: {signature}\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len(),
    );
    let public = house.public();
    let mut stream = TcpStream::connect(public).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The service has begun to read the body when it asks for it.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));

    let closing = tokio::spawn(house.close());
    // Nobody new is let in once the listener is gone.
    while TcpStream::connect(public).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let folder = closing.await.unwrap();
    assert!(!folder.path().join("drain-fortin.db-wal").exists(), "the database was closed");
    let house = House::open_in(folder).await;
    let token = house.token().await;
    assert_eq!(house.list("/api/calls/late", &token).await["id"], "late");
    house.close().await;
}

#[tokio::test]
async fn answers_on_the_admin_listener_until_then() {
    let house = House::open().await;
    let request = http::Request::get("/healthz").body(String::new()).unwrap();
    let answer = crate::house::send(house.admin(), request).await;
    assert_eq!((answer.status().as_u16(), answer.into_body()), (200, b"ok\n".to_vec()));
    for path in ["/api/calls", "/api/leads", "/"] {
        let request = http::Request::get(path).body(String::new()).unwrap();
        assert_eq!(crate::house::send(house.admin(), request).await.status(), 404, "{path}");
    }
    house.close().await;
}
