//! What a handler finds, and how much is held until it may.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rempart_core::{ManualClock, Reason, RequestBody};
use rempart_signature::certified::{CertifiedLayer, CertifiedSender};
use rempart_signature::sns::{Sns, SnsMessage};
use rempart_signature::{ConfigError, Coverage, MemoryReplayStore, Policy, Verified};
use rempart_testing::{Script, Step, canary, strict};
use tokio::sync::watch;
use tower::{Layer, Service, ServiceExt};

use super::fetching::slow;
use super::{Always, CERTIFICATE, KEY_ID, paypal, send, sns};
use crate::replay::senders::Sender;
use crate::support::{NOW, id, post};

fn sender(sender: Sender) -> CertifiedSender {
    let (fetcher, store) = (Always::new(CERTIFICATE), MemoryReplayStore::default());
    match sender {
        Sender::PayPal => paypal::builder(&fetcher).replay(store).build().unwrap().into(),
        _ => sns::builder(&fetcher).replay(store).build().unwrap().into(),
    }
}

#[tokio::test]
async fn a_handler_finds_how_its_message_was_verified() {
    for (of, scheme, signed_id) in [
        (Sender::PayPal, "paypal", "69cd13f0-d67a-11e5-baa3-000000000001"),
        (Sender::Sns, "sns", "22b80b92-fdea-4c2c-8f9d-000000000001"),
    ] {
        let (headers, body) = of.signed(1, NOW);
        let layer = CertifiedLayer::new(sender(of));
        let outcome = send::<Verified>(layer, headers, Script::new().data(body)).await;
        let verified = outcome.verified.unwrap();
        assert_eq!((verified.policy().as_str(), verified.scheme()), ("test", scheme));
        assert_eq!(verified.key(), id(KEY_ID));
        // Of SNS the members that are signed, of PayPal a checksum: not the body.
        assert_eq!(verified.coverage(), Coverage::Fields);
        assert_eq!(verified.timestamp(), Some(NOW));
        assert_eq!((verified.signed_id(), verified.unauthenticated_id()), (Some(signed_id), None));
        assert!(verified.replay_key().is_some() && verified.tenant().is_none());
    }
    let (headers, body) = Sender::Sns.signed(1, NOW);
    let layer = CertifiedLayer::new(sender(Sender::Sns));
    let outcome = send::<SnsMessage>(layer, headers, Script::new().data(body)).await;
    assert_eq!(outcome.verified.unwrap().subject(), Some("an order"));
}

/// The extractors of axum know the policy, and that its body is not covered.
#[cfg(feature = "axum")]
#[tokio::test]
async fn a_handler_can_name_its_policy() {
    use axum::Router;
    use axum::routing::post as to;
    use rempart_signature::{PolicyMarker, VerifiedBy, VerifiedJson};
    use tower::ServiceExt;

    struct Test;
    impl PolicyMarker for Test {
        const NAME: &'static str = "test";
    }
    let app = Router::new()
        .route("/by", to(async |by: VerifiedBy<Test>| by.signed_id().unwrap().to_owned()))
        .route("/json", to(async |_: VerifiedJson<serde_json::Value, Test>| "covered"));
    for (path, status) in [("/by", StatusCode::OK), ("/json", StatusCode::INTERNAL_SERVER_ERROR)] {
        let layer = CertifiedLayer::new(sender(Sender::Sns)).clock(ManualClock::at(NOW));
        let (headers, body) = Sender::Sns.signed(1, NOW);
        let mut request = post(headers, axum::body::Body::from(body));
        *request.uri_mut() = path.parse().unwrap();
        let app = app.clone().layer(layer.observer(()));
        assert_eq!(app.oneshot(request).await.unwrap().status(), status, "{path}");
    }
}

#[test]
fn a_budget_holds_one_body_at_least() {
    const LIMIT: u64 = 4096;
    const LEAST: u64 = LIMIT + (1024 + LIMIT / 64) * 96;
    let builder = || sns::builder(&Always::nothing()).body_limit(LIMIT);
    let given = CertifiedSender::from(builder().buffer_budget(LEAST).build().unwrap());
    assert_eq!((given.buffer_budget(), given.body_limit()), (LEAST, LIMIT));
    let usual = CertifiedSender::from(builder().build().unwrap());
    assert_eq!(usual.buffer_budget(), Policy::BUFFER_BUDGET);
    let fault = ConfigError::BufferBudgetTooSmall { budget: LEAST - 1, least: LEAST };
    assert!(builder().buffer_budget(LEAST - 1).build().unwrap_err().iter().eq([&fault]));
}

/// A request of this message through a service whose handler never answers.
fn under_way(
    sender: &CertifiedSender,
    of: Sender,
    script: impl FnOnce(Vec<u8>) -> Script,
) -> impl FnMut() -> bool {
    let clock = ManualClock::at(NOW);
    let layer = CertifiedLayer::new(sender.clone()).clock(clock).observer(());
    let mut service = layer.layer(strict(|_: Request<RequestBody<Script>>| async {
        std::future::pending::<()>().await;
        Response::new(Full::<Bytes>::default())
    }));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let (headers, body) = of.signed(1, NOW);
    let mut answer = Box::pin(service.call(post(headers, script(body))));
    move || answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test]
