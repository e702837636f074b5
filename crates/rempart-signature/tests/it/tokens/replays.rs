//! Tokens that come twice.

use std::time::Duration;

use http::StatusCode;
use rempart_core::{ManualClock, Reason};
use rempart_signature::{BodyToken, ConfigError, MemoryReplayStore, Policy};

use super::building;
use super::by_hand::{HEADER, bearer, claims_of, hex, send_body, token};
use crate::support::{BODY, NOW};

fn store() -> MemoryReplayStore {
    MemoryReplayStore::default().clock(ManualClock::at(NOW))
}

/// Whether a request is handled; one that came before is answered without the handler.
async fn is_handled(policy: &Policy, token: &str, body: &[u8]) -> bool {
    let outcome = send_body(policy, bearer(token), body).await;
    assert_eq!(outcome.status, StatusCode::OK);
    let replayed = outcome.told.iter().any(|told| told.reason == Some(Reason::Replayed));
    assert_eq!(outcome.handled.is_none(), replayed);
    !replayed
}

#[tokio::test]
async fn an_id_is_good_once() {
    let policy = building(BodyToken::vonage()).replay(store()).build().unwrap();
    let of = |body: &[u8], change: (&str, &str)| {
        token(HEADER, &claims_of(body).replace(change.0, change.1))
    };
    assert!(is_handled(&policy, &of(BODY, ("", "")), BODY).await);
    assert!(!is_handled(&policy, &of(BODY, ("", "")), BODY).await);
    // Its sender's next attempt, and another body under the same id.
    assert!(!is_handled(&policy, &of(BODY, ("1700000000", "1700000009")), BODY).await);
    assert!(!is_handled(&policy, &of(b"another", ("", "")), b"another").await);
    assert!(is_handled(&policy, &of(BODY, ("made-up-1", "made-up-2")), BODY).await);
}

#[tokio::test]
async fn without_an_id_what_was_signed_is_good_once() {
    let policy = building(BodyToken::vonage()).replay(store()).build().unwrap();
    let of = |iat: u64, header: &str| {
        token(header, &format!(r#"{{"iat":{iat},"payload_hash":"{}"}}"#, hex(BODY)))
    };
    assert!(is_handled(&policy, &of(1_700_000_000, HEADER), BODY).await);
    assert!(!is_handled(&policy, &of(1_700_000_000, HEADER), BODY).await);
    assert!(is_handled(&policy, &of(1_700_000_001, HEADER), BODY).await);
}

#[test]
fn it_is_remembered_for_as_long_as_a_token_is_good() {
    let built = |token: BodyToken| {
        let policy = building(token).replay(store()).build();
        policy.map(|policy| policy.replay_ttl()).map_err(|faults| faults.into_iter().collect())
    };
    let ten_minutes = Ok(Some(Duration::from_secs(600)));
    assert_eq!(built(BodyToken::vonage()), ten_minutes);
    assert_eq!(built(BodyToken::livekit("a")), ten_minutes);
    // A token without a time is good as long as its key.
    assert_eq!(built(BodyToken::netlify()), Err(vec![ConfigError::ReplayTtlMissing]));
}
