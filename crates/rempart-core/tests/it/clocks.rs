//! Clocks and timers.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rempart_core::{Clock, CoarseClock, ManualClock, SharedClock, SystemClock, Timer};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_system_clock_only_grows_and_knows_the_century() {
    let mut last = 0;
    for _ in 0..1000 {
        let now = SystemClock.ticks();
        assert!(now >= last);
        last = now;
    }
    // Busy, not asleep: until the clock has moved.
    while SystemClock.ticks() == last {}
    assert!(SystemClock.ticks() > 1, "counted from the first reading, in nanoseconds");
    let years = SystemClock.unix().as_secs() / 31_556_952;
    assert!((50..200).contains(&years), "{years} years after 1970");
}

#[test]
fn a_coarse_clock_follows_the_system_clock_and_is_never_ahead_of_it() {
    for period in [Duration::ZERO, Duration::from_millis(1), Duration::MAX] {
        let before = SystemClock.ticks();
        let clock = CoarseClock::start(period).unwrap();
        let copy = clock.clone();
        let mut last = clock.ticks();
        assert!(last >= before);
        // Busy, not asleep: until it has moved five times.
        for _ in 0..5 {
            while clock.ticks() == last {
                std::hint::spin_loop();
            }
            let now = copy.ticks();
            assert!(now > last && now <= SystemClock.ticks());
            last = now;
        }
        assert!(clock.unix().abs_diff(SystemClock.unix()) < SECOND * 60);
    }
}

#[test]
fn a_shared_clock_tells_what_the_clock_tells() {
    let clock = ManualClock::at(SECOND * 7);
    let shared: SharedClock = Arc::new(clock.clone());
    let twice = Arc::new(Arc::clone(&shared));
    clock.advance(SECOND * 2);
    assert_eq!((shared.ticks(), shared.unix()), (2_000_000_000, SECOND * 9));
    assert_eq!((twice.ticks(), twice.unix()), (2_000_000_000, SECOND * 9));
    clock.set_unix(SECOND);
    assert_eq!((shared.ticks(), shared.unix()), (2_000_000_000, SECOND));
    let shown = format!("{clock:?}");
    assert!(shown.contains("2000000000") && shown.contains("1s"), "{shown}");
}

#[tokio::test]
async fn a_manual_sleep_ends_when_time_has_passed() {
    let clock = ManualClock::at(SECOND);
    let mut sleep = pin!(clock.sleep(SECOND * 10));
    let mut poll =
        async || std::future::poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
    assert!(!poll().await);
    assert!(!poll().await);
    assert_eq!(clock.sleepers(), 1, "polled twice, waiting once");
    clock.advance(SECOND * 9);
    assert!(!poll().await);
    clock.set_unix(SECOND * 1000);
    assert!(!poll().await, "the time of day is not the timer's");
    clock.advance(SECOND);
    assert!(poll().await);
    assert_eq!(clock.sleepers(), 0);
}

#[tokio::test]
async fn a_manual_sleep_wakes_its_task_and_leaves_nothing_behind() {
    let clock = ManualClock::default();
    let task = tokio::spawn(clock.sleep(SECOND));
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(SECOND);
    task.await.unwrap();

    let mut dropped = Box::pin(clock.sleep(SECOND));
    std::future::poll_fn(|cx| Poll::Ready(dropped.as_mut().poll(cx).is_pending())).await;
    assert_eq!(clock.sleepers(), 1);
    drop(dropped);
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn time_that_overflows_stands_still() {
    let clock = ManualClock::at(Duration::MAX);
    clock.advance(Duration::MAX);
    assert_eq!((clock.ticks(), clock.unix()), (u64::MAX, Duration::MAX));
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn the_tokio_timer_follows_tokios_clock() {
    let start = tokio::time::Instant::now();
    rempart_core::TokioTimer.sleep(SECOND * 3600).await;
    assert_eq!(start.elapsed(), SECOND * 3600);
}
