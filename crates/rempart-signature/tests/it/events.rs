//! What observers are told, and what a log holds.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use rempart_core::{
    Clock, EventKind, ManualClock, Outcome, Reason, Refused, RequestBody, TracingObserver,
};
use rempart_signature::{Rejection, Scheme, SignatureLayer};
use rempart_testing::{Capture, Script, Step, canary, strict};
use tower::{Layer, Service, ServiceExt};

use crate::support::{
    BODY, NOW, Recorder, SECRET, builder, header, id, layer, post, send_github, signed,
};

#[tokio::test]
async fn an_accepted_request_is_one_event_with_its_key() {
    let outcome = send_github(signed(&Scheme::github(), BODY), Script::new().data(BODY)).await;
    let [told] = outcome.told[..] else { panic!("{:?}", outcome.told) };
    assert_eq!((told.kind, told.outcome), (EventKind::Signature, Outcome::Allowed));
    assert_eq!((told.reason, told.key), (None, Some(id("current"))));
    assert_eq!(told.elapsed, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_refused_request_is_one_event_with_its_reason_and_no_key() {
    let headers = [header("x-hub-signature-256", "sha256=00")].into_iter().collect();
    let outcome = send_github(headers, Script::new()).await;
    let [told] = outcome.told[..] else { panic!("{:?}", outcome.told) };
    assert_eq!((told.kind, told.outcome), (EventKind::Signature, Outcome::Refused));
    assert_eq!((told.reason, told.key), (Some(Reason::Malformed), None));
    assert_eq!(told.elapsed, Some(Duration::ZERO));
}

#[tokio::test]
async fn the_exact_reason_is_in_the_extensions_for_layers_outside() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::github(), &clock).build().unwrap();
    let (layer, _) = layer(policy, &clock);
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let service = layer.layer(strict(answer));
    let response = service.oneshot(post(HeaderMap::new(), Script::new())).await.unwrap();
    let refused = response.extensions().get::<Refused>().unwrap();
    assert_eq!((refused.kind, refused.reason), (EventKind::Signature, Reason::Missing));
    assert_eq!(refused.policy.as_str(), "test");
}

#[tokio::test]
async fn elapsed_measures_the_work_and_not_the_wait() {
    // Each reading of this clock is a microsecond after the one before.
    #[derive(Clone)]
    struct Ticking(ManualClock);
    impl Clock for Ticking {
        fn ticks(&self) -> u64 {
            self.0.advance(Duration::from_micros(1));
            self.0.ticks()
        }
        fn unix(&self) -> Duration {
            self.0.unix()
        }
    }
    let clock = ManualClock::at(NOW);
    let recorder = Recorder::default();
    let policy = builder(Scheme::github(), &clock).build().unwrap();
    let layer =
        SignatureLayer::new(policy).clock(Ticking(clock.clone())).observer(recorder.clone());
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let mut service = layer.layer(strict(answer));
    let script = Script::new().then(Step::Pending).data(BODY);
    let request = post(signed(&Scheme::github(), BODY), script);
    let mut future = Box::pin(service.ready().await.unwrap().call(request));
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    clock.advance(Duration::from_secs(9));
    future.await.unwrap();
    // From the call to the wait, and from there to the decision.
    assert_eq!(recorder.told()[0].elapsed, Some(Duration::from_micros(2)));
}

#[test]
fn a_log_holds_no_secret_signature_or_body() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::github(), &clock).build().unwrap();
    let layer = SignatureLayer::new(policy).clock(clock).observer(TracingObserver);
    let headers = signed(&Scheme::github(), BODY);
    let signature = headers["x-hub-signature-256"].to_str().unwrap().to_owned();
    let mut wrong = headers.clone();
    let last = if signature.ends_with('0') { "1" } else { "0" };
    let (name, value) =
        header("x-hub-signature-256", &format!("{}{last}", &signature[..signature.len() - 1]));
    wrong.insert(name, value);
    let capture = Capture::default();
    capture.within(|| {
        for headers in [headers, wrong] {
            let answer =
                |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
            let mut service = layer.layer(strict(answer));
            let request = post(headers, Script::new().data(BODY));
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(service.poll_ready(&mut cx).is_ready());
            assert!(Box::pin(service.call(request)).as_mut().poll(&mut cx).is_ready());
        }
    });
    let text = capture.text();
    assert!(text.contains("signature.verified") && text.contains("signature.rejected"), "{text}");
    assert!(text.contains("mismatch") && text.contains("current"), "{text}");
    for canary in [SECRET.as_bytes(), BODY, &signature.as_bytes()[7..]] {
        canary::assert_absent(&text, canary);
    }
}

#[test]
fn every_rejection_has_a_reason_of_its_own_and_one_public_face_a_status() {
    for (nth, rejection) in Rejection::ALL.iter().enumerate() {
        for other in &Rejection::ALL[..nth] {
            assert_ne!(rejection.reason(), other.reason());
            let same_status = rejection.status() == other.status();
            assert_eq!(rejection.problem().json() == other.problem().json(), same_status);
        }
        assert_eq!(rejection.to_string(), rejection.reason().as_str());
        assert_eq!(rejection.problem().status(), rejection.status());
    }
}
