//! A sender that could not sign is not built, and prints no secret.

use std::time::Duration;

use http::{HeaderName, Request};
use rempart_core::{Live, ManualClock, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{ConfigError, Scheme, SignLayer, SignPolicy, SignRequestError};
use rempart_testing::{Script, Step, canary, strict};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use super::{builder, policy, post, send};
use crate::support::{BODY, NOW, SECRET, id, key, ring};

const URI: &str = "https://api.example.test/hooks";

fn faults(built: Result<SignPolicy, rempart_signature::ConfigErrors>) -> Vec<ConfigError> {
    built.unwrap_err().iter().cloned().collect()
}

#[test]
fn every_fault_is_told_at_once() {
    let built = SignPolicy::builder().body_limit(0).read_deadline(Duration::ZERO).build();
    let wanted = [
        ConfigError::SchemeMissing,
        ConfigError::NoSigningKey,
        ConfigError::BodyLimitZero,
        ConfigError::DeadlineZero,
        ConfigError::DeadlineWithoutTimer,
    ];
    assert_eq!(faults(built), wanted);

    let clock = ManualClock::at(NOW);
    let broken = Scheme::github().with_id(HeaderName::from_static("x-hub-signature-256"));
    let header = HeaderName::from_static("x-hub-signature-256");
    let built = builder(broken, &clock).build();
    assert_eq!(faults(built), [ConfigError::HeaderReused { header }]);

    let short = || KeyRing::single(id("a"), Secret::new("short").unwrap());
    let too_short = ConfigError::SecretTooShort { key: id("a"), length: 5, minimum: 16 };
    let built = builder(Scheme::github(), &clock).keys(short());
    assert_eq!(faults(built.clone().build()), std::slice::from_ref(&too_short));
    assert!(built.dangerously_short_secrets().build().is_ok());
    let built = policy(Scheme::github()).with_keys(short()).map(drop);
    assert!(built.unwrap_err().iter().eq([&too_short]));

    let text = KeyRing::single(id("a"), Secret::new("not/Base64!").unwrap());
    let built = builder(Scheme::svix(), &clock).keys(text).build();
    assert_eq!(faults(built), [ConfigError::SecretForm { key: id("a") }]);
}

#[tokio::test]
async fn without_an_active_key_nothing_is_sent() {
    let clock = ManualClock::at(NOW);
    let revoked = ring().revoke_all().add(key("next", "made-up-secret-of-the-next-one")).unwrap();
    let built = builder(Scheme::github(), &clock).keys(revoked.clone()).build();
    assert_eq!(faults(built), [ConfigError::NoSigningKey]);
    // In an incident a ring may come to that.
    let policy = policy(Scheme::github()).with_keys(revoked.clone()).unwrap();
    assert_eq!(policy.key_id(), None);
    let error = send(policy.clone(), post(URI, Script::new().data(BODY))).await.unwrap_err();
    assert!(matches!(error, SignRequestError::NoSigningKey), "{error}");
    let policy = policy.with_keys(revoked.promote(id("next"), NOW).unwrap()).unwrap();
    assert_eq!(policy.key_id(), Some(id("next")));
    assert!(send(policy, post(URI, Script::new().data(BODY))).await.is_ok());
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let clock = ManualClock::at(NOW);
    let silent = |value: &dyn std::fmt::Debug| {
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            canary::assert_absent(&text, SECRET);
            canary::assert_absent(&text, BODY);
        }
    };
    let unbuilt = builder(Scheme::github(), &clock);
    silent(&unbuilt);
    let policy = unbuilt.build().unwrap();
    silent(&policy);
    assert!(format!("{policy:?}").contains("current"));
    let layer = SignLayer::new(Live::new(policy));
    silent(&layer);
    let mut client = layer.layer(strict(|_: Request<RequestBody<Script>>| async {}));

    let body = Script::new().data(BODY).then(Step::Pending);
    let mut future = Box::pin(client.ready().await.unwrap().call(post(URI, body)));
    silent(&future);
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    silent(&future);
    future.await.unwrap();
}

#[tokio::test]
async fn calls_the_client_that_was_polled_ready() {
    let layer = SignLayer::new(policy(Scheme::github()));
    let client = strict(|_: Request<RequestBody<Script>>| async {});
    let mut client = layer.layer(ConcurrencyLimit::new(client, 1));
    for _ in 0..3 {
        let body = Script::new().then(Step::Pending).data(BODY);
        client.ready().await.unwrap().call(post(URI, body)).await.unwrap();
        // Not signed, or dropped: the permit is free again.
        let body = Script::new().then(Step::Cut);
        client.ready().await.unwrap().call(post(URI, body)).await.unwrap_err();
        let body = Script::new().then(Step::Stall);
        drop(client.ready().await.unwrap().call(post(URI, body)));
    }
}

#[tokio::test]
async fn errors_of_the_client_stay_what_they_are() {
    let client = tower::service_fn(|_: Request<RequestBody<Script>>| async {
        Err::<(), _>(std::io::Error::other("own"))
    });
    let client = SignLayer::new(policy(Scheme::github())).layer(client);
    let error = client.oneshot(post(URI, Script::new())).await.unwrap_err();
    assert_eq!(error.downcast::<std::io::Error>().unwrap().to_string(), "own");
}

#[test]
fn is_small_and_shared() {
    fn size<T: Clone + Send + Sync>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<SignLayer>(), size_of::<usize>());
    assert_eq!(size::<rempart_signature::Sign<()>>(), size_of::<usize>());
    assert_eq!(size::<SignPolicy>(), size_of::<usize>());
}
