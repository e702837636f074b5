//! HTTP messages, signed as RFC 9421 says, between two services.

use http::StatusCode;
use rempart_core::{Live, ManualClock};
use rempart_keys::KeyRing;
use rempart_signature::{
    Algorithm, ConfigError, MessageSignatures, MessageSigner, Policy, Scheme, SignPolicy,
};
use rempart_testing::{Script, canary};
use tower::ServiceExt;

use super::round_trip::{client, message, start};
use super::{policy, post, send};
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, id, key};

fn signer(name: &str, secret: &str) -> MessageSigner {
    MessageSigner::new(name, Algorithm::HmacSha256, key(name, secret).secret()).unwrap()
}

fn sender(signer: MessageSigner) -> SignPolicy {
    let policy = SignPolicy::builder().message_signer(signer);
    policy.dangerously_without_read_deadline().build().unwrap()
}

#[tokio::test]
async fn what_one_service_sends_the_other_takes_and_keys_turn() {
    let clock = ManualClock::at(NOW);
    let ring = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    let ring = ring.add(key("new", OTHER_SECRET)).unwrap();
    let receiver = |address| {
        let url = format!("http://{address}").parse().unwrap();
        let policy = Policy::builder("receiver")
            .message_signatures(MessageSignatures::new(Algorithm::HmacSha256))
            .keys(ring)
            .public_url(url)
            .timer(clock.clone());
        policy.build().unwrap().into()
    };
    let address = start(receiver, &clock).await;
    let sender = Live::new(sender(signer("old", SECRET)));
    let client = client(sender.clone(), &clock);
    let signed_by = || async {
        let response = client.clone().oneshot(message(address, "{}")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.headers()["x-key"].to_str().unwrap().to_owned()
    };
    assert_eq!(signed_by().await, "old");
    sender.store(sender.load().with_message_signer(signer("new", OTHER_SECRET)));
    assert_eq!(signed_by().await, "new");
    sender.store(sender.load().with_message_signer(signer("new", SECRET)));
    let response = client.clone().oneshot(message(address, "{}")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_message_has_a_nonce_of_its_own_and_prints_no_signature() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..10 {
        let request = post("https://api.example.test/hooks", Script::new().data(BODY));
        let sent = send(sender(signer("a", SECRET)), request).await.unwrap();
        let input = sent.headers()["signature-input"].to_str().unwrap();
        let (_, nonce) = input.split_once(";nonce=\"").unwrap();
        assert!(seen.insert(nonce.get(..32).unwrap().to_owned()));
        assert!(sent.headers().contains_key("content-digest"));
        let signature = &sent.headers()["signature"];
        assert!(signature.is_sensitive());
        canary::assert_absent(format!("{:?}", sent.headers()), signature.as_bytes());
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_signed_is_not_sent() {
    let request = post("/a/path/alone", Script::new().data(BODY));
    let error = send(sender(signer("a", SECRET)), request).await.unwrap_err();
    assert!(matches!(error, rempart_signature::SignRequestError::Message(_)), "{error}");
    // A receiver that is known by another name.
    let known = SignPolicy::builder().message_signer(signer("a", SECRET));
    let known = known.public_url("https://public.example.test".parse().unwrap());
    let known = known.dangerously_without_read_deadline().build().unwrap();
    canary::assert_absent(format!("{known:?}"), SECRET);
    let request = post("/a/path/alone", Script::new().data(BODY));
    assert!(send(known, request).await.is_ok());
}

#[test]
fn signs_by_a_scheme_or_as_messages() {
    let both = SignPolicy::builder().scheme(Scheme::github()).message_signer(signer("a", SECRET));
    let both = both.dangerously_without_read_deadline().build().unwrap_err();
    assert!(both.iter().any(|fault| *fault == ConfigError::SeveralSchemes));
    let of_messages = sender(signer("a", SECRET));
    assert_eq!(of_messages.key_id(), None);
    let turned = of_messages.with_keys(crate::support::ring()).unwrap_err();
    assert!(turned.iter().eq([&ConfigError::SchemeMissing]));
    assert!(policy(Scheme::github()).with_message_signer(signer("a", SECRET)).key_id().is_none());
}