async fn a_body_is_counted_until_it_is_verified_and_no_longer() {
    for of in [Sender::PayPal, Sender::Sns] {
        let sender = sender(of);
        let mut reading = under_way(&sender, of, |body| Script::new().data(body).then(Step::Stall));
        assert!(reading());
        let (_, body) = of.signed(1, NOW);
        assert_eq!(sender.buffered(), body.len() as u64 + 96, "{of:?}");
        drop(reading);
        assert_eq!(sender.buffered(), 0);
        // While the handler works it is the handler's.
        let mut handling = under_way(&sender, of, |body| Script::new().data(body));
        assert!(handling());
        assert_eq!(sender.buffered(), 0, "{of:?}");
    }
}

#[tokio::test]
async fn a_body_is_counted_while_its_certificate_is_fetched() {
    let (open, gate) = watch::channel(false);
    let asked = Arc::new(AtomicUsize::new(0));
    let sns: Sns = slow(&asked, gate);
    let sender = CertifiedSender::from(sns);
    let (_, body) = Sender::Sns.signed(1, NOW);
    let taken = body.len() as u64 + 96;
    let mut first = under_way(&sender, Sender::Sns, |body| Script::new().data(body));
    let mut second = under_way(&sender, Sender::Sns, |body| Script::new().data(body));
    assert!(first() && second());
    assert_eq!(sender.buffered(), 2 * taken);
    drop(second);
    assert_eq!(sender.buffered(), taken);
    open.send(true).unwrap();
    assert!(first());
    assert_eq!(sender.buffered(), 0);
}

#[tokio::test]
async fn beyond_the_budget_is_503_and_a_time_to_come_back() {
    const LIMIT: u64 = 4096;
    const LEAST: u64 = LIMIT + (1024 + LIMIT / 64) * 96;
    let builder = sns::builder(&Always::new(CERTIFICATE)).body_limit(LIMIT).buffer_budget(LEAST);
    let sender = CertifiedSender::from(builder.build().unwrap());
    // 26 times 4,096 and once 1,996: what is left is too little for anybody.
    let lengths = [4000; 26].into_iter().chain([1900]);
    let held: Vec<_> = lengths
        .map(|length| {
            let hold = move |_| Script::new().data(vec![b' '; length]).then(Step::Stall);
            let mut one = under_way(&sender, Sender::Sns, hold);
            assert!(one());
            one
        })
        .collect();
    let (headers, body) = Sender::Sns.signed(1, NOW);
    let layer = CertifiedLayer::new(sender.clone());
    let script = || Script::new().data(body.clone());
    let outcome = send::<Verified>(layer.clone(), headers.clone(), script()).await;
    assert_eq!(outcome.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(outcome.reasons, [Some(Reason::BudgetExceeded)]);
    assert!(outcome.headers.contains_key("retry-after"));
    drop(held);
    let outcome = send::<Verified>(layer, headers, script()).await;
    assert_eq!(outcome.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_dropped_while_its_certificate_is_fetched_is_not_claimed() {
    let (open, gate) = watch::channel(false);
    let asked = Arc::new(AtomicUsize::new(0));
    let fetcher = super::fetching::gated(&asked, gate);
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::default().clock(clock.clone());
    let builder = Sns::builder("test").topic("arn:aws:sns:us-east-2:123456789012:orders");
    let sns = builder.fetcher(fetcher).timer(clock).replay(store).build().unwrap();
    let sender = CertifiedSender::from(sns);
    let mut first = under_way(&sender, Sender::Sns, |body| Script::new().data(body));
    assert!(first());
    drop(first);
    open.send(true).unwrap();
    let (headers, body) = Sender::Sns.signed(1, NOW);
    let layer = CertifiedLayer::new(sender);
    let outcome = send::<Verified>(layer, headers, Script::new().data(body)).await;
    assert_eq!(outcome.status, StatusCode::OK);
    assert_eq!(outcome.reasons, [None, None], "verified, and nobody was before");
}

#[tokio::test]
async fn nothing_under_way_prints_a_message() {
    for of in [Sender::PayPal, Sender::Sns] {
        let (headers, body) = of.signed(1, NOW);
        let signature =
            headers.get("paypal-transmission-sig").map(|value| value.as_bytes().to_vec());
        let silent = |value: &dyn std::fmt::Debug| {
            for text in [format!("{value:?}"), format!("{value:#?}")] {
                canary::assert_absent(&text, &body);
                canary::assert_absent(&text, signature.as_deref().unwrap_or(b"SigningCertURL"));
            }
        };
        let fetcher = Always::new(CERTIFICATE);
        silent(&(paypal::builder(&fetcher), sns::builder(&fetcher)));
        let sender = sender(of);
        silent(&sender);
        let layer = CertifiedLayer::new(sender).clock(ManualClock::at(NOW));
        silent(&layer);
        let mut service = layer.layer(strict(|request: Request<RequestBody<Script>>| async move {
            let verified = request.extensions().get::<Verified>().cloned();
            Response::new(Full::new(Bytes::from(format!("{:?}", verified.unwrap()))))
        }));
        let script = Script::new().data(body.clone()).then(Step::Pending);
        let mut future =
            Box::pin(service.ready().await.unwrap().call(post(headers.clone(), script)));
        silent(&future);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
        silent(&future);
        let answer = future.await.unwrap();
        silent(&String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()));
    }
}
