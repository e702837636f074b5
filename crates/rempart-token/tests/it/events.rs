//! What observers are told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use rempart_core::{Event, EventKind, KeyId, ManualClock, Observer, Outcome, Reason};
use rempart_testing::{Capture, canary, strict};
use rempart_token::TokenLayer;
use tower::{Layer, ServiceExt};

use crate::support::*;

type Row = (EventKind, Outcome, Option<Reason>, Option<KeyId>, Option<Duration>);

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Row>>>);

impl Observer for Seen {
    fn observe(&self, event: &Event<'_>) {
        assert_eq!(event.policy.as_str(), "api");
        let seen = (event.kind, event.outcome, event.reason, event.key, event.elapsed);
        self.0.lock().unwrap().push(seen);
    }
}

async fn ask(layer: TokenLayer, token: &str) {
    let mut request = Request::new(());
    *request.headers_mut() = headers(token);
    let answer = |_: Request<()>| async { Response::new(()) };
    layer.layer(strict(answer)).oneshot(request).await.unwrap();
}

#[tokio::test]
async fn each_decision_is_one_event() {
    let seen = Seen::default();
    let layer = TokenLayer::new(policy()).clock(ManualClock::at(NOW)).observer(seen.clone());
    ask(layer.clone(), &good()).await;
    ask(layer.clone(), &token_by(OTHER_SECRET, HEAD, CLAIMS)).await;
    ask(layer, &with_claims(r#"{"exp":1}"#)).await;
    let (token, zero) = (EventKind::Token, Some(Duration::ZERO));
    let expected = [
        (token, Outcome::Allowed, None, Some(id("k1")), zero),
        (token, Outcome::Refused, Some(Reason::Mismatch), None, zero),
        (token, Outcome::Refused, Some(Reason::Expired), None, zero),
    ];
    assert_eq!(*seen.0.lock().unwrap(), expected);
}

/// What the holder of a revoked key makes, or of a token of its time.
#[tokio::test]
async fn the_use_of_a_revoked_key_is_told_beside_the_refusal() {
    let revoked = lenient().with_keys(ring().revoke_all()).unwrap();
    let destroyed = lenient().with_keys(ring().revoke_all().destroy(id("k1")).unwrap()).unwrap();
    let unnamed = |secret| token_by(secret, r#"{"alg":"HS256"}"#, CLAIMS);
    let used = (EventKind::KeyRevokedUse, Some(Reason::RevokedKey), Some(id("k1")));
    let refused = |reason, key| (EventKind::Token, Some(reason), key);
    let rows = [
        ("named", &revoked, good(), vec![refused(Reason::RevokedKey, Some(id("k1"))), used]),
        (
            "unnamed",
            &revoked,
            unnamed(SECRET),
            vec![refused(Reason::RevokedKey, Some(id("k1"))), used],
        ),
        (
            "over by its own word",
            &revoked,
            with_claims(r#"{"exp":1}"#),
            vec![refused(Reason::RevokedKey, None)],
        ),
        (
            "its name, and a stranger's tag",
            &revoked,
            token_by(OTHER_SECRET, HEAD, CLAIMS),
            vec![refused(Reason::RevokedKey, None)],
        ),
        ("a stranger's", &revoked, unnamed(OTHER_SECRET), vec![refused(Reason::UnknownKey, None)]),
        ("destroyed", &destroyed, good(), vec![refused(Reason::RevokedKey, None)]),
    ];
    for (why, policy, token, wanted) in rows {
        let seen = Seen::default();
        let layer = TokenLayer::new(policy.clone()).clock(ManualClock::at(NOW));
        ask(layer.observer(seen.clone()), &token).await;
        let told = seen.0.lock().unwrap().clone();
        let told: Vec<_> =
            told.into_iter().map(|(kind, _, why, key, _)| (kind, why, key)).collect();
        assert_eq!(told, wanted, "{why}");
    }
}

#[tokio::test]
async fn the_log_names_the_reason_and_holds_no_token() {
    let capture = Capture::default();
    let layer = TokenLayer::new(policy()).clock(ManualClock::at(NOW));
    let bad = token_by(OTHER_SECRET, HEAD, CLAIMS);
    let head = r#"{"alg":"HS256","kid":"\r\nforged: line"}"#;
    let forged = token(head, CLAIMS);
    let runtime = std::thread::spawn({
        let (capture, bad) = (capture.clone(), bad.clone());
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            capture.within(|| {
                runtime.block_on(async {
                    ask(layer.clone(), &good()).await;
                    ask(layer.clone(), &bad).await;
                    ask(layer, &forged).await;
                });
            });
        }
    });
    runtime.join().unwrap();
    let text = capture.text();
    assert!(text.contains("auth.succeeded") && text.contains("auth.failed"), "{text}");
    assert!(text.contains("mismatch") && text.contains("unknown_key"), "{text}");
    for canary in [SECRET, OTHER_SECRET, &good(), &bad, "forged: line", "ada"] {
        canary::assert_absent(&text, canary);
    }
}
