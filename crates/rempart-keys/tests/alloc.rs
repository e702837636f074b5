//! What the path of a request allocates: nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::time::Duration;

use rempart_keys::{Key, KeyId, KeyRing, Secret};
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

    let rows: [(&str, &dyn Fn() -> bool); 7] = [
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
