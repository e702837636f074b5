//! Values that are replaced while they are read.

use rempart_core::{Live, Source};

#[test]
fn readers_see_a_whole_value_and_no_update_is_lost() {
    let live = Live::new((0_u64, 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    live.update(|&(a, b)| (a + 1, b + 1));
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..20_000 {
                let (a, b) = *live.load();
                assert_eq!(a, b);
            }
        });
    });
    assert_eq!(*live.load(), (4000, 4000));
}

#[test]
fn a_source_is_fixed_or_follows() {
    let fixed = Source::from(1);
    let live = Live::new(1);
    let follows = Source::from(live.clone());
    let held = follows.get();
    live.store(2);
    assert_eq!((*fixed.get(), *held, *follows.get()), (1, 1, 2));
}
