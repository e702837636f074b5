use std::thread;

use super::{Rig, about, watch};

#[test]
fn nothing_is_lost_between_threads_and_nobody_is_told_of_twice() {
    const THREADS: u32 = 4;
    const EACH: u32 = 5_000;
    let rig = Rig::new(watch());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for n in 0..EACH {
                    rig.bad_token("203.0.113.9");
                    rig.asks(&format!("198.51.{}.{}", n / 256, n % 256));
                    if n % 1_000 == 0 {
                        let _ = (rig.detector.tracked(), rig.detector.busiest(3));
                    }
                }
            });
        }
    });
    assert_eq!(rig.heard.count(), 1);
    about(rig.standing("203.0.113.9").rate, f64::from(THREADS * EACH) / 10.0);
    for n in 0..EACH {
        let client = format!("198.51.{}.{}", n / 256, n % 256);
        about(rig.standing(&client).rate, f64::from(THREADS) / 10.0);
    }
}
