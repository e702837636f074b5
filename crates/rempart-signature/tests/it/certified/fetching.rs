//! Certificates: which are good, and how often they are fetched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use rempart_core::{ManualClock, Reason, RequestBody};
use rempart_signature::Rejection;
use rempart_signature::certified::{
    CertificateFetcher, CertificateUrl, CertifiedLayer, FetchError, MAX_CERTIFICATE,
};
use rempart_signature::sns::{Sns, SnsMessage};
use rempart_testing::{Script, strict};
use tokio::sync::watch;
use tower::{Layer, Service, ServiceExt};

use super::sns::{builder, notification};
use super::{Always, CERTIFICATE, headers, send};
use crate::support::{NOW, post};

#[tokio::test]
async fn what_is_no_certificate_of_the_signer_proves_nothing() {
    let long = format!("{CERTIFICATE}{}", "\n".repeat(MAX_CERTIFICATE));
    let rows = [
        ("nothing", Always::nothing()),
        ("no PEM", Always::new("hello")),
        ("empty", Always::new("")),
        ("longer than one may be", Always::new(long)),
        ("a key of another kind", Always::new(include_str!("../../keys/ecdsa.crt.pem"))),
        ("a key without a certificate", Always::new(include_str!("../../keys/rsa.pub.pem"))),
    ];
    for (name, fetcher) in rows {
        let sns = builder(&fetcher).build().unwrap();
        let verdict = sns.verify(&notification(), NOW).await;
        assert_eq!(verdict.map(drop), Err(Rejection::KeysUnavailable), "{name}");
        // Not asked again at once, and then again.
        let soon = NOW + Duration::from_secs(29);
        assert!(sns.verify(&notification(), soon).await.is_err());
        assert_eq!(fetcher.asked(), 1, "{name}");
        assert!(sns.verify(&notification(), NOW + Duration::from_secs(30)).await.is_err());
        assert_eq!(fetcher.asked(), 2, "{name}");
    }
}

#[tokio::test]
async fn a_certificate_is_good_while_it_says_so() {
    let rows = [
        (include_str!("../../keys/expired.crt.pem"), Err(Rejection::Expired)),
        (include_str!("../../keys/early.crt.pem"), Err(Rejection::Expired)),
        // Its only second.
        (include_str!("../../keys/second.crt.pem"), Ok(())),
    ];
    for (certificate, want) in rows {
        let sns = builder(&Always::new(certificate)).build().unwrap();
        let within = NOW + Duration::from_millis(999);
        assert_eq!(sns.verify(&notification(), within).await.map(drop), want);
    }
}

#[tokio::test]
async fn one_fetch_serves_all_who_come_later() {
    let fetcher = Always::new(CERTIFICATE);
    let sns = builder(&fetcher).build().unwrap();
    for _ in 0..3 {
        assert!(sns.verify(&notification(), NOW).await.is_ok());
    }
    assert_eq!(fetcher.asked(), 1);
}

