use std::fmt::Write;

use rempart_rate_limit::{
    Decision, Limiter, Policy, RateLimit, RateLimitLayer, Rejection, ResponseFuture, Store,
    WindowStore,
};
use rempart_testing::canary;

use crate::rig::policy;

#[test]
fn are_shareable_and_small() {
    fn shared<T: Send + Sync + 'static>() {}
    fn copies<T: Clone + Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    shared::<Store>();
    shared::<ResponseFuture<()>>();
    assert!(copies::<Limiter>() > 0 && copies::<Decision>() > 0 && copies::<Rejection>() > 0);
    assert_eq!(copies::<Policy>(), size_of::<usize>());
    assert_eq!(copies::<RateLimitLayer>(), size_of::<usize>());
    assert_eq!(copies::<RateLimit<()>>(), size_of::<usize>());
}

#[test]
fn show_neither_the_seed_nor_who_is_counted() {
    let seed = [u64::from_le_bytes(*b"CANARY-1"), u64::from_le_bytes(*b"CANARY-2")];
    let store = Store::with_capacity(100).unwrap().dangerously_seeded(seed);
    let key = store.key("a tenant");
    let mut shown = format!("{key:?}{store:?}{store:#?}");
    assert!(shown.starts_with("Key(…)Store { slots: "), "{shown}");
    let logs = WindowStore::with_capacity(100, 10).unwrap();
    assert!(format!("{logs:?}").starts_with("WindowStore { "), "{logs:?}");
    let limiter = Limiter::new(policy("api", "1 per minute")).dangerously_seeded(seed);
    let _ = limiter.check_key("a tenant", 1);
    let layer = RateLimitLayer::sharing(&limiter);
    write!(shown, "{limiter:?}{limiter:#?}{layer:?}{layer:#?}").unwrap();
    for seed in seed {
        canary::assert_absent(&shown, seed.to_le_bytes());
        canary::assert_absent(&shown, seed.to_string());
        canary::assert_absent(&shown, format!("{seed:x}"));
    }
    canary::assert_absent(&shown, "a tenant");
}
