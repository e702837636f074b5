//! Which key a token is by, and what happens while keys turn.

use std::time::Duration;

use rempart_core::Live;
use rempart_keys::KeyRing;
use rempart_token::{Lifetime, Minter, Policy, Rejection};

use crate::support::*;

/// `k1` retires at an hour from now, `k2` is active, `k3` pending.
fn turning() -> KeyRing {
    let ring = ring().add(key("k2", OTHER_SECRET)).unwrap();
    let ring = ring.promote(id("k2"), NOW + Duration::from_secs(3600)).unwrap();
    ring.add(key("k3", "made-up-secret-of-the-tests-0003")).unwrap()
}

fn by(name: &str, secret: &str) -> String {
    token_by(secret, &format!(r#"{{"alg":"HS256","kid":"{name}"}}"#), CLAIMS)
}

fn judged(ring: KeyRing, token: &str) -> Result<String, Rejection> {
    let claims = builder().hs256(ring).build().unwrap().verify(token, NOW)?;
    Ok(claims.key().as_str().to_owned())
}

#[test]
fn a_key_that_is_named_is_the_only_one_that_is_tried() {
    let rows = [
        ("k1", SECRET, Ok("k1".to_owned())),
        ("k2", OTHER_SECRET, Ok("k2".to_owned())),
        ("k3", "made-up-secret-of-the-tests-0003", Ok("k3".to_owned())),
        ("k1", OTHER_SECRET, Err(Rejection::Mismatch)),
        ("k4", SECRET, Err(Rejection::UnknownKey)),
        ("K1", SECRET, Err(Rejection::UnknownKey)),
        ("", SECRET, Err(Rejection::UnknownKey)),
        ("../k1", SECRET, Err(Rejection::UnknownKey)),
        ("a-name-longer-than-any-key-has", SECRET, Err(Rejection::UnknownKey)),
    ];
    for (name, secret, verdict) in rows {
        assert_eq!(judged(turning(), &by(name, secret)), verdict, "{name}");
    }
    let number = token(r#"{"alg":"HS256","kid":1}"#, CLAIMS);
    assert_eq!(judged(turning(), &number), Err(Rejection::Malformed));
}

#[test]
fn without_a_name_every_key_is_tried() {
    let unnamed = |secret| token_by(secret, r#"{"alg":"HS256","typ":"JWT"}"#, CLAIMS);
    for (secret, name) in
        [(SECRET, "k1"), (OTHER_SECRET, "k2"), ("made-up-secret-of-the-tests-0003", "k3")]
    {
        assert_eq!(judged(turning(), &unnamed(secret)), Ok(name.to_owned()));
    }
    let stranger = unnamed("made-up-secret-of-the-tests-0009");
    assert_eq!(judged(turning(), &stranger), Err(Rejection::Mismatch));
}

#[test]
fn a_revoked_key_is_told_from_a_stranger() {
    let revoked = turning().revoke(id("k1")).unwrap();
    assert_eq!(judged(revoked.clone(), &by("k1", SECRET)), Err(Rejection::RevokedKey));
    assert_eq!(judged(revoked.clone(), &by("k9", SECRET)), Err(Rejection::UnknownKey));
    let destroyed = revoked.destroy(id("k1")).unwrap();
    assert_eq!(judged(destroyed.clone(), &by("k1", SECRET)), Err(Rejection::RevokedKey));
    let unnamed = token(r#"{"alg":"HS256"}"#, CLAIMS);
    assert_eq!(judged(destroyed, &unnamed), Err(Rejection::Mismatch));
}

#[test]
fn a_retiring_key_verifies_until_its_time() {
    let policy = lenient().with_keys(turning()).unwrap();
    let until = NOW + Duration::from_secs(3600);
    let claims = format!(r#"{{"exp":{}}}"#, until.as_secs() + 60);
    let unnamed = token_by(SECRET, r#"{"alg":"HS256"}"#, &claims);
    let named = token_by(SECRET, HEAD, &claims);
    let just = until - Duration::from_nanos(1);
    assert!(policy.verify(&named, just).is_ok() && policy.verify(&unnamed, just).is_ok());
    assert_eq!(policy.verify(&named, until), Err(Rejection::RevokedKey));
    assert_eq!(policy.verify(&unnamed, until), Err(Rejection::Mismatch));
}

#[test]
fn other_keys_leave_the_rest_of_a_policy_as_it_was() {
    let old = builder().max_life(Duration::from_secs(1000)).realm("r").build().unwrap();
    let new = old.with_keys(turning()).unwrap();
    assert_eq!(new.key_ids().count(), 3);
    assert_eq!(new.max_life(), old.max_life());
    let elsewhere = r#"{"iss":"x","aud":"api","exp":1800000900}"#;
    assert_eq!(new.verify(&with_claims(elsewhere), NOW), Err(Rejection::WrongIssuer));
    assert!(new.verify(&by("k2", OTHER_SECRET), NOW).is_ok());
    assert_eq!(old.verify(&by("k2", OTHER_SECRET), NOW), Err(Rejection::UnknownKey), "a value");
}

#[test]
fn a_ring_without_a_live_key_refuses_everything() {
    let none = policy().with_keys(ring().revoke_all()).unwrap();
    assert_eq!(none.key_ids().count(), 0);
    assert_eq!(none.verify(&good(), NOW), Err(Rejection::RevokedKey));
    let unnamed = token(r#"{"alg":"HS256","typ":"JWT"}"#, CLAIMS);
    assert_eq!(none.verify(&unnamed, NOW), Err(Rejection::UnknownKey));
    assert!(
        policy().with_keys(KeyRing::single(id("a"), key("a", "short").secret().clone())).is_err()
    );
}

#[test]
fn a_rotation_loses_no_token() {
    let keys = Live::new(ring());
    let policy = Live::new(policy());
    let minter = Minter::hs256(keys.clone()).issuer("auth").audience("api").build().unwrap();
    let mint = || {
        let claims = serde_json::json!({ "sub": "ada" });
        minter.mint(&claims, Lifetime::hours::<1>(), NOW).unwrap()
    };
    let good = |policy: &Live<Policy>, token: &rempart_token::Token| {
        policy.load().verify(token.as_str(), NOW).map(|claims| claims.key())
    };
    let store = |ring: KeyRing| {
        policy.store(policy.load().with_keys(ring.clone()).unwrap());
        keys.store(ring);
    };
    let first = mint();
    store(ring().add(key("k2", OTHER_SECRET)).unwrap());
    let second = mint();
    assert_eq!(good(&policy, &second), Ok(id("k1")), "a pending key signs nothing");
    let ring = keys.load().promote(id("k2"), NOW + Duration::from_secs(3600)).unwrap();
    store(ring);
    let third = mint();
    let all = [&first, &second, &third].map(|token| good(&policy, token));
    assert_eq!(all, [Ok(id("k1")), Ok(id("k1")), Ok(id("k2"))]);
    let ring = keys.load().revoke(id("k1")).unwrap();
    store(ring);
    let all = [&first, &second, &third].map(|token| good(&policy, token));
    assert_eq!(all, [Err(Rejection::RevokedKey), Err(Rejection::RevokedKey), Ok(id("k2"))]);
}