#[tokio::test]
async fn one_fetch_serves_all_who_wait_also_when_the_first_goes() {
    let (open, gate) = watch::channel(false);
    let asked = Arc::new(AtomicUsize::new(0));
    let sns = slow(&asked, gate);
    let wait = || {
        let sns = sns.clone();
        tokio::spawn(async move { sns.verify(&notification(), NOW).await.map(drop) })
    };
    let mut waiting: Vec<_> = (0..5).map(|_| wait()).collect();
    tokio::task::yield_now().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    waiting.remove(0).abort();
    open.send(true).unwrap();
    for one in waiting {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Waits for a gate to open, for every URL.
pub(super) fn gated(
    asked: &Arc<AtomicUsize>,
    gate: watch::Receiver<bool>,
) -> impl CertificateFetcher + use<> {
    let asked = Arc::clone(asked);
    move |_: CertificateUrl| {
        asked.fetch_add(1, Ordering::SeqCst);
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await?;
            Ok::<_, FetchError>(Bytes::from_static(CERTIFICATE.as_bytes()))
        }
    }
}

pub(super) fn slow(asked: &Arc<AtomicUsize>, gate: watch::Receiver<bool>) -> Sns {
    let topic = "arn:aws:sns:us-east-2:123456789012:orders";
    let sns = Sns::builder("test").topic(topic).fetcher(gated(asked, gate));
    sns.timer(ManualClock::at(NOW)).build().unwrap()
}

#[tokio::test]
async fn at_most_four_are_fetched_at_once() {
    let (_open, gate) = watch::channel(false);
    let asked = Arc::new(AtomicUsize::new(0));
    let sns = slow(&asked, gate);
    let named = |nth: usize| {
        let body = String::from_utf8(notification()).unwrap();
        body.replace("made-up.pem", &format!("{nth}.pem")).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = (0..6).map(named).collect();
    let mut cx = Context::from_waker(Waker::noop());
    let mut waiting = Vec::new();
    for (nth, body) in bodies.iter().enumerate() {
        let mut one = Box::pin(sns.verify(body, NOW));
        match one.as_mut().poll(&mut cx) {
            Poll::Pending => assert!(nth < 4),
            Poll::Ready(verdict) => {
                assert!(nth >= 4);
                assert_eq!(verdict.map(drop), Err(Rejection::KeysUnavailable));
            }
        }
        waiting.push(one);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    // One that nobody waits for any more makes room after a while.
    let later = NOW + Duration::from_secs(10);
    assert!(Box::pin(sns.verify(&bodies[5], later)).as_mut().poll(&mut cx).is_pending());
    assert_eq!(asked.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_certificate_that_does_not_come_is_waited_for_ten_seconds() {
    let (_open, gate) = watch::channel(false);
    let asked = Arc::default();
    let clock = ManualClock::at(NOW);
    let fetcher = move |_: CertificateUrl| {
        let mut gate = gate.clone();
        async move {
            gate.wait_for(|open| *open).await?;
            Ok::<_, FetchError>(Bytes::new())
        }
    };
    let topic = "arn:aws:sns:us-east-2:123456789012:orders";
    let sns = Sns::builder("test").topic(topic).fetcher(fetcher).timer(clock.clone());
    let layer = CertifiedLayer::new(sns.build().unwrap()).clock(clock.clone());
    let called: Arc<Mutex<usize>> = asked;
    let noted = Arc::clone(&called);
    let service = strict(move |_: http::Request<RequestBody<Script>>| {
        *noted.lock().unwrap() += 1;
        async { http::Response::new(http_body_util::Full::new(Bytes::new())) }
    });
    let mut service = layer.layer(service);
    let kind = headers(&[("x-amz-sns-message-type", "Notification")]);
    let request = post(kind, Script::new().data(notification()));
    let mut answer = Box::pin(service.ready().await.unwrap().call(request));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(answer.as_mut().poll(&mut cx).is_pending());
    clock.advance(Duration::from_millis(9_999));
    assert!(answer.as_mut().poll(&mut cx).is_pending());
    clock.advance(Duration::from_millis(1));
    let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else { panic!("still waits") };
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(*called.lock().unwrap(), 0);
}

#[tokio::test]
async fn whoever_cannot_be_verified_now_is_asked_to_come_again() {
    let sns = builder(&Always::nothing()).build().unwrap();
    let kind = headers(&[("x-amz-sns-message-type", "Notification")]);
    let script = Script::new().data(notification());
    let outcome = send::<SnsMessage>(CertifiedLayer::new(sns), kind, script).await;
    assert_eq!(outcome.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(outcome.headers["retry-after"], "5");
    assert_eq!(outcome.reasons, [Some(Reason::KeysUnavailable)]);
}

#[tokio::test]
async fn a_message_is_posted() {
    let fetcher = Always::new(CERTIFICATE);
    let layer = CertifiedLayer::new(builder(&fetcher).build().unwrap()).observer(());
    let answer = |_: http::Request<RequestBody<Script>>| async {
        http::Response::new(http_body_util::Full::<Bytes>::default())
    };
    let kind = headers(&[("x-amz-sns-message-type", "Notification")]);
    let mut request = post(kind, Script::new().data(notification()));
    *request.method_mut() = http::Method::PUT;
    let polls = request.body().polls();
    let response = layer.layer(strict(answer)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!((polls.load(Ordering::SeqCst), fetcher.asked()), (0, 0));
}
