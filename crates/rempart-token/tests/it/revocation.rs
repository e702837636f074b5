//! Tokens that end before their end.

use std::time::Duration;

use rempart_token::{Claims, ConfigError, Policy, Rejection, Revocations, Revoked};

use crate::support::*;

const AT: u64 = NOW.as_secs();
const END: Duration = Duration::from_secs(AT + 900);

fn policy_with(revocations: &Revocations) -> Policy {
    builder().revocations(revocations.clone()).build().unwrap()
}

fn claims(subject: &str, id: &str, iat: u64) -> String {
    let exp = NOW.as_secs() + 900;
    format!(
        r#"{{"iss":"auth","aud":"api","sub":"{subject}","jti":"{id}","iat":{iat},"exp":{exp}}}"#
    )
}

fn judged(policy: &Policy, subject: &str, id: &str, iat: u64) -> Result<Claims, Rejection> {
    policy.verify(&with_claims(&claims(subject, id, iat)), NOW)
}

#[test]
fn one_token_is_revoked_by_its_identifier() {
    let revocations = Revocations::default();
    let policy = policy_with(&revocations);
    assert!(judged(&policy, "ada", "t1", AT).is_ok());
    assert_eq!(revocations.revoke_id("t1", END, NOW), Revoked::AsAsked);
    assert_eq!(judged(&policy, "ada", "t1", AT), Err(Rejection::Revoked));
    assert!(judged(&policy, "ada", "t2", AT).is_ok());
    assert!(judged(&policy, "t1", "t2", AT).is_ok(), "a subject is no identifier");
    // However its identifier is written.
    let escaped = claims("ada", "\\u00741", AT);
    assert_eq!(policy.verify(&with_claims(&escaped), NOW), Err(Rejection::Revoked));
    let other = policy.with_keys(ring()).unwrap();
    assert_eq!(judged(&other, "ada", "t1", AT), Err(Rejection::Revoked), "shared by the new keys");
}

#[test]
fn a_subjects_tokens_are_revoked_up_to_a_time() {
    let revocations = Revocations::default();
    let policy = policy_with(&revocations);
    let _ = revocations.revoke_subject("ada", NOW, NOW);
    assert_eq!(judged(&policy, "ada", "t1", AT - 1), Err(Rejection::Revoked));
    assert!(judged(&policy, "ada", "t1", AT).is_ok());
    assert!(judged(&policy, "eve", "t1", AT - 1).is_ok());
    // An earlier time takes nothing back.
    let _ = revocations.revoke_subject("ada", NOW - Duration::from_secs(100), NOW);
    assert_eq!(judged(&policy, "ada", "t1", AT - 1), Err(Rejection::Revoked));
}

#[test]
fn everything_issued_before_a_time_is_revoked() {
    let revocations = Revocations::default();
    let policy = policy_with(&revocations);
    revocations.revoke_issued_before(NOW);
    revocations.revoke_issued_before(NOW - Duration::from_secs(100));
    assert_eq!(judged(&policy, "ada", "t1", AT - 1), Err(Rejection::Revoked));
    assert!(judged(&policy, "ada", "t1", AT).is_ok());
    assert!(revocations.is_empty());
}

#[test]
fn a_token_must_say_when_it_was_made() {
    let policy = policy_with(&Revocations::default());
    let undated = r#"{"iss":"auth","aud":"api","exp":1800000900}"#;
    assert_eq!(policy.verify(&with_claims(undated), NOW), Err(Rejection::Undated));
}

#[test]
fn the_tag_is_looked_at_before_the_list() {
    let revocations = Revocations::default();
    let _ = revocations.revoke_id("t1", END, NOW);
    let forged = token_by(OTHER_SECRET, HEAD, &claims("ada", "t1", AT));
    assert_eq!(policy_with(&revocations).verify(&forged, NOW), Err(Rejection::Mismatch));
}

#[test]
fn what_has_ended_makes_room() {
    let revocations = Revocations::new(2, Policy::MAX_LIFE).unwrap();
    let policy = policy_with(&revocations);
    let past = NOW - Duration::from_secs(1);
    assert_eq!(revocations.revoke_id("old", NOW, past), Revoked::AsAsked);
    assert_eq!(revocations.revoke_id("t1", END, past), Revoked::AsAsked);
    assert_eq!(revocations.len(), 2);
    assert_eq!(revocations.revoke_id("t2", END, NOW), Revoked::AsAsked);
    assert_eq!(revocations.len(), 2);
    assert_eq!(judged(&policy, "ada", "t1", AT), Err(Rejection::Revoked));
    assert_eq!(judged(&policy, "ada", "t2", AT), Err(Rejection::Revoked));
    // What is there already takes no room.
    assert_eq!(revocations.revoke_id("t2", END, NOW), Revoked::AsAsked);
}

#[test]
fn a_subject_is_kept_as_long_as_a_token_may_live() {
    let life = Duration::from_secs(3600);
    let revocations = Revocations::new(1, life).unwrap();
    let policy = builder().max_life(life).revocations(revocations.clone()).build().unwrap();
    let _ = revocations.revoke_subject("ada", NOW, NOW);
    let later = NOW + life - Duration::from_secs(1);
    let full = revocations.revoke_subject("eve", later, later);
    assert_eq!(full, Revoked::Everything, "it still matters");
    assert_eq!(judged(&policy, "bob", "t1", AT), Err(Rejection::Revoked));
    let _ = revocations.revoke_subject("ada", NOW, NOW);
    let over = NOW + life;
    assert_eq!(revocations.revoke_subject("eve", over, over), Revoked::AsAsked);
}

#[test]
fn a_full_list_refuses_everything_issued_so_far() {
    let revocations = Revocations::new(2, Policy::MAX_LIFE).unwrap();
    let policy = policy_with(&revocations);
    for id in ["t1", "t2"] {
        assert_eq!(revocations.revoke_id(id, END, NOW), Revoked::AsAsked);
    }
    assert!(judged(&policy, "ada", "t9", AT).is_ok());
    assert_eq!(revocations.revoke_id("t3", END, NOW), Revoked::Everything);
    for id in ["t1", "t2", "t3", "t9"] {
        assert_eq!(judged(&policy, "ada", id, AT), Err(Rejection::Revoked), "{id}");
    }
    // Also what an issuer whose clock is ahead has made already.
    assert_eq!(judged(&policy, "ada", "t9", AT + 30), Err(Rejection::Revoked));
    assert!(revocations.is_empty(), "and begins anew");
}

#[test]
fn a_list_is_bounded() {
    let life = Policy::MAX_LIFE;
    assert_eq!(Revocations::new(0, life).unwrap_err(), ConfigError::Capacity { capacity: 0 });
    assert!(Revocations::new(Revocations::MAX_CAPACITY + 1, life).is_err());
    assert!(Revocations::new(1, Duration::ZERO).is_err());
    assert!(Revocations::new(1, Duration::MAX).is_err());
    let revocations = Revocations::default();
    let _ = revocations.revoke_id(&"a".repeat(1_000_000), END, NOW);
    assert!(!format!("{revocations:?}").contains("aaa"));
}
