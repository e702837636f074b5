//! What is refused by its head alone, of messages and of tokens.

use std::time::Duration;

use http::{HeaderMap, Request};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, BodyToken, Message, MessageSignatures, MessageSigner, Policy, PolicyBuilder, Scheme,
    SignatureLayer,
};
use rempart_testing::{Capture, Script, strict};
use tower::{Layer, ServiceExt};

use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, id, key, post, signed};

const URL: &str = "https://api.example.test/hooks?a=1";

fn message(secret: &str, at: Duration) -> HeaderMap {
    let secret = Secret::new(secret).unwrap();
    let signer = MessageSigner::new("old", Algorithm::HmacSha256, &secret).unwrap();
    let mut request = Request::post(URL).body(()).unwrap();
    signer.sign_request(&mut request, BODY, at).unwrap();
    request.into_parts().0.headers
}

fn token(secret: &str) -> HeaderMap {
    let key = key("old", secret);
    BodyToken::vonage().sign(&key, &Message::new(BODY, NOW)).unwrap()
}

/// The line that a layer says of a request, if it says one.
fn told(policy: PolicyBuilder, headers: HeaderMap) -> String {
    let clock = ManualClock::at(NOW);
    let revoked = KeyRing::single(id("old"), Secret::new(OTHER_SECRET).unwrap());
    let revoked = revoked.add(key("new", SECRET)).unwrap().revoke(id("old")).unwrap();
    let policy: Policy = policy.keys(revoked).timer(clock.clone()).build().unwrap();
    let layer = SignatureLayer::new(policy).clock(clock).observer(()).dangerously_explain();
    let answer = |_: Request<RequestBody<Script>>| async {
        http::Response::new(Full::<bytes::Bytes>::default())
    };
    let capture = Capture::default();
    let service = capture.within(|| layer.layer(strict(answer)));
    let call = service.oneshot(post(headers, Script::new().data(BODY)));
    let mut call = Box::pin(call);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(capture.within(|| call.as_mut().poll(&mut cx)).is_ready());
    capture.text()
}

#[test]
fn messages_and_tokens_are_explained_by_their_head() {
    let messages = || {
        let wanted = MessageSignatures::new(Algorithm::HmacSha256);
        let policy = Policy::builder("test").message_signatures(wanted);
        policy.public_url("https://api.example.test".parse().unwrap())
    };
    let tokens = || Policy::builder("test").body_token(BodyToken::vonage());
    let late = NOW.checked_sub(Duration::from_secs(301)).unwrap();
    #[rustfmt::skip]
    let rows = [
        ("no message",       messages(), HeaderMap::new(),              "there is no header with a signature"),
        ("a scheme's",       messages(), signed(&Scheme::stripe(), BODY), "another scheme: stripe"),
        ("a late one",       messages(), message(OTHER_SECRET, late),   "301"),
        ("a revoked key's",  messages(), message(OTHER_SECRET, NOW),    "old"),
        ("nobody's",         messages(), message("of-nobody-at-all-here", NOW), "explained"),
        ("no token",         tokens(),   HeaderMap::new(),              "there is no header with a signature"),
        ("a revoked token",  tokens(),   token(OTHER_SECRET),           "old"),
    ];
    for (row, policy, headers, want) in rows {
        let text = told(policy, headers);
        let line = text.lines().find(|line| line.contains("signature.explained"));
        assert!(line.is_some_and(|line| line.contains(want)), "{row}: {text}");
    }
}
