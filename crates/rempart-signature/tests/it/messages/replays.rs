//! Messages that come twice.

use std::time::Duration;

use http::StatusCode;
use rempart_core::{ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Algorithm, ConfigError, MemoryReplayStore, MessageSignatures, Policy};

use super::{ALL, PLAIN, Sent, building, good, wanted};
use crate::support::{NOW, OTHER_SECRET, id, key, ring};

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

const NEW: &str = r#"created=1700000000;keyid="next";alg="hmac-sha256""#;

/// Signed with the key that goes and with the one that comes.
fn twice(parameters: &str) -> Sent {
    good().by(OTHER_SECRET).signed("new", &ALL, parameters)
}

/// The same with these signatures of it, and under these labels.
fn stripped(sent: &Sent, kept: &[(usize, &str)]) -> Sent {
    let mut sent = sent.clone();
    let renamed =
        |field: &String, label: &str| format!("{label}={}", field.split_once('=').unwrap().1);
    let pick = |fields: &[String]| -> Vec<String> {
        kept.iter().map(|(nth, label)| renamed(&fields[*nth], label)).collect()
    };
    (sent.inputs, sent.signatures) = (pick(&sent.inputs), pick(&sent.signatures));
    sent
}

fn rotating(wanted: MessageSignatures) -> Policy {
    let store = MemoryReplayStore::default().clock(ManualClock::at(NOW));
    let ring = ring().add(key("next", OTHER_SECRET)).unwrap();
    building(wanted).keys(ring).replay(store).build().unwrap()
}

/// Labels and the order of signatures are not signed: whoever carries a message changes both, and
/// takes away what is too much.
#[tokio::test]
async fn a_message_that_two_keys_signed_is_one_message() {
    let policy = rotating(wanted());
    let sent = twice(NEW);
    assert!(is_handled(&policy, &sent).await);
    for kept in [&[(0, "sig")][..], &[(1, "new")], &[(1, "sig"), (0, "new")], &[(1, "a")]] {
        assert!(!is_handled(&policy, &stripped(&sent, kept)).await, "{kept:?}");
    }
    // When the second signature ends, and what else it says of itself, makes no other one of it.
    let ending = format!("{NEW};expires=1700000100;x=1");
    assert!(!is_handled(&policy, &stripped(&twice(&ending), &[(1, "new")])).await);
}

#[tokio::test]
async fn two_messages_in_one_are_refused() {
    let label = || wanted().with_label("sig");
    let nonce = format!("{NEW};nonce=\"n\"");
    let later = NEW.replace("1700000000", "1700000001");
    let content = [ALL[0], ALL[1], ALL[2], "content-type"];
    let wider = good().by(OTHER_SECRET).signed("new", &content, NEW);
    for sent in [twice(&nonce), twice(&later), wider] {
        for policy in [rotating(wanted()), rotating(label())] {
            let outcome = sent.send(&policy).await;
            assert_eq!(outcome.reason(), Some(Reason::Duplicated));
            assert!(outcome.handled.is_none());
            // Each for itself is a message, and one that is not good is none.
            assert!(is_handled(&policy, &stripped(&sent, &[(1, "sig")])).await);
            let mut bad = stripped(&sent, &[(0, "sig"), (1, "new")]);
            bad.signatures[1] =
                good().by("a-secret-of-nobody-at-all").signed("new", &ALL, NEW).signatures[1]
                    .replace("sig=", "new=");
            assert!(is_handled(&policy, &bad).await);
        }
        // Where nothing is remembered the first good one counts.
        let ring = ring().add(key("next", OTHER_SECRET)).unwrap();
        let forgetful = building(wanted()).keys(ring).build().unwrap();
        assert_eq!(sent.send(&forgetful).await.status, StatusCode::OK);
    }
    // Of another label alone there is still nothing to take.
    let other = good().send(&rotating(wanted().with_label("other"))).await;
    assert_eq!(other.reason(), Some(Reason::Missing));
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
