//! A million altered tokens, and another implementation beside ours: what it refuses, we refuse.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that panics has failed, as it should; what it counts is worth reading"
)]

mod draft;
mod mutate;
mod rng;
mod theirs;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_token::{Claims, Policy, PolicyBuilder};

use self::draft::{AUDIENCE, Draft, ISSUER};
use self::rng::Rng;

/// Name and secret of each key; the last two verify nothing.
const KEYS: [(&str, &str); 5] = [
    ("active", "made-up-secret-number-one-0123456789"),
    ("retiring", "made-up-secret-number-two-0123456789"),
    ("pending", "made-up-secret-number-three-01234567"),
    ("revoked", "made-up-secret-number-four-012345678"),
    ("never-ours", "made-up-secret-number-five-012345678"),
];

/// What became of the tokens.
#[derive(Debug, Default)]
struct Tally {
    both_accept: usize,
    both_refuse: usize,
    /// Accepted there and refused here, by our reason.
    stricter: BTreeMap<String, usize>,
    /// Refused there and accepted here; or accepted by both, and read otherwise.
    faults: Vec<String>,
}

#[test]
fn what_jsonwebtoken_refuses_is_refused() {
    let tally = compare(10_000, 1, verify);
    check(&tally, 10_000);
}

#[test]
#[ignore = "a million tokens: minutes"]
fn what_jsonwebtoken_refuses_of_a_million_is_refused() {
    let tally = compare(1_000_000, 2, verify);
    eprintln!("{tally:#?}");
    check(&tally, 1_000_000);
}

#[test]
fn the_comparison_sees_a_planted_acceptance() {
    let clocks_apart = builder().skew(Policy::WIDEST_SKEW).build().unwrap();
    let late = compare(4_000, 3, |_, token, now| {
        // Some minutes of grace for who is early or late.
        let earlier = now.saturating_sub(Duration::from_secs(100));
        verify(&clocks_apart, token, now).or_else(|_| verify(&clocks_apart, token, earlier))
    });
    assert!(!late.faults.is_empty());
    let lenient =
        compare(4_000, 3, |policy, token, now| verify(policy, token.trim_end_matches('='), now));
    assert!(!lenient.faults.is_empty());
}

fn check(tally: &Tally, count: usize) {
    assert!(tally.faults.is_empty(), "{:#?}", &tally.faults[..tally.faults.len().min(5)]);
    // Neither side of the comparison is empty.
    let stricter: usize = tally.stricter.values().sum();
    assert_eq!(tally.both_accept + tally.both_refuse + stricter, count);
    assert!(tally.both_accept > count / 20, "{tally:?}");
    assert!(tally.both_refuse > count / 20, "{tally:?}");
    assert!(stricter > count / 100, "{tally:?}");
}

fn verify(policy: &Policy, token: &str, now: Duration) -> Result<Claims, String> {
    policy.verify(token, now).map_err(|rejection| format!("{rejection:?}"))
}

fn compare(
    count: usize,
    seed: u64,
    ours: impl Fn(&Policy, &str, Duration) -> Result<Claims, String>,
) -> Tally {
    let (policy, mut rng, mut tally) = (policy(), Rng::new(seed), Tally::default());
    for _ in 0..count {
        let token = altered(&mut rng);
        // Their clock is the system's: asked again where it ticked between.
        let (ours, theirs) = loop {
            let now = unix();
            let ours = ours(&policy, &token, now);
            let key = ours.as_ref().ok().map(|claims| claims.key().to_string());
            let theirs = theirs::verdict(&token, key.as_deref());
            if unix() == now {
                break (ours, theirs);
            }
        };
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => match differs(&ours, &theirs) {
                Some(what) => tally.faults.push(format!("{what} read otherwise: {token}")),
                None => tally.both_accept += 1,
            },
            (Ok(_), Err(why)) => tally.faults.push(format!("{why}: {token}")),
            (Err(why), Ok(_)) => *tally.stricter.entry(why).or_default() += 1,
            (Err(_), Err(_)) => tally.both_refuse += 1,
        }
    }
    tally
}

/// Which claim the two read otherwise.
fn differs(ours: &Claims, theirs: &serde_json::Value) -> Option<&'static str> {
    let text = |name: &str| theirs.get(name).and_then(serde_json::Value::as_str);
    if ours.subject() != text("sub") {
        return Some("sub");
    }
    if ours.id() != text("jti") {
        return Some("jti");
    }
    if ours.role() != text("role") {
        return Some("role");
    }
    (ours.decode::<serde_json::Value>().ok().as_ref() != Some(theirs)).then_some("the whole")
}

/// A good token, altered before it is signed, or after, or both, or not at all.
fn altered(rng: &mut Rng) -> String {
    let now = unix().as_secs();
    let base = |rng: &mut Rng| {
        let (kid, secret) = if rng.chance(85) { KEYS[rng.below(3)] } else { KEYS[rng.below(5)] };
        let kid = if rng.chance(95) { kid } else { KEYS[rng.below(5)].0 };
        let kid = rng.chance(95).then_some(kid);
        (Draft::good(rng, kid, now), secret)
    };
    let (mut draft, secret) = base(rng);
    for _ in 0..rng.below(3) {
        draft.alter(rng, now);
    }
    let token = draft.sign(rng, secret.as_bytes());
    if rng.chance(75) {
        return token;
    }
    let (other, secret) = base(rng);
    let other = other.sign(rng, secret.as_bytes());
    mutate::mutate(&token, &other, rng)
}

fn policy() -> Policy {
    builder().build().unwrap()
}

fn builder() -> PolicyBuilder {
    let [active, retiring, pending, revoked, _] =
        KEYS.map(|(id, secret)| Key::new(KeyId::new(id).unwrap(), Secret::new(secret).unwrap()));
    let tomorrow = unix() + Duration::from_secs(86_400);
    let ring = KeyRing::single(retiring.id(), retiring.secret().clone());
    let (first, fourth) = (active.id(), revoked.id());
    let ring = ring.add(active).unwrap().promote(first, tomorrow).unwrap();
    let ring = ring.add(pending).unwrap().add(revoked).unwrap().revoke(fourth).unwrap();
    Policy::builder("oracle").hs256(ring).issuer(ISSUER).audience(AUDIENCE)
}

fn unix() -> Duration {
    Duration::from_secs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}
