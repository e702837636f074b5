//! Keys that turn, that are revoked, that have names, and that are looked up.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use rempart_core::{EventKind, Live, ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    BodyToken, Head, MemoryReplayStore, Policy, PolicyBuilder, Rejection, TenantId, TenantSource,
    Tenants, verify,
};

use super::building;
use super::by_hand::{bearer, claims, hs256, send_body, signed_part};
use super::hostile::unread;
use crate::messages::changes::meanwhile;
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, id, key, post, ring};

/// A token that names a key, by this secret.
fn of(kid: Option<&str>, secret: &str) -> HeaderMap {
    let kid = kid.map(|kid| format!(r#","kid":"{kid}""#)).unwrap_or_default();
    bearer(&hs256(&signed_part(&format!(r#"{{"alg":"HS256"{kid}}}"#), &claims()), secret))
}

fn named() -> BodyToken {
    BodyToken::vonage().with_key_names()
}

fn both() -> KeyRing {
    ring().add(key("next", OTHER_SECRET)).unwrap()
}

/// The current key is good until then.
fn rotated(until: Duration) -> KeyRing {
    both().promote(id("next"), until).unwrap()
}

#[tokio::test]
async fn old_and_new_are_good_while_keys_turn() {
    let policy = building(BodyToken::vonage()).keys(both()).build().unwrap();
    for (secret, name) in [(SECRET, "current"), (OTHER_SECRET, "next")] {
        // A `kid` is passed over where keys are not named.
        for kid in [None, Some("nobody")] {
            let outcome = send_body(&policy, of(kid, secret), BODY).await;
            assert_eq!(outcome.verified().key().as_str(), name);
        }
    }
}

#[tokio::test]
async fn a_kid_chooses_among_our_keys_and_does_nothing_else() {
    use Reason::{Malformed, Mismatch, Missing, UnknownKey};
    let policy = building(named()).keys(both()).build().unwrap();
    #[rustfmt::skip]
    let rows = [
        (Some("current"),               SECRET,       None),
        (Some("next"),                  OTHER_SECRET, None),
        (Some(r"n\u0065xt"),            OTHER_SECRET, None),
        (Some("next"),                  SECRET,       Some(Mismatch)),
        (Some("current"),               OTHER_SECRET, Some(Mismatch)),
        (Some("nobody"),                SECRET,       Some(UnknownKey)),
        (Some(""),                      SECRET,       Some(UnknownKey)),
        (Some("Current"),               SECRET,       Some(UnknownKey)),
        (Some("../../../dev/null"),     SECRET,       Some(UnknownKey)),
        (Some("current' OR 'a'='a"),    SECRET,       Some(UnknownKey)),
        (None,                          SECRET,       Some(Missing)),
    ];
    for (kid, secret, reason) in rows {
        let outcome = send_body(&policy, of(kid, secret), BODY).await;
        assert_eq!(outcome.reason(), reason, "{kid:?}");
        assert_eq!(outcome.polls == 0, reason.is_some(), "{kid:?}");
    }
    let number = r#"{"alg":"HS256","kid":7}"#;
    let number = bearer(&hs256(&signed_part(number, &claims()), SECRET));
    assert_eq!(send_body(&policy, number, BODY).await.reason(), Some(Malformed));
}

#[tokio::test]
async fn a_long_kid_is_known_by_its_beginning() {
    let kid = "bfbd5111-8e33-4643-8ced-b2e642a72f3c";
    let ring = KeyRing::single(BodyToken::key_id(kid).unwrap(), key("a", SECRET).secret().clone());
    let policy = building(named()).keys(ring).build().unwrap();
    let outcome = send_body(&policy, of(Some(kid), SECRET), BODY).await;
    assert_eq!(outcome.verified().key().as_str(), "bfbd5111-8e33-46");
    let outcome = send_body(&policy, of(Some(kid), OTHER_SECRET), BODY).await;
    assert_eq!(outcome.reason(), Some(Reason::Mismatch));
}

#[tokio::test]
async fn a_key_that_is_over_or_revoked_has_no_body_read() {
    use Reason::{Mismatch, RevokedKey, UnknownKey};
    let second = Duration::from_secs(1);
    let revoked = || both().revoke(id("current")).unwrap();
    let guess = "a-made-up-secret-that-nobody-had";
    #[rustfmt::skip]
    let rows = [
        (BodyToken::vonage(), revoked(), None,            SECRET, RevokedKey, true),
        (named(),             revoked(), Some("current"), SECRET, RevokedKey, true),
        (BodyToken::vonage(), revoked(), None,            guess,  Mismatch,   false),
        (named(),             revoked(), Some("current"), guess,  UnknownKey, false),
    ];
    for (wanted, ring, kid, secret, reason, told) in rows {
        let policy = building(wanted).keys(ring).build().unwrap();
        let outcome = send_body(&policy, of(kid, secret), BODY).await;
        assert_eq!((outcome.status, outcome.polls), (StatusCode::UNAUTHORIZED, 0), "{kid:?}");
        let kinds: Vec<_> = outcome.told.iter().map(|told| told.kind).collect();
        let want = [EventKind::Signature, EventKind::KeyRevokedUse];
        assert_eq!(kinds, want[..=usize::from(told)], "{kid:?}");
        assert_eq!(outcome.told[0].reason, Some(reason), "{kid:?}");
        let refused = unread(policy, of(kid, secret)).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(reason)));
    }
    let over = rotated(NOW);
    let policy = building(BodyToken::vonage()).keys(over).build().unwrap();
    let refused = unread(policy, of(None, SECRET)).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(Mismatch)));
    let good = rotated(NOW + second);
    let policy = building(BodyToken::vonage()).keys(good).build().unwrap();
    assert_eq!(send_body(&policy, of(None, SECRET), BODY).await.reason(), None);
}

#[tokio::test]
async fn a_key_that_ends_while_the_body_arrives_is_refused() {
    let five = Duration::from_secs(5);
    let with = |ring: KeyRing| building(BodyToken::vonage()).keys(ring).build().unwrap();
    let retiring = || with(rotated(NOW + five));
    let sent = |body| post(of(None, SECRET), body);
    let wait = |_: &Live<Policy>, clock: &ManualClock| clock.advance(five);
    let revoke = |live: &Live<Policy>, _: &ManualClock| {
        live.store(with(rotated(NOW + five).revoke(id("current")).unwrap()));
    };
    let revoked = Some(Reason::RevokedKey);
    assert_eq!(meanwhile(sent, retiring(), |_, _| {}).await, None);
    assert_eq!(meanwhile(sent, retiring(), wait).await, revoked);
    assert_eq!(meanwhile(sent, retiring(), revoke).await, revoked);
}

#[tokio::test]
async fn ids_are_a_tenants_own() {
    let store = MemoryReplayStore::default().clock(ManualClock::at(NOW));
    let policy = of_tenants(named()).replay(store).build().unwrap();
    let handled = |kid, secret| {
        let policy = policy.clone();
        async move { send_body(&policy, of(Some(kid), secret), BODY).await.handled.is_some() }
    };
    assert!(handled("acme-2026", SECRET).await);
    assert!(handled("zeta-2026", OTHER_SECRET).await);
    assert!(!handled("acme-2026", SECRET).await);
    assert!(!handled("zeta-2026", OTHER_SECRET).await);
}

fn of_tenants(token: BodyToken) -> PolicyBuilder {
    let tenants = Tenants::sync(TenantSource::token_kid(&token), |kid: &TenantId| {
        let secret = match kid.as_str() {
            "acme-2026" => SECRET,
            "zeta-2026" => OTHER_SECRET,
            _ => return Ok(None),
        };
        let name = BodyToken::key_id(kid.as_str()).unwrap();
        Ok(Some(KeyRing::single(name, Secret::new(secret).unwrap())))
    });
    let clock = ManualClock::at(NOW);
    Policy::builder("test").body_token(token).tenants(tenants).timer(clock)
}

#[tokio::test]
async fn keys_are_looked_up_by_the_name_that_a_token_gives_them() {
    use Reason::{Mismatch, Missing, UnknownKey, WrongAlgorithm};
    let policy = of_tenants(named()).build().unwrap();
    #[rustfmt::skip]
    let rows = [
        (Some("acme-2026"), SECRET,       None),
        (Some("zeta-2026"), OTHER_SECRET, None),
        (Some("acme-2026"), OTHER_SECRET, Some(Mismatch)),
        (Some("zeta-2026"), SECRET,       Some(Mismatch)),
        (Some("nobody"),    SECRET,       Some(UnknownKey)),
        (None,              SECRET,       Some(Missing)),
    ];
    for (kid, secret, reason) in rows {
        let outcome = send_body(&policy, of(kid, secret), BODY).await;
        assert_eq!(outcome.reason(), reason, "{kid:?}");
        if reason.is_none() {
            assert_eq!(outcome.verified().tenant().map(TenantId::as_str), kid);
            let other = send_body(&policy, of(kid, secret), b"another").await;
            assert_eq!(other.reason(), Some(Reason::DigestMismatch));
        } else {
            let refused = unread(policy.clone(), of(kid, secret)).await;
            assert_eq!(refused, (StatusCode::UNAUTHORIZED, reason), "{kid:?}");
        }
    }
    let none = bearer(&signed_part(r#"{"alg":"none","kid":"acme-2026"}"#, &claims()));
    let none = format!("{}.AA", none["authorization"].to_str().unwrap());
    let none = super::by_hand::headers(named().header(), &[&none]);
    assert_eq!(unread(policy, none).await.1, Some(WrongAlgorithm));
}

#[test]
fn who_has_no_key_yet_is_nobody_outside_tower() {
    let policy = of_tenants(named()).build().unwrap();
    let request = post(of(Some("acme-2026"), SECRET), ());
    let head = Head::new(request.method(), request.uri(), request.headers());
    assert_eq!(verify(&policy, &head, BODY, NOW), Err(Rejection::UnknownKey));
}
