//! What a clean text, a clean record and a request cost in allocations.
#![allow(clippy::unwrap_used, reason = "a test that unwraps in vain has failed, as it should")]

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::io::{self, Write};
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use rempart_keys::Secret;
use rempart_redact::{AccessLogLayer, Policy, RedactMakeWriter, Redactor};
use rempart_testing::alloc::{Counting, assert_counting, count};
use tower::{Layer, Service};
use tracing_subscriber::fmt::MakeWriter;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static CLEAN: &str = r#"{"timestamp":"2026-11-22T08:34:45.123456Z","level":"INFO","fields":{"message":"answered","http.route":"/api/calls/{id}","status":200,"elapsed_us":1234,"client":"192.0.2.7","note":"token count is fine, Élève"},"target":"rempart::access","id":"550e8400-e29b-41d4-a716-446655440000"}"#;

fn redactor() -> Redactor {
    let secret = Secret::new("made-up-for-the-allocation-test").unwrap();
    Redactor::new(Policy::builder("logs").secret("S", &secret).build().unwrap())
}

#[test]
fn a_clean_text_costs_no_allocation_and_is_the_same_text() {
    assert_counting();
    let redactor = redactor();
    // The first reading of a thread works its machines out.
    let _ = redactor.redact(CLEAN);
    let (redacted, counts) = count(|| redactor.redact(CLEAN));
    assert_eq!(redacted, CLEAN);
    assert!(matches!(redacted, Cow::Borrowed(text) if std::ptr::eq(text, CLEAN)));
    assert_eq!(counts.allocations, 0);
    let long = CLEAN.repeat(100);
    let _ = redactor.redact_line(&long);
    assert_eq!(count(|| redactor.redact_line(&long).len()).1.allocations, 0);
}

#[test]
fn a_text_with_something_to_hide_costs_one() {
    assert_counting();
    let redactor = redactor();
    let text = CLEAN.replace("Élève", "ann@example.com made-up-for-the-allocation-test");
    let _ = redactor.redact(&text);
    let (redacted, counts) = count(|| redactor.redact(&text));
    assert!(redacted.contains("[REDACTED:email]"));
    assert_eq!(counts.allocations, 1);
}

#[test]
fn a_clean_record_costs_no_allocation() {
    assert_counting();
    let make = RedactMakeWriter::new(redactor(), io::sink);
    let record = format!("{CLEAN}\n");
    let write = || make.make_writer().write_all(record.as_bytes()).unwrap();
    write();
    assert_eq!(count(write).1.allocations, 0);
}

struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = io::Error;
    type Future = Ready<Result<Response<()>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

#[test]
fn a_request_costs_no_allocation_without_a_query_and_one_with_one() {
    assert_counting();
    let policy = Policy::builder("access").build().unwrap();
    let mut service = AccessLogLayer::new(policy).layer(Inner);
    let mut answer = |uri: &str| {
        let request = Request::get(uri).header("x-request-id", "4bf92f3577b34da6a3ce929d0e0e4736");
        let request = request.body(()).unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let run = || {
            let mut future = std::pin::pin!(service.call(request));
            assert!(future.as_mut().poll(&mut cx).is_ready());
        };
        count(run).1.allocations
    };
    // Nobody listens.
    assert_eq!(answer("/a?b=c"), 0);
    let subscriber = tracing_subscriber::registry();
    tracing::subscriber::with_default(subscriber, || {
        answer("/a?b=c");
        assert_eq!(answer("/a"), 0);
        assert_eq!(answer("/a?b=c&d=e"), 1);
    });
}
