//! Messages that come twice.

use std::time::Duration;

use http::StatusCode;
use rempart_core::{ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Algorithm, ConfigError, MemoryReplayStore, Policy};

use super::{ALL, PLAIN, Sent, building, good, wanted};
use crate::support::{NOW, OTHER_SECRET, id};

fn policy() -> Policy {
    let theirs = KeyRing::single(id("theirs"), Secret::new(OTHER_SECRET).unwrap());
    let wanted = wanted().with_sender("theirs", Algorithm::HmacSha256, theirs);
    let store = MemoryReplayStore::default().clock(ManualClock::at(NOW));
    building(wanted).replay(store).build().unwrap()
}

/// Whether a message is handled; one that came before is answered without the handler.
async fn is_handled(policy: &Policy, sent: &Sent) -> bool {
    let outcome = sent.send(policy).await;
    assert_eq!(outcome.status, StatusCode::OK);
    let replayed = outcome.told.iter().any(|told| told.reason == Some(Reason::Replayed));
    assert_eq!(outcome.handled.is_none(), replayed);
    !replayed
}

#[tokio::test]
async fn a_message_is_handled_once() {
    let policy = policy();
    assert!(is_handled(&policy, &good()).await);
    assert!(!is_handled(&policy, &good()).await);
    // Another label, or a header that nobody signed, makes no other message.
    assert!(!is_handled(&policy, &Sent::new().signed("again", &ALL, PLAIN)).await);
    assert!(!is_handled(&policy, &good().header("x-attempt", "2")).await);
    // What was signed anew is another one.
    let later = PLAIN.replace("1700000000", "1700000001");
    assert!(is_handled(&policy, &Sent::new().signed("sig", &ALL, &later)).await);
}

#[tokio::test]
async fn a_nonce_is_good_once_for_its_sender() {
    let policy = policy();
    let at = |created: u64| format!("created={created};keyid=\"current\";nonce=\"n\"");
    let sent = |created| Sent::new().signed("sig", &ALL, &at(created));
    assert!(is_handled(&policy, &sent(1_700_000_000)).await);
    assert!(!is_handled(&policy, &sent(1_700_000_001)).await);
    // Another sender's nonce is another, whatever it is called.
    let theirs = at(1_700_000_000).replace("current", "theirs");
    let theirs = Sent::new().by(OTHER_SECRET).signed("sig", &ALL, &theirs);
    assert!(is_handled(&policy, &theirs).await);
    assert!(!is_handled(&policy, &theirs).await);
}

#[test]
fn it_is_remembered_for_twice_the_window_or_longer() {
    let ttl = |seconds| {
        let store = MemoryReplayStore::default();
        let builder = building(wanted()).replay(store).replay_ttl(Duration::from_secs(seconds));
        builder.build().err().map(|faults| faults.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(ttl(360), None);
    let (ttl_given, least) = (Duration::from_secs(359), Duration::from_secs(360));
    assert_eq!(ttl(359), Some(vec![ConfigError::ReplayTtlTooShort { ttl: ttl_given, least }]));
}
