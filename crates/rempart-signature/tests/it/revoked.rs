//! A key that was revoked: what it signed stays refused, and somebody is told.

use std::time::Duration;

use http::StatusCode;
use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use rempart_keys::KeyRing;
use rempart_signature::{Policy, Scheme};
use rempart_testing::Script;

use crate::support::{
    BODY, NOW, OTHER_SECRET, Outcomes, SECRET, builder, id, key, post, send, signed_with,
};

/// A ring of a live key, with an older one in some state.
fn rotated(old: impl FnOnce(&KeyRing) -> KeyRing) -> KeyRing {
    let ring = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    let until = NOW + Duration::from_secs(9);
    old(&ring.add(key("new", OTHER_SECRET)).unwrap().promote(id("new"), until).unwrap())
}

fn revoked(ring: &KeyRing) -> KeyRing {
    ring.revoke(id("old")).unwrap()
}

fn policy(ring: KeyRing) -> Policy {
    builder(Scheme::vapi(), &ManualClock::at(NOW)).keys(ring).build().unwrap()
}

async fn sent(policy: &Policy, secret: &str, body: &[u8]) -> Outcomes {
    let headers = signed_with(&Scheme::vapi(), secret, body);
    send(policy.clone(), post(headers, Script::new().data(body.to_vec()))).await
}

fn kinds(outcome: &Outcomes) -> Vec<EventKind> {
    outcome.told.iter().map(|told| told.kind).collect()
}

#[tokio::test]
async fn its_use_is_told_with_its_name_and_answered_like_any_forgery() {
    let policy = policy(rotated(revoked));
    let used = sent(&policy, SECRET, BODY).await;
    let forged = sent(&policy, "a-made-up-secret-that-nobody-had", BODY).await;

    assert_eq!(kinds(&used), [EventKind::Signature, EventKind::KeyRevokedUse]);
    for told in &used.told {
        assert_eq!(told.outcome, Outcome::Refused);
        assert_eq!((told.reason, told.key), (Some(Reason::RevokedKey), Some(id("old"))));
    }
    assert_eq!(forged.reason(), Some(Reason::Mismatch));
    assert_eq!(forged.told[0].key, None);

    assert_eq!(used.status, StatusCode::UNAUTHORIZED);
    assert_eq!((used.headers, used.body), (forged.headers, forged.body));
    assert!(used.handled.is_none());
}

#[tokio::test]
async fn it_is_told_of_as_long_as_its_bytes_are_kept() {
    type Change = fn(&KeyRing) -> KeyRing;
    let rows: [(&str, Change, &[EventKind]); 4] = [
        ("retiring", KeyRing::clone, &[EventKind::Signature]),
        ("revoked", revoked, &[EventKind::Signature, EventKind::KeyRevokedUse]),
        ("all revoked", KeyRing::revoke_all, &[EventKind::Signature, EventKind::KeyRevokedUse]),
        ("destroyed", |ring| revoked(ring).destroy(id("old")).unwrap(), &[EventKind::Signature]),
    ];
    let first = policy(rotated(KeyRing::clone));
    for (why, change, wanted) in rows {
        // Built so, or followed until it was so.
        let followed = first.with_keys(rotated(change)).unwrap();
        assert_eq!(kinds(&sent(&followed, SECRET, BODY).await), wanted, "{why}");
    }
}

#[tokio::test]
async fn a_live_key_is_not_troubled_by_a_revoked_one() {
    let outcome = sent(&policy(rotated(revoked)), OTHER_SECRET, BODY).await;
    assert_eq!(outcome.verified().key(), id("new"));
    assert_eq!(outcome.told.len(), 1);
}

#[tokio::test]
async fn the_same_body_is_recognised_in_however_many_pieces_it_comes() {
    let headers = signed_with(&Scheme::vapi(), SECRET, BODY);
    let (head, tail) = BODY.split_at(7);
    let script = Script::new().data(head).data(tail);
    let outcome = send(policy(rotated(revoked)), post(headers, script)).await;
    assert_eq!(kinds(&outcome), [EventKind::Signature, EventKind::KeyRevokedUse]);
}

#[tokio::test]
async fn bodies_past_64_kib_are_not_hashed_for_it() {
    let policy = policy(rotated(revoked));
    for (length, told) in [(64 * 1024, 2), (64 * 1024 + 1, 1)] {
        let outcome = sent(&policy, SECRET, &vec![b' '; length]).await;
        assert_eq!(outcome.told.len(), told, "{length}");
    }
}

#[tokio::test]
async fn a_request_refused_for_another_reason_is_not_looked_at() {
    let headers = signed_with(&Scheme::vapi(), SECRET, BODY);
    let ring = rotated(revoked);
    let small = builder(Scheme::vapi(), &ManualClock::at(NOW)).keys(ring).body_limit(4);
    let outcome = send(small.build().unwrap(), post(headers, Script::new().data(BODY))).await;
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
}
