use std::sync::Arc;

use arc_swap::ArcSwap;
use rempart_core::ManualClock;
use rempart_keys::{Key, KeyId, KeyRing, LiveRing, PolicyName, RingDirectory, Secret};

use crate::{Case, Ceiling, Runner, Side};

/// Made up for this page.
fn secret() -> Secret {
    Secret::new("not-a-secret-but-a-bench").expect("a secret that is not empty")
}

/// Reads a ring that follows a directory; there is none, so that it is the variable's key alone.
fn followed() -> Runner {
    let nowhere = std::env::temp_dir().join("rempart-bench-without-keys");
    let directory = RingDirectory::new(nowhere, PolicyName::new("bench").expect("a name"));
    let ring = LiveRing::open(directory.seed(secret()), ManualClock::default());
    let ring = ring.expect("a variable is a ring");
    Runner::new(move || ring.load().signing().map(Key::id), |id| format!("{id:?}"))
}

/// The same ring behind the pointer that ours is made with.
fn arc_swap() -> Runner {
    let env = KeyId::new(RingDirectory::SEED_ID).expect("a name");
    let ring = Arc::new(ArcSwap::from_pointee(KeyRing::single(env, secret())));
    Runner::new(move || ring.load().signing().map(Key::id), |id| format!("{id:?}"))
}

pub(super) fn cases() -> Vec<Case> {
    vec![Case {
        name: "keys/ring/load",
        bare: Side::nothing(),
        ours: Side::new("LiveRing", followed),
        rival: Some(Side::new("ArcSwap 1.9", arc_swap)),
        projection: "the key that signs",
        ceilings: vec![
            Ceiling::Allocations(0.0),
            Ceiling::InstructionsOverRival(8.0),
            Ceiling::TimeOfRival(1.1),
        ],
    }]
}
