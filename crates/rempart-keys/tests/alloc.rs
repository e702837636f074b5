//! What the path of a request allocates: nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::Duration;

use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName};
use rempart_keys::{
    Key, KeyId, KeyRing, KeyUse, LiveRing, RingDirectory, Secret, SupabaseRole, VapiScope,
};
use rempart_testing::alloc::{Counting, assert_counting, count};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn reading_a_ring_allocates_nothing() {
    assert_counting();
    let id = |text| KeyId::new(text).unwrap();
    let secret = |text: &str| Secret::new(text).unwrap();
    let ring = KeyRing::single(id("a"), secret("made-up-1"));
    let ring = ring.add(Key::new(id("b"), secret("made-up-2"))).unwrap();
    // The process's key is drawn once.
    let _ = secret("made-up-1").fingerprint();

    // What a request sees of a ring that follows its directory, which is not there.
    let policy = PolicyName::new("nowhere").unwrap();
    let directory = RingDirectory::new(env!("CARGO_TARGET_TMPDIR"), policy);
    let seeded = directory.clone().seed(secret("made-up-3"));
    let live = LiveRing::open(seeded, ManualClock::default()).unwrap();
    let uses = KeyUse::new(ManualClock::default()).ring(policy, &directory);
    let verified = |id| {
        uses.observe(&Event::new(EventKind::Signature, Outcome::Allowed, &policy).key(Some(id)));
        true
    };
    verified(id("a"));
    // Its first load in a thread gives the thread a place to note what it reads.
    drop(live.load());

    let rows: [(&str, &dyn Fn() -> bool); 10] = [
        ("load", &|| live.load().signing().is_some()),
        ("a key's use", &|| verified(id("a"))),
        ("a key's first use", &|| verified(id("b"))),
        ("signing", &|| ring.signing().is_some()),
        ("verifying", &|| ring.verifying().count() == 2),
        ("verifying_at", &|| ring.verifying_at(Duration::ZERO).count() == 2),
        ("get", &|| ring.get(id("b")).is_some()),
        ("clone", &|| ring.clone().signing().is_some()),
        ("ct_eq", &|| ring.verifying().any(|key| key.secret().ct_eq(b"made-up-2"))),
        ("fingerprint", &|| {
            ring.verifying()
                .all(|key| key.secret().clone().fingerprint() == key.secret().fingerprint())
        }),
    ];
    for (name, run) in rows {
        let (held, counts) = count(run);
        assert!(held, "{name}");
        assert_eq!(counts.allocations, 0, "{name}");
    }
}

#[test]
fn asking_a_key_for_its_role_allocates_nothing() {
    assert_counting();
    // Its payload: `{"role":"service_role"}`.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.bWFkZS11cA";
    for (key, want) in [
        (token, Some(SupabaseRole::ServiceRole)),
        ("sb_publishable_made-up", Some(SupabaseRole::Anon)),
        ("made-up", None),
    ] {
        let (role, counts) = count(|| (SupabaseRole::of(key), VapiScope::of(key)));
        assert_eq!(role, (want, None), "{key}");
        assert_eq!(counts.allocations, 0, "{key}");
    }
}
